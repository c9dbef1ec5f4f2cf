// The coordinator's page: how far each reader is, and the export once all have finished. It never shows an answer.

import { Server, tokenOfLink } from "/assets/server.js";
import { sentences } from "/assets/words.js";

const REFRESH_MS = 10_000;
const element = (id) => document.getElementById(id);
const token = tokenOfLink("coordinator");
const server = new Server(token);
let study = null;
let lastGood = null; // when the table was last true, by this computer's clock
let exporting = false;

function show(name) {
  for (const id of ["loading", "link", "overview"]) element(id).hidden = id !== name;
}

function say(kind, text) {
  const line = element("state");
  line.hidden = false;
  line.dataset.kind = kind;
  if (line.textContent !== text) line.textContent = text;
}

/** "3 minutes ago", by the server's own clock. */
export function ago(then, now) {
  if (!then) return "Not yet";
  const minutes = Math.floor((now - Date.parse(then)) / 60_000);
  if (minutes < 1) return "Just now";
  if (minutes < 60) return minutes === 1 ? "1 minute ago" : `${minutes} minutes ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return hours === 1 ? "1 hour ago" : `${hours} hours ago`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "Yesterday" : `${days} days ago`;
}

const dayTime = (text) => new Date(text).toLocaleString([], { dateStyle: "short", timeStyle: "short" });
const clockTime = (date) => date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function cell(text, kind = "td") {
  const one = document.createElement(kind);
  one.textContent = text;
  if (kind === "th") one.scope = "row";
  return one;
}

function number(text) {
  const one = cell(text);
  one.className = "number";
  return one;
}

function row(reader, now) {
  const answered = cell(`${reader.answered} of ${study.items}`);
  const bar = document.createElement("progress");
  bar.max = Math.max(1, study.items);
  bar.value = reader.answered;
  bar.setAttribute("aria-label", `Answered by ${reader.name}`);
  answered.append(bar);
  const one = document.createElement("tr");
  one.append(
    cell(reader.name, "th"),
    answered,
    number(String(reader.skipped)),
    cell(reader.practised ? "Yes" : "No"),
    number(reader.median_seconds === null ? "–" : `${reader.median_seconds.toFixed(1)} s`),
    cell(ago(reader.last_seen, now)),
    cell(reader.finished ? "Yes" : "Not yet"),
  );
  return one;
}

const paragraph = (text, kind = "p") => {
  const one = document.createElement(kind);
  one.textContent = text;
  return one;
};

/** Whether answers are being saved, and what was or is wrong besides. */
function drawWatch({ trouble = null, warnings = [], past = [] } = {}) {
  const alarm = element("trouble");
  const says = trouble
    ? [`Answers are not being saved since ${clockTime(new Date(trouble.since))}.`, `The reason: ${trouble.why}.`,
      `Readers are told so, and their pages keep what they answer. ${sentences({ message: trouble.hint })}`]
    : [];
  // Read out once, not at every refresh.
  if (alarm.dataset.says !== says.join("\n")) {
    alarm.dataset.says = says.join("\n");
    alarm.replaceChildren(...says.map((text) => paragraph(text)));
  }
  alarm.hidden = !trouble;
  const from = ({ since, until }) => `From ${dayTime(since)} to ${dayTime(until)}`;
  const lines = [
    ...warnings.map((text) => `Warning: ${text}.`),
    ...past.map((one) => `${from(one)} answers were not saved (${one.why}). Readers were told so.`),
  ];
  element("watch").replaceChildren(...lines.map((text) => paragraph(text, "li")));
  element("watch").hidden = lines.length === 0;
}

function draw(now) {
  const done = study.readers.filter((reader) => reader.finished).length;
  const all = study.readers.length;
  document.title = `${study.study}: coordinator`;
  element("study").textContent = study.study;
  element("title").textContent = study.complete ? "All readers have finished" : "How far the readers are";
  element("lead").textContent = `${done} of ${all} readers have finished. Each reads ${study.items} tiles.`;
  element("readers").replaceChildren(...study.readers.map((reader) => row(reader, now)));
  drawWatch(study.watch);
  if (!exporting) element("export").disabled = !study.complete;
  if (!study.complete) {
    const open = study.readers.filter((reader) => !reader.finished).map((reader) => reader.name);
    exportSays(`The answers can be downloaded when every reader has finished. Still reading: ${open.join(", ")}.`);
  } else if (element("export-why").dataset.kind !== "result") {
    exportSays("");
  }
  show("overview");
}

function exportSays(text, kind = "") {
  const line = element("export-why");
  line.dataset.kind = kind;
  if (line.textContent !== text) line.textContent = text;
}

async function refresh() {
  try {
    const { json, headers } = await server.getWithHeaders("/api/coordinator");
    study = json;
    lastGood = new Date();
    draw(Date.parse(headers.get("Date")) || Date.now());
    if (study.watch?.trouble) say("waiting", "Answers are not being saved");
    else say("saved", "Up to date");
  } catch (failure) {
    if (failure.status === 401) {
      element("state").hidden = true;
      show("link");
      return;
    }
    const reason = failure.status > 0 ? sentences({ message: failure.message }).replace(/\.$/, "") : "No connection";
    if (lastGood) say("waiting", `${reason}. Table from ${clockTime(lastGood)}. Trying again`);
    else element("loading-text").textContent = `${reason}. Trying again…`;
  }
  setTimeout(refresh, REFRESH_MS);
}

async function download() {
  exporting = true;
  element("export").disabled = true;
  exportSays("Fetching…", "result");
  try {
    const { blob, headers } = await server.bytes("/api/export.csv");
    const name = /filename="?([^";]+)"?/.exec(headers.get("Content-Disposition") ?? "")?.[1];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name ?? `${study.study}-answers.csv`;
    link.click();
    // The browser reads the blob after the click; give it time.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    exportSays("Downloaded.", "result");
  } catch (failure) {
    const why = failure.status > 0 ? sentences(failure) : "No connection. Please try again.";
    exportSays(`Not downloaded. ${why}`, "result");
  }
  exporting = false;
  element("export").disabled = !study.complete;
}

element("export").addEventListener("click", download);
if (token) refresh();
else show("link");
