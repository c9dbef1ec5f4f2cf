// One list of tiles (the practice round or the study) and what is known of each answer. No drawing here.

import { newRequest } from "/assets/server.js";

export class Round {
  #ids;
  #stored;
  #queue;

  constructor(items, queue) {
    this.#ids = items.map(({ id }) => id);
    this.#stored = new Map(items.map(({ id, answer }) => [id, answer]));
    this.#queue = queue;
  }

  get length() {
    return this.#ids.length;
  }

  id(index) {
    return this.#ids[index];
  }

  indexOf(id) {
    return this.#ids.indexOf(id);
  }

  /** What stands for a tile: the newest change, confirmed or not. Null: not answered. */
  answer(index) {
    const id = this.#ids[index];
    const stands = this.#queue.latest(id) ?? this.#stored.get(id);
    return stands && (stands.label !== null || stands.skipped) ? stands : null;
  }

  label(index) {
    return this.answer(index)?.label ?? null;
  }

  skipped(index) {
    return this.answer(index)?.skipped ?? false;
  }

  /** Puts a change on its way. It builds on the newest one known. */
  change(index, { label, skipped, real, confidence, comment }, milliseconds) {
    const item = this.#ids[index];
    const waiting = this.#queue.latest(item);
    const revision = waiting ? waiting.revision + 1 : this.#stored.get(item)?.revision ?? 0;
    this.#queue.add({
      item, request: newRequest(), revision, label, skipped, real, confidence, comment,
      milliseconds: Math.round(milliseconds),
    });
  }

  /** What the server says is stored. An answer sent twice may come back older than what we know by then. */
  take(id, answer) {
    if (!this.#stored.has(id) || !answer) return;
    if (answer.revision >= (this.#stored.get(id)?.revision ?? 0)) this.#stored.set(id, answer);
  }

  counts() {
    let answered = 0;
    let skipped = 0;
    for (let i = 0; i < this.length; i += 1) {
      if (this.label(i) !== null) answered += 1;
      else if (this.skipped(i)) skipped += 1;
    }
    return { answered, skipped, left: this.length - answered - skipped };
  }

  /** The next tile nobody has touched, after `index` and then from the start; -1 if there is none. */
  nextUnanswered(index) {
    return this.#find(index, true, (i) => this.answer(i) === null);
  }

  /** The next skipped tile after `index`, without starting over: one pass has an end. */
  nextSkipped(index) {
    return this.#find(index, false, (i) => this.skipped(i));
  }

  /** The tiles that will be asked after this one, as far as can be told. */
  upcoming(index, many) {
    const ids = [];
    for (let step = 1; step <= this.length && ids.length < many; step += 1) {
      const i = (index + step) % this.length;
      if (this.answer(i) === null) ids.push(this.#ids[i]);
    }
    for (let i = index + 1; i < this.length && ids.length < many; i += 1) {
      if (!ids.includes(this.#ids[i])) ids.push(this.#ids[i]);
    }
    return ids;
  }

  #find(index, around, wanted) {
    for (let i = index + 1; i < this.length; i += 1) if (wanted(i)) return i;
    for (let i = 0; around && i <= index; i += 1) if (wanted(i)) return i;
    return -1;
  }
}
