/** The field that finds layers and blocks, and the list of what it has found. */

import { counted } from "./letters.js";
import { itemsOf } from "./outline.js";
import { esc } from "./paint.js";

const MOST_FOUND = 50;

/** Layers and blocks whose address, call or shape holds a text. */
function* matches(columns, text) {
  const wanted = text.toLowerCase();
  for (const column of columns)
    for (const item of itemsOf(column.item)) {
      if (!item.parent || item.isBundle) continue;
      const name = `${column.network.name}.${item.address}`;
      if ([name, item.word, item.type].some((known) => known.toLowerCase().includes(wanted)))
        yield { name, column, item };
    }
}

/** Listen to the field; `columnsNow` are the networks as they are drawn, `go` leads to an item, `leave` out of the field. */
export function listenToFind(columnsNow, go, leave) {
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  let found = [];
  let at = 0;
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = () => {
    for (const [place, element] of [...list.children].entries())
      element.setAttribute("aria-selected", place === at && found.length > 0);
    const current = list.children[at];
    if (current?.id) input.setAttribute("aria-activedescendant", current.id);
    current?.scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    found = input.value.trim() ? [...matches(columnsNow(), input.value.trim())] : [];
    at = 0;
    if (!input.value.trim()) return close();
    const lines = found
      .slice(0, MOST_FOUND)
      .map(
        ({ name, item }, place) =>
          `<li role="option" id="found-${place}" data-place="${place}"><b>${esc(name)}</b> ${esc(item.word)} <i>${esc(item.type)}</i></li>`,
      );
    if (found.length > MOST_FOUND)
      lines.push(`<li class="more">${esc(counted(found.length - MOST_FOUND, "more", "more"))}</li>`);
    list.innerHTML = lines.join("") || '<li class="more">nothing found</li>';
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    return mark();
  };
  const take = (place) => {
    const one = found[place];
    if (!one) return;
    close();
    go(one.column.network.name, one.item.address, { focus: true, isCentred: true });
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("keydown", (event) => {
    const last = Math.min(found.length, MOST_FOUND) - 1;
    if (event.key === "ArrowDown") at = Math.min(at + 1, last);
    else if (event.key === "ArrowUp") at = Math.max(at - 1, 0);
    else if (event.key === "Enter") return take(at);
    else if (event.key === "Escape") {
      input.value = "";
      close();
      return leave();
    } else return undefined;
    event.preventDefault();
    return mark();
  });
  list.addEventListener("pointerdown", (event) => {
    const line = event.target.closest("[data-place]");
    if (!line) return;
    event.preventDefault();
    take(Number(line.dataset.place));
  });
}
