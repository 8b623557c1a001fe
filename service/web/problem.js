// Shows a Problem in its alert region.

import { element, joined } from "./dom.js";

/** Show a problem; `name` turns a pointer into what the reader calls the field. */
export function showProblem(region, problem, wayOn = null, name = (pointer) => pointer) {
  // the API's words for a field are not the page's
  const errors = problem.errors.map(({ pointer, detail }) =>
    element("li", {}, ...joined([name(pointer), detail.replace(/^[a-z_]+: /, "")], ": ")));
  region.replaceChildren(
    element("h2", {}, problem.title),
    // where single fields are wrong, the detail only says the same once more
    errors.length ? element("ul", {}, ...errors) : element("p", {}, problem.detail),
    ...(wayOn ? [element("p", {}, wayOn)] : []));
}
