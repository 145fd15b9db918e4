// A row and the boxes it speaks of show each other: `data-with` of one has the ids of the others.
const linked = (target) => (target instanceof Element ? target.closest("[data-with]") : null);
const partnersOf = (item) => item.dataset.with.split(" ").map((id) => document.getElementById(id));
const isMark = (item) => item.matches(".mark");

let lit = [];
let held = null;

function reveal(mark) {
  const pane = mark.closest(".pane");
  const around = pane.getBoundingClientRect();
  const box = mark.querySelector("rect").getBoundingClientRect();
  if (box.top < around.top || box.bottom > around.bottom)
    pane.scrollTop += (box.top + box.bottom - around.top - around.bottom) / 2;
  if (box.left < around.left || box.right > around.right)
    pane.scrollLeft += (box.left + box.right - around.left - around.right) / 2;
}

function show(item) {
  for (const old of lit) old.classList.remove("lit");
  lit = item ? [item, ...partnersOf(item)] : [];
  for (const now of lit) now.classList.add("lit");
  if (item && !isMark(item))
    for (const side of [...panes].map((pane) => lit.find((one) => pane.contains(one)))) if (side) reveal(side);
}

// Of a row with boxes on both sides the later one is gone to.
const partnerOf = (item) => partnersOf(item).at(isMark(item) ? 0 : -1);
const bring = (item) => item.scrollIntoView({ block: "nearest", inline: "nearest" });

function visit(item) {
  const next = partnerOf(item);
  next.focus({ preventScroll: true });
  bring(next);
}

// Each group of rows or boxes is one stop of the Tab key; arrow keys move within it.
const panes = document.querySelectorAll(".pane");
const groups = [
  [...document.querySelectorAll("main > table [data-with]")],
  ...[...panes].map((pane) => [...pane.querySelectorAll(".mark")]),
];
for (const group of groups) if (group.length) group[0].tabIndex = 0;

// What has changed may stand far down.
for (const pane of panes) {
  const first = pane.querySelector(".mark");
  if (first) reveal(first);
}

function move(item, key) {
  const group = groups.find((one) => one.includes(item));
  const place = group.indexOf(item);
  const last = group.length - 1;
  const steps = { ArrowDown: Math.min(place + 1, last), ArrowUp: Math.max(place - 1, 0), Home: 0, End: last };
  if (!(key in steps)) return false;
  group[steps[key]].focus();
  return true;
}

document.addEventListener("pointerover", (event) => show(linked(event.target) ?? held));
document.addEventListener("focusin", (event) => {
  held = linked(event.target);
  show(held);
  const group = groups.find((one) => one.includes(held));
  for (const item of group ?? []) item.tabIndex = item === held ? 0 : -1;
});
document.addEventListener("focusout", () => {
  held = null;
  show(null);
});
document.addEventListener("click", (event) => {
  const item = linked(event.target);
  if (!item) return;
  item.focus({ preventScroll: true });
  bring(partnerOf(item));
});
document.addEventListener("keydown", (event) => {
  const item = linked(event.target);
  if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") visit(item);
  else if (!move(item, event.key)) return;
  event.preventDefault();
});
