// The reader study's server in memory, after the contract between page and server. For trying the pages by hand and for
// drive.mjs. Needs Node 20 and nothing else; listens on loopback only.
//
//     node mock_server.mjs [--port 8123] [--tiles 12] [--practice 3] [--break 50] [--ask rct] [--classes 2]
//                          [--readers 2]
//
// --ask: any of r (real or generated), c (confidence), t (comment, a text).

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { tilePng } from "./tile.mjs";

const ASSETS = join(dirname(fileURLToPath(import.meta.url)), "../../assets");
const TYPES = {
  html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const HEADERS = {
  "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    + "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
};
const CLASSES = ["HP", "SSA", "TVA", "TA", "IP", "NORM", "LGD", "HGD", "CA"];
const hex = (bytes) => randomBytes(bytes).toString("hex");

/** What the server holds. `readers` have a token, their items in order and `changes`, every change ever stored. */
export function newStudy({ tiles = 12, practice = 0, breakEvery = 0, ask = {}, classes = 2, readers = 1, instructions,
  micrometers = 0.5 } = {}) {
  const ids = (count) => Array.from({ length: count }, () => hex(16));
  return {
    settings: {
      study: "polyps",
      instructions: instructions ?? "Judge each tile on its own.\nThere is no time limit.",
      question: "Which class is this tile?",
      classes: CLASSES.slice(0, classes).map((name, i) => ({ id: name, name, key: String(i + 1) })),
      ask: { real_or_generated: false, confidence: false, comment: false, ...ask },
      micrometers_per_pixel: micrometers, tile_pixels: 224, break_every: breakEvery,
    },
    coordinator: hex(16),
    readers: Array.from({ length: readers }, (_, i) => ({
      name: `Reader ${i + 1}`, token: hex(16), practice: ids(practice), items: ids(tiles), answers: new Map(),
      requests: new Map(), changes: [], finished: false, lastSeen: null,
    })),
  };
}

export async function startMock(options = {}) {
  const study = newStudy(options);
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const path = request.url.split("?")[0];
    answer(study, { method: request.method, path, body, headers: request.headers }, response);
  });
  await new Promise((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return { url, study, close };
}

function answer(study, request, response) {
  const { method, path, headers } = request;
  const send = (status, body, extra = {}) => {
    response.writeHead(status, { ...HEADERS, "Content-Type": "application/json", ...extra });
    response.end(JSON.stringify(body));
  };
  const wrong = (status, error, hint, extra, more = {}) => send(status, { error, hint, ...more }, extra);
  if (!path.startsWith("/api/")) {
    page(path, response, wrong);
    return;
  }
  if (path === "/api/health") return void send(200, {});
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (path === "/api/coordinator" || path === "/api/export.csv") {
    if (token !== study.coordinator) return void wrong(401, "this link is not known", "ask for the link again");
    coordinator(study, path, send, wrong, response);
    return;
  }
  const reader = study.readers.find((one) => one.token === token);
  if (!reader) return void wrong(401, "this link is not known", "ask the coordinator for a new link");
  reader.lastSeen = new Date().toISOString();
  if (method === "GET" && path === "/api/reader") return void send(200, stateOf(study, reader));
  if (method === "GET" && path.startsWith("/api/tile/")) return void tile(reader, path.slice(10), response, wrong);
  if (method === "POST" && path === "/api/vote") return void vote(study, reader, request, send, wrong);
  if (method === "POST" && path === "/api/finish") {
    const open = reader.items.filter((id) => !reader.answers.get(id)?.label).length;
    if (open > 0) return void wrong(422, `${open} tiles have no answer yet`, "answer them first");
    reader.finished = true;
    return void send(200, { finished: true });
  }
  wrong(404, "there is nothing here", "");
}

function page(path, response, wrong) {
  const file = { "/": "reader.html", "/coordinator": "coordinator.html" }[path] ?? path.replace(/^\/assets\//, "");
  try {
    const bytes = readFileSync(join(ASSETS, normalize(`/${file}`)));
    response.writeHead(200, { ...HEADERS, "Content-Type": TYPES[file.split(".").pop()] });
    response.end(bytes);
  } catch {
    wrong(404, "there is nothing here", "");
  }
}

function stateOf({ settings }, reader) {
  const list = (ids) => ids.map((id) => ({ id, answer: reader.answers.get(id) ?? null }));
  return { ...settings, reader: reader.name, practice: list(reader.practice), items: list(reader.items),
    ...(reader.finished ? { finished: true } : {}) };
}

function tile(reader, id, response, wrong) {
  const place = [...reader.practice, ...reader.items].indexOf(id);
  if (place < 0) return wrong(404, "there is no such tile", "");
  response.writeHead(200, { ...HEADERS, "Content-Type": "image/png" });
  response.end(tilePng(224, place + 1));
}

function vote(study, reader, request, send, wrong) {
  const change = JSON.parse(request.body);
  const known = reader.requests.get(change.request);
  if (known) return send(200, { answer: known });
  const why = problem(study, reader, change);
  if (why) return wrong(why[0], why[1], "load the page again");
  const stored = reader.answers.get(change.item) ?? null;
  if (reader.finished || change.revision !== (stored?.revision ?? 0)) {
    return wrong(409, "this tile was answered in another window", "", {}, { answer: stored });
  }
  send(200, { answer: store(reader, change) });
}

function problem({ settings }, reader, change) {
  if (![...reader.practice, ...reader.items].includes(change.item)) return [404, "there is no such tile"];
  const { label, skipped, real, confidence } = change;
  if (!/^[0-9a-f]{32}$/.test(change.request)) return [422, "the request is not 32 hex digits"];
  if (label !== null && !settings.classes.some(({ id }) => id === label)) return [422, "there is no such class"];
  if (label !== null && skipped) return [422, "a skipped tile has no class"];
  if (!Number.isInteger(change.milliseconds) || change.milliseconds < 0) return [422, "the time makes no sense"];
  const sure = confidence === null || (Number.isInteger(confidence) && confidence >= 1 && confidence <= 5);
  if (!sure || ![true, false, null].includes(real)) return [422, "an answer makes no sense"];
  return null;
}

function store(reader, { item, request, label, skipped, real, confidence, comment, milliseconds }) {
  const revision = (reader.answers.get(item)?.revision ?? 0) + 1;
  const answer = { label, skipped, real, confidence, comment, revision };
  reader.answers.set(item, answer);
  reader.requests.set(request, answer);
  reader.changes.push({ item, request, milliseconds, ...answer });
  return answer;
}

function coordinator(study, path, send, wrong, response) {
  const complete = study.readers.every((reader) => reader.finished);
  if (path === "/api/coordinator") {
    const items = study.readers[0].items.length;
    return send(200, { study: study.settings.study, items, complete, readers: study.readers.map(progressOf),
      watch: study.watch ?? { warnings: [], trouble: null, past: [] } });
  }
  if (!complete) return wrong(409, "not every reader has finished", "wait until all have");
  response.writeHead(200, { ...HEADERS, "Content-Type": "text/csv; charset=utf-8" });
  const rows = study.readers.flatMap((one) => one.items.map((id) => `${one.name},${id},${one.answers.get(id).label}`));
  response.end(`reader,item,label\n${rows.join("\n")}\n`);
}

function progressOf(reader) {
  const answers = reader.items.map((id) => reader.answers.get(id)).filter(Boolean);
  const times = reader.changes.filter(({ label }) => label).map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
  return {
    name: reader.name, finished: reader.finished, last_seen: reader.lastSeen,
    answered: answers.filter(({ label }) => label !== null).length,
    skipped: answers.filter(({ skipped }) => skipped).length,
    practised: reader.practice.some((id) => reader.answers.get(id)?.label),
    median_seconds: times.length ? times[times.length >> 1] / 1000 : null,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flag = (name, otherwise) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? otherwise : process.argv[at + 1];
  };
  const asked = flag("ask", "");
  const mock = await startMock({
    port: Number(flag("port", 8123)), tiles: Number(flag("tiles", 12)), practice: Number(flag("practice", 3)),
    breakEvery: Number(flag("break", 50)), classes: Number(flag("classes", 2)), readers: Number(flag("readers", 2)),
    ask: { real_or_generated: asked.includes("r"), confidence: asked.includes("c"), comment: asked.includes("t") },
  });
  for (const { name, token } of mock.study.readers) console.log(`${name}: ${mock.url}/#${token}`);
  console.log(`Coordinator: ${mock.url}/coordinator#${mock.study.coordinator}`);
}
