/** A whole spec at a point: networks side by side, hints between them, losses below; as in `drawing/picture.py`. */

import { align, heightOf, wayTo } from "./align.js";
import { boxOf } from "./layout.js";
import { counted, fit, fitCall, human, sizes, textWidth } from "./letters.js";
import { compare, itemsOf, openTo, outline, rowsOf } from "./outline.js";
import { halfWidth, line, px, rect, words } from "./paint.js";

/** A network with the way it is laid out; blocks are open as `opened` says of their keys, or as far as can be looked at. */
export function columnOfNetwork(network, opened) {
  const item = outline(network);
  const byAddress = new Map();
  for (const each of itemsOf(item)) {
    if (!byAddress.has(each.address)) byAddress.set(each.address, []);
    byAddress.get(each.address).push(each);
  }
  const notes = [];
  const bundles = [...byAddress.values()].flat().filter((each) => each.isBundle);
  if (bundles.length) notes.push("has blocks of many parts, which are drawn in bundles");
  if (opened) {
    for (const each of itemsOf(item)) if (each.parts.length && opened.has(each.key)) each.isOpen = opened.get(each.key);
  } else {
    let depth = deepest(item);
    while (depth > 1 && rowsOf(item) > sizes.mostRows) openTo(item, --depth);
    if (depth < deepest(item)) notes.push(`has ${counted(network.layers.size, "layer")}; ${closedBelow(depth)}`);
  }
  return { network, item, byAddress, layout: { half: halfWidth(item), spread: new Map() }, notes };
}

function closedBelow(depth) {
  return `blocks ${counted(depth, "level")} deep are closed to begin with`;
}

export function deepest(item) {
  return 1 + Math.max(0, ...item.parts.map(deepest));
}

/** Where everything of a picture stands. */
export function compose(columns, hints, losses, stages) {
  align(columns, hints);
  const cards = hints.map(cardOf);
  const [standing, lane] = stand(columns, cards, stages);
  const placed = setOut(cards, lane, standing);
  const ends = [...standing.values()].map((net) => net.y + net.box.height);
  const below = Math.max(0, ...ends, ...placed.map((card) => card.y + card.height));
  const pills = setOutPills(losses.map(pillOf), standing, below + sizes.below);
  const rights = [
    ...[...standing.values()].map((net) => net.x + net.box.right + net.barsRight),
    ...[...standing.values()].map((net) => net.x - net.box.left + titleWidth(net.column.network)),
    ...pills.map((pill) => pill.x + pill.width / 2),
    ...placed.map((card) => card.x + card.width / 2),
  ];
  const height = (pills.length ? pills[0].y + sizes.row : below) + sizes.edge;
  return { standing, cards: placed, pills, width: Math.max(...rights, 0) + sizes.edge, height };
}

function titleWidth(network) {
  return Math.min(textWidth(`${network.role} `, sizes.large) + textWidth(network.name, sizes.large, true), 200);
}

/** The networks beside each other, and the middle of the lane between teachers and students. */
export function stand(columns, cards, stages) {
  const ordered = [...columns].sort((a, b) => (a.network.role === "student") - (b.network.role === "student"));
  const widest = Math.max(0, ...cards.map((card) => card.width));
  let x = sizes.edge;
  let lane = 0;
  const standing = new Map();
  for (const [place, column] of ordered.entries()) {
    const before = ordered[place - 1]?.network.role;
    const { role, name } = column.network;
    const bars = stages.filter((_, number) => runsIn(column.network, number)).length * (sizes.badge + sizes.barGap);
    if (cards.length && role === "student" && before !== "student") {
      const room = widest + 2 * sizes.between;
      lane = x + room / 2;
      x += room;
    } else if (before) x += sizes.between + (before === role ? 0 : 60);
    if (role === "teacher") x += bars;
    const box = boxOf(column.item, column.layout);
    const width = Math.max(box.left + box.right, titleWidth(column.network));
    const y = sizes.edge + sizes.titles;
    standing.set(name, { column, box, x: x + box.left, y, bars, barsRight: role === "student" ? bars : 0 });
    x += width + (role === "student" ? bars : 0);
  }
  return [standing, cards.length && !lane ? x + sizes.between + widest / 2 : lane];
}

/** Whether a stage runs a network. */
export function runsIn(network, stage) {
  for (const layer of network.layers.values()) if (layer.states[stage] !== "-") return true;
  return false;
}

/** Where a line begins that leads from the output of an address to something at the side of `other`. */
function sideOf(net, address, other) {
  const placed = wayTo(net.column, address).at(-1);
  const x = net.x + placed.x;
  return [other > x ? x + placed.box.right : x - placed.box.left, net.y + heightOf(net.column, address)];
}

// Hints ----------------------------------------------------------------------------------------------------------------

/** The card of a hint, as wide as its texts need within reason. */
function cardOf(hint) {
  const rows = hint.rows.map(([call, type, family, params]) => ({
    look: `layer ${family}`,
    text: call,
    shape: family === "pointwise" ? "" : type,
    params,
  }));
  const texts = [...rows.map((row) => [row.text, row.shape]), [hint.loss, ""]];
  const widths = texts.map(([text, shape]) => textWidth(text, sizes.size) + textWidth(shape, sizes.small));
  const need = Math.max(...widths) + 4 * sizes.margin + 2 * sizes.cardInside;
  const head = textWidth("hint ", sizes.size) + textWidth(hint.name, sizes.size, true) + 2 * sizes.margin;
  const height =
    sizes.head + 2 * sizes.cardInside + rows.length * sizes.row + (rows.length ? sizes.gap : 0) + sizes.row;
  return { hint, rows, width: Math.min(Math.max(need, head, 130), sizes.cardWidest), height };
}

/** The cards below each other in the lane, each as near as can be to what it joins, all as wide as the widest. */
function setOut(cards, x, standing) {
  const width = Math.max(0, ...cards.map((card) => card.width));
  const wished = cards.map((card, place) => [wishOf(card, standing), place]).sort(compare);
  let free = Number.NEGATIVE_INFINITY;
  return wished.map(([wish, place]) => {
    const y = Math.max(wish, free);
    free = y + cards[place].height + sizes.cardBetween;
    return { ...cards[place], width, x, y };
  });
}

function wishOf({ hint, height }, standing) {
  const ends = [
    ...hint.guided.map(([address]) => sideOf(standing.get(hint.student), address, 0)[1]),
    ...hint.hint.map(([address]) => sideOf(standing.get(hint.teacher), address, 0)[1]),
  ];
  return ends.reduce((sum, end) => sum + end, 0) / ends.length - sizes.head - (height - sizes.head) / 2;
}

function paintCard(card) {
  const { hint, x, y, width, height, rows } = card;
  const [left, inner] = [x - width / 2, width - 2 * sizes.cardInside];
  const name = fit(hint.name, width - 2 * sizes.margin - textWidth("hint ", sizes.size), sizes.size, true);
  let markup = rect(left, y, width, height, "box card", 6);
  markup += words(left + sizes.margin, y + 13, "hint", "kind", "start", name, "name");
  let top = y + sizes.head + sizes.cardInside;
  for (const row of rows) {
    markup += cardRow(left + sizes.cardInside, top, inner, row.look, row.text, row.shape);
    top += sizes.row;
  }
  if (rows.length) {
    markup += line([
      [x, top],
      [x, top + sizes.gap],
    ]);
    top += sizes.gap;
  }
  return markup + cardRow(left + sizes.cardInside, top, inner, "layer loss", hint.loss, "");
}

function cardRow(x, y, width, look, text, shape) {
  const room = width - 3 * sizes.margin - textWidth(shape, sizes.small);
  return (
    rect(x, y, width, sizes.row, look, sizes.corner) +
    words(x + sizes.margin, y + sizes.base, fitCall(text, room, sizes.size)) +
    words(x + width - sizes.margin, y + sizes.base, shape, "faint", "end")
  );
}

/** The dashed lines from a network: from a hint layer to the loss, from a guided one to the regressor. */
function ties(cards, net) {
  const name = net.column.network.name;
  return cards
    .flatMap((card) => {
      const lossY = card.y + card.height - sizes.cardInside - sizes.row / 2;
      const guidedY = card.y + sizes.head + sizes.cardInside + sizes.row / 2;
      const from = (places, y) => places.map(([address], number) => tie(card, net, address, y, number));
      return [
        ...from(card.hint.teacher === name ? card.hint.hint : [], lossY),
        ...from(card.hint.student === name ? card.hint.guided : [], guidedY),
      ];
    })
    .join("");
}

function tie(card, net, address, y, number) {
  const start = sideOf(net, address, card.x);
  const side = start[0] > card.x ? 1 : -1;
  const end = [card.x + side * (card.width / 2 - sizes.cardInside), y];
  const bend = end[0] + side * (sizes.cardInside + 12 + 5 * number);
  const isLevel = Math.abs(start[1] - y) <= 0.5;
  const points = isLevel ? [start, end] : [start, [bend, start[1]], [bend, y], end];
  return `${line(points, "tie")}<circle cx="${px(start[0])}" cy="${px(start[1])}" r="3" class="tie-end"/>`;
}

// Losses and stages ----------------------------------------------------------------------------------------------------

function pillOf(loss) {
  const badges = loss.stages.length * (sizes.badge + 2);
  const width = Math.min(textWidth(loss.text, sizes.size), sizes.pillWidest) + badges + 2 * sizes.margin + 4;
  return { ...loss, width };
}

/** The losses in one line, each below the middle of the networks it reads, moved aside where they would overlap. */
function setOutPills(pills, standing, y) {
  const middles = pills.map(
    (pill) => pill.networks.reduce((sum, name) => sum + endOf(standing.get(name))[0], 0) / pill.networks.length,
  );
  let free = Number.NEGATIVE_INFINITY;
  return pills
    .map((_, place) => [middles[place], place])
    .sort(compare)
    .map(([middle, place]) => {
      const pill = pills[place];
      const x = Math.max(middle, free + pill.width / 2);
      free = x + pill.width / 2 + sizes.margin;
      return { ...pill, x, y };
    });
}

/** Where a network's result leaves it. */
function endOf(net) {
  return [net.x + (net.box.outs.get(net.column.network.output) ?? 0), net.y + net.box.height];
}

function lossLines(pills, standing) {
  return [...standing.entries()]
    .flatMap(([name, net], level) => {
      const start = endOf(net);
      const read = pills.filter((pill) => pill.networks.includes(name));
      return read.map((pill) => {
        const x = pill.x + (pill.networks.indexOf(name) - (pill.networks.length - 1) / 2) * 14;
        const bend = pill.y - 12 - 5 * (level % 4);
        if (Math.abs(start[0] - x) < 0.5) return line([start, [x, pill.y]]);
        return line([start, [start[0], bend], [x, bend], [x, pill.y]]);
      });
    })
    .join("");
}

function paintPill(pill, numbers) {
  const left = pill.x - pill.width / 2;
  const badges = [...pill.stages].reverse().map((name, place) => {
    const x = left + pill.width - sizes.margin / 2 - sizes.badge / 2 - place * (sizes.badge + 2);
    return badge(x, pill.y + sizes.row / 2, numbers.get(name));
  });
  const text = words(left + sizes.margin, pill.y + sizes.base, fitCall(pill.text, sizes.pillWidest, sizes.size));
  return rect(left, pill.y, pill.width, sizes.row, "layer loss", sizes.row / 2) + text + badges.join("");
}

/** The number of a stage in a disc around (x, y). */
function badge(x, y, number) {
  const disc = rect(x - sizes.badge / 2, y - sizes.badge / 2, sizes.badge, sizes.badge, "badge", sizes.badge / 2);
  return disc + words(x, y + 3.5, String(number), "number", "middle");
}

/** For each stage that runs a network a bar along the layers that it runs. */
function bars(net, stages) {
  let x = net.column.network.role === "teacher" ? net.x - net.box.left - net.bars : net.x + net.box.right + 4;
  const rows = rowsIn(net);
  const found = [];
  for (const number of stages.keys()) {
    if (!runsIn(net.column.network, number)) continue;
    found.push(badge(x + sizes.badge / 2, net.y + sizes.row / 2, number + 1));
    found.push(...barsOf(rows, number, x + (sizes.badge - sizes.bar) / 2));
    x += sizes.badge + sizes.barGap;
  }
  return found.join("");
}

const BAR = { t: "trains", r: "runs", f: "frozen", k: "frozen", s: "frozen" };

function barsOf(rows, stage, x) {
  const runs = [];
  for (const placed of rows) {
    const look = BAR[stateOf(placed.box.item, stage)];
    const bottom = placed.y + placed.box.height;
    if (!runs.length || look !== runs.at(-1).look) runs.push({ look, top: placed.y, bottom });
    else runs.at(-1).bottom = Math.max(runs.at(-1).bottom, bottom);
  }
  return runs
    .filter((run) => run.look)
    .map((run) => rect(x, run.top, sizes.bar, run.bottom - run.top, `bar ${run.look}`, sizes.bar / 2));
}

/** The boxes of layers and closed blocks, from top to bottom. */
function rowsIn(net) {
  const found = [];
  const visit = (box, x, y) => {
    for (const child of box.children) {
      if (child.box.isOpen) visit(child.box, x + child.x, y + child.y);
      else found.push({ x: x + child.x, y: y + child.y, box: child.box });
    }
  };
  visit(net.box, net.x, net.y);
  return found.sort((a, b) => a.y - b.y || a.x - b.x);
}

const STATE_ORDER = "trkfs";

/** What a stage does with an item: the first of `STATE_ORDER` that holds for one of its layers. */
export function stateOf(item, stage) {
  const states = new Set(item.layers.map((address) => item.network.layers.get(address)?.states[stage] ?? "-"));
  for (const state of STATE_ORDER) if (states.has(state)) return state;
  return "-";
}

/** What a stage does with an item, in words; an input does nothing, it is read. */
export function doingOf(item, stage, words) {
  if (item.family === "input") return runsIn(item.network, stage) ? "is read" : "is not read";
  return words[stateOf(item, stage)];
}

/** Names and sizes above a network. */
function heading(net, size) {
  const { network } = net.column;
  const y = net.y - sizes.titles + 12;
  const left = net.x - net.box.left;
  const room = Math.max(net.box.left + net.box.right, 200);
  const role = textWidth(`${network.role} `, sizes.large);
  const name = fit(network.name, room - role, sizes.large, true);
  return (
    words(left, y, network.role, "role", "start", name, "title") +
    words(left, y + 15, fit(size, room, sizes.small), "faint")
  );
}

/** What a network costs, in a few words. */
export function sizeOf(network) {
  if (network.faults) return `does not check, ${counted(network.faults, "fault")}`;
  if (!network.isCounted) return "from outside";
  return `${human(network.cost[0])} params, ${human(network.cost[2])} MACs`;
}

/** The parts of a composed picture, those behind others first: markup, or a network with the place of its spine. */
export function* piecesOf({ standing, cards, pills }, stages, marks) {
  const numbers = new Map(stages.map((stage, place) => [stage.name, place + 1]));
  yield cards.map((card) => marks.card(card.hint, paintCard(card))).join("");
  const nets = [...standing.values()];
  const ordered = [
    ...nets.filter((net) => net.column.network.role === "teacher"),
    ...nets.filter((net) => net.column.network.role === "student").reverse(),
  ];
  for (const net of ordered) {
    const { network } = net.column;
    yield marks.network(network, heading(net, sizeOf(network)));
    yield net;
    yield bars(net, stages) + ties(cards, net);
  }
  yield lossLines(pills, standing) + pills.map((pill) => paintPill(pill, numbers)).join("");
  if (!nets.length) yield '<text x="22" y="22">This spec has no networks.</text>';
}
