// What a reader does, and what the server must then hold. Each scenario has a study to itself.

import assert from "node:assert/strict";
import { sleep } from "./chromium.mjs";

const labels = (answers) => answers.map((answer) => answer?.label ?? null);
const names = async (study) => (await study.reader()).classes.map(({ id }) => id);
const once = (answers) => assert.ok(answers.every(({ revision }) => revision === 1), "each vote is stored once");

export const scenarios = [
  {
    name: "a whole study by keyboard, practice first",
    study: { practice: 2 },
    async run({ study, open }) {
      const reading = await open();
      const [first, second] = await names(study);
      await reading.untilScreen("start");
      await reading.page.press("Enter");
      await reading.untilText("practice-mark", "do not count");
      await reading.all(() => "1");
      await reading.untilText("start-title", "Practice is over");
      await reading.page.press("Enter");
      await reading.all((place) => (place % 3 === 0 ? "2" : "1"));
      assert.equal(await reading.screen(), "finish");
      await reading.saved();
      const answers = await study.answers();
      assert.deepEqual(labels(answers), answers.map((_, i) => ((i + 1) % 3 === 0 ? second : first)));
      once(answers);
      for (const { milliseconds } of study.votes) {
        assert.ok(milliseconds >= 250 && milliseconds < 20_000, `a plausible time: ${milliseconds}`);
      }
      blind(study.log);
    },
  },
  {
    name: "undo, and changing an earlier answer",
    async run({ study, open }) {
      const reading = await open();
      const [first, second] = await names(study);
      await reading.begin();
      for (let i = 0; i < 3; i += 1) await reading.key("1");
      await reading.page.press("u");
      await reading.look();
      assert.equal(await reading.place(), 3);
      await reading.saved();
      assert.equal((await study.answers())[2].label, null);
      await reading.key("2");
      assert.equal(await reading.place(), 4);
      await reading.page.press("Backspace");
      await reading.look();
      assert.equal(await reading.place(), 3);
      await reading.key("2");
      for (const place of [3, 2, 1]) {
        await reading.key("p");
        assert.equal(await reading.place(), place);
      }
      assert.match(await reading.text("back-text"), new RegExp(`Your answer is ${first}`));
      await reading.look();
      await reading.page.press("2");
      await reading.untilText("back-text", `Changed. Your answer is ${second}`);
      await reading.key("n");
      assert.equal(await reading.place(), 2);
      await reading.key("Enter");
      assert.equal(await reading.place(), 4);
      await reading.page.press("u"); // takes back the change, not the answer
      await reading.untilText("back-text", `Your answer is ${first}`);
      await reading.saved();
      const answers = await study.answers();
      assert.deepEqual(labels(answers).slice(0, 4), [first, first, second, null]);
      assert.deepEqual(answers.slice(0, 3).map(({ revision }) => revision), [3, 1, 5]);
    },
  },
  {
    name: "skipped tiles come back at the end, and the study is finished",
    study: { coordinator: true },
    async run({ study, open }) {
      const reading = await open();
      const [first, second] = await names(study);
      await reading.begin();
      await reading.all((place) => ([2, 5].includes(place) ? "s" : "1"));
      assert.equal(await reading.screen(), "skipped");
      await reading.page.press("Enter");
      await reading.look();
      assert.equal(await reading.place(), 2);
      await reading.key("s");
      assert.equal(await reading.place(), 5);
      await reading.key("2");
      assert.equal(await reading.screen(), "skipped");
      await reading.page.press("Enter");
      await reading.key("2");
      assert.equal(await reading.screen(), "finish");
      await reading.saved();
      assert.deepEqual(labels(await study.answers()), (await study.answers()).map((_, i) => ([1, 4].includes(i) ? second : first)));
      await reading.page.until("!document.getElementById('finish').disabled");
      await reading.page.click("#finish");
      await reading.page.click("#confirm-no");
      assert.equal((await study.reader()).finished ?? false, false);
      await reading.page.click("#finish");
      await reading.page.click("#confirm-yes");
      await reading.untilScreen("thanks");
      assert.equal((await study.reader()).finished, true);
      await reading.page.reload();
      await reading.untilScreen("thanks");
    },
  },
  {
    name: "a double click or a held key votes once",
    async run({ study, open }) {
      const reading = await open();
      await reading.begin();
      await reading.look();
      await reading.page.click("#classes button", 2);
      await reading.page.until("position.textContent.includes('Tile 2 ')");
      await sleep(600);
      assert.equal(await reading.place(), 2);
      await reading.page.keyDown("2");
      for (let i = 0; i < 25; i += 1) {
        await reading.page.keyDown("2", { repeat: true });
        await sleep(40);
      }
      await reading.page.press("2");
      await reading.page.until("position.textContent.includes('Tile 4 ')");
      await reading.look();
      await reading.page.press("1");
      await reading.page.press("1"); // a bouncing key
      await sleep(700);
      assert.equal(await reading.place(), 5);
      // A button that has the focus, with Enter held down on it.
      await reading.page.evaluate("document.querySelector('#classes button').focus()");
      await reading.page.keyDown("Enter");
      for (let i = 0; i < 15; i += 1) {
        await reading.page.keyDown("Enter", { repeat: true });
        await sleep(40);
      }
      assert.equal(await reading.place(), 6);
      // A button that was clicked: Enter is no second press of it.
      await reading.look();
      await reading.moves(() => reading.page.click("#classes button"));
      await reading.look();
      for (const key of ["Enter", " "]) await reading.page.press(key);
      await sleep(400);
      assert.equal(await reading.place(), 7);
      await reading.saved();
      const answers = await study.answers();
      assert.equal(answers.filter(Boolean).length, 6);
      once(answers.filter(Boolean));
    },
  },
  {
    name: "the connection is lost in the middle, and comes back",
    async run({ study, open }) {
      const reading = await open();
      await reading.begin();
      for (let i = 0; i < 3; i += 1) await reading.key("1");
      await reading.saved();
      await reading.look();
      await sleep(600); // the next tiles are fetched ahead by now
      await reading.page.offline(true);
      for (let i = 0; i < 3; i += 1) await reading.key("2");
      await reading.untilText("state", "3 answers not saved: no connection");
      assert.equal((await study.answers()).filter(Boolean).length, 3);
      await reading.key("2");
      await reading.moves(() => reading.look().then(() => reading.page.press("2")));
      await reading.untilText("stage-note", "Trying again");
      assert.equal(await reading.page.evaluate("document.querySelector('#stage img')"), null);
      await reading.page.press("1"); // no tile, no vote
      assert.match(await reading.text("state"), /^5 answers not saved/, "each one is owned up to at once");
      await reading.page.offline(false);
      await reading.saved();
      await reading.key("1");
      await reading.saved();
      const answers = (await study.answers()).filter(Boolean);
      assert.equal(answers.length, 9);
      once(answers);
      reading.page.complaints.length = 0; // the browser's own word on each failed request
    },
  },
  {
    name: "lost requests, lost answers, a full disk and a busy server: each vote stored once, never called saved before",
    async run({ study, open }) {
      const reading = await open();
      const { faults, log } = study;
      await reading.begin();
      // Chromium tries once more by itself when a connection that it has kept open breaks off: hence two of each.
      faults.votes.push("lost", "lost", "lost", "ok", "unheard", "unheard", "unheard", "ok", 500, 503, "ok", 429, "ok");
      await reading.page.evaluate(`window.said = []; new MutationObserver(() => said.push(state.textContent))
        .observe(state, { childList: true, characterData: true, subtree: true })`);
      const hasSaid = (text) => reading.page.until(`said.some((one) => one.includes("${text}"))`, `the page to say: ${text}`);
      await reading.key("1");
      await hasSaid("1 answer not saved: no connection, trying again");
      await reading.saved();
      await reading.key("2");
      await reading.saved();
      await reading.key("1");
      await hasSaid("1 answer not saved: the disk is full, trying again");
      await reading.saved();
      const before = Date.now();
      await reading.key("2");
      await hasSaid("asks to wait");
      await reading.saved();
      assert.ok(Date.now() - before >= 1000, "Retry-After is kept");
      assert.equal(log.filter(({ path }) => path === "/api/vote").length, 13);
      assert.equal(study.votes.length, 4);
      once((await study.answers()).filter(Boolean));
      const said = await reading.page.evaluate("said");
      assert.equal(said.filter((text) => text === "Saved").length, 4);
      reading.page.complaints.length = 0;
    },
  },
  {
    name: "reloading with unsaved votes warns, keeps them, and sends them first",
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      await reading.begin();
      await reading.key("1");
      await reading.saved();
      study.faults.noVotes = true;
      await reading.key("2");
      await reading.key("2");
      await reading.untilText("state", "2 answers not saved");
      const kept = await page.evaluate("JSON.stringify({ ...localStorage })");
      assert.ok(!kept.includes(study.token), "the link itself is not stored");
      await page.reload();
      assert.deepEqual(page.dialogs, ["beforeunload"]);
      await reading.untilText("start-lead", "3 of ");
      await reading.untilText("state", "2 answers not saved");
      assert.equal((await study.answers()).filter(Boolean).length, 1);
      study.faults.noVotes = false;
      await reading.saved();
      await reading.begin();
      assert.equal(await reading.place(), 4);
      const answers = (await study.answers()).filter(Boolean);
      assert.equal(answers.length, 3);
      once(answers);
      assert.equal(await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('votes')).length"), 0);
      await page.reload();
      assert.equal(page.dialogs.length, 1, "no warning once all is saved");
      await reading.begin();
      assert.equal(await reading.place(), 4);
      page.complaints.length = 0;
    },
  },
  {
    name: "two windows at once: the first answer stays, and the second is told",
    async run({ study, open }) {
      const one = await open();
      const two = await open({ beside: one });
      const [first, second] = await names(study);
      await two.begin();
      await one.page.front();
      await one.begin();
      for (let i = 0; i < 3; i += 1) await one.key("1");
      await one.saved();
      await two.page.front();
      await two.key("2");
      await two.untilText("notice", "Tile 1 was answered in another window");
      assert.match(await two.text("notice"), new RegExp(`That answer stays: ${first}`));
      await two.untilText("back-text", `Your answer is ${first}`); // tile 2, taken over as well
      await two.key("Enter");
      assert.equal(await two.place(), 4);
      await two.key("2");
      await two.saved();
      const answers = await study.answers();
      assert.deepEqual(labels(answers).slice(0, 5), [first, first, first, second, null]);
      once(answers.slice(0, 4));
      two.page.complaints.length = 0; // the 409
    },
  },
  {
    name: "real or generated, confidence and comment",
    study: { ask: { real_or_generated: true, confidence: true, comment: true } },
    async run({ study, open }) {
      const reading = await open();
      const { page } = reading;
      const [first, second] = await names(study);
      await reading.begin();
      await reading.look();
      await page.press("c");
      await page.type("folded; s u p n 1 2");
      await page.press("Enter");
      await page.press("2");
      await page.press("g");
      assert.equal(await reading.place(), 1);
      assert.equal((await study.answers())[0], null);
      await page.press("Enter");
      await reading.untilText("notice", "Still open: how sure you are");
      await reading.moves(() => page.press("4"));
      await reading.look();
      await page.press("1");
      await page.press("u"); // takes back the part, not the tile before
      assert.equal(await reading.place(), 2);
      await page.press("1");
      await page.press("5");
      await reading.moves(() => page.press("r"));
      await reading.saved();
      const answers = await study.answers();
      const bare = ({ label, real, confidence, comment, revision }) => ({ label, real, confidence, comment, revision });
      assert.deepEqual(bare(answers[0]),
        { label: second, real: false, confidence: 4, comment: "folded; s u p n 1 2", revision: 1 });
      assert.deepEqual(bare(answers[1]), { label: first, real: true, confidence: 5, comment: "", revision: 1 });
      await reading.key("p");
      await reading.look();
      await page.click("#confidence button:nth-child(2)");
      await reading.saved();
      await page.until("document.querySelector('#confidence button:nth-child(2)').ariaPressed === 'true'");
      await reading.saved();
      assert.equal((await study.answers())[1].confidence, 2);
    },
  },
];

/** Every tile is asked for in the same words, so that nothing tells one kind from another. */
function blind(log) {
  const asked = log.filter(({ path }) => path.startsWith("/api/tile/")).map(({ headers }) => JSON.stringify(headers));
  assert.equal(new Set(asked).size, 1, "all tiles are fetched alike");
}
