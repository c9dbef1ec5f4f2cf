// A connection between page and server that fails when it is told to. Whatever server lies behind it knows nothing of this.

import { randomBytes } from "node:crypto";
import { createServer, request as ask } from "node:http";

/** `faults.votes` is a list of what happens to the next votes: "ok", a status such as 503, "lost" (never reaches the
 *  server), "unheard" (stored, but the answer is lost) or { rival: LABEL } (another window answers just before).
 *  `faults.down` drops every request, `faults.noVotes` every vote, `faults.latency` delays each, `cut()` breaks off the connections that are open.
 *  `log` has every request as { method, path, headers }, `votes` every vote that the server has acknowledged, once each. */
export async function startFaulty(target) {
  const faults = { latency: 0, down: false, noVotes: false, votes: [], retryAfter: 1 };
  const log = [];
  const votes = [];

  /** Over a connection of its own: one that is kept open may be closed at the other end just then. */
  function forward({ method, url, headers: { connection: _, ...headers } }, body) {
    return new Promise((resolve, reject) => {
      const passed = ask(new URL(url, target), { method, headers, agent: false }, async (answer) => {
        const parts = [];
        for await (const part of answer) parts.push(part);
        const { connection: __, "keep-alive": ___, ...own } = answer.headers;
        resolve({ status: answer.statusCode, headers: own, body: Buffer.concat(parts) });
      });
      passed.on("error", reject);
      passed.end(body);
    });
  }

  async function vote(request, body) {
    const fault = faults.votes.shift() ?? "ok";
    if (fault === "lost") return null;
    if (typeof fault === "number") return refusal(fault, faults.retryAfter);
    const change = JSON.parse(body);
    if (fault.rival) {
      const other = JSON.stringify({ ...change, label: fault.rival, skipped: false, request: randomBytes(16).toString("hex") });
      const { "content-length": _, ...headers } = request.headers;
      const { status } = await forward({ ...request, method: "POST", url: request.url, headers }, other);
      if (status !== 200) throw new Error(`the other window's vote got ${status}`);
    }
    const answer = await forward(request, body);
    if (answer.status === 200 && votes.every((one) => one.request !== change.request)) votes.push(change);
    return fault === "unheard" ? null : answer;
  }

  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const { method, url, headers } = request;
    const path = url.split("?")[0];
    log.push({ method, path, headers });
    if (faults.down || (faults.noVotes && path === "/api/vote")) {
      request.socket.destroy();
      return;
    }
    // What is under way arrives, even if the connection goes meanwhile.
    if (faults.latency) await new Promise((resolve) => setTimeout(resolve, faults.latency));
    const plain = { method, url, headers };
    // A server that cannot be reached is a connection that fails: the page has to cope.
    const answer = await (path === "/api/vote" ? vote(plain, body) : forward(plain, body)).catch((error) => {
      console.log(`the connection to the server fails: ${error.message}`);
      return null;
    });
    if (!answer) {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => {
    server.closeAllConnections();
    server.close(resolve);
  });
  return { url: `http://127.0.0.1:${server.address().port}`, faults, log, votes, cut: () => server.closeAllConnections(), close };
}

/** As a server writes it. */
function refusal(status, retryAfter) {
  const [error, hint] = status === 429 ? ["too many requests", "wait a moment"]
    : ["not saved: the disk is full", "the page tries again; tell the coordinator if it goes on"];
  const body = JSON.stringify({ error, hint });
  const headers = { "content-type": "application/json", ...(status === 429 ? { "retry-after": String(retryAfter) } : {}) };
  return { status, headers, body };
}
