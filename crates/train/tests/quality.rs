//! Distances in the features of a trained network order tiles that were made worse on purpose.

use burn::tensor::Device;
use tissue::augment::{Augment, Normalise};
use tissue::synthetic::probe_tiles;
use train::{ClassifierConfig, ClassifierJob, LabelledTiles, Silent, see, train_classifier};

const SIZE: usize = 32;
/// Tiles of a set.
const N: usize = 100;

type Rows = Vec<Vec<f64>>;

/// `n` tiles of synthetic tissue of severities in a range of about a third.
fn tissue(from: f64, to: f64, n: usize, seed: u64) -> Vec<Vec<u8>> {
    let tiles = probe_tiles(5 * n, SIZE, seed).into_iter();
    let of_range = tiles.filter(|(_, severity)| (from..to).contains(severity)).map(|(tile, _)| tile);
    let tiles: Vec<Vec<u8>> = of_range.take(n).collect();
    assert_eq!(tiles.len(), n);
    tiles
}

/// Half of each pixel, half of the mean of the nine around it.
fn blurred(tile: &[u8]) -> Vec<u8> {
    let at = |x: usize, y: usize, c: usize| f64::from(tile[(y * SIZE + x) * 3 + c]);
    let mut out = Vec::with_capacity(tile.len());
    for (y, x, c) in (0..SIZE * SIZE * 3).map(|i| (i / 3 / SIZE, i / 3 % SIZE, i % 3)) {
        let near = |v: usize| v.saturating_sub(1)..=(v + 1).min(SIZE - 1);
        let around: Vec<f64> =
            near(y).flat_map(|j| near(x).map(move |i| (i, j))).map(|(i, j)| at(i, j, c)).collect();
        let mean = around.iter().sum::<f64>() / around.len() as f64;
        out.push(f64::midpoint(at(x, y, c), mean).round() as u8);
    }
    out
}

/// Squares of two pixels a side, lighter and darker in turns.
fn checkered(tile: &[u8], levels: i32) -> Vec<u8> {
    let step =
        |i: usize| if (i / 3 % SIZE / 2 + i / 3 / SIZE / 2).is_multiple_of(2) { levels } else { -levels };
    tile.iter().enumerate().map(|(i, v)| (i32::from(*v) + step(i)).clamp(0, 255) as u8).collect()
}

/// Features, by a network that learned to tell two classes, of tiles of the first class that it never saw, and of four more sets: others of
/// that class, these blurred, these checkered, and the other class. Networks and tiles follow from `seed`.
fn features(seed: u64) -> (Rows, [Rows; 4]) {
    let of_class = |n, stream| tissue(0.0, 0.3, n, 10 * seed + stream);
    let of_other = |n, stream| tissue(0.7, 1.0, n, 10 * seed + stream);
    let (class, other) = (of_class(2 * N, 1), of_other(2 * N, 2));
    let folder = tempfile::tempdir().unwrap();
    let learnt: Vec<&[u8]> = class.iter().chain(&other).map(Vec::as_slice).collect();
    let labels = [vec![0; class.len()], vec![1; other.len()]].concat();
    let job = ClassifierJob {
        stream: "quality".into(),
        init_stream: "quality".into(),
        seed,
        class_names: vec!["HP".into(), "SSA".into()],
        config: ClassifierConfig { epochs: 8, width: 8, ..ClassifierConfig::default() },
        normalise: Normalise::paper(),
        train: LabelledTiles { size: SIZE, tiles: learnt, labels },
        lessons: None,
        augment: Augment::paper(),
        evaluation: None,
        snapshots: Vec::new(),
        dir: folder.path().into(),
        epochs_total: 8,
    };
    let device = Device::flex();
    let model = train_classifier(&job, &device, &Silent).unwrap();
    let features = |tiles: &[Vec<u8>]| -> Rows {
        let views: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
        let seen = see(&model, &views, 0, SIZE, &Normalise::paper(), &device, &|_| true);
        seen.into_iter().map(|s| s.features).collect()
    };
    let (real, more) = (of_class(N, 3), of_class(N, 4));
    let blurred: Vec<Vec<u8>> = more.iter().map(|tile| blurred(tile)).collect();
    let checkered: Vec<Vec<u8>> = more.iter().map(|tile| checkered(tile, 30)).collect();
    (features(&real), [more, blurred, checkered, of_other(N, 5)].map(|set| features(&set)))
}

/// Of medians over five networks: each sees blur and checkerboards differently, and a single one may take some for farther than the other
/// class.
#[test]
fn real_tiles_are_nearer_than_blurred_ones_those_than_checkered_ones_and_the_other_class_is_farthest() {
    let networks = [1, 2, 3, 4, 5].map(features);
    for (name, distance) in [
        ("Fréchet", stats::frechet_distance as fn(&[Vec<f64>], &[Vec<f64>]) -> Option<f64>),
        ("kernel", stats::kernel_distance),
    ] {
        let each =
            networks.each_ref().map(|(here, sets)| sets.each_ref().map(|set| distance(here, set).unwrap()));
        let median = [0, 1, 2, 3].map(|set| {
            let mut of_set = each.map(|of| of[set]);
            of_set.sort_by(f64::total_cmp);
            of_set[2]
        });
        println!("{name}: {median:?} of {each:?}");
        assert!(median.windows(2).all(|pair| pair[0] < pair[1]), "{name}: {median:?} of {each:?}");
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
