// Small messages in the corner. A hint goes by itself or with the next key; news that matter stay until closed.

import { withKey } from "/assets/words.js";

const HINT_MS = 6_000;
const box = document.getElementById("notice");
let timer = null;

export function say(text, stays = false) {
  // Something important is not pushed aside by a passing hint.
  if (!stays && box.dataset.stays) return;
  hush();
  if (!text) return;
  const words = document.createElement("p");
  words.textContent = text;
  box.append(words);
  if (!stays) {
    timer = setTimeout(hush, HINT_MS);
    return;
  }
  box.dataset.stays = "yes";
  const close = document.createElement("button");
  close.type = "button";
  withKey(close, "Close", "Esc");
  close.addEventListener("click", hush);
  box.append(close);
}

export function hush() {
  clearTimeout(timer);
  delete box.dataset.stays;
  box.replaceChildren();
}
