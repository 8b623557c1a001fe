// The document page: the exact text with its provenance, and the cited place marked.

import { Problem, dateText, digestNote, element, joined, outsideLink, requestJson, showProblem }
  from "./common.js";

const id = location.pathname.replace(/^\/documents\//, "").replace(/\/$/, "");
const statusLine = document.getElementById("status");
const notice = document.getElementById("notice");
const page = document.getElementById("document");

async function open() {
  try {
    const shown = await requestJson(`/v1/documents/${id}`);
    const text = element("div", { class: "text", lang: shown.language ?? "" });
    document.title = `${shown.title ?? shown.id} · Attaché`;
    page.replaceChildren(...provenance(shown), text, record(shown));
    page.hidden = false;
    mark(shown, text);
    window.addEventListener("hashchange", () => mark(shown, text));
  } catch (error) {
    statusLine.textContent = "";
    fail(error);
  }
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  const region = document.getElementById("problem");
  showProblem(region, error.status !== 404 ? error : new Problem("There is no such document.",
    `The collection holds none with the id «${id}». It may have been removed.`));
  region.append(element("p", {}, element("a", { href: "/" }, "Back to the question")));
}

function provenance(shown) {
  return [
    element("h1", {}, shown.title ?? shown.id),
    element("p", { class: "byline" },
      ...joined([shown.author, shown.publisher, dateText(shown.published)])),
    digestNote(shown),
    shown.url ? element("p", { class: "ways" }, outsideLink(shown.url, "Original")) : null,
  ].filter(Boolean);
}

/** List everything else that is known about the document. */
function record(shown) {
  const rows = {
    Language: shown.language, Countries: shown.countries?.join(", "), Tags: shown.tags?.join(", "),
    Licence: shown.licence, Kind: shown.kind, Origin: shown.origin, Id: shown.id,
    "SHA-256": shown.sha256, Generation: shown.generation,
  };
  const present = Object.entries(rows).filter(([, value]) => (value ?? "") !== "");
  return element("section", { class: "record" },
    element("h2", { class: "label" }, "About this document"),
    element("dl", {}, ...present.flatMap(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, String(value))])));
}

/** Return where a code point offset stands in a UTF-16 string, or null past its end. */
function unitOffset(text, points) {
  let unit = 0;
  for (; points > 0 && unit < text.length; points -= 1) unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
  return points === 0 ? unit : null;
}

/** Return the UTF-16 range that the fragment names: null without one, undefined where it doesn't fit. */
function markedRange(text) {
  const found = /^#c(\d+)-(\d+)$/.exec(location.hash);
  if (!found) return null;
  const [start, end] = [unitOffset(text, Number(found[1])), unitOffset(text, Number(found[2]))];
  return start !== null && end !== null && start < end ? { start, end } : undefined;
}

function mark({ text, generation }, region) {
  const range = markedRange(text);
  const cited = new URLSearchParams(location.search).get("generation");
  statusLine.className = "status unseen";
  statusLine.textContent = "";
  notice.textContent = "";
  if (range === undefined) {
    notice.textContent = "The marked place lies outside this text. The document may have changed since.";
  } else if (range && cited !== null && Number(cited) < generation) {
    notice.textContent = "This document has changed since; the marked place may differ.";
  }
  if (!range) return region.replaceChildren(text);
  const marked = element("mark", { tabindex: "-1" }, text.slice(range.start, range.end));
  region.replaceChildren(text.slice(0, range.start), marked, text.slice(range.end));
  statusLine.textContent = `Marked: ${marked.textContent}`;
  marked.focus({ preventScroll: true });
  marked.scrollIntoView({ block: "center" });
}

open();
