// Making elements. Text from a document only ever becomes a text node, never markup.

/** Make an element; children are nodes or strings, and null or "" stands for nothing. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => (child ?? "") !== ""));
  return made;
}

export function button(text, onClick, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** Link to another site, or give the bare text where the address is not http or https. */
export function outsideLink(url, text) {
  if (!/^https?:\/\//i.test(url ?? "")) return element("span", { dir: "auto" }, text);
  return element("a", { href: url, rel: "noopener noreferrer", dir: "auto" }, text);
}

/** Put commas between the parts that are there. */
export function joined(parts, separator = ", ") {
  const present = parts.filter(Boolean);
  return present.flatMap((part, place) => (place ? [separator, part] : [part]));
}

/** Write a date as precisely as it is given: 2023, June 2023, 14 June 2023. */
export function dateWords(published) {
  const date = new Date(published ?? "");
  if (!/^\d{4}(-\d\d){0,2}$/.test(published ?? "") || isNaN(date)) return published ?? "";
  const parts = [{}, { month: "long" }, { month: "long", day: "numeric" }];
  const form = { year: "numeric", timeZone: "UTC", ...parts[published.split("-").length - 1] };
  return date.toLocaleDateString("en-GB", form);
}

/** Write the date of a record; of a digest it is the one as of which it tells. */
export function recordDate({ kind, published }) {
  return (published && kind === "digest" ? "as of " : "") + dateWords(published);
}

export function dateElement(record) {
  const { published } = record;
  return published ? element("time", { datetime: published }, recordDate(record)) : null;
}

/** Tell what has happened to those who hear the page; the region is there from the start. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}
