//! What is said of one classifier or two: against scikit-learn, statsmodels and the definitions.

mod fixture;

use fixture::{assert_close, load, numbers};
use serde_json::Value;
use stats::{
    Binning, RankedScores, Share, auc, brier_score, calibration_error, delong, delong_pair, one_vs_rest,
    operating_point, reliability, wilson, youden_threshold,
};

fn cases(name: &str) -> Vec<Value> {
    load(include_str!("fixtures/classifier.json"))[name].as_array().unwrap().clone()
}

fn flags(value: &Value) -> Vec<bool> {
    value.as_array().unwrap().iter().map(|v| v.as_bool().unwrap()).collect()
}

fn assert_all_close(found: &[f64], expected: &[f64], absolute: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert_close(*found, *expected, absolute, what);
    }
}

#[test]
fn delong_equals_the_definition_pair_by_pair() {
    for (i, case) in cases("delong").iter().enumerate() {
        let (a, b, positive) = (numbers(&case["first"]), numbers(&case["second"]), flags(&case["positive"]));
        let what = format!("case {i}");
        let (aucs, interval) = (numbers(&case["aucs"]), numbers(&case["interval"]));
        let found = delong_pair(&a, &b, &positive, 0.95).unwrap();
        assert_all_close(&found.aucs, &aucs, 0.0, &what);
        assert_close(found.difference, aucs[1] - aucs[0], 1e-15, &what);
        for (found, expected) in found.covariance.iter().zip(case["covariance"].as_array().unwrap()) {
            assert_all_close(found, &numbers(expected), 1e-16, &what);
        }
        assert_all_close(&[found.low, found.high], &interval, 1e-15, &what);
        match (found.p_value, case["p_value"].as_f64()) {
            (Some(found), Some(expected)) => assert_close(found, expected, 1e-300, &what),
            (found, expected) => assert_eq!(found, expected, "{what}"),
        }
        let one = delong(&a, &positive, 0.95).unwrap();
        assert_eq!((one.auc, one.variance), (found.aucs[0], found.covariance[0][0]), "{what}");
        assert_close(one.auc, auc(&a, &positive).unwrap(), 0.0, &what);
        assert_all_close(&[one.low, one.high], &numbers(&case["first_interval"]), 1e-15, &what);
        let swapped = delong_pair(&b, &a, &positive, 0.95).unwrap();
        assert_eq!((swapped.difference, swapped.p_value), (-found.difference, found.p_value), "{what}");
    }
}

/// The patients of DeLong, DeLong & Clarke-Pearson (1988): areas and standard errors of the K-G score and of total protein
/// as SAS prints them.
#[test]
fn delongs_example_of_1988() {
    let published = [(0.7258, 0.1028), (0.6478, 0.1000)];
    let case = &cases("delong")[1];
    let found =
        delong_pair(&numbers(&case["first"]), &numbers(&case["second"]), &flags(&case["positive"]), 0.95)
            .unwrap();
    for (i, (area, error)) in published.into_iter().enumerate() {
        assert!((found.aucs[i] - area).abs() < 5e-5);
        assert!((found.covariance[i][i].sqrt() - error).abs() < 5.1e-5);
    }
}

#[test]
fn delong_is_undefined_rather_than_nan() {
    let positive = [true, true, false, false];
    let scores = [0.9, 0.4, 0.5, 0.1];
    assert!(delong(&scores, &positive, 0.95).is_some());
    assert_eq!(delong(&scores[1..], &positive[1..], 0.95), None, "one positive");
    assert_eq!(delong(&scores, &[true; 4], 0.95), None);
    assert_eq!(delong(&scores, &positive[1..], 0.95), None);
    assert_eq!(delong(&[0.9, f64::NAN, 0.5, 0.1], &positive, 0.95), None);
    assert_eq!(delong(&[], &[], 0.95), None);
    for level in [0.0, 1.0, f64::NAN] {
        assert_eq!(delong(&scores, &positive, level), None);
        assert_eq!(delong_pair(&scores, &scores, &positive, level), None);
    }
    // Of two scores that order alike nothing differs; of a perfect one nothing varies.
    let alike = delong_pair(&scores, &scores.map(|s| s * 2.0), &positive, 0.95).unwrap();
    assert_eq!((alike.difference, alike.low, alike.high, alike.p_value), (0.0, 0.0, 0.0, None));
    let perfect = delong(&[4.0, 3.0, 2.0, 1.0], &positive, 0.95).unwrap();
    assert_eq!((perfect.auc, perfect.variance, perfect.low, perfect.high), (1.0, 0.0, 1.0, 1.0));
}

#[test]
fn areas_of_draws_are_those_of_repeated_items() {
    let scores = [0.3, 0.9, 0.3, 0.1, 0.9, 0.5, 0.0, -0.0];
    let positive = [true, true, false, false, false, true, true, false];
    let ranked = RankedScores::new(&scores, &positive).unwrap();
    for draw in 0..400_u32 {
        let times: Vec<u32> = (0..8).map(|i| draw * (i + 3) * 7919 % 1009 % 4).collect();
        let units: Vec<usize> = (0..8).flat_map(|i| std::iter::repeat_n(i, times[i] as usize)).collect();
        let of_units: Vec<f64> = units.iter().map(|u| scores[*u]).collect();
        let expected = auc(&of_units, &units.iter().map(|u| positive[*u]).collect::<Vec<_>>());
        match (ranked.auc_of_draw(&times), expected) {
            (Some(found), Some(expected)) => assert_close(found, expected, 0.0, &format!("{times:?}")),
            (found, expected) => assert_eq!(found, expected, "{times:?}"),
        }
    }
    assert_eq!(ranked.auc_of_draw(&[1; 7]), None);
    assert!(RankedScores::new(&scores, &positive[1..]).is_none());
    assert!(RankedScores::new(&[f64::NAN], &[true]).is_none());
}

#[test]
fn wilson_equals_statsmodels() {
    for case in cases("wilson") {
        let [k, n, level, low, high] = numbers(&case).try_into().unwrap();
        let what = format!("{k} of {n} at {level}");
        let found = wilson(k as u32, n as u32, level).unwrap();
        // statsmodels has the lower end as a difference.
        assert_all_close(&[found.0, found.1], &[low, high], 1e-15, &what);
        let share = Share::with_wilson(k as u32, n as u32, level).unwrap();
        assert_eq!((share.value, share.low, share.high), (k / n, found.0, found.1));
    }
    assert_eq!(wilson(0, 7, 0.95).unwrap().0, 0.0);
    assert_eq!(wilson(7, 7, 0.95).unwrap().1, 1.0);
    for (k, n, level) in [(0, 0, 0.95), (3, 2, 0.95), (1, 2, 0.0), (1, 2, 1.0), (1, 2, f64::NAN)] {
        assert_eq!(wilson(k, n, level), None);
        assert_eq!(Share::with_wilson(k, n, level), None);
    }
}

#[test]
fn operating_points_equal_statsmodels_and_scikit_learn() {
    for (i, case) in cases("operating").iter().enumerate() {
        let (scores, positive) = (numbers(&case["scores"]), flags(&case["positive"]));
        assert_eq!(youden_threshold(&scores, &positive), case["youden"].as_f64(), "case {i}");
        for point in case["points"].as_array().unwrap() {
            let threshold = point["threshold"].as_f64().unwrap();
            let what = format!("case {i} at {threshold}");
            let found = operating_point(&scores, &positive, threshold, 0.95).unwrap();
            let shares = [found.sensitivity, found.specificity, found.accuracy];
            for (share, expected) in shares.into_iter().zip(point["shares"].as_array().unwrap()) {
                let row = [f64::from(share.count), f64::from(share.of), share.value, share.low, share.high];
                assert_all_close(&row, &numbers(expected), 1e-15, &what);
            }
            let balanced = [found.balanced_accuracy, found.balanced_low, found.balanced_high];
            assert_all_close(&balanced, &numbers(&point["balanced"]), 1e-15, &what);
        }
    }
}

#[test]
fn youden_takes_the_best_of_all_thresholds() {
    let scores: Vec<f64> = (0..60_u32).map(|i| f64::from(i * 7919 % 23) / 23.0).collect();
    let positive: Vec<bool> =
        scores.iter().enumerate().map(|(i, s)| s + (i % 7) as f64 / 7.0 > 0.9).collect();
    let balanced = |t: f64| operating_point(&scores, &positive, t, 0.95).unwrap().balanced_accuracy;
    let best = youden_threshold(&scores, &positive).unwrap();
    assert!(scores.iter().all(|t| balanced(*t) <= balanced(best) + 1e-15));
    assert!(scores.iter().filter(|t| **t > best).all(|t| balanced(*t) < balanced(best)));
    assert_eq!(youden_threshold(&[0.1, 0.9], &[true, false]), None, "worse than nothing");
    assert_eq!(youden_threshold(&[0.1, 0.9], &[true, true]), None);
    assert_eq!(youden_threshold(&[0.1], &[]), None);
    assert_eq!(youden_threshold(&[0.1, f64::NAN], &[true, false]), None);
    assert_eq!(operating_point(&[0.1, 0.9], &[true, true], 0.5, 0.95), None);
    assert_eq!(operating_point(&[0.1, 0.9], &[false, true], f64::NAN, 0.95), None);
    assert_eq!(operating_point(&[0.1, f64::NAN], &[false, true], 0.5, 0.95), None);
    assert_eq!(operating_point(&[0.1], &[false, true], 0.5, 0.95), None);
    assert_eq!(operating_point(&[0.1, 0.9], &[false, true], 0.5, 1.0), None);
    assert_eq!(operating_point(&[0.1, 0.5], &[false, true], 0.5, 0.95).unwrap().sensitivity.value, 1.0);
}

#[test]
fn calibration_equals_scikit_learn() {
    for (i, case) in cases("calibration").iter().enumerate() {
        let (p, positive) = (numbers(&case["p"]), flags(&case["positive"]));
        assert_close(
            brier_score(&p, &positive).unwrap(),
            case["brier"].as_f64().unwrap(),
            1e-16,
            &format!("case {i}"),
        );
        for expected in case["reliability"].as_array().unwrap() {
            let count = expected["bins"].as_u64().unwrap() as usize;
            let binning =
                if expected["strategy"] == "uniform" { Binning::EqualWidth } else { Binning::EqualCount };
            let what = format!("case {i}, {count} bins, {binning:?}");
            let bins = reliability(&p, &positive, count, binning).unwrap();
            let observed: Vec<f64> = bins.iter().map(|b| b.observed).collect();
            let predicted: Vec<f64> = bins.iter().map(|b| b.predicted).collect();
            assert_all_close(&observed, &numbers(&expected["observed"]), 0.0, &what);
            assert_all_close(&predicted, &numbers(&expected["predicted"]), 1e-16, &what);
            assert_eq!(bins.iter().map(|b| b.count).sum::<usize>(), p.len(), "{what}");
        }
    }
}

#[test]
fn calibration_error_is_the_mean_miss_over_items() {
    // Bins to 1/2 and above: (0.2, 0.4 | one of two) and (0.6, 0.8, 1.0 | all three).
    let (p, positive) = ([0.2, 0.6, 0.4, 0.8, 1.0], [false, true, true, true, true]);
    let bins = reliability(&p, &positive, 2, Binning::EqualWidth).unwrap();
    assert_eq!(bins.iter().map(|b| b.count).collect::<Vec<_>>(), [2, 3]);
    assert_close(calibration_error(&bins).unwrap(), 0.4 * 0.2 + 0.6 * 0.2, 0.0, "by hand");
    let right = reliability(&[0.0, 1.0], &[false, true], 10, Binning::EqualWidth).unwrap();
    assert_eq!(calibration_error(&right), Some(0.0));
    assert_eq!(calibration_error(&[]), None);
    assert_eq!(reliability(&[], &[], 5, Binning::EqualCount), Some(vec![]));
    for bad in [-0.1, 1.1, f64::NAN] {
        assert_eq!(reliability(&[bad], &[true], 5, Binning::EqualWidth), None);
        assert_eq!(brier_score(&[bad], &[true]), None);
    }
    assert_eq!(reliability(&[0.5], &[true], 0, Binning::EqualWidth), None);
    assert_eq!(reliability(&[0.5], &[], 5, Binning::EqualWidth), None);
    assert_eq!(brier_score(&[], &[]), None);
}

#[test]
fn one_against_the_rest_equals_scikit_learn() {
    for case in cases("one_vs_rest") {
        let scores: Vec<Vec<f64>> = case["scores"].as_array().unwrap().iter().map(numbers).collect();
        let classes: Vec<usize> = numbers(&case["classes"]).into_iter().map(|c| c as usize).collect();
        let found = one_vs_rest(&scores, &classes).unwrap();
        let per_class: Vec<f64> = found.per_class.iter().map(|a| a.unwrap()).collect();
        assert_all_close(&per_class, &numbers(&case["per_class"]), 0.0, "per class");
        assert_close(found.macro_mean.unwrap(), case["macro"].as_f64().unwrap(), 0.0, "macro");
    }
    // Two classes are one curve.
    let two = one_vs_rest(&[vec![0.9, 0.1], vec![0.4, 0.6], vec![0.7, 0.3]], &[0, 1, 1]).unwrap();
    assert_eq!((two.per_class, two.macro_mean), (vec![Some(1.0), Some(1.0)], Some(1.0)));
    let absent = one_vs_rest(&[vec![0.9, 0.1, 0.0], vec![0.4, 0.6, 0.0]], &[0, 1]).unwrap();
    assert_eq!((absent.per_class[2], absent.macro_mean), (None, None));
    assert_eq!(one_vs_rest(&[], &[]), None);
    assert_eq!(one_vs_rest(&[vec![0.5, 0.5]], &[2]), None);
    assert_eq!(one_vs_rest(&[vec![0.5, 0.5]], &[0, 1]), None);
    assert_eq!(one_vs_rest(&[vec![0.5, 0.5], vec![1.0]], &[0, 1]), None);
    assert_eq!(one_vs_rest(&[vec![0.5, f64::NAN], vec![1.0, 0.0]], &[0, 1]), None);
}
