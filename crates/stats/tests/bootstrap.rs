//! The cluster bootstrap against the enumeration of all draws.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use stats::{
    Centre, Interval, cluster_bootstrap, krippendorff_alpha_nominal, mean, quantile, samples_in,
    standard_error, stretched_bootstrap, t_deviations,
};
use std::cell::RefCell;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(5)
}

fn mean_of(values: &[f64]) -> impl Fn(&[usize]) -> Option<f64> {
    |units| mean(&units.iter().map(|u| values[*u]).collect::<Vec<_>>())
}

/// Five clusters of different sizes, not in order; 3125 draws of five, all equally likely.
#[test]
fn equals_the_enumeration_of_all_draws() {
    let clusters = [7, 2, 7, 9, 9, 9, 0, 2, 4, 9, 4];
    let values: [f64; 11] = [0.3, 1.7, -0.4, 2.9, 3.1, 2.2, -5.0, 0.9, 8.3, 2.5, 7.1];
    let names = [0, 2, 4, 7, 9];
    let all: Vec<f64> = (0..5_usize.pow(5))
        .map(|draw| {
            let drawn = (0..5).map(|i| names[draw / 5_usize.pow(i) % 5]);
            let units: Vec<f64> = drawn
                .flat_map(|name| (0..11).filter(move |u| clusters[*u] == name).map(|u| values[u]))
                .collect();
            mean(&units).unwrap()
        })
        .collect();
    let found = cluster_bootstrap(&clusters, 40_000, &mut rng(), mean_of(&values)).unwrap();
    assert_eq!(found.replicates_used, 40_000);
    // The share of draws below the 2.5 % quantile of 40 000 has a standard error of 0.08 %.
    let between = |x: f64, low, high| {
        assert!((quantile(&all, low).unwrap()..=quantile(&all, high).unwrap()).contains(&x), "{x}");
    };
    between(found.low, 0.022, 0.028);
    between(found.high, 0.972, 0.978);
    let narrower = quantile(&all, 0.022) < quantile(&all, 0.028);
    assert!(narrower, "a bracket without width could not be told from a coarse distribution");
}

#[test]
fn draws_are_of_whole_clusters() {
    let clusters = [5, 1, 5, 3, 5, 1];
    let seen = RefCell::new(Vec::new());
    let statistic = |units: &[usize]| {
        let times = |u: usize| units.iter().filter(|v| **v == u).count();
        let drawn = [times(0), times(1), times(3)];
        assert_eq!((times(2), times(4), times(5)), (drawn[0], drawn[0], drawn[1]), "clusters are whole");
        assert_eq!(drawn.iter().sum::<usize>(), 3, "as many clusters as there are");
        seen.borrow_mut().push(units.len() as f64);
        Some(units.len() as f64)
    };
    let found = cluster_bootstrap(&clusters, 500, &mut rng(), statistic).unwrap();
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 500);
    assert_eq!(found.low, quantile(&seen, 0.025).unwrap());
    assert_eq!(found.high, quantile(&seen, 0.975).unwrap());
}

#[test]
fn with_units_of_their_own_clusters_it_is_the_ordinary_bootstrap() {
    let values: Vec<f64> = (0..200).map(|i| f64::from(i * 7919 % 1009) / 1009.0).collect();
    let clusters: Vec<usize> = (0..200).collect();
    let found = cluster_bootstrap(&clusters, 4000, &mut rng(), mean_of(&values)).unwrap();
    let half = 1.96 * standard_error(&values).unwrap();
    let width = (found.high - found.low) / (2.0 * half);
    assert!((0.93..1.07).contains(&width), "width {width} of the normal interval's");
    // Tiles of one slide that are all alike add nothing: the interval is that of 20 slides.
    let slides: Vec<usize> = (0..200).map(|i| i / 10).collect();
    let alike: Vec<f64> = slides.iter().map(|s| values[*s]).collect();
    let wide = cluster_bootstrap(&slides, 4000, &mut rng(), mean_of(&alike)).unwrap();
    let naive = cluster_bootstrap(&clusters, 4000, &mut rng(), mean_of(&alike)).unwrap();
    let ratio = (wide.high - wide.low) / (naive.high - naive.low);
    assert!((2.9..3.4).contains(&ratio), "√10 times as wide, found {ratio}");
}

#[test]
fn the_same_stream_gives_the_same_interval() {
    let values = [1.0, 4.0, 2.0, 8.0, 5.0, 7.0];
    let interval = |clusters: &[usize], rng: &mut ChaCha8Rng| {
        cluster_bootstrap(clusters, 300, rng, mean_of(&values)).unwrap()
    };
    let (mut first, clusters) = (rng(), [0, 0, 1, 1, 2, 3]);
    let found = interval(&clusters, &mut first);
    assert_eq!(interval(&clusters, &mut rng()), found);
    assert_eq!(interval(&[9, 9, 4, 4, usize::MAX, 0], &mut rng()), found, "names do not matter");
    let others: Vec<Interval> = (0..5).map(|_| interval(&clusters, &mut first)).collect();
    assert!(others.iter().any(|other| *other != found), "the stream goes on");
}

#[test]
fn replicates_without_a_value_are_left_out() {
    let clusters = [0, 1, 2];
    // Undefined where the first cluster is not drawn: 8 of 27.
    let statistic = |units: &[usize]| units.contains(&0).then_some(units.len() as f64);
    let found = cluster_bootstrap(&clusters, 2700, &mut rng(), statistic).unwrap();
    assert!((1900 - 120..1900 + 120).contains(&found.replicates_used), "{found:?}");
    assert_eq!((found.low, found.high), (3.0, 3.0));
    let nan = |units: &[usize]| Some(if units.contains(&0) { 1.0 } else { f64::NAN });
    let same = cluster_bootstrap(&clusters, 2700, &mut rng(), nan).unwrap();
    assert_eq!(same.replicates_used, found.replicates_used);
}

#[test]
fn undefined_intervals_are_none() {
    let one = |_: &[usize]| Some(1.0);
    assert_eq!(cluster_bootstrap(&[], 100, &mut rng(), one), None);
    assert_eq!(cluster_bootstrap(&[3, 3, 3], 100, &mut rng(), one), None, "one cluster");
    assert_eq!(cluster_bootstrap(&[3, 4], 0, &mut rng(), one), None);
    assert_eq!(cluster_bootstrap(&[3, 4], 1000, &mut rng(), |_| None), None);
    let found = cluster_bootstrap(&[3, 4], 1, &mut rng(), one);
    assert_eq!(found, Some(Interval { low: 1.0, high: 1.0, replicates_used: 1 }));
}

/// A study's size: 300 tiles of 40 slides, three readers, 2 000 replicates of Krippendorff's alpha.
#[test]
fn an_interval_of_alpha() {
    let counts: Vec<Vec<u32>> = (0..300_u32).map(|i| i * 7919 % 1009 % 4).map(|c| vec![c, 3 - c]).collect();
    let slides: Vec<usize> = (0..300).map(|i| i * 31 % 40).collect();
    let alpha = |units: &[usize]| {
        krippendorff_alpha_nominal(&units.iter().map(|u| counts[*u].clone()).collect::<Vec<_>>())
    };
    let found = cluster_bootstrap(&slides, 2000, &mut rng(), alpha).unwrap();
    let whole = krippendorff_alpha_nominal(&counts).unwrap();
    assert_eq!(found.replicates_used, 2000);
    assert!(found.low < whole && whole < found.high, "{found:?} around {whole}");
}

#[test]
fn stretched_ends_are_the_percentiles_moved_away_from_the_estimate() {
    let clusters = [7, 2, 7, 9, 9, 9, 0, 2, 4, 9, 4];
    let values = [0.3, 0.7, 0.4, 0.29, 0.31, 0.22, 0.5, 0.09, 0.83, 0.25, 0.71];
    let plain = cluster_bootstrap(&clusters, 500, &mut rng(), mean_of(&values)).unwrap();
    let estimate = mean(&values).unwrap();
    for samples in [1, 2] {
        let df = 5.0 - samples as f64;
        let stretch = t_deviations(0.95, df).unwrap() / 1.959_963_984_540_054 * (5.0 / df).sqrt();
        let how = (Centre::Estimate, [-9.0, 9.0]);
        let found =
            stretched_bootstrap((&clusters, samples), how, 500, &mut rng(), mean_of(&values)).unwrap();
        assert_eq!(found.replicates_used, 500);
        assert!((found.low - (estimate + stretch * (plain.low - estimate))).abs() < 1e-12);
        assert!((found.high - (estimate + stretch * (plain.high - estimate))).abs() < 1e-12);
    }
    let within = |bounds| {
        let how = (Centre::Estimate, bounds);
        stretched_bootstrap((&clusters, 1), how, 500, &mut rng(), mean_of(&values)).unwrap()
    };
    let found = within([0.35, 0.4]);
    assert_eq!((found.low, found.high), (0.35, 0.4));
}

#[test]
fn what_draws_add_by_themselves_is_taken_off_again() {
    let clusters: Vec<usize> = (0..12).collect();
    let values: Vec<f64> = (0..12).map(|i| f64::from(i * 7 % 12) - 5.5).collect();
    // Its values in draws lie above it: |mean| of a mean of 0.
    let distance = |units: &[usize]| mean_of(&values)(units).map(f64::abs);
    let drawn = RefCell::new(Vec::new());
    let noted = |units: &[usize]| {
        drawn.borrow_mut().extend(distance(units));
        distance(units)
    };
    let how = (Centre::LessBias, [-9.0, 9.0]);
    let found = stretched_bootstrap((&clusters, 1), how, 400, &mut rng(), noted).unwrap();
    // The first is of all units.
    let replicates = &drawn.borrow()[1..];
    let (estimate, middle) = (distance(&clusters).unwrap(), mean(replicates).unwrap());
    assert!(middle > estimate + 0.5);
    let stretch = t_deviations(0.95, 11.0).unwrap() / 1.959_963_984_540_054 * (12.0_f64 / 11.0).sqrt();
    let end = |q| 2.0 * estimate - middle + stretch * (quantile(replicates, q).unwrap() - middle);
    assert!((found.low - end(0.025)).abs() < 1e-12 && (found.high - end(0.975)).abs() < 1e-12);
}

#[test]
fn clusters_of_one_class_each_are_two_samples() {
    assert_eq!(samples_in(&[4, 4, 2, 2], &[true, true, false, false]), 2);
    assert_eq!(samples_in(&[4, 4, 2, 2], &[true, false, false, false]), 1);
    assert_eq!(samples_in(&[4, 4, 2, 2], &[true; 4]), 1);
    let how = (Centre::Estimate, [0.0, 1.0]);
    let of = |clusters: &[usize], samples| {
        stretched_bootstrap((clusters, samples), how, 50, &mut rng(), |units| Some(units.len() as f64 / 9.0))
    };
    assert!(of(&[1, 2, 2], 1).is_some() && of(&[1, 2, 2], 2).is_none() && of(&[1, 1], 1).is_none());
    assert!(of(&[1, 2], 1).is_none(), "every draw is of two units");
    assert!(of(&[], 1).is_none());
}
