// Drives the readers' and the coordinator's page in headless Chromium and checks what the server then holds.
//
//     node drive.mjs                                     against the server in memory
//     node drive.mjs --url http://127.0.0.1:8080 --token T1 --token T2 … [--coordinator C]
//                                                        against a real one; each scenario uses up one reader's link
//     node drive.mjs --axe node_modules/axe-core/axe.min.js --shots DIR
//                                                        also every state in both themes: accessibility, pictures
//     node drive.mjs --only WORD                         only the scenarios with WORD in their name
//
// Needs Node 20 and Chromium (CHROMIUM names the program if it is not `chromium`), and no package.

import { parseArgs } from "node:util";
import { Browser } from "./chromium.mjs";
import { looks } from "./looks.mjs";
import { Reading } from "./reading.mjs";
import { scenarios } from "./scenarios.mjs";
import { moreScenarios } from "./scenarios_more.mjs";
import { InMemory, Real } from "./servers.mjs";

const { values: flags } = parseArgs({ options: {
  url: { type: "string" }, token: { type: "string", multiple: true }, coordinator: { type: "string" },
  axe: { type: "string" }, shots: { type: "string" }, only: { type: "string" },
} });
const servers = flags.url ? new Real(flags.url, flags.token ?? [], flags.coordinator) : new InMemory();
const browser = new Browser();
let failed = 0;

async function drive(scenario) {
  const study = await servers.study(scenario.study ?? {}, scenario.faults ?? false);
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

try {
  const all = [...scenarios, ...moreScenarios, ...(flags.axe || flags.shots ? looks : [])];
  for (const scenario of all) if (scenario.name.includes(flags.only ?? "")) await drive(scenario);
} finally {
  await browser.close();
}
if (failed > 0) console.log(`${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
