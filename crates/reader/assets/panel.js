// The questions beside the tile: their buttons, which of them are pressed, and the way back and forth.

const element = (id) => document.getElementById(id);

export class Panel {
  #study;
  #buttons = []; // { part, value, button }
  #comment = element("comment");

  /** `on`: `give(part, value)`, `comment(text)`, `commentDone()`, and one function for each step's name. */
  constructor(study, on) {
    this.#study = study;
    const { classes, ask } = study;
    element("question").textContent = study.question;
    for (const { id, name, key } of classes) this.#choice("classes", "label", id, name, key.toUpperCase(), on);
    element("classes").classList.toggle("many", classes.length > 5);
    element("classes").classList.toggle("short", classes.length > 5 && classes.every(({ name }) => name.length <= 6));
    if (ask.real_or_generated) {
      this.#choice("real", "real", true, "Real", "R", on);
      this.#choice("real", "real", false, "Generated", "G", on);
    }
    for (let sure = 1; ask.confidence && sure <= 5; sure += 1) {
      this.#choice("confidence", "confidence", sure, String(sure), "", on);
    }
    element("ask-real").hidden = !ask.real_or_generated;
    element("ask-confidence").hidden = !ask.confidence;
    element("ask-comment").hidden = !ask.comment;

    this.#comment.addEventListener("input", () => on.comment(this.#comment.value));
    this.#comment.addEventListener("change", () => on.commentDone());
    this.#comment.addEventListener("keydown", (event) => {
      const leaves = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey);
      if (!leaves || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      this.#comment.blur(); // and that is a "change"
    });
    for (const step of ["skip", "undo", "previous", "next"]) element(step).addEventListener("click", () => on[step]());
    element("back-go").addEventListener("click", () => on.goOn());
    element("practice-end").addEventListener("click", () => on.endPractice());
  }

  writeComment() {
    if (this.#study.ask.comment) this.#comment.focus();
  }

  /** `back`: the sentence on an answered tile, or null; `waitsFor`: the part that digits answer. */
  draw({ draft, counts, index, length, practice, back, waitsFor }) {
    for (const { part, value, button } of this.#buttons) {
      button.setAttribute("aria-pressed", String(draft[part] === value));
    }
    for (const [id, part] of [["classes", "label"], ["real", "real"], ["confidence", "confidence"]]) {
      element(id).closest(".ask").classList.toggle("waits", part === waitsFor);
    }
    if (this.#comment.value !== draft.comment) this.#comment.value = draft.comment;
    element("practice-mark").hidden = !practice;
    element("back").hidden = back === null;
    element("back-text").textContent = back ?? "";

    this.progress(`${practice ? "Practice tile" : "Tile"} ${index + 1} of ${length}`, counts, length);
  }

  /** The line on top; `position` says where the reader is. */
  progress(position, { answered, skipped }, length) {
    element("progress").hidden = false;
    element("position").textContent = position;
    const bar = element("bar");
    bar.max = length;
    bar.value = answered;
    element("counts").textContent = skipped > 0 ? `${answered} answered, ${skipped} skipped` : `${answered} answered`;
  }

  #choice(group, part, value, name, key, on) {
    const button = document.createElement("button");
    button.type = "button";
    if (key) {
      const cap = document.createElement("kbd");
      cap.textContent = key;
      button.append(cap);
      button.setAttribute("aria-keyshortcuts", key);
    }
    const text = document.createElement("span");
    text.textContent = name;
    button.append(text);
    button.addEventListener("click", (event) => {
      // The second click of a double click would land on the next tile.
      if (event.detail <= 1) on.give(part, value);
    });
    element(group).append(button);
    this.#buttons.push({ part, value, button });
  }
}
