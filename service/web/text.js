// A document's exact text as nodes: the cited place marked, headings and pages set apart.

import { element } from "./dom.js";
import { unitOffsets } from "./offsets.js";

const HEADING = /^(#{1,6})[ \t]+\S.*$/gm;

/**
 * Lay out a text. range: what to mark, in UTF-16 units, or null. pages: where each page begins, in
 * code points. Every character of the text is in the nodes once; page numbers are not text.
 */
export function textNodes(text, range, pages = []) {
  const starts = unitOffsets(text, pages);
  const headings = [...text.matchAll(HEADING)].flatMap(headingParts);
  const cuts = new Set([0, text.length, ...starts.filter((unit) => unit !== null)]);
  for (const part of range ? [...headings, range] : headings) cuts.add(part.start).add(part.end);
  const places = [...cuts].sort((a, b) => a - b);

  const nodes = [];
  let page = 0; // of the pages, the first that begins at the place or after; empty ones share it
  let heading = 0; // of the headings, the first that ends after the place
  for (const [number, start] of places.entries()) {
    for (; page < starts.length && starts[page] <= start; page += 1) nodes.push(pageSign(page + 1));
    const end = places[number + 1];
    if (end === undefined) break;
    while (headings[heading]?.end <= start) heading += 1;
    const inHeading = headings[heading]?.start <= start;
    const marked = range && start >= range.start && end <= range.end;
    nodes.push(piece(text.slice(start, end), inHeading && headings[heading], marked));
  }
  return nodes;
}

/** A heading's «## » stands apart from its words; its level is 0. */
function headingParts({ index: start, 0: line, 1: sign }) {
  const words = start + sign.length + 1;
  return [{ start, end: words, level: 0 }, { start: words, end: start + line.length, level: sign.length }];
}

function piece(words, heading, marked) {
  const inner = marked ? element("mark", { tabindex: "-1" }, words) : words;
  if (!heading) return inner;
  if (!heading.level) return element("span", { class: "sign" }, inner);
  return element("span", { class: "heading", role: "heading", "aria-level": heading.level + 1 }, inner);
}

/** The number is drawn by the style sheet, so that copied text stays the document's own. */
function pageSign(number) {
  return element("span", { class: "page", id: `p${number}`, role: "separator",
    "aria-label": `Page ${number}`, "data-page": `p. ${number}` });
}
