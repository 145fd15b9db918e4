/** A picture as elements of SVG. A box that is as it was is moved and not made anew: its texts are the dearest part. */

import { paintBox, paintWires, px } from "./paint.js";
import { piecesOf } from "./picture.js";

/** What leaves the parts of a picture as they are. */
const PLAIN = { card: (_, inner) => inner, network: (_, inner) => inner, item: (_column, _item, inner) => inner };

export class Canvas {
  /** Draws into an element; `marks` wrap the cards of hints, the headings of networks and the boxes of items. */
  constructor(element, marks = PLAIN) {
    this.element = element;
    this.marks = marks;
    this.groups = [];
    this.forget();
  }

  /** Make everything anew with the next drawing, as it looks different. */
  forget() {
    this.kept = new WeakMap();
  }

  draw(composed, stages) {
    const parts = [...piecesOf(composed, stages, this.marks)];
    arrange(
      this.element,
      parts.map((part, place) => {
        if (typeof part !== "string") return this.placed(part, part.column, 0);
        this.groups[place] ??= group();
        this.groups[place].innerHTML = part;
        return this.groups[place];
      }),
    );
  }

  /** The element of a box with everything inside, at its place. */
  placed({ x, y, box }, column, depth) {
    if (!this.kept.has(box.item)) this.kept.set(box.item, newPart());
    const part = this.kept.get(box.item);
    if (part.box !== box) {
      const own = paintBox(box, depth);
      part.own.innerHTML = (own && this.marks.item(column, box.item, own)) + paintWires(box);
      const below = box.item.parent ? depth + 1 : 0;
      arrange(
        part.inside,
        box.children.map((child) => this.placed(child, column, below)),
      );
      part.box = box;
    }
    const place = `translate(${px(x)} ${px(y)})`;
    if (part.element.getAttribute("transform") !== place) part.element.setAttribute("transform", place);
    return part.element;
  }
}

function newPart() {
  const part = { element: group(), own: group(), inside: group(), box: null };
  part.element.append(part.own, part.inside);
  return part;
}

function group() {
  return document.createElementNS("http://www.w3.org/2000/svg", "g");
}

/** Give an element these children, leaving those in peace that are there already. */
function arrange(parent, children) {
  for (const [place, child] of children.entries())
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}
