// Votes on their way to the server: sent in order, one at a time, and kept in this browser until the server has them.

import { Backoff, Failure, fingerprint } from "/assets/server.js";

/** Sent again these would be refused again. Everything else (no answer, 429, 5xx) may pass. */
const REFUSED = [400, 404, 413, 422];

export class VoteQueue {
  #server;
  #on;
  #waiting = []; // [{ key, vote }]
  #box;
  #backoff = new Backoff();
  #running = false;
  #held = false;
  #trouble = null; // the last attempt's failure

  /** `on`: `state(kind, failure)`, `stored(vote, answer)`, `conflict(vote, failure)`, `refused(vote, failure)`,
   *  `wrongLink()`. */
  constructor(server, study, token, on) {
    this.#server = server;
    this.#on = on;
    this.#box = new Box(`grayzone/votes/${study}/${fingerprint(token)}/`);
    this.#waiting = this.#box.all();
  }

  get length() {
    return this.#waiting.length;
  }

  /** The newest change of an item that the server has not confirmed. */
  latest(item) {
    return this.#waiting.filter(({ vote }) => vote.item === item).pop()?.vote ?? null;
  }

  /** The server answers again: no need to wait for the next attempt. */
  hurry() {
    this.#backoff.wake();
  }

  add(vote) {
    this.#waiting.push(this.#box.put(vote));
    // The next attempt may be seconds away; how much is not saved is said now.
    if (this.#trouble) this.#on.state("waiting", this.#trouble);
    this.send();
  }

  async send() {
    if (this.#running || this.#held) return;
    this.#running = true;
    while (this.#waiting.length > 0 && !this.#held) {
      // After a failure the line keeps saying so until an answer comes: an attempt is no progress.
      await this.#sendFirst();
    }
    this.#running = false;
    if (this.#waiting.length === 0) this.#on.state("saved");
  }

  async #sendFirst() {
    const first = this.#waiting[0];
    if (!this.#trouble) this.#on.state("saving");
    let answer;
    try {
      ({ answer } = await this.#server.post("/api/vote", first.vote));
      // A proxy's page in place of the server's answer is not "stored".
      if (!Number.isInteger(answer?.revision)) throw new Failure(0);
    } catch (failure) {
      await this.#failed(first, failure);
      return;
    }
    this.#settled();
    this.#drop((entry) => entry === first);
    this.#on.stored(first.vote, answer);
  }

  async #failed(first, failure) {
    if (failure.status === 401) {
      this.#held = true;
      this.#on.wrongLink();
    } else if (failure.status === 409 || REFUSED.includes(failure.status)) {
      this.#settled();
      // Later changes of the same tile were built on this one.
      this.#drop(({ vote }) => vote.item === first.vote.item);
      const told = failure.status === 409 ? this.#on.conflict : this.#on.refused;
      await told(first.vote, failure);
    } else {
      this.#trouble = failure;
      this.#on.state("waiting", failure);
      await this.#backoff.pause(failure);
    }
  }

  #settled() {
    this.#trouble = null;
    this.#backoff.reset();
  }

  #drop(which) {
    for (const entry of this.#waiting.filter(which)) this.#box.remove(entry.key);
    this.#waiting = this.#waiting.filter((entry) => !which(entry));
  }
}

/** The copy in localStorage: one entry a vote, so that two tabs never write over one another's. A vote that two tabs
 *  send has one `request`, and the server stores it once. */
class Box {
  #prefix;
  #last = 0;

  constructor(prefix) {
    this.#prefix = prefix;
  }

  all() {
    const found = [];
    try {
      for (let i = 0; i < localStorage.length; i += 1) {
        const key = localStorage.key(i);
        if (!key.startsWith(this.#prefix)) continue;
        found.push({ key, vote: JSON.parse(localStorage.getItem(key)) });
        this.#last = Math.max(this.#last, parseInt(key.slice(this.#prefix.length), 10) || 0);
      }
    } catch {
      return []; // no storage: then the warning on leaving the page is the only guard
    }
    return found.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  put(vote) {
    // Time orders the votes, but a computer's clock may be set back: never before the last one.
    this.#last = Math.max(Date.now(), this.#last + 1);
    const key = `${this.#prefix}${String(this.#last).padStart(16, "0")}-${vote.request}`;
    try {
      localStorage.setItem(key, JSON.stringify(vote));
    } catch {
      // full or switched off; the vote is still in memory
    }
    return { key, vote };
  }

  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // it was never there
    }
  }
}
