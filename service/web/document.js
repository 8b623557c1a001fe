// The document page: the exact text with its provenance, and the cited place marked.

import { Problem, requestJson } from "./api.js";
import { announce, dateElement, element, joined } from "./dom.js";
import { unitOffsets } from "./offsets.js";
import { showProblem } from "./problem.js";
import { byline, digestNote, originalLink } from "./source.js";
import { sourceLink } from "./sourcelink.js";
import { read } from "./storage.js";
import { textNodes } from "./text.js";

const id = location.pathname.replace(/^\/documents\//, "").replace(/\/$/, "");
const notice = document.getElementById("notice");
const problemRegion = document.getElementById("problem");
const page = document.getElementById("document");

async function open() {
  problemRegion.replaceChildren();
  announce("Fetching the document…");
  try {
    const shown = await requestJson(`/v1/documents/${id}`);
    const text = element("div", { class: "text", lang: shown.language ?? "", dir: "auto" });
    document.title = `${shown.title || shown.id} · Attaché`;
    const provenance = head(shown);
    const reminder = strip(shown);
    page.replaceChildren(provenance, reminder, text, record(shown));
    page.hidden = false;
    new IntersectionObserver(([{ isIntersecting }]) => {
      reminder.classList.toggle("away", isIntersecting);
    }).observe(provenance);
    announce("");
    mark(shown, text);
    window.addEventListener("hashchange", () => mark(shown, text));
  } catch (error) {
    announce("");
    fail(error);
  }
}

function fail(error) {
  if (!(error instanceof Problem)) throw error;
  showProblem(problemRegion, error.status !== 404 ? error : new Problem("There is no such document.",
    `The collection holds none with the id «${id}». It may have been removed.`, { status: 404 }), open);
}

function head(shown) {
  return element("header", { id: "provenance" },
    element("h1", { dir: "auto" }, shown.title || shown.id),
    byline(shown),
    digestNote(shown),
    element("p", { class: "original" }, originalLink(shown)));
}

/** What comes into view below the head: which document this is, and the way to the original. */
function strip(shown) {
  return element("aside", { class: "strip away", "aria-label": "This document" },
    element("p", {},
      element("a", { href: "#provenance", dir: "auto" }, shown.title || shown.id),
      element("span", {}, ...joined([shown.publisher, dateElement(shown),
        shown.kind === "digest" && "digest"]))),
    element("p", { class: "original" }, originalLink(shown)));
}

/** List everything else that is known about the document. */
function record(shown) {
  const rows = {
    Language: shown.language, Countries: shown.countries?.join(", "), Tags: shown.tags?.join(", "),
    Licence: shown.licence, Kind: shown.kind, Pages: shown.pages?.length || "", Origin: shown.origin,
    Id: shown.id, "SHA-256": shown.sha256, Generation: shown.generation,
  };
  const present = Object.entries(rows).filter(([, value]) => (value ?? "") !== "");
  return element("section", { class: "record", "aria-labelledby": "record-label" },
    element("h2", { class: "label", id: "record-label" }, "About this document"),
    element("dl", {}, ...present.flatMap(([name, value]) =>
      [element("dt", {}, name), element("dd", {}, String(value))])));
}

/** Return what the fragment names, in code points: null without one. */
function citedPlace() {
  const found = /^#c(\d+)-(\d+)$/.exec(location.hash);
  return found && { start: Number(found[1]), end: Number(found[2]) };
}

function unitsOf(text, { start, end }) {
  if (start >= end) return null;
  const [from, to] = unitOffsets(text, [start, end]);
  return to === null ? null : { start: from, end: to };
}

/** Mark what the address names; a fragment that names something else leaves the mark alone. */
function mark(shown, region) {
  const place = citedPlace();
  if (!place && location.hash && region.hasChildNodes()) return;
  const range = place && unitsOf(shown.text, place);
  region.replaceChildren(...textNodes(shown.text, range, shown.pages));
  tellChange(shown, place, range);
  if (!range) return;
  const cited = shown.text.slice(range.start, range.end);
  for (const link of page.querySelectorAll(".original")) {
    link.replaceChildren(...[originalLink({ ...shown, source_link: sourceLink(shown, place, range) })].filter(Boolean));
  }
  const marked = region.querySelector("mark");
  marked.focus({ preventScroll: true });
  marked.scrollIntoView({ block: "center" });
  announce(`Marked: ${cited}`);
}

function tellChange({ generation }, place, range) {
  const cited = new URLSearchParams(location.search).get("generation");
  if (place && !range) {
    notice.textContent = "The marked place lies outside this text. The document may have changed since.";
  } else if (place && cited !== null && Number(cited) < generation) {
    notice.textContent = "This document has changed since; the marked place may differ.";
  } else {
    notice.textContent = "";
  }
}

const back = document.getElementById("back");
const asked = read("sessionStorage", "attache.question");
if (asked?.startsWith("/?")) {
  back.href = asked;
  back.textContent = "Back to the answer";
}
open();
