// What to ask next: buttons in a row, reached by Tab, by arrows from one to the other, or by their number.
import { html } from "./vendor/preact.js";

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Move the focus among the buttons and links of `event.currentTarget` by the arrow that was pressed. */
export function byArrows(event) {
  const step = STEPS[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = [...event.currentTarget.querySelectorAll("[data-stop]")];
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? event.key === "ArrowDown" && all[0] : all[at + step]; // from a field above them
  if (next) {
    next.focus();
    event.preventDefault();
  }
}

/** @param props texts, onPick(text), label, bare (whether the label is only told, not shown), disabled */
export const Chips = ({ texts, onPick, label, bare, disabled }) =>
  texts.length > 0 && html`<div class="chips" role="group" aria-label=${label} onKeyDown=${byArrows}>
    ${!bare && html`<p class="label">${label}</p>`}
    <ol>${texts.map((text, index) => html`<li><button type="button" class="chip" data-stop data-number=${index + 1}
      aria-disabled=${disabled ? "true" : null} onClick=${() => disabled || onPick(text)}><span class="number" aria-hidden="true">${index + 1}</span>${text}</button></li>`)}</ol>
  </div>`;
