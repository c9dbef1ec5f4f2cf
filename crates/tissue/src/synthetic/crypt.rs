//! The shape of one crypt: where a point lies between its axis and its basement membrane, and how far the lumen
//! reaches there.

use super::draw::{lattice, lerp, normal, uniform};
use crate::random::Stream;
use std::f32::consts::{FRAC_PI_2, PI, TAU};

/// Samples of the lumen's outline around a limb.
const OUTLINE: usize = 256;
/// The width of a goblet cell (and of two slender ones) at the basement membrane, in crypt radii.
const CELL_WIDTH: f32 = 0.44;

/// What of severity's work one crypt shows, and how the tile is cut.
pub struct CryptPlan {
    /// Centre, in tile widths.
    pub centre: [f32; 2],
    /// Radius from axis to basement membrane, in tile widths.
    pub radius: f32,
    /// Severity of this crypt in [0, 1].
    pub severity: f32,
    /// Direction of its long axis.
    pub angle: f32,
    /// Elongation (half length of the axis, in radii) that comes from an oblique cut alone.
    pub oblique: f32,
}

/// One straight piece of a crypt: all points by their distance from a segment, which makes a capsule.
struct Limb {
    /// One end of the axis and the axis' direction, both in radii.
    start: [f32; 2],
    direction: [f32; 2],
    length: f32,
    /// Radius relative to the crypt's.
    radius: f32,
    perimeter: f32,
    cells: f32,
    /// Reach of the lumen at each place around the limb, as a share of the way from axis to basement membrane.
    lumen: Vec<f32>,
}

/// A crypt cut across: one limb, bent, and with growing severity a second one.
pub struct Crypt {
    centre: [f32; 2],
    radius: f32,
    axis: [f32; 2],
    bend: f32,
    limbs: Vec<Limb>,
    reach: f32,
    /// Names the crypt's cells.
    pub seed: u32,
    /// Severity of this crypt in [0, 1].
    pub severity: f32,
}

/// A point seen from a crypt.
#[derive(Clone, Copy)]
pub struct Seen {
    /// 0 on the axis, 1 on the basement membrane.
    pub depth: f32,
    limb: usize,
    at: [f32; 2],
}

/// What lies around a point within the epithelium.
pub struct Cell {
    /// Reach of the lumen here (comparable with [`Seen::depth`]).
    pub lumen: f32,
    /// Position across the cell, -0.5 to 0.5.
    pub across: f32,
    /// Which cell of the crypt.
    pub index: i32,
}

impl Crypt {
    /// Grows a crypt after its plan; what the plan leaves open is drawn.
    pub fn grow(plan: &CryptPlan, rng: &mut Stream) -> Self {
        let v = plan.severity;
        let half = plan.oblique * (1.0 - 0.3 * v) + v * uniform(rng, 0.15, 0.65);
        let bend =
            v.powf(1.3) * uniform(rng, 0.2, 0.8) * if uniform(rng, 0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
        let main = Limb::grow([-half, 0.0], 0.0, 2.0 * half, 1.0, v, rng);
        let mut limbs = vec![main];
        // Drawn for every crypt, so that a little more severity changes the picture a little.
        let length = (v - 0.25).max(0.0) * uniform(rng, 0.3, 1.7);
        let turn = uniform(rng, 0.33, 0.67) * if uniform(rng, 0.0, 1.0) < 0.5 { -PI } else { PI };
        let start = [uniform(rng, -0.7, 0.7) * half, 0.0];
        let branch = Limb::grow(start, turn, length, lerp(0.7, 0.85, v), v, rng);
        if length > 0.12 {
            limbs.push(branch);
        }
        let farthest = limbs.iter().map(Limb::reach).fold(0.0, f32::max) + 1.3;
        Self {
            centre: plan.centre,
            radius: plan.radius,
            reach: plan.radius * (1.0 + 0.6 * bend.abs()) * farthest,
            axis: [plan.angle.cos(), plan.angle.sin()],
            bend,
            limbs,
            seed: (uniform(rng, 0.0, 1.0) * 16_777_216.0) as u32,
            severity: v,
        }
    }

    /// No point farther from the centre than this (in tile widths) has a depth under 1.3.
    pub fn reach(&self) -> f32 {
        self.reach
    }

    /// The crypt's centre, in tile widths.
    pub fn centre(&self) -> [f32; 2] {
        self.centre
    }

    /// How deep in the crypt a point (in tile widths) lies.
    pub fn depth(&self, x: f32, y: f32) -> Seen {
        let (dx, dy) = ((x - self.centre[0]) / self.radius, (y - self.centre[1]) / self.radius);
        let along = dx * self.axis[0] + dy * self.axis[1];
        let side = dy * self.axis[0] - dx * self.axis[1];
        // A hyperbola's arms: straight away from the middle, rounded at it, so a boot and not a banana.
        let at = [along, side + self.bend * ((along * along + 0.16).sqrt() - 0.4)];
        let mut best = Seen { depth: f32::INFINITY, limb: 0, at };
        for (limb, l) in self.limbs.iter().enumerate() {
            let depth = l.depth(at);
            if depth < best.depth {
                best = Seen { depth, limb, at };
            }
        }
        best
    }

    /// The cell and the lumen at a point that [`Crypt::depth`] has found.
    pub fn cell(&self, point: Seen) -> Cell {
        let limb = &self.limbs[point.limb];
        let around = limb.around(point.at);
        let place = around * OUTLINE as f32;
        let i = place as usize % OUTLINE;
        let lumen = lerp(limb.lumen[i], limb.lumen[(i + 1) % OUTLINE], place - i as f32);
        let cell = around * limb.cells;
        let index = cell as i32;
        Cell { lumen, across: cell - index as f32 - 0.5, index: index + 1000 * point.limb as i32 }
    }

    /// A random number in [0, 1) that belongs to one cell; `what` tells several of them apart.
    pub fn of_cell(&self, cell: i32, what: i32) -> f32 {
        lattice(self.seed, cell, what)
    }
}

impl Limb {
    fn grow(start: [f32; 2], angle: f32, length: f32, radius: f32, v: f32, rng: &mut Stream) -> Self {
        let perimeter = 2.0 * length / radius + TAU;
        let direction = [angle.cos(), angle.sin()];
        let cells = (perimeter / CELL_WIDTH).round();
        Self { start, direction, length, radius, perimeter, cells, lumen: outline(perimeter, v, rng) }
    }

    /// How far the axis goes from the crypt's centre, in radii of the crypt.
    fn reach(&self) -> f32 {
        let end = [0, 1].map(|i| self.start[i] + self.length * self.direction[i]);
        self.start[0].hypot(self.start[1]).max(end[0].hypot(end[1]))
    }

    /// Along the axis (clamped to it), and the rest along and across it, in radii of the limb.
    fn local(&self, at: [f32; 2]) -> [f32; 3] {
        let (dx, dy) = (at[0] - self.start[0], at[1] - self.start[1]);
        let along = dx * self.direction[0] + dy * self.direction[1];
        let side = dy * self.direction[0] - dx * self.direction[1];
        let on = along.clamp(0.0, self.length);
        [on / self.radius, (along - on) / self.radius, side / self.radius]
    }

    fn depth(&self, at: [f32; 2]) -> f32 {
        let [_, beyond, side] = self.local(at);
        // Not `hypot`: its care for overflow is dear here and not needed.
        (beyond * beyond + side * side).sqrt()
    }

    /// The place around the limb, in [0, 1), counted from the far end of its axis.
    fn around(&self, at: [f32; 2]) -> f32 {
        let [on, beyond, side] = self.local(at);
        let turn = if beyond == 0.0 { FRAC_PI_2 } else { side.abs().atan2(beyond) };
        let arc = (turn + self.length / self.radius - on) / self.perimeter;
        let around = if side < 0.0 { 1.0 - arc } else { arc };
        around.clamp(0.0, 0.999_999)
    }
}

/// The lumen's outline: shallow scallops at low severity, arms that reach the base at high severity.
fn outline(perimeter: f32, v: f32, rng: &mut Stream) -> Vec<f32> {
    let base = lerp(0.17, 0.29, v) * (1.0 + 0.10 * normal(rng)).clamp(0.75, 1.25);
    let arms = (perimeter * uniform(rng, 0.85, 1.1)).round().max(3.0);
    let phase = uniform(rng, 0.0, 1.0);
    let mut reach = vec![base; OUTLINE];
    for arm in 0..arms as usize {
        let centre = (arm as f32 + phase + uniform(rng, -0.22, 0.22)) / arms;
        let height = (lerp(0.06, 0.52, v) * uniform(rng, 0.6, 1.3)).min(0.84 - base);
        let width = lerp(0.26, 0.17, v) * uniform(rng, 0.8, 1.2) / arms;
        // Only as far as the arm is felt: beyond three widths it is nothing.
        let (middle, spread) = (centre * OUTLINE as f32, (3.0 * width * OUTLINE as f32) as i32 + 1);
        for i in middle as i32 - spread..=middle as i32 + spread {
            let apart = (i as f32 - middle) / (width * OUTLINE as f32);
            let r = &mut reach[i.rem_euclid(OUTLINE as i32) as usize];
            *r = r.max(base + height * (-apart * apart).exp());
        }
    }
    reach
}
