// One question with its reply.
import { Component, html } from "./vendor/preact.js";
import { Chips } from "./chips.js";
import { Feedback } from "./feedback.js";
import { Prose } from "./prose.js";
import { Question } from "./question.js";
import { Snippet } from "./snippet.js";
import { Sources, Understood } from "./sources.js";
import { Trouble } from "./trouble.js";

function progress({ phase, about, answer, trouble }) {
  if (trouble && trouble.kind !== "failed") return "";
  if (phase === "asking") return "Looking for the answer …";
  if (phase !== "streaming") return "";
  if (!about) return "Running your program …";
  return answer ? "Running the code …" : "Reading the lesson …";
}

/** The nearest questions are offered as buttons; their list in the text would say them twice. */
const told = ({ answer, about }) =>
  about.outcome === "not_covered" && about.nearest.length ? answer.replace(/\n\n- [\s\S]*$/, "") : answer;

export class Turn extends Component {
  shouldComponentUpdate(next) {
    return ["turn", "newest", "busy"].some((name) => next[name] !== this.props[name]);
  }

  /** props: turn (see state.js), newest, busy; ask(text), retry(turn), rate(turn, helpful, comment) */
  render({ turn, newest, busy, ask, retry, rate }) {
    const { about, phase, snippets, sentences } = turn;
    const waiting = progress(turn);
    const done = phase === "done";
    const offers = done && newest ? [...about.follow_ups, ...about.nearest.map((one) => one.question)] : [];
    const listed = done && about.outcome === "not_covered" && about.nearest.length > 0; // they end the answer
    const feedback = done && about.outcome !== "small_talk" && html`<${Feedback} given=${turn.feedback} onGive=${(helpful, comment) => rate(turn, helpful, comment)} />`;
    return html`<article class="turn" aria-busy=${String(phase === "asking" || phase === "streaming")}>
      <h2 class="hidden">Question</h2>
      <${Question} text=${turn.question} />
      <div class="reply">
        <h3 class="hidden">Reply</h3>
        ${about && html`<${Understood} about=${about} question=${turn.question} />`}
        ${turn.answer && html`<${Prose} answer=${told(turn)} sentences=${sentences} matches=${about.matches} />`}
        ${snippets.map((shown) => html`<${Snippet} key=${shown.id} shown=${shown} />`)}
        ${waiting && html`<p class="progress"><span class="working"></span>${waiting}</p>`}
        <${Trouble} trouble=${turn.trouble} busy=${busy} onRetry=${() => retry(turn)} />
        ${done && html`<${Sources} about=${about} />`}
        ${done && !listed && feedback}
        <${Chips} texts=${offers} onPick=${ask} disabled=${busy} label=${listed ? "The nearest questions" : "Go on with"} bare=${listed} />
        ${done && listed && feedback}
      </div>
    </article>`;
  }
}
