//! The bootstrap of a difference of areas against the enumeration of all draws.

mod fixture;

use fixture::assert_close;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use stats::{
    Draw, Interval, auc, auc_difference, auc_difference_interval, auc_difference_unpaired, mean, quantile,
    sd, standard_error, t_deviations,
};

const SLIDES: [usize; 14] = [9, 4, 4, 9, 1, 7, 7, 1, 9, 0, 4, 7, 0, 1];
const POSITIVE: [bool; 14] =
    [true, false, false, true, true, false, true, true, false, true, false, false, true, false];

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

/// Scores of three seeds, `gain` further apart for the positive tiles.
fn scores(of: u32, gain: f64) -> Vec<Vec<f64>> {
    let score = |seed: u32, tile: u32| {
        let lasting = (tile * 7919 + of * 17 + tile * tile * 5) % 101;
        let of_seed = (tile * 31 + seed * 631 + of * 7) % 101;
        let chance = f64::from(3 * lasting + of_seed) / 404.0;
        chance + if POSITIVE[tile as usize] { gain } else { 0.0 }
    };
    (0..3).map(|seed| (0..14).map(|tile| score(seed, tile)).collect()).collect()
}

/// Of each seed, the difference of areas of the tiles `units`.
fn differences(
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    positive: &[bool],
    units: &[usize],
) -> Option<Vec<f64>> {
    let positive: Vec<bool> = units.iter().map(|u| positive[*u]).collect();
    let area = |scores: &Vec<f64>| auc(&units.iter().map(|u| scores[*u]).collect::<Vec<_>>(), &positive);
    first.iter().zip(second).map(|(a, b)| Some(area(b)? - area(a)?)).collect()
}

/// All 5⁵ draws of slides that hold both classes, and what each seed then differs by.
fn all_draws(first: &[Vec<f64>], second: &[Vec<f64>], positive: &[bool]) -> Vec<Vec<f64>> {
    let names = [0, 1, 4, 7, 9];
    let units = |draw: usize| -> Vec<usize> {
        let drawn = (0..5).map(|i| names[draw / 5_usize.pow(i) % 5]);
        drawn.flat_map(|name| (0..14).filter(move |u| SLIDES[*u] == name)).collect()
    };
    (0..5_usize.pow(5)).filter_map(|draw| differences(first, second, positive, &units(draw))).collect()
}

/// The interval is that of the percentiles of all draws, stretched about the estimate to reach `deviations` of them.
fn assert_ends(found: Interval, all: &[f64], estimate: f64, deviations: f64) {
    let stretch = deviations / 1.959_963_984_540_054;
    assert!(stretch > 1.05, "{stretch}: percentiles would do as well");
    let between = |x: f64, from: f64, to: f64| {
        let end = |q: f64| estimate + stretch * (quantile(all, q).unwrap() - estimate);
        // The stretch itself is found from draws.
        let slack = 0.01 * (x - estimate).abs();
        assert!((end(from) - slack..=end(to) + slack).contains(&x), "{x} from {} to {}", end(from), end(to));
        assert!((x - quantile(all, from).unwrap()).abs() > 2.0 * slack, "percentiles would do as well");
    };
    between(found.low, 0.023, 0.027);
    between(found.high, 0.973, 0.977);
}

/// Its mean over seeds, of all tiles.
fn estimate(first: &[Vec<f64>], second: &[Vec<f64>], positive: &[bool]) -> f64 {
    mean(&differences(first, second, positive, &(0..14).collect::<Vec<_>>()).unwrap()).unwrap()
}

#[test]
fn drawing_slides_equals_the_enumeration_of_all_draws() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    let all: Vec<f64> = all_draws(&first, &second, &POSITIVE).iter().map(|d| mean(d).unwrap()).collect();
    let found =
        auc_difference_interval([&first, &second], &POSITIVE, &SLIDES, Draw::Slides, 40_000, &mut rng())
            .unwrap();
    let share = found.replicates_used as f64 / 40_000.0;
    assert!((share - all.len() as f64 / 3125.0).abs() < 0.01, "draws of one class are left out");
    assert_ends(
        found,
        &all,
        estimate(&first, &second, &POSITIVE),
        t_deviations(0.95, 4.0).unwrap() * (5.0_f64 / 4.0).sqrt(),
    );
}

#[test]
fn slides_of_one_class_each_are_two_samples() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    let positive = SLIDES.map(|slide| [0, 1, 9].contains(&slide));
    let all: Vec<f64> = all_draws(&first, &second, &positive).iter().map(|d| mean(d).unwrap()).collect();
    let of = |slides: &[usize]| {
        auc_difference_interval([&first, &second], &positive, slides, Draw::Slides, 40_000, &mut rng())
    };
    let deviations = t_deviations(0.95, 3.0).unwrap() * (5.0_f64 / 3.0).sqrt();
    assert_ends(of(&SLIDES).unwrap(), &all, estimate(&first, &second, &positive), deviations);
    let two = positive.map(usize::from);
    assert_eq!(of(&two), None, "one slide of each class");
}

#[test]
fn drawing_seeds_and_slides_equals_the_enumeration_of_all_draws() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    let by_slides = all_draws(&first, &second, &POSITIVE);
    let of_seeds: Vec<[usize; 3]> = (0..27).map(|d| [d % 3, d / 3 % 3, d / 9]).collect();
    let draw =
        |d: &Vec<f64>| of_seeds.iter().map(|seeds| seeds.iter().map(|s| d[*s]).sum::<f64>() / 3.0).collect();
    let all: Vec<f64> = by_slides.iter().flat_map(|d| -> Vec<f64> { draw(d) }).collect();
    // The variance of three seeds and five slides, less what is in both, with Welch and Satterthwaite's degrees of freedom.
    let here = differences(&first, &second, &POSITIVE, &(0..14).collect::<Vec<_>>()).unwrap();
    let means: Vec<f64> = by_slides.iter().map(|d| mean(d).unwrap()).collect();
    let drawn = |values: &[f64]| sd(values).unwrap().powi(2);
    let (seeds, slides) = (standard_error(&here).unwrap().powi(2), drawn(&means) * 5.0 / 4.0);
    let in_both = drawn(&all) - seeds * 2.0 / 3.0 - slides * 4.0 / 5.0;
    assert!(in_both > 0.02 * drawn(&all), "{in_both}");
    let variance = (seeds + slides - in_both).max(slides);
    let df = (seeds + slides).powi(2) / (seeds.powi(2) / 2.0 + slides.powi(2) / 4.0);
    let widened = (variance / drawn(&all)).sqrt();
    let both = Draw::SeedsAndSlides;
    let found =
        auc_difference_interval([&first, &second], &POSITIVE, &SLIDES, both, 200_000, &mut rng()).unwrap();
    assert_ends(found, &all, estimate(&first, &second, &POSITIVE), t_deviations(0.95, df).unwrap() * widened);
}

#[test]
fn the_same_stream_gives_the_same_interval_and_names_do_not_matter() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    for draw in [Draw::Slides, Draw::SeedsAndSlides] {
        let of = |slides: &[usize], rng: &mut ChaCha8Rng| {
            auc_difference_interval([&first, &second], &POSITIVE, slides, draw, 300, rng).unwrap()
        };
        let mut stream = rng();
        let found = of(&SLIDES, &mut stream);
        let renamed = SLIDES.map(|s| usize::MAX - s);
        assert_eq!(of(&renamed, &mut rng()), found);
        assert_ne!(of(&SLIDES, &mut stream), found, "the stream goes on");
        let swapped =
            auc_difference_interval([&second, &first], &POSITIVE, &SLIDES, draw, 300, &mut rng()).unwrap();
        assert_close(swapped.low, -found.high, 1e-12, "the other way round");
        assert_close(swapped.high, -found.low, 1e-12, "the other way round");
    }
}

#[test]
fn undefined_intervals_are_none() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    let of =
        |first: &[Vec<f64>], second: &[Vec<f64>], positive: &[bool], slides: &[usize], draw, replicates| {
            auc_difference_interval([first, second], positive, slides, draw, replicates, &mut rng())
        };
    let (slides, both) = (Draw::Slides, Draw::SeedsAndSlides);
    assert!(of(&first[..1], &second[..1], &POSITIVE, &SLIDES, slides, 100).is_some());
    assert_eq!(of(&first[..1], &second[..1], &POSITIVE, &SLIDES, both, 100), None, "one seed");
    assert_eq!(of(&[], &[], &POSITIVE, &SLIDES, slides, 100), None);
    assert_eq!(of(&first[..2], &second, &POSITIVE, &SLIDES, both, 100), None);
    assert_eq!(of(&first, &second, &POSITIVE[..13], &SLIDES, both, 100), None);
    assert_eq!(of(&first, &second, &POSITIVE, &SLIDES[..13], both, 100), None);
    assert_eq!(of(&first, &second, &POSITIVE, &[3; 14], both, 100), None, "one slide");
    assert_eq!(of(&first, &second, &[true; 14], &SLIDES, both, 100), None, "one class");
    assert_eq!(of(&first, &second, &POSITIVE, &SLIDES, both, 0), None);
    let mut nan = second.clone();
    nan[1][3] = f64::NAN;
    assert_eq!(of(&first, &nan, &POSITIVE, &SLIDES, both, 100), None);
    // What does not differ has no width.
    let same = of(&first, &first, &POSITIVE, &SLIDES, both, 100).unwrap();
    assert_eq!((same.low, same.high), (0.0, 0.0));
}

/// Of each training, the area of the tiles `units`.
fn areas(scores: &[Vec<f64>], positive: &[bool], units: &[usize]) -> Option<Vec<f64>> {
    let positive: Vec<bool> = units.iter().map(|u| positive[*u]).collect();
    scores.iter().map(|s| auc(&units.iter().map(|u| s[*u]).collect::<Vec<_>>(), &positive)).collect()
}

#[test]
fn trainings_that_are_no_pairs_are_drawn_by_themselves_as_the_enumeration_of_all_draws_says() {
    // Three trainings of the one, two of the other.
    let (first, second) = (scores(1, 0.2), scores(2, 0.4)[..2].to_vec());
    let names = [0, 1, 4, 7, 9];
    let units = |draw: usize| -> Vec<usize> {
        let drawn = (0..5).map(|i| names[draw / 5_usize.pow(i) % 5]);
        drawn.flat_map(|name| (0..14).filter(move |u| SLIDES[*u] == name)).collect()
    };
    let both = |units: &[usize]| Some((areas(&first, &POSITIVE, units)?, areas(&second, &POSITIVE, units)?));
    let by_slides: Vec<(Vec<f64>, Vec<f64>)> = (0..3125).filter_map(|draw| both(&units(draw))).collect();
    let difference = |(a, b): &(Vec<f64>, Vec<f64>)| mean(b).unwrap() - mean(a).unwrap();
    let means: Vec<f64> = by_slides.iter().map(difference).collect();
    let here = both(&(0..14).collect::<Vec<_>>()).unwrap();
    let of = |draw, replicates| {
        auc_difference_unpaired([&first, &second], &POSITIVE, &SLIDES, draw, replicates, &mut rng())
            .map(|found| found.interval)
    };

    let found = of(Draw::Slides, 40_000).unwrap();
    let deviations = t_deviations(0.95, 4.0).unwrap() * (5.0_f64 / 4.0).sqrt();
    assert_ends(found, &means, difference(&here), deviations);

    let mut all = Vec::new();
    for (a, b) in &by_slides {
        for of_first in (0..27).map(|d| [d % 3, d / 3 % 3, d / 9]) {
            for of_second in (0..4).map(|d| [d % 2, d / 2]) {
                let drawn = |values: &[f64], seeds: &[usize]| {
                    seeds.iter().map(|s| values[*s]).sum::<f64>() / seeds.len() as f64
                };
                all.push(drawn(b, &of_second) - drawn(a, &of_first));
            }
        }
    }
    let drawn = |values: &[f64]| sd(values).unwrap().powi(2);
    let of_seeds = |areas: &[f64]| standard_error(areas).unwrap().powi(2);
    let (three, two, slides) = (of_seeds(&here.0), of_seeds(&here.1), drawn(&means) * 5.0 / 4.0);
    let in_both = (drawn(&all) - three * 2.0 / 3.0 - two / 2.0 - slides * 4.0 / 5.0).max(0.0);
    let sum = three + two + slides;
    let variance = (sum - in_both).max(slides.max(two).max(three));
    let df = sum.powi(2) / (three.powi(2) / 2.0 + two.powi(2) + slides.powi(2) / 4.0);
    let widened = (variance / drawn(&all)).sqrt();
    let found = of(Draw::SeedsAndSlides, 200_000).unwrap();
    assert_ends(found, &all, difference(&here), t_deviations(0.95, df).unwrap() * widened);

    // One training of the one shows no spread of seeds.
    let one = |draw| {
        auc_difference_unpaired([&first, &second[..1]], &POSITIVE, &SLIDES, draw, 300, &mut rng())
            .map(|found| found.interval)
    };
    assert!(one(Draw::Slides).is_some());
    assert_eq!(one(Draw::SeedsAndSlides), None);
}

#[test]
fn the_test_is_students_of_the_variance_that_the_interval_is_stretched_to() {
    let (first, second) = (scores(1, 0.2), scores(2, 0.4));
    let found =
        |draw| auc_difference([&first, &second], &POSITIVE, &SLIDES, draw, 20_000, &mut rng()).unwrap();
    let all: Vec<f64> = all_draws(&first, &second, &POSITIVE).iter().map(|d| mean(d).unwrap()).collect();
    // Five slides of both classes: four degrees of freedom, and 4/5 of the variance is seen.
    let error = sd(&all).unwrap() * (5.0_f64 / 4.0).sqrt();
    let t = estimate(&first, &second, &POSITIVE) / error;
    let expected = stats::t_two_sided(t, 4.0).unwrap();
    let of_slides = found(Draw::Slides);
    assert!((of_slides.p_value.unwrap() / expected - 1.0).abs() < 0.03, "{of_slides:?} {expected}");
    // Seeds add variance, and degrees of freedom; the interval and the test are of one mind of what 0 is.
    let both = found(Draw::SeedsAndSlides);
    let leaves_out_0 = |i: Interval| i.low > 0.0 || i.high < 0.0;
    for found in [of_slides, both] {
        let p = found.p_value.unwrap();
        assert!(
            (p < 0.03) <= leaves_out_0(found.interval) && leaves_out_0(found.interval) <= (p < 0.08),
            "{found:?}"
        );
    }
    // The same scores differ by nothing, always.
    let same = auc_difference([&first, &first], &POSITIVE, &SLIDES, Draw::Slides, 50, &mut rng()).unwrap();
    assert_eq!((same.interval.low, same.interval.high, same.p_value), (0.0, 0.0, None));
}
