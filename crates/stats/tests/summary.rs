//! Against `NumPy`, `SciPy` and scikit-learn.

mod fixture;

use fixture::{assert_close, formula, load, numbers};
use serde_json::Value;
use stats::{auc, histogram, mean, mean_of_highest, pearson, quantile, sd, standard_error};

fn cases() -> Value {
    load(include_str!("fixtures/summary.json"))
}

fn assert_option(found: Option<f64>, expected: &Value, absolute: f64, what: &str) {
    match (found, expected.as_f64()) {
        (None, None) => {}
        (Some(found), Some(expected)) => assert_close(found, expected, absolute, what),
        _ => panic!("{what}: {found:?}, expected {expected}"),
    }
}

#[test]
fn auc_equals_scikit_learn() {
    for (i, case) in cases()["auc"].as_array().unwrap().iter().enumerate() {
        let (scores, positive): (_, Vec<bool>) = if case["scores"].is_array() {
            let positive = case["positive"].as_array().unwrap();
            (numbers(&case["scores"]), positive.iter().map(|p| p.as_bool().unwrap()).collect())
        } else {
            let (scores, every) = (formula(&case["formula"]), case["every"].as_u64().unwrap() as usize);
            let positive = (0..scores.len()).map(|i| i % every == 0).collect();
            (scores, positive)
        };
        assert_option(auc(&scores, &positive), &case["auc"], 0.0, &format!("case {i}"));
    }
}

#[test]
fn auc_is_undefined_rather_than_nan() {
    assert_eq!(auc(&[], &[]), None);
    assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
    assert_eq!(auc(&[1.0, 2.0], &[false, false]), None);
    assert_eq!(auc(&[1.0, f64::NAN], &[true, false]), None);
    assert_eq!(auc(&[1.0], &[true, false]), None);
    assert_eq!(auc(&[f64::INFINITY, f64::NEG_INFINITY], &[true, false]), Some(1.0));
    assert_eq!(auc(&[3.0; 4], &[true, false, true, true]), Some(0.5));
}

#[test]
fn summaries_equal_numpy_and_scipy() {
    for (i, case) in cases()["summary"].as_array().unwrap().iter().enumerate() {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let what = |name: &str| format!("{name} of case {i}");
        assert_option(mean(&x), &case["mean"], 1e-26, &what("mean"));
        assert_option(sd(&x), &case["sd"], 0.0, &what("sd"));
        assert_option(standard_error(&x), &case["standard_error"], 0.0, &what("standard error"));
        assert_option(mean_of_highest(&x, 5), &case["mean_of_5_highest"], 1e-26, &what("mean of highest"));
        assert_option(pearson(&x, &y), &case["pearson"], 1e-9, &what("pearson"));
        for pair in case["quantiles"].as_array().unwrap() {
            let q = pair[0].as_f64().unwrap();
            assert_option(quantile(&x, q), &pair[1], 1e-26, &what("quantile"));
        }
        let bins = histogram(&x, 7, -1.0, 3.0).unwrap();
        let counts: Vec<u64> = bins.iter().map(|b| b.count as u64).collect();
        let expected: Vec<u64> =
            case["histogram"].as_array().unwrap().iter().map(|c| c.as_u64().unwrap()).collect();
        assert_eq!(counts, expected, "histogram of case {i}");
        for (bin, edge) in bins.iter().zip(numbers(&case["edges"])) {
            assert_close(bin.from, edge, 1e-15, &what("edge"));
        }
    }
}

#[test]
fn summaries_are_undefined_rather_than_nan() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let x = [1.0, bad, 2.0];
        assert_eq!(mean(&x), None);
        assert_eq!(sd(&x), None);
        assert_eq!(standard_error(&x), None);
        assert_eq!(mean_of_highest(&x, 2), None);
        assert_eq!(quantile(&x, 0.5), None);
        assert_eq!(pearson(&x, &[1.0, 2.0, 3.0]), None);
    }
    assert_eq!(mean(&[]), None);
    assert_eq!(sd(&[1.0]), None);
    assert_eq!(standard_error(&[1.0]), None);
    assert_eq!(mean_of_highest(&[1.0], 0), None);
    assert_eq!(quantile(&[1.0], 1.5), None);
    assert_eq!(quantile(&[1.0], f64::NAN), None);
    assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(pearson(&[1.0], &[1.0]), None);
    assert_eq!(histogram(&[1.0], 0, 0.0, 1.0), None);
    assert_eq!(histogram(&[1.0], 3, 1.0, 1.0), None);
    assert_eq!(histogram(&[f64::NAN], 3, 0.0, 1.0), None);
    assert_eq!(mean(&[f64::MAX, f64::MAX]), Some(f64::MAX));
    assert_close(pearson(&[1e200, 2e200, 4e200], &[2e-200, 4e-200, 8e-200]).unwrap(), 1.0, 0.0, "any scale");
}
