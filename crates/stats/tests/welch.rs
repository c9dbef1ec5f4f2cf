//! Independent samples against `SciPy`.

mod fixture;

use fixture::{assert_close, load, numbers};
use stats::{mean, welch_detectable_difference, welch_t};

#[test]
fn welch_equals_scipy_and_what_it_detects_the_integral() {
    let cases = load(include_str!("fixtures/welch.json"))["welch"].as_array().unwrap().clone();
    assert!(cases.len() > 10);
    for case in cases {
        let (first, second) = (numbers(&case["first"]), numbers(&case["second"]));
        let what = format!("{first:?} and {second:?}");
        for interval in case["intervals"].as_array().unwrap() {
            let [level, low, high] = numbers(interval).try_into().unwrap();
            let found = welch_t(&first, &second, level).unwrap();
            // Means and ends are differences of larger numbers.
            let size = 1e-12 * (high - low);
            assert_close(found.low, low, size, &what);
            assert_close(found.high, high, size, &what);
            assert_close(found.df, case["df"].as_f64().unwrap(), 0.0, &what);
            assert_close(found.p_value, case["p_value"].as_f64().unwrap(), 1e-13, &what);
            assert_eq!(found.difference, mean(&second).unwrap() - mean(&first).unwrap());
        }
        let found = welch_detectable_difference(&first, &second, 0.05, 0.8).unwrap();
        assert_close(found, case["detectable"].as_f64().unwrap(), 0.0, &format!("detectable in {what}"));
        let swapped = welch_t(&second, &first, 0.95).unwrap();
        assert_close(swapped.p_value, case["p_value"].as_f64().unwrap(), 1e-13, "either way round");
    }
}

#[test]
fn samples_that_tell_nothing() {
    assert_eq!(welch_t(&[], &[1.0, 2.0], 0.95), None);
    assert_eq!(welch_t(&[1.0], &[1.0, 2.0], 0.95), None);
    assert_eq!(welch_t(&[0.5, 0.5], &[0.7, 0.7], 0.95), None, "no spread");
    assert_eq!(welch_t(&[0.5, f64::NAN], &[0.7, 0.8], 0.95), None);
    assert_eq!(welch_t(&[0.5, 0.6], &[0.7, 0.8], 1.0), None);
    assert_eq!(welch_detectable_difference(&[0.5, 0.6], &[0.7], 0.05, 0.8), None);
    assert_eq!(welch_detectable_difference(&[0.5, 0.6], &[0.7, 0.8], 0.05, 0.05), None);
    assert_eq!(welch_detectable_difference(&[0.5, 0.6], &[0.7, 0.8], 0.0, 0.8), None);
}
