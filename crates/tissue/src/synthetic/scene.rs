//! Draws one tile: crypts in their stroma as amounts of stain, then light through them.

use super::crypt::{Cell, Crypt, CryptPlan};
use super::draw::{lerp, noise, normal, smoothstep, uniform};
use super::stain::SlideStain;
use crate::random::Stream;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::f32::consts::{PI, TAU};

/// Pixels on a side that fine structure needs; small tiles are drawn this large at least, then averaged.
const DETAIL: usize = 128;
/// Depths from here on are stroma; the basement membrane lies below, the epithelium ends at 1.
const MEMBRANE: f32 = 1.06;

/// Draws one tile of the given severity (in [0, 1]) as `size` × `size` × 3 bytes, RGB by rows.
///
/// The picture follows from the arguments and the state of `rng` alone; the same state gives the same crypts at
/// every size.
pub fn render(severity: f64, stain: &SlideStain, size: usize, rng: &mut Stream) -> Vec<u8> {
    if size == 0 {
        return Vec::new();
    }
    let oversampling = DETAIL.div_ceil(size).max(2);
    let scene = Scene::draw(severity.clamp(0.0, 1.0) as f32, size * oversampling, rng);
    scene.develop(stain, size, oversampling, rng)
}

/// One tile before it meets the light.
struct Scene {
    /// Pixels on a side.
    side: usize,
    /// Units of haematoxylin, eosin and red cells at each pixel.
    amount: Vec<[f32; 3]>,
    /// Share of stroma at each pixel, where nuclei and vessels may lie.
    stroma: Vec<f32>,
}

/// What varies from tile to tile without regard to severity.
struct Nuisance {
    seed: u32,
    /// Cellularity of the stroma, its density of collagen, its oedema.
    inflammation: f32,
    collagen: f32,
    oedema: f32,
    /// Share of goblet cells and paleness of their mucin, both around 0.
    goblets: f32,
    mucin: f32,
    /// Haematoxylin of the epithelium's cytoplasm.
    basophilia: f32,
}

impl Scene {
    fn draw(severity: f32, side: usize, rng: &mut Stream) -> Self {
        // Each part has its own generator, so that what one part draws never moves another.
        let [mut layout_rng, mut tile_rng, mut stroma_rng] =
            [(); 3].map(|()| Stream::seed_from_u64(rng.next_u64()));
        let crypts = layout(severity, &mut layout_rng);
        let nuisance = Nuisance {
            seed: tile_rng.next_u64() as u32,
            inflammation: uniform(&mut tile_rng, 0.6, 1.4),
            collagen: uniform(&mut tile_rng, 0.75, 1.3),
            oedema: uniform(&mut tile_rng, -0.15, 0.55),
            goblets: 0.06 * normal(&mut tile_rng),
            mucin: 0.12 * normal(&mut tile_rng),
            basophilia: 1.0 + 0.10 * normal(&mut tile_rng),
        };
        let mut scene = Self { side, amount: vec![[0.0; 3]; side * side], stroma: vec![0.0; side * side] };
        scene.paint_tissue(&crypts, &nuisance);
        scene.scatter_stroma(&nuisance, &mut stroma_rng);
        scene
    }

    fn paint_tissue(&mut self, crypts: &[Crypt], nuisance: &Nuisance) {
        let pixel = 1.0 / self.side as f32;
        for row in 0..self.side {
            let y0 = (row as f32 + 0.5) * pixel;
            for column in 0..self.side {
                let x0 = (column as f32 + 0.5) * pixel;
                // Nothing in tissue is a circle: bend the plane, widely and a little finely.
                let bend = |s| {
                    0.020 * noise(nuisance.seed ^ s, 4.0 * x0, 4.0 * y0)
                        + 0.005 * noise(nuisance.seed ^ s, 15.0 * x0, 15.0 * y0)
                };
                let (x, y) = (x0 + bend(0), y0 + bend(0x51));
                let (mut nearest, mut second) = (None, 2.0_f32);
                let mut depth = 2.0_f32;
                for crypt in crypts {
                    let [cx, cy] = crypt.centre();
                    if (x - cx).powi(2) + (y - cy).powi(2) > crypt.reach().powi(2) {
                        continue;
                    }
                    let point = crypt.depth(x, y);
                    if point.depth < depth {
                        second = depth;
                        depth = point.depth;
                        nearest = Some((crypt, point));
                    } else {
                        second = second.min(point.depth);
                    }
                }
                // Crypts press on each other but never touch: the line halfway between two is stroma.
                let squeezed = depth.max(1.22 - 2.2 * (second - depth));
                let i = row * self.side + column;
                let share = smoothstep(MEMBRANE - 0.03, MEMBRANE + 0.05, squeezed);
                let outside = if share > 0.0 { stroma_ground(nuisance, x0, y0) } else { [0.0; 3] };
                let inside = match nearest {
                    Some((crypt, point)) if share < 1.0 => {
                        epithelium(crypt, &crypt.cell(point), squeezed, nuisance, x0, y0)
                    }
                    _ => [0.0; 3],
                };
                self.amount[i] = [0, 1, 2].map(|c| lerp(inside[c], outside[c], share));
                self.stroma[i] = share;
            }
        }
    }

    /// Nuclei of plasma cells, lymphocytes and fibroblasts, and capillaries with red cells.
    fn scatter_stroma(&mut self, nuisance: &Nuisance, rng: &mut Stream) {
        let vessels = uniform(rng, 0.0, 7.0) as usize;
        for _ in 0..vessels {
            let place = [uniform(rng, -0.02, 1.02), uniform(rng, -0.02, 1.02)];
            let (long, short) = (uniform(rng, 0.014, 0.035), uniform(rng, 0.010, 0.016));
            self.spot(place, uniform(rng, 0.0, PI), long, short, [0.05, 0.2, 1.0]);
        }
        let cells = (1500.0 * nuisance.inflammation) as usize;
        for _ in 0..cells {
            let place = [uniform(rng, -0.02, 1.02), uniform(rng, -0.02, 1.02)];
            let dark = uniform(rng, 1.0, 1.9);
            let (kind, size, turn) =
                (uniform(rng, 0.0, 1.0), uniform(rng, 0.85, 1.2), uniform(rng, -0.5, 0.5));
            // Fewer cells where the noise is low: they come in crowds.
            if 0.6 + 0.9 * noise(nuisance.seed ^ 0x77, 5.0 * place[0], 5.0 * place[1])
                < uniform(rng, 0.0, 1.0)
            {
                continue;
            }
            let (long, short) = if kind < 0.3 { (0.024, 0.0070) } else { (0.0135, 0.0115) };
            let angle = PI * noise(nuisance.seed ^ 0x33, 3.0 * place[0], 3.0 * place[1]) + turn;
            self.spot(place, angle, long * size, short * size, [dark, 0.25, 0.0]);
        }
    }

    /// A soft-edged ellipse (half axes in tile widths) that replaces the stroma it covers.
    fn spot(&mut self, place: [f32; 2], angle: f32, long: f32, short: f32, amount: [f32; 3]) {
        let side = self.side as f32;
        let (cos, sin) = (angle.cos(), angle.sin());
        let range = |at: f32| {
            let low = ((at - 1.2 * long) * side).floor().clamp(0.0, side) as usize;
            let high = ((at + 1.2 * long) * side).ceil().clamp(0.0, side) as usize;
            low..high
        };
        let soft = (1.0 / (side * short)).min(0.6);
        for row in range(place[1]) {
            let dy = (row as f32 + 0.5) / side - place[1];
            for column in range(place[0]) {
                let dx = (column as f32 + 0.5) / side - place[0];
                let away = ellipse((dx * cos + dy * sin) / long, (dy * cos - dx * sin) / short);
                let i = row * self.side + column;
                let cover = smoothstep(1.0 + 0.5 * soft, 1.0 - 0.5 * soft, away) * self.stroma[i].powi(2);
                if cover > 0.0 {
                    let under = self.amount[i];
                    self.amount[i] = [0, 1, 2].map(|c| lerp(under[c], amount[c], cover));
                }
            }
        }
    }

    /// Light through the tissue, the microscope's blur, the camera's pixels and its noise.
    fn develop(&self, stain: &SlideStain, size: usize, oversampling: usize, rng: &mut Stream) -> Vec<u8> {
        let mut rng = Stream::seed_from_u64(rng.next_u64());
        let light: Vec<[f32; 3]> = self.amount.iter().map(|&amount| stain.transmit(amount)).collect();
        let light = blur(light, self.side, stain.blur * self.side as f32);
        let (tilt_x, tilt_y) = (0.02 * normal(&mut rng), 0.02 * normal(&mut rng));
        let share = 1.0 / (oversampling * oversampling) as f32;
        let mut rgb = Vec::with_capacity(size * size * 3);
        for row in 0..size {
            for column in 0..size {
                let mut sum = [0.0_f32; 3];
                for y in row * oversampling..(row + 1) * oversampling {
                    let start = y * self.side + column * oversampling;
                    for pixel in &light[start..start + oversampling] {
                        sum = [0, 1, 2].map(|c| sum[c] + pixel[c]);
                    }
                }
                let (x, y) = (column as f32 / size as f32 - 0.5, row as f32 / size as f32 - 0.5);
                let lamp = 1.0 + tilt_x * x + tilt_y * y;
                for value in sum {
                    let value = value * share * lamp + stain.noise * grain(&mut rng);
                    rgb.push((255.0 * value.clamp(0.0, 1.0)).round() as u8);
                }
            }
        }
        rgb
    }
}

/// Distance from the centre; not `hypot`, whose care for overflow is dear here and not needed.
fn ellipse(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// Nearly normal noise of unit variance: the sum of the four bytes of one draw.
fn grain(rng: &mut Stream) -> f32 {
    let sum: u32 = rng.next_u32().to_le_bytes().iter().map(|&b| u32::from(b)).sum();
    (sum as f32 - 510.0) / 147.8
}

/// Crypts on a jittered hexagonal lattice that covers the tile and a margin.
fn layout(severity: f32, rng: &mut Stream) -> Vec<Crypt> {
    let spacing = lerp(0.48, 0.58, severity) * uniform(rng, 0.93, 1.08);
    let offset = [uniform(rng, 0.0, 1.0), uniform(rng, 0.0, 1.0)];
    let cut = uniform(rng, 0.0, TAU);
    let oblique = uniform(rng, 0.0, 0.40);
    let looseness = uniform(rng, 0.88, 1.04);
    // Elongated crypts lie side by side: the lattice is stretched with them.
    let stretch = 1.0 + 0.5 * oblique + 0.35 * severity;
    let mut crypts = Vec::new();
    for row in -4..=4 {
        for column in -4..=4 {
            let mut rng = Stream::seed_from_u64(rng.next_u64());
            let jitter = lerp(0.05, 0.10, severity);
            let u = column as f32 + 0.5 * (row & 1) as f32 + offset[0] + jitter * normal(&mut rng);
            let v = (row as f32 + offset[1]) * 0.866 + jitter * normal(&mut rng);
            let u = stretch * u;
            let centre = [
                0.5 + spacing * (u * cut.cos() - v * cut.sin()),
                0.5 + spacing * (u * cut.sin() + v * cut.cos()),
            ];
            let plan = CryptPlan {
                centre,
                radius: spacing * 0.42 * looseness * (1.0 + 0.05 * normal(&mut rng)).clamp(0.85, 1.15),
                severity: (severity + 0.05 * normal(&mut rng)).clamp(0.0, 1.0),
                angle: cut + lerp(0.2, 0.4, severity) * normal(&mut rng),
                oblique: oblique * uniform(&mut rng, 0.4, 1.3),
            };
            // Beyond three radii of the tile no crypt is seen, however it bends.
            if centre.iter().any(|&c| c < -3.0 * plan.radius || c > 1.0 + 3.0 * plan.radius) {
                continue;
            }
            let crypt = Crypt::grow(&plan, &mut rng);
            if centre.iter().all(|&c| c > -crypt.reach() && c < 1.0 + crypt.reach()) {
                crypts.push(crypt);
            }
        }
    }
    crypts
}

/// Collagen, oedema and ground substance between the crypts.
fn stroma_ground(nuisance: &Nuisance, x: f32, y: f32) -> [f32; 3] {
    let seed = nuisance.seed;
    let patch = noise(seed ^ 0x11, 6.0 * x, 6.0 * y) + 0.5 * noise(seed ^ 0x12, 13.0 * x, 13.0 * y);
    let flow = 2.5 * noise(seed ^ 0x13, 2.5 * x, 2.5 * y);
    let (along, side) = (x * flow.cos() + y * flow.sin(), y * flow.cos() - x * flow.sin());
    let fibre = noise(seed ^ 0x14, 12.0 * along, 55.0 * side);
    let loose = smoothstep(0.55, 1.1, patch + nuisance.oedema);
    let eosin = nuisance.collagen * (0.50 + 0.16 * patch + 0.20 * fibre) * (1.0 - 0.72 * loose);
    [0.16 * (1.0 - 0.6 * loose) + 0.05 * fibre.max(0.0), eosin.max(0.04), 0.0]
}

/// Amounts of stain within a crypt: lumen, brush border, cytoplasm, mucin, basal nuclei, basement membrane.
fn epithelium(crypt: &Crypt, cell: &Cell, depth: f32, nuisance: &Nuisance, x: f32, y: f32) -> [f32; 3] {
    let v = crypt.severity;
    let random = |what| crypt.of_cell(cell.index, what);
    let texture = noise(nuisance.seed ^ 0x21, 60.0 * x, 60.0 * y);
    let streak = noise(crypt.seed, 7.0 * cell.across + 11.0 * cell.index as f32, 3.0 * depth);
    // Cytoplasm, denser towards the base; SSA cells are a little more eosinophilic.
    let base = smoothstep(0.45, 0.95, depth);
    let mut h = nuisance.basophilia * (lerp(0.42, 0.54, v) + 0.36 * base + 0.10 * streak + 0.07 * texture);
    let mut e = lerp(0.36, 0.42, v) + 0.08 * base + 0.07 * streak;
    let border = smoothstep(0.40, 0.5, cell.across.abs());
    h += 0.12 * border;
    e += 0.12 * border;
    // Goblet cells: a drop of pale mucin, wide above and pointed at the base, smaller and rarer in SSA.
    let goblet = random(1) < lerp(0.94, 0.38, v) + nuisance.goblets;
    let (top, bottom) = (cell.lumen + 0.05 + 0.10 * random(10), 0.83 - lerp(0.14, 0.22, v) * random(2));
    if goblet && bottom - top > 0.10 {
        let along = ((depth - top) / (bottom - top)).clamp(0.0, 1.0);
        let half = 0.5 * lerp(0.86, 0.70, v) * (0.85 + 0.26 * random(3));
        let width = half * (4.0 * along * (1.0 - along)).sqrt() * lerp(1.0, 0.75, along);
        let inside = smoothstep(0.04, -0.07, (cell.across - 0.12 * (random(11) - 0.5)).abs() - width);
        let mucin = inside * smoothstep(0.0, 0.06, along.min(1.0 - along));
        let pale = (0.88 + nuisance.mucin + 0.16 * (random(4) - 0.5)).clamp(0.5, 1.0) * mucin;
        h = lerp(h, 0.13 + 0.05 * texture, pale);
        e = lerp(e, 0.07, pale);
    }
    // The rim of nuclei: two to a cell, near the base, leaving their row as severity grows.
    let twin = cell.across >= 0.0;
    let own = |what| crypt.of_cell(2 * cell.index + i32::from(twin), what);
    let row = lerp(0.88, 0.85, v) + lerp(0.03, 0.07, v) * (2.0 * own(5) - 1.0);
    let long = lerp(0.085, 0.11, v) * (0.85 + 0.3 * own(6));
    let across = (cell.across.abs() - 0.25 - 0.10 * (own(7) - 0.5)) / (0.21 + 0.03 * own(8));
    let away = ellipse((depth - row) / long, across);
    let nucleus = smoothstep(1.12, 0.84, away);
    h = lerp(h, 1.5 + 0.3 * (own(9) - 0.5) + 0.12 * texture, nucleus);
    e = lerp(e, 0.30, nucleus);
    // The lumen: glass with wisps of mucin, a thin pink brush border at its edge.
    let edge = depth - cell.lumen;
    let brush = smoothstep(0.05, 0.02, edge.abs());
    e += 0.18 * brush;
    h += 0.10 * brush;
    let open = smoothstep(0.02, -0.03, edge);
    let wisp = smoothstep(0.35, 0.9, noise(nuisance.seed ^ 0x31, 18.0 * x, 18.0 * y) + 0.35 * texture);
    h = lerp(h, 0.02 + 0.10 * wisp, open);
    e = lerp(e, 0.02 + 0.06 * wisp, open);
    // The basement membrane and its collagen.
    let membrane = smoothstep(0.97, 1.01, depth);
    [lerp(h, 0.14, membrane), lerp(e, 0.62 * nuisance.collagen, membrane), 0.0]
}

/// Gaussian blur (standard deviation in pixels, edges repeated), rows then columns.
fn blur(image: Vec<[f32; 3]>, side: usize, sigma: f32) -> Vec<[f32; 3]> {
    if sigma < 0.2 {
        return image;
    }
    let radius = (2.0 * sigma).ceil() as usize;
    let weight = |i: usize| (-0.5 * ((i as f32 - radius as f32) / sigma).powi(2)).exp();
    let weights: Vec<f32> = (0..=2 * radius).map(weight).collect();
    let total: f32 = weights.iter().sum();
    // A line is blurred along, and written as a column: twice, and the picture stands as before.
    let pass = |from: &[[f32; 3]]| {
        let mut to = vec![[0.0_f32; 3]; from.len()];
        let mut line = vec![[0.0_f32; 3]; side + 2 * radius];
        for (row, pixels) in from.chunks_exact(side).enumerate() {
            line[..radius].fill(pixels[0]);
            line[radius..radius + side].copy_from_slice(pixels);
            line[radius + side..].fill(pixels[side - 1]);
            for (at, window) in line.windows(weights.len()).enumerate() {
                let mut sum = [0.0_f32; 3];
                for (pixel, weight) in window.iter().zip(&weights) {
                    sum = [0, 1, 2].map(|c| sum[c] + weight * pixel[c]);
                }
                to[at * side + row] = sum.map(|s| s / total);
            }
        }
        to
    };
    pass(&pass(&image))
}
