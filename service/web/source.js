// Where words come from: who published them and when, what a digest rests on, where they also stand.

import { dateElement, element, joined, outsideLink } from "./dom.js";

const SOURCES_SHOWN = 3;

/** Say who published something and when, and on which page it stands. */
export function byline(record) {
  const { author, publisher, page } = record;
  return element("p", { class: "byline" },
    ...joined([author, publisher, dateElement(record), page && `p. ${page}`]));
}

/**
 * Say that a record is a digest and name its sources; null where it is not one.
 * brief: keep the sources folded.
 */
export function digestNote({ kind, sources = [] }, { brief = false } = {}) {
  if (kind !== "digest") return null;
  const what = [element("strong", {}, "Digest"), ": facts retold in Attaché's own words"];
  if (!sources.length) return element("p", { class: "digest" }, ...what);
  const count = sources.length === 1 ? "1 source" : `${sources.length} sources`;
  if (brief) return folded(`Digest of ${count}`, sources);
  const more = sources.slice(SOURCES_SHOWN);
  return element("div", { class: "digest" },
    element("p", {}, ...what, ", from"),
    sourceList(sources.slice(0, SOURCES_SHOWN)),
    more.length ? folded(`and ${more.length} more`, more) : null);
}

function folded(summary, sources) {
  return element("details", { class: "digest" },
    element("summary", {}, summary), sourceList(sources));
}

function sourceList(sources) {
  return element("ul", {}, ...sources.map((source) => element("li", {},
    ...joined([outsideLink(source.url, source.title || source.publisher || source.url),
      source.title && source.publisher, dateElement(source)]))));
}

/** Name the other documents that hold the same passage. */
export function copiesNote({ copies = [] }) {
  if (!copies.length) return null;
  return element("p", { class: "copies" }, "Also in ",
    ...joined(copies.map((id) => element("a", { href: `/documents/${id}` }, id))));
}

/** Link to the publisher's own page, at the place where the browser can find it. */
export function originalLink({ source_link: place, url }) {
  if (!place && !url) return null;
  return outsideLink(place || url, place ? "Original, at this place" : "Original");
}
