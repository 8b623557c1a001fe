// Copying to the clipboard.

import { announce, button, element } from "./dom.js";

/** Make a button that copies what `written` gives; `name` tells what it was. */
export function copyButton(label, name, written, attributes = {}) {
  const made = button(label, async () => {
    const text = written();
    if (await copied(text, made)) {
      announce(`${name} copied.`);
      made.dataset.done = "";
      setTimeout(() => { delete made.dataset.done; }, 2_000);
    } else {
      showToCopy(text, made);
    }
  }, attributes);
  return made;
}

/** Copy a text; tell whether it worked. */
async function copied(text, beside) {
  try {
    await navigator.clipboard.writeText(text); // there only over HTTPS and on the machine itself
    return true;
  } catch {
    return copiedAsSelected(text, beside);
  }
}

function copiedAsSelected(text, beside) {
  const field = element("textarea", { class: "unseen", readonly: "", "aria-hidden": "true" });
  field.value = text;
  beside.after(field);
  field.select();
  const worked = document.execCommand("copy");
  field.remove();
  beside.focus();
  return worked;
}

/** Where the browser does not let us copy: show the text, selected. */
function showToCopy(text, beside) {
  const field = element("textarea", { class: "to-copy", readonly: "", "aria-label": "Copy this" });
  field.value = text;
  beside.parentElement.querySelector(".to-copy")?.remove();
  beside.parentElement.append(field);
  field.select();
}
