// What a run printed, how it failed, what it drew, and what one must know about it.
import { html } from "./vendor/preact.js";
import { visible } from "./text.js";

const printed = (verdict) => visible(verdict.stdout).replace(/\n+$/, "");

function Failure({ error }) {
  const line = error.line ? ` (line ${error.line})` : "";
  return html`<p class="label">It failed with${line}</p>
    <pre class="error" tabindex="0" role="group" aria-label="Error">${visible(`${error.type}: ${error.message}`)}</pre>
    ${error.traceback && error.traceback.includes("\n") && html`<details class="traceback"><summary>Traceback</summary>
      <pre tabindex="0" role="group" aria-label="Traceback">${visible(error.traceback)}</pre></details>`}`;
}

function Notes({ verdict }) {
  const told = verdict.stderr.trim();
  return html`${verdict.warnings.map((text) => html`<p class="note warn">${visible(text)}</p>`)}
    ${!verdict.error && verdict.status !== "passed" && told && html`<p class="note bad">${visible(told)}</p>`}
    ${verdict.truncated && html`<p class="note">The output was cut at the limit.</p>`}
    ${verdict.stand_ins.length > 0 && html`<p class="note">Ran with stand-ins, since nothing is downloaded here: ${visible(verdict.stand_ins.join(", "))}.</p>`}`;
}

const Printed = ({ text, label }) =>
  text && html`<p class="label">${label}</p><pre class="printed" tabindex="0" role="group" aria-label=${label}>${text}</pre>`;

function Whole({ verdict, label }) {
  const nothing = !printed(verdict) && !verdict.error && !verdict.artifacts.length && verdict.status === "passed";
  return html`<div class="result">
    <${Printed} text=${printed(verdict)} label=${label} />
    ${nothing && html`<p class="note">It printed nothing.</p>`}
    ${verdict.error && html`<${Failure} error=${verdict.error} />`}
    ${verdict.artifacts.map(({ name, media_type, base64 }) => html`<img class="picture" alt=${`Picture drawn by the code: ${visible(name)}`}
      src=${`data:${media_type};base64,${base64}`} />`)}
    <${Notes} verdict=${verdict} />
  </div>`;
}

function Stated({ shown }) {
  const stated = shown.expected_error ?? shown.expected_output;
  if (!stated) return null;
  const label = shown.expected_error ? "The lesson says that it fails with" : "The lesson says that it prints";
  return html`<div class="result"><${Printed} text=${visible(stated)} label=${label} /></div>`;
}

/** @param props own: the learner's run or null; shown: the ShownSnippet to fall back on, or null */
export function Result({ own, shown }) {
  if (own?.running)
    return html`<div class="result"><${Printed} text=${visible(own.text)} label="Output so far" /></div>`;
  if (own?.problem) return html`<div class="result"><${Printed} text=${visible(own.text)} label="Output until then" />
    <p class="note bad" role="status">${visible(own.problem)}</p></div>`;
  if (own?.verdict) return html`<${Whole} verdict=${own.verdict} label="Output of your run" />`;
  if (!shown) return null;
  return html`${shown.verdict && html`<${Whole} verdict=${shown.verdict} label="Output" />`}
    ${(!shown.verdict || shown.as_stated === false) && html`<${Stated} shown=${shown} />`}`;
}
