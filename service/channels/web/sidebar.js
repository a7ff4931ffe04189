// Beside the conversation, or in a drawer where there is no room: the history, and the ways to everything else.
import { html } from "./vendor/preact.js";
import { Dialog } from "./dialogs.js";
import { History } from "./history.js";
import { Icon } from "./icons.js";
import { ThemeSwitch } from "./surroundings.js";

function Foot({ who, onHelp, onSignIn, onSignOut }) {
  return html`<footer>
    <nav aria-label="Elsewhere"><a href="/browse">Lessons</a><a href="/status">Status</a>
      <button type="button" class="link" onClick=${onHelp}>Keys</button>
      ${who?.required && (who.signed_in
        ? html`<button type="button" class="link" onClick=${onSignOut} title=${`Signed in with the key “${who.name}”`}>Sign out</button>`
        : html`<button type="button" class="link" onClick=${onSignIn}>Sign in</button>`)}
    </nav>
    <${ThemeSwitch} />
  </footer>`;
}

/** @param props drawer, problem (what could not be done), onClose, onGo(path), and what History and Foot take */
export function Sidebar(props) {
  const { drawer, problem, onClose, onGo, ...rest } = props;
  const home = (event) => (event.preventDefault(), onGo("/"));
  const inside = html`
    ${!drawer && html`<a class="brand" href="/" onClick=${home}>torchtutor</a>`}
    <a class="button new" href="/" onClick=${home}><${Icon} name="add" />New conversation</a>
    <${History} ...${rest} onOpen=${onGo} />
    ${problem && html`<p class="notice">${problem}</p>`}
    <${Foot} ...${rest} />`;
  return drawer ? html`<${Dialog} title="torchtutor" kind="drawer" onClose=${onClose}>${inside}<//>` : html`<div class="sidebar">${inside}</div>`;
}
