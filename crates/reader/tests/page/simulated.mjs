// A simulated reader: reads a study through the page as people do, and keeps its own book of what it answered.

/** Runs in the page before its own scripts: which public name belongs to the picture on the screen, and what the study is. */
export const WITNESS = `{
  const ids = new WeakMap(), names = new Map(), fetched = window.fetch, made = URL.createObjectURL;
  window.fetch = async (path, options) => {
    const response = await fetched(path, options);
    if (String(path) === "/api/reader") window.witnessStudy = await response.clone().json();
    const [, id] = /^\\/api\\/tile\\/(.+)$/.exec(String(path)) ?? [];
    const blob = response.blob.bind(response);
    if (id) response.blob = async () => { const own = await blob(); ids.set(own, id); return own; };
    return response;
  };
  URL.createObjectURL = (blob) => { const url = made(blob); names.set(url, ids.get(blob)); return url; };
  window.witnessName = () => names.get(document.querySelector("#stage img").src);
}`;

const COMMENTS = ["folded at the edge", "serrated, \"sawtooth\"; 2nd look", "naïve? 5 µm, =1+1", "line 1, line 2"];

export class SimulatedReader {
  /** What was answered, by public name: { label, real, confidence, comment, changes }. */
  book = new Map();
  counts = { votes: 0, skips: 0, undone: 0, changed: 0, comments: 0, clicks: 0, reloads: 0, breaks: 0 };
  #reading;
  #random;
  #taste;
  #touch;
  #study;
  #skipped = new Set();

  /** `taste(name)`: the label that this reader is inclined to give; `touch`: on a tablet. */
  constructor(reading, { random, taste, touch }) {
    Object.assign(this, { page: reading.page });
    this.#reading = reading;
    this.#random = random;
    this.#taste = taste;
    this.#touch = touch;
  }

  /** Practice, every tile in whatever order the page shows them, the skipped ones, and the last button. With a `limit` it
   *  stops after so many tiles. */
  async readAll(limit = Infinity) {
    const reading = this.#reading;
    await reading.untilScreen("start");
    this.#study = await this.page.evaluate("witnessStudy");
    if (this.#study.practice.length > 0) {
      await this.page.press("Enter");
      while (await reading.screen() === "voting") await this.#vote(false);
    }
    await this.page.press("Enter");
    const half = Math.floor(Math.min(this.#study.items.length, limit) / 2);
    for (let screen = "voting"; screen !== "finish"; screen = await reading.screen()) {
      if (screen === "break") this.counts.breaks += 1;
      if (screen === "voting") await this.#tile();
      else await reading.moves(() => this.page.press("Enter"));
      if (this.counts.reloads === 0 && this.book.size >= half) await this.#reload();
      if (this.book.size >= limit) {
        await reading.saved();
        return;
      }
    }
    await this.#changeOfMind();
    await reading.saved();
    await this.page.until("!document.getElementById('finish').disabled");
    await this.#press("#finish");
    await this.#press("#confirm-yes");
    await reading.untilScreen("thanks");
  }

  async #tile() {
    const lot = this.#random();
    await this.#reading.look();
    const name = await this.page.evaluate("witnessName()");
    if (lot < 0.06 && !this.#skipped.has(name)) await this.#skip(name);
    else if (lot < 0.12) await this.#undo();
    else if (lot < 0.17 && this.book.size > 0) await this.#lookBack();
    else if (lot < 0.22) await this.#zoom().then(() => this.#vote(true));
    else await this.#vote(true, lot > 0.92);
  }

  async #skip(name) {
    this.#skipped.add(name);
    await this.#reading.moves(() => this.#touch ? this.#press("#skip") : this.page.press("s"));
    this.#note(name, null);
    this.counts.skips += 1;
  }

  /** Answers, takes it back, and answers otherwise. */
  async #undo() {
    const { name, before } = await this.#vote(true);
    const reading = this.#reading;
    if (await reading.screen() === "voting") await reading.look();
    await reading.moves(() => this.page.press("u"));
    await reading.look();
    if (await this.page.evaluate("witnessName()") !== name) throw new Error("undo leads to another tile");
    this.#note(name, before);
    this.counts.undone += 1;
    await this.#vote(true);
  }

  /** Goes back to the tile before and changes what is there, if it has an answer. */
  async #lookBack() {
    const reading = this.#reading;
    if (await reading.place() === 1) return;
    await reading.moves(() => this.page.press("p"));
    await reading.look();
    if (!this.book.get(await this.page.evaluate("witnessName()"))?.label) {
      await this.#vote(true); // a skipped one
      return;
    }
    await this.#change();
    await reading.moves(() => this.page.press("Enter"));
  }

  /** On the last page: one more look at the first tile. */
  async #changeOfMind() {
    const reading = this.#reading;
    await reading.moves(() => this.#press("#look-through"));
    await this.#change();
    await reading.moves(() => this.page.press("Enter"));
  }

  async #change() {
    await this.#reading.look();
    const name = await this.page.evaluate("witnessName()");
    const before = this.book.get(name);
    const label = this.#other(before.label);
    await this.#choose(label);
    await this.#reading.untilText("back-text", `Changed. Your answer is ${label.name}`);
    this.#note(name, { ...before, label: label.id });
    this.counts.changed += 1;
  }

  async #zoom() {
    for (const key of ["+", "+", "ArrowLeft", "0"]) await this.page.press(key);
  }

  /** The page goes away right after a vote, saved or not. */
  async #reload() {
    await this.page.reload();
    await this.#reading.untilScreen("start");
    await this.page.press("Enter");
    this.counts.reloads += 1;
  }

  /** One whole answer, and on to whatever comes. */
  async #vote(counts, twice = false) {
    const reading = this.#reading;
    await reading.look();
    const name = await this.page.evaluate("witnessName()");
    const before = this.book.get(name) ?? null;
    const own = this.#study.classes.find(({ id }) => id === this.#taste(name));
    const label = this.#random() < 0.15 ? this.#other(own.id) : own;
    const { ask } = this.#study;
    const answer = { label: label.id, real: null, confidence: null, comment: "" };
    if (counts && ask.comment && this.#random() < 0.08) await this.#comment();
    if (ask.real_or_generated) {
      answer.real = this.#random() < 0.6;
      await this.page.press(answer.real ? "r" : "g");
    }
    // What was typed before an undo stands there still.
    if (ask.comment) answer.comment = await this.page.evaluate("document.getElementById('comment').value");
    await reading.moves(async () => {
      await this.#choose(label, twice && !ask.confidence);
      if (ask.confidence) {
        answer.confidence = 1 + Math.floor(5 * this.#random());
        await this.page.press(String(answer.confidence));
      }
    });
    if (counts) {
      this.#note(name, answer);
      this.counts.votes += 1;
    }
    return { name, before };
  }

  async #choose(label, twice = false) {
    const place = this.#study.classes.indexOf(label);
    if (this.#touch || twice || this.#random() < 0.25) {
      this.counts.clicks += 1;
      await this.#press(`#classes button:nth-child(${place + 1})`, twice ? 2 : 1);
    } else {
      await this.page.press(label.key);
    }
  }

  async #comment() {
    const text = COMMENTS[Math.floor(this.#random() * COMMENTS.length)];
    await this.page.press("c");
    await this.page.evaluate("document.getElementById('comment').select()");
    await this.page.type(text);
    await this.page.press("Enter");
    this.counts.comments += 1;
  }

  #press(selector, times = 1) {
    return this.#touch ? this.page.tap(selector) : this.page.click(selector, times);
  }

  #other(id) {
    const others = this.#study.classes.filter((one) => one.id !== id);
    return others[Math.floor(this.#random() * others.length)];
  }

  #note(name, answer) {
    if (!name) throw new Error("the picture on the screen has no name");
    const blank = { label: null, real: null, confidence: null, comment: "" };
    const changes = (this.book.get(name)?.changes ?? 0) + 1;
    this.book.set(name, { ...blank, ...answer, changes });
  }
}

