// An answer as it reads: Markdown whose finished blocks stay as they are while the next ones come; citations as links
// to the lesson; sentences that the lessons do not support marked as such.
import { html, useMemo } from "./vendor/preact.js";
import { blocks, escape, html as clean } from "./text.js";

const BEGIN = "\ue000"; // private characters stand for the marks until the Markdown is HTML
const END = "\ue001";
const CITATION = "\ue002";
const MARKS = /[\ue000-\ue002]/g;
const UNSUPPORTED = "The lessons do not support this sentence. Check it before you rely on it.";

/** Offsets of the API count characters, those of strings here UTF-16 units. */
function inUnits(answer, sentences) {
  if (!/[\ud800-\udbff]/.test(answer)) return sentences;
  const at = [0];
  for (const sign of answer) at.push(at.at(-1) + sign.length);
  return sentences.map((sentence) => ({ ...sentence, start: at[sentence.start], end: at[sentence.end] }));
}

/** `answer` with private characters around what is not supported, and before each citation. */
function marked(answer, sentences, matches) {
  let text = "";
  let at = 0;
  for (const { start, end, supported } of inUnits(answer, sentences)) {
    if (supported || !(start >= at && end <= answer.length)) continue;
    const lead = /^[\s>#*+-]*(?:\d+[.)]\s+)?/.exec(answer.slice(start, end))[0].length; // what makes it a list, say
    text += answer.slice(at, start + lead) + BEGIN + answer.slice(start + lead, end).trimEnd() + END;
    at = start + lead + answer.slice(start + lead, end).trimEnd().length;
  }
  text += answer.slice(at);
  return text.replace(/ ?\[(\d{1,2})\](?![(:])/g, (whole, number) => (matches[number - 1] ? `${CITATION}${number} ` : whole));
}

function finish(matches) {
  const link = (_, number) => {
    const { entry_id, question } = matches[number - 1];
    const name = escape(`Source ${number}: ${question}`);
    return `<sup><a class="citation" href="/entries/${encodeURIComponent(entry_id)}" title="${name}" aria-label="${name}">${number}</a></sup>`;
  };
  return (made) => made
    .replaceAll(BEGIN, `<mark class="unsupported" title="${UNSUPPORTED}">`)
    .replaceAll(END, "</mark>")
    .replace(new RegExp(`${CITATION}(\\d+) ?`, "g"), link);
}

function Block({ source, matches }) {
  const made = useMemo(() => clean(source, finish(matches)), [source, matches]);
  return html`<div class="block" dangerouslySetInnerHTML=${{ __html: made }}></div>`;
}

/** @param props answer (Markdown), sentences and matches as in a Reply */
export function Prose({ answer, sentences = [], matches = [] }) {
  const plain = answer.replace(MARKS, "");
  const doubted = sentences.some((sentence) => !sentence.supported);
  return html`<div class="markdown prose">
    ${blocks(marked(plain, sentences, matches)).map((source, number) => html`<${Block} key=${number} source=${source} matches=${matches} />`)}
    ${doubted && html`<p class="aside"><mark class="unsupported">Marked like this</mark>: the lessons do not support it. Check it before you rely on it.</p>`}
  </div>`;
}
