// Whether a reply helped, with a word about why.
import { html, useState } from "./vendor/preact.js";
import { Icon } from "./icons.js";

const MAX_COMMENT = 4000;

/** @param props given: the stored feedback or null; onGive(helpful, comment): async */
export function Feedback({ given, onGive }) {
  const [open, setOpen] = useState(false);
  const [comment, setComment] = useState(given?.comment ?? "");
  const [said, say] = useState("");

  async function give(helpful, text = given?.comment) {
    try {
      await onGive(helpful, text);
      say("Thank you, noted.");
      return true;
    } catch (error) {
      say(`Not noted: ${error.message}.`);
      return false;
    }
  }
  async function rate(helpful) {
    setOpen(true);
    await give(helpful);
  }
  async function send(event) {
    event.preventDefault();
    if (await give(given.helpful, comment.trim())) setOpen(false); // else what was written stays
  }
  const thumb = (helpful, name, icon) => html`<button type="button" class="icon" aria-label=${name} title=${name}
    aria-pressed=${String(given?.helpful === helpful)} onClick=${() => rate(helpful)}><${Icon} name=${icon} /></button>`;

  return html`<div class="feedback">
    <div class="thumbs">${thumb(true, "This helped", "up")}${thumb(false, "This did not help", "down")}<span role="status">${said}</span></div>
    ${open && given && html`<form onSubmit=${send}>
      <label>${given.helpful ? "What was good about it? (if you like)" : "What was wrong or missing? (if you like)"}
        <textarea class="field" rows="2" maxlength=${MAX_COMMENT} value=${comment} onInput=${(event) => setComment(event.target.value)}
          onKeyDown=${(event) => event.key === "Escape" && (setOpen(false), event.stopPropagation())}></textarea></label>
      <button class="button">Send</button> <button type="button" class="button quiet" onClick=${() => setOpen(false)}>Not now</button>
    </form>`}
  </div>`;
}
