// Shows a Problem in its alert region.

import { element, joined } from "./dom.js";

/** Show a problem; `name` turns a pointer into what the reader calls the field. */
export function showProblem(region, problem, wayOn = null, name = (pointer) => pointer) {
  const errors = problem.errors.map(({ pointer, detail }) =>
    element("li", {}, ...joined([name(pointer), detail], ": ")));
  region.replaceChildren(
    element("h2", {}, problem.title),
    // where single fields are wrong, the detail only says the same once more
    errors.length ? element("ul", {}, ...errors) : element("p", {}, problem.detail),
    ...(wayOn ? [element("p", {}, wayOn)] : []));
}
