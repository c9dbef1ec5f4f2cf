//! Distances in the features of a trained network order tiles that were made worse on purpose.

use burn::tensor::Device;
use tissue::augment::Normalise;
use tissue::synthetic::probe_tiles;
use train::{ClassifierConfig, ClassifierJob, LabelledTiles, Silent, see, train_classifier};

const SIZE: usize = 32;
/// Tiles of a set.
const N: usize = 100;

/// `n` tiles of synthetic tissue of severities in a range of about a third.
fn tissue(from: f64, to: f64, n: usize, seed: u64) -> Vec<Vec<u8>> {
    let tiles = probe_tiles(5 * n, SIZE, seed).into_iter();
    let of_range = tiles.filter(|(_, severity)| (from..to).contains(severity)).map(|(tile, _)| tile);
    let tiles: Vec<Vec<u8>> = of_range.take(n).collect();
    assert_eq!(tiles.len(), n);
    tiles
}

/// Part of each pixel, and of the mean of the nine around it.
fn blurred(tile: &[u8], part: f64) -> Vec<u8> {
    let at = |x: usize, y: usize, c: usize| f64::from(tile[(y * SIZE + x) * 3 + c]);
    let mut out = Vec::with_capacity(tile.len());
    for (y, x, c) in (0..SIZE * SIZE * 3).map(|i| (i / 3 / SIZE, i / 3 % SIZE, i % 3)) {
        let near = |v: usize| v.saturating_sub(1)..=(v + 1).min(SIZE - 1);
        let around: Vec<f64> =
            near(y).flat_map(|j| near(x).map(move |i| (i, j))).map(|(i, j)| at(i, j, c)).collect();
        let mean = around.iter().sum::<f64>() / around.len() as f64;
        out.push((at(x, y, c) + part * (mean - at(x, y, c))).round() as u8);
    }
    out
}

/// Squares of two pixels a side, lighter and darker in turns.
fn checkered(tile: &[u8], levels: i32) -> Vec<u8> {
    let step = |i: usize| if (i / 3 % SIZE / 2 + i / 3 / SIZE / 2) % 2 == 0 { levels } else { -levels };
    tile.iter().enumerate().map(|(i, v)| (i32::from(*v) + step(i)).clamp(0, 255) as u8).collect()
}

#[test]
fn real_tiles_are_nearer_than_blurred_ones_those_than_checkered_ones_and_the_other_class_is_farthest() {
    let (class, other) = (tissue(0.0, 0.3, 2 * N, 1), tissue(0.7, 1.0, 2 * N, 2));
    let folder = tempfile::tempdir().unwrap();
    let learnt: Vec<&[u8]> = class.iter().chain(&other).map(Vec::as_slice).collect();
    let job = ClassifierJob {
        stream: "quality".into(),
        init_stream: "quality".into(),
        seed: 1,
        class_names: vec!["HP".into(), "SSA".into()],
        config: ClassifierConfig { epochs: 8, width: 8, ..ClassifierConfig::default() },
        normalise: Normalise::paper(),
        train: LabelledTiles {
            size: SIZE,
            tiles: learnt,
            labels: [vec![0; class.len()], vec![1; other.len()]].concat(),
        },
        evaluation: None,
        snapshots: Vec::new(),
        dir: folder.path().into(),
        epochs_total: 8,
    };
    let device = Device::flex();
    let model = train_classifier(&job, &device, &Silent).unwrap();

    // Tiles that the network never saw.
    let (real, more) = (tissue(0.0, 0.3, N, 3), tissue(0.0, 0.3, N, 4));
    let features = |tiles: &[Vec<u8>]| -> Vec<Vec<f64>> {
        let views: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
        let seen = see(&model, &views, 0, SIZE, &Normalise::paper(), &device, &|_| true);
        seen.into_iter().map(|s| s.features).collect()
    };
    let made = |f: &dyn Fn(&[u8]) -> Vec<u8>| more.iter().map(|tile| f(tile)).collect::<Vec<_>>();
    let (here, sets) = (
        features(&real),
        [more.clone(), made(&|t| blurred(t, 0.8)), made(&|t| checkered(t, 50)), tissue(0.7, 1.0, N, 5)],
    );
    let sets = sets.map(|set| features(&set));
    for (name, distance) in [
        ("Fréchet", stats::frechet_distance as fn(&[Vec<f64>], &[Vec<f64>]) -> Option<f64>),
        ("kernel", stats::kernel_distance),
    ] {
        let found = sets.each_ref().map(|set| distance(&here, set).unwrap());
        println!("{name}: {found:?}");
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{name}: {found:?}");
    }
}

/// Nothing of what is seen depends on which tiles go through the network together, and looking can be stopped.
#[test]
fn what_is_seen_of_a_tile_does_not_depend_on_the_others_and_looking_stops_when_told() {
    let device = Device::flex();
    let mut rng = tissue::random::stream(2, "test");
    let config = nets::ClassifierConfig { architecture: nets::Architecture::ResNet18, classes: 2, width: 4 };
    let model = config.init(&mut rng, &device);
    let tiles: Vec<Vec<u8>> = probe_tiles(70, SIZE, 9).into_iter().map(|(tile, _)| tile).collect();
    let views: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
    let look = |views: &[&[u8]], on: &dyn Fn(usize) -> bool| {
        see(&model, views, 1, SIZE, &Normalise::paper(), &device, on)
    };
    let all = look(&views, &|_| true);
    assert_eq!(all.len(), 70);
    assert_eq!(look(&views[66..], &|_| true), all[66..]);
    let logits = train::logits(&model, &views, SIZE, &Normalise::paper(), &device);
    assert_eq!(all.iter().map(|s| s.logits.clone()).collect::<Vec<_>>(), logits);
    assert_eq!(look(&views, &|_| false).len(), 64, "one batch");
}
