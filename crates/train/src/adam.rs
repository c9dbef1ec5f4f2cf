//! Adam (Kingma & Ba 2015) with coupled weight decay, as `torch.optim.Adam` computes it: β2 0.999, ε 1e-8, one pass
//! over each parameter.
//!
//! Ours and not Burn's, for two reasons: its whole state is a table of named tensors, so a checkpoint resumes to the
//! bit; and an update reads and writes each parameter once, in place, where Burn's makes a dozen new tensors.
//!
//! Weights of convolutions are left channels-last in memory (`[out, kh, kw, in]`), as the kernels want them and give
//! their gradients; shapes and checkpoints show torch's order.

use crate::pixels;
use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use kernels::{AdamRule, adam_step};
use std::collections::BTreeMap;

const BETA2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// The state of the optimiser of one network: a first and a second moment for every parameter, by the parameter's
/// path in the module (`layer1.0.conv1.weight`).
#[derive(Debug, Clone)]
pub struct Adam {
    beta1: f64,
    weight_decay: f64,
    step: u64,
    moments: BTreeMap<String, Moments>,
}

/// Both moments of a parameter of this (torch's) shape, in the order in which the parameter lies in memory.
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

    /// Updates every parameter of `module` that has a gradient in `grads`.
    pub fn step<M: Module>(&mut self, module: M, mut grads: Gradients, lr: f64, device: &Device) -> M {
        let grads = GradientsParams::from_module(&mut grads, &module);
        self.step_by_sum(module, vec![grads], lr, device)
    }

    /// The same by the sum of the gradients in each of `parts`, which are summed in their order.
    pub fn step_by_sum<M: Module>(
        &mut self,
        module: M,
        mut parts: Vec<GradientsParams>,
        lr: f64,
        device: &Device,
    ) -> M {
        self.step += 1;
        // torch keeps these scalars in f64 and applies them to f32 tensors.
        let bias_correction1 = 1.0 - self.beta1.powi(self.step as i32);
        let bias_correction2 = 1.0 - BETA2.powi(self.step as i32);
        let rule = AdamRule {
            one_minus_beta1: (1.0 - self.beta1) as f32,
            beta2: BETA2 as f32,
            one_minus_beta2: (1.0 - BETA2) as f32,
            step_size: (lr / bias_correction1) as f32,
            inverse_sqrt_correction2: (1.0 / bias_correction2.sqrt()) as f32,
            epsilon: EPSILON,
            weight_decay: self.weight_decay as f32,
        };
        module.map(&mut Stepper {
            moments: &mut self.moments,
            parts: &mut parts,
            rule,
            device,
            path: Vec::new(),
        })
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The moments as named tensors, `m.<parameter>` and `v.<parameter>`; with [`Self::steps`] the whole state.
    pub fn tensors(&self) -> NamedValues {
        let mut out = NamedValues::new();
        for (name, moments) in &self.moments {
            let Moments { shape, m, v } = moments;
            out.insert(format!("m.{name}"), (shape.clone(), torch_order(shape, m)));
            out.insert(format!("v.{name}"), (shape.clone(), torch_order(shape, v)));
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
                if [m.len(), v.len()] != [shape.iter().product::<usize>(); 2] {
                    return None;
                }
                let [m, v] = [m, v].map(|values| memory_order(shape, values));
                let moments = Moments { shape: shape.clone(), m, v };
                Some((name.to_owned(), moments))
            })
            .collect();
        self
    }
}

/// Values in torch's order, `[out, in, kh, kw]` if they are a convolution's weights, in the order of the memory.
fn memory_order(shape: &[usize], values: &[f32]) -> Vec<f32> {
    match *shape {
        [out, inputs, kh, kw] => swapped(values, out, inputs, kh * kw),
        _ => values.to_vec(),
    }
}

/// The reverse of [`memory_order`].
fn torch_order(shape: &[usize], values: &[f32]) -> Vec<f32> {
    match *shape {
        [out, inputs, kh, kw] => swapped(values, out, kh * kw, inputs),
        _ => values.to_vec(),
    }
}

/// `[n, a, b]` → `[n, b, a]`.
fn swapped(values: &[f32], n: usize, a: usize, b: usize) -> Vec<f32> {
    let at = |i: usize| i / (a * b) * (a * b) + i % a * b + i / a % b;
    (0..n * a * b).map(|i| values[at(i)]).collect()
}

/// The tensor's axes in the order of the memory, `[out, kh, kw, in]` for a convolution's weights; `back` undoes it.
fn axes<const D: usize>(back: bool) -> [isize; D] {
    let of_weights = if back { [0, 3, 1, 2] } else { [0, 2, 3, 1] };
    std::array::from_fn(|axis| if D == 4 { of_weights[axis] } else { axis as isize })
}

struct Stepper<'a> {
    moments: &'a mut BTreeMap<String, Moments>,
    parts: &'a mut [GradientsParams],
    rule: AdamRule,
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
        let mut grads = self.parts.iter_mut().filter_map(|part| part.remove::<D>(param.id));
        let Some(grad) = grads.next() else { return param };
        let mut grad = pixels::values(grad.permute(axes::<D>(false)));
        for more in grads {
            let more = pixels::values(more.permute(axes::<D>(false)));
            grad.iter_mut().zip(more).for_each(|(sum, v)| *sum += v);
        }
        // The tape is gone by now, so the value is ours alone and leaves Burn without a copy.
        let (id, value, mapper) = param.consume();
        let shape = value.dims();
        let value = value.inner().permute(axes::<D>(false));
        let lying = value.dims();
        let mut values = pixels::values(value);
        let Moments { m, v, .. } = self.moments.entry(self.path.join(".")).or_insert_with(|| Moments {
            shape: shape.to_vec(),
            m: vec![0.0; values.len()],
            v: vec![0.0; values.len()],
        });
        adam_step(self.rule, &mut values, &grad, m, v);
        let value = Tensor::<D>::from_data(TensorData::new(values, lying), self.device);
        let value = value.permute(axes::<D>(true)).require_grad();
        Param::from_mapped_value(id, value, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_channels_last_inside_and_in_torchs_order_outside() {
        // [out 2, in 3, kh 1, kw 2]: each number tells its place.
        let torch: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let memory = memory_order(&[2, 3, 1, 2], &torch);
        assert_eq!(memory, [0.0, 2.0, 4.0, 1.0, 3.0, 5.0, 6.0, 8.0, 10.0, 7.0, 9.0, 11.0]);
        assert_eq!(torch_order(&[2, 3, 1, 2], &memory), torch);
        assert_eq!(memory_order(&[12], &torch), torch);

        let state: NamedValues = ["m.conv.weight", "v.conv.weight"]
            .map(|name| (name.to_owned(), (vec![2, 3, 1, 2], torch.clone())))
            .into();
        assert_eq!(Adam::new(0.9, 0.0).restore(7, &state).tensors(), state);
    }

    #[test]
    fn an_axis_order_and_its_reverse_cancel() {
        let device = Device::flex();
        let values: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let x = Tensor::<4>::from_data(TensorData::new(values.clone(), [2, 3, 4, 1]), &device);
        let there = x.permute(axes::<4>(false));
        assert_eq!(there.dims(), [2, 4, 1, 3]);
        assert_eq!(pixels::values(there.permute(axes::<4>(true))), values);
    }
}
