// Where an answer comes from, and how sure the tutor is that it is what was asked.
import { html } from "./vendor/preact.js";
import { Icon } from "./icons.js";
import { visible } from "./text.js";

/** The page of a piece (`no-grad#explanation-2`) of an entry; explanations have one section for all. */
const address = (id, piece = "") => `/entries/${encodeURIComponent(id)}${piece && `#${piece.replace(/^explanation-\d+$/, "explanation")}`}`;

/** The matches that the reply shows pieces of, each with the first of these; the first match where it shows none. */
function spoken({ matches, shown = [] }) {
  const pieces = new Map();
  for (const id of shown) {
    const [entry, piece] = id.split("#");
    if (!pieces.has(entry)) pieces.set(entry, piece);
  }
  const found = matches.filter((match) => pieces.has(match.entry_id));
  return (found.length ? found : matches.slice(0, 1)).map((match) => [match, pieces.get(match.entry_id)]);
}

export function Sources({ about }) {
  if (!about.matches.length) return null;
  const used = spoken(about);
  const near = about.matches.filter((match) => !used.some(([one]) => one === match));
  const link = (match, piece) => html`<a href=${address(match.entry_id, piece)}>${visible(match.question)}</a>`;
  return html`<div class="sources">
    <ul>${used.map(([match, piece]) => html`<li><${Icon} name="lesson" /><span>From the lesson ${link(match, piece)}</span></li>`)}</ul>
    ${near.length > 0 && html`<details><summary>Lessons nearby</summary><ul>${near.map((match) => html`<li>${link(match)}</li>`)}</ul></details>`}
    ${about.worded_by && html`<p>Worded by ${visible(about.worded_by)} from these lessons.</p>`}
  </div>`;
}

const plain = (text) => text.toLowerCase().replace(/[\s.?!]+/g, " ").trim();

/** What was understood, where it is not simply what was asked; and how sure the tutor is, where it is not. */
export function Understood({ about, question }) {
  const same = plain(about.understood_as) === plain(question) || about.outcome === "small_talk";
  return html`${!same && about.understood_as && html`<p class="understood">Understood as: <q>${visible(about.understood_as)}</q></p>`}
    ${about.outcome === "partly" && html`<p class="confidence"><strong>Only partly covered.</strong> The nearest lesson may not be quite what you asked.</p>`}`;
}
