/** Where everything of a network stands: as in `drawing/layout.py`, `lanes.py`. A box is kept until its item is forgotten. */

import { sizes } from "./letters.js";
import { compare, jointsOf, partAt } from "./outline.js";

/** The box of an item, with everything inside if it is an open block. */
export function boxOf(item, layout) {
  item.box ??= item.parts.length && item.isOpen ? around(item, layout) : closedBox(item, layout);
  return item.box;
}

function closedBox(item, layout) {
  const inner = { children: [], wires: [], ins: new Map(), outs: new Map() };
  return { item, left: layout.half, right: layout.half, height: sizes.row, isOpen: false, ...inner };
}

const PORT = { item: null, left: 0, right: 0, height: 0, isOpen: false, ins: new Map(), outs: new Map() };

export function around(item, layout) {
  const inside = jointsOf(item);
  const boxes = Array.from({ length: inside.count }, (_, node) => {
    const part = partAt(inside, node);
    return part ? boxOf(part, layout) : PORT;
  });
  const isNetwork = !item.parent;
  const gaps = new Map(inside.edges.map((edge) => [edge, gapBetween(inside, edge, layout)]));
  const tops = topsOf(inside, boxes, gaps, isNetwork ? 0 : sizes.head);
  centre(inside, boxes, gaps, tops);
  const pad = isNetwork ? 0 : sizes.pad;
  const bottom = Math.max(...tops.map((top, node) => top + boxes[node].height)) + pad;
  for (let node = inside.firstSink; node < inside.count; node++) tops[node] = bottom;
  const lanes = settled(inside, boxes, tops);
  const children = [];
  for (const [node, box] of boxes.entries()) if (box.item) children.push({ x: lanes.x.get(node), y: tops[node], box });
  const ins = new Map(inside.sources.map((name, node) => [name, lanes.x.get(node)]));
  const outs = new Map(inside.sinks.map((name, place) => [name, lanes.x.get(inside.firstSink + place)]));
  outs.set(item.output, lanes.x.get(inside.firstSink));
  const [left, right] = lanes.reach;
  return {
    item,
    left: left + pad,
    right: right + pad,
    height: bottom,
    isOpen: true,
    children,
    wires: lanes.wires,
    ins,
    outs,
  };
}

/** Room between two nodes that read each other. */
function gapBetween(inside, edge, layout) {
  const above = partAt(inside, edge.tail);
  const below = partAt(inside, edge.head);
  if (!above) return sizes.pad + (inside.outOf[edge.tail].length > 1 ? 7 : -1);
  if (!below) return 0;
  let extra = layout.spread.get(below.address) ?? 0;
  if (below.parts.length && below.isOpen) extra += sizes.apart * (inside.into[edge.head].length - 1);
  return isJoined(inside, edge) && !extra ? extra : sizes.gap + extra;
}

/** Whether a layer stands right below another: it works number by number on what no other reads or gives. */
function isJoined(inside, edge) {
  const above = partAt(inside, edge.tail);
  const below = partAt(inside, edge.head);
  if (below.family !== "pointwise" || below.parts.length || above.parts.length) return false;
  return inside.outOf[edge.tail].length === 1 && inside.into[edge.head].length === 1;
}

function topsOf(inside, boxes, gaps, start) {
  const tops = [];
  for (let node = 0; node < inside.count; node++) {
    const read = inside.into[node].map((edge) => tops[edge.tail] + boxes[edge.tail].height + gaps.get(edge));
    tops.push(read.length ? Math.max(...read) : start);
  }
  return tops;
}

/** Move columns beside the spine to the middle of the room they have. */
function centre(inside, boxes, gaps, tops) {
  for (const column of inside.columns.slice(1)) {
    const own = new Set(column);
    const last = column.at(-1);
    const heads = inside.outOf[last].filter((edge) => partAt(inside, edge.head));
    const hasOwnEnds =
      column.slice(0, -1).every((node) => inside.outOf[node].every((edge) => own.has(edge.head))) &&
      column.slice(1).every((node) => inside.into[node].every((edge) => own.has(edge.tail)));
    if (!heads.length || !inside.into[column[0]].length || !hasOwnEnds) continue;
    const bottom = tops[last] + boxes[last].height;
    const room = Math.min(...heads.map((edge) => tops[edge.head] - gaps.get(edge))) - bottom;
    for (const node of column) tops[node] += Math.max(room, 0) / 2;
  }
}

// Lanes ----------------------------------------------------------------------------------------------------------------

/** Columns and wires of a block side by side: where each node stands, how far all of it reaches, and the wires. */
function settled(inside, boxes, tops) {
  const space = { inside, boxes, tops, x: new Map(), wireX: new Map(), strips: [] };
  for (const node of inside.columns[0]) {
    const box = boxes[node];
    take(space, 0, {
      top: tops[node],
      bottom: tops[node] + box.height,
      left: box.left,
      right: box.right,
      column: [node],
    });
  }
  const lanes = [...inside.columns.slice(1).map((column) => laneOfColumn(space, column)), ...lanesOfWires(space)];
  const order = (lane) => [lane.bottom - lane.top, lane.top];
  lanes.sort(
    (a, b) =>
      compare(order(a), order(b)) ||
      compare(a.column, b.column) ||
      compare(a.carried ?? [-1, ""], b.carried ?? [-1, ""]),
  );
  for (const lane of lanes) take(space, freePlace(space, lane), lane);
  const left = Math.max(0, ...space.strips.map(([x, lane]) => lane.left - x));
  const right = Math.max(0, ...space.strips.map(([x, lane]) => lane.right + x));
  const wires = inside.edges.map((edge) => wireOf(space, edge)).filter((wire) => wire);
  return { x: space.x, reach: [left, right], wires };
}

function take(space, x, lane) {
  space.strips.push([x, lane]);
  for (const node of lane.column) space.x.set(node, x);
  if (!lane.column.length) space.wireX.set(lane.carried.join(" "), x);
}

function gapOf(lane) {
  return lane.left || lane.right ? sizes.boxGap : sizes.wireGap;
}

/** The nearest free x on the side where that is nearer, to the right if both are as near. */
function freePlace(space, lane) {
  let [right, left] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [x, other] of space.strips) {
    if (!(other.top < lane.bottom && lane.top < other.bottom)) continue;
    const gap = Math.max(gapOf(other), gapOf(lane));
    right = Math.max(right, x + other.right + gap);
    left = Math.min(left, x - other.left - gap);
  }
  right = (Number.isFinite(right) ? right : 0) + lane.left;
  left = (Number.isFinite(left) ? left : 0) - lane.right;
  return right <= -left ? right : left;
}

function bottomOf(space, node) {
  return space.tops[node] + space.boxes[node].height;
}

function laneOfColumn(space, column) {
  const [first, last] = [column[0], column.at(-1)];
  const tails = space.inside.into[first].map((edge) => bottomOf(space, edge.tail));
  const heads = space.inside.outOf[last].map((edge) => arrival(space, edge));
  const boxes = column.map((node) => space.boxes[node]);
  return {
    top: Math.min(...tails, space.tops[first]),
    bottom: Math.max(...heads, bottomOf(space, last)),
    left: Math.max(...boxes.map((box) => box.left)),
    right: Math.max(...boxes.map((box) => box.right)),
    column,
  };
}

function lanesOfWires(space) {
  const carried = new Map();
  for (const edge of space.inside.edges) {
    if (columnOf(space.inside, edge) !== null) continue;
    const key = `${edge.tail} ${edge.source}`;
    if (!carried.has(key)) carried.set(key, []);
    carried.get(key).push(edge);
  }
  return [...carried.values()].map((edges) => ({
    top: bottomOf(space, edges[0].tail),
    bottom: Math.max(...edges.map((edge) => arrival(space, edge))),
    left: 0,
    right: 0,
    column: [],
    carried: [edges[0].tail, edges[0].source],
  }));
}

/** A node in whose column an edge can run; null if it needs a lane of its own. */
export function columnOf(inside, edge) {
  const own = inside.columnOf.get(edge.tail);
  const other = inside.columnOf.get(edge.head);
  if (own === other) return own.indexOf(edge.head) === own.indexOf(edge.tail) + 1 ? edge.tail : null;
  const spine = inside.columns[0];
  if (other[0] === edge.head && other !== spine) return edge.head;
  return own.at(-1) === edge.tail && own !== spine ? edge.tail : null;
}

function wireOf(space, edge) {
  const tail = space.boxes[edge.tail];
  const head = space.boxes[edge.head];
  const start = [space.x.get(edge.tail) + (tail.outs.get(edge.source) ?? 0), bottomOf(space, edge.tail)];
  let end = [space.x.get(edge.head) + (head.ins.get(edge.source) ?? 0), space.tops[edge.head]];
  if (start[0] === end[0] && start[1] === end[1]) return null;
  // a wire into an open block goes on inside, with an arrow there
  const hasArrow = Boolean(head.item) && !head.isOpen;
  const beside = columnOf(space.inside, edge);
  let lane = beside === null ? space.wireX.get(`${edge.tail} ${edge.source}`) : space.x.get(beside);
  if (beside === edge.tail) lane = start[0];
  if (beside === edge.head) lane = end[0];
  if (lane === start[0] && lane === end[0]) return { points: [start, end], hasArrow };
  if (isMerge(space, edge.head)) {
    end = [end[0] + (lane > end[0] ? head.right : -head.left), arrival(space, edge)];
    return { points: [...turn(start, lane), [lane, end[1]], end], hasArrow };
  }
  return { points: [...turn(start, lane), ...turnIn(lane, end, turnAbove(space, edge)), end], hasArrow };
}

/** The height at which a wire comes to its end. */
function arrival(space, edge) {
  const top = space.tops[edge.head];
  return isMerge(space, edge.head) ? top + sizes.row / 2 : top;
}

/** How far above a box a wire turns, so that wires that carry different things do so at different heights. */
function turnAbove(space, edge) {
  const carried = [];
  for (const other of space.inside.into[edge.head])
    if (!carried.some(([tail, source]) => tail === other.tail && source === other.source))
      carried.push([other.tail, other.source]);
  carried.sort(compare);
  const place = carried.findIndex(([tail, source]) => tail === edge.tail && source === edge.source);
  return sizes.arrive + sizes.apart * place;
}

/** Whether a node is a layer that joins several flows. */
function isMerge(space, node) {
  return Boolean(partAt(space.inside, node)) && !space.boxes[node].isOpen && space.inside.into[node].length > 1;
}

function turn(start, lane) {
  if (lane === start[0]) return [start];
  return [start, [start[0], start[1] + sizes.leave], [lane, start[1] + sizes.leave]];
}

function turnIn(lane, end, above) {
  if (lane === end[0]) return [];
  return [
    [lane, end[1] - above],
    [end[0], end[1] - above],
  ];
}
