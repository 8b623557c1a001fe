// Shows a Problem in its alert region, with what can help.

import { changeKey } from "./api.js";
import { button, element, joined } from "./dom.js";

/**
 * Show a problem. again: what to do once more. name: turns a pointer into what the reader calls the
 * field.
 */
export function showProblem(region, problem, again, name = (pointer) => pointer) {
  const wayOn = wayOnFrom(problem, again);
  // the API's words for a field are not the page's
  const errors = problem.errors.map(({ pointer, detail }) =>
    element("li", {}, ...joined([name(pointer), detail.replace(/^[a-z_]+: /, "")], ": ")));
  region.replaceChildren(
    element("h2", {}, problem.title),
    // where single fields are wrong, the detail only says the same once more
    errors.length ? element("ul", {}, ...errors) : element("p", {}, problem.detail),
    ...(wayOn ? [element("p", {}, wayOn)] : []));
}

/** Offer another key, or to try again; nothing where that would end the same. */
function wayOnFrom({ status, errors }, again) {
  if (status === 401) return button("Enter the key", again);
  if (status === 403) return button("Use another key", async () => { if (await changeKey()) again(); });
  const asked = status >= 400 && status < 500 && status !== 429;
  return asked || errors.length ? null : button("Try again", again);
}
