// Dark or light. A plain script in the head, not a module: it must run before the first paint, or a light page would
// flash in a dark room. The choice is kept for this browser; without one the system's wish is followed.
"use strict";
(() => {
  const KEY = "grayzone/theme";
  const system = matchMedia("(prefers-color-scheme: light)");
  const root = document.documentElement;

  function chosen() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage may be switched off
    }
  }

  function apply() {
    root.dataset.theme = chosen() ?? (system.matches ? "light" : "dark");
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
      button.setAttribute("aria-label", `${button.textContent} theme`);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    apply();
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.addEventListener("click", () => {
        const other = root.dataset.theme === "dark" ? "light" : "dark";
        try {
          localStorage.setItem(KEY, other);
        } catch {
          root.dataset.theme = other; // then it holds until the page is closed
        }
        apply();
      });
    }
  });
  system.addEventListener("change", apply);
  apply();
})();
