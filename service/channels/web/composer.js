// Where the learner writes: Enter sends, Shift+Enter makes a line, ↑ in an empty field brings the last question back,
// Esc stops the reply.
import { html, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Icon } from "./icons.js";

const MAX_MESSAGE = 20_000;
const HIGHEST = 260; // pixels

/** @param props running, last (the last question), prefill, onAsk(text), onStop() */
export function Composer({ running, last, prefill, onAsk, onStop }) {
  const [text, setText] = useState("");
  const area = useRef(null);
  useLayoutEffect(() => {
    if (prefill.text !== undefined) {
      setText(prefill.text);
      area.current.focus();
    }
  }, [prefill]);
  useLayoutEffect(() => {
    area.current.style.height = "auto";
    area.current.style.height = `${Math.min(area.current.scrollHeight + 2, HIGHEST)}px`;
  }, [text]);
  useLayoutEffect(() => { // at once: what is typed as soon as the page is there must not be lost
    if (matchMedia("(pointer: fine)").matches) area.current.focus({ preventScroll: true });
  }, []);

  const excess = text.length - MAX_MESSAGE;
  const ready = text.trim() && excess <= 0 && !running;
  function send(event) {
    event.preventDefault();
    if (!ready) return;
    onAsk(text.trim());
    setText("");
  }
  function keyed(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) send(event);
    else if (event.key === "ArrowUp" && !text && last) {
      event.preventDefault();
      setText(last);
    }
  }
  return html`<form class="composer" onSubmit=${send}>
    <label class="hidden" for="message">Your question</label>
    <textarea id="message" ref=${area} rows="1" value=${text} placeholder=${matchMedia("(min-width: 30rem)").matches ? "Ask, or paste an error or a program" : "Ask, or paste an error"} enterkeyhint="send"
      aria-describedby="message-hint" aria-invalid=${excess > 0 ? "true" : null} onInput=${(event) => setText(event.target.value)} onKeyDown=${keyed}></textarea>
    ${running
      ? html`<button type="button" class="send" onClick=${onStop} aria-label="Stop the reply" title="Stop the reply (Esc)"><${Icon} name="stop" /></button>`
      : html`<button class="send" aria-label="Ask" title="Ask (Enter)" aria-disabled=${String(!ready)}><${Icon} name="send" /></button>`}
    <p id="message-hint" class=${excess > 0 ? "excess" : "hint"}>${excess > 0
      ? `Too long by ${excess.toLocaleString("en")} characters; ${MAX_MESSAGE.toLocaleString("en")} are the most.`
      : html`<kbd>Enter</kbd> asks, <kbd>Shift</kbd> <kbd>Enter</kbd> makes a new line`}</p>
  </form>`;
}
