// Fetches tiles ahead of time, decoded and ready to show. Every tile takes this same way.

import { Backoff } from "/assets/server.js";

export class Tiles {
  #server;
  #on;
  #wanted = [];
  #ready = new Map(); // id → decoded <img>
  #lost = new Set(); // the server has no such tile
  #backoff = new Backoff();
  #working = false;

  /** `on`: `ready(id, image)`, `trouble(id, failure)`. */
  constructor(server, on) {
    this.#server = server;
    this.#on = on;
  }

  get(id) {
    return this.#ready.get(id) ?? null;
  }

  /** The tiles worth having, most urgent first. Others are let go. */
  want(ids) {
    this.#wanted = [...new Set(ids)];
    for (const [id, image] of this.#ready) {
      if (this.#wanted.includes(id)) continue;
      URL.revokeObjectURL(image.src);
      this.#ready.delete(id);
    }
    this.#lost.delete(ids[0]);
    this.#work();
  }

  /** The server answers again: no need to wait for the next attempt. */
  hurry() {
    this.#backoff.wake();
  }

  async #work() {
    if (this.#working) return;
    this.#working = true;
    // One at a time, so that the tile asked for now never shares the line with one for later.
    for (let id = this.#first(); id !== undefined; id = this.#first()) await this.#fetch(id);
    this.#working = false;
  }

  #first() {
    return this.#wanted.find((id) => !this.#ready.has(id) && !this.#lost.has(id));
  }

  async #fetch(id) {
    try {
      const { blob } = await this.#server.bytes(`/api/tile/${id}`);
      const image = await decoded(blob);
      this.#backoff.reset();
      if (!this.#wanted.includes(id)) {
        URL.revokeObjectURL(image.src);
        return;
      }
      this.#ready.set(id, image);
      this.#on.ready(id, image);
    } catch (failure) {
      const gone = [401, 404].includes(failure.status);
      if (gone) this.#lost.add(id);
      this.#on.trouble(id, failure);
      if (!gone) await this.#backoff.pause(failure);
    }
  }
}

async function decoded(blob) {
  const image = new Image();
  image.decoding = "sync"; // shown in the same frame as its question, never a frame later
  image.draggable = false;
  image.alt = "The tile to judge";
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
  } catch {
    URL.revokeObjectURL(image.src);
    throw Object.assign(new Error("The picture arrived broken."), { status: 0, retryAfter: 0 });
  }
  return image;
}
