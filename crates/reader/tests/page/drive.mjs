// Drives the readers' and the coordinator's page in headless Chromium and checks what the server then holds.
//
//     node drive.mjs                                     against the server in memory
//     node drive.mjs --serve target/release/examples/serve_study
//                                                        against the real one, started here, and killed by one scenario
//     node drive.mjs --url http://127.0.0.1:8080 --token T1 --token T2 … [--coordinator C]
//                                                        against one that runs; each scenario uses up one reader's link
//     node drive.mjs --axe node_modules/axe-core/axe.min.js --shots DIR
//                                                        also every state in both themes: accessibility, pictures
//     node drive.mjs --only WORD --jobs 3                only the scenarios with WORD in their name; three at a time
//
// Needs Node 20 and Chromium (CHROMIUM names the program if it is not `chromium`), and no package.

import { parseArgs } from "node:util";
import { Browser } from "./chromium.mjs";
import { lostScenarios } from "./scenarios_lost.mjs";
import { looks } from "./looks.mjs";
import { Reading } from "./reading.mjs";
import { scenarios } from "./scenarios.mjs";
import { moreScenarios } from "./scenarios_more.mjs";
import { Given, InMemory, Served } from "./servers.mjs";

const { values: flags } = parseArgs({ options: {
  url: { type: "string" }, token: { type: "string", multiple: true }, coordinator: { type: "string" },
  serve: { type: "string" }, axe: { type: "string" }, shots: { type: "string" }, only: { type: "string" },
  jobs: { type: "string", default: "1" },
} });
const servers = flags.url ? new Given(flags.url, flags.token ?? [], flags.coordinator)
  : flags.serve ? new Served(flags.serve) : new InMemory();
let driven = 0;
let failed = 0;

async function drive(scenario, browser) {
  const study = await servers.study(scenario.study ?? {}, scenario);
  if (study.why) {
    console.log(`left out  ${scenario.name}: ${study.why}`);
    return;
  }
  const pages = [];
  const windows = new Map();
  /** A reader at the open page; `beside` another one: a second tab of the same browser. */
  async function open({ beside, size, link = study.link } = {}) {
    const window = windows.get(beside) ?? (await browser.window());
    const page = await browser.page(window, size);
    pages.push(page);
    const reading = new Reading(page);
    windows.set(reading, window);
    await reading.open(link);
    return reading;
  }
  driven += 1;
  const begun = Date.now();
  try {
    await scenario.run({ study, open, axe: flags.axe, shots: flags.shots });
    for (const page of pages) {
      if (page.complaints.length > 0) throw new Error(`the console says: ${page.complaints.join(" | ")}`);
    }
    console.log(`ok        ${scenario.name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED    ${scenario.name}\n${error.stack}`);
    for (const page of pages) if (page.complaints.length) console.log(`  console: ${page.complaints.join(" | ")}`);
    if (flags.shots) await pages.at(-1)?.screenshot(`${flags.shots}/failed.png`);
  }
  for (const page of pages) await page.close();
  await study.close();
}

/** Takes one scenario after the other, in a browser of its own: a window in front hides the others of its browser. */
async function work(left) {
  const browser = new Browser();
  try {
    for (let scenario = left.shift(); scenario; scenario = left.shift()) await drive(scenario, browser);
  } finally {
    await browser.close();
  }
}

// The last of `moreScenarios` waits for half a minute, and others can be driven beside it.
const all = [...moreScenarios.toReversed(), ...lostScenarios, ...scenarios, ...(flags.axe || flags.shots ? looks : [])];
const left = all.filter(({ name }) => name.includes(flags.only ?? ""));
try {
  await Promise.all(Array.from({ length: Number(flags.jobs) }, () => work(left)));
} finally {
  await servers.close();
}
if (driven === 0) console.log("no scenario was driven");
if (failed > 0) console.log(`${failed} failed`);
process.exitCode = failed > 0 || driven === 0 ? 1 : 0;
