// Dialogs: the browser's own, so that focus and Esc are as people know them.
import { html, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Problem, call } from "./api.js";
import { copy } from "./clipboard.js";
import { Icon } from "./icons.js";

/** @param props title, onClose(), kind (a class), children */
export function Dialog({ title, onClose, kind = "", children }) {
  const dialog = useRef(null);
  useLayoutEffect(() => { // at once: the next key is for the dialog
    const element = dialog.current;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      before?.focus?.({ preventScroll: true });
    };
  }, []);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class="dialog ${kind}" aria-label=${title} onCancel=${(event) => (event.preventDefault(), onClose())} onClick=${outside}>
    <div class="inside">
      <header><h2>${title}</h2><button type="button" class="icon" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button></header>
      ${children}
    </div>
  </dialog>`;
}

/** A key is shown once; the browser then holds a cookie. */
export function SignIn({ onDone, onClose }) {
  const [key, setKey] = useState("");
  const [told, tell] = useState("");
  async function send(event) {
    event.preventDefault();
    try {
      onDone(await call("POST", "/v1/session", { body: { key: key.trim() } }));
    } catch (error) {
      tell(error instanceof Problem ? error.message : "The tutor cannot be reached. Try again.");
    }
  }
  return html`<${Dialog} title="Sign in" onClose=${onClose}>
    <form onSubmit=${send}>
      <p>This tutor needs a key. Whoever runs it makes one with <code>torchtutor keys create NAME</code>.</p>
      <label for="key">Your key</label>
      <input id="key" class="field" type="password" autocomplete="current-password" required maxlength="500" value=${key}
        onInput=${(event) => setKey(event.target.value)} />
      <p class="told bad" role="alert">${told}</p>
      <p class="buttons"><button class="button primary">Sign in</button></p>
    </form>
  <//>`;
}

export function Confirm({ title, text, action, onDone, onClose }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${text}</p>
    <p class="buttons"><button type="button" class="button" onClick=${onClose}>Keep it</button>
      <button type="button" class="button danger" onClick=${onDone}>${action}</button></p>
  <//>`;
}

/** @param props id, shared, onChange(shared), onClose() */
export function Share({ id, shared, onChange, onClose }) {
  const [link, setLink] = useState("");
  const [told, tell] = useState("");
  const path = `/v1/conversations/${encodeURIComponent(id)}/share`;
  const attempt = (what) => async () => {
    try {
      await what();
    } catch (error) {
      tell(`That did not work: ${error.message}.`);
    }
  };
  const create = attempt(async () => {
    const { token } = await call("POST", path);
    setLink(`${location.origin}/shared/${token}`);
    onChange(true);
    tell("");
  });
  const revoke = attempt(async () => {
    await call("DELETE", path);
    setLink("");
    onChange(false);
    tell("Nobody can read it by a link any more.");
  });
  const take = attempt(async () => {
    await copy(link);
    tell("Copied.");
  });
  return html`<${Dialog} title="Share this conversation" onClose=${onClose}>
    <p>Whoever has the link can read all of it, also what is added later, without a key. Nobody can write in it.</p>
    ${link && html`<label for="link">The link</label>
      <input id="link" class="field" readonly value=${link} onFocus=${(event) => event.target.select()} />`}
    ${shared && !link && html`<p>There is a link already. It was shown once, when it was made; a new one takes its place.</p>`}
    <p class="told" role="status">${told}</p>
    <p class="buttons">
      ${shared && html`<button type="button" class="button danger" onClick=${revoke}>Stop sharing</button>`}
      ${link ? html`<button type="button" class="button primary" onClick=${take}>Copy the link</button>`
        : html`<button type="button" class="button primary" onClick=${create}>${shared ? "Make a new link" : "Make a link"}</button>`}
    </p>
  <//>`;
}

const KEYS = [
  [["Enter"], "ask"], [["Shift", "Enter"], "a new line"], [["↑"], "in an empty field: the last question again"],
  [["Esc"], "stop the reply; leave an editor, close a dialog"], [["/"], "go to the question"],
  [["1"], "to 9: go on with that suggestion"], [["←", "→"], "from one suggestion to the next"],
  [["Tab"], "in an editor: indent (Esc, then Tab moves on)"], [["Ctrl", "Enter"], "in an editor: run"], [["?"], "these keys"],
];

export const Help = ({ single, onSingle, onClose }) => html`<${Dialog} title="Keys" onClose=${onClose}>
  <table class="keys"><tbody>${KEYS.map(([keys, what]) => html`<tr><th scope="row">${keys.map((key) => html`<kbd>${key}</kbd> `)}</th><td>${what}</td></tr>`)}</tbody></table>
  <label class="check"><input type="checkbox" checked=${single} onChange=${(event) => onSingle(event.target.checked)} />
    Keys without Ctrl (<kbd>/</kbd>, <kbd>?</kbd> and the numbers) are on</label>
<//>`;
