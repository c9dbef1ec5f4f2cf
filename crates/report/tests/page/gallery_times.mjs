// How long the gallery takes to answer: from the event until the list says its new state, until all pictures in view are drawn, and until
// they are on the screen; and how much of that the page's thread itself computed, which other work of the machine does not lengthen.

import { GalleryPage } from "./gallery_page.mjs";

const TRIES = 9;

/** Milliseconds that the page's thread has computed. */
async function computed(page) {
  const { metrics } = await page.call("Performance.getMetrics");
  return 1000 * metrics.find(({ name }) => name === "TaskDuration").value;
}

/** Runs `act` in the page and waits for `done` and for the frame that shows it; milliseconds of the middle and of the slowest of some tries. */
async function time(page, name, acts, done) {
  const all = [];
  for (let i = 0; i < TRIES; i += 1) {
    const before = await computed(page);
    const one = await page.evaluate(`new Promise(async (resolve) => {
      const frame = () => new Promise((next) => requestAnimationFrame(next));
      await frame();
      const begun = performance.now();
      ${acts[i % acts.length]};
      const acted = performance.now();
      while (!(${done})) await new Promise((next) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = next; port2.postMessage(0); });
      const drawn = performance.now();
      await frame();
      await new Promise((next) => setTimeout(next));
      resolve([acted - begun, drawn - begun, performance.now() - begun]);
    })`);
    all.push([...one, await computed(page) - before]);
  }
  const of = (k) => {
    const sorted = all.map((one) => one[k]).sort((a, b) => a - b);
    return `${sorted[TRIES >> 1].toFixed(0)} (${sorted.at(-1).toFixed(0)})`;
  };
  console.log(`${name.padEnd(28)} listed ${of(0).padStart(9)}   drawn ${of(1).padStart(9)}   on screen ${of(2).padStart(9)}   computed ${of(3).padStart(9)}   ms, middle (slowest) of ${TRIES}`);
}

export const times = [{
  name: "times",
  async check({ page, report }) {
    const gallery = new GalleryPage(page);
    await page.call("Performance.enable", { timeDomain: "threadTicks" });
    const begun = Date.now();
    await gallery.open(report);
    console.log(`opened in ${Date.now() - begun} ms: ${await gallery.count()}, ${await page.evaluate("document.querySelectorAll('*').length")} elements`);
    console.log(`the page's thread computed ${(await computed(page)).toFixed(0)} ms until then`);
    await page.evaluate("document.getElementById('gallery').scrollIntoView({ behavior: 'instant' })");
    const ready = "document.getElementById('gallery-cards').ariaBusy === 'false'";
    const choose = (name, value) => `{ const field = document.getElementById("gallery-controls").elements.${name}; field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event("input", { bubbles: true })); }`;
    await time(page, "sort by a number", ["ssim", "judge", "periodicity", "drop"].map((key) => choose("sort", key)), ready);
    await time(page, "order the other way", ["up", "down"].map((key) => choose("order", key)), ready);
    await time(page, "filter by label", ["kept", "rejected-scorer", "split", ""].map((key) => choose("kept", key)), ready);
    await time(page, "search", ["1", "12", "3", ""].map((key) => choose("search", key)), ready);
    await time(page, "another selectivity", ["0", "2", "1"].map((key) => choose("phi", key)), ready);
    await time(page, "next page", ["document.querySelector('#gallery-pages [data-turn=\"1\"]').click()"], ready);
    const view = (name) => `document.querySelector("[name=gallery-view][value=${name}]").click()`;
    await time(page, "another view", ["difference", "saliency", "pair", "wipe"].map(view), ready);
    await page.evaluate(view("wipe"));
    await time(page, "all sliders", ["10", "90", "50"].map((at) => `{ const all = document.getElementById("gallery-wipes"); all.value = ${at}; all.dispatchEvent(new Event("input")); }`), "true");
    await time(page, "one slider", ["10", "90", "50"].map((at) => `{ const one = document.querySelector(".card .wipe"); one.value = ${at}; one.dispatchEvent(new Event("input")); }`), "true");
    const large = "document.querySelector('#gallery-large .selectivities canvas').width > 1";
    await time(page, "open in large", [0, 5, 11].map((i) => `document.getElementById("gallery-large").close(); document.querySelectorAll(".card .name button")[${i}].click()`), large);
    await time(page, "next tile in large", ["document.querySelector('#gallery-large [data-turn=\"1\"]').click()"], large);
  },
}];
