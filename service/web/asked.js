// The questions asked before, kept in this browser only.

import { announce, button, element } from "./dom.js";
import { filterWords } from "./question.js";
import { read, write } from "./storage.js";

const NAME = "attache.asked";
const MOST = 12;

/** Return the addresses of the questions asked, the latest first. */
function askedBefore() {
  try {
    const kept = JSON.parse(read("localStorage", NAME) ?? "[]");
    return kept.filter((address) => typeof address === "string" && address.startsWith("/?"));
  } catch {
    return []; // somebody else's, or cut short
  }
}

/** Put a question's address first. */
export function remember(address) {
  const others = askedBefore().filter((other) => other !== address);
  write("localStorage", NAME, JSON.stringify([address, ...others].slice(0, MOST)));
  showAsked();
}

/** Show the list, or nothing where nothing was asked. */
export function showAsked() {
  const addresses = askedBefore();
  const section = document.getElementById("asked");
  section.hidden = addresses.length === 0;
  section.querySelector("ul").replaceChildren(...addresses.map(line));
}

function line(address) {
  const parameters = new URLSearchParams(address.slice(2));
  const words = filterWords(parameters);
  return element("li", {}, element("a", { href: address },
    element("span", { dir: "auto" }, parameters.get("q") ?? ""),
    words && " ",
    words && element("span", { class: "aside" }, words)));
}

function clear() {
  write("localStorage", NAME, null);
  showAsked();
  announce("The questions asked before are cleared.");
  document.getElementById("question").focus();
}

document.querySelector("#asked .clear").append(
  button("Clear", clear, { class: "plain", "aria-label": "Clear the questions asked before" }));
