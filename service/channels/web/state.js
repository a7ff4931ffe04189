// The conversation on the screen as data, and how each thing that happens changes it; pure.
//
// A turn: {key, question, phase, messageId, after, about, answer, snippets, sentences, trouble, feedback}
//   phase: "asking" (nothing came yet) | "streaming" | "done" | "failed" | "stopped"
//   after: number of the last event seen; about: the Turn of the API, once it came
//   trouble: null, or {kind: "reconnecting" | "offline" | "busy" | "signed-out" | "failed" | "stopped", detail, until}

export const EMPTY = { id: null, title: "", shared: false, turns: [], loading: false, missing: null };

export const running = (state) => state.turns.find((turn) => turn.phase === "asking" || turn.phase === "streaming");

const fresh = (question, key) => ({
  key, question, phase: "asking", messageId: null, after: 0, about: null, answer: "", snippets: [], sentences: [],
  trouble: null, feedback: null,
});

const stored = ({ message_id, question, reply, feedback }) => ({
  ...fresh(question, message_id), ...finished(reply), messageId: message_id, feedback,
});

const finished = (reply) => ({
  phase: "done", about: reply, answer: reply.answer, snippets: reply.snippets, sentences: reply.sentences ?? [], trouble: null,
});

/** What one event of the stream makes of its turn. An event that was seen already changes nothing. */
function heard(turn, event) {
  if (event.id !== null && event.id <= turn.after) return turn;
  const seen = { ...turn, after: event.id ?? turn.after, phase: "streaming", trouble: null };
  switch (event.event) {
    case "running":
      return { ...seen, messageId: event.message_id };
    case "matched":
      return { ...seen, messageId: event.message_id, about: event };
    case "text":
      return { ...seen, answer: turn.answer + event.markdown };
    case "verified":
      return { ...seen, snippets: [...turn.snippets, event.snippet] };
    case "supported":
      return { ...seen, sentences: event.sentences };
    case "done":
      return { ...seen, ...finished(event.reply) };
    case "error":
      return { ...seen, phase: "failed", trouble: { kind: "failed", detail: event.detail } };
    default: // an event of a newer service
      return seen;
  }
}

/** A conversation of which nothing is kept does not exist: what is asked next begins another. */
const named = (state) => (state.turns.some((turn) => turn.phase === "done" || turn.trouble?.unsure) ? state : { ...state, id: null });

export function reduce(state, action) {
  const change = (how) => ({
    ...state, turns: state.turns.map((turn) => (turn.key === action.key ? how(turn) : turn)),
  });
  switch (action.type) {
    case "new":
      return EMPTY;
    case "loading":
      return { ...EMPTY, id: action.id, loading: true };
    case "missing":
      return { ...EMPTY, id: action.id, missing: action.detail };
    case "loaded":
      return { ...EMPTY, id: action.id, title: action.title, shared: action.shared, turns: action.messages.map(stored) };
    case "ask":
      return {
        ...state, missing: null,
        turns: [...state.turns.filter((turn) => turn.key !== action.instead), fresh(action.question, action.key)],
      };
    case "event": {
      const next = change((turn) => heard(turn, action.event));
      if (action.event.event === "error") return named(next);
      return action.event.conversation_id ? { ...next, id: action.event.conversation_id } : next;
    }
    case "again": // the service knows the turn no more: it is asked anew, under the same key
      return change((turn) => ({ ...fresh(turn.question, turn.key), trouble: turn.trouble }));
    case "trouble":
      return change((turn) => ({ ...turn, trouble: action.trouble, phase: action.trouble?.kind === "failed" ? "failed" : turn.phase }));
    case "stopped":
      return named(change((turn) => ({ ...turn, phase: "stopped", trouble: { kind: "stopped", unsure: action.unsure } })));
    case "feedback":
      return change((turn) => ({ ...turn, feedback: action.feedback }));
    case "renamed":
      return state.id === action.id ? { ...state, title: action.title } : state;
    case "shared":
      return { ...state, shared: action.shared };
    default:
      throw new Error(`no such action: ${action.type}`);
  }
}
