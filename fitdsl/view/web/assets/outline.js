/** A network as items to draw: layers, and blocks that hold further items; as in `drawing/outline.py` and `joints.py`. */

import { sizes } from "./letters.js";
import { sumOf, typeOf } from "./space.js";

/** The items of a network; the network itself is the outermost one, its first parts are its inputs. */
export function outline(network) {
  const steps = [...network.layers.keys()].map((address) => [stepsOf(address), address]);
  const inputs = network.inputs.map(([name, type]) => leaf(network, name, "", type, [0, 0, 0, 0], "input", [name]));
  const whole = {
    address: "",
    word: "",
    layers: [...network.layers.keys()],
    output: network.output,
    type: typeOf(network, network.output),
    cost: network.cost,
    family: "",
    parts: [...inputs, ...partsOf(network, steps, 0)],
    isOpen: true,
    doc: network.doc,
  };
  return adopted(withoutSmallFrames(bundled(whole)), network);
}

/** Ends of the steps of an address. */
function stepsOf(address) {
  return [...address.matchAll(/[^.[\]]+|\[\d+\]/g)].map((step) => step.index + step[0].length);
}

function* partsOf(network, steps, level) {
  for (let start = 0; start < steps.length; ) {
    const [ends, first] = steps[start];
    const address = first.slice(0, ends[level]);
    let end = start + 1;
    while (end < steps.length && steps[end][1].slice(0, steps[end][0][level]) === address) end++;
    const inside = steps.slice(start, end);
    if (first === address) yield layerItem(network, address);
    else yield blockItem(network, address, [...partsOf(network, inside, level + 1)]);
    start = end;
  }
}

function leaf(network, address, word, type, cost, family, layers) {
  return { address, word, layers, output: address, type, cost, family, parts: [], isOpen: true, doc: "", network };
}

function layerItem(network, address) {
  const layer = network.layers.get(address);
  return leaf(network, address, layer.call, layer.type, layer.cost, layer.family, [address]);
}

function blockItem(network, address, parts) {
  const group = network.groups.get(address);
  const word = group?.block ?? "";
  if (parts.length === 1 && parts[0].parts.length) return { ...parts[0], address, word: word || parts[0].word };
  const layers = parts.flatMap((part) => part.layers);
  const output = group && layers.includes(group.output) ? group.output : layers.at(-1);
  const type = network.layers.get(output).type;
  const cost = sumOf(parts.map((part) => part.cost));
  return { address, word, layers, output, type, cost, family: "", parts, isOpen: true, doc: group?.doc ?? "" };
}

/** The item with nameless blocks of one layer, and what is joined to it, replaced by their layers. */
function withoutSmallFrames(item) {
  if (!item.parts.length) return item;
  const whole = item.parts.map(withoutSmallFrames);
  return { ...item, parts: whole.flatMap((part) => (isSmall(part) ? part.parts : [part])) };
}

function isSmall(item) {
  if (!item.parts.length || labelOf(item) || item.isBundle) return false;
  const [first, ...others] = item.parts;
  return !first.parts.length && others.every((part) => part.family === "pointwise" && !part.parts.length);
}

/** The item with the parts of long blocks put into bundles. */
function bundled(item) {
  if (!item.parts.length) return item;
  const parts = item.parts.map(bundled);
  if (parts.length <= sizes.mostParts) return { ...item, parts };
  const given = parts.filter((part) => part.family === "input");
  const size = Math.ceil((parts.length - given.length) / sizes.bundles);
  const bundles = [];
  for (let start = given.length; start < parts.length; start += size)
    bundles.push(bundleOf(parts.slice(start, start + size)));
  return { ...item, parts: [...given, ...bundles] };
}

function bundleOf(parts) {
  if (parts.length === 1) return parts[0];
  const [first, last] = [parts[0], parts.at(-1)];
  return {
    address: first.address,
    word: `${first.address} … ${last.address}`,
    layers: parts.flatMap((part) => part.layers),
    output: last.output,
    type: last.type,
    cost: sumOf(parts.map((part) => part.cost)),
    family: "",
    parts,
    isOpen: false,
    isBundle: true,
    doc: "",
  };
}

/** Tell every item what it is in. */
function adopted(item, network, parent = null, level = 0) {
  Object.assign(item, { network, parent, level, key: `${item.isBundle ? "bundle " : ""}${item.address}` });
  item.owned = new Set(item.layers);
  for (const part of item.parts) adopted(part, network, item, level + 1);
  return item;
}

/** The last step of an item's address, if that is a name that the spec gives. */
export function labelOf(item) {
  if (item.isBundle) return "";
  const step = item.address.slice(item.address.lastIndexOf(".") + 1);
  const isGiven = !step.endsWith("]") && !(item.family === "fault" && step.startsWith("layer "));
  return isGiven ? step : "";
}

/** How many rows are drawn of an item. */
export function rowsOf(item) {
  return item.parts.length && item.isOpen ? item.parts.reduce((sum, part) => sum + rowsOf(part), 0) : 1;
}

/** The item and all items in it, outer ones first. */
export function* itemsOf(item) {
  yield item;
  for (const part of item.parts) yield* itemsOf(part);
}

/** Open blocks down to a depth, and close those below. */
export function openTo(item, depth) {
  for (const each of itemsOf(item)) if (each.parts.length && each.parent) each.isOpen = each.level < depth;
  forget(item);
}

/** Lay an item out anew with everything around it, and everything inside. */
export function forget(item) {
  for (const each of itemsOf(item)) each.box = null;
  for (let outer = item.parent; outer; outer = outer.parent) outer.box = null;
}

// Joints ---------------------------------------------------------------------------------------------------------------

/** The inside of a block: its sources, parts and sinks as numbered nodes, the edges between them, and its columns. */
export function jointsOf(item) {
  item.joints ??= joints(item);
  return item.joints;
}

function joints(item) {
  const owner = new Map();
  for (const [place, part] of item.parts.entries()) for (const layer of part.layers) owner.set(layer, place);
  const reads = item.parts.flatMap((part, place) => readsOf(part).map((name) => [place, name]));
  const sources = [...new Set(reads.map(([, name]) => name).filter((name) => !owner.has(name)))];
  const sinks = [...new Set([item.output, ...readOutside(item)])];
  const node = new Map(sources.map((name, place) => [name, place]));
  for (const [name, place] of owner) node.set(name, sources.length + place);
  const edges = new Map();
  const add = (tail, head, source) => edges.set(`${tail} ${head} ${source}`, { tail, head, source });
  for (const [place, name] of reads) add(node.get(name), sources.length + place, name);
  const firstSink = sources.length + item.parts.length;
  for (const [place, name] of sinks.entries()) add(node.get(name), firstSink + place, name);
  const ordered = [...edges.values()].sort((a, b) => compare([a.head, a.tail, a.source], [b.head, b.tail, b.source]));
  const count = firstSink + sinks.length;
  const into = Array.from({ length: count }, () => []);
  const outOf = Array.from({ length: count }, () => []);
  for (const edge of ordered) {
    into[edge.head].push(edge);
    outOf[edge.tail].push(edge);
  }
  const found = { sources, parts: item.parts, sinks, edges: ordered, count, firstSink, into, outOf };
  return { ...found, ...columnsOf(found) };
}

/** The layers and inputs outside of an item that it reads. */
export function readsOf(part) {
  const names = part.layers.flatMap((layer) => part.network.layers.get(layer)?.inputs ?? []);
  return [...new Set(names.filter((name) => !part.owned.has(name)))];
}

function readOutside(item) {
  return item.layers.filter((layer) => item.network.readers.get(layer).some((reader) => !item.owned.has(reader)));
}

/** The part at a node; nothing for a source or a sink. */
export function partAt(inside, node) {
  return inside.parts[node - inside.sources.length];
}

function columnsOf(inside) {
  const free = new Set(Array.from({ length: inside.count }, (_, node) => node));
  const columns = [longestWay(inside, free, inside.firstSink)];
  while (free.size) columns.push(longestWay(inside, free, null));
  const columnOf = new Map(columns.flatMap((column) => column.map((node) => [node, column])));
  return { columns, columnOf };
}

/** The longest way through free nodes, which are no longer free then. */
function longestWay(inside, free, end) {
  const length = new Map();
  const before = new Map();
  const count = inside.sources.length;
  for (const node of [...free].sort((a, b) => a - b)) {
    const tails = inside.into[node].map((edge) => edge.tail).filter((tail) => length.has(tail));
    length.set(node, partAt(inside, node)?.layers.length ?? 0);
    if (tails.length) {
      const rank = (tail) => [length.get(tail), tail < count ? tail : -tail];
      const nearest = tails.reduce((best, tail) => (compare(rank(tail), rank(best)) > 0 ? tail : best));
      before.set(node, nearest);
      length.set(node, length.get(node) + length.get(nearest));
    }
  }
  const nodes = [...length.keys()];
  const rank = (node) => [length.get(node), -node];
  let last = end ?? nodes.reduce((best, node) => (compare(rank(node), rank(best)) > 0 ? node : best));
  const way = [last];
  while (before.has(last)) {
    last = before.get(last);
    way.push(last);
  }
  for (const node of way) free.delete(node);
  return way.reverse();
}

/** Which of two lists comes first, by their first items that differ. */
export function compare(first, second) {
  for (let place = 0; place < Math.min(first.length, second.length); place++) {
    if (first[place] < second[place]) return -1;
    if (first[place] > second[place]) return 1;
  }
  return first.length - second.length;
}
