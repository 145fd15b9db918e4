// Curves made livelier: the numbers of the epoch under the pointer, or of one that the arrow keys lead to, are told.
// They are read from the table of all numbers that stands below each stage's curves.

const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);

const tableOf = (stage) => {
  const table = stage.querySelector("details table");
  const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));
  return { columns, rows };
};

const makeLively = (chart, { columns, rows }) => {
  const [left, right, top, bottom, low, high] = chart.dataset.reach.split(" ").map(Number);
  const curves = [...chart.querySelectorAll("path[data-column]")].map((curve) => [
    curve.dataset.name,
    columns.indexOf(curve.dataset.column),
  ]);
  const guide = document.createElementNS("http://www.w3.org/2000/svg", "line");
  for (const [name, value] of Object.entries({ class: "guide", y1: top, y2: bottom })) guide.setAttribute(name, value);
  let at = -1;

  const hide = () => {
    tip.hidden = true;
    guide.remove();
  };

  const tell = (place) => {
    at = place;
    const row = rows[place];
    const x = left + ((Number(row[0]) - low) / (high - low)) * (right - left);
    guide.setAttribute("x1", x);
    guide.setAttribute("x2", x);
    chart.append(guide);
    const known = curves.filter(([, column]) => row[column]).map(([name, column]) => `${name} ${row[column]}`);
    tip.textContent = `epoch ${row[0]}: ${known.join(", ")}`;
    tip.hidden = false;
    const box = guide.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(box.left + 10, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(4, box.top - tip.offsetHeight - 4)}px`;
  };

  const nearest = (clientX) => {
    const box = chart.getBoundingClientRect();
    const x = ((clientX - box.left) / box.width) * chart.viewBox.baseVal.width;
    const epoch = low + ((x - left) / (right - left)) * (high - low);
    const far = (row) => Math.abs(Number(row[0]) - epoch);
    return rows.reduce((best, row, place) => (far(row) < far(rows[best]) ? place : best), 0);
  };

  chart.setAttribute("tabindex", "0");
  chart.addEventListener("pointermove", (event) => tell(nearest(event.clientX)));
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    const last = rows.length - 1;
    const next = { ArrowRight: at + 1, ArrowLeft: at < 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") hide();
    if (next === undefined) return;
    event.preventDefault();
    tell(Math.max(0, Math.min(next, last)));
  });
};

for (const stage of document.querySelectorAll(".stage")) {
  const charts = stage.querySelectorAll(".lines");
  if (charts.length) {
    const numbers = tableOf(stage);
    for (const chart of charts) makeLively(chart, numbers);
  }
}
