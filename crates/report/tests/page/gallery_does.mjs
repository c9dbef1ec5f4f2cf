// What the gallery must do, held to the run's own tables and pictures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GalleryPage, fileName, table } from "./gallery_page.mjs";

const A_PAGE = 30;
const translated = (run, phi = 25) => table(run, `steps/translate-phi-${phi}/tiles.csv`);

async function open({ page, report }) {
  const gallery = new GalleryPage(page);
  await gallery.open(report);
  return gallery;
}

/** Every page's names, one after the other. */
async function allNames(gallery) {
  const names = await gallery.names();
  while (await gallery.page.evaluate("!document.getElementById('gallery-pages').hidden && document.querySelector('#gallery-pages [data-turn=\"1\"]').ariaDisabled === 'false'")) {
    await gallery.turn(1);
    names.push(...await gallery.names());
  }
  return names;
}

export const behaviour = [
  {
    name: "every tile is there, in the order asked for",
    async check(to) {
      const gallery = await open(to);
      const rows = translated(to.run);
      const quality = table(to.run, "steps/quality-phi-25/tiles.csv");
      assert.equal(await gallery.count(), `${rows.length} translations`);
      assert.equal((await gallery.names()).length, Math.min(A_PAGE, rows.length));
      const orders = [
        ["drop", rows, (row) => row.held_out_source - row.held_out_generated],
        ["drop-scorer", rows, (row) => row.confidence_source - row.confidence_generated],
        ["judge", rows, (row) => row.held_out_generated],
        ["ssim", quality, (row) => row.ssim],
        ["periodicity", quality, (row) => row.periodicity],
        ["repainted", quality, (row) => (row.padding_repainted === "" ? NaN : row.padding_repainted)],
        ["nearest", quality, (row) => (row.nearest_bits === "" ? NaN : row.nearest_bits)],
      ];
      for (const [sort, table, key] of orders) {
        await gallery.set("sort", sort);
        for (const order of ["down", "up"]) {
          await gallery.set("order", order);
          const names = await allNames(gallery);
          // Differences closer than the four decimals of the page may stand either way.
          const byName = new Map(table.map((row) => [fileName(row.image), key(row)]));
          assert.deepEqual(names.toSorted(), [...byName.keys()].toSorted(), `${sort}, ${order}: all tiles, once each`);
          const values = names.map((name) => byName.get(name));
          const known = values.filter(Number.isFinite);
          assert.deepEqual(values.slice(0, known.length), known, `${sort}, ${order}: those without a number last`);
          for (let i = 1; i < known.length; i += 1) {
            assert.ok((order === "down" ? known[i - 1] - known[i] : known[i] - known[i - 1]) > -2e-4, `${sort}, ${order}, at ${i}`);
          }
        }
      }
      await gallery.set("sort", "name");
      await gallery.set("order", "up");
      assert.deepEqual(await allNames(gallery), rows.map(({ image }) => fileName(image)).toSorted());
    },
  },
  {
    name: "filters by label, flag, name and slide, and says how many are left",
    async check(to) {
      const gallery = await open(to);
      const rows = translated(to.run);
      const kept = (row, judge) => row[judge ? "kept_held_out" : "kept"] === "true";
      const labels = {
        kept: (row) => kept(row) && kept(row, true),
        "kept-scorer": (row) => kept(row),
        "rejected-scorer": (row) => !kept(row),
        "rejected-judge": (row) => !kept(row, true),
        split: (row) => kept(row) !== kept(row, true),
      };
      for (const [label, is] of Object.entries(labels)) {
        await gallery.set("kept", label);
        const wanted = rows.filter(is).map(({ image }) => fileName(image));
        assert.equal(await gallery.count(), `${wanted.length} of ${rows.length} translations`, label);
        assert.deepEqual((await allNames(gallery)).toSorted(), wanted.toSorted(), label);
      }
      await gallery.set("kept", "");
      const quality = table(to.run, "steps/quality-phi-25/tiles.csv");
      const flags = {
        0: (row) => row.luminance_correlation < 0,
        1: (row) => row.periodicity > 2 && row.periodicity > 2 * row.periodicity_source,
      };
      for (const [flag, is] of Object.entries(flags)) {
        await gallery.set("flag", flag);
        const wanted = quality.filter(is).map(({ image }) => fileName(image));
        assert.ok(wanted.length > 0, "the run has such tiles");
        assert.deepEqual((await allNames(gallery)).toSorted(), wanted.toSorted(), `flag ${flag}`);
      }
      await gallery.set("flag", "");
      const slides = new Map(table(to.run, "confidences.csv").map(({ image, slide }) => [image, slide]));
      for (const word of ["TILE-01", "s3", "tile-0 s1"]) {
        await gallery.set("search", word);
        const wanted = rows.filter(({ image }) =>
          word.toLowerCase().split(" ").every((part) => `${image} ${slides.get(image)}`.includes(part)));
        assert.ok(wanted.length > 0 && wanted.length < rows.length);
        assert.equal((await allNames(gallery)).length, wanted.length, word);
      }
      await gallery.set("search", "no such tile");
      assert.deepEqual([await gallery.count(), await gallery.names()], [`0 of ${rows.length} translations`, []]);
    },
  },
  {
    name: "shows each selectivity's own numbers and pixels",
    async check(to) {
      const gallery = await open(to);
      await gallery.set("sort", "name");
      await gallery.set("order", "up");
      await gallery.view("pair");
      for (const [k, phi] of [[0, "50"], [1, "25"], [2, "12.5"]]) {
        await gallery.set("phi", k);
        const [row] = translated(to.run, phi).toSorted((a, b) => (a.image < b.image ? -1 : 1));
        const judge = await to.page.evaluate("document.querySelector('.card [data-of=judge]').textContent");
        assert.ok(judge.startsWith(`${row.held_out_source.toFixed(2)} → ${row.held_out_generated.toFixed(2)} `), `${judge} at ${phi}`);
        assert.ok(judge.endsWith(row.kept_held_out === "true" ? "kept" : "rejected"), judge);
        const name = row.image.replace(/\.\w+$/, ".png");
        const files = { before: `steps/translate-phi-${phi}/source/${name}`, after: `generated/phi-${phi}/${name}` };
        for (const [which, file] of Object.entries(files)) {
          assert.deepEqual(await gallery.pixels(`.card .${which}`), await decoded(to, join(to.run, file)), `${which} at ${phi}`);
        }
      }
    },
  },
  {
    name: "a difference is darkest where nothing changed, and lighter where more did",
    async check(to) {
      const gallery = await open(to);
      await gallery.view("pair");
      const [before, after] = [await gallery.pixels(".card .before"), await gallery.pixels(".card .after")];
      await gallery.view("difference");
      const map = await gallery.pixels(".card .after");
      const points = [];
      for (let i = 0; i < before.length; i += 3) {
        const levels = [0, 1, 2].reduce((sum, c) => sum + Math.abs(before[i + c] - after[i + c]), 0) / 3;
        points.push([Math.min(levels, 64), 0.2126 * map[i] + 0.7152 * map[i + 1] + 0.0722 * map[i + 2]]);
      }
      points.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      assert.ok(points[0][0] < 8 && points.at(-1)[0] === 64, "the tile has both");
      for (let i = 1; i < points.length; i += 1) {
        assert.ok(points[i][1] >= points[i - 1][1] - 1.5, `lightness ${points[i - 1]} then ${points[i]}`);
      }
      assert.ok(points.at(-1)[1] > 240);
    },
  },
  {
    name: "maps are laid over both tiles where they are white, and nowhere else",
    async check(to) {
      const gallery = await open(to);
      await gallery.set("sort", "name");
      await gallery.set("order", "up");
      await gallery.view("pair");
      const plain = { before: await gallery.pixels(".card .before"), after: await gallery.pixels(".card .after") };
      await gallery.view("saliency");
      const [{ image }] = translated(to.run).toSorted((a, b) => (a.image < b.image ? -1 : 1));
      for (const [which, folder] of [["before", "source"], ["after", "generated"]]) {
        const seen = await gallery.pixels(`.card .${which}`);
        const map = await decoded(to, join(to.run, "steps/quality-phi-25/saliency", folder, image.replace(/\.\w+$/, ".png")));
        let [most, least] = [0, Infinity];
        for (let i = 0; i < map.length; i += 3) {
          const change = [0, 1, 2].reduce((sum, c) => sum + Math.abs(seen[i + c] - plain[which][i + c]), 0);
          if (map[i] < 3) most = Math.max(most, change);
          if (map[i] > 240) least = Math.min(least, change);
        }
        assert.ok(least > 60 && most < 20, `${which}: at least ${least} where white, at most ${most} where black`);
      }
    },
  },
  {
    name: "the slider moves by keyboard, mouse and finger",
    async check(to) {
      const gallery = await open(to);
      const { page } = to;
      const at = (card) => page.evaluate(`Number(document.querySelectorAll(".card .wipe")[${card}].value)`);
      const clip = () => page.evaluate("getComputedStyle(document.querySelector('.card .after')).clipPath");
      await page.evaluate("document.querySelector('.card .wipe').focus()");
      await page.press("ArrowRight");
      await page.press("ArrowRight");
      assert.equal(await at(0), 52);
      assert.match(await clip(), /52%/);
      assert.equal(await page.evaluate("document.querySelector('.card .wipe').getAttribute('aria-valuetext')"), "52 % source");
      const where = async (share) => page.evaluate(`(() => { const box = document.querySelector(".card .stage").getBoundingClientRect();
        return { x: box.left + ${share} * box.width, y: box.top + box.height / 2 }; })()`);
      await page.evaluate("document.querySelector('.card .stage').scrollIntoView({ block: 'center', behavior: 'instant' })");
      const from = { ...await where(0.2), button: "left", clickCount: 1 };
      await page.call("Input.dispatchMouseEvent", { type: "mousePressed", ...from });
      assert.ok(Math.abs(await at(0) - 20) <= 2, `${await at(0)} after a press at 20 %`);
      await page.call("Input.dispatchMouseEvent", { type: "mouseMoved", ...from, ...await where(0.7), buttons: 1 });
      await page.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...from, ...await where(0.7) });
      assert.ok(Math.abs(await at(0) - 70) <= 2, `${await at(0)} after a pull to 70 %`);
      assert.equal(await at(1), 50, "the others stay");
      await page.size({ width: 390, height: 800, touch: true });
      await page.evaluate("document.querySelector('.card .stage').scrollIntoView({ block: 'center', behavior: 'instant' })");
      await page.touch("touchStart", [await where(0.3)]);
      await page.touch("touchEnd", []);
      await page.until("Math.abs(document.querySelector('.card .wipe').value - 30) <= 3");
      await page.evaluate(`(() => { const all = document.getElementById("gallery-wipes"); all.value = 80;
        all.dispatchEvent(new Event("input")); })()`);
      assert.deepEqual([await at(0), await at(7)], [80, 80]);
    },
  },
  {
    name: "the large view opens, turns and closes by keyboard alone, and gives the focus back",
    async check(to) {
      const gallery = await open(to);
      const { page } = to;
      const names = await allNames(gallery);
      while (await page.evaluate("document.querySelector('#gallery-pages [data-turn=\"-1\"]').ariaDisabled === 'false'")) await gallery.turn(-1);
      const heading = () => page.evaluate("document.getElementById('gallery-large-name').firstChild.textContent");
      const isOpen = () => page.evaluate("document.getElementById('gallery-large').open");
      await page.evaluate(`[...document.querySelectorAll(".card .name button")][${A_PAGE - 2}].focus()`);
      await page.press("Enter");
      await page.until("document.getElementById('gallery-large').open");
      assert.equal(await gallery.focused(), "gallery-large-name");
      assert.equal(fileName(await heading()), names[A_PAGE - 2]);
      for (let i = 0; i < 3; i += 1) await page.press("ArrowRight");
      assert.equal(fileName(await heading()), names[A_PAGE + 1], "over the page's end");
      await page.press("ArrowLeft");
      assert.equal(fileName(await heading()), names[A_PAGE]);
      const row = translated(to.run).find(({ image }) => fileName(image) === names[A_PAGE]);
      const cells = await page.evaluate("[...document.querySelectorAll('#gallery-large tr[data-of=scorer] td')].map((cell) => cell.textContent)");
      assert.deepEqual(cells.slice(0, 3), [row.confidence_source, row.confidence_generated, row.confidence_reconstructed]
        .map((value) => (Math.round(value * 1e4) / 1e4).toFixed(3)));
      await page.evaluate("document.querySelector('#gallery-large .wipe').focus()");
      await page.press("ArrowRight");
      assert.equal(fileName(await heading()), names[A_PAGE], "the slider has the arrow keys while it has the focus");
      assert.equal(await page.evaluate("document.querySelector('#gallery-large .wipe').value"), "51");
      const elsewhere = translated(to.run, "12.5").find(({ image }) => image === row.image);
      await gallery.click("#gallery-large .selectivities li:last-child button");
      assert.equal(await page.evaluate("document.querySelector('#gallery-large tr[data-of=judge] td:nth-of-type(2)').textContent"),
        (Math.round(elsewhere.held_out_generated * 1e4) / 1e4).toFixed(3));
      await page.press("Escape");
      await page.until("!document.getElementById('gallery-large').open");
      assert.equal(await isOpen(), false);
      await page.until("document.activeElement.closest('.card')");
      assert.equal(await gallery.focused(), names[A_PAGE], "on the page of the tile seen last");
    },
  },
  {
    name: "without scripts a selection is there",
    async check({ page, report }) {
      await page.call("Emulation.setScriptExecutionDisabled", { value: true });
      await page.goto(report);
      const { root } = await page.call("DOM.getDocument", { depth: 1 });
      const visible = async (selector) => {
        const { nodeIds } = await page.call("DOM.querySelectorAll", { nodeId: root.nodeId, selector });
        const boxes = await Promise.all(nodeIds.map((nodeId) => page.call("DOM.getBoxModel", { nodeId }).catch(() => null)));
        return boxes.filter((box) => box && box.model.width > 0).length;
      };
      assert.equal(await visible("#gallery-live"), 0);
      assert.ok(await visible("#gallery-still img") >= 12);
      assert.equal(await visible("#gallery-still noscript"), 1);
    },
  },
];

/** A picture of the run as the browser decodes it, red, green, blue. */
async function decoded({ browser }, path) {
  const page = await browser.page(await browser.window());
  const pixels = await page.evaluate(`new Promise((resolve, reject) => {
    const image = new Image();
    image.onerror = () => reject(new Error("no picture"));
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = image.width;
      canvas.height = image.height;
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      resolve([...context.getImageData(0, 0, image.width, image.height).data].filter((_, i) => i % 4 < 3));
    };
    image.src = "data:image/png;base64,${readFileSync(path).toString("base64")}";
  })`);
  await page.close();
  return pixels;
}
