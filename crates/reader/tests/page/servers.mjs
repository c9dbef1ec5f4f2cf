// Where the scenarios find a study: the server in memory, the real one started here, or a real one given by links. Each study is
// reached through a connection that can be made to fail; driving the page knows nothing of what lies behind it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFaulty } from "./faulty.mjs";
import { startMock } from "./mock_server.mjs";

/** One reader's study: links, what is stored, and the connection with its `faults`, `log` and acknowledged `votes`.
 *  `mock` is there in memory only, `server` where the program itself can be killed. */
class Study {
  constructor(connection, { token, coordinator, mock = null, server = null }) {
    Object.assign(this, { connection, token, coordinator, mock, server });
    Object.assign(this, { url: connection.url, faults: connection.faults, log: connection.log, votes: connection.votes });
  }

  get link() {
    return `${this.url}/#${this.token}`;
  }

  get coordinatorLink() {
    return `${this.url}/coordinator#${this.coordinator}`;
  }

  async reader() {
    const response = await fetch(`${this.url}/api/reader`, { headers: { Authorization: `Bearer ${this.token}` } });
    return response.json();
  }

  /** The stored answers of the study's tiles, in this reader's order. */
  async answers() {
    return (await this.reader()).items.map(({ answer }) => answer);
  }

  async close() {
    await this.connection.close();
    await this.mock?.close();
    await this.server?.stop();
  }
}

export class InMemory {
  async study(options, { killed }) {
    if (killed) return { why: "needs a server that can be killed" };
    const mock = await startMock(options);
    const { coordinator, readers: [{ token }] } = mock.study;
    return new Study(await startFaulty(mock.url), { token, coordinator, mock });
  }

  async close() {}
}

/** The real server as a program that is started and stopped here. */
export class Program {
  #program;
  #process = null;
  #folder = mkdtempSync(join(tmpdir(), "reader-study-"));

  constructor(program) {
    this.#program = program;
  }

  /** Draws a study of synthetic tissue and serves it; `url`, `tokens` and `coordinator` are known then. */
  async start(options = {}) {
    const { ask = {}, tiles = 12, practice = 2, breakEvery = 0, readers = 1, repeats = 0, size = 96 } = options;
    const asked = Object.entries({ r: ask.real_or_generated, c: ask.confidence, t: ask.comment });
    const flags = { tiles, practice, break: breakEvery, readers, repeats, size,
      ask: asked.filter(([, yes]) => yes).map(([letter]) => letter).join("") || "-", out: join(this.#folder, "drawn") };
    Object.assign(this, await this.#run(flags));
    return this;
  }

  /** No goodbye: what is not on the disk by now is gone. */
  async kill() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
    this.#process = null;
  }

  /** The same study at the same address. */
  async restart() {
    await this.#run({ reopen: this.folder, bind: new URL(this.url).host });
  }

  async stop() {
    if (this.#process) await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Its standard input is a pipe that ends with this process: no server stays behind. */
  async #run(flags) {
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#process = spawn(this.#program, ["serve", ...args], { stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    for await (const part of this.#process.stdout.iterator({ destroyOnReturn: false })) {
      said += part;
      if (said.includes("\n")) return JSON.parse(said);
    }
    throw new Error(`${this.#program} ended before it served a study`);
  }
}

/** Real servers, one for each set of options, with a link for each scenario; a scenario that kills has one to itself. */
export class Served {
  #program;
  #shared = new Map(); // options → promise of a Program
  static #READERS = 24;

  constructor(program) {
    this.#program = program;
  }

  async study(options, { memory, killed, readers }) {
    if (memory) return { why: "needs the server in memory" };
    if (killed) {
      const server = await new Program(this.#program).start(options);
      return new Study(await startFaulty(server.url), { token: server.tokens[0], coordinator: server.coordinator, server });
    }
    const { coordinator: _, practice = 2, ...others } = options; // what every study has, or may have
    const key = JSON.stringify([practice, Object.entries(others).sort()]);
    if (!this.#shared.has(key)) {
      this.#shared.set(key, new Program(this.#program).start({ ...options, readers: Served.#READERS }));
    }
    const server = await this.#shared.get(key);
    const token = server.tokens.shift();
    if (!token) return { why: "no reader's link is left" };
    return new Study(await startFaulty(server.url), { token, coordinator: server.coordinator });
  }

  async close() {
    for (const server of this.#shared.values()) await (await server).stop();
  }
}

/** A server that runs already: each scenario uses up one reader's link. A scenario that needs a study that this server does not
 *  have is left out, with the reason. */
export class Given {
  #url;
  #tokens;
  #coordinator;

  constructor(url, tokens, coordinator) {
    this.#url = url.replace(/\/$/, "");
    this.#tokens = [...tokens];
    this.#coordinator = coordinator;
  }

  async study(options, { memory, killed }) {
    if (memory) return { why: "needs the server in memory" };
    if (killed) return { why: "needs a server that can be killed" };
    const token = this.#tokens.shift();
    if (!token) return { why: "no reader's link is left" };
    if (options.coordinator && !this.#coordinator) return { why: "no coordinator's link was given" };
    const study = new Study(await startFaulty(this.#url), { token, coordinator: this.#coordinator });
    const why = mismatch(await study.reader(), options);
    if (!why) return study;
    this.#tokens.unshift(token);
    await study.close();
    return { why };
  }

  async close() {}
}

function mismatch(has, { ask = {}, practice, breakEvery = 0, tiles = 12 }) {
  for (const one of ["real_or_generated", "confidence", "comment"]) {
    if (has.ask[one] !== (ask[one] ?? false)) return `the study's "${one}" is ${has.ask[one]}`;
  }
  if (practice && has.practice.length === 0) return "the study has no practice";
  if (has.break_every !== breakEvery && (breakEvery || has.break_every < has.items.length && has.break_every > 0)) {
    return `the study's break_every is ${has.break_every}`;
  }
  if (has.items.length < tiles) return `the study has only ${has.items.length} tiles`;
  if (has.items.some(({ answer }) => answer)) return "the next reader's link has answers already";
  return null;
}
