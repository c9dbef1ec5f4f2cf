// Cards, pages of them, and the large view.

/** Tiles a page. */
const A_PAGE = 30;
const NONE = "–";

const byId = (id) => document.getElementById(`gallery-${id}`);
const fixed = (value, digits = 2) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : NONE);
const counted = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const shortName = (image) => image.slice(image.lastIndexOf("/") + 1);

function element(name, content, className = "") {
  const made = document.createElement(name);
  made.className = className;
  made.append(...[content].flat());
  return made;
}

/** ✓ or ✗, also in words. */
function verdict(kept) {
  return element("span", [kept ? "✓" : "✗", element("span", kept ? " kept" : " rejected", "unseen")], kept ? "kept" : "rejected");
}

const tags = (flags) => flags.map((flag) => element("span", known.flags[flag], "tag"));

class Card {
  root;
  tile = -1;
  #stage;

  constructor(template, open) {
    this.root = template.content.firstElementChild.cloneNode(true);
    this.#stage = new Stage(this.root.querySelector(".stage"));
    this.button = this.root.querySelector(".name button");
    this.button.addEventListener("click", () => open(this.tile));
  }

  show(tile, phi, view) {
    this.tile = tile;
    const { image, slide, at } = known.tiles[tile];
    const there = at[phi];
    this.root.querySelector(".short").textContent = shortName(image);
    this.button.title = slide ? `${image}, slide ${slide}` : image;
    ["scorer", "judge"].forEach((who, i) => {
      this.root.querySelector(`[data-of=${who}]`).replaceChildren(
        `${fixed(there[who][0])} → ${fixed(there[who][1])} `, verdict(there.kept[i]));
    });
    this.root.querySelector(".tags").replaceChildren(...tags(there.flags));
    return this.#stage.show(tile, phi, view);
  }

  wipeTo(percent) {
    this.#stage.wipeTo(percent);
  }
}

class Large {
  #root = byId("large");
  #stage = new Stage(this.#root.querySelector(".stage"));
  #list = [];
  #place = 0;
  #phi = 0;
  #closed;

  constructor(closed) {
    this.#closed = closed;
    this.#stage.wipeTo(50);
    this.#root.querySelectorAll("[data-turn]").forEach((button) => {
      button.addEventListener("click", () => this.#turn(Number(button.dataset.turn)));
    });
    this.#root.querySelector("[data-close]").addEventListener("click", () => this.#root.close());
    this.#root.querySelectorAll("[name=gallery-large-view]").forEach((radio) => radio.addEventListener("change", () => this.#draw()));
    this.#root.querySelectorAll(".selectivities button").forEach((button, phi) => {
      button.addEventListener("click", () => {
        this.#phi = phi;
        this.#draw();
      });
    });
    this.#root.addEventListener("keydown", (event) => {
      // Arrow keys belong to the slider and to the choice of a view while one of them has the focus.
      if (event.target.matches("input") || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowLeft") this.#turn(-1);
      else if (event.key === "ArrowRight") this.#turn(1);
      else return;
      event.preventDefault();
    });
    this.#root.addEventListener("click", (event) => {
      if (event.target === this.#root) this.#root.close(); // beside the dialog's content
    });
    this.#root.addEventListener("close", () => this.#closed(this.#list[this.#place]));
  }

  /** The tile at `place` of a list of tiles, at selectivity `phi`, in the view that the list has. */
  open(list, place, phi, view) {
    this.#list = list;
    this.#place = place;
    this.#phi = phi;
    this.#root.querySelector(`[value=${view}]`).checked = true;
    const drawn = this.#draw();
    this.#root.showModal();
    this.#root.scrollTop = 0;
    byId("large-name").focus();
    return drawn;
  }

  #turn(by) {
    const place = this.#place + by;
    if (place < 0 || place >= this.#list.length) return;
    this.#place = place;
    this.#draw();
  }

  async #draw() {
    const tile = this.#list[this.#place];
    const { image, slide, there, at } = known.tiles[tile];
    const now = at[this.#phi];
    const view = this.#root.querySelector("[name=gallery-large-view]:checked").value;
    byId("large-name").replaceChildren(image, ...(slide ? [" ", element("span", `slide ${slide}`, "quiet")] : []));
    byId("large-place").textContent = `${counted(this.#place + 1)} of ${counted(this.#list.length)}`;
    const [back, on] = this.#root.querySelectorAll("[data-turn]");
    able(back, this.#place > 0);
    able(on, this.#place + 1 < this.#list.length);
    this.#root.querySelectorAll(".meaning").forEach((line) => { line.hidden = line.dataset.view !== view; });
    for (const who of ["scorer", "judge"]) {
      const cells = this.#root.querySelectorAll(`tr[data-of=${who}] td`);
      [0, 1, 2].forEach((i) => { cells[i].textContent = now ? fixed(now[who][i], 3) : NONE; });
      cells[3].replaceChildren(...(now ? [verdict(now.kept[who === "scorer" ? 0 : 1])] : []));
    }
    this.#root.querySelector(".measures").replaceChildren(...measures(now?.quality));
    this.#root.querySelector(".tags").replaceChildren(...tags(now?.flags ?? []));
    const buttons = [...this.#root.querySelectorAll(".selectivities button")];
    buttons.forEach((button, phi) => {
      button.setAttribute("aria-pressed", String(phi === this.#phi));
      button.disabled = !at[phi];
      button.querySelector(".judge").textContent = at[phi] ? `judge ${fixed(at[phi].judge[1])}` : NONE;
    });
    const drawn = this.#stage.show(tile, this.#phi, view);
    const strip = await pixels(tile);
    if (tile !== this.#list[this.#place]) return;
    buttons.forEach((button, phi) => {
      const canvas = button.querySelector("canvas");
      if (strip && there[phi + 1]) drawPicture(canvas, strip, phi + 1);
      else canvas.width = 1;
    });
    await drawn;
  }
}

/** The measures of a translation as a picture, as far as they are known. */
function measures(quality) {
  if (!quality) return [];
  const [source, translation] = quality.periodicity;
  const rows = [
    ["SSIM to the source", fixed(quality.ssim)],
    ["Luminance correlation with the source", fixed(quality.luminance)],
    ["Periodicity index, source → translation", `${fixed(source)} → ${fixed(translation)}`],
    ["Padding, and how much of it was repainted", quality.padding > 0
      ? `${fixed(100 * quality.padding, 0)} %, ${quality.repainted === null ? NONE : `${fixed(100 * quality.repainted, 0)} %`}` : "none"],
    ["Bits to the source", quality.bits[0] ?? NONE],
    ["Nearest other training tile", quality.nearest ? `${quality.nearest}, ${quality.bits[1]} bits` : NONE],
  ];
  return rows.map(([name, value]) => element("div", [element("dt", name), element("dd", String(value))]));
}

/** A button that cannot be pressed keeps the focus, so that the keyboard does not lose its place. */
function able(button, yes) {
  button.setAttribute("aria-disabled", String(!yes));
}

class Gallery {
  #controls = byId("controls");
  #list = [];
  #page = 0;
  #cards = [];
  #large = new Large((tile) => this.#back(tile));

  constructor() {
    const template = byId("card");
    for (let i = 0; i < A_PAGE; i += 1) this.#cards.push(new Card(template, (tile) => this.#open(tile)));
    byId("cards").append(...this.#cards.map((card) => card.root));
    this.#controls.addEventListener("submit", (event) => event.preventDefault());
    this.#controls.addEventListener("input", () => this.#relist());
    document.querySelectorAll("[name=gallery-view]").forEach((radio) => radio.addEventListener("change", () => this.#draw()));
    byId("wipes").addEventListener("input", ({ target }) => this.#wipeAll(target.value));
    for (const id of ["pages", "pages-below"]) {
      byId(id).querySelectorAll("[data-turn]").forEach((button) => {
        button.addEventListener("click", () => this.#turn(Number(button.dataset.turn), id === "pages-below"));
      });
    }
    this.#wipeAll(50);
    byId("still").hidden = true;
    byId("live").hidden = false;
    this.#relist();
  }

  get #view() {
    return document.querySelector("[name=gallery-view]:checked").value;
  }

  get #phi() {
    return Number(this.#controls.elements.phi.value);
  }

  #relist() {
    const wanted = Object.fromEntries(new FormData(this.#controls));
    this.#list = listed({ flag: "", ...wanted, phi: this.#phi });
    this.#page = 0;
    this.#draw();
  }

  #turn(by, below) {
    const page = this.#page + by;
    if (page < 0 || page * A_PAGE >= this.#list.length) return;
    this.#page = page;
    this.#draw();
    if (below) byId("count").scrollIntoView({ block: "start" });
  }

  #wipeAll(percent) {
    this.#cards.forEach((card) => card.wipeTo(percent));
  }

  #draw() {
    const view = this.#view;
    const phi = this.#phi;
    const first = this.#page * A_PAGE;
    const pages = Math.max(1, Math.ceil(this.#list.length / A_PAGE));
    const all = known.tiles.filter(({ at }) => at[phi]).length;
    byId("count").textContent = this.#list.length === all ? `${counted(all)} translations`
      : `${counted(this.#list.length)} of ${counted(all)} translations`;
    for (const id of ["pages", "pages-below"]) {
      const turn = byId(id);
      turn.hidden = pages === 1;
      turn.querySelector("span").textContent = `page ${this.#page + 1} of ${pages}`;
      const [back, on] = turn.querySelectorAll("[data-turn]");
      able(back, this.#page > 0);
      able(on, this.#page + 1 < pages);
    }
    document.querySelectorAll("#gallery-live > .meaning, .all-wipes").forEach((line) => { line.hidden = line.dataset.view !== view; });
    byId("cards").dataset.view = view;
    const drawn = this.#cards.map((card, i) => {
      const tile = this.#list[first + i];
      card.root.hidden = tile === undefined;
      return tile === undefined ? null : card.show(tile, phi, view);
    });
    byId("cards").setAttribute("aria-busy", "true");
    const page = this.#page;
    const list = this.#list;
    Promise.all(drawn).then(() => {
      if (list === this.#list && page === this.#page) byId("cards").setAttribute("aria-busy", "false");
    });
  }

  #open(tile) {
    this.#large.open(this.#list, this.#list.indexOf(tile), this.#phi, this.#view);
  }

  /** After the large view: to the tile that was seen last. */
  #back(tile) {
    const page = Math.floor(this.#list.indexOf(tile) / A_PAGE);
    if (page !== this.#page) {
      this.#page = page;
      this.#draw();
    }
    this.#cards.find((card) => card.tile === tile)?.button.focus();
  }
}

if (known) new Gallery();
