// The conversation on the screen: asks, stops, opens, and keeps the address bar and the running turn's name in step,
// so that a reload or the way back finds everything again.
import { Problem, call } from "./api.js";
import { follow } from "./following.js";
import { EMPTY, reduce, running } from "./state.js";

const PENDING = "torchtutor.turn";

const pending = {
  get: () => { try { return JSON.parse(sessionStorage.getItem(PENDING)); } catch { return null; } },
  set: (turn) => { try { sessionStorage.setItem(PENDING, JSON.stringify(turn)); } catch { /* a reload then loses the stream */ } },
  clear: () => { try { sessionStorage.removeItem(PENDING); } catch { /* there was none */ } },
};

/** randomUUID is not there on plain http. */
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Conversation {
  /** @param signIn async, resolves once somebody signed in; @param onKept called when a turn was stored */
  constructor(signIn, onKept) {
    this.state = EMPTY;
    this.listeners = new Set();
    this.signIn = signIn;
    this.onKept = onKept;
    this.following = null;
    this.stopping = null; // key of a turn that is to be stopped as soon as it can be
    this.cancelling = null; // key of the turn that the service is being told to stop
  }

  dispatch(action) {
    this.state = reduce(this.state, action);
    for (const listener of this.listeners) listener(this.state, action);
  }

  /** Show what the address names; on a reload in mid-stream also the turn that still runs. */
  async open(path = location.pathname) {
    this.leave();
    const id = /^\/c\/([^/]+)$/.exec(path)?.[1] ?? null; // as it stands there: ids need no escaping
    if (id) await this.load(id);
    else this.dispatch({ type: "new" });
    const waiting = pending.get();
    if (this.state.id !== id || this.state.missing) return; // another one was opened meanwhile, or there is none
    if (waiting?.conversationId !== id) return;
    if (this.state.turns.some((turn) => turn.messageId === waiting.messageId)) pending.clear();
    else this.start(waiting);
  }

  async load(id) {
    this.dispatch({ type: "loading", id });
    for (;;) {
      try {
        const found = await call("GET", `/v1/conversations/${encodeURIComponent(id)}`);
        if (this.state.id === id) this.dispatch({ type: "loaded", id, title: found.title, shared: found.shared, messages: found.messages });
        return;
      } catch (error) {
        if (this.state.id !== id) return; // another one was opened meanwhile
        if (error instanceof Problem && error.status === 401) {
          await this.signIn();
          continue;
        }
        const mayRun = pending.get()?.conversationId === id && error.status === 404; // its first turn is not stored yet
        if (mayRun) this.dispatch({ type: "loaded", id, title: "", shared: false, messages: [] });
        else this.dispatch({ type: "missing", id, detail: missing(error) });
        return;
      }
    }
  }

  /** Stop following; the turn itself goes on. */
  leave() {
    this.following?.abort();
    this.following = this.cancelling = null;
  }

  /** Go to another address of the page, as a click does. */
  async go(path) {
    if (path !== location.pathname) history.pushState(null, "", path);
    await this.open(path);
  }

  ask(question, instead = null) {
    if (running(this.state)) return;
    this.start({ key: newKey(), question, conversationId: this.state.id, messageId: null, after: 0 }, instead);
  }

  /** Ask again; where the conversation was deleted meanwhile, in a new one. */
  async retry(turn) {
    if (turn.trouble?.gone) await this.go("/");
    this.ask(turn.question, turn.key);
  }

  start(turn, instead = null) {
    const { key } = turn;
    this.leave();
    const stopper = (this.following = new AbortController());
    const mine = () => this.following === stopper;
    pending.set({ ...turn, after: 0 });
    this.dispatch({ type: "ask", key, question: turn.question, instead });
    follow({ ...turn, after: 0 }, {
      event: (event) => mine() && this.heard(turn, event),
      again: () => mine() && this.dispatch({ type: "again", key }),
      trouble: (trouble) => mine() && this.dispatch({ type: "trouble", key, trouble }),
      signIn: this.signIn,
    }, stopper.signal);
  }

  heard(turn, event) {
    if (event.event === "error" && this.cancelling === turn.key) return this.stopped(turn.key);
    this.dispatch({ type: "event", key: turn.key, event });
    if (event.conversation_id) {
      const path = `/c/${encodeURIComponent(event.conversation_id)}`;
      if (location.pathname !== path) history.pushState(null, "", path);
      pending.set({ ...turn, messageId: event.message_id, conversationId: event.conversation_id });
      if (this.stopping === turn.key) this.cancel(turn.key, event.message_id);
    }
    if (event.event === "done" || event.event === "error") pending.clear();
    if (event.event === "error") this.unname();
    if (event.event === "done") this.onKept();
  }

  /** Stop the running reply; one that has not begun yet is stopped as soon as its name is known. */
  stop() {
    const turn = running(this.state);
    if (!turn) return;
    if (turn.messageId) this.cancel(turn.key, turn.messageId);
    else if (turn.trouble) this.stopped(turn.key, ["reconnecting", "offline"].includes(turn.trouble.kind));
    else this.stopping = turn.key;
  }

  async cancel(key, messageId) {
    this.stopping = null;
    this.cancelling = key;
    let unsure = false;
    try {
      await call("POST", `/v1/chat/${encodeURIComponent(messageId)}/cancel`);
    } catch (error) {
      if (error instanceof Problem && error.status === 409) return void (this.cancelling = null); // it is finished, and shown
      unsure = !(error instanceof Problem && error.status === 404); // a service that was restarted knows it no more
    }
    if (this.cancelling === key) this.stopped(key, unsure);
  }

  /** @param unsure whether the service could not be told, so that it may go on and keep the reply */
  stopped(key, unsure = false) {
    this.leave();
    pending.clear();
    this.dispatch({ type: "stopped", key, unsure });
    this.unname();
  }

  /** Take the name of a conversation that does not exist out of the address. */
  unname() {
    if (!this.state.id && location.pathname !== "/") history.replaceState(null, "", "/");
  }

  async rate(turn, helpful, comment) {
    await call("POST", "/v1/feedback", { body: { message_id: turn.messageId, helpful, comment: comment || null } });
    this.dispatch({ type: "feedback", key: turn.key, feedback: { helpful, comment: comment || null } });
  }
}

function missing(error) {
  if (error instanceof Problem && error.status === 404) return "This conversation does not exist, or was deleted.";
  if (error instanceof Problem) return `This conversation cannot be shown: ${error.message}`;
  return "The tutor cannot be reached. Reload the page to try again.";
}
