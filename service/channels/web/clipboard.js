// Copying, also on plain http, where the browser offers no clipboard to scripts.

/** Put `text` into the clipboard; throws where that is not allowed. */
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const before = document.activeElement;
  const area = Object.assign(document.createElement("textarea"), { value: text, readOnly: true, className: "hidden" });
  area.style.whiteSpace = "pre"; // else blanks are copied as one
  (before?.closest("dialog") ?? document.body).append(area); // behind an open dialog nothing can be selected
  area.focus({ preventScroll: true });
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  before?.focus({ preventScroll: true });
  if (!copied) throw new Error("copying is not allowed here");
}
