/** How wide texts are, and how they are shortened to fit: as in `fitdsl/view/drawing/letters.py`. */

export const sizes = {};
const letters = {};

/** Take lengths and widths of letters from a document. */
export function measureBy(document) {
  Object.assign(sizes, document.measures);
  Object.assign(letters, document.letters);
}

const ELLIPSIS = "…";
const NO_WIDTH = /^[\p{Mn}\p{Me}]$/u;
const WIDE = /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]$/;

function letterWidth(letter) {
  const place = letter.codePointAt(0) - letters.first;
  if (place >= 0 && place < letters.widths.length) return letters.widths[place] / 100;
  if (NO_WIDTH.test(letter)) return 0;
  return WIDE.test(letter) || /\p{Extended_Pictographic}/u.test(letter) ? 2 : letters.other;
}

/** Pixels that a text takes at most. */
export function textWidth(text, size, isBold = false) {
  let width = 0;
  for (const letter of text) width += letterWidth(letter);
  return width * size * (isBold ? letters.bold : 1);
}

/** The text, or as much of it as fits with an ellipsis at its end. */
export function fit(text, width, size, isBold = false) {
  if (textWidth(text, size, isBold) <= width) return text;
  let room = width / size / (isBold ? letters.bold : 1) - letterWidth(ELLIPSIS);
  let kept = "";
  for (const letter of text) {
    room -= letterWidth(letter);
    if (room < 0) break;
    kept += letter;
  }
  return kept.trimEnd() + ELLIPSIS;
}

/** A call that fits: its last arguments give way first. */
export function fitCall(text, width, size) {
  if (textWidth(text, size) <= width) return text;
  for (const comma of commas(text).reverse()) {
    const shorter = `${text.slice(0, comma)}, …)`;
    if (textWidth(shorter, size) <= width) return shorter;
  }
  return fit(text, width, size);
}

/** Where the commas between the arguments of a call stand. */
function commas(call) {
  const found = [];
  let depth = 0;
  let isText = false;
  for (let place = 0; place < call.length; place++) {
    const letter = call[place];
    if (letter === '"') isText = !isText;
    if (isText) continue;
    if ("([{".includes(letter)) depth++;
    if (")]}".includes(letter)) depth--;
    if (letter === "," && depth === 1) found.push(place);
  }
  return found;
}

/** A count in three digits: 862K, 9.04M; exact below a thousand. */
export function human(number) {
  if (number < 1000) return String(number);
  let power = 1;
  while (power < 6 && number >= 999.5 * 1000 ** power) power++;
  const scaled = number / 1000 ** power;
  const digits = scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${" KMGTPE"[power]}`;
}

/** A number with its noun: `1 layer`, `2 layers`. */
export function counted(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}
