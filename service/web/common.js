// What both pages share. Text from a document only ever becomes a text node, never markup.

/** An error to show: a title, a sentence, and the fields it is about. */
export class Problem extends Error {
  constructor(title, detail = "", { status = 0, errors = [] } = {}) {
    super(title);
    Object.assign(this, { title, detail, status, errors });
  }
}

/** Fetch JSON; whatever goes wrong is thrown as a Problem. */
export async function requestJson(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new Problem("The server can't be reached.", "Check the connection, then try again.");
  }
  const body = await response.json().catch(() => null);
  if (options.signal?.aborted) throw options.signal.reason;
  if (response.ok && body) return body;
  throw new Problem(
    body?.title ?? `The server's reply can't be read (status ${response.status}).`,
    body?.detail ?? "Try again in a moment.",
    { status: response.status, errors: body?.errors ?? [] },
  );
}

/** Make an element; children are nodes or strings, and null stands for nothing. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Link to another site, or the bare text where the address is not http or https. */
export function outsideLink(url, text) {
  if (!/^https?:\/\//i.test(url ?? "")) return element("span", {}, text);
  return element("a", { href: url, rel: "noopener noreferrer" }, text);
}

/** Show a date as precisely as it is given: 2023, June 2023, 14 June 2023. */
export function dateText(published) {
  if (!/^\d{4}(-\d\d){0,2}$/.test(published ?? "")) return published;
  const parts = [{}, { month: "long" }, { month: "long", day: "numeric" }];
  const form = { year: "numeric", timeZone: "UTC", ...parts[published.split("-").length - 1] };
  const date = new Date(published);
  const text = isNaN(date) ? published : date.toLocaleDateString("en-GB", form);
  return element("time", { datetime: published }, text);
}

/** Put commas between the parts that are there. */
export function joined(parts, separator = ", ") {
  const present = parts.filter(Boolean);
  return present.flatMap((part, place) => (place ? [separator, part] : [part]));
}

/** Say that a record is a digest and name its sources; null where it is not one. */
export function digestNote({ kind, sources = [] }) {
  if (kind !== "digest") return null;
  const items = sources.map((source) => element("li", {},
    ...joined([outsideLink(source.url, source.title || source.publisher || source.url),
      source.title && source.publisher, dateText(source.published)])));
  return element("div", { class: "digest" },
    element("p", {}, element("strong", {}, "Digest:"), " facts retold in Attaché's own words",
      items.length ? " from" : ""),
    items.length ? element("ul", {}, ...items) : null);
}

/** Show a Problem in its alert region; `name` turns a pointer into what the reader calls it. */
export function showProblem(region, problem, name = (pointer) => pointer) {
  const errors = (problem.errors ?? []).map(({ pointer, detail }) =>
    element("li", {}, ...joined([name(pointer), detail], ": ")));
  region.replaceChildren(
    element("strong", {}, problem.title ?? "Something went wrong."),
    ...(problem.detail ? [element("p", {}, problem.detail)] : []),
    ...(errors.length ? [element("ul", {}, ...errors)] : []));
}
