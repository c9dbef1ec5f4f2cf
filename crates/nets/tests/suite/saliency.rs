//! What a classifier sees and where, against torch's autograd (`tools/fixtures_nets.py`).

use burn::tensor::Device;
use nets::{Architecture, ClassifierConfig, Saliency, margin, see};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture::{self, difference, fill, filled, tensor, values};

const PX: usize = 104;

#[test]
fn saliency_and_features_equal_torchs_autograd() {
    for architecture in [Architecture::ResNet18, Architecture::ResNet50] {
        let file = format!("saliency_{architecture}.safetensors");
        let expected = fixture::tensors(&file);
        let config = ClassifierConfig { architecture, classes: 3, width: 4 };
        let network = fill(config.init(&mut ChaCha8Rng::seed_from_u64(0), &Device::flex()));
        let x = || tensor(filled("x", &[3, 3, PX, PX], -1.0, 1.0), [3, 3, PX, PX], &Device::flex());
        let seen = see(&network, x(), 1);
        let all = |of: &dyn Fn(&nets::Seen) -> Vec<f64>| -> Vec<f32> {
            seen.iter().flat_map(of).map(|v| v as f32).collect()
        };
        for (name, found) in [
            ("logits", all(&|s| s.logits.clone())),
            ("features", all(&|s| s.features.clone())),
            ("saliency", all(&|s| s.saliency.values.clone())),
            ("enlarged", all(&|s| thinned(&s.saliency.enlarged(PX)))),
        ] {
            let error = difference(&found, &expected[name].1);
            assert!(error < 1e-4, "{file} {name}: {error}");
        }
        assert!(expected["saliency"].1.iter().any(|v| *v > 0.0) && seen[0].saliency.side == 4);
        let error = difference(&values(network.features(x())), &expected["features"].1);
        assert!(error < 1e-4, "{file} features: {error}");
    }
}

/// Every seventh row's every fifth pixel.
fn thinned(pixels: &[f64]) -> Vec<f64> {
    pixels.chunks_exact(PX).step_by(7).flat_map(|row| row.iter().copied().step_by(5)).collect()
}

/// Before its cut at 0 a map sums to the margin less the part of the biases, of two classes: of a map that is nowhere cut so does the map.
#[test]
fn a_map_of_two_classes_is_in_units_of_the_margin() {
    let network = fixture::resnet18(2, 4).init(&mut ChaCha8Rng::seed_from_u64(3), &Device::flex());
    let x = tensor(filled("y", &[8, 3, 64, 64], -1.0, 1.0), [8, 3, 64, 64], &Device::flex());
    let bias: Vec<f32> = values(network.network.fc.bias.val());
    let weight: Vec<f32> = values(network.network.fc.weight.val());
    for (class, other) in [(0, 1), (1, 0)] {
        for seen in see(&network, x.clone(), class) {
            let whole: f64 = seen
                .features
                .iter()
                .enumerate()
                .map(|(k, f)| f * f64::from(weight[class * 32 + k] - weight[other * 32 + k]))
                .sum();
            let of_biases = f64::from(bias[class] - bias[other]);
            assert!((whole + of_biases - margin(&seen.logits, class)).abs() < 1e-4);
            let sum: f64 = seen.saliency.values.iter().sum();
            assert!(sum >= whole.max(0.0) - 1e-6, "{sum} {whole}");
        }
    }
}

#[test]
fn a_map_is_enlarged_between_the_middles_of_its_places() {
    let map = Saliency { side: 2, values: vec![0.0, 4.0, 8.0, 12.0] };
    assert_eq!(map.enlarged(2), map.values);
    let large = map.enlarged(4);
    assert_eq!(large[..4], [0.0, 1.0, 3.0, 4.0]);
    assert_eq!((large[5], large[15]), (3.0, 12.0));
    assert_eq!(Saliency { side: 1, values: vec![2.5] }.enlarged(3), vec![2.5; 9]);
}
