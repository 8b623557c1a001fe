// What the browser keeps, in "sessionStorage" or "localStorage". It may refuse to, as in a private
// window: then nothing is kept, and the page works without.

export function read(storage, name) {
  try {
    return window[storage].getItem(name);
  } catch {
    return null;
  }
}

/** Keep a text, or with null remove it. */
export function write(storage, name, text) {
  try {
    if (text === null) window[storage].removeItem(name);
    else window[storage].setItem(name, text);
  } catch {
    // full or forbidden
  }
}
