// Search as one types: the lessons with these words at once, those nearest in meaning as soon as the service has them.
import { call } from "./api.js";

const WAIT = 150; // ms after the last key
const NEAREST = 5;
const $ = (id) => document.getElementById(id);
const field = $("q");
const lessons = [...document.querySelectorAll("[data-lesson]")].map((item) => ({ item, text: item.textContent.toLowerCase() }));
const singleKeys = () => { try { return localStorage.getItem("torchtutor.keys") !== "off"; } catch { return true; } }; // the chat's setting
let asked = 0;
let timer = 0;

const element = (tag, text, properties = {}) => Object.assign(document.createElement(tag), { textContent: text, ...properties });
const counted = (number) => (number === 1 ? "1 lesson has these words." : `${number || "No"} lessons have these words.`);

function filter(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const { item, text } of lessons) {
    item.hidden = !words.every((word) => text.includes(word));
    count += item.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".topic, .shelf")) group.hidden = !group.querySelector("[data-lesson]:not([hidden])");
  for (const nav of document.querySelectorAll(".topics")) nav.hidden = words.length > 0;
  $("nearest").hidden = !words.length;
  $("found").textContent = words.length ? counted(count) : "";
}

function draw({ matches }) {
  if ($("nearest").contains(document.activeElement)) return; // one of them was chosen: it stays under the next key
  $("nearest").querySelector("ol").replaceChildren(...matches.map(({ entry_id, question }) => {
    const item = element("li", "");
    const link = item.appendChild(element("a", "", { href: `/entries/${encodeURIComponent(entry_id)}` }));
    link.append(element("bdi", question));
    return item;
  }));
}

async function search(query) {
  const mine = ++asked;
  if (!query) return;
  try {
    const found = await call("GET", `/v1/search?k=${NEAREST}&q=${encodeURIComponent(query)}`);
    if (mine === asked) draw(found);
  } catch (error) {
    if (mine === asked) $("found").textContent += ` Nothing nearer was found: ${error.message}`;
  }
}

function typed() {
  const query = field.value.trim();
  filter(query);
  history.replaceState(null, "", query ? `/browse?q=${encodeURIComponent(query)}` : "/browse");
  clearTimeout(timer);
  timer = setTimeout(() => search(query), WAIT);
}

const links = () => [...document.querySelectorAll(".lessons a")].filter((link) => link.checkVisibility());

function move(step) {
  const all = links();
  const at = all.indexOf(document.activeElement) + step;
  (at < 0 ? field : all[Math.min(at, all.length - 1)] ?? field).focus();
}

field.addEventListener("input", typed);
field.form.addEventListener("submit", (submit) => {
  submit.preventDefault();
  links()[0]?.focus();
});
document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || key.isComposing) return;
  const inside = field === document.activeElement || document.activeElement?.closest(".lessons");
  if (key.key === "/" && document.activeElement !== field && singleKeys()) field.focus();
  else if (key.key === "Escape" && field.value) {
    field.value = "";
    field.focus();
    typed();
  } else if (key.key === "ArrowDown" && inside) move(1);
  else if (key.key === "ArrowUp" && inside && document.activeElement !== field) move(-1);
  else return;
  key.preventDefault();
});
if (field.value) filter(field.value.trim());
