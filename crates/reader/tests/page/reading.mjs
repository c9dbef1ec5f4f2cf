// A reader at the page: presses keys and buttons, and sees what a person would see.

import { sleep } from "./chromium.mjs";

/** The page takes no answer in a tile's first quarter of a second. */
const LOOK_MS = 290;

export class Reading {
  constructor(page) {
    this.page = page;
  }

  async open(link) {
    await this.page.goto(link);
    await this.page.until("!(document.querySelector('[data-screen=loading]') ?? loading).checkVisibility()", "the study to load");
  }

  screen() {
    return this.page.evaluate("document.querySelector('[data-screen]:not([hidden])').dataset.screen");
  }

  untilScreen(name) {
    return this.page.until(`document.querySelector('[data-screen=${name}]')?.hidden === false`, `the screen "${name}"`);
  }

  text(id) {
    return this.page.evaluate(`document.getElementById(${JSON.stringify(id)}).innerText.trim()`);
  }

  untilText(id, part) {
    const expression = `document.getElementById('${id}').innerText.includes(${JSON.stringify(part)})`;
    return this.page.until(expression, `"${part}" in ${id}`);
  }

  /** 1 for the first tile. */
  async place() {
    return Number(/(\d+) of/.exec(await this.text("position"))[1]);
  }

  /** From the start page to the first open tile of the study. */
  async begin() {
    await this.untilScreen("start");
    const other = "document.getElementById('start-other')";
    if (await this.page.evaluate(`!${other}.hidden`)) await this.page.evaluate(`${other}.click()`);
    else await this.page.press("Enter");
    await this.look();
  }

  /** Until the tile has been on the screen long enough to be judged. */
  async look() {
    await this.page.until("document.querySelector('#stage img') && stage.getAttribute('aria-busy') === 'false'", "the tile");
    await sleep(LOOK_MS);
  }

  /** One look, one key; returns when something else is on the screen. */
  async key(key) {
    await this.look();
    await this.moves(() => this.page.press(key));
  }

  /** Does something that must lead to another tile or screen. */
  async moves(act) {
    const mark = "document.querySelector('[data-screen]:not([hidden])').dataset.screen + position.textContent";
    const before = await this.page.evaluate(mark);
    await act();
    await this.page.until(`(${mark}) !== ${JSON.stringify(before)}`, "the next tile");
  }

  /** The keys of the answers, given until no tile is open; `keyOf(place)` chooses. */
  async all(keyOf) {
    while ((await this.screen()) === "voting") await this.key(keyOf(await this.place()));
  }

  saved() {
    return this.page.until("state.textContent === 'Saved'", "the line to say Saved");
  }
}
