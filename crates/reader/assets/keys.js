// Which key does what, and the list of them that is shown to readers.

const COMMANDS = {
  r: "real", g: "generated", c: "comment", s: "skip", u: "undo", backspace: "undo", p: "previous", n: "next",
  "+": "nearer", "=": "nearer", "-": "farther", "−": "farther", 0: "fit", "?": "help",
  arrowleft: "left", arrowright: "right", arrowup: "up", arrowdown: "down", enter: "enter", escape: "escape",
};

/** These may be held down; every other key counts once a press. */
export const HELD = ["nearer", "farther", "left", "right", "up", "down"];

/**
 * What a key press asks for: `{ label: id }`, `{ confidence: 1..5 }`, `{ command: name }` or null.
 * `digits` says which question a digit answers at the moment, "class" or "confidence": both may use them.
 */
export function meaning(event, classes, digits) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  for (const key of names(event)) {
    const chosen = classes.find((one) => one.key.toLowerCase() === key);
    const sure = digits !== "none" && /^[1-5]$/.test(key) ? { confidence: Number(key) } : null;
    if (sure && digits === "confidence") return sure;
    if (chosen) return { label: chosen.id };
    if (sure) return sure;
  }
  for (const key of names(event)) if (Object.hasOwn(COMMANDS, key)) return { command: COMMANDS[key] };
  return null;
}

/** The key as written, then as placed: on a Greek keyboard S types ς, on a French one 1 needs Shift. */
function names(event) {
  const written = event.key.toLowerCase();
  const placed = /^(?:Key|Digit)(\w)$/.exec(event.code ?? "")?.[1].toLowerCase();
  // A Latin letter means itself, wherever the layout puts it.
  const foreign = event.key.length === 1 && !/^[a-z0-9]$/i.test(event.key) && !event.shiftKey;
  return foreign && placed ? [written, placed] : [written];
}

/** Rows of `[keys, meaning]` for the list on the start page and in the help. */
export function keyRows({ classes, ask }) {
  const rows = classes.map(({ key, name }) => [[key.toUpperCase()], name]);
  if (ask.real_or_generated) rows.push([["R"], "Real"], [["G"], "Generated"]);
  if (ask.confidence) rows.push([["1", "…", "5"], "How sure you are, once a class is chosen"]);
  if (ask.comment) rows.push([["C"], "Write a comment (Enter: back to the tile)"]);
  rows.push(
    [["S"], "Skip; it comes back at the end"],
    [["U"], "Take back the last answer (also Backspace)"],
    [["P"], "Previous tile"],
    [["N"], "Next tile"],
    [["Enter"], "Go on"],
    [["+", "−", "0"], "Zoom in, zoom out, fit"],
    [["←", "↑", "→", "↓"], "Move the zoomed tile"],
    [["?"], "This list"],
  );
  return rows;
}

export function keyList(study) {
  const list = document.createElement("dl");
  list.className = "keys";
  for (const [keys, text] of keyRows(study)) {
    const term = document.createElement("dt");
    for (const key of keys) {
      const cap = document.createElement(key === "…" ? "span" : "kbd");
      cap.textContent = key;
      term.append(cap);
    }
    const meaningOf = document.createElement("dd");
    meaningOf.textContent = text;
    const row = document.createElement("div");
    row.append(term, meaningOf);
    list.append(row);
  }
  return list;
}
