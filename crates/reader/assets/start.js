// The start page: what will be asked, the keys, and the way into the practice round or the study.

import { keyList } from "/assets/keys.js";
import { tilesOf, withKey } from "/assets/words.js";

const element = (id) => document.getElementById(id);

/** What does not change: the coordinator's instructions and the keys, here and in the help. */
export function writeInstructions(study) {
  for (const [text, keys] of [["instructions", "start-keys"], ["help-instructions", "help-keys"]]) {
    const lines = study.instructions.split("\n").filter((line) => line.trim());
    element(text).replaceChildren(...lines.map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph;
    }));
    element(keys).replaceChildren(keyList(study));
  }
}

/** `practice` and `reading` are counts of their tiles; `practised`: the practice round is behind the reader. */
export function writeStart({ study, practice, reading, practised, start }) {
  const { answered, skipped, left } = reading;
  const total = tilesOf(study.items.length);
  if (answered + skipped > 0) {
    const also = skipped > 0 ? `, ${skipped} skipped` : "";
    write(`Welcome back, ${study.reader}`, `${answered} of ${total} are answered${also}. You go on where you stopped.`);
    ways([left + skipped > 0 ? "Go on" : "To the last page", () => start("study")]);
  } else if (practice.left > 0 && !practised) {
    write(`Welcome, ${study.reader}`, welcome(study));
    ways([`Practise first: ${tilesOf(practice.left)}`, () => start("practice")],
      ["Skip the practice", () => start("study")]);
  } else if (study.practice.length > 0) {
    write("Practice is over", `Now the study begins: ${total}. From here on your answers count.`);
    ways(["Start the study", () => start("study")]);
  } else {
    write(`Welcome, ${study.reader}`, welcome(study));
    ways(["Start the study", () => start("study")]);
  }
}

function welcome({ items, question, ask }) {
  const also = [];
  if (ask.real_or_generated) also.push("whether it is real or generated");
  if (ask.confidence) also.push("how sure you are");
  const more = also.length > 0 ? ` You are also asked ${also.join(" and ")}.` : "";
  return `You will see ${tilesOf(items.length)}, one at a time. The question is always the same: ${question}${more}`;
}

function write(title, lead) {
  element("start-title").textContent = title;
  element("start-lead").textContent = lead;
}

function ways(first, second) {
  const [go, other] = [element("start-go"), element("start-other")];
  withKey(go, first[0], "Enter");
  go.onclick = first[1];
  other.hidden = !second;
  other.textContent = second?.[0] ?? "";
  other.onclick = second?.[1] ?? null;
}
