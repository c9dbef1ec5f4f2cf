// Everything the pages ask of the server, and how long they wait for it.

const PATIENCE_MS = 20_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

/** Anything but a 200. `status` is 0 when no proper answer came at all. */
export class Failure extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.error ?? "The server did not answer.");
    this.status = status;
    this.body = body;
    this.hint = body.hint ?? "";
    this.retryAfter = retryAfter;
  }

  static async of(response) {
    let body = {};
    try {
      body = (await response.json()) ?? {};
    } catch {
      // a proxy's error page is not JSON; the status alone has to do
    }
    return new Failure(response.status, body, Number(response.headers.get("Retry-After")) || 0);
  }
}

export class Server {
  #token;

  constructor(token) {
    this.#token = token;
  }

  get(path) {
    return this.#ask(path, {}, (response) => response.json());
  }

  post(path, body) {
    const options = {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: true, // a vote given just before the page is closed still arrives
    };
    return this.#ask(path, options, (response) => response.json());
  }

  /** The bytes of a tile or of the export, with the answer's headers. */
  bytes(path) {
    return this.#ask(path, {}, async (response) => ({
      blob: await response.blob(),
      headers: response.headers,
    }));
  }

  /** The coordinator's page reads the server's clock off the headers: the two computers may disagree. */
  getWithHeaders(path) {
    return this.#ask(path, {}, async (response) => ({
      json: await response.json(),
      headers: response.headers,
    }));
  }

  async #ask(path, options, read) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
    try {
      const response = await fetch(path, {
        ...options,
        headers: { ...options.headers, Authorization: `Bearer ${this.#token}` },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: giveUp.signal,
      });
      if (response.status !== 200) throw await Failure.of(response);
      return await read(response);
    } catch (error) {
      // A body that breaks off or is not JSON counts as no answer: only a whole 200 means "stored".
      throw error instanceof Failure ? error : new Failure(0);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Waits longer after each failure, up to ten seconds; the network's return ends a wait at once. */
export class Backoff {
  #wait = FIRST_WAIT_MS;
  #wake = () => {};

  constructor() {
    // `navigator.onLine` never stops an attempt: a server on this same computer is reached without any network.
    addEventListener("online", () => this.wake());
  }

  reset() {
    this.#wait = FIRST_WAIT_MS;
  }

  wake() {
    this.#wake();
  }

  async pause(failure) {
    // A server that asks for time gets it, online event or not.
    const asked = failure.retryAfter * 1000;
    const wait = Math.max(asked, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
      if (asked === 0) this.#wake = resolve;
    });
    this.#wake = () => {};
  }
}

/** The token of the private link, or null. `page` keeps a reader's and a coordinator's link apart. */
export function tokenOfLink(page) {
  const key = `grayzone/link/${page}`;
  let token = location.hash.slice(1);
  try {
    if (token) sessionStorage.setItem(key, token);
    else token = sessionStorage.getItem(key) ?? "";
  } catch {
    // without storage the link itself still works
  }
  // Another link pasted into the same tab changes the fragment only, and that loads nothing by itself.
  addEventListener("hashchange", () => location.reload());
  return /^[\x21-\x7e]+$/.test(token) ? token : null;
}

/** 53 bits of the token (cyrb53), to tell readers on one computer apart without storing a link. Web Crypto's digests
 *  are missing on plain http, where many labs will run this. */
export function fingerprint(token) {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const letter of token) {
    const code = letter.codePointAt(0);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16).padStart(14, "0");
}

/** 32 hex digits, new for each change. */
export function newRequest() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
