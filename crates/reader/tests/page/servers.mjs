// Where the scenarios find a study: the server in memory, fresh for each, or a real server given by links. Driving the
// page knows nothing of either.

import { startMock } from "./mock_server.mjs";

/** What both give: the links, what is stored, and, in memory only, `mock` with its faults and changes. */
class Study {
  constructor(url, token, coordinator, mock = null) {
    Object.assign(this, { url, token, coordinator, mock });
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
    await this.mock?.close();
  }
}

export class InMemory {
  async study(options) {
    const mock = await startMock(options);
    return new Study(mock.url, mock.study.readers[0].token, mock.study.coordinator, mock);
  }
}

/** Each scenario uses up one reader's link. A scenario that needs failures, or a study that this server does not have,
 *  is left out, with the reason. */
export class Real {
  #url;
  #tokens;
  #coordinator;

  constructor(url, tokens, coordinator) {
    this.#url = url.replace(/\/$/, "");
    this.#tokens = [...tokens];
    this.#coordinator = coordinator;
  }

  async study(options, faults) {
    if (faults) return { why: "needs failures that only the server in memory can have" };
    if (this.#tokens.length === 0) return { why: "no reader's link is left" };
    if (options.coordinator && !this.#coordinator) return { why: "no coordinator's link was given" };
    const study = new Study(this.#url, this.#tokens[0], this.#coordinator);
    const has = await study.reader();
    const why = mismatch(has, options);
    if (why) return { why };
    this.#tokens.shift();
    return study;
  }
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
