//! What a convolution's output goes through while it is still in the cache: scale and shift of its channels, a residual, an activation.

use crate::activation::{activated, with_act};
use crate::dims::Dims;
use crate::work::{Writer, run_blocks, vectorised};

/// `act(scale·v + shift + residual)`, each part of it where there is one.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// One number a channel.
    pub scale: Option<&'a [f32]>,
    /// One number a channel.
    pub shift: Option<&'a [f32]>,
    /// As large as the output, and lying as it.
    pub residual: Option<&'a [f32]>,
    /// The factor of negative values.
    pub slope: f32,
}

impl<'a> Finish<'a> {
    /// A bias alone, or nothing.
    pub fn bias(shift: Option<&'a [f32]>) -> Self {
        Finish { scale: None, shift, residual: None, slope: 1.0 }
    }

    /// Panics unless every part is as long as an output of this shape asks for.
    pub(super) fn check(&self, y: Dims) {
        for factors in [self.scale, self.shift].into_iter().flatten() {
            assert_eq!(factors.len(), y.c, "one scale and one shift a channel");
        }
        if let Some(residual) = self.residual {
            assert_eq!(residual.len(), y.len(), "a residual is as large as what it is added to");
        }
    }

    /// Whether there is nothing but a shift.
    pub(super) fn is_bias(&self) -> bool {
        self.scale.is_none() && self.residual.is_none() && self.slope == 1.0
    }

    /// Whether there is nothing to do.
    pub(super) fn is_nothing(&self) -> bool {
        self.shift.is_none() && self.is_bias()
    }

    /// Finishes the numbers of `line`, which are the channels from `channel` on of one pixel, and from `at` on of the output.
    pub(super) fn line(&self, line: &mut [f32], channel: usize, at: usize) {
        let n = line.len();
        if let Some(scale) = self.scale {
            multiply(line, &scale[channel..channel + n]);
        }
        if let Some(shift) = self.shift {
            add(line, &shift[channel..channel + n]);
        }
        if let Some(residual) = self.residual {
            add(line, &residual[at..at + n]);
        }
        if self.slope != 1.0 {
            with_act!(self.slope, ACT => activate::<ACT>(line, self.slope));
        }
    }

    /// Finishes a whole output of `c` channels.
    pub(super) fn all(&self, y: &mut [f32], c: usize) {
        const PIXELS: usize = 64;
        if self.is_nothing() || c == 0 {
            return;
        }
        let pixels = y.len() / c;
        let parallel = y.len() > 1 << 17;
        let to = Writer::over(y);
        run_blocks(pixels.div_ceil(PIXELS), parallel, |block| {
            for pixel in block * PIXELS..pixels.min((block + 1) * PIXELS) {
                // SAFETY: each pixel is finished once, and has been written before.
                let line = unsafe { std::slice::from_raw_parts_mut(to.at(pixel * c), c) };
                self.line(line, 0, pixel * c);
            }
        });
    }
}

vectorised! {
    fn multiply(line: &mut [f32], by: &[f32]) {
        for (v, b) in line.iter_mut().zip(by) {
            *v *= b;
        }
    }
}

vectorised! {
    fn add(line: &mut [f32], other: &[f32]) {
        for (v, o) in line.iter_mut().zip(other) {
            *v += o;
        }
    }
}

vectorised! {
    fn activate<const ACT: u8>(line: &mut [f32], slope: f32) {
        for v in line {
            *v = activated::<ACT>(*v, slope);
        }
    }
}
