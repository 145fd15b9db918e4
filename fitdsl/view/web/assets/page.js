/** The page of a spec: what is drawn at the moment, and everything that a person can do with it. */

import { Canvas } from "./canvas.js";
import { listenToFind } from "./find.js";
import { counted, human, measureBy } from "./letters.js";
import { forget, itemsOf, openTo } from "./outline.js";
import { esc } from "./paint.js";
import { describe, describeMissing, kindOf, tabulate } from "./panel.js";
import { columnOfNetwork, compose, deepest, doingOf, runsIn, sizeOf, stateOf } from "./picture.js";
import { pointOf, resolve, standingAt, touchedBy, UNSOUND } from "./space.js";

const spec = JSON.parse(document.getElementById("spec").textContent);
measureBy(spec);

const byId = (id) => document.getElementById(id);
const picture = byId("picture");
const world = byId("world");

/** What keys of hints begin with; no name of a network does. */
const HINT = ": ";

/** What stages do with layers, in words. */
const STATES = {
  t: "trained",
  r: "runs and passes gradients on",
  f: "runs, frozen",
  k: "frozen, its output is kept and not computed again",
  s: "frozen, runs only for what is kept",
  "-": "does not run",
};

const MEASURED = { params: 0, macs: 2, activations: 3 };
const NOUNS = { params: "parameters", macs: "multiply-accumulates", activations: "activations" };

const state = {
  chosen: spec.params.map((param) => param.here),
  shown: null,
  point: null,
  standing: 0,
  touchedLayers: new Map(),
  isMoved: false,
  columns: [],
  drawn: null,
  range: [0, 0],
  looks: "",
  selected: null,
  stage: -1,
  colour: "kind",
  touched: -1,
  x: 0,
  y: 0,
  scale: 1,
};

// Drawing --------------------------------------------------------------------------------------------------------------

/** Take the spec at the chosen point, or at the last one that checks, with blocks as open as they were. */
function refresh() {
  const before = new Map(state.columns.map((column) => [column.network.name, openedOf(column)]));
  state.standing = standingAt(spec, state.chosen);
  if (state.standing !== UNSOUND || !state.shown) state.shown = state.chosen;
  state.point = pointOf(spec, state.shown);
  state.columns = state.point.networks.map((network) => columnOfNetwork(network, before.get(network.name)));
  state.touchedLayers = state.touched < 0 ? new Map() : touchedBy(spec, state.shown, state.touched);
}

function openedOf(column) {
  const opened = new Map();
  for (const item of itemsOf(column.item)) if (item.parts.length) opened.set(item.key, item.isOpen);
  return opened;
}

function draw() {
  const hadFocus = world.contains(document.activeElement);
  state.drawn = compose(state.columns, state.point.hints, spec.losses, spec.stages);
  state.range = state.colour in MEASURED ? rangeOf(MEASURED[state.colour]) : [0, 0];
  const looks = JSON.stringify([state.stage, state.colour, state.range, state.touched]);
  if (looks !== state.looks) canvas.forget();
  state.looks = looks;
  canvas.draw(state.drawn, spec.stages);
  markSelected(hadFocus);
}

/** What makes parts of the picture items that can be chosen. */
const MARKS = {
  card: (hint, inner) => marked(HINT + hint.name, hintLabel(hint), "hint", inner),
  network: (network, inner) => marked(`${network.name} `, networkLabel(network), "network", inner),
  item: markedItem,
};

const canvas = new Canvas(world, MARKS);

function marked(key, label, look, inner, more = "") {
  return `<g class="item ${look}" data-key="${esc(key)}" role="treeitem" aria-label="${esc(label)}" tabindex="-1"${more}>${inner}</g>`;
}

function markedItem(column, item, inner) {
  const key = `${column.network.name} ${item.key}`;
  const expanded = item.parts.length ? ` aria-expanded="${item.isOpen}"` : "";
  const { look, style } = lookOf(column, item);
  const more = ` aria-level="${item.level + 1}" data-address="${esc(`${column.network.name}.${item.address}`)}"${expanded}${style}`;
  return marked(key, itemLabel(column.network, item), look, inner, more);
}

function itemLabel(network, item) {
  const what = item.parts.length ? `${kindOf(item)}, ${counted(item.layers.length, "layer")}` : item.word;
  const cost = item.cost[0] ? `, ${counted(item.cost[0], "parameter")}` : "";
  const stage = state.stage >= 0 ? `, ${doingOf(item, state.stage, STATES)}` : "";
  return `${network.name}.${item.address}: ${what || "input"}, ${item.type}${cost}${stage}`;
}

function hintLabel(hint) {
  const sides = (places) => places.map(([address]) => address).join(", ");
  return `hint ${hint.name}: ${hint.teacher}.${sides(hint.hint)} guides ${hint.student}.${sides(hint.guided)}`;
}

function networkLabel(network) {
  return `${network.role} ${network.name}: ${sizeOf(network)}`;
}

/** Classes and colours of an item in what is coloured at the moment. */
function lookOf(column, item) {
  const touched = state.touched >= 0 && isTouched(column, item) ? " touched" : "";
  if (state.stage >= 0) {
    const isRead = item.family === "input" && runsIn(item.network, state.stage);
    const found = isRead ? "r" : stateOf(item, state.stage);
    return { look: `does-${found === "-" ? "nothing" : found}${touched}`, style: "" };
  }
  const isPlain = item.family === "input" || (item.parts.length && item.isOpen);
  if (!isPlain && state.colour in MEASURED)
    return { look: `heat${touched}`, style: ` style="--share:${(45 * shareOf(item)).toFixed(0)}%"` };
  if (!isPlain && state.colour === "trained") return { look: `by-${trainedIn(item)}${touched}`, style: "" };
  if (!isPlain && state.colour === "frozen")
    return { look: `by-${trainedIn(item) === "none" ? "none" : 0}${touched}`, style: "" };
  return { look: `plain${touched}`, style: "" };
}

/** The first stage that trains an item. */
function trainedIn(item) {
  const place = spec.stages.findIndex((_, number) => stateOf(item, number) === "t");
  return place < 0 ? "none" : place % 6;
}

/** How much an item costs of what the dearest one that is drawn costs, by logarithm. */
function shareOf(item) {
  const cost = item.cost[MEASURED[state.colour]];
  if (!cost) return 0;
  const [low, high] = state.range;
  return high > low ? 0.15 + (0.85 * Math.log(cost / low)) / Math.log(high / low) : 1;
}

/** The least and the most that an item costs which is drawn and costs anything. */
function rangeOf(place) {
  const costs = state.columns
    .flatMap((column) => [...shown(column.item)].map((item) => item.cost[place]))
    .filter((c) => c);
  return costs.length ? [Math.min(...costs), Math.max(...costs)] : [0, 0];
}

function* shown(item) {
  if (item.parts.length && item.isOpen) for (const part of item.parts) yield* shown(part);
  else yield item;
}

/** Whether the param that is looked at changes an item. */
function isTouched(column, item) {
  if (item.parts.length && item.isOpen) return false;
  const own = state.touchedLayers.get(column.network.name);
  return item.layers.some((address) => own.has(address));
}

// Selection ------------------------------------------------------------------------------------------------------------

/** What a key stands for. */
function find(key) {
  if (key.startsWith(HINT)) {
    const hint = state.point.hints.find((one) => HINT + one.name === key);
    return hint && { key, hint };
  }
  const [name, ...rest] = key.split(" ");
  const column = state.columns.find((one) => one.network.name === name);
  if (!column) return undefined;
  const own = rest.join(" ");
  for (const item of itemsOf(column.item)) if (item.key === own) return { key, column, item };
  return undefined;
}

/** Show something in the panel, and say in the address of the page where it is. */
function select(key, { focus = false, keepHash = false } = {}) {
  const found = key === null ? undefined : find(key);
  state.selected = found ? key : null;
  markSelected(focus);
  if (!keepHash) history.replaceState(null, "", found ? `#${hashOf(found)}` : location.pathname + location.search);
  showPanel();
}

function hashOf({ hint, column, item }) {
  if (hint) return `hint.${encodeURIComponent(hint.name)}`;
  const address = encodeURIComponent(item.address).replaceAll("%5B", "[").replaceAll("%5D", "]");
  return address ? `${encodeURIComponent(column.network.name)}.${address}` : encodeURIComponent(column.network.name);
}

/** Mark the item that is selected; where none is the first one is reached by Tab. */
function markSelected(focus) {
  for (const element of world.querySelectorAll('.selected, [tabindex="0"]')) {
    element.classList.remove("selected");
    element.removeAttribute("aria-selected");
    element.tabIndex = -1;
  }
  const chosen = state.selected === null ? null : world.querySelector(`[data-key="${CSS.escape(state.selected)}"]`);
  chosen?.classList.add("selected");
  chosen?.setAttribute("aria-selected", "true");
  const reached = chosen ?? world.querySelector(".item");
  if (reached) reached.tabIndex = 0;
  if (focus) (chosen ?? picture).focus({ preventScroll: true });
}

/** Bring what an address means into sight, opening what is closed around it. */
function reveal(name, address, options = {}) {
  const column = state.columns.find((one) => one.network.name === name);
  if (!column) return false;
  const items = [...itemsOf(column.item)];
  const layer = resolve(column.network, address);
  const named = (wanted) => items.find((one) => one.parent && !one.isBundle && one.address === wanted);
  const item = named(address) ?? named(layer);
  if (!item) return false;
  let hasOpened = false;
  for (let outer = item.parent; outer; outer = outer.parent)
    if (!outer.isOpen) {
      outer.isOpen = true;
      forget(outer);
      hasOpened = true;
    }
  if (hasOpened) draw();
  return show(`${name} ${item.key}`, options);
}

/** Select something and bring it into sight. */
function show(key, options) {
  select(key, options);
  bringIntoView(options.isCentred);
  return true;
}

/** Select what the address of the page names: `#student.s2`, `#thin.s2[0]`, `#hint.mid`, `#thin`; say so if it is nothing. */
function followHash() {
  const text = readable(location.hash.slice(1));
  if (!text || goTo(text)) return;
  select(null, { keepHash: true });
  byId("selected").replaceChildren(...describeMissing(text));
}

function goTo(text) {
  const [first, ...steps] = text.split(".");
  const rest = steps.join(".");
  const options = { keepHash: true, isCentred: true };
  if (first === "hint" && state.point.hints.some((hint) => hint.name === rest)) return show(HINT + rest, options);
  const named = state.columns.find((column) => column.network.name === first);
  const ofRole = state.columns.filter((column) => column.network.role === first);
  const column = named ?? (ofRole.length === 1 ? ofRole[0] : undefined);
  if (!column) return false;
  return rest ? reveal(column.network.name, rest, options) : show(`${column.network.name} `, options);
}

/** What the address of a page says, as it is if it is no text in percents. */
function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function toggle(key) {
  const found = find(key);
  if (!found?.item?.parts.length || !found.item.parent) return;
  found.item.isOpen = !found.item.isOpen;
  forget(found.item);
  redraw();
}

function openAllTo(depth) {
  for (const column of state.columns) openTo(column.item, depth);
  redraw();
}

/** Draw blocks as they are open now; where a closed one hides what is selected, the block is selected. */
function redraw() {
  const found = state.selected === null ? undefined : find(state.selected);
  for (let outer = found?.item?.parent; outer; outer = outer.parent)
    if (!outer.isOpen) state.selected = `${found.column.network.name} ${outer.key}`;
  draw();
  select(state.selected);
}

/** How many levels are open at the moment: the least over all networks that have more. */
function depthNow() {
  let depth = 1;
  const isOpenTo = (level) =>
    state.columns.every((column) =>
      [...itemsOf(column.item)].every(
        (item) => !item.parts.length || !item.parent || item.isOpen || item.level >= level,
      ),
    );
  while (depth < Math.max(...state.columns.map((column) => deepest(column.item))) && isOpenTo(depth + 1)) depth++;
  return depth;
}

// Panel ----------------------------------------------------------------------------------------------------------------

function showPanel() {
  const found = state.selected === null ? undefined : find(state.selected);
  const actions = { reveal, toggle, spec, stage: state.stage, states: STATES };
  const panel = byId("selected");
  const hadFocus = panel.contains(document.activeElement);
  const isGone = state.selected !== null && !found;
  panel.replaceChildren(...(isGone ? describeMissing(readable(location.hash.slice(1))) : describe(found, actions)));
  if (hadFocus) (panel.querySelector("button") ?? picture).focus({ preventScroll: true });
  showLegend();
}

function showTotals() {
  byId("totals").replaceChildren(...tabulate(state.point.networks, reveal));
}

function showLegend() {
  const legend = byId("legend");
  if (state.stage >= 0)
    legend.innerHTML = Object.entries(STATES)
      .map(([code, text]) => swatch(`does-${code === "-" ? "nothing" : code}`, text))
      .join("");
  else if (state.colour in MEASURED) {
    const [low, high] = state.range;
    legend.innerHTML = `<span>${esc(human(low))}</span><span class="ramp"></span><span>${esc(human(high))} ${NOUNS[state.colour]}</span>`;
  } else if (state.colour === "trained")
    legend.innerHTML = [
      ...spec.stages.map((stage, place) => swatch(`by-${place % 6}`, `first trained in ${stage.name}`)),
      swatch("by-none", "trained in no stage"),
    ].join("");
  else if (state.colour === "frozen")
    legend.innerHTML = swatch("by-0", "trained in some stage") + swatch("by-none", "frozen throughout");
  else legend.innerHTML = "";
}

function swatch(look, text) {
  return `<span class="swatch ${look}"></span><span>${esc(text)}</span>`;
}

/** What is not shown at first, as it would be too much. */
function showNotes() {
  const notes = state.columns.flatMap((column) => column.notes.map((note) => `${column.network.name} ${note}`));
  byId("notes").textContent = notes.join(". ");
}

function showStanding() {
  const place = byId("standing");
  if (!place) return;
  const words = [
    spec.isSearched ? "meets every requirement of the search" : "checks",
    "misses a requirement of the search",
    "does not check: the last student that does is shown",
  ];
  place.textContent = words[state.standing];
  place.dataset.standing = state.standing;
}

/** The scale down to which texts can be read. */
const READABLE = 0.7;

// Sight ----------------------------------------------------------------------------------------------------------------

function place() {
  // on paper all of the picture is there
  if (picture.hasAttribute("viewBox")) return;
  world.setAttribute("transform", `translate(${state.x} ${state.y}) scale(${state.scale})`);
}

/** While a page is printed all of the picture stands on it, whatever is in sight on the screen. */
function listenToPrinter() {
  window.addEventListener("beforeprint", () => {
    picture.setAttribute("viewBox", `0 0 ${state.drawn.width} ${state.drawn.height}`);
    world.removeAttribute("transform");
  });
  window.addEventListener("afterprint", () => {
    picture.removeAttribute("viewBox");
    place();
  });
}

/** Show all of the picture; with a least scale as much of its upper left part as there is room for. */
function fitIn(least = 0) {
  const { clientWidth: width, clientHeight: height } = picture;
  const whole = Math.min(width / state.drawn.width, height / state.drawn.height);
  state.scale = Math.min(1, Math.max(whole, least));
  state.x = Math.max(0, (width - state.drawn.width * state.scale) / 2);
  state.y = 0;
  place();
}

function zoom(factor, x = picture.clientWidth / 2, y = picture.clientHeight / 2) {
  state.isMoved = true;
  const scale = Math.min(4, Math.max(0.05, state.scale * factor));
  state.x = x - ((x - state.x) * scale) / state.scale;
  state.y = y - ((y - state.y) * scale) / state.scale;
  state.scale = scale;
  place();
}

function pan(dx, dy) {
  state.isMoved = true;
  state.x += dx;
  state.y += dy;
  place();
}

/** Move the picture until what is selected is in sight. */
function bringIntoView(isCentred = false) {
  const element = world.querySelector(".item.selected");
  if (!element) return;
  const [box, sight] = [element.getBoundingClientRect(), picture.getBoundingClientRect()];
  const edge = 24;
  let [dx, dy] = [0, 0];
  if (isCentred) {
    dx = (sight.left + sight.right - box.left - Math.min(box.right, box.left + sight.width)) / 2;
    dy = (sight.top + sight.bottom - box.top - Math.min(box.bottom, box.top + sight.height)) / 2;
  } else {
    if (box.left < sight.left) dx = sight.left + edge - box.left;
    else if (box.right > sight.right) dx = Math.max(sight.right - edge - box.right, sight.left + edge - box.left);
    if (box.top < sight.top) dy = sight.top + edge - box.top;
    else if (box.bottom > sight.bottom) dy = Math.max(sight.bottom - edge - box.bottom, sight.top + edge - box.top);
  }
  pan(dx, dy);
}

// What a person does ---------------------------------------------------------------------------------------------------

function listenToPointers() {
  const pointers = new Map();
  let moved = 0;
  let before = null;
  picture.addEventListener("pointerdown", (event) => {
    before = state.selected;
    pointers.set(event.pointerId, event);
    if (pointers.size === 1) moved = 0;
  });
  picture.addEventListener("pointermove", (event) => {
    // a button may be let go where the page does not hear of it
    if (!event.buttons) pointers.delete(event.pointerId);
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
    moved += Math.abs(dx) + Math.abs(dy);
    if (moved > 4) picture.setPointerCapture(event.pointerId);
    const others = [...pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    pointers.set(event.pointerId, event);
    if (!others.length) pan(dx, dy);
    else {
      const apart = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const sight = picture.getBoundingClientRect();
      const middle = [
        (event.clientX + others[0].clientX) / 2 - sight.left,
        (event.clientY + others[0].clientY) / 2 - sight.top,
      ];
      zoom(apart(event, others[0]) / Math.max(apart(last, others[0]), 1), ...middle);
    }
  });
  for (const name of ["pointerup", "pointercancel"])
    picture.addEventListener(name, (event) => {
      pointers.delete(event.pointerId);
    });
  picture.addEventListener("click", (event) => {
    if (moved > 4) return;
    const key = event.target.closest(".item")?.dataset.key;
    if (key === undefined) select(null);
    else {
      const isClosed = find(key)?.item?.isOpen === false;
      if (isClosed || key === before) toggle(key);
      select(key, { focus: true });
    }
  });
  picture.addEventListener("focusin", (event) => {
    const key = event.target.closest(".item")?.dataset.key;
    if (key !== undefined && key !== state.selected) select(key);
  });
  picture.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const sight = picture.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey)
        zoom(Math.exp(-event.deltaY * 0.005), event.clientX - sight.left, event.clientY - sight.top);
      else pan(event.shiftKey ? -event.deltaY : -event.deltaX, event.shiftKey ? 0 : -event.deltaY);
    },
    { passive: false },
  );
}

/** Go from the selected item to another one. */
function step(direction) {
  const keys = [...world.querySelectorAll(".item")].map((element) => element.dataset.key);
  const at = keys.indexOf(state.selected);
  const next = keys[at < 0 ? 0 : Math.min(Math.max(at + direction, 0), keys.length - 1)];
  if (next !== undefined) select(next, { focus: true });
  bringIntoView();
}

function into() {
  const found = state.selected === null ? undefined : find(state.selected);
  if (!found?.item?.parts.length) return;
  if (found.item.parent && !found.item.isOpen) toggle(state.selected);
  else select(`${found.column.network.name} ${found.item.parts[0].key}`, { focus: true });
  bringIntoView();
}

function outOf() {
  const found = state.selected === null ? undefined : find(state.selected);
  if (!found?.item) return;
  if (found.item.parent && found.item.parts.length && found.item.isOpen) toggle(state.selected);
  else if (found.item.parent) select(`${found.column.network.name} ${found.item.parent.key}`, { focus: true });
  bringIntoView();
}

const IN_PICTURE = {
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  ArrowRight: into,
  ArrowLeft: outOf,
  Home: () => step(Number.NEGATIVE_INFINITY),
  End: () => step(Number.POSITIVE_INFINITY),
  Enter: () => toggle(state.selected ?? ""),
  " ": () => toggle(state.selected ?? ""),
};

const ANYWHERE = {
  "/": () => byId("find").focus(),
  "+": () => zoom(1.25),
  "=": () => zoom(1.25),
  "-": () => zoom(0.8),
  0: () => fitIn(),
  "[": () => chooseStage(state.stage - 1),
  "]": () => chooseStage(state.stage + 1),
  c: () => openAllTo(1),
  o: () => openAllTo(Number.POSITIVE_INFINITY),
  ",": () => openAllTo(Math.max(1, depthNow() - 1)),
  ".": () => openAllTo(depthNow() + 1),
  "?": () => byId("help").showModal(),
  Escape: () => {
    if (world.contains(document.activeElement)) picture.focus({ preventScroll: true });
    select(null);
  },
};

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (event.target.matches?.("input, select, textarea")) return;
    const action = (picture.contains(event.target) && IN_PICTURE[event.key]) || ANYWHERE[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function chooseStage(number) {
  if (!spec.stages.length) return;
  state.stage = Math.min(Math.max(number, -1), spec.stages.length - 1);
  byId("stage").value = state.stage;
  draw();
  showPanel();
}

function listenToTools() {
  const press = (id, action) => byId(id)?.addEventListener("click", action);
  press("open-all", () => openAllTo(Number.POSITIVE_INFINITY));
  press("close-all", () => openAllTo(1));
  press("open-more", ANYWHERE["."]);
  press("open-less", ANYWHERE[","]);
  press("zoom-in", () => zoom(1.25));
  press("zoom-out", () => zoom(0.8));
  press("zoom-fit", () => fitIn());
  press("show-help", ANYWHERE["?"]);
  press("stage-before", ANYWHERE["["]);
  press("stage-after", ANYWHERE["]"]);
  byId("stage")?.addEventListener("change", (event) => chooseStage(Number(event.target.value)));
  byId("colour").addEventListener("change", (event) => {
    state.colour = event.target.value;
    draw();
    showPanel();
  });
  window.addEventListener("hashchange", followHash);
  new ResizeObserver(() => {
    if (!state.isMoved) fitIn(READABLE);
  }).observe(picture);
}

// The space ------------------------------------------------------------------------------------------------------------

function listenToParams() {
  for (const number of spec.params.keys()) {
    byId(`param-${number}`).addEventListener("input", (event) => {
      const around = spec.isWhole ? state.chosen : spec.params.map((one) => one.here);
      choose(around.with(number, Number(event.target.value)));
    });
    byId(`param-${number}-shows`).addEventListener("change", (event) => {
      state.touched = event.target.checked ? number : -1;
      for (const other of document.querySelectorAll(".shows")) if (other !== event.target) other.checked = false;
      state.touchedLayers = state.touched < 0 ? new Map() : touchedBy(spec, state.shown, number);
      draw();
    });
  }
  byId("back")?.addEventListener("click", () => choose(spec.params.map((param) => param.here)));
}

/** Give params other values, and show what the spec is then. */
function choose(chosen) {
  state.chosen = chosen;
  showChosen();
  refresh();
  draw();
  showStanding();
  showTotals();
  showPanel();
}

function showChosen() {
  for (const [number, param] of spec.params.entries()) {
    const [control, value] = [byId(`param-${number}`), param.values[state.chosen[number]]];
    control.value = state.chosen[number];
    byId(`param-${number}-value`).textContent = value;
    if (control.type === "range") control.setAttribute("aria-valuetext", value);
  }
}

showChosen();
refresh();
draw();
fitIn(READABLE);
showStanding();
showTotals();
showNotes();
showPanel();
listenToPointers();
listenToKeys();
listenToTools();
listenToFind(
  () => state.columns,
  reveal,
  () => picture.focus(),
);
listenToParams();
listenToPrinter();
followHash();
