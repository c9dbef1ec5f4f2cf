//! Mean ROC curves: each against scikit-learn and `NumPy`, bands against the enumeration of all draws.

mod fixture;

use fixture::{assert_close, load, numbers};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use stats::{RankedScores, mean, mean_roc, quantile, t_deviations};

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(3)
}

#[test]
fn a_curve_equals_that_of_scikit_learn_at_every_rate() {
    let cases = load(include_str!("fixtures/roc.json"));
    let cases = cases["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 20);
    for (i, case) in cases.iter().enumerate() {
        let positive: Vec<bool> =
            case["positive"].as_array().unwrap().iter().map(|v| v.as_bool().unwrap()).collect();
        let times: Vec<u32> = numbers(&case["times"]).iter().map(|t| *t as u32).collect();
        let steps = case["steps"].as_u64().unwrap() as usize;
        let ranked = RankedScores::new(&numbers(&case["scores"]), &positive).unwrap();
        let found = ranked.sensitivities_of_draw(&times, steps).unwrap();
        let expected = numbers(&case["sensitivities"]);
        assert_eq!(found.len(), expected.len());
        for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
            assert_close(*found, *expected, 1e-12, &format!("case {i} at {k}/{steps}"));
        }
    }
}

const POSITIVE: [bool; 10] = [true, false, true, true, false, true, false, false, true, false];
const SLIDES: [usize; 10] = [0, 0, 1, 1, 1, 2, 2, 3, 3, 3];

fn scores() -> Vec<Vec<f64>> {
    let score = |seed: u32, tile: u32| {
        f64::from((tile * 37 + seed * 11 + tile * tile * 3) % 29) / 29.0
            + f64::from(POSITIVE[tile as usize]) * 0.3
    };
    (0..2).map(|seed| (0..10).map(|tile| score(seed, tile)).collect()).collect()
}

#[test]
fn the_mean_curve_has_the_band_of_all_draws_stretched() {
    let steps = 4;
    let curve = |times: &[u32]| -> Option<Vec<f64>> {
        let of_seed =
            |s: &Vec<f64>| RankedScores::new(s, &POSITIVE).unwrap().sensitivities_of_draw(times, steps);
        let curves: Vec<Vec<f64>> = scores().iter().map(of_seed).collect::<Option<_>>()?;
        Some((0..=steps).map(|k| mean(&curves.iter().map(|c| c[k]).collect::<Vec<_>>()).unwrap()).collect())
    };
    let found = mean_roc(&scores(), (&POSITIVE, &SLIDES), steps, 20_000, &mut rng()).unwrap();
    let estimate = curve(&[1; 10]).unwrap();
    let all: Vec<Vec<f64>> = (0..4_usize.pow(4))
        .filter_map(|draw| {
            let mut times = [0; 10];
            for i in 0..4 {
                let slide = draw / 4_usize.pow(i) % 4;
                for tile in (0..10).filter(|t| SLIDES[*t] == slide) {
                    times[tile] += 1;
                }
            }
            curve(&times)
        })
        .collect();
    // Four slides of both classes: three degrees of freedom.
    let stretch = t_deviations(0.95, 3.0).unwrap() / 1.959_963_984_540_054 * (4.0_f64 / 3.0).sqrt();
    for (k, point) in found.iter().enumerate() {
        assert_eq!((point.false_positive_rate, point.sensitivity), (k as f64 / 4.0, estimate[k]));
        let values: Vec<f64> = all.iter().map(|curve| curve[k]).collect();
        let end =
            |q: f64| (estimate[k] + stretch * (quantile(&values, q).unwrap() - estimate[k])).clamp(0.0, 1.0);
        let [low, high] = point.band.unwrap();
        assert!((end(0.015)..=end(0.035)).contains(&low), "{k}: {low}");
        assert!((end(0.965)..=end(0.985)).contains(&high), "{k}: {high}");
    }
    assert!(found[1].band.unwrap()[0] < estimate[1]);
}

#[test]
fn one_slide_has_no_band_and_one_class_no_curve() {
    let found = mean_roc(&scores(), (&POSITIVE, &[5; 10]), 10, 100, &mut rng()).unwrap();
    assert!(found.iter().all(|point| point.band.is_none()) && found[10].sensitivity == 1.0);
    assert!(mean_roc(&scores(), (&[true; 10], &SLIDES), 10, 100, &mut rng()).is_none());
    assert!(mean_roc(&scores(), (&POSITIVE, &SLIDES[1..]), 10, 100, &mut rng()).is_none());
    assert!(mean_roc(&scores(), (&POSITIVE, &SLIDES), 0, 100, &mut rng()).is_none());
    assert!(mean_roc(&[], (&POSITIVE, &SLIDES), 10, 100, &mut rng()).is_none());
    assert!(mean_roc(&[vec![f64::NAN; 10]], (&POSITIVE, &SLIDES), 10, 100, &mut rng()).is_none());
}
