//! Calibrated probabilities: against SciPy's minimum of the same function, and scikit-learn's logistic regression.

mod fixture;

use fixture::{assert_close, load, numbers};
use serde_json::Value;
use stats::Temperature;

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[test]
fn the_fit_is_scipy_s_minimum() {
    let fixture = load(include_str!("fixtures/temperature.json"));
    let cases = fixture["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for (i, case) in cases.iter().enumerate() {
        let (logits, targets) = (rows(&case["logits"]), rows(&case["targets"]));
        let fitted = Temperature::fit(&logits, &targets).unwrap();
        let number = |key: &str| case[key].as_f64().unwrap();
        let what = format!("case {i}");
        assert_close(fitted.scale, number("scale"), 1e-9, &what);
        for (found, expected) in fitted.bias.iter().zip(numbers(&case["bias"])) {
            assert_close(*found, expected, 1e-9, &what);
        }
        let none = Temperature::none(logits[0].len());
        assert_close(none.cross_entropy(&logits, &targets).unwrap(), number("before"), 1e-12, &what);
        assert_close(fitted.cross_entropy(&logits, &targets).unwrap(), number("after"), 1e-12, &what);
        let mut backwards = (logits.clone(), targets.clone());
        backwards.0.reverse();
        backwards.1.reverse();
        let again = Temperature::fit(&backwards.0, &backwards.1).unwrap();
        assert_close(again.scale, fitted.scale, 1e-12, "whatever the order");
    }
}

#[test]
fn of_two_classes_with_labels_it_is_a_logistic_regression_on_the_margin() {
    let fixture = load(include_str!("fixtures/temperature.json"));
    let cases = fixture["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case.get("logistic").is_some()).unwrap();
    let fitted = Temperature::fit(&rows(&case["logits"]), &rows(&case["targets"])).unwrap();
    let [slope, intercept] = numbers(&case["logistic"])[..] else { panic!("two") };
    // The logits as they are count as a thousandth of a tile here, and not at all there.
    assert_close(fitted.scale, slope, 1e-3, "slope");
    assert_close(fitted.bias[1], intercept, 1e-3, "intercept");
}
