// The reading itself: which tile is up, the answer being given, and where to go from there.

import { Stopwatch } from "/assets/clock.js";

/** Nobody judges a tile faster; anything sooner is the end of a double click or a bouncing key. */
const TOO_SOON_MS = 250;
/** Tiles kept ready after the one on the screen. */
const AHEAD = 4;
const NOTHING = { label: null, real: null, confidence: null, comment: "" };
const OPEN_QUESTIONS = { label: "the class", real: "real or generated", confidence: "how sure you are" };

export class Voting {
  #study;
  #round;
  #practice;
  #tiles;
  #viewer;
  #panel;
  #on;
  #parts; // what makes an answer whole: "label" and the asked ones
  #clock = new Stopwatch();
  #index = -1;
  #open = false;
  #openedAt = 0;
  #shownAt = null; // when the tile came up on the screen
  #draft = NOTHING;
  #given = []; // parts of the draft, in the order they were given
  #drafts = new Map(); // unfinished answers of tiles that were left
  #seen = new Map(); // milliseconds of tiles that were left without a change
  #undo = []; // { index, before }
  #sinceBreak = 0;
  #onlySkipped = false;

  /** `on`: `opened()`, before a tile comes up; `waiting(yes)`, while it is not there yet; `end(screen)` with "break",
   *  "skipped" or "finish"; `say(text)`. `waiting(false)` comes when the tile has been painted. */
  constructor({ study, round, practice, tiles, viewer, panel, on }) {
    this.#study = study;
    this.#round = round;
    this.#practice = practice;
    this.#tiles = tiles;
    this.#viewer = viewer;
    this.#panel = panel;
    this.#on = on;
    const { ask } = study;
    this.#parts = ["label", ...(ask.real_or_generated ? ["real"] : []), ...(ask.confidence ? ["confidence"] : [])];
  }

  /** The first tile without an answer, wherever the reader stopped. */
  begin() {
    this.#index = -1;
    this.goOn();
  }

  beginSkipped() {
    this.#onlySkipped = true;
    this.#show(this.#round.nextSkipped(-1));
  }

  lookThrough() {
    this.#show(0);
  }

  /** To whatever comes after this tile. */
  goOn() {
    const round = this.#round;
    const next = round.nextUnanswered(this.#index);
    const skipped = this.#onlySkipped ? round.nextSkipped(this.#index) : -1;
    if (next >= 0 || skipped >= 0) {
      if (this.#breakIsDue()) this.#end("break");
      else this.#show(next >= 0 ? next : skipped);
    } else if (round.counts().skipped > 0 && !this.#practice) {
      this.#onlySkipped = false;
      this.#end("skipped");
    } else {
      this.#end("finish");
    }
  }

  leave() {
    if (!this.#open) return;
    this.#open = false;
    const id = this.#round.id(this.#index);
    this.#seen.set(id, (this.#seen.get(id) ?? 0) + this.#clock.take());
    if (this.#fresh() && (this.#given.length > 0 || this.#draft.comment)) this.#drafts.set(id, this.#draft);
  }

  give(part, value) {
    if (!this.#ready() || !this.#parts.includes(part)) return;
    this.#draft = { ...this.#draft, [part]: value };
    this.#given = [...this.#given.filter((one) => one !== part), part];
    if (this.#missing().length === 0) this.#store();
    else this.#draw();
  }

  comment(text) {
    this.#draft = { ...this.#draft, comment: text };
  }

  commentDone() {
    if (this.#open && !this.#fresh()) this.#store();
  }

  skip() {
    if (!this.#open || performance.now() - this.#openedAt < TOO_SOON_MS) return;
    if (!this.#fresh()) {
      this.#on.say("This tile has an answer already. A new answer replaces it.");
    } else if (this.#round.skipped(this.#index)) {
      this.goOn();
    } else {
      this.#change({ ...NOTHING, comment: this.#draft.comment, skipped: true });
      this.goOn();
    }
  }

  undo() {
    if (this.#open && this.#fresh() && this.#given.length > 0) {
      this.#draft = { ...this.#draft, [this.#given.pop()]: null };
      this.#draw();
      return;
    }
    const last = this.#undo.pop();
    if (!last) {
      this.#on.say("There is nothing to take back since this page was opened. P shows earlier tiles.");
      return;
    }
    this.leave();
    const { index, before } = last;
    const taken = this.#round.answer(index);
    this.#round.change(index, before ?? { ...NOTHING, skipped: false }, 0);
    // What was typed is not typed again.
    if (!before && taken?.comment) this.#drafts.set(this.#round.id(index), { ...NOTHING, comment: taken.comment });
    this.#sinceBreak = Math.max(0, this.#sinceBreak - 1);
    this.#show(index);
    this.#on.say(`Taken back: tile ${index + 1}.`);
  }

  previous() {
    if (this.#index > 0) this.#show(this.#index - 1);
    else this.#on.say("This is the first tile.");
  }

  next() {
    if (this.#round.answer(this.#index) === null) this.#on.say("Please answer this tile, or skip it with S.");
    else if (this.#index + 1 < this.#round.length) this.#show(this.#index + 1);
    else this.goOn();
  }

  enter() {
    if (!this.#fresh()) {
      this.goOn();
    } else if (this.#given.length > 0) {
      const open = this.#missing().map((part) => OPEN_QUESTIONS[part]);
      this.#on.say(`Still open: ${open.join(", ")}.`);
    }
  }

  /** Which question a digit answers now: classes and confidence may share the digits. */
  digits() {
    if (!this.#study.ask.confidence) return "none";
    return this.#draft.label === null || !this.#fresh() ? "class" : "confidence";
  }

  arrived(id, image) {
    if (this.#open && this.#shownAt === null && id === this.#round.id(this.#index)) this.#reveal(image);
  }

  /** The help lies over the tile, or is gone again. */
  covered(yes) {
    if (yes) this.#clock.stop();
    else if (this.#open && this.#shownAt !== null) this.#clock.start();
  }

  /** The server knows a newer answer of this tile. */
  takenOver(id) {
    const index = this.#round.indexOf(id);
    this.#undo = this.#undo.filter((one) => one.index !== index);
    this.#drafts.delete(id);
    if (!this.#open) return;
    if (index === this.#index || !this.#fresh()) {
      this.#draft = draftOf(this.#round.answer(this.#index));
      this.#given = [];
    }
    this.#draw();
  }

  isCurrent(id) {
    return this.#open && this.#round.id(this.#index) === id;
  }

  /** Words that would be lost with the page. */
  hasUnsentComment() {
    return this.#open && this.#draft.comment !== (this.#round.answer(this.#index)?.comment ?? "");
  }

  #show(index) {
    this.leave();
    const round = this.#round;
    const id = round.id(index);
    this.#index = index;
    this.#open = true;
    this.#openedAt = performance.now();
    this.#shownAt = null;
    this.#draft = this.#drafts.get(id) ?? draftOf(round.answer(index));
    this.#given = this.#fresh() ? this.#parts.filter((part) => this.#draft[part] !== null) : [];
    // The old tile goes before the new question comes: they are never seen together.
    this.#viewer.clear();
    this.#on.opened();
    this.#draw();
    const before = index > 0 ? [round.id(index - 1)] : [];
    this.#tiles.want([id, ...round.upcoming(index, AHEAD), ...before]);
    this.#on.waiting(true);
    const image = this.#tiles.get(id);
    if (image) this.#reveal(image);
  }

  #reveal(image) {
    this.#viewer.show(image);
    const index = this.#index;
    // The second frame begins when the first, with the tile in it, has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (!this.#open || this.#index !== index || this.#shownAt !== null) return;
      this.#shownAt = performance.now();
      this.#clock.start();
      this.#on.waiting(false);
    }));
  }

  #end(screen) {
    this.leave();
    this.#viewer.clear();
    if (screen === "break") this.#sinceBreak = 0;
    this.#panel.progress("So far", this.#round.counts(), this.#round.length);
    this.#on.end(screen);
  }

  #store() {
    const answer = { ...this.#draft, skipped: false };
    const standing = this.#round.answer(this.#index);
    if (standing && Object.keys(answer).every((key) => answer[key] === standing[key])) {
      this.#draw();
      return;
    }
    const fresh = this.#fresh();
    this.#change(answer);
    if (fresh) {
      this.goOn();
    } else {
      this.#draw("Changed. ");
      this.#clock.start();
    }
  }

  #change(answer) {
    const index = this.#index;
    const id = this.#round.id(index);
    const before = this.#round.answer(index);
    const milliseconds = (this.#seen.get(id) ?? 0) + this.#clock.take();
    this.#seen.delete(id);
    this.#drafts.delete(id);
    this.#given = [];
    this.#draft = { ...answer };
    delete this.#draft.skipped;
    if (before?.label == null) this.#sinceBreak += 1;
    this.#undo.push({ index, before });
    this.#round.change(index, answer, milliseconds);
  }

  /** Whether the tile still waits for its answer (a skipped one does). */
  #fresh() {
    return this.#round.label(this.#index) === null;
  }

  #ready() {
    return this.#open && this.#shownAt !== null && performance.now() - this.#shownAt >= TOO_SOON_MS;
  }

  #missing() {
    return this.#parts.filter((part) => this.#draft[part] === null);
  }

  #breakIsDue() {
    const every = this.#practice ? 0 : this.#study.break_every;
    return every > 0 && this.#sinceBreak >= every;
  }

  #draw(news = "") {
    const label = this.#round.label(this.#index);
    const fresh = label === null;
    const name = this.#study.classes.find(({ id }) => id === label)?.name;
    let back = null;
    if (!fresh) back = `${news}Your answer is ${name}. A new answer replaces it.`;
    else if (this.#round.skipped(this.#index) && !this.#onlySkipped) back = "You have skipped this tile.";
    this.#panel.draw({
      draft: this.#draft,
      counts: this.#round.counts(),
      index: this.#index,
      length: this.#round.length,
      practice: this.#practice,
      back,
      waitsFor: fresh && this.#parts.length > 1 ? this.#missing()[0] : null,
    });
  }
}

function draftOf(answer) {
  if (!answer) return NOTHING;
  const { label, real, confidence, comment } = answer;
  return { label, real: real ?? null, confidence: confidence ?? null, comment: comment ?? "" };
}
