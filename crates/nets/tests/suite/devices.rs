//! The three networks at toy size, forward and all gradients: the kernels against the same operations composed of Burn's own, which
//! run in double precision and so give the reference. `card` compares a graphics card with both.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{DType, Device, Tensor};
use nets::{Classifier, DiscriminatorConfig, GeneratorConfig, NamedTensors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, ByGradient, Tensors, fill, filled, tensor};

/// Two tiles of 40 pixels: a smaller side leaves ResNet's last norms two values a channel, whose gradients are rounding alone.
const SHAPE: [usize; 4] = [2, 3, 40, 40];
const WIDTH: usize = 8;
pub const NETWORKS: [&str; 3] = ["resnet", "generator", "discriminator"];

/// Casts every tensor of a network.
struct To(DType);

impl ModuleMapper for To {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|t| {
            let needs = t.is_require_grad();
            t.detach().cast(self.0).detach().set_require_grad(needs)
        })
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> (Vec<usize>, Vec<f32>) {
    (tensor.dims().to_vec(), tensor.into_data_as::<f32>().try_to_vec().unwrap())
}

/// Output, gradients and running statistics after one pass forward and back, by name.
fn pass<N: Module + NamedTensors, const D: usize>(
    network: N,
    dtype: DType,
    device: &Device,
    forward: impl Fn(&N, Tensor<4>) -> Tensor<D>,
) -> Tensors {
    let network = fill(network).map(&mut To(dtype));
    let x = tensor(filled("x", &SHAPE, -1.0, 1.0), SHAPE, device).cast(dtype).detach().require_grad();
    let y = forward(&network, x.clone());
    // Only Burn's own operations give double precision: the kernels take none.
    assert_eq!(y.dtype(), dtype);
    let direction = tensor(filled("loss", &y.dims(), -1.0, 1.0), y.dims(), device).cast(dtype);
    let grads = y.clone().mul(direction).sum().backward();
    let mut all = network.map(&mut ByGradient(&grads)).tensors();
    all.insert("x".to_owned(), values(x.grad(&grads).expect("a gradient of the input")));
    all.insert("output".to_owned(), values(y));
    all
}

/// What [`pass`] gives on a device; of ResNet also the output by its running statistics.
pub fn run(network: &str, dtype: DType, device: &Device) -> Tensors {
    let device = &device.clone().autodiff();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    match network {
        "resnet" => {
            let network = fixture::resnet18(3, WIDTH).init(&mut rng, device);
            let evaluated = fill(network.clone()).map(&mut To(dtype)).valid();
            let x = tensor(filled("x", &SHAPE, -1.0, 1.0), SHAPE, &device.clone().inner()).cast(dtype);
            let evaluated = values(evaluated.forward(x));
            let mut all = pass(network, dtype, device, Classifier::forward_train);
            all.insert("output evaluated".to_owned(), evaluated);
            all
        }
        "generator" => {
            let network =
                GeneratorConfig { width: WIDTH, blocks: 2, upsampling: nets::Upsampling::Transposed }
                    .init(&mut rng, device);
            pass(network, dtype, device, nets::Generator::forward)
        }
        _ => {
            let network = DiscriminatorConfig { width: WIDTH }.init(&mut rng, device);
            pass(network, dtype, device, nets::Discriminator::forward)
        }
    }
}

/// The largest of max |difference| / max |composed| over all tensors, and whose it is.
pub fn worst(found: &Tensors, wanted: &Tensors, composed: &Tensors) -> (f32, String) {
    assert!(found.keys().eq(wanted.keys()) && found.keys().eq(composed.keys()));
    let largest = |name: &str| composed[name].1.iter().fold(0f32, |a, v| a.max(v.abs()));
    let mut worst = (0.0, String::new());
    for (name, (shape, values)) in found {
        let (wanted_shape, wanted) = &wanted[name];
        assert_eq!(shape, wanted_shape, "{name}");
        // A bias before an instance norm has no effect; what is left is rounding, small beside its weight's gradient.
        let scale = match largest(name) {
            nothing if nothing < 1e-9 => largest(&name.replace("bias", "weight")),
            scale => scale,
        };
        let off = values.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max) / scale;
        let off = if values.iter().all(|v| v.is_finite()) { off } else { f32::INFINITY };
        if off >= worst.0 {
            worst = (off, name.clone());
        }
    }
    worst
}

#[test]
fn kernels_equal_the_composed_operations() {
    for network in NETWORKS {
        let kernels = run(network, DType::F32, &Device::flex());
        let composed = run(network, DType::F64, &Device::flex());
        let (off, name) = worst(&kernels, &composed, &composed);
        assert!(off < 1e-4, "{network}: {name} is off by {off:e}");
    }
}

#[cfg(not(feature = "vulkan"))]
#[test]
fn a_graphics_card_equals_the_processor() {
    use std::io::Write;

    // Past the harness's capture, for it looks like a pass.
    let _ =
        writeln!(std::io::stderr(), "graphics card: SKIPPED, not in this build; `just gpu-parity` has it");
}
