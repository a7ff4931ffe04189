// Where the page begins: the chat, or a conversation that somebody shared. The map:
//
//   api.js ← following.js (one turn to its end) ← conversation.js (asks, opens, stops) → state.js (what is so; pure)
//   app.js (the whole) → sidebar.js → history.js; turn.js → question, prose, snippet, sources, feedback, chips; composer.js
//   snippet.js (runnable code, also on other pages) → editor.js, result.js, runs.js, verdict.js (what to say; pure)
//   text.js: everything that is shown goes through it. No build step: these files are what the browser loads.
import { html, render } from "./vendor/preact.js";
import { App } from "./app.js";
import { Conversation } from "./conversation.js";
import { Shared } from "./shared.js";
import { Session } from "./surroundings.js";

const place = document.getElementById("app");
const shared = /^\/shared\/([^/]+)$/.exec(location.pathname);
place.replaceChildren();
if (shared) render(html`<${Shared} token=${shared[1]} />`, place);
else {
  const session = new Session();
  render(html`<${App} conversation=${new Conversation(() => session.ask())} session=${session} />`, place);
}
