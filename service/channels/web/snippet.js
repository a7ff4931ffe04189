// A runnable piece of code: its badge, Run, edit and run with live output, plots, copy, reset.
//
//   <link rel="stylesheet" href="…/base.css"> <link rel="stylesheet" href="…/snippet.css">
//   import { mount } from "./snippet.js";
//   mount(element, shownSnippet)     // replaces what stands in `element` (which may be any server-rendered block)
//
// `shownSnippet` is a ShownSnippet of the API, as in `snippets` of GET /v1/entries/{id} and of replies: {id, code,
// caption, expected_output, expected_error, as_stated, deviation, verdict, origin?}. An option third argument:
// {runnable: false} shows it without Run and Edit; {caption: false} leaves the caption to the page. In a Preact tree
// use html`<${Snippet} shown=${shownSnippet} />`.
import { html, render, useRef, useState } from "./vendor/preact.js";
import { copy } from "./clipboard.js";
import { Editor } from "./editor.js";
import { Icon } from "./icons.js";
import { Result } from "./result.js";
import { run } from "./runs.js";
import { html as markdown } from "./text.js";
import { badge, facts, runBadge } from "./verdict.js";

const ICONS = { good: "done", stated: "fails", bad: "fails", none: "unknown" };

function Verdict({ told, verdict }) {
  const inside = html`<span class="badge ${told.tone}"><${Icon} name=${ICONS[told.tone]} /><span class="told">${told.text}</span></span>`;
  if (!verdict) return html`<div class="verdict">${inside}</div>`;
  return html`<details class="verdict"><summary title="More about this run">${inside}</summary>
    <dl class="facts">${facts(verdict).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></details>`;
}

const Working = ({ text }) =>
  html`<div class="verdict"><span class="badge"><span class="working"></span><span class="told">${text}</span></span></div>`;

function Copy({ code }) {
  const [said, say] = useState("");
  async function take() {
    try {
      await copy(code);
      say("Copied");
    } catch {
      say("Copying is not allowed here");
    }
    setTimeout(() => say(""), 1500);
  }
  return html`<button type="button" class="button quiet" onClick=${take}><${Icon} name=${said === "Copied" ? "done" : "copy"} />
    <span aria-live="polite">${said || "Copy"}</span></button>`;
}

/** What the learner has made of a snippet: the code, and their last run of it. */
function useProgram(original) {
  const [code, setCode] = useState(original);
  const [editing, setEditing] = useState(false);
  const [own, setOwn] = useState(null); // {running, text, verdict, problem} of the learner's own run
  const stopper = useRef(null);

  async function start() {
    stopper.current?.abort();
    const mine = (stopper.current = new AbortController());
    let text = "";
    const show = (change) => mine === stopper.current && setOwn((was) => ({ ...was, ...change }));
    setOwn({ running: true, text, verdict: null, problem: "" });
    const ended = await run(code, mine.signal, (piece) => show({ text: (text += piece) }));
    show({ running: false, ...ended });
  }
  function stop() {
    stopper.current?.abort();
  }
  function reset() {
    stop();
    stopper.current = null;
    setCode(original);
    setOwn(null);
    setEditing(false);
  }
  function edit(changed) {
    setCode(changed);
    setOwn((was) => was && { ...was, stale: true });
  }
  return { code, editing, setEditing, own, start, stop, reset, edit, changed: code !== original };
}

export function Snippet({ shown, runnable = true, caption = true }) {
  const original = shown.code.replace(/\n+$/, "");
  const program = useProgram(original);
  const { code, own, editing } = program;
  const runner = useRef(null);
  const verdict = own ? own.verdict : program.changed ? null : shown.verdict;
  const faulty = verdict?.error && !own?.stale ? verdict.error.line : null;
  const label = shown.origin === "learner" || shown.as_stated === null ? "Python code" : "Python code of the lesson";

  function leave() {
    program.setEditing(false);
    runner.current?.focus();
  }
  const told = own?.running
    ? html`<${Working} text="running …" />`
    : own
      ? html`<${Verdict} told=${own.verdict ? prefixed(runBadge(own.verdict)) : { tone: "none", text: "not run" }} verdict=${own.verdict} />`
      : program.changed
        ? html`<${Verdict} told=${{ tone: "none", text: "changed by you, not run yet" }} />`
        : html`<${Verdict} told=${badge(shown)} verdict=${shown.verdict} />`;

  return html`<figure class="snippet" data-snippet=${shown.id}>
    ${caption && shown.caption && html`<figcaption class="caption markdown" dangerouslySetInnerHTML=${{ __html: markdown(shown.caption) }}></figcaption>`}
    <div class="frame ${editing ? "editing" : ""}">
      <div class="bar">${told}
        <div class="actions">
          ${runnable && (own?.running
            ? html`<button type="button" class="button quiet" onClick=${program.stop}><${Icon} name="stop" />Stop</button>`
            : html`<button type="button" class="button quiet" ref=${runner} onClick=${program.start}><${Icon} name="run" />Run</button>`)}
          ${runnable && html`<button type="button" class="button quiet" aria-pressed=${String(editing)} onClick=${() => program.setEditing(!editing)}>
            <${Icon} name=${editing ? "done" : "edit"} />${editing ? "Done" : "Edit"}</button>`}
          ${(program.changed || own) && html`<button type="button" class="button quiet" onClick=${program.reset}><${Icon} name="reset" />Reset</button>`}
          <${Copy} code=${code} />
        </div>
      </div>
      <${Editor} code=${code} editing=${editing} faultyLine=${faulty} label=${label} onEdit=${program.edit} onRun=${program.start} onLeave=${leave} />
      ${editing && html`<p class="keys"><kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it · <kbd>Esc</kbd> leaves the editor</p>`}
      <${Result} own=${own} shown=${program.changed && !own ? null : shown} />
    </div>
  </figure>`;
}

const prefixed = ({ tone, text }) => ({ tone, text: `your run: ${text}` });

/** Show `shownSnippet` in `element`; see the top of this file. */
export function mount(element, shownSnippet, options = {}) {
  element.replaceChildren();
  render(html`<${Snippet} shown=${shownSnippet} ...${options} />`, element);
}
