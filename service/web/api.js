// Asks the server. Whatever goes wrong is thrown as a Problem.

import { askForKey, authorization, forgetKey, refuseKey } from "./key.js";

/**
 * An error to show: a title, a sentence, and the fields it is about.
 * status: 0 where no reply came. seconds: how long the server asks to wait, or null.
 */
export class Problem extends Error {
  constructor(title, detail = "", { status = 0, errors = [], seconds = null } = {}) {
    super(title);
    Object.assign(this, { title, detail, status, errors, seconds });
  }
}

/** Fetch JSON; where a key is needed, ask for it and try again. */
export async function requestJson(url, options = {}) {
  for (;;) {
    const sent = authorization();
    const response = await send(url, { ...options, headers: { ...options.headers, ...sent } });
    if (response.status !== 401) return contentOf(response, options.signal);
    refuseKey(sent);
    if (!(await askForKey(options.signal))) {
      if (options.signal?.aborted) throw options.signal.reason;
      throw new Problem("A key is needed.", "This service answers only those who have a key.",
        { status: 401 });
    }
  }
}

/** Forget the key that may not do this, ask for another; tell whether one was given. */
export function changeKey() {
  forgetKey();
  return askForKey();
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new Problem("The server can't be reached.", "Check the connection, then try again.");
  }
}

async function contentOf(response, signal) {
  const body = await response.json().catch(() => null);
  if (signal?.aborted) throw signal.reason;
  if (response.ok && body) return body;
  const { status } = response;
  const seconds = secondsToWait(response.headers.get("Retry-After"));
  throw new Problem(body?.title ?? titleOf(status),
    [body?.detail, whenToTry(status, seconds)].filter(Boolean).join(" "),
    { status, seconds, errors: body?.errors ?? [] });
}

function titleOf(status) {
  const titles = { 403: "This is not allowed.", 429: "Too many questions in a short time.",
    503: "The server is busy.", 504: "The answer took too long." };
  return titles[status] ?? `The server's reply can't be read (status ${status}).`;
}

/** Read Retry-After, which holds seconds or a date; null where it says nothing. */
function secondsToWait(value) {
  const seconds = /^\d+$/.test(value ?? "") ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}

function whenToTry(status, seconds) {
  if (status < 500 && status !== 429) return "";
  if (seconds === null) return "Try again in a moment.";
  if (seconds >= 120) return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
  return `Try again in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`;
}
