// The question and its filters: in the form, in the address, as the request. The address holds
// everything, so that a link asks the same again: /?q=…&tag=korea-peru&country=PE&from=2020&to=2024.

import { COUNTRIES, countryName } from "./countries.js";
import { element } from "./dom.js";

const RELATIONS = new Map([
  ["korea-uzbekistan", "Korea and Uzbekistan"],
  ["korea-peru", "Korea and Peru"],
  ["korea-lac", "Korea and Latin America"],
]);
const MOST_COUNTRIES = 6;

const form = document.getElementById("ask");
const relations = document.getElementById("relations");
const countries = document.getElementById("countries");
const field = (name) => form.elements.namedItem(name);

/** Return what the form holds, as the parameters of an address. */
export function givenParameters() {
  const entries = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
  return new URLSearchParams(entries.filter(([, value]) => value));
}

/** Fill the form from the parameters of an address. */
export function fillForm(parameters) {
  for (const name of ["q", "from", "to"]) field(name).value = parameters.get(name) ?? "";
  const tags = parameters.getAll("tag");
  const offered = new Set([...RELATIONS.keys(), ...tags]);
  relations.replaceChildren(...[...offered].map((tag) => relationBox(tag, tags.includes(tag))));
  const codes = parameters.getAll("country").slice(0, MOST_COUNTRIES);
  countries.replaceChildren(...codes.map((code) => countryList(code.toUpperCase())));
  keepOneCountryFree();
}

/** Return the question with its filters as the API takes them. */
export function requestBody() {
  const given = givenParameters();
  const filters = {
    tags: given.getAll("tag"),
    countries: given.getAll("country"),
    published_from: given.get("from") ?? "",
    published_to: given.get("to") ?? "",
  };
  const set = Object.entries(filters).filter(([, value]) => value.length);
  return { question: given.get("q"), passages: 3, alternatives: 2, filters: Object.fromEntries(set) };
}

/** Say in words which filters an address sets, or nothing: «Korea and Peru, from 2020». */
export function filterWords(parameters) {
  const [from, to] = [parameters.get("from"), parameters.get("to")];
  return [
    parameters.getAll("tag").map((tag) => RELATIONS.get(tag) ?? tag).join(" or "),
    parameters.getAll("country").map(countryName).join(" or "),
    [from && `from ${from}`, to && `to ${to}`].filter(Boolean).join(" "),
  ].filter(Boolean).join(", ");
}

/** Return the field that a JSON pointer of a problem is about, if there is one. */
export function fieldOf(pointer = "") {
  const [first, second, place] = pointer.split("/").slice(1);
  if (first === "question") return field("q");
  if (second === "countries") return countries.children[place] ?? countries.lastElementChild;
  if (second === "tags") return relations.querySelector("input:checked");
  return { published_from: field("from"), published_to: field("to") }[second];
}

/** Name a field as its label does. */
export function labelOf(control) {
  return control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent.trim() ?? control.name;
}

function relationBox(tag, checked) {
  const box = element("input", { type: "checkbox", name: "tag", value: tag });
  box.checked = checked;
  return element("label", {}, box, element("span", {}, RELATIONS.get(tag) ?? tag));
}

function countryList(chosen = "") {
  const list = element("select", { name: "country", "aria-label": "Country" },
    element("option", { value: "" }, "Any country"));
  for (const [group, codes] of COUNTRIES) {
    const named = codes.map((code) => [countryName(code), code])
      .sort(([a], [b]) => a.localeCompare(b, "en"));
    list.append(element("optgroup", { label: group },
      ...named.map(([name, code]) => element("option", { value: code }, name))));
  }
  // a code of the address that is no country stays chosen: the server says what is wrong with it
  if (chosen && ![...list.options].some(({ value }) => value === chosen)) {
    list.append(element("option", { value: chosen }, chosen));
  }
  list.value = chosen;
  return list;
}

/** Keep one list at the end in which another country can be chosen. */
function keepOneCountryFree() {
  const lists = [...countries.children];
  const isFree = (list) => list?.value === "";
  while (isFree(lists.at(-1)) && isFree(lists.at(-2))) lists.pop().remove();
  if (!isFree(lists.at(-1)) && lists.length < MOST_COUNTRIES) {
    lists.push(countryList());
    countries.append(lists.at(-1));
  }
  lists.forEach((list, place) => {
    list.options[0].textContent = place ? "or another…" : "Any country";
    list.setAttribute("aria-label", place ? "Another country" : "Country");
  });
}

countries.addEventListener("change", keepOneCountryFree);
