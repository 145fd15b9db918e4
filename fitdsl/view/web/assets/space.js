/** A spec at one of its points: the tables of `fitdsl/view/page/data.py` read at the values that params have. */

/** How a student stands that does not check; `fitdsl/view/page/data.py` has the others. */
export const UNSOUND = 2;

/** How many values each axis of the space has. */
function axesOf(spec) {
  if (spec.isWhole) return spec.params.map((param) => param.values.length);
  return [1 + spec.params.reduce((sum, param) => sum + param.values.length - 1, 0)];
}

/** The places on the axes at which params have these values; where they do not go together, that of the one that moved. */
function placesOf(spec, chosen) {
  if (spec.isWhole) return chosen;
  let before = 1;
  for (const [number, param] of spec.params.entries()) {
    if (chosen[number] !== param.here) return [before + chosen[number] - (chosen[number] > param.here ? 1 : 0)];
    before += param.values.length - 1;
  }
  return [0];
}

/** What a table says at places on the axes. */
function valueAt(spec, table, places) {
  spec.axes ??= axesOf(spec);
  let place = 0;
  for (const axis of table.p) place = place * spec.axes[axis] + places[axis];
  return table.v[place];
}

/** The layers that are different, or not there, at another value of a param, by network. */
export function touchedBy(spec, chosen, number) {
  const own = pointOf(spec, chosen);
  const found = new Map(own.networks.map((network) => [network.name, new Set()]));
  const around = spec.isWhole ? chosen : spec.params.map((param) => param.here);
  for (const place of spec.params[number].values.keys()) {
    const there = around.with(number, place);
    if (standingAt(spec, there) === UNSOUND) continue;
    const other = pointOf(spec, there);
    for (const [at, network] of own.networks.entries())
      for (const layer of network.layers.values())
        if (looksOf(layer) !== looksOf(other.networks[at].layers.get(layer.address)))
          found.get(network.name).add(layer.address);
  }
  return found;
}

/** What of a layer is its own, whatever the layers around it are called. */
function looksOf(layer) {
  return layer && JSON.stringify([layer.call, layer.given, layer.type, layer.cost]);
}

export function sumOf(costs) {
  const total = [0, 0, 0, 0];
  for (const cost of costs) for (let place = 0; place < 4; place++) total[place] += cost[place];
  return total;
}

/** How the student stands whose params have these values. */
export function standingAt(spec, chosen) {
  return valueAt(spec, spec.standing, placesOf(spec, chosen));
}

/** All that is drawn of a spec where its params have these values. */
export function pointOf(spec, chosen) {
  return pointAt(spec, placesOf(spec, chosen));
}

/** All that is drawn of a spec at places on the axes of its tables. */
export function pointAt(spec, places) {
  return {
    networks: spec.networks.map((network) => networkAt(spec, network, places)),
    hints: spec.hints.map((hint) => ({ ...hint, ...spec.facts.hints[valueAt(spec, hint.at, places)] })),
  };
}

function networkAt(spec, network, places) {
  const structure = spec.facts.structures[valueAt(spec, network.structure, places)];
  const layers = new Map();
  for (const address of structure.layers)
    layers.set(address, layerOf(spec, address, valueAt(spec, network.layers[address], places)));
  const groups = new Map(
    structure.groups.map(([address, output, block, doc]) => [address, { address, output, block, doc }]),
  );
  const readers = new Map([...network.inputs.map(([name]) => [name, []]), ...[...layers.keys()].map((a) => [a, []])]);
  for (const layer of layers.values()) for (const name of new Set(layer.inputs)) readers.get(name)?.push(layer.address);
  const cost = sumOf([...layers.values()].map((layer) => layer.cost));
  const faults = [...layers.values()].filter((layer) => layer.family === "fault").length;
  const isCounted = network.isCounted && !faults;
  return { ...network, layers, groups, readers, output: structure.output, cost, faults, isCounted };
}

/** A layer from its lists, whose order is that of `_layer` in `fitdsl/view/page/facts.py`. */
function layerOf(spec, address, number) {
  const [alike, inputs, states, field] = spec.facts.layers[number];
  const [call, given, type, cost, family, line, args] = spec.facts.alike[alike];
  return { address, call, inputs, given, type, cost, family, line, states, field, args };
}

/** The layer or input whose output an address means. */
export function resolve(network, address) {
  return network.groups.get(address)?.output ?? address;
}

/** The type of what an address gives. */
export function typeOf(network, address) {
  const name = resolve(network, address);
  return network.layers.get(name)?.type ?? network.inputs.find(([given]) => given === name)?.[1] ?? "";
}
