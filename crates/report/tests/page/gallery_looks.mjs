// The whole report, and each state of its gallery, in both themes, wide and narrow: axe-core must find nothing, nothing may be wider than
// the screen, and pictures are taken for people to look at.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { sleep } from "../../../reader/tests/page/chromium.mjs";
import { GalleryPage } from "./gallery_page.mjs";

const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844, touch: true } };
const VIEWS = ["wipe", "pair", "difference", "saliency"];

async function look(name, page, { axe, shots }) {
  await sleep(120);
  const wide = "[document.documentElement, document.querySelector('dialog[open]')].filter((one) => one && one.scrollWidth > one.clientWidth).length";
  assert.equal(await page.evaluate(wide), 0, `${name} fits`);
  if (shots) await page.screenshot(`${shots}/${name}.png`);
  if (!axe) return;
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(`${readFileSync(axe, "utf8")}; 0`);
  const found = await page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => id + ": " + help + " (" + nodes.length + ")\\n    " +
      nodes.slice(0, 5).map(({ html, any, target }) => target.join(" ") + "  " + html.slice(0, 140) + " " + (any[0]?.message ?? "")).join("\\n    ")))`);
  assert.deepEqual(found, [], `axe, ${name}`);
}

export const looks = Object.entries(SIZES).flatMap(([shape, size]) => ["light", "dark"].map((theme) => ({
  name: `looks: ${shape}, ${theme}`,
  async check({ page, report, axe, shots }) {
    await page.size(size);
    await page.scheme(theme);
    await page.goto(report);
    await page.evaluate("document.documentElement.style.scrollBehavior = 'auto'; document.querySelectorAll('details').forEach((more) => { more.open = true; })");
    const problems = [];
    const shot = (name, to = { axe, shots }) => look(`${name}-${shape}-${theme}`, page, to).catch((error) => problems.push(error.message));
    await shot("whole");
    for (const section of await page.evaluate("[...document.querySelectorAll('main > section')].map(({ id }) => id)")) {
      await page.evaluate(`document.getElementById(${JSON.stringify(section)}).scrollIntoView()`);
      await shot(`section-${section}`, { shots });
    }
    if (await page.evaluate("document.getElementById('gallery-live') !== null")) {
      const gallery = new GalleryPage(page);
      const views = await page.evaluate("[...document.querySelectorAll('[name=gallery-view]')].map(({ value }) => value)");
      for (const view of VIEWS.filter((one) => views.includes(one))) {
        await gallery.view(view);
        await page.evaluate("document.getElementById('gallery').scrollIntoView()");
        await shot(`gallery-${view}`);
        await page.evaluate("document.querySelector('.card .name button').click()");
        await shot(`large-${view}`);
        await page.evaluate("document.getElementById('gallery-large').scrollTop = 1e6");
        await shot(`large-${view}-below`, { shots });
        await page.press("Escape");
      }
      await gallery.set("search", "no such tile");
      await shot("gallery-none");
    }
    assert.deepEqual(problems, []);
  },
})));
