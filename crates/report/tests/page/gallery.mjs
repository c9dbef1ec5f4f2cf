// Drives the report's gallery in headless Chromium and holds it to the run's tables and pictures.
//
//     node gallery.mjs RUN                                       everything it must do, for a run folder with a report
//     node gallery.mjs RUN --axe node_modules/axe-core/axe.min.js --shots DIR
//                                                                 also the whole report in both themes, wide and narrow: accessibility, pictures
//     node gallery.mjs RUN --time                                 only how long it takes to sort, filter, turn, open and wipe
//
// Needs Node 20 and Chromium (CHROMIUM names the program if it is not `chromium`), and no package. Exits with 1 if something is wrong.

import { parseArgs } from "node:util";
import { join, resolve } from "node:path";
import { Browser } from "../../../reader/tests/page/chromium.mjs";
import { behaviour } from "./gallery_does.mjs";
import { looks } from "./gallery_looks.mjs";
import { times } from "./gallery_times.mjs";

const { values: flags, positionals } = parseArgs({ allowPositionals: true, options: {
  axe: { type: "string" }, shots: { type: "string" }, time: { type: "boolean" }, only: { type: "string" },
} });
const run = resolve(positionals[0]);
const report = `file://${join(run, "report.html")}`;
const checks = flags.time ? times : [...behaviour, ...(flags.axe || flags.shots ? looks : [])];

let failed = 0;
const browser = new Browser();
try {
  for (const { name, check } of checks.filter((one) => one.name.includes(flags.only ?? ""))) {
    const page = await browser.page(await browser.window(), { width: 1280, height: 900 });
    try {
      await check({ page, browser, run, report, axe: flags.axe, shots: flags.shots });
      if (page.complaints.length > 0) throw new Error(`the console says: ${page.complaints.join(" | ")}`);
      console.log(`ok        ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED    ${name}\n${error.stack}`);
      if (flags.shots) await page.screenshot(join(flags.shots, "failed.png"));
    }
    await page.close();
  }
} finally {
  await browser.close();
}
process.exitCode = failed > 0 ? 1 : 0;
