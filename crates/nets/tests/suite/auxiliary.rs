//! The auxiliary norms against torch: a pass over a batch of real tiles, one over a batch of generated ones, and whose statistics and
//! gradients are whose.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use nets::{Architecture, AuxiliaryNorms, Classifier, ClassifierConfig, NamedTensors, Norm};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, ByGradient, Tensors, difference, fill, filled, tensor, values};
use crate::parity::{DEEPEST, TOLERANCE, check_gradient};

const SHAPE: [usize; 4] = [3, 3, 40, 40];

fn network(architecture: Architecture, device: &Device) -> Classifier {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    fill(ClassifierConfig { architecture, classes: 2, width: 4 }.init(&mut rng, device))
}

/// The entries below a prefix, without it.
fn under(tensors: &Tensors, prefix: &str) -> Tensors {
    let inner = |name: &String| name.strip_prefix(prefix).map(str::to_owned);
    tensors.iter().filter_map(|(name, tensor)| Some((inner(name)?, tensor.clone()))).collect()
}

#[test]
fn both_sets_of_norms_equal_torchs() {
    let device = Device::flex().autodiff();
    for (architecture, tolerance) in [(Architecture::ResNet18, TOLERANCE), (Architecture::ResNet50, DEEPEST)]
    {
        let file = format!("auxiliary_{architecture}.safetensors");
        let expected = fixture::tensors(&file);
        let mut network = network(architecture, &device);
        let mut norms = fill(AuxiliaryNorms::of(&network, &device));
        for which in ["real", "auxiliary"] {
            if which == "auxiliary" {
                norms.swap(&mut network);
            }
            let x = tensor(filled(&format!("x:{which}"), &SHAPE, -1.0, 1.0), SHAPE, &device);
            let y = network.forward_train(x);
            let direction = tensor(filled("loss", &y.dims(), -1.0, 1.0), y.dims(), &device);
            let grads = y.clone().mul(direction).sum().backward();
            if which == "auxiliary" {
                norms.swap(&mut network);
            }
            let expected = under(&expected, &format!("{which}."));
            let error = difference(&values(y), &expected["output"].1);
            assert!(error < TOLERANCE, "{file} {which} output: {error}");

            // What has no gradient keeps its value and is none of torch's, either.
            let mut found = network.clone().map(&mut ByGradient(&grads)).tensors();
            found.extend(norms.clone().map(&mut ByGradient(&grads)).tensors());
            let has_gradient = |name: &String| expected.contains_key(&format!("sums.{name}"));
            let (found, still): (BTreeMap<_, _>, BTreeMap<_, _>) =
                found.into_iter().partition(|(name, _)| has_gradient(name));
            let mut state = network.tensors();
            state.extend(norms.tensors());
            assert!(still.iter().all(|(name, tensor)| state[name] == *tensor), "{which}");
            for (name, (_, gradient)) in &found {
                check_gradient(&file, name, gradient, tolerance, &found, &expected);
            }
            let norms_found = found.keys().filter(|name| name.starts_with("norms.")).count();
            assert_eq!(norms_found > 0, which == "auxiliary");
            assert_eq!(found.len(), expected.keys().filter(|name| name.starts_with("sums.")).count());
        }
        let mut state = network.tensors();
        state.extend(norms.tensors());
        let after = under(&expected, "after.");
        assert_eq!(after.len(), state.keys().filter(|name| name.contains("running")).count());
        for (name, (_, reference)) in after {
            let error = difference(&state[&name].1, &reference);
            assert!(error < TOLERANCE, "{file} {name}: {error}");
        }
    }
}

#[test]
fn every_norm_of_every_architecture_changes_places_and_back() {
    use nets::Cost;
    let device = Device::flex();
    for architecture in Architecture::ALL {
        let mut network = network(architecture, &device);
        let before = network.tensors();
        let mut norms = AuxiliaryNorms::of(&network, &device);
        let fresh = norms.tensors();
        norms.swap(&mut network);
        let swapped = network.tensors();
        let is_norm = |layer: &&nets::Layer| matches!(layer.norm, Norm::Batch(_));
        let layers = ClassifierConfig { architecture, classes: 2, width: 4 }.layers(32);
        let count = layers.iter().filter(is_norm).count();
        assert_eq!(fresh.len(), 4 * count);
        let changed = |name: &&String| before[*name] != swapped[*name];
        assert_eq!(before.keys().filter(changed).count(), 4 * count, "{architecture}");
        assert!(before.keys().filter(changed).all(|name| !name.contains("conv") && !name.starts_with("fc")));
        norms.swap(&mut network);
        assert_eq!((network.tensors(), norms.tensors()), (before, fresh));
    }
}
