// Every state of both pages in both themes: axe-core must find nothing, and pictures are taken for people to look at.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sleep } from "./chromium.mjs";

const SIZES = {
  wide: { width: 1440, height: 900 },
  upright: { width: 820, height: 1180, touch: true },
  flat: { width: 1180, height: 820, touch: true },
};
const ALL = { real_or_generated: true, confidence: true, comment: true };

/** One state: in both themes axe, and a picture at each size. */
async function look(name, { page }, { axe, shots }) {
  for (const theme of ["dark", "light"]) {
    await page.scheme(theme);
    await page.until(`document.documentElement.dataset.theme === "${theme}"`);
    for (const [shape, size] of Object.entries(SIZES)) {
      await page.size(size);
      await sleep(150);
      assert.ok(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), `${name} fits when ${shape}`);
      const tall = await page.evaluate("document.querySelector('[data-screen=voting]')?.hidden === false && document.documentElement.scrollHeight > innerHeight");
      assert.ok(!tall || shape === "upright", `${name}: tile and buttons are on one screen when ${shape}`);
      if (shots) await page.screenshot(`${shots}/${name}-${shape}-${theme}.png`);
      if (axe && shape !== "flat") await check(`${name}, ${shape}, ${theme}`, page, axe);
    }
  }
  await page.size(SIZES.wide);
}

async function check(what, page, axe) {
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(`${readFileSync(axe, "utf8")}; 0`);
  const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ": " + help + "\\n    " +
      nodes.map(({ html, any }) => html.slice(0, 140) + " " + (any[0]?.message ?? "")).join("\\n    ")))`);
  assert.deepEqual(found, [], `axe, ${what}`);
}

export const looks = [
  {
    name: "looks: start, practice, voting, help, review, break, skipped, finish, thanks",
    study: { practice: 3, breakEvery: 4, tiles: 12, size: 224, ask: { comment: true }, instructions:
      "You will judge tiles of colon polyps, each on its own.\nChoose the class you would report. "
      + "If you cannot decide, skip the tile; it comes again at the end." },
    async run({ study, open, ...to }) {
      const reading = await open();
      const { page } = reading;
      await reading.untilScreen("start");
      await look("start", reading, to);
      await page.press("Enter");
      await reading.look();
      await look("practice", reading, to);
      await page.click("#practice-end");
      await look("start-after-practice", reading, to);
      await page.press("Enter");
      await reading.key("1");
      await reading.key("s");
      await reading.key("2");
      await reading.look();
      await look("voting", reading, to);
      for (let i = 0; i < 4; i += 1) await page.press("+");
      await look("zoomed", reading, to);
      await page.press("?");
      await look("help", reading, to);
      await page.press("Escape");
      await reading.key("p");
      await reading.look();
      await page.press("1");
      await look("review", reading, to);
      await reading.key("Enter");
      await reading.key("1");
      await look("break", reading, to);
      await page.press("Enter");
      study.faults.votes.push({ rival: (await study.reader()).classes[1].id });
      await reading.key("1");
      await reading.untilText("notice", "another window");
      await reading.look();
      await look("conflict", reading, to);
      while ((await reading.screen()) !== "skipped") {
        if ((await reading.screen()) === "break") await page.press("Enter");
        await reading.key("1");
      }
      await page.press("Escape");
      await look("skipped", reading, to);
      await page.press("Enter");
      await reading.key("2");
      await reading.saved();
      await look("finish", reading, to);
      await page.click("#finish");
      await look("confirm", reading, to);
      await page.click("#confirm-yes");
      await reading.untilScreen("thanks");
      await look("thanks", reading, to);
      page.complaints.length = 0;
    },
  },
  { name: "looks: all questions, lost connection", study: { ask: ALL, size: 224 }, run: allQuestions },
  { name: "looks: nine classes", study: { ask: ALL, classes: 9, tiles: 300 }, memory: true, run: allQuestions },
  {
    name: "looks: links, and the coordinator's page",
    study: { readers: 4, tiles: 300, practice: 3, coordinator: true },
    memory: true,
    async run({ study, open, ...to }) {
      const wrong = await open({ link: `${study.url}/#no` });
      await look("link", wrong, to);
      wrong.page.complaints.length = 0;
      progress(study.mock.study.readers);
      const board = await open({ link: study.coordinatorLink });
      await board.page.until("overview.checkVisibility()");
      await look("coordinator", board, to);
      const since = new Date(Date.now() - 9 * 60_000).toISOString();
      study.mock.study.watch = {
        warnings: ["other accounts of this computer may read which tile is which, in /srv/readers/study.sqlite, because its permissions are 644"],
        trouble: { why: "study.sqlite-wal is gone (what was saved before is now in study.sqlite)", since,
          hint: "put the folder's files back as they were, or stop the server, see that the study is whole and serve it again" },
        past: [{ why: "database or disk is full", since, until: new Date(Date.now() - 5 * 60_000).toISOString() }],
      };
      await board.untilText("state", "not being saved");
      await board.untilText("trouble", "study.sqlite-wal is gone");
      await look("coordinator-trouble", board, to);
      study.mock.study.watch = undefined;
      await board.untilText("state", "Up to date");
      await board.page.until("trouble.hidden && document.getElementById('watch').hidden");
      study.faults.down = true;
      await board.untilText("state", "No connection");
      await look("coordinator-lost", board, to);
      study.faults.down = false;
      for (const reader of study.mock.study.readers) reader.finished = true;
      await board.untilText("title", "All readers have finished");
      await look("coordinator-complete", board, to);
      board.page.complaints.length = 0;
    },
  },
  {
    name: "looks: links, and the coordinator's page of a server",
    study: { readers: 3, tiles: 12 },
    killed: true,
    async run({ study, open, ...to }) {
      const wrong = await open({ link: `${study.url}/#no` });
      await look("link", wrong, to);
      wrong.page.complaints.length = 0;
      const board = await open({ link: study.coordinatorLink });
      for (const [who, token] of study.server.tokens.entries()) {
        const post = (path, body) => fetch(`${study.url}${path}`, { method: "POST", body: JSON.stringify(body),
          headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } });
        const state = await (await fetch(`${study.url}/api/reader`, { headers: { Authorization: `Bearer ${token}` } })).json();
        for (const [i, { id }] of state.items.entries()) {
          if (who === 1 && i === 5) {
            await board.untilText("readers", "5 of 12");
            await look("coordinator-server", board, to);
          }
          const vote = { item: id, request: id, revision: 0, label: state.classes[i % 2].id, skipped: false, real: null,
            confidence: null, comment: "", milliseconds: 4000 + 100 * i };
          assert.equal((await post("/api/vote", vote)).status, 200);
        }
        assert.equal((await post("/api/finish", {})).status, 200);
      }
      await board.untilText("title", "All readers have finished");
      await look("coordinator-server-complete", board, to);
    },
  },
];

async function allQuestions({ study, open, ...to }) {
  const reading = await open();
  const { page } = reading;
  await reading.begin();
  await reading.look();
  await page.press("c");
  await page.type("Serrated at the left edge, folded.");
  await page.press("Enter");
  await page.press("2");
  await look("questions", reading, to);
  study.faults.down = true;
  await page.press("r");
  await reading.moves(() => page.press("4"));
  await reading.untilText("state", "not saved");
  await look("lost", reading, to);
  for (let i = 0; i < 8 && await page.evaluate("document.querySelector('#stage img') !== null"); i += 1) {
    await reading.look();
    for (const key of ["1", "g"]) await page.press(key);
    await reading.moves(() => page.press("3"));
    await sleep(300);
  }
  await reading.untilText("stage-note", "Trying again");
  await look("no-tile", reading, to);
  study.faults.down = false;
  await reading.saved();
  page.complaints.length = 0;
}

function progress(readers) {
  const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
  [[300, 0, 65, true], [181, 6, 0, false], [24, 1, 60 * 26, false], [0, 0, null, false]].forEach(([answered, skipped, seen, done], i) => {
    const reader = readers[i];
    const answer = (label) => ({ label, skipped: label === null, revision: 1 });
    if (answered > 0) reader.answers.set(reader.practice[0], answer("HP"));
    reader.items.slice(0, answered).forEach((id, k) => {
      reader.answers.set(id, answer("HP"));
      reader.changes.push({ label: "HP", milliseconds: 2000 + ((k * 37 + i * 911) % 5000) });
    });
    reader.items.slice(answered, answered + skipped).forEach((id) => reader.answers.set(id, answer(null)));
    Object.assign(reader, { finished: done, lastSeen: seen === null ? null : ago(seen) });
  });
}
