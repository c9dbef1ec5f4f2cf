// The reader's page: fetches the study, shows one screen at a time, and passes keys and news between the parts.

import { HELD, meaning } from "/assets/keys.js";
import { hush, say } from "/assets/notice.js";
import { Panel } from "/assets/panel.js";
import { VoteQueue } from "/assets/queue.js";
import { Round } from "/assets/round.js";
import { Backoff, Server, tokenOfLink } from "/assets/server.js";
import { writeInstructions, writeStart } from "/assets/start.js";
import { Tiles } from "/assets/tiles.js";
import { Viewer } from "/assets/viewer.js";
import { Voting } from "/assets/voting.js";
import { answersOf, sentences, tilesOf, trouble } from "/assets/words.js";

const element = (id) => document.getElementById(id);
const token = tokenOfLink("reader");
const server = new Server(token);
let screen = "loading";
let study, queue, tiles, viewer, practice, reading;
let voting = null; // `practice` or `reading`, whichever is going on
let practised = false;
let finished = false;

/* Screens */

function show(name) {
  if (name !== "voting") {
    voting?.leave();
    viewer?.clear();
  }
  const changed = screen !== name;
  screen = name;
  for (const one of document.querySelectorAll("[data-screen]")) one.hidden = one.dataset.screen !== name;
  element("progress").hidden = name === "start" || name === "link" || name === "loading" || name === "thanks";
  if (!changed) return;
  const shown = document.querySelector(`[data-screen="${name}"]`);
  (shown.querySelector("button.primary:not(:disabled)") ?? shown.querySelector("[tabindex='-1']"))?.focus();
}

function wrongLink() {
  const unsaved = queue?.length ?? 0;
  element("link-unsaved").hidden = unsaved === 0;
  element("link-unsaved").textContent =
    `${answersOf(unsaved)} not saved yet. They wait in this browser and are sent when your link works here again.`;
  element("state").hidden = true;
  show("link");
}

function showStart() {
  writeStart({ study, practice: practice.counts, reading: reading.counts, practised, start });
  show("start");
}

function start(which) {
  voting = (which === "practice" ? practice : reading).voting;
  hush();
  voting.begin();
}

function end(which) {
  if (voting === practice.voting) {
    endPractice();
    return;
  }
  const { answered, skipped } = reading.counts;
  element("break-text").textContent = `You have read ${answered + skipped} of ${tilesOf(study.items.length)}. `
    + "Tired eyes judge differently.";
  element("skipped-text").textContent = skipped === 1
    ? "All other tiles are answered. 1 tile that you skipped comes again."
    : `All other tiles are answered. ${skipped} tiles that you skipped come again.`;
  element("finish-text").textContent = `You have answered all ${tilesOf(study.items.length)}.`;
  show(which);
  updateFinish();
}

function showThanks() {
  finished = true;
  element("thanks-text").textContent =
    `The study is finished, ${study.reader}. All ${answersOf(study.items.length)} are saved.`;
  show("thanks");
}

/* Saving */

function state(kind, failure) {
  const line = element("state");
  const count = answersOf(queue.length);
  let text = kind === "saved" ? "Saved" : "Saving…";
  if (kind === "waiting") {
    text = `${count} not saved: ${trouble(failure)}, trying again`;
    line.title = failure.hint ?? "";
  } else {
    line.title = "";
  }
  line.hidden = false;
  line.dataset.kind = kind;
  // The same words again would be read aloud again.
  if (line.textContent !== text) line.textContent = text;
  updateFinish();
}

function updateFinish() {
  if (screen !== "finish") return;
  const waits = queue.length > 0;
  element("finish").disabled = waits;
  if (waits) element("finish-wait").textContent = `${answersOf(queue.length)} must be saved first.`;
  else if (element("finish-wait").dataset.failed !== "yes") element("finish-wait").textContent = "";
}

function takeAnswer(id, answer) {
  for (const one of [practice, reading]) one.round.take(id, answer);
}

function stored(vote, answer) {
  takeAnswer(vote.item, answer);
  tiles.hurry(); // the connection is there: a tile that waits for its next attempt need not
}

async function conflict(vote, failure) {
  takeAnswer(vote.item, failure.body.answer);
  try {
    // The other window may have answered more than this one tile.
    const fresh = await server.get("/api/reader");
    for (const { id, answer } of [...fresh.practice, ...fresh.items]) takeAnswer(id, answer);
    finished = fresh.finished === true;
  } catch {
    // then each of them tells by its own 409
  }
  if (finished) {
    showThanks();
    say("The study was finished in another window. A change after that could not be saved.", true);
    return;
  }
  voting?.takenOver(vote.item);
  const index = reading.round.indexOf(vote.item);
  if (index >= 0) say(`Tile ${index + 1} was answered in another window. ${standing(index)}`, true);
}

function standing(index) {
  const name = study.classes.find(({ id }) => id === reading.round.label(index))?.name;
  if (name) return `That answer stays: ${name}.`;
  return reading.round.skipped(index) ? "It is skipped there." : "It has no answer now.";
}

function refused(vote, failure) {
  voting?.takenOver(vote.item);
  const index = reading.round.indexOf(vote.item);
  const which = index >= 0 ? `The answer to tile ${index + 1}` : "An answer";
  say(`${which} could not be saved. ${sentences(failure)}`, true);
}

async function finish() {
  const wait = element("finish-wait");
  element("confirm").close();
  element("finish").disabled = true;
  wait.dataset.failed = "";
  wait.textContent = "Finishing…";
  try {
    await server.post("/api/finish", {});
    showThanks();
    return;
  } catch (failure) {
    if (failure.status === 401) {
      wrongLink();
      return;
    }
    wait.dataset.failed = "yes";
    wait.textContent = failure.status === 0
      ? "Not finished: no connection. Your answers are saved. Please try again."
      : `Not finished. ${sentences(failure)}`;
  }
  element("finish").disabled = false;
  element("finish").focus();
}

/* Tiles that are slow or do not come */

let slow = null;

function waiting(yes) {
  clearTimeout(slow);
  element("stage-note").hidden = true;
  element("stage").setAttribute("aria-busy", String(yes));
  if (yes) slow = setTimeout(() => noteOnStage("Fetching the tile…"), 400);
}

function noteOnStage(text) {
  clearTimeout(slow);
  element("stage-note").textContent = text;
  element("stage-note").hidden = false;
}

function arrived(id, image) {
  voting?.arrived(id, image);
  queue.hurry();
}

function noTile(id, failure) {
  if (failure.status === 401) wrongLink();
  if (!voting?.isCurrent(id)) return;
  if (failure.status === 404) noteOnStage("This tile is missing on the server. Please skip it and tell the coordinator.");
  else noteOnStage(`The tile cannot be fetched: ${trouble(failure)}. Trying again…`);
}

/* Keys */

function onKey(event) {
  const onButton = event.target.closest?.("button, a, summary");
  const presses = event.key === "Enter" || event.key === " ";
  if (onButton && presses) {
    // A held Enter would press the button again and again; one press is the button's own.
    if (event.repeat) event.preventDefault();
    return;
  }
  if (document.querySelector("dialog[open]") || event.target.closest?.("textarea, input")) return;
  const wants = meaning(event, study.classes, voting?.digits() ?? "none");
  if (!wants || (event.repeat && !HELD.includes(wants.command))) return;
  const act = { voting: onVotingKey, start: onStartKey }[screen] ?? onPauseKey;
  if (act(wants)) event.preventDefault();
}

/** A button pressed by mouse or finger keeps no focus: Enter or space after it would press it again, on the next tile. */
function onPointerClick(event) {
  if (event.detail > 0 && screen === "voting") event.target.closest?.("button")?.blur();
}

function onStartKey({ command }) {
  if (command === "enter") element("start-go").click();
  else if (command === "help") openHelp();
  else return false;
  return true;
}

function onPauseKey({ command }) {
  const at = document.querySelector(`[data-screen="${screen}"]`);
  if (command === "undo") at.querySelector("[data-undo]")?.click();
  else if (command === "enter") at.querySelector("[data-go]")?.click();
  else if (command === "escape") screen === "break" ? at.querySelector("[data-go]").click() : hush();
  else if (command === "previous" && screen === "finish") element("look-through").click();
  else if (command === "help") openHelp();
  else return false;
  return true;
}

function onVotingKey(wants) {
  if (wants.label !== undefined) {
    answered("label", wants.label);
    return true;
  }
  if (wants.confidence) {
    answered("confidence", wants.confidence);
    return true;
  }
  const act = {
    real: () => answered("real", true),
    generated: () => answered("real", false),
    comment: () => panel.writeComment(),
    skip: () => step("skip"), undo: () => step("undo"), previous: () => step("previous"), next: () => step("next"),
    nearer: () => viewer.step(1), farther: () => viewer.step(-1), fit: () => viewer.fit(),
    left: () => viewer.panStep(1, 0), right: () => viewer.panStep(-1, 0),
    up: () => viewer.panStep(0, 1), down: () => viewer.panStep(0, -1),
    help: openHelp, enter: () => step("enter"), escape: hush,
  }[wants.command];
  act();
  return true;
}

function answered(part, value) {
  say("");
  voting.give(part, value);
}

function step(name) {
  say("");
  voting[name]();
}

/* Help */

function openHelp() {
  voting?.covered(true);
  element("help").showModal();
}

let panel;

function build() {
  document.title = `${study.study}: reader study`;
  element("study").textContent = study.study;
  element("who").textContent = study.reader;
  writeInstructions(study);
  element("help-button").hidden = false;

  viewer = new Viewer({
    stage: element("stage"), scale: element("scale"), readout: element("zoom"),
    micrometersPerPixel: study.micrometers_per_pixel,
  });
  tiles = new Tiles(server, { ready: arrived, trouble: noTile });
  panel = new Panel(study, {
    give: answered,
    comment: (text) => voting.comment(text),
    commentDone: () => voting.commentDone(),
    skip: () => step("skip"), undo: () => step("undo"), previous: () => step("previous"), next: () => step("next"),
    goOn: () => step("goOn"),
    endPractice,
  });
  practice = roundOf(study.practice, true);
  reading = roundOf(study.items, false);

  element("nearer").onclick = () => viewer.step(1);
  element("farther").onclick = () => viewer.step(-1);
  element("fit").onclick = () => viewer.fit();
  element("help-button").onclick = openHelp;
  element("help-close").onclick = () => element("help").close();
  element("help").addEventListener("close", () => voting?.covered(false));
  for (const button of document.querySelectorAll("[data-undo]")) button.onclick = () => step("undo");
  document.querySelector("[data-screen=break] [data-go]").onclick = () => voting.goOn();
  document.querySelector("[data-screen=skipped] [data-go]").onclick = () => voting.beginSkipped();
  element("look-through").onclick = () => voting.lookThrough();
  element("finish").onclick = () => element("confirm").showModal();
  element("confirm-yes").onclick = finish;
  element("confirm-no").onclick = () => element("confirm").close();
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onPointerClick);
  addEventListener("beforeunload", (event) => {
    if (queue.length > 0 || voting?.hasUnsentComment()) event.preventDefault();
  });
}

function roundOf(items, isPractice) {
  const round = new Round(items, queue);
  const on = { opened: () => show("voting"), waiting, end, say };
  const one = { study, round, practice: isPractice, tiles, viewer, panel, on };
  return { round, voting: new Voting(one), get counts() { return round.counts(); } };
}

function endPractice() {
  // Leaving early is a decision, too: it is not offered again.
  practised = true;
  showStart();
}

async function fetchStudy() {
  const backoff = new Backoff();
  for (;;) {
    try {
      return await server.get("/api/reader");
    } catch (failure) {
      if (failure.status === 401) return null;
      element("loading-text").textContent = failure.status > 0
        ? sentences(failure)
        : "The study's server does not answer. Trying again…";
      await backoff.pause(failure);
    }
  }
}

async function boot() {
  study = token && (await fetchStudy());
  if (!study) {
    wrongLink();
    return;
  }
  queue = new VoteQueue(server, study.study, token, { state, stored, conflict, refused, wrongLink });
  build();
  if (study.finished) showThanks();
  else showStart();
  queue.send();
}

boot();
