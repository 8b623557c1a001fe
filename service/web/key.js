// The access key of a service that asks for one: kept for this tab alone, sent to this server only.

import { announce, button, element } from "./dom.js";
import { read, write } from "./storage.js";

const NAME = "attache.key";

let key = read("sessionStorage", NAME);
let asking = null; // the promise of the dialog that is open: requests that wait share it
let refused = false;

/** Give the header that carries the key, or none. */
export function authorization() {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Take in that the server did not accept what was sent; a key given meanwhile is not meant. */
export function refuseKey({ Authorization: sent }) {
  if (!sent || sent !== authorization().Authorization) return;
  keep(null);
  refused = true;
}

export function forgetKey() {
  keep(null);
  refused = false;
}

function keep(value) {
  key = value;
  write("sessionStorage", NAME, value);
  showForgetting();
}

/** Ask for the key, unless there is one by now; tell whether there is. */
export async function askForKey(signal) {
  if (key) return true;
  asking ??= openDialog(signal).finally(() => { asking = null; });
  return asking;
}

function openDialog(signal) {
  const parts = dialogParts();
  const { dialog, form, field, wrong } = parts;
  document.body.append(dialog);
  if (refused) tellWrong(parts, "That key was not accepted. Check it, or ask for a new one.");
  dialog.showModal();
  field.focus();
  const close = () => dialog.close();
  signal?.addEventListener("abort", close);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = field.value.trim();
    // a header holds visible ASCII only; anything else can't be a key
    if (!/^[\x21-\x7e]+$/.test(given)) {
      return tellWrong(parts, "A key has letters, digits and signs without spaces.");
    }
    keep(given);
    dialog.close();
  });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      signal?.removeEventListener("abort", close);
      dialog.remove();
      refused = false;
      resolve(key !== null);
    });
  });
}

function tellWrong({ field, wrong }, text) {
  wrong.textContent = text;
  field.setAttribute("aria-invalid", "true");
  field.focus();
}

function dialogParts() {
  const field = element("input", {
    id: "key", type: "password", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
    "aria-describedby": "key-wrong key-why",
  });
  const wrong = element("p", { id: "key-wrong", class: "wrong", role: "alert" });
  const form = element("form", { novalidate: "" },
    element("h2", { id: "key-title" }, "This service asks for a key"),
    element("p", { id: "key-why" }, "Whoever runs it has given you one. It stays in this tab ",
      "until you close it, and goes to this server only."),
    element("label", { for: "key" }, "Access key"),
    field, wrong,
    element("p", { class: "buttons" },
      element("button", { type: "submit", class: "main" }, "Continue"),
      button("Cancel", () => dialog.close())));
  const dialog = element("dialog", { "aria-labelledby": "key-title" }, form);
  return { dialog, form, field, wrong };
}

/** Offer to forget the key where there is one. */
function showForgetting() {
  const place = document.getElementById("forget-key");
  if (!place) return;
  place.replaceChildren(...(key ? [button("Forget the key", () => {
    forgetKey();
    place.focus();
    announce("The key is forgotten.");
  }, { class: "plain" })] : []));
}

showForgetting();
