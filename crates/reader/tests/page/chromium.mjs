// Headless Chromium over the DevTools protocol's pipe (file descriptors 3 and 4, JSON parted by NUL): no package needed.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const WAIT_MS = 15_000;
const KEYS = {
  Enter: ["Enter", 13, "\r"], Backspace: ["Backspace", 8], Escape: ["Escape", 27], Tab: ["Tab", 9], " ": ["Space", 32, " "],
  ArrowLeft: ["ArrowLeft", 37], ArrowUp: ["ArrowUp", 38], ArrowRight: ["ArrowRight", 39], ArrowDown: ["ArrowDown", 40],
};

export class Browser {
  #process;
  #profile = mkdtempSync(join(tmpdir(), "reader-page-"));
  #next = 1;
  #calls = new Map();
  #listeners = new Map(); // session → function(method, params)
  #rest = "";
  #over = null; // why no more can be asked

  constructor(program = process.env.CHROMIUM ?? "chromium") {
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
      "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
      `--user-data-dir=${this.#profile}`, "about:blank"];
    this.#process = spawn(program, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    this.#process.stdio[4].on("data", (data) => this.#read(data));
    this.#process.stdio[3].on("error", () => {}); // a pipe to a browser that has ended: its exit is reported below
    this.#process.once("exit", (code, signal) => this.#ended(`Chromium has ended (${signal ?? code})`));
    this.#process.once("error", (error) => this.#ended(`Chromium does not start: ${error.message}`));
  }

  send(method, params = {}, sessionId) {
    if (this.#over) return Promise.reject(new Error(`${method}: ${this.#over}`));
    const id = this.#next++;
    this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject, method }));
  }

  listen(session, listener) {
    this.#listeners.set(session, listener);
  }

  /** A window of its own: pages in it share storage with one another and with no other window. */
  async window() {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    return browserContextId;
  }

  async page(browserContextId, size) {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, sessionId, targetId);
    await page.prepare(size);
    return page;
  }

  async close() {
    if (!this.#over) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.send("Browser.close").catch(() => {}); // it may end before it answers
      await ended;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  #ended(why) {
    this.#over = why;
    for (const { reject, method } of this.#calls.values()) reject(new Error(`${method}: ${why}`));
    this.#calls.clear();
  }

  #read(data) {
    const parts = (this.#rest + data.toString("utf8")).split("\0");
    this.#rest = parts.pop();
    for (const part of parts) {
      const { id, method, params, result, error, sessionId } = JSON.parse(part);
      if (id === undefined) {
        this.#listeners.get(sessionId)?.(method, params);
        continue;
      }
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call.reject(new Error(`${call.method}: ${error.message}`));
      else call.resolve(result);
    }
  }
}

export class Page {
  #browser;
  #session;
  #target;
  #closed = false;
  /** What a user's console would show in red. */
  complaints = [];
  /** Texts of the dialogs that the page opened by itself, such as the warning on leaving. */
  dialogs = [];

  constructor(browser, session, target) {
    this.#browser = browser;
    this.#session = session;
    this.#target = target;
    browser.listen(session, (method, params) => this.#heard(method, params));
  }

  call(method, params) {
    return this.#browser.send(method, params, this.#session);
  }

  async prepare(size = { width: 1440, height: 900 }) {
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.call(`${domain}.enable`);
    await this.size(size);
  }

  async size({ width, height, ratio = 1, touch = false }) {
    const screenOrientation = width > height ? { type: "landscapePrimary", angle: 90 } : { type: "portraitPrimary", angle: 0 };
    await this.call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: ratio, mobile: touch,
      screenOrientation });
    await this.call("Emulation.setTouchEmulationEnabled", { enabled: touch });
  }

  async scheme(value) {
    await this.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  }

  async goto(url) {
    const loaded = this.#once("Page.loadEventFired");
    await this.call("Page.navigate", { url });
    await loaded;
  }

  async reload() {
    const loaded = this.#once("Page.loadEventFired");
    await this.call("Page.reload");
    await loaded;
  }

  async evaluate(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate",
      { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async until(expression, what = expression) {
    // Time in which the whole machine stood still is nobody's fault.
    for (let waited = 0, last = Date.now(); waited < WAIT_MS;) {
      if (await this.evaluate(`Boolean(${expression})`)) return;
      await sleep(25);
      const now = Date.now();
      waited += Math.min(now - last, 1000);
      last = now;
    }
    throw new Error(`waited in vain for: ${what}`);
  }

  async keyDown(key, { repeat = false, shift = false } = {}) {
    const letter = /^[a-z]$/i.test(key);
    const [code, number, text] = KEYS[key]
      ?? [letter ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : "", key.toUpperCase().charCodeAt(0), key];
    await this.call("Input.dispatchKeyEvent", { type: text ? "keyDown" : "rawKeyDown", key, code, text, autoRepeat: repeat,
      windowsVirtualKeyCode: number, modifiers: shift ? 8 : 0 });
    return { key, code, windowsVirtualKeyCode: number };
  }

  async press(key, options) {
    const pressed = await this.keyDown(key, options);
    await this.call("Input.dispatchKeyEvent", { type: "keyUp", ...pressed });
  }

  async type(text) {
    await this.call("Input.insertText", { text });
  }

  async middle(selector) {
    return this.evaluate(`(() => { const e = document.querySelector(${JSON.stringify(selector)});
      e.scrollIntoView({ block: "nearest" });
      const b = e.getBoundingClientRect(); return { x: b.x + b.width / 2, y: b.y + b.height / 2 }; })()`);
  }

  async click(selector, count = 1) {
    const { x, y } = await this.middle(selector);
    for (let clickCount = 1; clickCount <= count; clickCount += 1) {
      const at = { x, y, button: "left", clickCount };
      await this.call("Input.dispatchMouseEvent", { type: "mousePressed", ...at });
      await this.call("Input.dispatchMouseEvent", { type: "mouseReleased", ...at });
    }
  }

  async tap(selector) {
    const { x, y } = await this.middle(selector);
    await this.touch("touchStart", [{ x, y }]);
    await this.touch("touchEnd", []);
  }

  touch(type, touchPoints) {
    return this.call("Input.dispatchTouchEvent", { type, touchPoints });
  }

  wheel(x, y, deltaY) {
    return this.call("Input.dispatchMouseEvent", { type: "mouseWheel", x, y, deltaX: 0, deltaY });
  }

  /** The visible tab of its window; the others are hidden, and draw nothing. */
  async front() {
    await this.call("Page.bringToFront");
  }

  async offline(yes) {
    await this.call("Network.emulateNetworkConditions", { offline: yes, latency: 0, downloadThroughput: -1,
      uploadThroughput: -1 });
  }

  async screenshot(path) {
    const { data } = await this.call("Page.captureScreenshot", { format: "png" });
    writeFileSync(path, Buffer.from(data, "base64"));
  }

  async close() {
    if (this.#closed) return;
    this.#closed = true;
    await this.#browser.send("Target.closeTarget", { targetId: this.#target });
  }

  #waiting = new Map();

  #once(method) {
    return new Promise((resolve) => this.#waiting.set(method, resolve));
  }

  #heard(method, params) {
    this.#waiting.get(method)?.();
    this.#waiting.delete(method);
    if (method === "Runtime.exceptionThrown") {
      this.complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === "Log.entryAdded" && params.entry.level === "error") {
      this.complaints.push(`${params.entry.source}: ${params.entry.text}`);
    } else if (method === "Page.javascriptDialogOpening") {
      this.dialogs.push(params.type);
      this.call("Page.handleJavaScriptDialog", { accept: true });
    }
  }
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
