//! Initialisation, sizes, and state that clones must not share.

use burn::module::Module;
use burn::tensor::Device;
use nets::{
    Conditional, Discriminator, DiscriminatorConfig, Generator, GeneratorConfig, NamedTensors, NetsError,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, filled, tensor, values};

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn sd(values: &[f32]) -> f64 {
    (values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

#[test]
fn resnet_starts_as_torchvisions() {
    let device = Device::flex();
    let config = fixture::resnet18(2, 16);
    let tensors = config.init(&mut rng(1), &device).tensors();
    assert_eq!(tensors, config.init(&mut rng(1), &device).tensors());
    assert_ne!(tensors, config.init(&mut rng(2), &device).tensors());
    for (name, (shape, values)) in &tensors {
        match shape.len() {
            4 => {
                let wanted = (2.0 / (shape[0] * shape[2] * shape[3]) as f64).sqrt();
                assert!((sd(values) / wanted - 1.0).abs() < 0.08, "{name}: {}", sd(values));
            }
            1 if name.contains("bn") || name.contains("downsample") => {
                let wanted = if name.ends_with("weight") || name.ends_with("var") { 1.0 } else { 0.0 };
                assert!(values.iter().all(|&v| v == wanted), "{name}");
            }
            _ => {
                let bound = 1.0 / 128f32.sqrt();
                assert!(
                    name.starts_with("fc.") && values.iter().all(|v| v.abs() <= bound && *v != 0.0),
                    "{name}"
                );
            }
        }
    }
    assert_eq!(tensors.len(), 20 * 5 + 2);
    // torchvision's resnet18(num_classes=2) has 11,177,538 parameters.
    assert_eq!(fixture::resnet18(2, 64).init(&mut rng(1), &device).num_params(), 11_177_538 + 2 * 4800);
}

#[test]
fn gan_starts_as_cyclegans() {
    let device = Device::flex();
    let generator = GeneratorConfig { width: 8, blocks: 3, upsampling: nets::Upsampling::Transposed }
        .init(&mut rng(1), &device);
    let discriminator = DiscriminatorConfig { width: 8 }.init(&mut rng(1), &device);
    for (name, (shape, values)) in generator.tensors().iter().chain(&discriminator.tensors()) {
        if shape.len() == 4 {
            assert!((sd(values) / 0.02 - 1.0).abs() < 0.1, "{name}: {}", sd(values));
        } else {
            assert!(name.ends_with("bias") && values.iter().all(|&v| v == 0.0), "{name}");
        }
    }
    // CycleGAN's own networks print 11.378 M and 2.765 M parameters.
    assert_eq!(
        GeneratorConfig { width: 64, blocks: 9, upsampling: nets::Upsampling::Transposed }
            .init(&mut rng(1), &device)
            .num_params(),
        11_378_179
    );
    assert_eq!(DiscriminatorConfig { width: 64 }.init(&mut rng(1), &device).num_params(), 2_764_737);
}

#[test]
fn the_smallest_tiles_pass_and_smaller_ones_are_refused() {
    let device = Device::flex();
    let generator = GeneratorConfig { width: 2, blocks: 1, upsampling: nets::Upsampling::Transposed }
        .init(&mut rng(1), &device);
    for px in Generator::MIN_TILE..12 {
        let y = generator.forward(tensor(filled("x", &[3 * px * px], -1.0, 1.0), [1, 3, px, px], &device));
        assert_eq!(y.dims(), [1, 3, px, px]);
        assert!(values(y).iter().all(|v| v.abs() <= 1.0));
    }
    let discriminator = DiscriminatorConfig { width: 2 }.init(&mut rng(1), &device);
    for (px, side) in [(24, 1), (31, 1), (32, 2), (70, 6), (256, 30)] {
        let y =
            discriminator.forward(tensor(filled("x", &[3 * px * px], -1.0, 1.0), [1, 3, px, px], &device));
        assert_eq!(y.dims(), [1, 1, side, side]);
        assert!(Discriminator::check_size(px).is_ok());
    }
    let error = Discriminator::check_size(23).unwrap_err();
    assert!(matches!(error, NetsError::TileTooSmall { px: 23, least: 24, .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("24")) && !error.is_machine_fault());
    assert!(Generator::check_size(4).is_err() && Generator::check_size(5).is_ok());
    // A ResNet takes any side.
    let resnet = fixture::resnet18(2, 2).init(&mut rng(1), &device);
    for px in [1, 8, 33] {
        let y = resnet.forward(tensor(filled("x", &[6 * px * px], -1.0, 1.0), [2, 3, px, px], &device));
        assert!(values(y).iter().all(|v| v.is_finite()));
    }
}

#[test]
fn a_clone_keeps_its_statistics_and_validation_sees_the_latest() {
    let device = Device::flex().autodiff();
    let network = fixture::resnet18(2, 2).init(&mut rng(1), &device);
    let before = network.clone();
    let x = tensor(filled("x", &[2 * 3 * 64], -1.0, 1.0), [2, 3, 8, 8], &device);
    let _ = network.forward_train(x);
    assert_eq!(before.tensors()["bn1.running_mean"].1, [0.0; 2]);
    assert_ne!(network.tensors()["bn1.running_mean"].1, [0.0; 2]);
    assert_eq!(network.valid().tensors(), network.tensors());
    assert_eq!(network.valid().train().tensors(), network.tensors());
}

#[test]
fn loading_keeps_identities_and_gradients() {
    let device = Device::flex().autodiff();
    let config = fixture::resnet18(2, 2);
    let (first, second) = (config.init(&mut rng(1), &device), config.init(&mut rng(2), &device));
    let (id, statistics) = (first.network.conv1.weight.id, first.clone());
    let loaded = first.load_tensors(&second.tensors()).unwrap();
    assert_eq!(loaded.tensors(), second.tensors());
    assert_eq!(loaded.network.conv1.weight.id, id);
    assert!(
        loaded.network.fc.weight.val().is_require_grad()
            && !loaded.network.bn1.running_mean.value().is_require_grad()
    );
    assert_ne!(statistics.tensors(), second.tensors());

    let mut tensors = second.tensors();
    tensors.insert("fc.extra".to_owned(), (vec![1], vec![0.0]));
    let error = loaded.clone().load_tensors(&tensors).unwrap_err();
    assert!(matches!(&error, NetsError::Unknown { tensor, .. } if tensor == "fc.extra"), "{error}");
    tensors.remove("fc.extra");
    tensors.insert("fc.bias".to_owned(), (vec![3], vec![0.0; 3]));
    let error = loaded.clone().load_tensors(&tensors).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weights do not fit, in the checkpoint (tensor fc.bias), because its shape is [3] and [2] is needed"
    );
    tensors.remove("fc.bias");
    let error = loaded.load_tensors(&tensors).unwrap_err();
    assert!(matches!(&error, NetsError::Missing { tensor, .. } if tensor == "fc.bias"), "{error}");
}

#[test]
fn what_a_generator_is_told_reaches_every_pixel_and_the_plane_holds_it() {
    let device = Device::flex();
    let x = fixture::tensor(fixture::filled("x", &[2, 3, 16, 16], -1.0, 1.0), [2, 3, 16, 16], &device);
    let told = nets::with_plane(x.clone(), &[0.25, 1.0]);
    assert_eq!(told.dims(), [2, 4, 16, 16]);
    let values = fixture::values(told);
    assert_eq!(values[..3 * 256], fixture::values(x.clone())[..3 * 256]);
    assert!(
        values[3 * 256..4 * 256].iter().all(|v| *v == -0.5) && values[7 * 256..].iter().all(|v| *v == 1.0)
    );

    let network =
        Conditional(GeneratorConfig { width: 4, blocks: 1, upsampling: nets::Upsampling::Transposed })
            .init(&mut rng(1), &device);
    assert!(
        network.is_told()
            && !GeneratorConfig { width: 4, blocks: 1, upsampling: nets::Upsampling::Transposed }
                .init(&mut rng(1), &device)
                .is_told()
    );
    // A plane that is the same at every pixel would be nothing to an instance norm.
    let [hard, easy] = [[0.0; 2], [1.0; 2]]
        .map(|shares| fixture::values(network.forward(nets::with_plane(x.clone(), &shares))));
    assert_eq!(hard.len(), 2 * 3 * 256);
    let differ = hard.iter().zip(&easy).filter(|(a, b)| (*a - *b).abs() > 1e-6).count();
    assert!(differ > hard.len() / 2, "{differ} of {}", hard.len());
}
