//! Adam (Kingma & Ba 2015) with coupled weight decay, as `torch.optim.Adam` computes it: β2 0.999, ε 1e-8, one pass
//! over each parameter.
//!
//! Ours and not Burn's, for two reasons: its whole state is a table of named tensors, so a checkpoint resumes to the
//! bit; and on the processor an update reads and writes each parameter once, in place, where Burn's makes a dozen new tensors.
//!
//! Parameters, gradients and moments stay on their device; only a checkpoint brings the moments to the host.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Gradients, Shape, Tensor, TensorData};
use nets::Tensors;
use ops::{AdamRule, adam_step, add_gradients};
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
    parameters: BTreeMap<String, OfParameter>,
}

/// What is known of one parameter.
#[derive(Debug, Clone)]
struct OfParameter {
    /// Steps that it has taken: as in torch, none where it had no gradient.
    steps: u64,
    moments: Moments,
}

/// Both moments of a parameter.
#[derive(Debug, Clone)]
enum Moments {
    /// As a checkpoint gave them, until the next step, which knows the device.
    Restored { shape: Vec<usize>, first: Vec<f32>, second: Vec<f32> },
    /// Beside their parameter.
    OnDevice(Box<ops::Moments>),
}

impl Adam {
    /// An optimiser that has not stepped yet. `weight_decay` is coupled: it is added to the gradient (L2).
    pub fn new(beta1: f64, weight_decay: f64) -> Self {
        Self { beta1, weight_decay, step: 0, parameters: BTreeMap::new() }
    }

    /// Updates every parameter of `module` that has a gradient in `grads`; what has none keeps its value, its moments and its count of steps.
    pub fn step<M: Module>(&mut self, module: M, mut grads: Gradients, lr: f64) -> M {
        let grads = GradientsParams::from_module(&mut grads, &module);
        self.step_by_sum(module, vec![grads], lr)
    }

    /// The same by the sum of the gradients in each of `parts`, which are summed in their order.
    pub fn step_by_sum<M: Module>(&mut self, module: M, mut parts: Vec<GradientsParams>, lr: f64) -> M {
        self.step += 1;
        let (beta1, weight_decay) = (self.beta1, self.weight_decay);
        let rule = |step| rule(beta1, weight_decay, lr, step);
        let parameters = &mut self.parameters;
        module.map(&mut Stepper { parameters, parts: &mut parts, rule: &rule, path: Vec::new() })
    }

    /// Steps taken so far, by whatever parameters.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The moments as named tensors, `m.<parameter>` and `v.<parameter>`, and as `t.<parameter>` (one number) the steps of a parameter that
    /// has taken fewer than the others; with [`Self::steps`] the whole state.
    pub fn tensors(&self) -> Tensors {
        let mut out = Tensors::new();
        for (name, OfParameter { steps, moments }) in &self.parameters {
            let [first, second] = moments.values();
            out.insert(format!("m.{name}"), first);
            out.insert(format!("v.{name}"), second);
            if *steps != self.step {
                // Single precision counts to sixteen million.
                out.insert(format!("t.{name}"), (vec![1], vec![*steps as f32]));
            }
        }
        out
    }

    /// Takes over the state that [`Self::tensors`] and [`Self::steps`] gave.
    #[must_use]
    pub fn restore(mut self, step: u64, tensors: &Tensors) -> Self {
        self.step = step;
        self.parameters = tensors
            .iter()
            .filter_map(|(name, (shape, m))| {
                let name = name.strip_prefix("m.")?;
                let (_, v) = tensors.get(&format!("v.{name}"))?;
                if [m.len(), v.len()] != [shape.iter().product::<usize>(); 2] {
                    return None;
                }
                let steps = tensors.get(&format!("t.{name}")).and_then(|(_, t)| t.first());
                let (shape, first, second) = (shape.clone(), m.clone(), v.clone());
                let moments = Moments::Restored { shape, first, second };
                Some((name.to_owned(), OfParameter { steps: steps.map_or(step, |t| *t as u64), moments }))
            })
            .collect();
        self
    }
}

/// What a parameter does in its step of that number, from 1.
fn rule(beta1: f64, weight_decay: f64, lr: f64, step: u64) -> AdamRule {
    // torch keeps these scalars in f64 and applies them to f32 tensors.
    let bias_correction1 = 1.0 - beta1.powi(step as i32);
    let bias_correction2 = 1.0 - BETA2.powi(step as i32);
    AdamRule {
        one_minus_beta1: (1.0 - beta1) as f32,
        beta2: BETA2 as f32,
        one_minus_beta2: (1.0 - BETA2) as f32,
        step_size: (lr / bias_correction1) as f32,
        inverse_sqrt_correction2: (1.0 / bias_correction2.sqrt()) as f32,
        epsilon: EPSILON,
        weight_decay: weight_decay as f32,
    }
}

impl Moments {
    fn on_device_of<const D: usize>(self, parameter: &Tensor<D>) -> ops::Moments {
        match self {
            Moments::OnDevice(moments) => *moments,
            Moments::Restored { shape, first, second } => {
                let tensor = |values| {
                    let values = TensorData::new(values, Shape::from(shape.clone()));
                    Tensor::<D>::from_data(values, (&parameter.device(), parameter.dtype()))
                };
                ops::Moments::new(tensor(first), tensor(second))
            }
        }
    }

    /// Shape and values of either, on the host.
    fn values(&self) -> [(Vec<usize>, Vec<f32>); 2] {
        match self {
            Moments::OnDevice(moments) => moments.to_data().map(|data| {
                // A checkpoint holds single precision, to which every kind of number converts.
                (data.shape().to_vec(), data.try_into_vec_as().expect("numbers"))
            }),
            Moments::Restored { shape, first, second } => {
                [first, second].map(|values| (shape.clone(), values.clone()))
            }
        }
    }
}

struct Stepper<'a> {
    parameters: &'a mut BTreeMap<String, OfParameter>,
    parts: &'a mut [GradientsParams],
    rule: &'a dyn Fn(u64) -> AdamRule,
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
        let grad = grads.fold(grad, add_gradients);
        // The tape is gone by now, so the value is ours alone and can be updated in its place.
        let (id, value, mapper) = param.consume();
        let value = value.without_autodiff();
        let name = self.path.join(".");
        let (steps, moments) = match self.parameters.remove(&name) {
            Some(of) => (of.steps + 1, of.moments.on_device_of(&value)),
            None => (1, ops::Moments::zeros(&value)),
        };
        let (value, moments) = adam_step((self.rule)(steps), value, grad, moments);
        self.parameters.insert(name, OfParameter { steps, moments: Moments::OnDevice(Box::new(moments)) });
        Param::from_mapped_value(id, value.autodiff().require_grad(), mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{DType, Device};

    #[derive(Module, Debug)]
    struct Network {
        conv: Param<Tensor<4>>,
        fc: Param<Tensor<2>>,
        bias: Param<Tensor<1>>,
    }

    const CONV: [usize; 4] = [4, 3, 1, 2];

    /// Numbers that go up and down.
    fn wave<const D: usize>(shape: [usize; D], from: f32, device: &Device) -> Tensor<D> {
        let values = (0..shape.iter().product::<usize>()).map(|i| (from + i as f32).sin()).collect();
        Tensor::from_data(TensorData::new(values, Shape::from(shape)), device)
    }

    /// Its weights of a convolution lie channels-last, as those of the networks do.
    fn network(dtype: DType, device: &Device) -> Network {
        let [out, inputs, h, w] = CONV;
        let lying = wave(CONV, 0.0, device).permute([0, 2, 3, 1]).reshape([out * h * w * inputs]);
        let conv = lying.reshape([out, h, w, inputs]).permute([0, 3, 1, 2]);
        Network {
            conv: Param::from_tensor(conv.cast(dtype)),
            fc: Param::from_tensor(wave([3, 5], 1.0, device).cast(dtype)),
            bias: Param::from_tensor(wave([7], 2.0, device).cast(dtype)),
        }
    }

    /// The gradient of a sum of products is the other factor.
    fn gradients(network: &Network, from: f32, device: &Device) -> Gradients {
        let dtype = network.conv.val().dtype();
        let sum = (network.conv.val() * wave(CONV, from, device).cast(dtype)).sum()
            + (network.fc.val() * wave([3, 5], from, device).cast(dtype)).sum()
            + (network.bias.val() * wave([7], from, device).cast(dtype)).sum();
        sum.backward()
    }

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec_as().unwrap()
    }

    #[test]
    fn moments_are_told_in_torchs_order_and_taken_back() {
        let device = Device::flex().autodiff();
        let network = network(DType::F32, &device);
        let grads = gradients(&network, 3.0, &device);
        let mut adam = Adam::new(0.75, 0.0);
        adam.step(network, grads, 0.1);
        let state = adam.tensors();
        let (shape, first) = &state["m.conv"];
        assert_eq!(*shape, CONV);
        let wanted: Vec<f32> = values(wave(CONV, 3.0, &device)).iter().map(|g| g * 0.25).collect();
        assert_eq!(*first, wanted);
        assert_eq!(Adam::new(0.75, 0.0).restore(1, &state).tensors(), state);
    }

    #[test]
    fn the_sum_of_two_gradients_is_stepped_by() {
        let device = Device::flex().autodiff();
        let step = |froms: &[f32]| {
            let network = network(DType::F32, &device);
            let part =
                |from: &f32| GradientsParams::from_module(&mut gradients(&network, *from, &device), &network);
            let parts = froms.iter().map(part).collect();
            let mut adam = Adam::new(0.9, 0.0);
            adam.step_by_sum(network, parts, 0.1);
            adam.tensors()
        };
        let (one, two, both) = (step(&[3.0]), step(&[4.0]), step(&[3.0, 4.0]));
        for name in ["m.conv", "m.fc", "m.bias"] {
            for ((one, two), both) in one[name].1.iter().zip(&two[name].1).zip(&both[name].1) {
                assert!((one + two - both).abs() < 1e-6, "{name}: {one} + {two} is not {both}");
            }
        }
    }

    /// This crate reads tensors as single precision, so parameters of double precision that were carried through the host would come back
    /// rounded, if at all.
    #[test]
    fn an_update_leaves_a_parameter_where_it_is() {
        const FINE: f64 = 1.0 + 1e-12;
        let device = Device::flex().autodiff();
        let mut network = network(DType::F64, &device);
        network.fc = network.fc.map(|fc| (fc.zeros_like() + FINE).detach().require_grad());
        let mut adam = Adam::new(0.9, 0.0);
        for from in [3.0, 4.0] {
            let grads = gradients(&network, from, &device);
            network = adam.step(network, grads, 0.0);
        }
        assert_eq!(network.fc.val().into_data().try_into_vec::<f64>().unwrap(), [FINE; 15]);
    }

    /// Double precision is updated by the composed operations, single by the tuned one.
    #[test]
    fn composed_and_tuned_steps_agree_also_after_a_restore() {
        let device = Device::flex().autodiff();
        let train = |dtype| {
            let mut network = network(dtype, &device);
            let mut adam = Adam::new(0.5, 0.1);
            for step in 0..4 {
                let grads = gradients(&network, step as f32, &device);
                network = adam.step(network, grads, 1e-2);
                assert_eq!(network.conv.val().dtype(), dtype);
                if step == 1 {
                    adam = Adam::new(0.5, 0.1).restore(adam.steps(), &adam.tensors());
                }
            }
            let mut all = adam.tensors();
            all.insert("conv".into(), (CONV.to_vec(), values(network.conv.val())));
            all.insert("fc".into(), (vec![3, 5], values(network.fc.val())));
            all.insert("bias".into(), (vec![7], values(network.bias.val())));
            all
        };
        let (tuned, composed) = (train(DType::F32), train(DType::F64));
        assert!(tuned.keys().eq(composed.keys()));
        for (name, (shape, tuned)) in &tuned {
            let (composed_shape, composed) = &composed[name];
            assert_eq!(shape, composed_shape);
            let largest = composed.iter().fold(0f32, |a, v| a.max(v.abs()));
            for (a, b) in tuned.iter().zip(composed) {
                assert!((a - b).abs() <= 1e-6 * largest, "{name}: {a} is not {b}");
            }
        }
    }
}
