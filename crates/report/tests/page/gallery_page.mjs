// The gallery of an open report, as somebody who uses it sees it, and the run's tables beside it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../../../reader/tests/page/chromium.mjs";

/** A table of the run by the names of its tiles. */
export function table(run, path) {
  const [header, ...lines] = readFileSync(join(run, path), "utf8").trim().split("\n").map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(header.map((name, i) => {
    const number = cells[i] === "" ? NaN : Number(cells[i]);
    return [name, Number.isNaN(number) ? cells[i] : number];
  })));
}

export const fileName = (image) => image.slice(image.lastIndexOf("/") + 1);

export class GalleryPage {
  constructor(page) {
    this.page = page;
  }

  async open(report) {
    await this.page.goto(report);
    await this.page.until("document.getElementById('gallery-live')?.hidden === false");
    await this.drawn();
  }

  /** Until the pictures of the cards in view are there. */
  async drawn() {
    await this.page.until("document.getElementById('gallery-cards').ariaBusy === 'false'");
    await sleep(0);
  }

  /** Chooses in a list of the controls, or types into a field, as a person does: by events. */
  async set(name, value) {
    await this.page.evaluate(`(() => { const field = document.getElementById("gallery-controls").elements[${JSON.stringify(name)}];
      field.value = ${JSON.stringify(String(value))};
      field.dispatchEvent(new Event("input", { bubbles: true })); })()`);
    await this.drawn();
  }

  /** Clicks on something, away from the bar on top. */
  async click(selector) {
    await this.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).scrollIntoView({ block: "center", behavior: "instant" })`);
    await this.page.click(selector);
  }

  async view(name) {
    await this.click(`#gallery-live > .views [value=${name}]`);
    await this.drawn();
  }

  async turn(by) {
    await this.click(`#gallery-pages [data-turn="${by}"]`);
    await this.drawn();
  }

  async count() {
    return this.page.evaluate("document.getElementById('gallery-count').textContent");
  }

  /** The names of the cards in view. */
  async names() {
    return this.page.evaluate("[...document.querySelectorAll('.card:not([hidden]) .short')].map((name) => name.textContent)");
  }

  /** Pixels of a canvas as a flat array of red, green, blue. */
  async pixels(selector) {
    return this.page.evaluate(`(() => { const canvas = document.querySelector(${JSON.stringify(selector)});
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [...data].filter((_, i) => i % 4 < 3); })()`);
  }

  async focused() {
    return this.page.evaluate("document.activeElement.querySelector?.('.short')?.textContent ?? document.activeElement.id");
  }
}
