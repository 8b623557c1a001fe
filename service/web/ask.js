// The question page: asks POST /v1/ask and shows the answer with its evidence.

import { Problem, dateText, digestNote, element, joined, outsideLink, requestJson, showProblem }
  from "./common.js";

const SLOW_MS = 4_000;
const LONGEST_MS = 60_000;

const form = document.getElementById("ask");
const question = document.getElementById("question");
const submit = document.getElementById("submit");
const filters = document.getElementById("filters");
const statusLine = document.getElementById("status");
const problemRegion = document.getElementById("problem");
const result = document.getElementById("result");
const fields = [...form.querySelectorAll("[name]")];

let current = null; // the AbortController of the request in flight

function filled() {
  return fields.map(({ name, value }) => [name, value.trim()]).filter(([, value]) => value);
}

function writeAddress() {
  const address = `/?${new URLSearchParams(filled())}`;
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
}

/** Fill the form from the address and ask what it holds. */
function openAddress() {
  const given = new URLSearchParams(location.search);
  for (const field of fields) field.value = given.get(field.name) ?? "";
  filters.open ||= countFilters() > 0;
  if (question.value.trim()) return ask();
  current?.abort();
  current = null;
  settle();
  document.title = "Attaché";
}

function countFilters() {
  const count = filled().filter(([name]) => name !== "q").length;
  document.getElementById("in-use").textContent = count ? `· ${count} in use` : "";
  return count;
}

function requestBody() {
  const given = Object.fromEntries(filled());
  const list = (text = "") => text.split(",").map((part) => part.trim()).filter(Boolean);
  const wanted = {
    countries: list(given.countries?.toUpperCase()),
    tags: list(given.tags),
    published_from: given.published_from ?? "",
    published_to: given.published_to ?? "",
  };
  const set = Object.entries(wanted).filter(([, value]) => value.length);
  return { question: given.q, passages: 3, alternatives: 2, filters: Object.fromEntries(set) };
}

async function ask() {
  current?.abort();
  const request = current = new AbortController();
  const slow = setTimeout(() => { statusLine.textContent = "Still looking…"; }, SLOW_MS);
  const longest = setTimeout(() => request.abort(new Problem("The answer is taking too long.",
    "The server may be busy. Try again in a moment.")), LONGEST_MS);
  wait();
  try {
    const reply = await requestJson("/v1/ask", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(requestBody()),
      signal: request.signal,
    });
    if (request === current) show(reply);
  } catch (error) {
    if (request === current) fail(error);
  } finally {
    clearTimeout(slow);
    clearTimeout(longest);
  }
}

function wait() {
  submit.textContent = "Asking…";
  submit.setAttribute("aria-busy", "true");
  result.setAttribute("aria-busy", "true");
  statusLine.className = "status";
  statusLine.textContent = "Looking through the documents…";
  statusLine.scrollIntoView({ block: "nearest" });
  problemRegion.replaceChildren();
  for (const field of fields) field.removeAttribute("aria-invalid");
  document.title = `${question.value.trim()} · Attaché`;
}

/** Leave the waiting state: what is given is announced, the rest is shown. */
function settle(announcement = "", ...shown) {
  submit.textContent = "Ask";
  submit.removeAttribute("aria-busy");
  result.removeAttribute("aria-busy");
  statusLine.className = "status unseen";
  statusLine.textContent = announcement;
  problemRegion.replaceChildren();
  result.replaceChildren(...shown);
}

function fail(error) {
  settle();
  const known = error instanceof Problem;
  if (!known) console.error(error);
  showProblem(problemRegion, known ? error : new Problem("The reply can't be shown.",
    "It is not what this page expects."), fieldName);
}

/** Mark the field that a JSON pointer is about and return its label. */
function fieldName(pointer = "") {
  const [first, second] = pointer.split("/").slice(1);
  const field = fields.find(({ name }) => name === (first === "question" ? "q" : second));
  if (!field) return pointer;
  field.setAttribute("aria-invalid", "true");
  if (filters.contains(field)) filters.open = true;
  return field.labels[0].textContent;
}

function show(reply) {
  const { answer, abstention } = reply;
  const head = reply.answered ? answerPart(answer) : abstentionPart(abstention);
  const announcement = reply.answered ? `Answer: ${answer.text}. ${sureness(answer.confidence)}.`
    : `${noAnswer(abstention.candidate)} ${abstention.reason}`;
  settle(announcement, head,
    reply.answered ? "" : passagesPart(reply),
    listPart("Other documents that say the same", answer?.support, evidence),
    listPart("Other possible answers", reply.alternatives, (other) => candidatePart(other)),
    searchedPart(reply));
  head.scrollIntoView({ block: "nearest" });
}

function percent(confidence) {
  const whole = Math.floor(confidence * 100 + 1e-9);
  return whole < 1 ? "under 1%" : `${whole}%`;
}

function sureness(confidence) {
  const words = [[0.9, "Very sure"], [0.75, "Fairly sure"], [0.5, "Unsure"], [-Infinity, "Doubtful"]];
  return `${words.find(([least]) => confidence >= least)[1]}, ${percent(confidence)}`;
}

function answerPart(answer) {
  return element("section", { class: "answer", "aria-label": "Answer" },
    element("h2", { class: "label" }, "Answer"),
    element("p", { class: answer.text.length > 40 ? "text long" : "text" }, answer.text),
    element("p", { class: "sureness" }, sureness(answer.confidence)),
    evidence(answer.citation));
}

/** Say that there is no answer, but not where the best candidate is likelier right than not. */
function noAnswer(candidate) {
  return candidate?.confidence >= 0.5 ? "No answer is sure enough to be given."
    : "The documents don't hold an answer.";
}

function abstentionPart({ reason, threshold, candidate }) {
  const needed = Number.isFinite(threshold) ? `; an answer needs ${percent(threshold)}` : "";
  return element("section", { class: "abstention", "aria-label": "No answer" },
    element("h2", {}, noAnswer(candidate)),
    element("p", {}, reason),
    candidate && element("div", { class: "candidate" },
      element("h3", { class: "label" }, "Best candidate, rejected"),
      candidatePart(candidate, needed)));
}

function candidatePart({ text, confidence, citation }, needed = "") {
  return element("div", {},
    element("p", { class: "lesser" }, text),
    element("p", { class: "sureness" }, sureness(confidence), needed),
    evidence(citation));
}

/** Show a citation: the quotation, who published it and when, and the way to the document. */
function evidence(citation) {
  const { quote, passage } = citation;
  return element("figure", {},
    element("blockquote", {},
      passage?.context ? element("p", { class: "context" }, passage.context) : null,
      element("p", {}, quote.before, element("mark", {}, quote.text), quote.after)),
    element("figcaption", {},
      element("p", {}, element("cite", {}, citation.title || citation.document_id)),
      element("p", {}, ...joined([citation.publisher, dateText(citation.published),
        citation.page && `page ${citation.page}`])),
      digestNote(citation),
      element("p", { class: "ways" },
        documentLink(citation.link, "Read it in the document"),
        citation.url ? outsideLink(citation.url, "Original") : null)));
}

function documentLink(path, text) {
  return path?.startsWith("/documents/") ? element("a", { href: path }, text) : null;
}

function passagesPart({ passages, index }) {
  return listPart("Nearest passages", passages, ({ document_id: id, start, end, text }) =>
    element("figure", {},
      element("blockquote", {}, element("p", {}, text)),
      element("figcaption", {}, documentLink(
        `/documents/${id}?generation=${index.generation}#c${start}-${end}`, id))));
}

function listPart(title, items, render) {
  if (!items?.length) return "";
  return element("section", { class: "list" },
    element("h2", { class: "label" }, title),
    element("ul", {}, ...items.map((item) => element("li", {}, render(item)))));
}

function searchedPart({ index, timing_ms: timing }) {
  const documents = index.documents === 1 ? "1 document" : `${index.documents.toLocaleString("en")} documents`;
  const seconds = (timing.total / 1000).toFixed(2);
  return element("p", { class: "searched" }, `Searched ${documents} in ${seconds} s.`);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!question.value.trim()) return question.focus();
  countFilters();
  writeAddress();
  ask();
});

question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});

document.getElementById("examples").addEventListener("click", (event) => {
  const example = event.target.closest("button");
  if (!example) return;
  question.value = example.textContent;
  form.requestSubmit();
});

filters.addEventListener("input", countFilters);
window.addEventListener("popstate", openAddress);
openAddress();
