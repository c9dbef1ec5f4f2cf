//! Parts that keep what they are, and a new last layer.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use nets::{Architecture, ClassifierConfig, NamedTensors, Part};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{ByGradient, fill, filled, tensor, values};

const SHAPE: [usize; 4] = [3, 3, 40, 40];

/// Whether a tensor of that name lies in the part.
fn is_of(name: &str, part: Part) -> bool {
    name.starts_with(part.name()) || (part == Part::Conv1 && name.starts_with("bn1."))
}

#[test]
fn frozen_parts_get_no_gradients_and_keep_their_statistics() {
    let device = Device::flex().autodiff();
    let config = |architecture| ClassifierConfig { architecture, classes: 2, width: 4 };
    let input = || tensor(filled("x", &SHAPE, -1.0, 1.0), SHAPE, &device);
    for architecture in [Architecture::ResNet18, Architecture::ResNet50] {
        for frozen in [&[Part::Conv1, Part::Layer1][..], &[Part::Layer3], &Part::ALL] {
            let whole = fill(config(architecture).init(&mut ChaCha8Rng::seed_from_u64(0), &device));
            let before = whole.tensors();
            let network = whole.freeze(frozen);
            assert_eq!(network.tensors(), before);
            let y = network.forward_train(input());
            if frozen == Part::ALL {
                assert_eq!(values(y.clone()), values(network.forward(input())));
            }
            let grads = y.powf_scalar(2.0).sum().backward();
            // What has no gradient keeps its value; statistics are in the network itself.
            let gradients = network.clone().map(&mut ByGradient(&grads)).tensors();
            let after = network.tensors();
            for (name, was) in &before {
                let is_frozen = frozen.iter().any(|part| is_of(name, *part));
                let is_statistic = name.contains("running");
                if is_frozen {
                    assert!(
                        after[name] == *was && gradients[name] == *was,
                        "{architecture} {name} of {frozen:?}"
                    );
                } else if is_statistic {
                    assert!(after[name] != *was, "{architecture} {name} is learnt beside {frozen:?}");
                } else {
                    assert!(
                        gradients[name] != *was,
                        "{architecture} {name} has a gradient beside {frozen:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_new_last_layer_is_as_wide_as_the_features_and_leaves_the_rest() {
    let device = Device::flex();
    for (architecture, features) in [(Architecture::ResNet18, 32), (Architecture::ResNet50, 128)] {
        let config = ClassifierConfig { architecture, classes: 2, width: 4 };
        let network = config.init(&mut ChaCha8Rng::seed_from_u64(0), &device);
        let before = network.tensors();
        let network = network.with_outputs(5, &mut ChaCha8Rng::seed_from_u64(1), &device);
        let after: BTreeMap<_, _> = network.tensors();
        assert_eq!((network.classes(), after["fc.weight"].0.as_slice()), (5, [5, features].as_slice()));
        let bound = 1.0 / (features as f32).sqrt();
        assert!(
            after["fc.weight"].1.iter().all(|w| w.abs() <= bound)
                && after["fc.weight"].1.iter().any(|w| *w != 0.0)
        );
        for (name, was) in before.iter().filter(|(name, _)| !name.starts_with("fc.")) {
            assert!(after[name] == *was, "{name}");
        }
        assert_eq!(network.forward(tensor(filled("x", &SHAPE, -1.0, 1.0), SHAPE, &device)).dims(), [3, 5]);
    }
}

#[test]
fn parts_are_read_and_written_alike() {
    for part in Part::ALL {
        assert_eq!(part.to_string().parse(), Ok(part));
        assert_eq!(serde_json::to_string(&part).unwrap(), format!("\"{part}\""));
    }
    let error = "fc".parse::<Part>().unwrap_err().to_string();
    assert!(error.starts_with("a classifier has no part \"fc\"; there are conv1, layer1"), "{error}");
}
