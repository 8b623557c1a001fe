// Offsets count code points in the API and UTF-16 units in the browser: «🛩️» is two and three.

/**
 * Return where offsets in code points, in rising order, stand in a UTF-16 string.
 * An offset past the end gives null.
 */
export function unitOffsets(text, offsets) {
  let [unit, point] = [0, 0];
  return offsets.map((wanted) => {
    for (; point < wanted && unit < text.length; point += 1) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
    }
    return point === wanted ? unit : null;
  });
}

/** Return the text between two offsets in code points. */
export function sliceOfPoints(text, start, end) {
  const [from, to] = unitOffsets(text, [start, end]);
  return from === null ? "" : text.slice(from, to ?? text.length);
}
