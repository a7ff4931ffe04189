// What the learner typed: text as typed, with fenced code as code.
import { html } from "./vendor/preact.js";
import { colouredPython, visible } from "./text.js";

const FENCE = /```[^\n`]*\n([\s\S]*?)(?:\n```|$)/g;

function parts(text) {
  const found = [];
  let at = 0;
  for (const match of text.matchAll(FENCE)) {
    found.push([false, text.slice(at, match.index).trim()], [true, match[1]]);
    at = match.index + match[0].length;
  }
  found.push([false, text.slice(at).trim()]);
  return found.filter(([, piece]) => piece);
}

export const Question = ({ text }) => html`<div class="question" dir="auto">
  ${parts(visible(text)).map(([isCode, piece]) => isCode
    ? html`<pre tabindex="0" role="group" aria-label="Your code" dir="ltr"><code dangerouslySetInnerHTML=${{ __html: colouredPython(piece) }}></code></pre>`
    : html`<p>${piece}</p>`)}
</div>`;
