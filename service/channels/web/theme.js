// Light, dark, or what the system says. A classic script in <head>, so that no page shows the wrong one first; fills
// every <div data-theme-switch> with three buttons, and each element that a `theme-switch` event comes from.
(() => {
  const KEY = "torchtutor.theme";
  const THEMES = [["system", "Auto", "Follow the system"], ["light", "Light", "Light"], ["dark", "Dark", "Dark"]];
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const chosen = () => root.dataset.theme ?? "system";

  function choose(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    for (const button of document.querySelectorAll(".theme-switch button"))
      button.setAttribute("aria-pressed", String(button.value === chosen()));
  }

  function fill(place) {
    place.className = "theme-switch";
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Colours");
    place.replaceChildren(...THEMES.map(([value, text, title]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", value, textContent: text, title });
      button.onclick = () => { try { localStorage.setItem(KEY, value); } catch { /* kept for this page only */ } choose(value); };
      return button;
    }));
    choose(chosen());
  }

  choose(stored());
  addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-theme-switch]").forEach(fill));
  addEventListener("theme-switch", (event) => fill(event.target)); // from a script that made such a place later
  addEventListener("storage", (event) => event.key === KEY && choose(event.newValue));
})();
