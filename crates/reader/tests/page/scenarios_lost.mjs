// Nothing is lost: the server dies, the network goes in the middle of a vote, two tabs hold the same unsent votes. Whatever happens,
// each vote is stored once, and the page has called none saved that was not.

import assert from "node:assert/strict";
import { sleep } from "./chromium.mjs";

const once = (answers) => assert.ok(answers.every(({ revision }) => revision === 1), "each vote is stored once");
const labels = (answers) => answers.map((answer) => answer?.label ?? null);

/** How many votes the page owns up to not having saved. */
async function unsaved(reading) {
  const said = await reading.text("state");
  if (said === "Saved") return 0;
  const count = /^(\d+) answers? not saved/.exec(said)?.[1];
  assert.ok(count, `the page says neither what is saved nor what is not: ${said}`);
  return Number(count);
}

export const lostScenarios = [
  {
    name: "the server is killed again and again in the middle of voting, and no vote is lost",
    study: { tiles: 24 },
    killed: true,
    async run({ study, open }) {
      const { server } = study;
      // Straight to the program: a connection in between would outlive it.
      const reading = await open({ link: `${server.url}/#${study.token}` });
      const [first, second] = (await study.reader()).classes.map(({ id }) => id);
      await reading.begin();
      const given = [];
      async function vote() {
        const which = given.length % 3 === 1;
        await reading.key(which ? "2" : "1");
        given.push(which ? second : first);
      }
      for (const moment of [0, 3, 10, 30]) {
        await vote();
        await reading.saved();
        await vote();
        const killed = sleep(moment).then(() => server.kill()); // before, while or after the last vote is written
        await vote();
        await killed;
        await vote(); // its tile was fetched ahead
        await reading.untilText("state", "not saved: no connection");
        await reading.page.offline(true);
        const lacking = await unsaved(reading);
        assert.ok(lacking >= 1 && lacking <= 3, `${lacking} of the last three votes are open`);
        await server.restart();
        const stored = labels(await study.answers());
        const saved = given.length - lacking;
        assert.deepEqual(stored.slice(0, saved), given.slice(0, saved), "what the page called saved is on the disk");
        assert.ok(stored.slice(given.length).every((label) => label === null));
        await reading.page.offline(false);
        await reading.saved();
        assert.deepEqual(labels(await study.answers()).slice(0, given.length), given);
      }
      once((await study.answers()).filter(Boolean));
      reading.page.complaints.length = 0; // the browser's own word on each failed request
    },
  },
  {
    name: "the server is killed and the tab is closed: the next tab sends what was not saved",
    killed: true,
    async run({ study, open }) {
      const { server } = study;
      const link = `${server.url}/#${study.token}`;
      const reading = await open({ link });
      const [first, second] = (await study.reader()).classes.map(({ id }) => id);
      await reading.begin();
      await reading.key("1");
      await reading.saved();
      await reading.look();
      await sleep(600); // the next tiles are fetched ahead by now
      await server.kill();
      for (const key of ["2", "2", "1"]) await reading.key(key);
      await reading.untilText("state", "3 answers not saved: no connection");
      await reading.page.close();
      await server.restart();
      assert.deepEqual(labels(await study.answers()).slice(0, 4), [first, null, null, null]);
      const elsewhere = await open({ beside: reading, link });
      await elsewhere.saved();
      const answers = await study.answers();
      assert.deepEqual(labels(answers).slice(0, 5), [first, second, second, first, null]);
      once(answers.filter(Boolean));
      await elsewhere.begin();
      assert.equal(await elsewhere.place(), 5);
      reading.page.complaints.length = 0;
      elsewhere.page.complaints.length = 0;
    },
  },
  {
    name: "the network goes while a vote is under way, and its answer is lost",
    async run({ study, open }) {
      const reading = await open();
      await reading.begin();
      await reading.look();
      await sleep(600);
      study.faults.latency = 700;
      await reading.page.press("1");
      await sleep(350);
      study.faults.down = true;
      study.connection.cut(); // the vote has left, its answer has not come
      await reading.untilText("state", "1 answer not saved");
      for (let waited = 0; study.votes.length === 0 && waited < 5000; waited += 50) await sleep(50);
      assert.equal(study.votes.length, 1, "the server has it, and the page cannot know");
      await reading.key("2");
      await reading.untilText("state", "2 answers not saved");
      Object.assign(study.faults, { latency: 0, down: false });
      await reading.saved();
      const answers = (await study.answers()).filter(Boolean);
      assert.equal(answers.length, 2);
      once(answers);
      assert.ok(study.log.filter(({ path }) => path === "/api/vote").length >= 3, "the first was sent again");
      reading.page.complaints.length = 0;
    },
  },
  {
    name: "two tabs send the same unsent votes, and each is stored once",
    async run({ study, open }) {
      const one = await open();
      await one.begin();
      await one.key("1");
      await one.saved();
      await one.page.call("Network.setBlockedURLs", { urls: ["*/api/vote"] });
      for (const key of ["2", "1", "2"]) await one.key(key);
      await one.untilText("state", "3 answers not saved");
      const two = await open({ beside: one });
      await two.saved();
      await two.begin();
      assert.equal(await two.place(), 5);
      await one.page.front();
      assert.equal(await unsaved(one), 3, "it cannot know of the other tab");
      await one.page.call("Network.setBlockedURLs", { urls: [] });
      await one.saved();
      await one.key("1");
      await one.saved();
      const answers = (await study.answers()).filter(Boolean);
      assert.equal(answers.length, 5);
      once(answers);
      assert.equal(study.votes.length, 5);
      one.page.complaints.length = 0;
    },
  },
];
