// Small line icons; each is decoration beside a name that is said.
import { html } from "./vendor/preact.js";

const PATHS = {
  run: "M7 5l11 7-11 7z",
  edit: "M4 20l4-1L19 8l-3-3L5 16zM14 7l3 3",
  copy: "M9 9h10v11H9zM5 15V4h10",
  reset: "M4 5v5h5M4.6 10a8 8 0 1 1-.4 4.5",
  stop: "M7 7h10v10H7z",
  done: "M5 13l4 4L19 7",
  fails: "M7 7l10 10M17 7L7 17",
  unknown: "M6 12h12",
  up: "M7 11l4-8c1.5 0 2.5 1 2.5 2.500V9H19l-1.500 10H7M3.500 11H7v8H3.500z",
  down: "M7 13l4 8c1.500 0 2.500-1 2.500-2.500V15H19L17.500 5H7M3.500 13H7V5H3.500z",
  share: "M12 15V3M8 7l4-4 4 4M5 12v8h14v-8",
  menu: "M4 7h16M4 12h16M4 17h16",
  add: "M12 5v14M5 12h14",
  find: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4 4",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6 6 6",
  more: "M5.500 12h.01M12 12h.01M18.500 12h.01",
  lesson: "M5 4h10l4 4v12H5zM9 12h6M9 16h6",
  below: "M12 5v14M6 13l6 6 6-6",
};

/** @param {{name: keyof typeof PATHS}} props */
export const Icon = ({ name }) => html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
