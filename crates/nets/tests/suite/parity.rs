//! Outputs and gradients equal torch's on the same weights, to 1e-4 of each tensor's largest element.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use nets::{
    Architecture, Classifier, ClassifierConfig, Conditional, DiscriminatorConfig, GeneratorConfig,
    NamedTensors,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, ByGradient, Tensors, difference, fill, filled, tensor, values};

pub const TOLERANCE: f32 = 1e-4;
/// Of the gradients behind 53 norms of a dozen values a channel: torch's own float32 is 4e-4 away from its float64 there.
pub const DEEPEST: f32 = 1e-3;

/// Compares one forward and backward pass with a fixture.
fn check<N, const D: usize>(
    file: &str,
    network: &N,
    shape: [usize; 4],
    tolerance: f32,
    forward: impl Fn(&N, Tensor<4>) -> Tensor<D>,
) where
    N: Module + NamedTensors,
{
    let expected = fixture::tensors(file);
    let device = Device::flex().autodiff();
    let x = tensor(filled("x", &shape, -1.0, 1.0), shape, &device).require_grad();
    let y = forward(network, x.clone());
    let direction = tensor(filled("loss", &y.dims(), -1.0, 1.0), y.dims(), &device);
    let grads = y.clone().mul(direction).sum().backward();
    let error = difference(&values(y), &expected["output"].1);
    assert!(error < TOLERANCE, "{file} output: {error}");

    let mut gradients = network.clone().map(&mut ByGradient(&grads)).tensors();
    gradients.retain(|name, _| !name.contains("running"));
    gradients
        .insert("x".to_owned(), (shape.to_vec(), values(x.grad(&grads).expect("a gradient of the input"))));
    let compared = gradients
        .iter()
        .map(|(name, (_, found))| check_gradient(file, name, found, tolerance, &gradients, &expected));
    assert_eq!(compared.count(), expected.keys().filter(|name| name.starts_with("sums.")).count());
}

pub fn check_gradient(
    file: &str,
    name: &str,
    found: &[f32],
    tolerance: f32,
    all: &Tensors,
    expected: &Tensors,
) {
    let [projection, norm] = expected[&format!("sums.{name}")].1[..] else { panic!("{name}") };
    let norm_found = found.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt() as f32;
    // A bias before an instance norm has no effect; what is left is rounding, small beside its weight's gradient.
    if norm < 1e-9 {
        let weight = &all[&name.replace("bias", "weight")].1;
        let largest = weight.iter().fold(0f32, |a, g| a.max(g.abs()));
        assert!(name.ends_with("bias") && norm_found < tolerance * largest, "{file} {name}: {norm_found}");
        return;
    }
    let direction = filled(&format!("project:{name}"), &[found.len()], -1.0, 1.0);
    let projected: f64 = found.iter().zip(direction).map(|(&g, d)| f64::from(g) * f64::from(d)).sum();
    let error = ((projected as f32 - projection) / norm).abs().max((norm_found / norm - 1.0).abs());
    assert!(error < tolerance, "{file} sums of {name}: {error}");
    if let Some((_, thinned)) = expected.get(&format!("gradient.{name}")) {
        let found: Vec<f32> = found.iter().copied().step_by(found.len().div_ceil(400).max(1)).collect();
        let error = difference(&found, thinned);
        assert!(error < tolerance, "{file} gradient of {name}: {error}");
    }
}

fn resnet(architecture: Architecture, classes: usize, width: usize) -> Classifier {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    fill(ClassifierConfig { architecture, classes, width }.init(&mut rng, &Device::flex().autodiff()))
}

fn check_resnet(file: &str, network: &Classifier, shape: [usize; 4], tolerance: f32) {
    let expected = fixture::tensors(file);
    let x = tensor(filled("x", &shape, -1.0, 1.0), shape, &Device::flex());
    let error = difference(&values(network.valid().forward(x)), &expected["output_eval"].1);
    assert!(error < TOLERANCE, "{file} evaluated: {error}");

    check(file, network, shape, tolerance, Classifier::forward_train);
    for (name, (_, found)) in network.tensors() {
        if let Some((_, reference)) = expected.get(&format!("after.{name}")) {
            let error = difference(&found, reference);
            assert!(error < TOLERANCE, "{file} {name}: {error}");
        }
    }
}

#[test]
fn narrow_resnet_equals_torch() {
    let network = resnet(Architecture::ResNet18, 2, 4);
    assert_eq!(
        fixture::tensors("resnet_narrow.safetensors").keys().filter(|k| k.starts_with("after.")).count(),
        40
    );
    check_resnet("resnet_narrow.safetensors", &network, [3, 3, 40, 40], TOLERANCE);
}

#[test]
fn full_resnet_equals_torchvision() {
    check_resnet(
        "resnet_full.safetensors",
        &resnet(Architecture::ResNet18, 3, 64),
        [2, 3, 48, 48],
        TOLERANCE,
    );
}

#[test]
fn deeper_resnets_equal_torchvisions() {
    for (architecture, tolerance) in [(Architecture::ResNet34, TOLERANCE), (Architecture::ResNet50, DEEPEST)]
    {
        let narrow = format!("{architecture}_narrow.safetensors");
        check_resnet(&narrow, &resnet(architecture, 2, 4), [3, 3, 40, 40], tolerance);
        let full = format!("{architecture}_full.safetensors");
        let (network, shape) = (resnet(architecture, 3, 64), [2, 3, 48, 48]);
        let expected = fixture::tensors(&full);
        let x = tensor(filled("x", &shape, -1.0, 1.0), shape, &Device::flex());
        let passes = [
            ("output_eval", network.valid().forward(x.clone())),
            ("output", network.valid().forward_train(x)),
        ];
        for (name, output) in passes {
            let error = difference(&values(output), &expected[name].1);
            assert!(error < TOLERANCE, "{full} {name}: {error}");
        }
    }
}

#[test]
fn generator_equals_torch() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let device = Device::flex().autodiff();
    let narrow = fill(
        GeneratorConfig { width: 4, blocks: 2, upsampling: nets::Upsampling::Transposed }
            .init(&mut rng, &device),
    );
    // 18 is no multiple of 4.
    for px in [20, 18] {
        check(
            &format!("generator_narrow_{px}.safetensors"),
            &narrow,
            [1, 3, px, px],
            TOLERANCE,
            nets::Generator::forward,
        );
    }
    let full = fill(
        GeneratorConfig { width: 64, blocks: 9, upsampling: nets::Upsampling::Transposed }
            .init(&mut rng, &device),
    );
    check("generator_full.safetensors", &full, [1, 3, 24, 24], TOLERANCE, nets::Generator::forward);
}

#[test]
fn generator_that_resizes_equals_torch() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let config = GeneratorConfig { width: 4, blocks: 2, upsampling: nets::Upsampling::Resize };
    let network = fill(config.init(&mut rng, &Device::flex().autodiff()));
    assert_eq!(network.upsampling(), nets::Upsampling::Resize);
    for px in [20, 18] {
        let file = format!("generator_resize_{px}.safetensors");
        check(&file, &network, [1, 3, px, px], TOLERANCE, nets::Generator::forward);
    }
}

#[test]
fn discriminator_equals_torch() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let device = Device::flex().autodiff();
    let narrow = fill(DiscriminatorConfig { width: 4 }.init(&mut rng, &device));
    check(
        "discriminator_narrow.safetensors",
        &narrow,
        [2, 3, 40, 40],
        TOLERANCE,
        nets::Discriminator::forward,
    );
    let full = fill(DiscriminatorConfig { width: 64 }.init(&mut rng, &device));
    check("discriminator_full.safetensors", &full, [1, 3, 40, 40], TOLERANCE, nets::Discriminator::forward);
}

#[test]
fn networks_that_are_told_how_hard_equal_torch() {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let device = Device::flex().autodiff();
    let generator =
        Conditional(GeneratorConfig { width: 4, blocks: 2, upsampling: nets::Upsampling::Transposed })
            .init(&mut rng, &device);
    let generator = fill(generator);
    for px in [20, 18] {
        check(
            &format!("generator_told_{px}.safetensors"),
            &generator,
            [1, 4, px, px],
            TOLERANCE,
            nets::Generator::forward,
        );
    }
    let discriminator = fill(Conditional(DiscriminatorConfig { width: 4 }).init(&mut rng, &device));
    check(
        "discriminator_told.safetensors",
        &discriminator,
        [2, 4, 40, 40],
        TOLERANCE,
        nets::Discriminator::forward,
    );
}
