//! What networks tell of their layers and costs, against what they are and what is published.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use nets::{
    Architecture, ClassifierConfig, Conditional, Cost, DiscriminatorConfig, GeneratorConfig, Layer,
    NamedTensors, Upsampling,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The tensors that the layers tell are those that the network has.
fn assert_layers(config: &impl Cost, network: &impl NamedTensors) {
    let told: BTreeMap<String, Vec<usize>> = config.layers(40).iter().flat_map(Layer::tensors).collect();
    let has: BTreeMap<String, Vec<usize>> =
        network.tensors().into_iter().map(|(name, (shape, _))| (name, shape)).collect();
    assert_eq!(told, has);
    let trained = has.iter().filter(|(name, _)| !name.contains("running"));
    let count: usize = trained.map(|(_, shape)| shape.iter().product::<usize>()).sum();
    assert_eq!(config.parameters(), count as u64);
    assert_eq!(config.parameter_bytes(), 16 * count as u64);
}

#[test]
fn layers_are_the_networks() {
    let (device, mut rng) = (Device::flex(), ChaCha8Rng::seed_from_u64(1));
    for architecture in Architecture::ALL {
        let config = ClassifierConfig { architecture, classes: 3, width: 2 };
        let network = config.init(&mut rng, &device);
        assert_eq!(
            (network.architecture(), network.width(), network.classes()),
            (architecture, config.width, config.classes)
        );
        assert_layers(&config, &network);
        // Wrapping leaves no trace in a tensor's path.
        assert_eq!(network.num_params(), network.network.num_params());
    }
    for (blocks, upsampling) in [
        (0, Upsampling::Transposed),
        (3, Upsampling::Transposed),
        (0, Upsampling::Resize),
        (3, Upsampling::Resize),
    ] {
        let config = GeneratorConfig { width: 2, blocks, upsampling };
        assert_layers(&config, &config.init(&mut rng, &device));
        let told = Conditional(config);
        assert_layers(&told, &told.init(&mut rng, &device));
    }
    let config = DiscriminatorConfig { width: 2 };
    assert_layers(&config, &config.init(&mut rng, &device));
    let told = Conditional(config);
    assert_layers(&told, &told.init(&mut rng, &device));
}

#[test]
fn classifiers_cost_what_torchvision_publishes() {
    // torchvision's table of models: GFLOPS (multiplications with their additions) at 224 px, and parameters.
    for (architecture, giga, parameters) in [
        (Architecture::ResNet18, 1.81, 11_689_512),
        (Architecture::ResNet34, 3.66, 21_797_672),
        (Architecture::ResNet50, 4.09, 25_557_032),
    ] {
        let config = ClassifierConfig { architecture, classes: 1000, width: 64 };
        let told = config.gflop(224) / 2.0;
        assert!((told - giga).abs() < 0.01, "{architecture}: {told}");
        assert_eq!(config.parameters(), parameters);
    }
}

#[test]
fn a_few_layers_by_hand() {
    // All five convolutions are 4×4: three halvings, then twice one pixel less.
    let config = DiscriminatorConfig { width: 1 };
    let sides: Vec<usize> = config.layers(32).iter().map(|layer| layer.positions).collect();
    assert_eq!(sides, [16 * 16, 8 * 8, 4 * 4, 3 * 3, 2 * 2]);
    let adds = 16 * (3 * 256 + 2 * 64 + 8 * 16 + 32 * 9 + 8 * 4);
    assert!((config.gflop(32) - 2e-9 * f64::from(adds)).abs() < 1e-15);
    // Maps of 1, 2, 4, 8, 1 channels; the middle three are kept twice.
    assert_eq!(config.tape_bytes(32), 4 * (256 + 2 * (2 * 64 + 4 * 16 + 8 * 9) + 4));

    // A side that is no multiple of 4 is mirrored up to one. Without blocks: 7×7, two down, two up, 7×7.
    let config = GeneratorConfig { width: 1, blocks: 0, upsampling: Upsampling::Transposed };
    let adds = 147 * 64 + 18 * 16 + 72 * 4 + 72 * 4 + 18 * 16 + 147 * 64;
    for px in [5, 8] {
        assert!((config.gflop(px) - 2e-9 * f64::from(adds)).abs() < 1e-15);
    }
    assert_eq!(config.tape_bytes(8), 4 * (2 * (64 + 2 * 16 + 4 * 4 + 2 * 16 + 64) + 3 * 64));
    // Enlarged before it is convolved, every number of the two is used at four times as many places.
    let resize = GeneratorConfig { upsampling: Upsampling::Resize, ..config };
    let more = 3 * (72 * 4 + 18 * 16);
    assert!((resize.gflop(8) - 2e-9 * f64::from(adds + more)).abs() < 1e-15);
    assert_eq!((resize.tape_bytes(8), resize.parameters()), (config.tape_bytes(8), config.parameters()));
}

#[test]
fn memory_grows_with_the_pixels_as_was_measured() {
    // docs/performance.md, scaling, width 64: 361 bytes a pixel of ResNet-18 in training; 16.5 kB of CycleGAN, which keeps four passes.
    let classifier = ClassifierConfig { architecture: Architecture::ResNet18, classes: 2, width: 64 };
    let pixels = 224.0 * 224.0;
    let slope = classifier.tape_bytes(224) as f64 / pixels;
    assert!((361.0 / slope - 0.9).abs() < 0.05, "{slope}");
    let generator = GeneratorConfig { width: 64, blocks: 9, upsampling: Upsampling::Transposed };
    let slope = 4.0 * generator.tape_bytes(224) as f64 / pixels;
    assert!((16_500.0 / slope - 1.0).abs() < 0.05, "{slope}");
}
