/** The boxes of a network as markup of SVG: as in `drawing/painting.py` and `svg.py`. Every text goes through `esc`. */

import { counted, fit, fitCall, human, sizes, textWidth } from "./letters.js";
import { itemsOf, labelOf } from "./outline.js";

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const RADII = { dense: 0, pool: 10, merge: 10, input: 10 };
const ROUNDING = 5;
const ARROW = 4;

/** A text as markup has it. */
export function esc(text) {
  return String(text).replace(/[&<>"']/g, (letter) => ENTITIES[letter]);
}

/** A length with one digit behind the point, where that is not 0. */
export function px(value) {
  const text = value.toFixed(1).replace(/\.0$/, "");
  return text === "-0" ? "0" : text;
}

export function rect(x, y, width, height, look, radius = 4, more = "") {
  const round = radius ? ` rx="${px(radius)}"` : "";
  return `<rect class="${look}" x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}"${round}${more}/>`;
}

export function words(x, y, text, look = "op", anchor = "start", then = "", thenLook = "op") {
  const at = `x="${px(x)}" y="${px(y)}" class="${look}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`;
  if (!then) return `<text ${at}>${esc(text)}</text>`;
  return `<text ${at}>${text ? `${esc(text)} ` : ""}<tspan class="${thenLook}">${esc(then)}</tspan></text>`;
}

export function line(points, look = "wire", hasArrow = true) {
  const path = `<path class="${look}" d="${pathOf(points)}"/>`;
  if (!hasArrow) return path;
  return `${path}<path class="${look === "wire" ? "head" : `${look}-head`}" d="${arrowOf(points.at(-2), points.at(-1))}"/>`;
}

function pathOf(points) {
  const steps = [`M${spot(points[0])}`];
  for (let place = 1; place < points.length - 1; place++) {
    const corner = points[place];
    steps.push(
      `L${spot(toward(corner, points[place - 1]))}Q${spot(corner)} ${spot(toward(corner, points[place + 1]))}`,
    );
  }
  return `${steps.join("")}L${spot(points.at(-1))}`;
}

/** The point where the rounding of a corner ends on the way to another point. */
function toward(corner, other) {
  const [dx, dy] = [other[0] - corner[0], other[1] - corner[1]];
  const length = Math.abs(dx) + Math.abs(dy);
  const share = length ? Math.min(ROUNDING, length / 2) / length : 0;
  return [corner[0] + dx * share, corner[1] + dy * share];
}

function arrowOf(before, end) {
  const [dx, dy] = [end[0] - before[0], end[1] - before[1]];
  const isLevel = Math.abs(dx) > Math.abs(dy);
  const back = isLevel ? end[0] - ARROW * Math.sign(dx) : end[1] - ARROW * (dy > 0 ? 1 : -1);
  const across = [-ARROW * 0.8, ARROW * 0.8];
  const corners = across.map((by) => (isLevel ? [back, end[1] + by] : [end[0] + by, back]));
  return `M${spot(end)}L${corners.map(spot).join(" ")}Z`;
}

function spot([x, y]) {
  return `${px(x)} ${px(y)}`;
}

// Boxes ----------------------------------------------------------------------------------------------------------------

/** Half the width of the rows of a network: enough for all its layers and closed blocks, within reason. */
export function halfWidth(item) {
  let need = sizes.narrowest;
  for (const each of itemsOf(item)) if (each.parent) need = Math.max(need, needOf(each));
  return Math.min(need, sizes.widest) / 2;
}

function needOf(item) {
  const texts = textWidth(labelOf(item), sizes.size, true) + textWidth(whatOf(item), sizes.size);
  return texts + textWidth(shownType(item), sizes.small) + 4 * sizes.margin;
}

/** The call of a layer; of a closed block its name and how much it hides. */
function whatOf(item) {
  return item.parts.length ? `${item.word} (${counted(item.layers.length, "layer")})`.trim() : item.word;
}

function shownType(item) {
  return { pointwise: "", fault: "?" }[item.family] ?? item.type;
}

/** A box without those inside, where its spine begins at (0, 0); a network has no frame. */
export function paintBox(box, depth) {
  if (!box.isOpen) return paintRow(box);
  return box.item.parent ? paintFrame(box, depth) : "";
}

/** The wires between the boxes inside a box. */
export function paintWires(box) {
  return box.wires.map((wire) => line(wire.points, "wire", wire.hasArrow)).join("");
}

function paintFrame(box, depth) {
  const item = box.item;
  const [left, width] = [-box.left, box.left + box.right];
  const cost = item.cost[0] ? human(item.cost[0]) : "";
  const room = width - 3 * sizes.margin - textWidth(cost, sizes.small);
  const name = fit(labelOf(item), room, sizes.size, true);
  const taken = textWidth(name, sizes.size, true) + (name ? sizes.margin : 0);
  const word = room - taken > 2 * sizes.size ? fit(item.word, room - taken, sizes.size) : "";
  return (
    rect(left, 0, width, box.height, depth % 2 ? "box block inner" : "box block", 6) +
    words(left + sizes.margin, 13, name, "name", "start", word, "kind") +
    words(left + width - sizes.margin, 13, cost, "faint", "end")
  );
}

function paintRow(box) {
  const item = box.item;
  const isBlock = item.parts.length > 0;
  const [left, width, base] = [-box.left, box.left + box.right, sizes.base];
  const shape = shownType(item);
  const room = width - 3 * sizes.margin - textWidth(shape, sizes.small);
  const name = fit(labelOf(item), room, sizes.size, true);
  const taken = textWidth(name, sizes.size, true) + (name ? sizes.margin : 0);
  const what = isBlock ? fit(whatOf(item), room - taken, sizes.size) : fitCall(item.word, room - taken, sizes.size);
  return (
    rect(
      left,
      0,
      width,
      sizes.row,
      isBlock ? "box closed" : `box layer ${item.family}`,
      RADII[item.family] ?? sizes.corner,
    ) +
    words(left + sizes.margin, base, name, "name", "start", room - taken > 2 * sizes.size ? what : "") +
    words(left + width - sizes.margin, base, shape, "faint", "end")
  );
}
