// The chat as a whole: the conversation, its history beside it, and the keys that work everywhere.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Below } from "./below.js";
import { Composer } from "./composer.js";
import { Help, Share, SignIn } from "./dialogs.js";
import { Icon } from "./icons.js";
import { Sidebar } from "./sidebar.js";
import { running } from "./state.js";
import { announcement } from "./status.js";
import { visible } from "./text.js";
import { Turn } from "./turn.js";
import { Welcome } from "./welcome.js";
import { useKeys, useMedia, useOnline, useSession, useSingleKeys } from "./surroundings.js";

const WIDE = "(min-width: 62rem)";

/** The state of `conversation`, and what it says to a screen reader. */
function useConversation(conversation) {
  const [state, setState] = useState(conversation.state);
  const [said, say] = useState("");
  useEffect(() => {
    const heard = (next, action) => {
      setState(next);
      const told = announcement(next, action);
      if (told !== null) say(told);
    };
    conversation.listeners.add(heard);
    conversation.open();
    const back = () => conversation.open();
    addEventListener("popstate", back);
    return () => { conversation.listeners.delete(heard); removeEventListener("popstate", back); };
  }, [conversation]);
  return [state, said, say];
}

/** A new question goes to the top, and its reply grows below it: nothing that is being read ever moves. */
function useScroll(state) {
  const shown = useRef(null);
  const newest = state.turns.at(-1)?.key ?? null;
  useLayoutEffect(() => {
    if (!newest || shown.current === newest) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || shown.current === null;
    shown.current = newest;
    document.querySelector(".turn:last-of-type")?.scrollIntoView({ block: "start", behavior: still ? "auto" : "smooth" });
  }, [newest]);
}

/** What was pressed is gone; on a touch screen the focus would open the keyboard over the reply. */
function toComposer() {
  if (matchMedia("(pointer: fine)").matches) document.getElementById("message")?.focus({ preventScroll: true });
}

function Transcript({ state, conversation, ask, busy }) {
  const actions = {
    ask,
    retry: (turn) => conversation.retry(turn),
    rate: (turn, helpful, comment) => conversation.rate(turn, helpful, comment),
  };
  return html`<div role="log" aria-label="Conversation" class="transcript" tabindex="-1">
    ${state.turns.map((turn, index) => html`<${Turn} key=${turn.key} turn=${turn} newest=${index === state.turns.length - 1} busy=${busy} ...${actions} />`)}
  </div>`;
}

export function App({ conversation, session }) {
  const [state, said, say] = useConversation(conversation);
  const [dialog, setDialog] = useState("");
  const [version, setVersion] = useState(0);
  const [prefill, setPrefill] = useState({ text: new URLSearchParams(location.search).get("ask") ?? undefined });
  const wide = useMedia(WIDE);
  const online = useOnline();
  const who = useSession(session);
  const [single, setSingle] = useSingleKeys();
  const [problem, setProblem] = useState(""); // with what is done in the sidebar
  const now = running(state);
  const close = () => setDialog("");
  conversation.onKept = () => setVersion((was) => was + 1);
  const ask = (text) => { conversation.ask(text); toComposer(); };
  const tell = (text) => { setProblem(text); say(text); };
  const signOut = () => session.end().then(() => go("/"), (error) => tell(`You are still signed in: ${error.message}.`));
  const go = (path) => { close(); conversation.go(path); };
  const title = state.title || (state.turns[0]?.question.trim().split("\n")[0] ?? "");

  useScroll(state);
  useKeys({ single, onHelp: () => setDialog("help"), onStop: () => conversation.stop() });
  useEffect(() => { document.title = title ? `${visible(title).slice(0, 80)} · torchtutor` : "torchtutor"; }, [title]);
  useEffect(() => { if (wide && dialog === "sidebar") close(); }, [wide]);

  const sidebar = html`<${Sidebar} current=${state.id} version=${version + (who?.signed_in ? 1000 : 0)} who=${who} onGo=${go}
    onChanged=${() => setVersion((was) => was + 1)} onGone=${(id) => id === state.id && go("/")} onRenamed=${(id, name) => conversation.dispatch({ type: "renamed", id, title: name })}
    onHelp=${() => setDialog("help")} onSignIn=${() => session.ask()} onSignOut=${signOut} problem=${problem} onProblem=${tell}
    drawer=${!wide} onClose=${close} />`;
  return html`<div class="layout ${wide ? "wide" : ""}">
    <a class="skip" href="#message">Skip to the question</a>
    ${wide && html`<aside aria-label="Your conversations">${sidebar}</aside>`}
    ${!wide && dialog === "sidebar" && sidebar}
    <div class="column">
      <header class="top">
        ${!wide && html`<button type="button" class="icon" aria-label="Your conversations" onClick=${() => setDialog("sidebar")}><${Icon} name="menu" /></button>
          <a class="brand" href="/" onClick=${(event) => (event.preventDefault(), go("/"))}>torchtutor</a>`}
        <p class="title" dir="auto">${wide && title ? visible(title) : ""}</p>
        ${state.id && state.turns.length > 0 && html`<button type="button" class="button quiet" onClick=${() => setDialog("share")}><${Icon} name="share" />${state.shared ? "Shared" : "Share"}</button>`}
        ${!wide && state.turns.length > 0 && html`<button type="button" class="icon" aria-label="New conversation" onClick=${() => go("/")}><${Icon} name="add" /></button>`}
      </header>
      <main id="main">
        ${title && html`<h1 class="hidden">${visible(title)}</h1>`}
        ${!state.turns.length && !state.loading && !state.missing && html`<${Welcome} onAsk=${ask} />`}
        ${state.loading && html`<p class="progress"><span class="working"></span>Opening the conversation …</p>`}
        ${state.missing && html`<div class="trouble"><h1>Nothing to see here</h1><p>${state.missing}</p><button type="button" class="button" onClick=${() => go("/")}>New conversation</button></div>`}
        <${Transcript} state=${state} conversation=${conversation} ask=${ask} busy=${Boolean(now)} />
        ${state.turns.length > 0 && html`<${Below} />`}
      </main>
      <footer class="bottom">
        ${!online && html`<p class="notice">You are offline. What is on the screen stays; asking and running need a connection.</p>`}
        ${who && !who.signed_in && html`<p class="notice">You are signed out. <button type="button" class="button" onClick=${() => session.ask()}>Sign in</button></p>`}
        <${Composer} running=${Boolean(now)} last=${state.turns.at(-1)?.question} prefill=${prefill} onAsk=${ask} onStop=${() => conversation.stop()} />
      </footer>
    </div>
    <p role="status" class="hidden">${said}</p>
    ${dialog === "share" && html`<${Share} id=${state.id} shared=${state.shared} onClose=${close} onChange=${(shared) => { conversation.dispatch({ type: "shared", shared }); setVersion(version + 1); }} />`}
    ${dialog === "help" && html`<${Help} single=${single} onSingle=${setSingle} onClose=${close} />`}
    ${who?.asked && html`<${SignIn} onDone=${(told) => session.done(told)} onClose=${() => session.dismiss()} />`}
  </div>`;
}
