// Small pieces of sentences that several screens share.

export const tilesOf = (count) => (count === 1 ? "1 tile" : `${count} tiles`);
export const answersOf = (count) => (count === 1 ? "1 answer" : `${count} answers`);

/** What is in the way, to be read after "not saved:". */
export function trouble(failure) {
  if (failure.status === 429) return "the server asks to wait";
  if (failure.status > 0) return failure.body?.error?.replace(/^not saved: |\.$/g, "") || "the server has a problem";
  return navigator.onLine ? "no connection" : "no connection, this device is offline";
}

/** What went wrong and what to do, as sentences. */
export function sentences({ message, hint }) {
  const whole = (text) => `${text[0].toUpperCase()}${text.slice(1).replace(/\.$/, "")}.`;
  return [message, hint].filter(Boolean).map(whole).join(" ");
}

/** "Go on [Enter]" on a button. */
export function withKey(button, text, key) {
  const cap = document.createElement("kbd");
  cap.textContent = key;
  button.replaceChildren(`${text} `, cap);
}
