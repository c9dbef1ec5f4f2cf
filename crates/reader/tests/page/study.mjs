// A whole study through the real page: simulated readers, all at once, each in a browser of its own, read every tile by keys, mouse or
// touch; they undo, skip and come back, change their mind, comment and reload. Then each one's own book must agree with what the
// server has and with what the coordinator downloads: every vote once, with the label that was given to the picture on the screen.
//
//     node study.mjs --serve target/release/examples/serve_study [--tiles 12] [--readers 3] [--ask rct]
//     node study.mjs --url http://127.0.0.1:8080 --token T1 --token T2 … --coordinator C [--tiles LIMIT]
//     [--seed 1] [--size 64] [--repeats 0]
//
// --tiles with --url: each reader stops after so many, and nothing is downloaded. Needs Node 20 and Chromium, and no package.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { Browser, sleep } from "./chromium.mjs";
import { Reading } from "./reading.mjs";
import { Program } from "./servers.mjs";
import { SimulatedReader, WITNESS } from "./simulated.mjs";

const TABLET = { width: 1180, height: 820, touch: true };
const { values: flags } = parseArgs({ options: {
  serve: { type: "string" }, url: { type: "string" }, token: { type: "string", multiple: true }, coordinator: { type: "string" },
  tiles: { type: "string" }, readers: { type: "string", default: "3" }, ask: { type: "string", default: "t" },
  seed: { type: "string", default: "1" }, size: { type: "string", default: "64" }, repeats: { type: "string", default: "0" },
} });

async function studyToRead() {
  if (!flags.serve) return { url: flags.url, tokens: flags.token, coordinator: flags.coordinator, stop: async () => {} };
  const asks = (letter) => flags.ask.includes(letter);
  return new Program(flags.serve).start({ tiles: Number(flags.tiles ?? 12), readers: Number(flags.readers), practice: 2,
    breakEvery: 50, size: Number(flags.size), repeats: Number(flags.repeats),
    ask: { real_or_generated: asks("r"), confidence: asks("c"), comment: asks("t") } });
}

/** Numbers from 0 to 1 (mulberry32), a stream for each reader. */
function stream(seed) {
  let state = Math.imul(seed, 2654435761);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function get(url, path, token) {
  for (;;) {
    const response = await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${token}` } });
    if (response.status === 200) return response;
    assert.equal(response.status, 429, `${path} answers ${response.status}`);
    await sleep(1000 * Number(response.headers.get("retry-after")));
  }
}

/** The SHA-256 of each picture by its public name: two readers see one tile by two names. */
async function pictures(url, token, items) {
  const hashes = new Map();
  for (const { id } of items) {
    const bytes = Buffer.from(await (await get(url, `/api/tile/${id}`, token)).arrayBuffer());
    hashes.set(id, createHash("sha256").update(bytes).digest("hex"));
  }
  return hashes;
}

async function read({ url, tokens }, who) {
  const state = await (await get(url, "/api/reader", tokens[who])).json();
  const hashes = await pictures(url, tokens[who], state.items);
  const browser = new Browser();
  try {
    const touch = who % 3 === 2;
    const page = await browser.page(await browser.window(), touch ? TABLET : undefined);
    await page.call("Page.addScriptToEvaluateOnNewDocument", { source: WITNESS });
    const reading = new Reading(page);
    await reading.open(`${url}/#${tokens[who]}`);
    const random = stream(1000 * Number(flags.seed) + who);
    // All readers see the same in a picture, and each errs in their own way.
    const taste = (name) => state.classes[parseInt(hashes.get(name).slice(0, 8), 16) % state.classes.length].id;
    const reader = new SimulatedReader(reading, { random, taste: (name) => (hashes.has(name) ? taste(name) : state.classes[0].id), touch });
    const begun = Date.now();
    await reader.readAll(flags.serve ? Infinity : Number(flags.tiles ?? Infinity));
    assert.deepEqual(page.complaints, [], `${state.reader}: the console`);
    return { name: state.reader, state, hashes, book: reader.book, counts: reader.counts, seconds: (Date.now() - begun) / 1000 };
  } finally {
    await browser.close();
  }
}

/** What the server has for each tile is what the reader's book says, changed as often as the reader has changed it. */
async function compareStored({ url, tokens }, readers) {
  for (const [who, { name, book }] of readers.entries()) {
    const { items } = await (await get(url, "/api/reader", tokens[who])).json();
    const stored = items.filter(({ answer }) => answer);
    assert.equal(stored.length, book.size, `${name}: so many tiles have an answer`);
    for (const { id, answer: { label, real, confidence, comment, revision } } of stored) {
      const { changes, ...own } = book.get(id);
      assert.deepEqual({ label, real, confidence, comment }, own, `${name}, tile ${id}`);
      assert.equal(revision, changes, `${name}, tile ${id}: each change is stored once`);
    }
  }
}

async function download({ url, coordinator }, words) {
  const browser = new Browser();
  try {
    const page = await browser.page(await browser.window());
    const board = new Reading(page);
    await board.open(`${url}/coordinator#${coordinator}`);
    await board.untilText("title", "All readers have finished");
    const text = await page.evaluate("document.body.innerText");
    for (const word of words) assert.ok(!text.includes(word), `the coordinator's page shows ${word}`);
    await page.evaluate(`{ const make = URL.createObjectURL; URL.createObjectURL = (blob) => make(window.sent = blob);
      HTMLAnchorElement.prototype.click = function () { window.file = this.download; } }`);
    await page.click("#export");
    await page.until("window.file");
    return await page.evaluate("sent.text()"); // before the browser is closed
  } finally {
    await browser.close();
  }
}

/** RFC 4180. */
function parseCsv(text) {
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "\n") rows.push([]);
    if (end === "") break;
  }
  const [header, ...lines] = rows.filter(({ length }) => length > 1);
  return lines.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i]])));
}

/** Every reader's every item is one line, with that reader's answer to that very picture. */
function compareDownloaded(lines, readers) {
  const tileOf = new Map(); // picture → name in the data
  for (const { name, state, hashes, book, seconds } of readers) {
    const own = lines.filter(({ reader }) => reader === name);
    assert.equal(own.length, state.items.length, `${name}: one line a tile`);
    assert.equal(new Set(own.map(({ place }) => place)).size, own.length, `${name}: each place once`);
    for (const line of own) {
      const { id } = state.items[Number(line.place) - 1];
      const { label, real, confidence, comment } = book.get(id);
      const text = (value) => (value === null ? "" : String(value));
      assert.deepEqual([line.label, line.said_real, line.confidence, line.comment],
        [label, text(real), text(confidence), comment], `${name}, place ${line.place}`);
      const hash = hashes.get(id);
      assert.equal(tileOf.get(hash) ?? line.tile, line.tile, "one picture is one tile, whoever saw it");
      tileOf.set(hash, line.tile);
      assert.ok(Number(line.seconds) > 0.2 && Number(line.seconds) < seconds, `${name}: a time of ${line.seconds} s`);
    }
  }
  assert.equal(lines.length, readers.reduce((sum, { state }) => sum + state.items.length, 0), "and nothing else");
  assert.equal(new Set(tileOf.values()).size, tileOf.size, "two pictures are two tiles");
}

/** The share of pictures that each pair of readers has given one label. */
function sameLabel(readers) {
  const given = readers.map(({ hashes, book }) => new Map([...book].map(([id, { label }]) => [hashes.get(id), label])));
  const pairs = given.flatMap((a, i) => given.slice(i + 1).map((b) => [a, b]));
  return pairs.map(([a, b]) => [...a].filter(([picture, label]) => b.get(picture) === label).length / a.size);
}

const study = await studyToRead();
try {
  const begun = Date.now();
  const readers = await Promise.all(study.tokens.map((_, who) => read(study, who)));
  const seconds = (Date.now() - begun) / 1000;
  await compareStored(study, readers);
  const whole = readers.every(({ state, book }) => book.size === state.items.length);
  if (whole) {
    const ids = readers.flatMap(({ state }) => [...state.items.map(({ id }) => id), ...state.classes.map((one) => one.name)]);
    const lines = parseCsv(await download(study, ids));
    compareDownloaded(lines, readers);
  }
  const sizes = readers.map(({ book }) => book.size);
  const changes = readers.reduce((sum, { book }) => [...book.values()].reduce((all, one) => all + one.changes, sum), 0);
  for (const { name, counts, seconds: own } of readers) {
    console.log(`${name}: ${own.toFixed(1)} s, ${Object.entries(counts).map(([what, n]) => `${n} ${what}`).join(", ")}`);
  }
  console.log(`same label by pairs: ${sameLabel(readers).map((share) => `${(100 * share).toFixed(1)} %`).join(", ")}`);
  console.log(`ok: ${sizes.length} readers, ${sizes.reduce((a, b) => a + b)} answers after ${changes} changes, all stored once and as given`
    + `${whole ? ", as downloaded" : " (no download: not all tiles were read)"}; ${seconds.toFixed(1)} s`);
} catch (error) {
  console.log(`FAILED: ${error.message}`);
  throw error;
} finally {
  await study.stop();
}
