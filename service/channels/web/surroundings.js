// What the page lives in: the window's width, the network, who is signed in, the keyboard.
import { html, useEffect, useRef, useState } from "./vendor/preact.js";
import { call } from "./api.js";

export function useMedia(query) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const changed = () => setMatches(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, [query]);
  return matches;
}

/** theme.js, a classic script, fills what asks for it. */
export function ThemeSwitch() {
  const place = useRef(null);
  useEffect(() => { place.current.dispatchEvent(new CustomEvent("theme-switch", { bubbles: true })); }, []);
  return html`<div ref=${place}></div>`;
}

export function useOnline() {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const changed = () => setOnline(navigator.onLine);
    addEventListener("online", changed);
    addEventListener("offline", changed);
    return () => { removeEventListener("online", changed); removeEventListener("offline", changed); };
  }, []);
  return online;
}

/** Who is signed in. `ask()` opens the dialog and resolves once somebody is. */
export class Session {
  constructor() {
    this.who = null; // as GET /v1/session tells, with `asked`: whether the dialog is open
    this.changed = () => {};
    this.waiting = [];
  }
  set(change) {
    this.who = { ...this.who, ...change };
    this.changed(this.who);
  }
  async look() {
    try {
      this.set(await call("GET", "/v1/session"));
      if (!this.who.signed_in) this.set({ asked: true });
    } catch { /* whatever is asked next will tell */ }
  }
  ask() {
    this.set({ required: true, signed_in: false, asked: true });
    return new Promise((resolve) => this.waiting.push(resolve));
  }
  done(told) {
    this.set({ ...told, asked: false });
    for (const resolve of this.waiting.splice(0)) resolve();
  }
  dismiss() {
    this.set({ asked: false });
  }
  async end() {
    await call("DELETE", "/v1/session");
    this.set({ signed_in: false, name: null, scopes: [] });
  }
}

export function useSession(session) {
  const [who, setWho] = useState(session.who);
  useEffect(() => {
    session.changed = setWho;
    session.look();
  }, [session]);
  return who;
}

const SINGLE = "torchtutor.keys";

/** Whether keys without Ctrl do something; some people speak to their computer, and want them off. */
export function useSingleKeys() {
  const [on, setOn] = useState(() => { try { return localStorage.getItem(SINGLE) !== "off"; } catch { return true; } });
  const choose = (wanted) => {
    try { localStorage.setItem(SINGLE, wanted ? "on" : "off"); } catch { /* for this page only */ }
    setOn(wanted);
  };
  return [on, choose];
}

const writing = (element) => element.closest?.("input, textarea, select, [contenteditable]");

/** @param actions single (whether single keys work), onHelp(), onStop() */
export function useKeys({ single, onHelp, onStop }) {
  useEffect(() => {
    function pressed(event) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (document.querySelector("dialog[open]")) return;
      if (event.key === "Escape") return onStop();
      if (!single || writing(event.target)) return;
      if (event.key === "/") document.getElementById("message").focus();
      else if (event.key === "?") onHelp();
      else if (/^[1-9]$/.test(event.key)) document.querySelector(`[data-number="${event.key}"]`)?.click();
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}
