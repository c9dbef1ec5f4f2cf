// Touch, zoom, breaks, time, links, and the coordinator's page.

import assert from "node:assert/strict";
import { sleep } from "./chromium.mjs";

const TABLET = { width: 820, height: 1180, ratio: 2, touch: true };
const tile = "(() => { const b = document.querySelector('#stage img').getBoundingClientRect();"
  + " return { x: b.x, y: b.y, width: b.width, height: b.height }; })()";
const natural = "document.querySelector('#stage img').naturalWidth";

export const moreScenarios = [
  {
    name: "by keyboard alone, every button within reach and in sight",
    study: { practice: 2, ask: { comment: true } },
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      async function tabTo(id) {
        for (let i = 0; i < 40; i += 1) {
          if (await page.evaluate(`document.activeElement.id === ${JSON.stringify(id)}`)) {
            const outline = await page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)");
            assert.ok(outline >= 2, `the focus on ${id} is seen`);
            return;
          }
          await page.press("Tab");
        }
        assert.fail(`Tab does not lead to ${id}`);
      }
      await reading.untilScreen("start");
      await page.press("Enter");
      await reading.look();
      await tabTo("practice-end");
      await page.press("Enter");
      await reading.untilText("start-title", "Practice is over");
      await page.press("Enter");
      await reading.look();
      for (const id of ["farther", "nearer", "fit", "skip", "undo", "previous", "next"]) await tabTo(id);
      await tabTo("comment");
      await page.type("folded");
      await page.press("Escape");
      await reading.key("1");
      await tabTo("skip");
      await reading.look();
      await reading.moves(() => page.press(" "));
      while ((await reading.screen()) === "voting") await reading.key("2");
      await page.press("Enter"); // the skipped one
      await reading.key("1");
      await reading.untilScreen("finish");
      await reading.saved();
      await tabTo("finish");
      await page.press("Enter");
      assert.equal(await page.evaluate("document.activeElement.id"), "confirm-no", "Enter again would not finish");
      await page.press("Escape");
      await page.until("!document.getElementById('confirm').open");
      await tabTo("finish");
      await page.press("Enter");
      await tabTo("confirm-yes");
      await page.press("Enter");
      await reading.untilScreen("thanks");
      assert.equal((await study.answers())[0].comment, "folded");
    },
  },
  {
    name: "a tablet: touch, both ways up",
    async run({ study, open }) {
      const reading = await open({ size: TABLET });
      const { page } = reading;
      const narrow = "document.documentElement.scrollWidth <= innerWidth";
      assert.ok(await page.evaluate(narrow));
      await page.tap("#start-go");
      await reading.look();
      if (await page.evaluate("!document.getElementById('practice-mark').hidden")) {
        await page.tap("#practice-end");
        await page.tap("#start-go");
        await reading.look();
      }
      for (const size of [TABLET, { ...TABLET, width: 1180, height: 820 }]) {
        await page.size(size);
        await sleep(200);
        assert.ok(await page.evaluate(narrow), "no horizontal scrolling");
        assert.ok(await page.evaluate("document.documentElement.scrollHeight <= innerHeight"), "all of it on the screen");
        const small = await page.evaluate(`[...document.querySelectorAll("button")].filter((b) => b.checkVisibility())
          .filter((b) => Math.min(b.offsetWidth, b.offsetHeight) < 44).map((b) => b.textContent)`);
        assert.deepEqual(small, [], "fingers find every button");
        assert.ok((await page.evaluate(tile)).width >= 420, "the tile is large");
        await pinchAndPan(reading);
      }
      await reading.moves(() => page.tap("#classes button"));
      await reading.look();
      await sleep(600); // or the tap before would make this one the second of a double tap
      await page.tap("#classes button");
      await page.tap("#classes button"); // a double tap
      await sleep(700);
      assert.equal(await reading.place(), 3);
      await reading.saved();
      assert.equal((await study.answers()).filter(Boolean).length, 2);
    },
  },
  {
    name: "zoom: whole pixels, the point under the wheel stays, the scale bar follows",
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      const { micrometers_per_pixel: micrometers } = await study.reader();
      await reading.begin();
      await reading.look();
      for (const ratio of [1, 1.5, 2]) {
        await page.size({ width: 1440, height: 900, ratio });
        await sleep(200);
        for (const key of ["0", "+", "+", "+", "-"]) {
          await page.press(key);
          const { x, width } = await page.evaluate(tile);
          const zoom = (width * ratio) / (await page.evaluate(natural));
          assert.ok(Math.abs(zoom - Math.round(zoom)) < 1e-3, `${zoom} screen pixels a tile pixel`);
          assert.ok(Math.abs(x * ratio - Math.round(x * ratio)) < 0.02, "on the screen's grid");
          assert.equal(await page.evaluate("getComputedStyle(document.querySelector('#stage img')).imageRendering"), "pixelated");
          if (!micrometers) continue;
          const bar = await page.evaluate("scale.firstElementChild.getBoundingClientRect().width");
          const [, length, unit] = /([\d.]+) (µm|mm)/.exec(await reading.text("scale"));
          const true_ = ((bar * ratio) / zoom) * micrometers;
          assert.ok(Math.abs(true_ / (length * (unit === "mm" ? 1000 : 1)) - 1) < 0.01, "the bar is as long as it says");
          assert.match(length.replace(".", ""), /^0*[125]0*$/);
        }
      }
      await page.size({ width: 1440, height: 900 });
      await page.press("0");
      await sleep(100);
      for (let i = 0; i < 4; i += 1) await page.press("+"); // now the tile is larger than its place, and can move
      const before = await page.evaluate(tile);
      const at = { x: before.x + before.width * 0.4, y: before.y + before.height * 0.6 };
      await page.wheel(at.x, at.y, -240);
      await page.until(`${tile}.width > ${before.width}`);
      const after = await page.evaluate(tile);
      const shares = [(at.x - after.x) / after.width, (at.y - after.y) / after.height];
      assert.ok(Math.hypot(shares[0] - 0.4, shares[1] - 0.6) < 0.01, `the point under the wheel stays: ${shares}`);
      await page.press("ArrowRight");
      const moved = await page.evaluate(tile);
      assert.ok(moved.x < after.x);
      await page.press("0");
      assert.equal(await reading.text("zoom"), "100 %");
      await page.press("?");
      assert.ok(await page.evaluate("help.open"));
      await page.press("1");
      await page.press("Escape");
      await page.until("!help.open");
      assert.equal(await reading.place(), 1, "no vote through the help");
    },
  },
  {
    name: "a break is offered, and takes no vote",
    study: { breakEvery: 5 },
    async run({ study, open }) {
      const reading = await open();
      await reading.begin();
      for (let i = 0; i < 5; i += 1) await reading.key(i === 2 ? "s" : "1");
      assert.equal(await reading.screen(), "break");
      for (const key of ["1", "s", "2"]) await reading.page.press(key);
      await sleep(300);
      assert.equal(await reading.screen(), "break");
      await reading.page.press("Escape");
      await reading.look();
      assert.equal(await reading.place(), 6);
      await reading.key("2");
      await reading.saved();
      assert.equal((await study.answers()).filter(Boolean).length, 6);
    },
  },
  {
    name: "time runs only while the tile can be seen",
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      const visibility = (value) => page.evaluate(`Object.defineProperty(document, "visibilityState",
        { configurable: true, get: () => "${value}" }); document.dispatchEvent(new Event("visibilitychange"))`);
      const begun = Date.now();
      await reading.begin();
      await visibility("hidden");
      await sleep(3000);
      await visibility("visible");
      await page.press("?");
      await sleep(2000);
      await page.press("Escape");
      await reading.key("1");
      const unseen = 5000;
      const most = Date.now() - begun - unseen;
      await reading.key("p");
      await sleep(1500);
      await reading.key("n");
      await reading.key("2");
      await reading.saved();
      const [first, second] = study.votes.map(({ milliseconds }) => milliseconds);
      assert.ok(first >= 250 && first <= most, `the hidden tab and the help do not count: ${first} of ${most}`);
      assert.ok(second >= 500, `both looks count: ${second}`);
    },
  },
  {
    name: "slow tiles: the old one is never seen under the new question",
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      study.faults.latency = 900;
      await reading.begin();
      await page.evaluate(`window.pairs = []; new MutationObserver(() => requestAnimationFrame(() =>
        pairs.push([position.textContent, document.querySelector("#stage img")?.src ?? ""])))
        .observe(document.getElementById("position"), { childList: true })`);
      const right = new Map();
      for (let i = 0; i < 4; i += 1) {
        await reading.look();
        right.set(await reading.text("position"), await page.evaluate("document.querySelector('#stage img').src"));
        await reading.key("1");
      }
      await reading.page.press("2"); // no tile yet: no vote
      await reading.look();
      assert.equal(await reading.place(), 5);
      const seen = await page.evaluate("pairs");
      assert.equal(seen.length, 4);
      for (const [place, source] of seen) {
        assert.ok(source === "" || !right.has(place) || source === right.get(place), `another tile's picture at ${place}`);
      }
      assert.equal(new Set(right.values()).size, 4);
      await reading.saved();
      assert.equal((await study.answers()).filter(Boolean).length, 4);
    },
  },
  {
    name: "a vote that the server refuses is told, and the tile comes again",
    async run({ study, open }) {
      const reading = await open();
      const [, second] = (await study.reader()).classes.map(({ id }) => id);
      await reading.begin();
      study.faults.votes.push(422);
      await reading.key("1");
      await reading.untilText("notice", "The answer to tile 1 could not be saved");
      await reading.key("1");
      study.faults.votes.push({ rival: second });
      await reading.key("1");
      await reading.untilText("notice", `Tile 3 was answered in another window. That answer stays: ${second}.`);
      await reading.all(() => "1");
      await reading.saved();
      const answers = await study.answers();
      assert.ok(answers.every(({ label, revision }) => label && revision === 1));
      assert.equal(answers[2].label, second);
      reading.page.complaints.length = 0;
    },
  },
  {
    name: "a wrong link says whom to ask",
    async run({ study, open }) {
      for (const link of [`${study.url}/#00000000000000000000000000000000`, `${study.url}/`, `${study.url}/#%C3%BC`]) {
        const reading = await open({ link });
        await reading.untilScreen("link");
        assert.match(await reading.page.evaluate("document.querySelector('[data-screen=link]').innerText"), /coordinator/);
        reading.page.complaints.length = 0;
      }
      const reading = await open();
      await reading.begin();
      await reading.page.evaluate("location.hash = 'another'");
      await reading.untilScreen("link");
      reading.page.complaints.length = 0;
    },
  },
  {
    name: "the coordinator sees progress and no answer, and exports when all have finished",
    study: { readers: 2, coordinator: true },
    memory: true,
    async run({ study, open }) {
      const { readers } = study.mock.study;
      const board = await open({ link: study.coordinatorLink });
      const { page } = board;
      await page.until("overview.checkVisibility()");
      await board.untilText("export-why", "Still reading: Reader 1, Reader 2.");
      assert.ok(await page.evaluate("document.getElementById('export').disabled"));
      await board.untilText("readers", "Not yet");
      for (const reader of readers) {
        for (const id of reader.items) reader.answers.set(id, { label: "HP", skipped: false, revision: 1 });
        reader.finished = true;
        reader.lastSeen = new Date(Date.now() - 3 * 60_000 - 1000).toISOString();
      }
      await board.untilText("title", "All readers have finished");
      assert.match(await board.text("readers"), /3 minutes ago/);
      const text = await page.evaluate("document.documentElement.outerHTML");
      for (const word of ["SSA", "HP", readers[0].items[0]]) assert.ok(!text.includes(word));
      await page.evaluate(`{ const make = URL.createObjectURL; URL.createObjectURL = (blob) => make(window.sent = blob);
        HTMLAnchorElement.prototype.click = function () { window.file = this.download; } }`);
      await page.click("#export");
      await page.until("window.file");
      const [name, csv] = await page.evaluate("sent.text().then((text) => [file, text])");
      assert.equal(name, "polyps-answers.csv");
      assert.equal(csv.trim().split("\n").length, 1 + 2 * readers[0].items.length);
      study.faults.down = true;
      await board.untilText("state", "No connection. Table from");
      study.faults.down = false;
      await board.untilText("state", "Up to date");
      page.complaints.length = 0;
    },
  },
];

async function pinchAndPan(reading) {
  const { page } = reading;
  const { x, y } = await page.middle("#stage");
  const fingers = (apart, down = 0) => [{ x: x - apart, y: y + down, id: 0 }, { x: x + apart, y: y + down, id: 1 }];
  await page.touch("touchStart", fingers(60));
  for (let apart = 70; apart <= 120; apart += 10) await page.touch("touchMove", fingers(apart));
  await page.touch("touchEnd", []);
  const zoom = parseInt(await reading.text("zoom"), 10);
  assert.ok(zoom >= 170 && zoom <= 230, `pinched to twice the size: ${zoom} %`);
  const ratio = await page.evaluate("devicePixelRatio");
  const settled = ((await page.evaluate(tile)).width * ratio) / (await page.evaluate(natural));
  assert.ok(Math.abs(settled - Math.round(settled)) < 1e-3, "settled on whole pixels");
  const before = await page.evaluate(tile);
  await page.touch("touchStart", [{ x, y }]);
  for (let step = 10; step <= 60; step += 10) await page.touch("touchMove", [{ x: x + step, y }]);
  await page.touch("touchEnd", []);
  assert.ok((await page.evaluate(tile)).x > before.x + 30, "dragged");
  for (const again of [1, 2]) {
    await page.touch("touchStart", [{ x, y }]);
    await page.touch("touchEnd", []);
    if (again === 1) await sleep(60);
  }
  await page.until("document.getElementById('zoom').textContent === '100 %'", "a double tap to fit the tile again");
  await sleep(400);
}
