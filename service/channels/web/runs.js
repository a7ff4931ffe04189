// One run of a learner's program in the sandbox, and what to say where there is none.
import { Problem, stream } from "./api.js";

/** Run `code`; `onOutput` gets the pieces as they come. Ends with `{verdict, problem}`: one of them is set. */
export async function run(code, signal, onOutput) {
  try {
    for await (const event of stream("POST", "/v1/run", { body: { code, stream: true }, signal })) {
      if (event.event === "output") onOutput(event.text);
      else if (event.event === "verdict") return { verdict: event.verdict, problem: "" };
      else return { verdict: null, problem: event.detail };
    }
    return { verdict: null, problem: "The service stopped before the run had ended. Run it again." };
  } catch (error) {
    return { verdict: null, problem: told(error) };
  }
}

function told(error) {
  if (error.name === "AbortError") return "You stopped this run.";
  if (!(error instanceof Problem)) return "The tutor cannot be reached, so nothing was run. Is it still running?";
  if (error.status === 401) return "You are signed out. Sign in on the chat page, then run it again.";
  if (error.status === 429) {
    const wait = error.retryAfter ? `in ${error.retryAfter} s` : "in a moment";
    return `The sandbox is busy just now. Try again ${wait}.`;
  }
  if (error.status === 503) return `The sandbox is not available: ${error.message}`;
  return `Not run: ${error.message}`;
}
