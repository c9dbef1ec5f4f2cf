//! Mixed examples, each by what its paper says of it.

use tissue::random::stream;
use tissue::{MixedTile, Mixing, naive_mix};

const SIZE: usize = 12;

/// A tile in which every element tells where it is from, those of the second above 127. Two elements of one tile are never the same within
/// a row or a column of a channel.
fn tile(second: bool) -> Vec<u8> {
    (0..SIZE * SIZE * 3)
        .map(|k| {
            let (row, column, channel) = (k / 3 / SIZE, k / 3 % SIZE, k % 3);
            (row * 7 + column * 3 + channel * 30) as u8 % 128 + if second { 128 } else { 0 }
        })
        .collect()
}

fn mixed(method: Mixing, seed: u64) -> MixedTile {
    method.mix(&tile(false), &tile(true), SIZE, &mut stream(seed, "test"))
}

/// For each element whether it is the first tile's.
fn of_first(mixed: &MixedTile) -> Vec<bool> {
    mixed.pixels.iter().map(|v| *v < 128).collect()
}

/// The share of elements that are.
fn counted(mixed: &MixedTile) -> f64 {
    let own = of_first(mixed);
    own.iter().filter(|first| **first).count() as f64 / own.len() as f64
}

const CUT: [Mixing; 12] = [
    Mixing::Halves,
    Mixing::VerticalConcat,
    Mixing::HorizontalConcat,
    Mixing::MixedConcat,
    Mixing::Random2x2,
    Mixing::RandomSquare,
    Mixing::RandomColumnInterval,
    Mixing::RandomRowInterval,
    Mixing::RandomRows,
    Mixing::RandomColumns,
    Mixing::RandomPixels,
    Mixing::RandomElements,
];

#[test]
fn halves_are_what_they_were_and_need_no_chance() {
    let before = naive_mix(&tile(false), &tile(true), SIZE);
    for seed in 0..3 {
        assert_eq!(mixed(Mixing::Halves, seed), MixedTile { pixels: before.clone(), share: 0.5 });
    }
    let odd = Mixing::Halves.mix(&[1; 75], &[2; 75], 5, &mut stream(0, "test"));
    assert_eq!(odd.share, 0.4);
}

#[test]
fn what_is_cut_is_one_tile_s_or_the_other_s_and_the_share_is_counted() {
    for method in CUT {
        let mut shares = Vec::new();
        for seed in 0..40 {
            let mixed = mixed(method, seed);
            assert!((mixed.share - counted(&mixed)).abs() < 1e-12, "{method:?} {seed}");
            shares.push(mixed.share);
        }
        let differ = shares.iter().any(|share| *share != shares[0]);
        assert_eq!(differ, method != Mixing::Halves, "{method:?}: chance decides");
    }
}

#[test]
fn pieces_stay_in_their_place_or_move_as_one() {
    let (first, second) = (tile(false), tile(true));
    for method in CUT {
        let moves =
            matches!(method, Mixing::RandomSquare | Mixing::RandomColumnInterval | Mixing::RandomRowInterval);
        let mut moved = false;
        for seed in 0..40 {
            let mixed = mixed(method, seed);
            let from_second: Vec<usize> =
                (0..mixed.pixels.len()).filter(|k| mixed.pixels[*k] >= 128).collect();
            for (k, v) in mixed.pixels.iter().enumerate().filter(|(_, v)| **v < 128) {
                assert_eq!(*v, first[k], "{method:?}");
            }
            // One shift in rows and columns explains every element of the second.
            let shifts = -(SIZE as isize)..=SIZE as isize;
            let explains = |dy: isize, dx: isize| {
                from_second.iter().all(|k| {
                    let (row, column) = ((k / 3 / SIZE) as isize + dy, (k / 3 % SIZE) as isize + dx);
                    let inside = (0..SIZE as isize).contains(&row) && (0..SIZE as isize).contains(&column);
                    inside && second[(row as usize * SIZE + column as usize) * 3 + k % 3] == mixed.pixels[*k]
                })
            };
            let in_place = explains(0, 0);
            assert!(
                in_place || shifts.clone().any(|dy| shifts.clone().any(|dx| explains(dy, dx))),
                "{method:?} {seed}"
            );
            moved |= !in_place;
        }
        assert_eq!(moved, moves, "{method:?}");
    }
}

#[test]
fn each_method_cuts_along_its_lines() {
    let rows_alike = |own: &[bool]| own.chunks(SIZE * 3).all(|row| row.iter().all(|first| *first == row[0]));
    let columns_alike = |own: &[bool]| {
        (0..SIZE * 3).all(|x| own.iter().skip(x).step_by(SIZE * 3).all(|first| *first == own[x]))
    };
    let pixels_alike = |own: &[bool]| own.chunks(3).all(|pixel| pixel.iter().all(|first| *first == pixel[0]));
    let at = |own: &[bool], row: usize, column: usize| own[(row * SIZE + column) * 3];
    for seed in 0..40 {
        let own = |method| of_first(&mixed(method, seed));
        let above = own(Mixing::VerticalConcat);
        assert!(rows_alike(&above) && above.is_sorted_by(|a, b| a >= b), "the first lies above the second");
        let beside = own(Mixing::HorizontalConcat);
        assert!(
            columns_alike(&beside) && beside[..SIZE * 3].is_sorted_by(|a, b| a >= b),
            "the first lies on the left"
        );
        assert!(rows_alike(&own(Mixing::RandomRows)) && rows_alike(&own(Mixing::RandomRowInterval)));
        assert!(
            columns_alike(&own(Mixing::RandomColumns)) && columns_alike(&own(Mixing::RandomColumnInterval))
        );
        assert!(CUT[..11].iter().all(|method| pixels_alike(&own(*method))));
        // Opposite pieces are of one tile, neighbours of two: two rows are the same or each other's opposite.
        let four = own(Mixing::MixedConcat);
        for row in four.chunks(SIZE * 3) {
            let same = row.iter().zip(&four).all(|(a, b)| a == b);
            assert!(same || row.iter().zip(&four).all(|(a, b)| a != b), "{seed}");
        }
        // Four pieces at most: the corners', each a quarter of the side wide or more.
        let pieces = own(Mixing::Random2x2);
        for (row, column) in [(0, 0), (0, SIZE - 1), (SIZE - 1, 0), (SIZE - 1, SIZE - 1)] {
            let near = |edge: usize, k: usize| if edge == 0 { k } else { SIZE - 1 - k };
            for k in 0..SIZE / 4 {
                assert_eq!(at(&pieces, near(row, k), near(column, k)), at(&pieces, row, column), "{seed}");
            }
        }
        // A square of half a side, less where the edge cuts it off.
        let share = 1.0 - mixed(Mixing::RandomSquare, seed).share;
        assert!((1.0 / 16.0..=0.25).contains(&share), "{share}");
    }
    assert!((0..40).any(|seed| !pixels_alike(&of_first(&mixed(Mixing::RandomElements, seed)))));
}

#[test]
fn linear_methods_are_weighted_sums() {
    let (first, second) = (tile(false), tile(true));
    for seed in 0..20 {
        let plain = mixed(Mixing::Mixup, seed);
        let noisy = mixed(Mixing::NoisyMixup, seed);
        let mut off: f64 = 0.0;
        for k in 0..first.len() {
            let sum = |share: f64| share * f64::from(first[k]) + (1.0 - share) * f64::from(second[k]);
            assert!((f64::from(plain.pixels[k]) - sum(plain.share)).abs() <= 0.5);
            // The share of a pixel is within six deviations of the whole's.
            let reach = 0.5 + 6.0 * 0.025 * (f64::from(first[k]) - f64::from(second[k])).abs();
            let gap = (f64::from(noisy.pixels[k]) - sum(noisy.share)).abs();
            assert!(gap <= reach, "{gap} {reach}");
            off = off.max(gap);
        }
        assert!(off > 1.0, "the noise is to be seen: {off}");
    }
}

/// Mean and standard deviation.
fn moments(tile: &[u8]) -> (f64, f64) {
    let n = tile.len() as f64;
    let mean = tile.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    (mean, (tile.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n).sqrt())
}

#[test]
fn between_class_weighs_by_contrast_and_keeps_it() {
    // Independent tiles of contrasts 10 and 40: their mix has the contrast that the formula gives.
    let noise = |deviation: f64, centre: f64, name: &str| -> Vec<u8> {
        use rand::RngExt;
        let mut rng = stream(5, name);
        let n = 64 * 64 * 3;
        let draw = |_| (centre + deviation * 3f64.sqrt() * (2.0 * rng.random::<f64>() - 1.0)).round() as u8;
        (0..n).map(draw).collect()
    };
    let (calm, lively) = (noise(10.0, 100.0, "calm"), noise(40.0, 150.0, "lively"));
    for seed in 0..10 {
        let MixedTile { pixels, share } = Mixing::BcPlus.mix(&calm, &lively, 64, &mut stream(seed, "bc"));
        let ((mean_a, a), (mean_b, b)) = (moments(&calm), moments(&lively));
        let (mean, deviation) = moments(&pixels);
        assert!((mean - (share * mean_a + (1.0 - share) * mean_b)).abs() < 0.2, "{mean}");
        let p = 1.0 / (1.0 + a / b * (1.0 - share) / share);
        let expected = ((p * a).powi(2) + ((1.0 - p) * b).powi(2)).sqrt() / p.hypot(1.0 - p);
        assert!((deviation / expected - 1.0).abs() < 0.05, "{deviation} for {expected} at {share}");
    }
    // Without any contrast it is the weighted mean.
    let flat = Mixing::BcPlus.mix(&[100; 48], &[200; 48], 4, &mut stream(1, "bc"));
    assert!(flat.pixels.iter().all(|v| (f64::from(*v) - (200.0 - 100.0 * flat.share)).abs() <= 0.5));
}

#[test]
fn both_concats_are_in_their_mixes() {
    // Flat tiles: four levels at most, those of the corners, and the mean tells the share.
    for seed in 0..20 {
        let mixed = Mixing::VhMixup.mix(
            &[0; SIZE * SIZE * 3],
            &[200; SIZE * SIZE * 3],
            SIZE,
            &mut stream(seed, "vh"),
        );
        let mut levels = mixed.pixels.clone();
        levels.sort_unstable();
        levels.dedup();
        assert!(levels.len() <= 4, "{levels:?}");
        let (mean, _) = moments(&mixed.pixels);
        assert!((mean - 200.0 * (1.0 - mixed.share)).abs() < 0.6, "{mean} at {}", mixed.share);
        let bc = Mixing::VhBcPlus.mix(&tile(false), &tile(true), SIZE, &mut stream(seed, "vh"));
        assert!((0.0..=1.0).contains(&bc.share));
    }
}

#[test]
fn every_method_has_its_name_and_mixes_any_size() {
    let names: Vec<String> =
        Mixing::ALL.iter().map(|m| serde_json::to_string(m).unwrap().replace('"', "")).collect();
    assert_eq!(names[..5], ["halves", "vertical-concat", "horizontal-concat", "mixed-concat", "random-2x2"]);
    assert_eq!(names[5..8], ["vh-mixup", "vh-bc-plus", "random-square"]);
    let mut once = names.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), 17);
    for method in Mixing::ALL {
        for size in 1..8 {
            for seed in 0..20 {
                let n = size * size * 3;
                let mixed = method.mix(&vec![9; n], &vec![250; n], size, &mut stream(seed, "size"));
                assert!(mixed.pixels.len() == n && (0.0..=1.0).contains(&mixed.share), "{method:?} {size}");
            }
        }
        assert_eq!(mixed(method, 3), mixed(method, 3), "the same draws, the same tile");
    }
}
