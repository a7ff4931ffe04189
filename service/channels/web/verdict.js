// What a verdict is in words, the same everywhere; pure.

const seconds = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const where = (verdict) =>
  `${verdict.device === "cuda" ? "GPU" : "CPU"} · torch ${verdict.torch_version.split("+")[0]} · ${seconds(verdict.duration_ms)}`;

const STATUSES = {
  passed: "ran",
  exited_early: "ended before its last line",
  timed_out: "stopped: out of time",
  out_of_memory: "stopped: out of memory",
  over_limit: "stopped at a limit",
  crashed: "crashed",
  killed: "stopped from outside",
  refused: "not run",
  sandbox_error: "not run: the sandbox failed",
};
const NOT_RUN = ["refused", "sandbox_error"];

const failed = ({ error }) => (error ? `${error.type}${error.line ? ` in line ${error.line}` : ""}` : "failed");

function standIns(verdict) {
  return verdict.stand_ins.length ? " · with stand-ins" : "";
}

/** The badge of a run of the learner's own: `{tone, text}`; tones: good, stated, bad, none. */
export function runBadge(verdict) {
  const told = verdict.status === "failed" ? failed(verdict) : STATUSES[verdict.status];
  if (NOT_RUN.includes(verdict.status)) return { tone: "none", text: told };
  return { tone: verdict.status === "passed" ? "good" : "bad", text: `${told} on ${where(verdict)}${standIns(verdict)}` };
}

/** The badge of a snippet as it was shown (`ShownSnippet` of the API). */
export function badge({ verdict, as_stated, deviation, expected_error, origin }) {
  if (!verdict) return { tone: "none", text: deviation?.startsWith("not run") ? deviation : `not verified here${deviation ? `: ${deviation}` : ""}` };
  const by = origin === "model" ? "written by a language model · " : "";
  if (as_stated === null || as_stated === undefined) {
    const { tone, text } = runBadge(verdict);
    return { tone, text: by + text };
  }
  const told = !as_stated ? `not as the lesson states: ${deviation}` : expected_error ? "fails as stated" : "ran";
  const tone = !as_stated ? "bad" : expected_error ? "stated" : "good";
  return { tone, text: `${by}${told}${told === "ran" ? " on " : " · "}${where(verdict)}${standIns(verdict)}` };
}

/** Name and value of everything else that is known of a run. */
export const facts = (verdict) =>
  [
    ["Device", verdict.device_name],
    ["torch", verdict.torch_version],
    ["Python", verdict.python_version],
    ["Memory", verdict.peak_memory_mb ? `${Math.round(verdict.peak_memory_mb)} MB at most` : ""],
    ["Kept in by", verdict.isolation],
    ["Stand-ins", verdict.stand_ins.join(", ")],
    ["When", new Date(verdict.verified_at).toLocaleString()],
  ].filter(([, value]) => value);
