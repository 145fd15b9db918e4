/** Networks on one vertical scale: as in `drawing/align.py`. */

import { boxOf } from "./layout.js";
import { compare } from "./outline.js";
import { resolve } from "./space.js";

const PASSES = 4;

/** The box that shows an address, behind all open blocks around it, each with its place in the network. */
export function wayTo(column, address) {
  const layer = resolve(column.network, address);
  const way = [{ x: 0, y: 0, box: boxOf(column.item, column.layout) }];
  for (;;) {
    const outer = way.at(-1);
    const child = outer.box.isOpen && outer.box.children.find((one) => one.box.item.owned.has(layer));
    if (!child) return way;
    way.push({ x: outer.x + child.x, y: outer.y + child.y, box: child.box });
    if (child.box.item.address === address) return way;
  }
}

/** Where the output of an address is to be seen. */
export function heightOf(column, address) {
  const last = wayTo(column, address).at(-1);
  return last.y + last.box.height - 10;
}

/** Put teachers and students side by side by spreading what stands too high. */
export function align(columns, hints) {
  for (const column of columns) {
    for (const address of column.layout.spread.keys()) forgetAt(column, address);
    column.layout.spread.clear();
  }
  const teachers = columns.filter((column) => column.network.role === "teacher");
  const students = columns.filter((column) => column.network.role === "student");
  let pairs = teachers.flatMap((teacher) => students.map((student) => [teacher, student]));
  if (!pairs.length) pairs = columns.slice(1).map((other) => [columns[0], other]);
  const anchors = new Map(pairs.map((pair) => [pair, anchorsOf(hints, ...pair)]));
  for (let pass = 0; pass < PASSES; pass++) for (const pair of pairs) level(...pair, anchors.get(pair));
}

export function level(teacher, student, anchors) {
  let above = [0, 0];
  for (const [left, right] of anchors) {
    const lack = heightOf(teacher, left) - heightOf(student, right);
    if (lack > 0.5) spread(student, right, above[1], lack);
    else if (lack < -0.5) spread(teacher, left, above[0], -lack);
    above = [heightOf(teacher, left), heightOf(student, right)];
  }
}

/** Spread the boxes on the way from a height down to an address in equal shares. */
function spread(column, address, above, lack) {
  const way = wayTo(column, address);
  const end = way.at(-1);
  const found = [];
  for (const outer of way.slice(0, -1))
    for (const child of outer.box.children) {
      const y = outer.y + child.y;
      if (above < y && y <= end.y && child.y > 0 && child.box.item.family !== "pointwise" && child.x === 0)
        found.push(child.box.item.address);
    }
  const items = found.length ? found : [end.box.item.address];
  const known = column.layout.spread;
  for (const item of new Set(items)) {
    known.set(item, (known.get(item) ?? 0) + lack / items.length);
    forgetAt(column, item);
  }
}

/** Lay out anew everything around the items of an address. */
function forgetAt(column, address) {
  for (const item of column.byAddress.get(address) ?? [])
    for (let outer = item; outer; outer = outer.parent) outer.box = null;
}

/** Pairs of addresses to stand side by side, from top to bottom: hints first, then what else agrees with them. */
function anchorsOf(hints, teacher, student) {
  const graphs = [teacher.network, student.network];
  const wanted = [
    ...hints
      .filter((hint) => hint.teacher === graphs[0].name && hint.student === graphs[1].name)
      .flatMap((hint) => hint.hint.map(([address], place) => [address, hint.guided[place][0]])),
    graphs.map((graph) => graph.output),
    ...sizesOf(...graphs),
  ];
  const places = graphs.map((graph) => new Map([...graph.layers.keys()].map((address, place) => [address, place])));
  const kept = [];
  for (const pair of wanted) {
    const place = pair.map((address, side) => places[side].get(resolve(graphs[side], address)));
    if (place.includes(undefined)) continue;
    if (kept.every(([other]) => (place[0] - other[0]) * (place[1] - other[1]) > 0)) kept.push([place, pair]);
  }
  return kept.sort(([a], [b]) => compare(a, b)).map(([, pair]) => pair);
}

/** The layers that first give images of a size which both networks have. */
function* sizesOf(teacher, student) {
  const others = firstOfSize(student);
  for (const [size, address] of firstOfSize(teacher)) if (others.has(size)) yield [address, others.get(size)];
}

function firstOfSize(network) {
  const found = new Map();
  for (const layer of network.layers.values()) {
    const extents = layer.type.match(/\d+/g) ?? [];
    const size = extents.slice(1).join(" ");
    if (extents.length === 3 && !found.has(size)) found.set(size, layer.address);
  }
  return found;
}
