// Which translations are listed, and in which order.

/** What they are sorted by. Those without a value come last, whichever way the order goes. */
const SORT_BY = {
  drop: ({ judge }) => judge[0] - judge[1],
  "drop-scorer": ({ scorer }) => scorer[0] - scorer[1],
  judge: ({ judge }) => judge[1],
  scorer: ({ scorer }) => scorer[1],
  ssim: ({ quality }) => quality?.ssim,
  luminance: ({ quality }) => quality?.luminance,
  periodicity: ({ quality }) => quality?.periodicity[1],
  repainted: ({ quality }) => quality?.repainted,
  nearest: ({ quality }) => quality?.bits[1],
};

const LABEL = {
  kept: ([scorer, judge]) => scorer && judge,
  "kept-scorer": ([scorer]) => scorer,
  "rejected-scorer": ([scorer]) => !scorer,
  "rejected-judge": ([, judge]) => !judge,
  split: ([scorer, judge]) => scorer !== judge,
};

const FLAG = {
  any: (flags) => flags.length > 0,
  none: (flags) => flags.length === 0,
};

/** The tiles' places in `known.tiles`, which stands in the order of names. */
function listed({ phi, sort, order, kept, flag, search }) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = [];
  known.tiles.forEach((tile, i) => {
    const there = tile.at[phi];
    if (!there) return;
    if (kept && !LABEL[kept](there.kept)) return;
    if (flag && !(FLAG[flag]?.(there.flags) ?? there.flags.includes(Number(flag)))) return;
    if (words.length > 0) {
      tile.words ??= `${tile.image}\n${tile.slide ?? ""}`.toLowerCase();
      if (!words.every((word) => tile.words.includes(word))) return;
    }
    wanted.push(i);
  });
  const down = order === "down";
  if (sort === "name") return down ? wanted.reverse() : wanted;
  const value = new Map(wanted.map((i) => [i, SORT_BY[sort](known.tiles[i].at[phi])]));
  const missing = (i) => (Number.isFinite(value.get(i)) ? 0 : 1);
  return wanted.sort((a, b) => missing(a) - missing(b)
    || (missing(a) ? 0 : (value.get(a) - value.get(b)) * (down ? -1 : 1)) || a - b);
}

