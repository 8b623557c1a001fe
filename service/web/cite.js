// Citations to copy: plain text, Markdown, BibTeX. What a document says can't break their syntax.

import { dateWords, recordDate } from "./dom.js";

const oneLine = (text) => (text ?? "").replace(/\s+/gu, " ").trim();
const present = (parts, separator) => parts.filter(Boolean).join(separator);

/** Write a citation as plain text. link: the full address of the place in this service. */
export function plainCitation(citation, link) {
  const { quote } = citation;
  return [
    `“${oneLine(quote.before + quote.text + quote.after)}”`,
    `${sentence(plainTitle(citation))} ${sentence(particulars(citation))}`.trim(),
    sentence(digestWords(citation, (source) => present([oneLine(source.title),
      oneLine(source.publisher), dateWords(source.published), source.url], ", "))),
    citation.source_link ?? citation.url,
    `${place(citation)}, ${link}`,
  ].filter(Boolean).join("\n");
}

/** Write a citation as Markdown: the quotation with the answer in bold, then its source. */
export function markdownCitation(citation, link) {
  const { quote } = citation;
  const [before, text, after] = [quote.before, quote.text, quote.after].map(markdownText);
  const title = markdownLink(plainTitle(citation), citation.source_link ?? citation.url ?? link);
  const source = sentence(present([title, markdownText(particulars(citation))], ", "));
  const digest = digestWords(citation, (entry) => present([markdownLink(entry.title, entry.url),
    markdownText(entry.publisher), dateWords(entry.published)], ", "));
  return [
    `> ${markdownLine((before + markdownBold(before, text.trim(), after) + after).trim())}`,
    `— ${present([source, digest && sentence(digest)], " ")}`,
    `${markdownLink(place(citation), link)}`,
  ].join("\n\n") + "\n";
}

/** Write a citation as a BibTeX entry. */
export function bibtexCitation(citation, link) {
  const { quote } = citation;
  const isDigest = citation.kind === "digest"; // its date is none of a publication
  const published = isDigest ? "" : citation.published;
  const [year, month] = (published ?? "").split("-");
  const digest = digestWords(citation, (source) => present([oneLine(source.title),
    oneLine(source.publisher), dateWords(source.published), source.url], ", "));
  const fields = {
    author: citation.publisher && `{${bibtexText(citation.publisher)}}`,
    title: `{${bibtexText(plainTitle(citation))}}`,
    year: year && bibtexText(year),
    date: published && bibtexText(published),
    pages: citation.page && String(citation.page),
    url: bibtexUrl(citation.source_link ?? citation.url ?? link),
    note: bibtexText(present([sentence(`“${oneLine(quote.before + quote.text + quote.after)}”`),
      isDigest && citation.published && sentence(`The facts ${recordDate(citation)}`),
      sentence(digest), place(citation)], " ")),
  };
  const lines = Object.entries(fields).filter(([, value]) => value)
    .map(([name, value]) => `  ${name} = {${value}},`);
  const monthName = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ")[Number(month) - 1];
  if (monthName) lines.push(`  month = ${monthName},`);
  return `@misc{${citation.document_id}-c${citation.start},\n${lines.join("\n")}\n}\n`;
}

function plainTitle({ title, document_id: id }) {
  return oneLine(title || id);
}

function particulars(citation) {
  const { publisher, page } = citation;
  return present([oneLine(publisher), recordDate(citation), page && `p. ${page}`], ", ");
}

function place({ document_id: id, document_sha256: checksum, start, end }) {
  return `${id}, characters ${start}–${end}, SHA-256 ${(checksum ?? "").slice(0, 12)}`;
}

function digestWords({ kind, sources = [] }, written) {
  if (kind !== "digest") return "";
  const from = sources.length ? `: ${sources.map(written).join("; ")}` : "";
  return `Digest in Attaché's own words${from}`;
}

/** End with a full stop; not after an address, which it would become a part of. */
function sentence(text) {
  return !text || /[.!?…]["'”’»)]?$|https?:\/\/\S+$/.test(text) ? text : `${text}.`;
}

/** Put a backslash before every sign that Markdown could read within a line. */
export function markdownText(text) {
  return (text ?? "").replace(/\s+/gu, " ").replace(/[\\`*_[\]<>&~|$]/g, "\\$&");
}

/** Put one also before what would start a heading, a list or a rule at the beginning of a line. */
function markdownLine(line) {
  return line.replace(/^(\d*)([#+\-=:.)])/, "$1\\$2");
}

/** Set the answer in bold, but not where its neighbours would keep the stars from being read. */
function markdownBold(before, text, after) {
  const sign = /[\p{P}\p{S}]/u;
  const opens = !sign.test(text[0]) || !before || sign.test(before.at(-1)) || before.endsWith(" ");
  const closes = !sign.test(text.at(-1)) || !after || sign.test(after[0]) || after.startsWith(" ");
  return opens && closes ? `**${text}**` : text;
}

function markdownLink(text, url) {
  const label = markdownText(oneLine(text));
  if (!/^https?:\/\//i.test(url ?? "")) return label;
  return `[${label}](<${url.replace(/[<>\\\s]/g, encodeURIComponent)}>)`;
}

const BIBTEX_SIGNS = {
  "\\": "\\textbackslash{}", "{": "\\textbraceleft{}", "}": "\\textbraceright{}",
  "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}",
  ">": "\\textgreater{}", "|": "\\textbar{}",
};

/** Write text for a field in braces: BibTeX counts even escaped braces, so they get names. */
export function bibtexText(text) {
  return oneLine(text).replace(/[\\{}~^<>|]/g, (sign) => BIBTEX_SIGNS[sign])
    .replace(/[$&#%_]/g, "\\$&");
}

/** Write an address for a field in braces, which must balance. */
function bibtexUrl(url) {
  return url.replace(/[{}\\\s]/g, encodeURIComponent);
}
