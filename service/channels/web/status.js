// What a screen reader is told: that a reply has begun, and how it ended; not each word of it.

const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

function ended({ about, snippets }) {
  const said = ["The reply is complete."];
  if (about.outcome === "partly") said.push("The question is only partly covered.");
  if (about.outcome === "not_covered") said.push("No lesson covers the question.");
  if (snippets.length) {
    const wrong = snippets.filter((shown) => shown.as_stated === false).length;
    const none = snippets.filter((shown) => !shown.verdict).length;
    said.push(`${count(snippets.length, "piece")} of code${wrong ? `, ${wrong} not as stated` : ""}${none ? `, ${none} not run here` : ""}.`);
  }
  const offers = about.follow_ups.length + about.nearest.length;
  if (offers) said.push(`${count(offers, "suggestion")} to go on with.`);
  return said.join(" ");
}

/** What to announce after `action` made `state`; null: nothing new. */
export function announcement(state, action) {
  const turn = state.turns.find(({ key }) => key === action.key);
  if (action.type === "ask") return "Looking for the answer.";
  if (action.type === "stopped") return "The reply was stopped.";
  if (action.type === "trouble" && action.trouble) return TROUBLES[action.trouble.kind];
  if (action.type !== "event" || !turn) return null;
  if (turn.phase === "done") return ended(turn);
  return turn.phase === "failed" ? "The reply failed." : null;
}

const TROUBLES = {
  reconnecting: "The connection broke. Reconnecting.",
  offline: "You are offline.",
  busy: "The tutor is busy. It is asked again soon.",
  "signed-out": "You are signed out.",
  failed: "The reply failed.",
};
