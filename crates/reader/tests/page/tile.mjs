// Synthetic tiles, drawn in pure JavaScript: pink ground, purple glands. Nothing in them comes from a patient. Stored
// (uncompressed) deflate makes every file equally long, as the contract asks.

const drawn = new Map();

/** A PNG of `size` × `size` pixels; `seed` decides the picture. */
export function tilePng(size, seed) {
  const name = `${size} ${seed}`;
  if (!drawn.has(name)) drawn.set(name, draw(size, seed));
  return drawn.get(name);
}

function draw(size, seed) {
  const random = stream(seed);
  const glands = Array.from({ length: 7 }, () => ({
    x: random() * size, y: random() * size, radius: (0.09 + 0.09 * random()) * size, wave: random() * 6.28,
    folds: 3 + Math.floor(random() * 5), depth: 0.06 + 0.12 * random(),
  }));
  const nuclei = Array.from({ length: 160 }, () => ({ x: random() * size, y: random() * size, r: 1.2 + 1.6 * random() }));
  const dark = new Float32Array(size * size); // how much of a pixel a nucleus covers
  for (const { x, y, r } of nuclei) dot(dark, size, x, y, r);
  for (const gland of glands) ring(dark, size, gland, random);
  const rows = Buffer.alloc(size * (1 + size * 3));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const [red, green, blue] = colour(glands, x, y, dark[y * size + x], random());
      const at = y * (1 + size * 3) + 1 + x * 3;
      rows[at] = red;
      rows[at + 1] = green;
      rows[at + 2] = blue;
    }
  }
  return png(size, rows);
}

function colour(glands, x, y, nucleus, noise) {
  const grain = (noise - 0.5) * 14;
  const around = ground(glands, x, y, grain);
  return [104, 62, 138].map((ink, i) => (ink + grain) * nucleus + around[i] * (1 - nucleus));
}

function ground(glands, x, y, grain) {
  for (const gland of glands) {
    const share = Math.hypot(x - gland.x, y - gland.y) / reach(gland, Math.atan2(y - gland.y, x - gland.x));
    if (share < 0.45) return [246, 240 + grain / 4, 246];
    if (share < 0.52) return [226 + grain / 2, 198 + grain / 2, 226 + grain / 2];
    if (share < 1) return [206 + grain, 158 + grain, 206 + grain];
  }
  return [232 + grain, 186 + grain, 212 + grain];
}

function reach({ radius, folds, depth, wave }, angle) {
  return radius * (1 + depth * Math.sin(folds * angle + wave));
}

function ring(dark, size, gland, random) {
  const count = Math.round(gland.radius * 1.1);
  for (let i = 0; i < count; i += 1) {
    const angle = (i / count) * 6.283;
    const far = reach(gland, angle) * (0.84 + 0.12 * random());
    dot(dark, size, gland.x + Math.cos(angle) * far, gland.y + Math.sin(angle) * far, 2 + random());
  }
}

function dot(dark, size, x, y, radius) {
  const far = radius + 1;
  for (let v = Math.max(0, Math.ceil(y - far)); v <= Math.min(size - 1, y + far); v += 1) {
    for (let u = Math.max(0, Math.ceil(x - far)); u <= Math.min(size - 1, x + far); u += 1) {
      const cover = Math.min(1, Math.max(0, (radius + 0.8 - Math.hypot(u - x, v - y)) / 1.6));
      dark[v * size + u] = Math.max(dark[v * size + u], cover * 0.95);
    }
  }
}

/** Numbers from 0 to 1 (mulberry32). */
function stream(seed) {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/* PNG (W3C recommendation): signature, header, one zlib stream of stored blocks, end */

function png(size, rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", stored(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function stored(bytes) {
  const parts = [Buffer.from([0x78, 0x01])];
  for (let at = 0; at < bytes.length; at += 65535) {
    const block = bytes.subarray(at, at + 65535);
    const head = Buffer.alloc(5);
    head[0] = at + 65535 >= bytes.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    parts.push(head, block);
  }
  const end = Buffer.alloc(4);
  end.writeUInt32BE(adler32(bytes), 0);
  return Buffer.concat([...parts, end]);
}

function adler32(bytes) {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}

const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
