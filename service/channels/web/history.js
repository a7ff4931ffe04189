// The learner's own conversations: found, opened, renamed, deleted.
import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { call } from "./api.js";
import { byArrows } from "./chips.js";
import { Confirm } from "./dialogs.js";
import { Icon } from "./icons.js";
import { visible } from "./text.js";

const PAGE = 40;
const TYPING = 200; // milliseconds of rest before a search
const MAX_TITLE = 80;

const DAY = 86_400_000;
function age(moment) {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const at = new Date(moment).getTime();
  if (at >= midnight) return "Today";
  if (at >= midnight - DAY) return "Yesterday";
  return at >= midnight - 7 * DAY ? "The last seven days" : "Earlier";
}

/** The list, newest first: `[heads, more, problem, show more]`; anew whenever `version` changes. */
function useHeads(query, version) {
  const [found, setFound] = useState({ heads: [], more: false, problem: "" });
  const newest = useRef(0);
  async function load(offset, before) {
    const mine = ++newest.current;
    const asked = new URLSearchParams({ limit: PAGE, offset, ...(query && { q: query }) });
    let next;
    try {
      const { conversations } = await call("GET", `/v1/conversations?${asked}`);
      next = { heads: [...before, ...conversations], more: conversations.length === PAGE, problem: "" };
    } catch (error) {
      next = { heads: before, more: false, problem: error.status === 401 ? "" : "Your conversations cannot be listed just now." };
    }
    if (mine === newest.current) setFound(next);
  }
  useEffect(() => {
    const timer = setTimeout(() => load(0, []), query ? TYPING : 0);
    return () => clearTimeout(timer);
  }, [query, version]);
  return [found, () => load(found.heads.length, found.heads)];
}

function Head({ head, current, onOpen, onRename, onDelete }) {
  const [mode, setMode] = useState("");
  const [title, setTitle] = useState(head.title);
  const writing = useRef(false); // a field that is taken away loses the focus, which ends the renaming once more
  const name = visible(head.title);
  function begin() {
    writing.current = true;
    setTitle(head.title);
    setMode("rename");
  }
  function end(wanted) {
    if (writing.current && wanted && wanted !== head.title) onRename(wanted);
    writing.current = false;
    setMode("");
  }
  function rename(event) {
    event.preventDefault();
    end(title.trim());
  }
  if (mode === "rename")
    return html`<li><form class="rename" onSubmit=${rename}>
      <input class="field" aria-label="New name" maxlength=${MAX_TITLE} value=${title} ref=${(input) => input?.focus()}
        onInput=${(event) => setTitle(event.target.value)} onBlur=${rename}
        onKeyDown=${(event) => event.key === "Escape" && (event.stopPropagation(), end(""))} /></form></li>`;
  return html`<li class=${current ? "current" : ""}>
    <a href=${`/c/${encodeURIComponent(head.conversation_id)}`} data-stop aria-current=${current ? "page" : null} title=${name} onClick=${onOpen} dir="auto">${name}${head.shared && html`<span class="hidden"> (shared)</span>`}</a>
    <button type="button" class="icon" aria-label=${`Rename or delete: ${name}`} title="Rename or delete" aria-expanded=${String(mode === "menu")}
      onClick=${() => setMode(mode ? "" : "menu")}><${Icon} name="more" /></button>
    ${mode === "menu" && html`<p class="menu"><button type="button" class="button quiet" onClick=${begin}>Rename</button>
      <button type="button" class="button quiet danger" onClick=${onDelete}>Delete</button></p>`}
  </li>`;
}

/** @param props current (id), version, onOpen(path), onChanged(), onRenamed(id, title), onGone(id), onProblem(text) */
export function History({ current, version, onOpen, onChanged, onRenamed, onGone, onProblem }) {
  const [query, setQuery] = useState("");
  const [doomed, setDoomed] = useState(null);
  const [{ heads, more, problem }, showMore] = useHeads(query.trim(), version);
  const path = (head) => `/v1/conversations/${encodeURIComponent(head.conversation_id)}`;
  const attempt = async (what) => {
    onProblem("");
    try {
      await what();
    } catch (error) {
      onProblem(`That did not work: ${error.message}.`);
    }
    onChanged();
  };
  const rename = (head, title) => attempt(async () => {
    await call("PATCH", path(head), { body: { title } });
    onRenamed(head.conversation_id, title);
  });
  const remove = (head) => attempt(async () => {
    setDoomed(null);
    await call("DELETE", path(head));
    onGone(head.conversation_id);
  });
  const open = (event, head) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(`/c/${encodeURIComponent(head.conversation_id)}`);
  };
  const groups = Object.entries(Object.groupBy ? Object.groupBy(heads, (head) => age(head.updated_at)) : { Conversations: heads });
  return html`<div class="history" onKeyDown=${byArrows}>
    <label class="search"><span class="hidden">Search your conversations</span><${Icon} name="find" />
      <input type="search" class="field" placeholder="Search conversations" value=${query} maxlength="200" onInput=${(event) => setQuery(event.target.value)} /></label>
    <div class="heads" tabindex="-1">
      ${groups.map(([name, group]) => html`<section aria-label=${name} key=${name}><h2>${name}</h2><ul>
        ${group.map((head) => html`<${Head} key=${head.conversation_id + head.title} head=${head} current=${head.conversation_id === current}
          onOpen=${(event) => open(event, head)} onRename=${(title) => rename(head, title)} onDelete=${() => setDoomed(head)} />`)}</ul></section>`)}
      ${!heads.length && !problem && html`<p class="none">${query ? "No conversation has these words." : "Your conversations will be listed here."}</p>`}
      ${problem && html`<p class="none">${problem}</p>`}
      ${more && html`<button type="button" class="button quiet" onClick=${showMore}>Show older ones</button>`}
    </div>
    ${doomed && html`<${Confirm} title="Delete this conversation?" action="Delete it" onDone=${() => remove(doomed)} onClose=${() => setDoomed(null)}
      text=${`“${visible(doomed.title)}” goes for good, with its feedback and its share link.`} />`}
  </div>`;
}
