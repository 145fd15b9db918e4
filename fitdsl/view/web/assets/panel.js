/** What stands beside the picture: what is selected, the networks' totals, the layers as a table. */

import { human } from "./letters.js";
import { labelOf, readsOf } from "./outline.js";
import { doingOf } from "./picture.js";
import { typeOf } from "./space.js";

/** An element with attributes, listeners (`onclick`) and children; texts stay texts. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Number.POSITIVE_INFINITY).filter((child) => child !== undefined && child !== ""));
  return element;
}

function exact(number) {
  return number.toLocaleString("en");
}

/** Words and what stands for each; pairs without a text are left out. */
function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== "" && value !== undefined && value.length !== 0);
  return h(
    "dl",
    {},
    rows.map(([word, value]) => [h("dt", {}, word), h("dd", {}, value)]),
  );
}

const COSTS = ["parameters", "weights", "MACs", "activations"];

function costs(cost) {
  return COSTS.map((word, place) => [word, exact(cost[place])]);
}

/** The nodes that say everything of what is selected. */
export function describe(found, actions) {
  if (!found) return [h("h2", {}, "Nothing selected"), h("p", { class: "faint" }, HELP), ...stageFacts(actions)];
  if (found.hint) return describeHint(found.hint, actions);
  const nodes = found.item.parent ? describeItem(found, actions) : describeNetwork(found.column.network);
  return [...nodes, ...stageFacts(actions, found.item)];
}

const HELP =
  "Select a layer to see its arguments, shapes and costs. Select a block to open it, once more to close it. Press ? for all keys.";

/** The nodes that say that what a link names is not there. */
export function describeMissing(text) {
  return [h("h2", {}, "Nothing selected"), h("p", {}, "Nothing here is called ", h("code", {}, text), ".")];
}

function describeNetwork(network) {
  return [
    h("h2", {}, `${network.role} ${network.name}`),
    ...comment(network.doc),
    facts([
      ["is", network.headline],
      ["layers", exact(network.layers.size)],
      ...(network.isCounted ? costs(network.cost) : []),
    ]),
  ];
}

function comment(doc) {
  return doc ? [h("p", { class: "comment" }, doc)] : [];
}

function describeItem({ key, column, item }, actions) {
  const { network } = column;
  const title = h("h2", {}, `${network.name}.${item.address}`);
  if (item.parts.length) return [title, ...describeBlock(key, item, actions)];
  const layer = network.layers.get(item.address);
  if (!layer)
    return [
      title,
      facts([
        ["is", "an input of the network"],
        ["gives", item.type],
      ]),
    ];
  const read = layer.inputs.map((name, place) => h("span", {}, link(network, name, actions), ` ${layer.given[place]}`));
  return [
    title,
    h("p", { class: "call" }, layer.call),
    ...comment(docOf(item)),
    facts([
      ["reads", spaced(read)],
      ["gives", layer.type],
      ...(["outside", "fault"].includes(layer.family) ? [] : costs(layer.cost)),
      [
        "receptive field",
        layer.family === "fault" ? "" : layer.field ? `${layer.field} of the input` : "all of the input",
      ],
      ["read by", spaced(network.readers.get(item.address).map((name) => link(network, name, actions)))],
      ["stands in", lineOf(layer.line, actions.spec)],
    ]),
    layer.args.length ? details("Arguments", facts(layer.args)) : "",
  ].filter((node) => node !== "");
}

/** The comment on the nearest block around a layer that is about nothing else. */
function docOf(item) {
  return item.parent?.parent && item.parent.layers.length === 1 ? item.parent.doc : "";
}

function describeBlock(key, item, actions) {
  const { network } = item;
  const read = readsOf(item).map((name) => h("span", {}, link(network, name, actions), ` ${typeOf(network, name)}`));
  const press = () => actions.toggle(key);
  return [
    h("p", { class: "call" }, kindOf(item)),
    ...comment(item.doc),
    h("p", {}, h("button", { type: "button", onclick: press }, item.isOpen ? "Close it" : "Open it")),
    facts([["layers", exact(item.layers.length)], ["reads", spaced(read)], ["gives", item.type], ...costs(item.cost)]),
  ];
}

/** What a block is in the text of a spec. */
export function kindOf(item) {
  if (item.isBundle) return item.word;
  if (item.word) return `block ${item.word}`;
  return labelOf(item) ? `label ${labelOf(item)}` : "one round of a repeat";
}

function describeHint(hint, actions) {
  const sides = (name, places) =>
    places.map(([address, type]) =>
      h(
        "span",
        {},
        h("a", { href: `#${name}.${address}`, onclick: follow(actions, name, address) }, `${name}.${address}`),
        ` ${type}`,
      ),
    );
  const rows = hint.rows.map(
    ([call, type, , params]) => `${call} → ${type}${params ? `, ${exact(params)} parameters` : ""}`,
  );
  return [
    h("h2", {}, `hint ${hint.name}`),
    facts([
      ["hint", spaced(sides(hint.teacher, hint.hint))],
      ["guided", spaced(sides(hint.student, hint.guided))],
      ["regressor", rows.length ? rows.join("; ") : "none: the outputs are compared as they are"],
      ["loss", hint.loss],
      ["parameters", exact(hint.params)],
      ["MACs", exact(hint.macs)],
      [
        "trained in",
        actions.spec.stages
          .filter((stage) => stage.hints.includes(hint.name))
          .map((stage) => stage.name)
          .join(", "),
      ],
      ["stands in", lineOf(hint.line, actions.spec)],
    ]),
  ];
}

function spaced(nodes) {
  return nodes.flatMap((node, place) => (place ? [", ", node] : [node]));
}

function link(network, address, actions) {
  return h("a", { href: `#${network.name}.${address}`, onclick: follow(actions, network.name, address) }, address);
}

function follow({ reveal }, name, address) {
  return (event) => {
    event.preventDefault();
    reveal(name, address, { focus: true });
  };
}

function lineOf(number, spec) {
  if (number < 0) return "";
  const [file, line, text] = spec.facts.lines[number];
  return [`${file}:${line} `, h("code", {}, text)];
}

function details(summary, ...children) {
  return h("details", {}, h("summary", {}, summary), ...children);
}

/** What the chosen stage does, with an item if one is selected; of all stages, what each does with it. */
function stageFacts({ spec, stage, states }, item) {
  if (stage >= 0) {
    const one = spec.stages[stage];
    const after = one.after.length ? ` after ${one.after.join(", ")}` : "";
    const own = item?.parent ? [["here", doingOf(item, stage, states)]] : [];
    return [h("h3", {}, `Stage ${stage + 1}: ${one.name}${after}`), facts([...own, ...one.facts])];
  }
  if (!item?.parent || !item.layers.some((address) => item.network.layers.has(address)) || !spec.stages.length)
    return [];
  return [
    h("h3", {}, "In the stages"),
    facts(spec.stages.map((one, number) => [one.name, doingOf(item, number, states)])),
  ];
}

// Totals and tables ----------------------------------------------------------------------------------------------------

/** The networks' totals, how they compare, and all layers as tables, which are made when they are opened. */
export function tabulate(networks, reveal) {
  const rows = networks.map((network) =>
    h(
      "tr",
      { "data-network": network.name },
      h("th", { scope: "row" }, h("a", { href: `#${network.name}` }, network.name)),
      network.isCounted
        ? network.cost.map((number) => h("td", {}, exact(number)))
        : h("td", { colspan: 4 }, network.faults ? "does not check" : "not counted"),
    ),
  );
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, "network"),
    COSTS.map((word) => h("th", { scope: "col" }, word)),
  );
  const tables = networks.map((network) => layersTable(network, reveal));
  return [
    h("h2", {}, "Totals"),
    h("div", { class: "wide" }, h("table", { id: "costs" }, h("thead", {}, head), h("tbody", {}, rows))),
    ...comparisons(networks).map((text) => h("p", { class: "faint" }, text)),
    ...tables,
  ];
}

function* comparisons(networks) {
  for (const student of networks.filter((one) => one.role === "student" && one.isCounted))
    for (const teacher of networks.filter((one) => one.role === "teacher" && one.isCounted)) {
      const times = (place, noun) => ratio(student.cost[place], teacher.cost[place], noun);
      yield `${student.name} has ${times(1, "weights")} and ${times(2, "MACs")} than ${teacher.name}`;
    }
}

function ratio(own, other, noun) {
  if (own === other || !own || !other) return `${human(own)} ${noun} against ${human(other)}`;
  const less = own < other;
  return `${(less ? other / own : own / other).toPrecision(3)} times ${less ? "fewer" : "more"} ${noun}`;
}

const isTableOpen = new Set();

function layersTable(network, reveal) {
  const place = h("div", { class: "wide" });
  const fill = () => {
    const head = h(
      "tr",
      {},
      ["layer", "op", "gives", ...COSTS].map((word) => h("th", { scope: "col" }, word)),
    );
    const rows = [...network.layers.values()].map((layer) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, link(network, layer.address, { reveal })),
        h("td", {}, layer.call),
        h("td", {}, layer.type),
        layer.cost.map((number) => h("td", {}, exact(number))),
      ),
    );
    place.replaceChildren(h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
  };
  const box = h(
    "details",
    { class: "layers", "data-network": network.name },
    h("summary", {}, `Layers of ${network.name} as a table`),
    place,
  );
  if (isTableOpen.has(network.name)) {
    box.open = true;
    fill();
  }
  box.addEventListener("toggle", () => {
    if (box.open === isTableOpen.has(network.name)) return;
    if (box.open) {
      isTableOpen.add(network.name);
      fill();
    } else isTableOpen.delete(network.name);
  });
  return box;
}
