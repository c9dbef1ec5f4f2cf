// The tile on its grey ground: zoom, pan and the scale bar. All lengths here are the screen's own pixels, so that one
// tile pixel covers a whole number of them and edges stay sharp on every display.

/** Largest zoom, in screen pixels a tile pixel at a device pixel ratio of one. */
const MOST = 16;
/** A whole-numbered fit may leave this share of the space unused; otherwise the tile is scaled smoothly to fill it. */
const UNUSED = 0.25;
const PAN_STEP = 80;
const LONGEST_BAR = 150; // CSS pixels
const WHEEL_STEP = 60;
const TAP_MS = 320;
const TAP_DISTANCE = 30;

export class Viewer {
  #stage;
  #scale;
  #readout;
  #micrometers;
  #image = null;
  #zoom = 1; // screen pixels a tile pixel
  #x = 0; // the tile's top left corner on the stage
  #y = 0;
  #fits = true;

  /** `scale`: the element with a bar and a text in it; `readout`: where the zoom is written. */
  constructor({ stage, scale, readout, micrometersPerPixel }) {
    this.#stage = stage;
    this.#scale = scale;
    this.#readout = readout;
    this.#micrometers = micrometersPerPixel;
    new ResizeObserver(() => this.#resized()).observe(stage);
    addEventListener("resize", () => this.#resized());
    new Touch(stage, this);
  }

  show(image) {
    this.#image = image;
    this.#stage.replaceChildren(image);
    this.fit();
  }

  clear() {
    this.#image = null;
    this.#stage.replaceChildren();
    this.#scale.hidden = true;
  }

  fit() {
    this.#zoom = this.#fitting();
    this.#draw();
  }

  /** One step nearer (+1) or farther (-1), about a point of the stage or its middle. */
  step(direction, point) {
    const { floor, ceil, max, min } = Math;
    // Near one to one every whole number is a step; farther in, about a quarter more each time.
    const next = direction > 0
      ? max(floor(this.#zoom) + 1, floor(this.#zoom * 1.25))
      : min(ceil(this.#zoom) - 1, ceil(this.#zoom * 0.8));
    this.zoomTo(next, point);
  }

  zoomTo(zoom, point = this.#middle()) {
    if (!this.#image) return;
    const least = this.#fitting();
    const most = Math.max(MOST * this.#ratio(), Math.ceil(least));
    const next = Math.min(Math.max(zoom, least), most);
    this.#x = point.x - ((point.x - this.#x) * next) / this.#zoom;
    this.#y = point.y - ((point.y - this.#y) * next) / this.#zoom;
    this.#zoom = next;
    this.#draw();
  }

  /** After a pinch: to the next whole number, where pixels are sharp. */
  settle(point) {
    if (this.#zoom > this.#fitting()) this.zoomTo(Math.round(this.#zoom), point);
  }

  toggle(point) {
    if (this.#fits) this.zoomTo(Math.ceil(this.#fitting() * 2), point);
    else this.fit();
  }

  pan(dx, dy) {
    if (!this.#image) return;
    this.#x += dx * this.#ratio();
    this.#y += dy * this.#ratio();
    this.#draw();
  }

  panStep(dx, dy) {
    this.pan(dx * PAN_STEP, dy * PAN_STEP);
  }

  get zoom() {
    return this.#zoom;
  }

  /** A pointer's place on the stage. */
  point(event) {
    const box = this.#stage.getBoundingClientRect();
    const ratio = this.#ratio();
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  }

  #ratio() {
    return window.devicePixelRatio || 1;
  }

  #size() {
    const ratio = this.#ratio();
    return { width: this.#stage.clientWidth * ratio, height: this.#stage.clientHeight * ratio };
  }

  #middle() {
    const { width, height } = this.#size();
    return { x: width / 2, y: height / 2 };
  }

  #fitting() {
    const { width, height } = this.#size();
    const { naturalWidth, naturalHeight } = this.#image ?? { naturalWidth: 1, naturalHeight: 1 };
    const exact = Math.min(width / naturalWidth, height / naturalHeight);
    const whole = Math.floor(exact);
    return whole >= exact * (1 - UNUSED) ? whole : exact;
  }

  #resized() {
    if (!this.#image) return;
    if (this.#fits) this.fit();
    else this.zoomTo(this.#zoom);
  }

  #draw() {
    if (!this.#image) return;
    const { width, height } = this.#size();
    const wide = this.#image.naturalWidth * this.#zoom;
    const high = this.#image.naturalHeight * this.#zoom;
    this.#x = clamped(this.#x, wide, width);
    this.#y = clamped(this.#y, high, height);
    this.#fits = this.#zoom <= this.#fitting();

    const ratio = this.#ratio();
    const box = this.#stage.getBoundingClientRect();
    const { style, classList } = this.#image;
    style.width = `${wide / ratio}px`;
    style.height = `${high / ratio}px`;
    style.left = `${onGrid(this.#x, box.left * ratio) / ratio}px`;
    style.top = `${onGrid(this.#y, box.top * ratio) / ratio}px`;
    // Whole numbers repeat pixels and invent none; between them only smoothing keeps all pixels equally wide.
    classList.toggle("sharp", Number.isInteger(this.#zoom));
    this.#stage.classList.toggle("movable", wide > width || high > height);
    this.#readout.textContent = `${Math.round((100 * this.#zoom) / this.#fitting())} %`;
    this.#drawScale();
  }

  #drawScale() {
    this.#scale.hidden = !this.#micrometers;
    if (!this.#micrometers) return;
    const perPixel = (this.#micrometers * this.#ratio()) / this.#zoom; // micrometers a CSS pixel
    const length = roundLength(perPixel * Math.min(LONGEST_BAR, this.#stage.clientWidth * 0.2));
    this.#scale.firstElementChild.style.width = `${length / perPixel}px`;
    this.#scale.lastElementChild.textContent = length >= 1000 ? `${length / 1000} mm` : `${length} µm`;
  }
}

/** The longest of 1, 2, 5, 10, 20, 50, … that is not longer. */
export function roundLength(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  const digit = [5, 2, 1].find((d) => d * power <= longest) ?? 1;
  return Number((digit * power).toPrecision(1));
}

/** Smaller than the stage: in its middle. Larger: no edge leaves it. */
function clamped(at, size, room) {
  if (size <= room) return (room - size) / 2;
  return Math.min(0, Math.max(room - size, at));
}

/** The nearest place where the tile's corner meets the screen's pixel grid, if the stage begins at `origin`. */
function onGrid(at, origin) {
  return Math.round(origin + at) - origin;
}

/** Wheel, drag, pinch and double tap. */
class Touch {
  #viewer;
  #pointers = new Map();
  #pinch = null;
  #wheel = 0;
  #tap = { at: -Infinity, x: 0, y: 0 };
  #moved = 0;

  constructor(stage, viewer) {
    this.#viewer = viewer;
    stage.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    stage.addEventListener("pointerdown", (event) => this.#onDown(stage, event));
    stage.addEventListener("pointermove", (event) => this.#onMove(event));
    stage.addEventListener("pointerup", (event) => this.#onUp(event, true));
    stage.addEventListener("pointercancel", (event) => this.#onUp(event, false));
  }

  #onWheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === 0 ? 1 : 30; // lines or pages; a pinch on a trackpad comes in small pixels
    this.#wheel += event.deltaY * unit * (event.ctrlKey ? 5 : 1);
    if (Math.abs(this.#wheel) < WHEEL_STEP) return;
    this.#viewer.step(this.#wheel < 0 ? 1 : -1, this.#viewer.point(event));
    this.#wheel = 0;
  }

  #onDown(stage, event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, event);
    if (this.#pointers.size === 1) this.#moved = 0;
    if (this.#pointers.size === 2) {
      this.#pinch = { spread: this.#spread(), zoom: this.#viewer.zoom };
      this.#moved = Infinity;
    }
  }

  #onMove(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before) return;
    const many = this.#pointers.size;
    const dx = event.clientX - before.clientX;
    const dy = event.clientY - before.clientY;
    this.#pointers.set(event.pointerId, event);
    this.#moved += Math.abs(dx) + Math.abs(dy);
    this.#viewer.pan(dx / many, dy / many);
    if (this.#pinch && many === 2) {
      this.#viewer.zoomTo((this.#pinch.zoom * this.#spread()) / this.#pinch.spread, this.#centre());
    }
  }

  #onUp(event, lifted) {
    if (!this.#pointers.has(event.pointerId)) return;
    if (this.#pinch) {
      this.#viewer.settle(this.#centre());
      this.#pinch = null;
    } else if (lifted && this.#moved < 8) {
      this.#tapped(event);
    }
    this.#pointers.delete(event.pointerId);
  }

  #tapped(event) {
    const near = Math.hypot(event.clientX - this.#tap.x, event.clientY - this.#tap.y) < TAP_DISTANCE;
    if (near && event.timeStamp - this.#tap.at < TAP_MS) {
      this.#viewer.toggle(this.#viewer.point(event));
      this.#tap.at = -Infinity;
    } else {
      this.#tap = { at: event.timeStamp, x: event.clientX, y: event.clientY };
    }
  }

  #two() {
    return [...this.#pointers.values()].slice(0, 2);
  }

  #spread() {
    const [a, b] = this.#two();
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1;
  }

  #centre() {
    const [a, b] = this.#two();
    return this.#viewer.point({
      clientX: (a.clientX + b.clientX) / 2,
      clientY: (a.clientY + b.clientY) / 2,
    });
  }
}
