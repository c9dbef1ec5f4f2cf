// Pixels: a line of text a tile holds its pictures side by side, source first; another line its saliency maps, as bytes.

const text = (id) => document.getElementById(id)?.textContent ?? "";
const known = JSON.parse(text("gallery-data") || "null");
const strips = text("gallery-pictures").split("\n");
const mapLines = text("gallery-maps").split("\n");

/** A mean difference of so many levels of 255, or more, has the brightest colour. */
const MOST_DIFFERENT = 64;
/** How much of a tile the brightest place of its map covers. */
const MOST_COVERED = 0.6;
/** From least to most, evenly spaced, lighter all the way: saliency.rs and gallery.css have the same. */
const COLOURS = [[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]];
/** Decoded strips that are kept. */
const KEPT = 80;

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const decoded = new Map();

/** The pixels of a tile's pictures, side by side; `null` if there are none. */
function pixels(tile) {
  let strip = decoded.get(tile);
  decoded.delete(tile);
  strip ??= decode(tile);
  decoded.set(tile, strip);
  if (decoded.size > KEPT) decoded.delete(decoded.keys().next().value);
  return strip;
}

async function decode(tile) {
  if (!strips[tile]) return null;
  const bitmap = await createImageBitmap(new Blob([bytesOf(strips[tile])], { type: known.kind }));
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Draws picture `k` of a strip. */
function drawPicture(canvas, strip, k) {
  canvas.width = known.side;
  canvas.height = known.side;
  canvas.getContext("2d", { willReadFrequently: true }).putImageData(strip, -k * known.pitch, 0, k * known.pitch, 0, known.side, known.side);
}

/** Draws how far picture `k` is from the source, pixel by pixel. */
function drawDifference(canvas, strip, k) {
  const { side, pitch } = known;
  const difference = new ImageData(side, side);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const a = 4 * (y * strip.width + x);
      const b = a + 4 * k * pitch;
      const levels = (Math.abs(strip.data[a] - strip.data[b]) + Math.abs(strip.data[a + 1] - strip.data[b + 1])
        + Math.abs(strip.data[a + 2] - strip.data[b + 2])) / 3;
      difference.data.set([...colour(levels / MOST_DIFFERENT), 255], 4 * (y * side + x));
    }
  }
  canvas.width = side;
  canvas.height = side;
  canvas.getContext("2d").putImageData(difference, 0, 0);
}

/** Lays over a picture where the scorer looks: `which` is 0 for the source and 1 for the translation at selectivity `phi`. */
function layMap(canvas, tile, phi, which) {
  const size = known.map * known.map;
  const values = bytesOf(mapLines[tile]).subarray((2 * phi + which) * size, (2 * phi + which + 1) * size);
  const heat = new ImageData(known.map, known.map);
  values.forEach((value, i) => heat.data.set([...colour(value / 255), MOST_COVERED * value], 4 * i));
  const small = document.createElement("canvas");
  small.width = known.map;
  small.height = known.map;
  small.getContext("2d").putImageData(heat, 0, 0);
  canvas.getContext("2d").drawImage(small, 0, 0, known.side, known.side);
}

function colour(value) {
  const place = Math.min(Math.max(value, 0), 1) * (COLOURS.length - 1);
  const below = Math.min(Math.floor(place), COLOURS.length - 2);
  const rest = place - below;
  return [0, 1, 2].map((c) => COLOURS[below][c] + rest * (COLOURS[below + 1][c] - COLOURS[below][c]));
}

