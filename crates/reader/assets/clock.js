// How long a tile was looked at: only while it is on the screen and this tab is the visible one.

export class Stopwatch {
  #wanted = false;
  #since = null;
  #sum = 0;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#update());
  }

  start() {
    this.#wanted = true;
    this.#update();
  }

  stop() {
    this.#wanted = false;
    this.#update();
  }

  /** Stops, and hands over the milliseconds since the last time. */
  take() {
    this.stop();
    const sum = this.#sum;
    this.#sum = 0;
    return sum;
  }

  #update() {
    const running = this.#wanted && document.visibilityState === "visible";
    if (running && this.#since === null) this.#since = performance.now();
    if (!running && this.#since !== null) {
      this.#sum += performance.now() - this.#since;
      this.#since = null;
    }
  }
}
