//! Adam (Kingma & Ba 2015) with coupled weight decay, as `torch.optim.Adam` computes it: β2 0.999, ε 1e-8, one pass
//! over each parameter.
//!
//! Ours and not Burn's, for two reasons: its whole state is a table of named tensors, so a checkpoint resumes to the
//! bit; and an update reads and writes each parameter once, in place, where Burn's makes a dozen new tensors.

use crate::pixels;
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rayon::prelude::*;
use std::collections::BTreeMap;

const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;
/// Parameters are updated in pieces of this many numbers, in parallel; the result does not depend on the pieces.
const PIECE: usize = 1 << 14;

/// The state of the optimiser of one network: a first and a second moment for every parameter, by the parameter's
/// path in the module (`layer1.0.conv1.weight`).
#[derive(Debug, Clone)]
pub struct Adam {
    beta1: f64,
    weight_decay: f64,
    step: u64,
    moments: BTreeMap<String, Moments>,
}

#[derive(Debug, Clone)]
struct Moments {
    shape: Vec<usize>,
    m: Vec<f32>,
    v: Vec<f32>,
}

/// Tensors by name: shape and values in row-major order.
pub type NamedValues = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

impl Adam {
    /// An optimiser that has not stepped yet. `weight_decay` is coupled: it is added to the gradient (L2).
    pub fn new(beta1: f64, weight_decay: f64) -> Self {
        Self { beta1, weight_decay, step: 0, moments: BTreeMap::new() }
    }

    /// Updates every parameter of `module` that has a gradient in `grads`, taking the gradient out.
    pub fn step<M: Module>(&mut self, module: M, grads: &mut Gradients, lr: f64, device: &Device) -> M {
        self.step += 1;
        // torch keeps these scalars in f64 and applies them to f32 tensors.
        let bias_correction1 = 1.0 - self.beta1.powi(self.step as i32);
        let bias_correction2 = 1.0 - BETA2.powi(self.step as i32);
        let rule = Rule {
            one_minus_beta1: (1.0 - self.beta1) as f32,
            beta2: BETA2 as f32,
            one_minus_beta2: (1.0 - BETA2) as f32,
            step_size: (lr / bias_correction1) as f32,
            inverse_sqrt_correction2: (1.0 / bias_correction2.sqrt()) as f32,
            weight_decay: self.weight_decay as f32,
        };
        module.map(&mut Stepper { moments: &mut self.moments, grads, rule, device, path: Vec::new() })
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The moments as named tensors, `m.<parameter>` and `v.<parameter>`; with [`Self::steps`] the whole state.
    pub fn tensors(&self) -> NamedValues {
        let mut out = NamedValues::new();
        for (name, moments) in &self.moments {
            out.insert(format!("m.{name}"), (moments.shape.clone(), moments.m.clone()));
            out.insert(format!("v.{name}"), (moments.shape.clone(), moments.v.clone()));
        }
        out
    }

    /// Takes over the state that [`Self::tensors`] and [`Self::steps`] gave.
    #[must_use]
    pub fn restore(mut self, step: u64, tensors: &NamedValues) -> Self {
        self.step = step;
        self.moments = tensors
            .iter()
            .filter_map(|(name, (shape, m))| {
                let name = name.strip_prefix("m.")?;
                let (_, v) = tensors.get(&format!("v.{name}"))?;
                let moments = Moments { shape: shape.clone(), m: m.clone(), v: v.clone() };
                Some((name.to_owned(), moments))
            })
            .collect();
        self
    }
}

/// The numbers of one step, the same for every parameter.
#[derive(Clone, Copy)]
struct Rule {
    one_minus_beta1: f32,
    beta2: f32,
    one_minus_beta2: f32,
    step_size: f32,
    inverse_sqrt_correction2: f32,
    weight_decay: f32,
}

impl Rule {
    fn update(self, parameter: &mut [f32], grad: &[f32], m: &mut [f32], v: &mut [f32]) {
        for (((p, g), m), v) in parameter.iter_mut().zip(grad).zip(m).zip(v) {
            let g = g + self.weight_decay * *p;
            *m += (g - *m) * self.one_minus_beta1;
            *v = *v * self.beta2 + self.one_minus_beta2 * g * g;
            *p -= self.step_size * *m / (v.sqrt() * self.inverse_sqrt_correction2 + EPSILON);
        }
    }
}

struct Stepper<'a> {
    moments: &'a mut BTreeMap<String, Moments>,
    grads: &'a mut Gradients,
    rule: Rule,
    device: &'a Device,
    path: Vec<String>,
}

impl ModuleMapper for Stepper<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Running statistics are no parameters, and a frozen parameter has no gradient.
        if !param.is_require_grad() {
            return param;
        }
        let Some(grad) = param.grad_remove(self.grads) else { return param };
        // The tape is gone by now, so the value is ours alone and leaves Burn without a copy.
        let (id, value, mapper) = param.consume();
        let shape = value.dims();
        let mut values = pixels::values(value.inner());
        let grad = pixels::values(grad);
        let Moments { m, v, .. } = self.moments.entry(self.path.join(".")).or_insert_with(|| Moments {
            shape: shape.to_vec(),
            m: vec![0.0; values.len()],
            v: vec![0.0; values.len()],
        });
        let rule = self.rule;
        values
            .par_chunks_mut(PIECE)
            .zip(grad.par_chunks(PIECE))
            .zip(m.par_chunks_mut(PIECE))
            .zip(v.par_chunks_mut(PIECE))
            .for_each(|(((p, g), m), v)| rule.update(p, g, m, v));
        let value = Tensor::from_data(TensorData::new(values, shape), self.device).require_grad();
        Param::from_mapped_value(id, value, mapper)
    }
}
