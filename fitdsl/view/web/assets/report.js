// A search's page made livelier: a student under the pointer is told, one that is chosen is marked everywhere, and the
// table of students can be sorted and filtered. Without this script the page has the same numbers.

const report = JSON.parse(document.getElementById("report-data").textContent);
const trials = new Map(report.trials.map((trial) => [trial.id, trial]));
const panel = document.getElementById("panel");
const students = document.getElementById("students-table");

const trialOf = (node) => {
  const marked = node instanceof Element ? node.closest("[data-trial]") : null;
  return marked ? trials.get(Number(marked.dataset.trial)) : undefined;
};

const marksOf = (id) => document.querySelectorAll(`[data-trial="${id}"]`);

// what marks say of themselves is told by this page, so that the browser does not tell it, too
for (const title of document.querySelectorAll(".chart [data-trial] > title")) {
  trialOf(title).label = title.textContent;
  title.remove();
}

const made = (name, text, ...inside) => {
  const element = document.createElement(name);
  element.append(...(text ? [text] : []), ...inside);
  return element;
};

// What a student is ---------------------------------------------------------------------------------------------------

const number = (value) => value.toLocaleString("en-US");

const metric = (value, isShare) => {
  if (value === undefined || value === null) return "";
  return isShare ? `${(value * 100).toFixed(2)}%` : String(Number(value.toPrecision(4)));
};

const paramsOf = (trial) => report.params.map((name, place) => `${name} = ${trial.point?.[place]}`).join(", ");

const isOnFront = (trial) => report.front.includes(trial.id);

const factsOf = (trial) => {
  const states = [report.states[trial.status] ?? trial.status];
  if (trial.id === report.best) states.push("best");
  if (isOnFront(trial)) states.push("on the front");
  const ends = ["", "trained", "taken from earlier work or another student"];
  const stages = report.stages.flatMap((name, place) => {
    const end = trial.stages?.[place];
    return end ? [`${name} (${ends[end]})`] : [];
  });
  const costs = Object.entries(trial.cost ?? {}).map(
    ([name, [params, weights, macs, activations]]) =>
      `${name}: ${number(weights)} weights, ${number(macs)} MACs, ${number(params)} params, ${number(activations)} activations`,
  );
  const metrics = report.metrics.map(([name, isShare], place) => [
    `val ${name}`,
    metric(trial.metrics?.[place], isShare),
  ]);
  return [
    ["state", states.join(", ")],
    ["params", paramsOf(trial)],
    ...metrics,
    ["cost of one example", costs.join("; ")],
    ["finished stages", stages.join(", ")],
    ["epochs of the last stage", String(trial.epoch ?? 0)],
    ["trained in", trial.time ?? ""],
    ["why it failed", trial.reason ?? ""],
    ["warnings", (trial.warnings ?? []).join("; ")],
    ["seed", String(trial.seed)],
  ].filter(([, value]) => value);
};

const fillPanel = (trial) => {
  document.getElementById("panel-title").textContent = `Student #${trial.id}`;
  const facts = made(
    "dl",
    "",
    ...factsOf(trial).map(([word, value]) => made("div", "", made("dt", word), made("dd", value))),
  );
  facts.className = "facts";
  const command = made("pre", "", made("code", report.command.join(trial.id)));
  command.tabIndex = 0;
  document.getElementById("panel-body").replaceChildren(facts, made("p", "Train it again, alone:"), command);
  panel.hidden = false;
};

// Choosing ------------------------------------------------------------------------------------------------------------

let chosen = null;

// readers hear of a choice where they are
const heard = made("p");
heard.className = "hidden";
heard.setAttribute("role", "status");
document.body.append(heard);

const choose = (trial) => {
  for (const mark of chosen ? marksOf(chosen.id) : []) mark.classList.remove("picked");
  chosen = trial;
  if (trial === null) {
    panel.hidden = true;
    return;
  }
  for (const mark of marksOf(trial.id)) {
    mark.classList.add("picked");
    // what is chosen lies on top of what it shares a place with
    if (mark.parentNode.closest("svg") && document.activeElement !== mark) mark.parentNode.append(mark);
  }
  fillPanel(trial);
  heard.textContent = `student #${trial.id} is chosen`;
  document.dispatchEvent(new CustomEvent("chosen", { detail: trial }));
};

const address = (fragment) => history.replaceState(null, "", fragment || location.pathname + location.search);

const chooseAndSay = (trial) => {
  choose(trial);
  address(trial ? `#trial-${trial.id}` : "");
};

document.addEventListener("click", (event) => {
  const trial = trialOf(event.target);
  if (!trial || String(getSelection())) return;
  event.preventDefault();
  chooseAndSay(trial);
});

document.getElementById("close")?.addEventListener("click", () => chooseAndSay(null));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) chooseAndSay(null);
});

// Points by keyboard: one of each chart is in the order of Tab, arrows lead to the others -------------------------------

const across = (point) => point.getBBox().x;

const makeSteps = (group) => {
  const points = [...group.children].sort((one, other) => across(one) - across(other));
  const shown = () => points.filter((point) => !point.classList.contains("out"));
  for (const point of points) {
    point.setAttribute("role", "button");
    point.setAttribute("aria-label", trialOf(point).label);
    point.setAttribute("tabindex", "-1");
  }
  points[0]?.setAttribute("tabindex", "0");
  group.addEventListener("keydown", (event) => {
    const known = shown();
    const at = known.indexOf(event.target.closest("[data-trial]"));
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: known.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      chooseAndSay(trialOf(event.target));
    } else if (next !== undefined && known[next]) {
      event.preventDefault();
      for (const point of points) point.setAttribute("tabindex", "-1");
      known[next].setAttribute("tabindex", "0");
      known[next].focus();
    }
  });
};

for (const group of document.querySelectorAll(".points")) makeSteps(group);

// A student under the pointer or in focus is told ----------------------------------------------------------------------

const tip = made("div");
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);

const tell = (node) => {
  const trial = node.closest?.("svg") ? trialOf(node) : undefined;
  tip.hidden = !trial;
  if (!trial) return;
  tip.replaceChildren(made("b", trial.label), made("br"), paramsOf(trial));
  const box = node.closest("[data-trial]").getBoundingClientRect();
  const isLine = Boolean(node.closest(".strands"));
  const [x, y] = isLine ? [pointer.x, pointer.y] : [box.right, box.top];
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(4, Math.min(y - tip.offsetHeight - 8, innerHeight - tip.offsetHeight - 8))}px`;
};

const pointer = { x: 0, y: 0 };
document.addEventListener("pointermove", (event) => {
  pointer.x = event.clientX;
  pointer.y = event.clientY;
});
document.addEventListener("pointerover", (event) => tell(event.target));
document.addEventListener("focusin", (event) => tell(event.target));
document.addEventListener("scroll", () => {
  tip.hidden = true;
});

// Table: sorting ------------------------------------------------------------------------------------------------------

const read = (cell) => {
  const text = cell.textContent.trim();
  const clock = text.match(/^(?:(\d+):)?(\d+):(\d+)$/);
  if (clock) return Number(clock[1] ?? 0) * 3600 + Number(clock[2]) * 60 + Number(clock[3]);
  const value = Number.parseFloat(text.replaceAll(",", "").replace("#", ""));
  return Number.isNaN(value) ? text : value;
};

const compared = (one, other) => {
  if (one === "" || other === "") return (one === "") - (other === "");
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en");
};

const sortBy = (column, head) => {
  const isUp = head.getAttribute("aria-sort") !== "ascending";
  const body = students.tBodies[0];
  const rows = [...body.rows].map((row) => [read(row.cells[column]), row]);
  // empty cells stay at the end either way
  rows.sort(([one], [other]) => (isUp || one === "" || other === "" ? compared(one, other) : compared(other, one)));
  body.append(...rows.map(([, row]) => row));
  for (const other of students.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
};

if (students)
  for (const [column, head] of [...students.tHead.rows[0].cells].entries()) {
    const button = made("button", head.textContent);
    button.type = "button";
    button.className = "sort";
    button.addEventListener("click", () => sortBy(column, head));
    head.replaceChildren(button);
  }

// Table and charts: filtering -----------------------------------------------------------------------------------------

const filter = document.getElementById("filter");
if (filter) {
  const count = made("span");
  count.setAttribute("role", "status");
  const menu = made("select");
  const kinds = [...new Set(report.trials.map((trial) => trial.status))];
  const options = [["", "all"], ...kinds.map((kind) => [kind, report.states[kind] ?? kind]), ["front", "on the front"]];
  for (const [value, text] of options) menu.append(new Option(text, value));
  const apply = () => {
    const isIn = (trial) => !menu.value || trial.status === menu.value || (menu.value === "front" && isOnFront(trial));
    for (const mark of document.querySelectorAll("[data-trial]")) mark.classList.toggle("out", !isIn(trialOf(mark)));
    count.textContent = `${report.trials.filter(isIn).length} of ${report.trials.length} shown, here and in the charts`;
  };
  menu.addEventListener("change", apply);
  filter.append(made("label", "students: ", menu), count);
  apply();
}

// Addresses -----------------------------------------------------------------------------------------------------------

const fromAddress = () => {
  const found = location.hash.match(/^#trial-(\d+)$/);
  const trial = found ? trials.get(Number(found[1])) : undefined;
  if (trial) choose(trial);
};
addEventListener("hashchange", fromAddress);
fromAddress();
