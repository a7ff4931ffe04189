// A conversation that somebody shared, to be read; its code can be run and edited by whoever may.
import { html, useEffect, useState } from "./vendor/preact.js";
import { Problem, call } from "./api.js";
import { Prose } from "./prose.js";
import { Question } from "./question.js";
import { Snippet } from "./snippet.js";
import { Sources, Understood } from "./sources.js";
import { ThemeSwitch } from "./surroundings.js";

const day = (moment) => new Date(moment).toLocaleDateString(undefined, { dateStyle: "long" });

const Message = ({ message }) => html`<article class="turn">
  <h2 class="hidden">Question</h2>
  <${Question} text=${message.question} />
  <div class="reply"><h3 class="hidden">Reply</h3>
    <${Understood} about=${message} question=${message.question} />
    <${Prose} answer=${message.answer} sentences=${message.sentences} matches=${message.matches} />
    ${message.snippets.map((shown) => html`<${Snippet} key=${shown.id} shown=${shown} />`)}
    <${Sources} about=${message} />
  </div>
</article>`;

export function Shared({ token }) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    call("GET", `/v1/shared/${encodeURIComponent(token)}`).then(setFound, (error) =>
      setProblem(error instanceof Problem && error.status === 404 ? "This link shows no conversation. It was revoked, or never was." : "The tutor cannot be reached. Reload the page to try again."));
  }, [token]);
  return html`<div class="column shared">
    <a class="skip" href="#main">Skip to the conversation</a>
    <header class="top"><a class="brand" href="/">torchtutor</a><span class="grow"></span><${ThemeSwitch} /></header>
    <main id="main">
      <h1>${found ? "A shared conversation" : problem ? "Nothing to see here" : "…"}</h1>
      ${found && html`<p class="aside">From ${day(found.created_at)}. You can read it, and run its code; to ask something of your own, <a href="/">start a conversation</a>.</p>`}
      ${problem && html`<p>${problem} <a href="/">Ask something of your own</a></p>`}
      ${found?.messages.map((message, number) => html`<${Message} key=${number} message=${message} />`)}
    </main>
  </div>`;
}
