// One turn followed to its end, whatever happens on the way: a dropped stream is resumed after the last event seen, a
// restarted service is asked again under the same Idempotency-Key, so that nothing is asked twice or lost.
import { Problem, Unreachable, stream } from "./api.js";

const TRIES = 12;
const FIRST_WAIT = 400; // milliseconds, doubled each time
const LONGEST_WAIT = 8000;
const BUSY_WAIT = 5; // seconds, where the service does not say

/** Wait, or less: until the machine is online again. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const ended = () => {
      clearTimeout(timer);
      removeEventListener("online", ended);
      signal.removeEventListener("abort", ended);
      resolve();
    };
    const timer = setTimeout(ended, ms);
    addEventListener("online", ended);
    signal.addEventListener("abort", ended);
  });
}

function open({ key, question, conversationId, messageId, after }, signal) {
  if (messageId) {
    const headers = after ? { "Last-Event-ID": String(after) } : {};
    return stream("GET", `/v1/chat/${encodeURIComponent(messageId)}/events`, { headers, signal });
  }
  const body = { message: question, conversation_id: conversationId, stream: true };
  return stream("POST", "/v1/chat", { body, headers: { "Idempotency-Key": key }, signal });
}

/**
 * Follow `turn` ({key, question, conversationId, messageId, after}) until it is done, failed, or `signal` ends it.
 * @param tell {event(event), again(), trouble(trouble)}, and signIn(), which resolves when somebody has signed in
 */
export async function follow(turn, tell, signal) {
  const at = { ...turn };
  for (let tries = 0; !signal.aborted; ) {
    try {
      for await (const event of open(at, signal)) {
        tries = 0;
        at.messageId = event.message_id ?? at.messageId;
        at.after = event.id ?? at.after;
        tell.event(event);
        if (event.event === "done" || event.event === "error") return;
      }
      throw new Unreachable("the service ended the stream");
    } catch (error) {
      if (error.name === "AbortError" || signal.aborted) return;
      tries += 1;
      if (!(await mended(error, at, tell, tries, signal))) return;
    }
  }
}

/** Whether to try again; waits until then. */
async function mended(error, at, tell, tries, signal) {
  if (error instanceof Unreachable && tries <= TRIES) {
    tell.trouble({ kind: navigator.onLine ? "reconnecting" : "offline" });
    await pause(Math.min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT), signal);
    return true;
  }
  if (error instanceof Problem && error.status === 404 && at.messageId) {
    Object.assign(at, { messageId: null, after: 0 });
    tell.again();
    return tries <= TRIES;
  }
  if (error instanceof Problem && error.status === 401) {
    tell.trouble({ kind: "signed-out" });
    await tell.signIn();
    return true;
  }
  if (error instanceof Problem && error.status === 429 && tries <= TRIES) {
    const seconds = error.retryAfter ?? BUSY_WAIT;
    tell.trouble({ kind: "busy", until: Date.now() + seconds * 1000 });
    await pause(seconds * 1000, signal);
    return true;
  }
  const gone = error.status === 404; // without a message's id, only the conversation can be missing
  tell.trouble({ kind: "failed", detail: error.message, unreachable: error instanceof Unreachable, gone });
  return false;
}
