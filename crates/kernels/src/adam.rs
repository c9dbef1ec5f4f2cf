//! The update of Adam (Kingma & Ba 2015): one pass that reads and writes each number once, bound by the memory.

use rayon::prelude::*;

use crate::work::vectorised;

/// Numbers that a thread updates at a time; the result does not depend on it.
const PIECE: usize = 1 << 14;

/// The numbers of one step of Adam, the same for every parameter.
#[derive(Debug, Clone, Copy)]
pub struct AdamRule {
    /// 1 − β1.
    pub one_minus_beta1: f32,
    /// β2.
    pub beta2: f32,
    /// 1 − β2.
    pub one_minus_beta2: f32,
    /// The learning rate over the first moment's bias correction.
    pub step_size: f32,
    /// One over the root of the second moment's bias correction.
    pub inverse_sqrt_correction2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Coupled weight decay: so much of the parameter is added to its gradient.
    pub weight_decay: f32,
}

/// Updates a parameter and its two moments by its gradient, all in one order.
///
/// # Panics
/// If they are not equally many numbers.
pub fn adam_step(rule: AdamRule, parameter: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32]) {
    assert_eq!(
        [grad.len(), m.len(), v.len()],
        [parameter.len(); 3],
        "a gradient and two moments a parameter"
    );
    let pieces = parameter.par_chunks_mut(PIECE).zip(grad.par_chunks(PIECE));
    let pieces = pieces.zip(m.par_chunks_mut(PIECE)).zip(v.par_chunks_mut(PIECE));
    pieces.for_each(|(((p, g), m), v)| update(rule, p, g, m, v));
}

vectorised! {
    fn update(rule: AdamRule, parameter: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32]) {
        for (((p, g), m), v) in parameter.iter_mut().zip(grad).zip(m).zip(v) {
            let g = g + rule.weight_decay * *p;
            *m += (g - *m) * rule.one_minus_beta1;
            *v = *v * rule.beta2 + rule.one_minus_beta2 * g * g;
            *p -= rule.step_size * *m / (v.sqrt() * rule.inverse_sqrt_correction2 + rule.epsilon);
        }
    }
}
