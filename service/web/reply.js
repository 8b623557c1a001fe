// Shows what a question got: the answer with its evidence, or why there is none and what is near.

import { bibtexCitation, markdownCitation, plainCitation } from "./cite.js";
import { copyButton } from "./copy.js";
import { dateElement, element, joined } from "./dom.js";
import { sliceOfPoints } from "./offsets.js";
import { byline, copiesNote, digestNote, originalLink } from "./source.js";

const SHOWN = 0.01; // the least confidence of another candidate that is shown
const SURE = [[0.9, "Very sure"], [0.75, "Fairly sure"], [0.5, "Unsure"], [-Infinity, "Doubtful"]];

/** Return the parts of a reply, the answer or the abstention first. narrowed: filters were given. */
export function replyParts(reply, { narrowed = false } = {}) {
  const { answer, abstention } = reply;
  return [
    reply.answered ? answerPart(answer) : abstentionPart(abstention),
    listPart("Other documents that say the same", answer?.support, (other) => evidence(other)),
    listPart("Other possible answers", reply.alternatives.filter(({ confidence }) => confidence >= SHOWN),
      (other) => candidatePart(other)),
    reply.answered ? null : passagesPart(reply),
    footPart(reply, narrowed),
  ].filter(Boolean);
}

/** Say in a sentence what a reply is, for those who hear it. */
export function spokenReply({ answered, answer, abstention }) {
  if (answered) return `Answer: ${answer.text}. ${sureness(answer.confidence)}.`;
  return `${noAnswer(abstention.candidate)} ${abstention.reason}`;
}

function percent(confidence) {
  const whole = Math.floor(confidence * 100 + 1e-9);
  return whole < 1 ? "under 1%" : `${whole}%`;
}

/** Round up, as a confidence is rounded down: what is rejected never seems to be enough. */
function percentNeeded(threshold) {
  return `${Math.ceil(threshold * 100 - 1e-9)}%`;
}

function sureness(confidence) {
  return `${SURE.find(([least]) => confidence >= least)[1]}, ${percent(confidence)}`;
}

/** Say how sure a rejected candidate is: «Fairly sure» would be none to reject. */
function surenessRejected(confidence) {
  return confidence >= 0.5 ? `Not sure enough, ${percent(confidence)}` : sureness(confidence);
}

function answerPart(answer) {
  return element("section", { class: "answer", "aria-labelledby": "answer-label", tabindex: "-1" },
    element("h2", { id: "answer-label", class: "label" }, "Answer"),
    element("p", { class: answer.text.length > 40 ? "text long" : "text", dir: "auto" }, answer.text),
    element("p", { class: "sureness", title: "The probability that the answer is right" },
      sureness(answer.confidence)),
    evidence(answer.citation, { whole: true }));
}

/** Say that none was found, but not where the best candidate is likelier right than not. */
function noAnswer(candidate) {
  return candidate?.confidence >= 0.5 ? "No answer is sure enough to be given."
    : "No answer was found in the documents.";
}

function abstentionPart({ reason, threshold, candidate }) {
  const needed = Number.isFinite(threshold) ? `; an answer needs ${percentNeeded(threshold)}` : "";
  return element("section", { class: "abstention", "aria-labelledby": "answer-label", tabindex: "-1" },
    element("h2", { id: "answer-label" }, noAnswer(candidate)),
    candidate ? null : element("p", {}, reason),
    candidate && element("div", { class: "candidate" },
      element("h3", { class: "label" }, "Best candidate, rejected"),
      candidatePart(candidate, needed)));
}

function candidatePart({ text, confidence, citation, support }, needed = "") {
  return element("div", {},
    element("p", { class: "lesser", dir: "auto" }, text),
    element("p", { class: "sureness" },
      needed ? surenessRejected(confidence) + needed : sureness(confidence)),
    evidence(citation, { support }));
}

/** Name the other documents that hold the same answer. */
function supportNote(support) {
  if (!support?.length) return null;
  return element("p", { class: "copies" }, "The same answer in ", ...joined(support.map((citation) =>
    documentLink(citation.link, citation.title || citation.document_id))));
}

/** Show a citation: the quotation, who published it and when, and the ways to the document. */
function evidence(citation, { whole = false, support = [] } = {}) {
  const { passage } = citation;
  return element("figure", {},
    element("blockquote", { dir: "auto" },
      passage?.context ? element("p", { class: "context" }, passage.context) : null,
      element("p", {}, ...(whole ? markedPassage(citation) : markedQuote(citation)))),
    element("figcaption", {},
      element("p", {}, element("cite", { dir: "auto" }, citation.title || citation.document_id)),
      byline(citation),
      digestNote(citation, { brief: !whole }),
      copiesNote(citation),
      supportNote(support),
      element("div", { class: "ways" },
        documentLink(citation.link, "Read it in the document"),
        originalLink(citation),
        citing(citation))));
}

function markedQuote({ quote }) {
  return [quote.before, element("mark", {}, quote.text), quote.after];
}

/** Show the whole passage, the quoted sentence in front of the others. */
function markedPassage(citation) {
  const { passage, quote, start, end } = citation;
  const before = sliceOfPoints(passage.text, 0, start - passage.start);
  const after = passage.text.slice(before.length + quote.text.length);
  if (sliceOfPoints(passage.text, start - passage.start, end - passage.start) !== quote.text) {
    return markedQuote(citation);
  }
  // a long sentence is shortened at «… »: what is left of it is what stands next to the answer
  const near = quote.before.replace(/^… /, "");
  const far = quote.after.replace(/ …$/, "");
  return [
    aside(before.slice(0, before.length - near.length)), near,
    element("mark", {}, quote.text), far, aside(after.slice(far.length)),
  ];
}

function aside(text) {
  return text ? element("span", { class: "around" }, text) : null;
}

function documentLink(path, text) {
  return path?.startsWith("/documents/") ? element("a", { href: path }, text) : null;
}

/** Offer a citation for copying, in three forms. */
function citing(citation) {
  const link = new URL(citation.link, location.href).href;
  const forms = [["Text", plainCitation], ["Markdown", markdownCitation], ["BibTeX", bibtexCitation]];
  return element("details", { class: "citing" },
    element("summary", {}, "Cite"),
    element("p", { class: "forms" }, "Copy as", ...forms.map(([name, written]) =>
      copyButton(name, `Citation as ${name === "Text" ? "text" : name}`,
        () => written(citation, link), { "aria-label": `Copy citation as ${name}` }))));
}

function passagesPart({ passages, index }) {
  return listPart("Nearest passages", passages, (found) => {
    const { document_id: id, title, start, end, context, text } = found;
    const known = joined([found.publisher, dateElement(found),
      found.kind === "digest" && "digest"]);
    return element("figure", {},
      element("blockquote", { dir: "auto" },
        context ? element("p", { class: "context" }, context) : null,
        element("p", {}, text)),
      element("figcaption", {},
        element("p", {}, documentLink(
          `/documents/${id}?generation=${index.generation}#c${start}-${end}`, title || id),
          found.page ? `, p. ${found.page}` : ""),
        known.length ? element("p", { class: "byline" }, ...known) : null,
        copiesNote(found)));
  });
}

function listPart(title, items, render) {
  if (!items?.length) return null;
  return element("section", { class: "list" },
    element("h2", { class: "label" }, title),
    element("ul", {}, ...items.map((item) => element("li", {}, render(item)))));
}

function footPart({ index, timing_ms: timing }, narrowed) {
  const documents = index.documents === 1 ? "1 document"
    : `${index.documents.toLocaleString("en")} documents`;
  const searched = narrowed ? `what the filters leave of ${documents}` : documents;
  return element("p", { class: "foot" },
    `Searched ${searched} in ${(timing.total / 1000).toFixed(2)} s.`,
    copyButton("Copy a link to this question", "Link", () => location.href, { class: "plain" }));
}
