// Code that can be read, or edited in place: a plain text area over the coloured code, so that what the browser knows
// of text (undo, selection, input methods) works. Tab inserts four blanks, Esc leaves, Ctrl+Enter runs.
import { html, useLayoutEffect, useRef } from "./vendor/preact.js";
import { colouredPython, visible } from "./text.js";

const INDENT = "    ";

function insert(text) {
  document.execCommand("insertText", false, text); // the one way that keeps undo
}

function typed(event) {
  const area = event.target;
  const before = area.value.slice(0, area.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  if (event.key === "Tab" && !event.shiftKey) insert(INDENT);
  else if (event.key === "Tab") {
    const indent = /^ {1,4}/.exec(line);
    if (!indent) return false;
    const at = area.selectionStart;
    const start = at - line.length;
    area.setSelectionRange(start, start + indent[0].length);
    document.execCommand("delete");
    area.setSelectionRange(at - indent[0].length, at - indent[0].length);
  } else if (event.key === "Enter") {
    const indent = /^ */.exec(line)[0];
    insert(`\n${indent}${line.trimEnd().endsWith(":") ? INDENT : ""}`);
  } else return false;
  return true;
}

/** @param props code, editing, faultyLine (1-based or null), label, onEdit(code), onRun(), onLeave() */
export function Editor({ code, editing, faultyLine, label, onEdit, onRun, onLeave }) {
  const area = useRef(null);
  useLayoutEffect(() => {
    if (!editing) return; // at once: who types on without looking must not type into the button
    area.current.focus({ preventScroll: true });
    area.current.setSelectionRange(0, 0);
  }, [editing]);

  function keyed(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") onLeave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onRun();
    else if (event.ctrlKey || event.metaKey || event.altKey || !typed(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  const shown = editing ? code : visible(code);
  const coloured = { __html: colouredPython(shown) + (editing ? "\n" : "") }; // a last empty line can be reached
  return html`<div class="code" tabindex=${editing ? null : 0} role="group" aria-label=${label}>
    <div class="lines">
      ${faultyLine && html`<div class="fault" style=${{ "--line-number": faultyLine }}></div>`}
      <pre class=${editing ? "" : "read"} aria-hidden=${editing ? "true" : null}><code dangerouslySetInnerHTML=${coloured}></code></pre>
      ${editing && html`<textarea ref=${area} value=${code} aria-label=${`${label}, being edited`} spellcheck="false"
        autocapitalize="off" autocomplete="off" wrap="off" onInput=${(event) => onEdit(event.target.value)} onKeyDown=${keyed}></textarea>`}
    </div>
  </div>`;
}
