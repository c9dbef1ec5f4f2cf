//! Gradients by pixels against torch (`tools/fixtures_attack.py`), and what attacks do to a trained network.

mod scene;

use burn::tensor::Device;
use nets::{Architecture, Classifier, ClassifierConfig, formula, margin};
use scene::on_threads;
use std::path::Path;
use tissue::augment::{Augment, Normalise};
use tissue::random::stream;
use tissue::synthetic::SyntheticTissue;
use tissue::{Fit, Manifest, Partition, Tiles};
use train::attack::{Attacked, random_start, unit_pixels};
use train::{ClassifierJob, LabelledTiles, Silent};

const PX: usize = 40;
const CLASSES: [usize; 3] = [2, 0, 1];
const NORMALISE: Normalise = Normalise { mean: [0.7, 0.6, 0.5], std: [0.15, 0.2, 0.25] };

fn of_formula(architecture: Architecture) -> Classifier {
    let config = ClassifierConfig { architecture, classes: 3, width: 4 };
    formula::fill(config.init(&mut stream(0, "any"), &Device::flex()))
}

fn pixels() -> Vec<f32> {
    formula::filled("pixels", &[3, PX, PX, 3], 0.0, 1.0)
}

fn largest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |most, v| most.max(v.abs()))
}

/// ln(1 + e⁻ᵐ) of the margin m, which does not overflow where a confidence is 0.
fn cross_entropy(logits: &[f64], class: usize) -> f64 {
    let m = margin(logits, class);
    (-m.abs()).exp().ln_1p() + (-m).max(0.0)
}

#[test]
fn gradients_by_pixels_are_torchs() {
    for architecture in [Architecture::ResNet18, Architecture::ResNet50] {
        let file = format!("tests/fixtures/attack_{architecture}.safetensors");
        let (expected, _) = nets::read_tensors(&Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)).unwrap();
        let attacked = Attacked::new(&of_formula(architecture), PX, &NORMALISE, &Device::flex());
        let gradient = attacked.gradient(&pixels(), &CLASSES);
        let thinned = gradient.iter().step_by(7);
        let stored = &expected["gradient"].1;
        assert_eq!(thinned.len(), stored.len());
        let difference = largest(thinned.zip(stored).map(|(a, b)| a - b));
        assert!(difference < 1e-4 * largest(stored.iter().copied()), "{file}: {difference}");
        let project = formula::filled("project", &[gradient.len()], -1.0, 1.0);
        let product = |other: &[f32]| -> f64 {
            gradient.iter().zip(other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let sums = &expected["sums"].1;
        let norm = product(&gradient).sqrt();
        assert!((norm / f64::from(sums[1]) - 1.0).abs() < 1e-4, "{file}: {norm} is not {}", sums[1]);
        assert!((product(&project) - f64::from(sums[0])).abs() < 1e-4 * norm, "{file}");
        let logits = attacked.logits(&pixels());
        let losses = logits.iter().zip(CLASSES).map(|(logits, class)| cross_entropy(logits, class) as f32);
        let torch = &expected["losses"].1;
        let difference = largest(losses.zip(torch).map(|(a, b)| a - b));
        assert!(difference < 1e-4 * largest(torch.iter().copied()), "{file}: {difference}");
    }
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let network = of_formula(Architecture::ResNet18);
    let attacked = Attacked::new(&network, PX, &NORMALISE, &Device::flex());
    let gradient = attacked.gradient(&pixels(), &CLASSES);
    let loss = |pixels: &[f32]| -> f64 {
        attacked.logits(pixels).iter().zip(CLASSES).map(|(logits, class)| cross_entropy(logits, class)).sum()
    };
    // Along the gradient itself the slope is its square: single values move the loss by less than rounding does.
    let along =
        |step: f32| -> Vec<f32> { pixels().iter().zip(&gradient).map(|(v, g)| v + step * g).collect() };
    let square: f64 = gradient.iter().map(|g| f64::from(*g).powi(2)).sum();
    let step = (1e-3 / square.sqrt()) as f32;
    let slope = (loss(&along(step)) - loss(&along(-step))) / (2.0 * f64::from(step));
    assert!((slope / square - 1.0).abs() < 0.02, "{slope} is not {square}");
}

#[test]
fn the_sign_method_moves_every_value_with_a_gradient_by_epsilon_and_stays_in_range() {
    let epsilon = 4.0 / 255.0;
    let values = [0.0, 0.5, 1.0, 0.25, 0.999];
    let gradient = [-2.0, 1e-20, 3.0, 0.0, 1.0];
    let moved = Attacked::fgsm(&values, &gradient, epsilon);
    assert_eq!(moved, [0.0, 0.5 + epsilon, 1.0, 0.25, 1.0]);

    let attacked = Attacked::new(&of_formula(Architecture::ResNet18), PX, &NORMALISE, &Device::flex());
    let (pixels, gradient) = (pixels(), attacked.gradient(&pixels(), &CLASSES));
    let moved = Attacked::fgsm(&pixels, &gradient, epsilon);
    let mut inside = 0;
    for ((before, after), g) in pixels.iter().zip(&moved).zip(&gradient) {
        assert!((0.0..=1.0).contains(after));
        if (epsilon..1.0 - epsilon).contains(before) && *g != 0.0 {
            inside += 1;
            assert!((after - before - epsilon.copysign(*g)).abs() < 1e-6, "{before} {after} {g}");
        }
    }
    assert!(inside > pixels.len() / 2);
    let start = random_start(pixels.len(), &mut stream(1, "start"));
    assert!(start.iter().all(|v| (-1.0..1.0).contains(v)) && largest(start.iter().copied()) > 0.99);
    let moved = attacked.pgd(&pixels, &CLASSES, &start, epsilon);
    for (before, after) in pixels.iter().zip(&moved) {
        assert!((0.0..=1.0).contains(after) && (after - before).abs() <= epsilon + 1e-6);
    }
    let begun: Vec<f32> = pixels.iter().zip(&start).map(|(v, s)| (v + epsilon * s).clamp(0.0, 1.0)).collect();
    let loss = |tiles: &[f32]| -> f64 {
        attacked.logits(tiles).iter().zip(CLASSES).map(|(logits, class)| cross_entropy(logits, class)).sum()
    };
    assert!(loss(&moved) > 2.0 * loss(&begun), "{} after {}", loss(&moved), loss(&begun));
}

#[test]
fn untouched_tiles_are_judged_as_without_an_attack() {
    let network = of_formula(Architecture::ResNet18);
    let tiles = scene::tiles(3, PX, 120, "untouched");
    let attacked = Attacked::new(&network, PX, &NORMALISE, &Device::flex());
    let unit: Vec<f32> = tiles.iter().flat_map(|tile| unit_pixels(tile)).collect();
    let expected = train::logits(&network, &scene::views(&tiles), PX, &NORMALISE, &Device::flex());
    assert_eq!(attacked.logits(&unit), expected);
    // A tile's attack does not depend on the tiles beside it, beyond rounding of sums over other numbers of tiles.
    let all = attacked.gradient(&unit, &CLASSES);
    let values = PX * PX * 3;
    let one = attacked.gradient(&unit[values..2 * values], &CLASSES[1..2]);
    let difference = largest(one.iter().zip(&all[values..2 * values]).map(|(a, b)| a - b));
    assert!(difference <= 1e-4 * largest(one.iter().copied()), "{difference}");
}

/// A small network that has learnt synthetic tissue, with its test tiles and their classes.
struct Learnt {
    network: Classifier,
    normalise: Normalise,
    pixels: Vec<f32>,
    classes: Vec<usize>,
}

/// Of smaller tiles a network learns so little that one long step goes past the place where it is misled most.
const SMALL: usize = 48;

fn learnt() -> Learnt {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("tiles");
    SyntheticTissue { tiles: 1100, size: SMALL, seed: 3 }.write(&data, &|_, _| {}).unwrap();
    let mut manifest = Manifest::open(&data).unwrap();
    manifest.ensure_partition(0);
    let tiles = Tiles::load(&manifest, None, Fit::Exact, 1 << 24, &|_, _| {}).unwrap();
    let train = manifest.indices(Partition::Train);
    let normalise = Normalise::measured(train.iter().map(|&i| tiles.tile(i)));
    let job = ClassifierJob {
        stream: "attacked".into(),
        init_stream: "attacked".into(),
        seed: 1,
        class_names: manifest.classes.clone(),
        config: train::ClassifierConfig { epochs: 10, width: 16, batch: 16, ..Default::default() },
        normalise,
        train: LabelledTiles {
            size: SMALL,
            tiles: train.iter().map(|&i| tiles.tile(i)).collect(),
            labels: train.iter().map(|&i| manifest.tiles[i].class).collect(),
        },
        lessons: None,
        augment: Augment::paper(),
        evaluation: None,
        snapshots: Vec::new(),
        dir: folder.path().join("classifier"),
        epochs_total: 10,
    };
    let network = train::train_classifier(&job, &Device::flex(), &Silent).unwrap();
    let test = manifest.indices(Partition::Test);
    Learnt {
        network,
        normalise,
        pixels: test.iter().flat_map(|&i| unit_pixels(tiles.tile(i))).collect(),
        classes: test.iter().map(|&i| manifest.tiles[i].class).collect(),
    }
}

impl Learnt {
    fn auc(&self, logits: &[Vec<f64>]) -> f64 {
        let margins: Vec<f64> = logits.iter().map(|l| margin(l, 0)).collect();
        let positive: Vec<bool> = self.classes.iter().map(|class| *class == 0).collect();
        stats::auc(&margins, &positive).unwrap()
    }

    fn loss(&self, logits: &[Vec<f64>]) -> f64 {
        logits.iter().zip(&self.classes).map(|(l, class)| cross_entropy(l, *class)).sum()
    }
}

#[test]
fn the_farther_pixels_may_move_the_less_a_trained_network_tells_and_descent_misleads_no_less() {
    let learnt = learnt();
    let attacked = Attacked::new(&learnt.network, SMALL, &learnt.normalise, &Device::flex());
    let start = random_start(learnt.pixels.len(), &mut stream(1, "start"));
    let clean = attacked.logits(&learnt.pixels);
    let (mut by_sign, mut by_descent) = (vec![learnt.auc(&clean)], vec![learnt.auc(&clean)]);
    assert!(by_sign[0] > 0.8, "it has learnt something: {}", by_sign[0]);
    let gradient = attacked.gradient(&learnt.pixels, &learnt.classes);
    for epsilon in [1.0, 2.0, 4.0].map(|levels| levels / 255.0) {
        let sign = attacked.logits(&Attacked::fgsm(&learnt.pixels, &gradient, epsilon));
        let moved = attacked.pgd(&learnt.pixels, &learnt.classes, &start, epsilon);
        let descent = attacked.logits(&moved);
        let (of_sign, of_descent) = (learnt.loss(&sign), learnt.loss(&descent));
        assert!(of_descent >= 0.99 * of_sign, "{epsilon}: {of_descent} is less than {of_sign}");
        by_sign.push(learnt.auc(&sign));
        by_descent.push(learnt.auc(&descent));
    }
    println!("AUC by the sign method {by_sign:?}, by descent {by_descent:?}");
    assert!(by_sign.iter().zip(&by_descent).all(|(sign, descent)| descent <= sign));
    for aucs in [by_sign, by_descent] {
        assert!(aucs.windows(2).all(|pair| pair[1] <= pair[0]) && aucs[3] < aucs[0], "{aucs:?}");
    }
}

#[test]
fn an_attack_is_the_same_on_any_number_of_threads() {
    let attack = || {
        let attacked = Attacked::new(&of_formula(Architecture::ResNet18), PX, &NORMALISE, &Device::flex());
        let start = random_start(pixels().len(), &mut stream(1, "start"));
        let moved = attacked.pgd(&pixels(), &CLASSES, &start, 2.0 / 255.0);
        moved.iter().map(|v| v.to_bits()).collect::<Vec<u32>>()
    };
    assert_eq!(on_threads(1, attack), on_threads(3, attack));
}
