// Small pieces of sentences that several screens share.

export const tilesOf = (count) => (count === 1 ? "1 tile" : `${count} tiles`);
export const answersOf = (count) => (count === 1 ? "1 answer" : `${count} answers`);

/** What is in the way, to be read after "not saved:". */
export function trouble(failure) {
  if (failure.status === 429) return "the server asks to wait";
  if (failure.status > 0) return failure.body?.error?.replace(/\.$/, "") || "the server has a problem";
  return navigator.onLine ? "no connection" : "no connection, this device is offline";
}

/** "Go on [Enter]" on a button. */
export function withKey(button, text, key) {
  const cap = document.createElement("kbd");
  cap.textContent = key;
  button.replaceChildren(`${text} `, cap);
}
