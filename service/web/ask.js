// The question page: asks POST /v1/ask and shows what comes back.

import { Problem, requestJson } from "./api.js";
import { remember, showAsked } from "./asked.js";
import { announce } from "./dom.js";
import { showProblem } from "./problem.js";
import { fieldOf, fillForm, filterWords, givenParameters, labelOf, requestBody } from "./question.js";
import { replyParts, spokenReply } from "./reply.js";
import { write } from "./storage.js";

const SHOW_WAITING_MS = 300; // most answers are there by then, and nothing flickers
const SLOW_S = 4;
const CANCELLED = new Problem("Cancelled.");

const form = document.getElementById("ask");
const question = document.getElementById("question");
const filters = document.getElementById("filters");
const waiting = document.getElementById("waiting");
const cancel = document.getElementById("cancel");
const problemRegion = document.getElementById("problem");
const result = document.getElementById("result");

let current = null; // the AbortController of the request in flight

/** Fill the form from the address and ask what it holds. */
function openAddress() {
  fillForm(new URLSearchParams(location.search));
  showFiltersInUse();
  if (question.value.trim()) return ask();
  current?.abort(CANCELLED);
  current = null;
  settle();
  document.body.classList.remove("asked");
  document.title = "Attaché";
}

function goTo(address) {
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  openAddress();
}

function showFiltersInUse() {
  const words = filterWords(givenParameters());
  document.getElementById("in-use").textContent = words ? `: ${words}` : "";
  document.getElementById("clear-filters").hidden = !words;
}

async function ask() {
  current?.abort(CANCELLED);
  const request = current = new AbortController();
  const stopWaiting = wait();
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
    stopWaiting();
  }
}

/** Show that the question is being answered, and for how long; return what ends that. */
function wait() {
  const began = Date.now();
  const tick = () => {
    const seconds = Math.floor((Date.now() - began) / 1000);
    if (waiting.hidden) announce("Looking through the documents…");
    if (seconds === SLOW_S) announce("Still looking…");
    waiting.hidden = false;
    document.getElementById("elapsed").textContent = seconds ? `${seconds} s` : "";
  };
  settle();
  waiting.hidden = true;
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  document.body.classList.add("asked");
  document.title = `${question.value.trim()} · Attaché`;
  result.setAttribute("aria-busy", "true");
  const first = setTimeout(tick, SHOW_WAITING_MS);
  const others = setInterval(tick, 1_000);
  return () => {
    clearTimeout(first);
    clearInterval(others);
  };
}

/** Leave the waiting state: what is given is announced, the rest is shown. */
function settle(announcement = "", ...shown) {
  const wasOnCancel = document.activeElement === cancel;
  waiting.hidden = true;
  result.removeAttribute("aria-busy");
  problemRegion.replaceChildren();
  result.replaceChildren(...shown);
  announce(announcement);
  if (wasOnCancel) (shown[0] ?? question).focus();
}

function show(reply) {
  const given = givenParameters();
  const address = `/?${given}`;
  const parts = replyParts(reply, { narrowed: [...given.keys()].some((name) => name !== "q") });
  settle(spokenReply(reply), ...parts);
  remember(address);
  write("sessionStorage", "attache.question", address); // the way back from a document
}

function fail(error) {
  settle(error === CANCELLED ? "Cancelled." : "");
  if (error === CANCELLED) return question.focus();
  const known = error instanceof Problem;
  if (!known) console.error(error);
  const problem = known ? error
    : new Problem("The reply can't be shown.", "It is not what this page expects.");
  const wrong = problem.errors.map(({ pointer }) => fieldOf(pointer)).filter(Boolean);
  showProblem(problemRegion, problem, ask, nameOf);
  for (const field of wrong) {
    field.setAttribute("aria-invalid", "true");
    if (filters.contains(field)) filters.open = true;
  }
  wrong[0]?.focus();
}

function nameOf(pointer) {
  const field = fieldOf(pointer);
  return field ? labelOf(field) : pointer;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!question.value.trim()) return question.focus();
  goTo(`/?${givenParameters()}`);
});

question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit();
});

// examples and questions asked before are links to this page: no need to load it again
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="/?"]');
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  goTo(link.getAttribute("href"));
  question.focus();
  window.scrollTo(0, 0);
});

document.getElementById("clear-filters").addEventListener("click", () => {
  fillForm(new URLSearchParams({ q: question.value }));
  showFiltersInUse();
  filters.querySelector("summary").focus();
  announce("The filters are cleared.");
});

cancel.addEventListener("click", () => current?.abort(CANCELLED));
filters.addEventListener("input", showFiltersInUse);
window.addEventListener("popstate", openAddress);
showAsked();
openAddress();
