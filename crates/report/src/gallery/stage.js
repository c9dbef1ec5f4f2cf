// One tile's picture in one of the views: two canvases, and a slider over them.

class Stage {
  #root;
  #before;
  #after;
  #wipe;
  #shown = 0; // counts what was asked for: pixels that come too late are not drawn

  constructor(root) {
    this.#root = root;
    this.#before = root.querySelector(".before");
    this.#after = root.querySelector(".after");
    this.#wipe = root.querySelector(".wipe");
    this.#wipe.addEventListener("input", () => this.wipeTo(this.#wipe.value));
  }

  wipeTo(percent) {
    this.#wipe.value = percent;
    this.#root.style.setProperty("--wipe", `${percent}%`);
    this.#wipe.setAttribute("aria-valuetext", `${percent} % source`);
  }

  /** Tile `tile` at selectivity `phi`; the promise ends when it is drawn. */
  async show(tile, phi, view) {
    this.#shown += 1;
    const asked = this.#shown;
    const { image, there, maps } = known.tiles[tile];
    const k = phi + 1;
    const mapped = view === "saliency";
    const what = {
      wipe: ["source", "translation"],
      pair: ["source", "translation"],
      difference: ["translation", "difference from the source"],
      saliency: ["source and where the scorer looks", "translation and where the scorer looks"],
    }[view];
    this.#root.dataset.view = view;
    this.#wipe.setAttribute("aria-label", `Slider between source and translation of ${image}`);
    this.#before.setAttribute("aria-label", `${image}: ${what[0]}`);
    this.#after.setAttribute("aria-label", `${image}: ${what[1]}`);
    const strip = await pixels(tile);
    if (asked !== this.#shown) return;
    const first = view === "difference" ? k : 0;
    const unmapped = mapped && !maps[phi];
    const missing = [!strip || !there[first] || unmapped, !strip || !there[k] || unmapped || (view === "difference" && !there[0])];
    this.#before.classList.toggle("missing", missing[0]);
    this.#after.classList.toggle("missing", missing[1]);
    this.#root.classList.toggle("sharp", known.kind === "image/png");
    if (missing[0]) blank(this.#before);
    else drawPicture(this.#before, strip, first);
    if (missing[1]) blank(this.#after);
    else if (view === "difference") drawDifference(this.#after, strip, k);
    else drawPicture(this.#after, strip, k);
    if (mapped && !missing[0]) layMap(this.#before, tile, phi, 0);
    if (mapped && !missing[1]) layMap(this.#after, tile, phi, 1);
  }
}

function blank(canvas) {
  canvas.width = 1;
  canvas.height = 1;
  canvas.setAttribute("aria-label", `${canvas.getAttribute("aria-label")}, not shown`);
}

