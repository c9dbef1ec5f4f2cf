//! Random draws and smooth noise that the drawing code shares.

use crate::random::Stream;
use rand::RngExt;

/// A uniform draw from `[low, high)`.
pub fn uniform(rng: &mut Stream, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.random::<f32>()
}

/// A standard normal draw (Box–Muller).
pub fn normal(rng: &mut Stream) -> f32 {
    let u = 1.0 - rng.random::<f32>();
    let angle = std::f32::consts::TAU * rng.random::<f32>();
    (-2.0 * u.ln()).sqrt() * angle.cos()
}

/// `a` at 0, `b` at 1.
pub fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// 0 below `low`, 1 above `high`, smooth between; `low > high` gives the falling edge.
pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A hash of a lattice point into [0, 1): the same point always gives the same number.
pub fn lattice(seed: u32, x: i32, y: i32) -> f32 {
    let mut h = seed ^ (x as u32).wrapping_mul(0x9E37_79B1) ^ (y as u32).wrapping_mul(0x85EB_CA77);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    ((h ^ (h >> 15)) >> 8) as f32 / 16_777_216.0
}

/// Value noise in [-1, 1]: random at the whole-numbered points, smooth between them.
pub fn noise(seed: u32, x: f32, y: f32) -> f32 {
    // Rounding down by hand: `floor` is a library call on the oldest x86-64, and this is the innermost loop.
    let (ix, iy) = (x as i32 - i32::from(x < 0.0), y as i32 - i32::from(y < 0.0));
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let (sx, sy) = (tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty));
    let top = lerp(lattice(seed, ix, iy), lattice(seed, ix + 1, iy), sx);
    let bottom = lerp(lattice(seed, ix, iy + 1), lattice(seed, ix + 1, iy + 1), sx);
    2.0 * lerp(top, bottom, sy) - 1.0
}
