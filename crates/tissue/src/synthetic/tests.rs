use super::{SlideStain, SyntheticSet, SyntheticTile, SyntheticTissue, probe_tiles, render};
use crate::{Manifest, Partition, TissueError, random};

fn quiet(_: usize, _: usize) {}

fn make(tiles: usize, size: usize, seed: u64) -> SyntheticSet {
    SyntheticTissue { tiles, size, seed }.generate(&quiet)
}

/// The tiles without their pixels, which take time to draw.
fn labels(tiles: usize, seed: u64) -> Vec<SyntheticTile> {
    let tissue = SyntheticTissue { tiles, size: 8, seed };
    tissue.places().iter().enumerate().map(|(i, place)| tissue.labelled(i, place).0).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn pearson(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    let covariance: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let spread = |v: &[f64], m: f64| v.iter().map(|a| (a - m).powi(2)).sum::<f64>().sqrt();
    covariance / (spread(x, mx) * spread(y, my))
}

/// Mean optical density of each probe tile over all pixels and channels, and its severity.
fn densities(n: usize, size: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let density = |rgb: &[u8]| {
        let sum: f64 = rgb.iter().map(|&v| -(f64::from(v.max(1)) / 255.0).ln()).sum();
        sum / rgb.len() as f64
    };
    probe_tiles(n, size, seed).iter().map(|(rgb, severity)| (density(rgb), *severity)).unzip()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| make(24, 16, 5))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_ne!(one.tiles[0].rgb, make(24, 16, 6).tiles[0].rgb, "another seed must give another picture");
}

#[test]
fn labels_agreement_and_split_are_those_of_table_1() {
    for seed in [0, 1, 2] {
        let set = labels(3000, seed);
        let share_low = |tiles: &[&SyntheticTile]| {
            tiles.iter().filter(|t| t.votes[t.class] == 2).count() as f64 / tiles.len() as f64
        };
        let of = |partition, class| -> Vec<&SyntheticTile> {
            set.iter().filter(|t| t.partition == partition && t.class == class).collect()
        };
        for partition in [Partition::Train, Partition::Test] {
            let (hp, ssa) = (of(partition, 0), of(partition, 1));
            let ratio = hp.len() as f64 / ssa.len() as f64;
            assert!((2.4..3.6).contains(&ratio), "seed {seed} {partition:?}: HP : SSA is {ratio}");
            assert!((share_low(&hp) - 0.44).abs() < 0.08, "seed {seed} {partition:?}: {}", share_low(&hp));
            assert!((share_low(&ssa) - 0.33).abs() < 0.08, "seed {seed} {partition:?}: {}", share_low(&ssa));
            let severity = |votes: u32| -> f64 {
                mean(&hp.iter().filter(|t| t.votes[0] == votes).map(|t| t.severity).collect::<Vec<_>>())
            };
            assert!(severity(2) > severity(3) + 0.2, "HP on which the panel differs must be harder");
        }
        let test = set.iter().filter(|t| t.partition == Partition::Test).count() as f64 / 3000.0;
        assert!((test - 0.35).abs() < 0.02, "seed {seed}: {test} in Test");
    }
}

#[test]
fn a_slide_is_on_one_side_and_tiles_of_a_slide_resemble_each_other() {
    let set = labels(600, 3);
    let mut within = Vec::new();
    for slide in set.chunk_by(|a, b| a.slide == b.slide) {
        assert_eq!(slide.len(), 10);
        assert!(slide.iter().all(|t| t.partition == slide[0].partition));
        let severities: Vec<f64> = slide.iter().map(|t| t.severity).collect();
        let middle = mean(&severities);
        within.extend(severities.iter().map(|s| (s - middle).powi(2)));
    }
    let all: Vec<f64> = set.iter().map(|t| t.severity).collect();
    let middle = mean(&all);
    let total = mean(&all.iter().map(|s| (s - middle).powi(2)).collect::<Vec<_>>());
    assert!(mean(&within) < 0.5 * total, "severity must differ between slides more than within them");
    assert!(all.iter().all(|s| (0.0..=1.0).contains(s)));
}

#[test]
fn severity_cannot_be_read_from_the_stain() {
    let (density, severity) = densities(250, 16, 7);
    let r = pearson(&density, &severity);
    assert!(r.abs() < 0.3, "mean optical density goes with severity: r = {r}");
    let middle = mean(&density);
    assert!((0.3..0.9).contains(&middle), "mean optical density {middle} is not that of an H&E slide");
}

#[test]
fn the_open_lumen_grows_with_severity_whatever_the_stain() {
    // The share of pixels nearly as bright as the glass of the tile: what a pathologist sees first.
    let open = |rgb: &[u8]| {
        let green: Vec<u8> = rgb.iter().skip(1).step_by(3).copied().collect();
        let glass = f64::from(*green.iter().max().unwrap());
        green.iter().filter(|&&g| f64::from(g) > 0.88 * glass).count() as f64 / green.len() as f64
    };
    let (shares, severity): (Vec<f64>, Vec<f64>) =
        probe_tiles(100, 48, 11).iter().map(|(rgb, s)| (open(rgb), *s)).unzip();
    let r = pearson(&shares, &severity);
    assert!(r > 0.5, "severity is not to be seen at 48 px: r = {r}");
}

#[test]
fn a_small_tile_is_the_large_one_with_fewer_pixels() {
    let draw = |size| {
        let mut rng = random::stream(2, "same field of view");
        let stain = SlideStain::draw(&mut rng);
        render(0.6, &stain, size, &mut rng)
    };
    let (small, large) = (draw(32), draw(96));
    let averaged = |row: usize, column: usize| {
        let sum: u32 =
            (0..9).map(|i| u32::from(large[((3 * row + i / 3) * 96 + 3 * column + i % 3) * 3])).sum();
        f64::from(sum) / 9.0
    };
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for row in 0..32 {
        for column in 0..32 {
            x.push(f64::from(small[(row * 32 + column) * 3]));
            y.push(averaged(row, column));
        }
    }
    let r = pearson(&x, &y);
    assert!(r > 0.97, "the picture changes with its size: r = {r}");
    assert!(
        render(0.5, &SlideStain::draw(&mut random::stream(0, "x")), 0, &mut random::stream(0, "y"))
            .is_empty()
    );
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("tissue");
    let synthetic = SyntheticTissue { tiles: 23, size: 12, seed: 4 };
    let set = synthetic.write(&dir, &quiet).unwrap();
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
    assert_eq!(std::fs::read_dir(dir.join("images")).unwrap().count(), 23);
    let header = std::fs::read_to_string(dir.join("manifest.csv")).unwrap();
    assert!(header.starts_with("image,class,partition,slide,votes_HP,votes_SSA,severity\n"));

    let read = Manifest::open(&dir).unwrap();
    let (made, tiles) = set.to_manifest_and_tiles();
    assert_eq!(read.to_csv(), made.to_csv());
    assert_eq!(read.tiles, made.tiles);
    assert_eq!(read.hash(), made.hash());
    assert_eq!(read.severity().unwrap(), set.tiles.iter().map(|t| t.severity).collect::<Vec<_>>());
    for (i, tile) in set.tiles.iter().enumerate() {
        let decoded = crate::decode_tile(read.tile_path(i)).unwrap().0;
        assert_eq!(decoded.as_raw(), &tile.rgb);
        assert_eq!(tiles.tile(i), &tile.rgb[..]);
    }
    assert!(matches!(synthetic.write(&dir, &quiet), Err(TissueError::NotEmpty { .. })));
}
