// What stands in the way of a reply, said plainly beside it.
import { html, useEffect, useState } from "./vendor/preact.js";

function useSeconds(until) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [until]);
  return Math.max(0, Math.ceil((until - now) / 1000));
}

const Busy = ({ until }) => html`<p class="trouble wait">The tutor has too much to do just now. It is asked again in ${useSeconds(until)} s.</p>`;

const WAITING = {
  reconnecting: "The connection broke. Reconnecting; nothing of the reply is lost.",
  offline: "You are offline. The reply goes on as soon as you are back.",
  "signed-out": "You are signed out. Sign in, and the reply goes on.",
};

const STOPPED = "You stopped this reply, so it is not kept.";
const UNSURE = "You stopped this reply here, but the tutor could not be told: it may be finished and kept all the same.";

/** @param props trouble: of a turn, see state.js; busy: whether another reply is running; onRetry() */
export function Trouble({ trouble, busy, onRetry }) {
  if (!trouble) return null;
  const again = html`<button type="button" class="button" aria-disabled=${busy ? "true" : null} onClick=${() => busy || onRetry()}>Ask again</button>`;
  if (trouble.kind === "stopped") return html`<div class="trouble"><p>${trouble.unsure ? UNSURE : STOPPED}</p>${again}</div>`;
  if (trouble.kind === "busy") return html`<${Busy} until=${trouble.until} />`;
  if (trouble.kind !== "failed") return html`<p class="trouble wait">${WAITING[trouble.kind]}</p>`;
  const told = trouble.unreachable
    ? "The tutor could not be reached. Is it still running?"
    : trouble.gone ? "This conversation was deleted. Asked again, the question begins a new one." : trouble.detail;
  return html`<div class="trouble bad"><p>${told}</p>${again}</div>`;
}
