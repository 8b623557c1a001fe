// The address of a marked place in the publisher's own text, by a text fragment (WICG).

const AROUND = 3; // words before and after, so that «16» is the right one
const WHOLE = 12; // words that stand in the fragment as they are; of more, those at either end
const EDGE = 5;

/**
 * Return the document's address at a place, or null where it has none: the words of a digest are ours.
 * place: in code points. range: the same in UTF-16 units.
 */
export function sourceLink({ kind, url, text, pages = [] }, place, range) {
  if (kind !== "source" || !url) return null;
  const [address, anchor = ""] = url.split("#");
  const page = pages.filter((start) => start <= place.start).length;
  if (page) return `${address}#page=${page}`;
  return `${address}#${anchor.split(":~:")[0]}:~:text=${textFragment(text, range)}`;
}

function textFragment(text, { start, end }) {
  const words = wordsOf(text.slice(start, end));
  // what stands in another line may stand in another element, where no fragment reaches
  const before = wordsOf(text.slice(0, start).split(/[\r\n]/).at(-1)).slice(-AROUND);
  const after = wordsOf(text.slice(end).split(/[\r\n]/)[0]).slice(0, AROUND);
  const middle = words.length <= WHOLE ? [encoded(words)]
    : [encoded(words.slice(0, EDGE)), encoded(words.slice(-EDGE))];
  return [
    ...(before.length ? [`${encoded(before)}-`] : []),
    ...middle,
    ...(after.length ? [`-${encoded(after)}`] : []),
  ].join(",");
}

function wordsOf(text) {
  return text.split(/\s+/u).filter(Boolean);
}

/** A dash and a comma have a meaning of their own in a fragment. */
function encoded(words) {
  return encodeURIComponent(words.join(" ")).replaceAll("-", "%2D");
}
