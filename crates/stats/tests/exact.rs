//! Exact tests and intervals against `SciPy`, statsmodels and the definitions in whole numbers.

mod fixture;

use fixture::{assert_close, load, numbers};
use serde_json::Value;
use stats::{Share, Verdicts, binomial_exact, clopper_pearson, detection, fisher_exact, mcnemar_exact};

fn cases(name: &str) -> Vec<Value> {
    load(include_str!("fixtures/reader_study.json"))[name].as_array().unwrap().clone()
}

fn counts<const N: usize>(case: &Value) -> [u32; N] {
    std::array::from_fn(|i| case[i].as_u64().unwrap() as u32)
}

#[test]
fn mcnemar_equals_statsmodels() {
    for case in cases("mcnemar") {
        let [b, c] = counts(&case);
        let p = mcnemar_exact(b, c);
        assert_close(p, case[2].as_f64().unwrap(), 0.0, &format!("{b} against {c}"));
        assert_eq!(p, mcnemar_exact(c, b));
        assert_close(binomial_exact(b, b + c, 0.5).unwrap(), p, 0.0, "the binomial test");
    }
}

#[test]
fn mcnemar_at_the_ends() {
    assert_eq!(mcnemar_exact(0, 0), 1.0);
    assert_eq!(mcnemar_exact(7, 7), 1.0);
    assert_eq!(mcnemar_exact(1, 0), 1.0);
    assert_close(mcnemar_exact(0, 20), 2.0_f64.powi(-19), 0.0, "2 · 2^-20");
    assert_eq!(mcnemar_exact(u32::MAX, u32::MAX), 1.0);
    assert_eq!(mcnemar_exact(0, u32::MAX), 0.0);
}

#[test]
fn fisher_equals_scipy_and_the_definition() {
    for case in cases("fisher") {
        let [a, b, c, d] = counts(&case);
        let p = fisher_exact([[a, b], [c, d]]);
        assert_close(p, case[4].as_f64().unwrap(), 0.0, &format!("{a} {b} / {c} {d}"));
        assert!((0.0..=1.0).contains(&p));
        let alike = [[[a, c], [b, d]], [[c, d], [a, b]], [[b, a], [d, c]]];
        for (table, what) in alike.into_iter().zip(["transposed", "rows exchanged", "columns exchanged"]) {
            assert_close(fisher_exact(table), p, 0.0, what);
        }
    }
}

/// Every table with the margins 9, 6 and 7, 8: the test's value is the sum over those no likelier.
#[test]
fn fisher_is_the_sum_over_tables() {
    let choose = |n: u64, k: u64| (1..=k).fold(1, |c, i| c * (n - k + i) / i);
    let weight = |a: u64| choose(9, a) * choose(6, 7 - a);
    let all: u64 = (1..=7).map(weight).sum();
    for a in 1..=7_u32 {
        let no_likelier: u64 = (1..=7).map(weight).filter(|w| *w <= weight(u64::from(a))).sum();
        let p = fisher_exact([[a, 9 - a], [7 - a, a - 1]]);
        assert_close(p, no_likelier as f64 / all as f64, 0.0, &format!("a = {a}"));
    }
}

#[test]
fn fisher_at_the_ends() {
    let most = u32::MAX;
    assert_eq!(fisher_exact([[0, 0], [0, 0]]), 1.0);
    assert_eq!(fisher_exact([[0, 0], [5, 9]]), 1.0);
    assert_eq!(fisher_exact([[5, 0], [9, 0]]), 1.0);
    assert_eq!(fisher_exact([[most, most], [most, most]]), 1.0);
    assert_eq!(fisher_exact([[most, 0], [0, most]]), 0.0);
    assert_close(fisher_exact([[most, 1], [0, 1]]), 2.0 / (f64::from(most) + 2.0), 0.0, "two plain ones");
    // Off the mode by a few standard deviations, where every table has a mirror image.
    let p = fisher_exact([[2_000_100_000, 2_000_000_000], [2_000_000_000, 2_000_100_000]]);
    assert!((0.0..0.03).contains(&p) && p > 0.02, "z = 2.24 has p = 0.025, found {p}");
}

#[test]
fn fisher_takes_any_table() {
    let sizes = [0, 1, 7, 100_000, u32::MAX];
    for index in 0..sizes.len().pow(4) {
        let [a, b, c, d] = std::array::from_fn(|i| sizes[index / sizes.len().pow(i as u32) % sizes.len()]);
        let p = fisher_exact([[a, b], [c, d]]);
        assert!((0.0..=1.0).contains(&p), "{a} {b} / {c} {d}: {p}");
        let mirrored = fisher_exact([[d, c], [b, a]]);
        assert!((p - mirrored).abs() <= 1e-7 * p, "{a} {b} / {c} {d}: {p} and {mirrored}");
    }
}

#[test]
fn binomial_equals_scipy() {
    for case in cases("binomial") {
        let [k, n] = counts(&case);
        let p = case[2].as_f64().unwrap();
        let found = binomial_exact(k, n, p).unwrap();
        assert_close(found, case[3].as_f64().unwrap(), 0.0, &format!("{k} of {n} at {p}"));
        assert!((0.0..=1.0).contains(&found));
    }
}

#[test]
fn binomial_is_the_sum_over_counts() {
    // (1/4 + 3/4)^6 in whole numbers of 4^-6
    let weight = [729_u32, 1458, 1215, 540, 135, 18, 1];
    for (k, own) in weight.iter().enumerate() {
        let no_likelier: u32 = weight.iter().filter(|w| *w <= own).sum();
        let found = binomial_exact(k as u32, 6, 0.25).unwrap();
        assert_close(found, f64::from(no_likelier) / 4096.0, 0.0, &format!("{k} of 6"));
    }
}

#[test]
fn binomial_at_the_ends() {
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert_eq!(binomial_exact(1, 2, bad), None);
    }
    assert_eq!(binomial_exact(3, 2, 0.5), None);
    assert_eq!(binomial_exact(0, 0, 0.3), Some(1.0));
    assert_eq!(binomial_exact(0, 9, 0.0), Some(1.0));
    assert_eq!(binomial_exact(9, 9, 0.0), Some(0.0));
    assert_eq!(binomial_exact(8, 9, 1.0), Some(0.0));
    for p in [f64::from_bits(1), 1e-300, 1e-9, 0.5, 1.0 - f64::EPSILON / 2.0] {
        for n in [1, 2, 1000, u32::MAX] {
            for k in [0, 1, n / 2, n - 1, n] {
                let found = binomial_exact(k, n, p).unwrap();
                assert!((0.0..=1.0).contains(&found), "{k} of {n} at {p}: {found}");
            }
        }
    }
}

#[test]
fn clopper_pearson_equals_the_quantiles_of_beta() {
    for case in cases("intervals") {
        let [k, n] = counts(&case);
        let (level, low, high) =
            (case[2].as_f64().unwrap(), case[3].as_f64().unwrap(), case[4].as_f64().unwrap());
        let what = format!("{k} of {n} at {level}");
        let found = clopper_pearson(k, n, level).unwrap();
        assert_close(found.0, low, 0.0, &what);
        assert_close(found.1, high, 0.0, &what);
        let mirrored = clopper_pearson(n - k, n, level).unwrap();
        assert_close(1.0 - mirrored.1, found.0, 1e-15, &what);
        let share = f64::from(k) / f64::from(n);
        assert!(0.0 <= found.0 && found.0 <= share && share <= found.1 && found.1 <= 1.0, "{what}");
        assert_eq!(
            Share::new(k, n, level),
            Some(Share { count: k, of: n, value: share, low: found.0, high: found.1 })
        );
    }
}

#[test]
fn clopper_pearson_at_the_ends() {
    for bad in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        assert_eq!(clopper_pearson(1, 2, bad), None);
    }
    assert_eq!(clopper_pearson(0, 0, 0.95), None);
    assert_eq!(clopper_pearson(3, 2, 0.95), None);
    assert_eq!(Share::new(0, 0, 0.95), None);
    // Nothing of n: the rule that (1 − high)^n is half of what the level leaves.
    let (low, high) = clopper_pearson(0, 30, 0.95).unwrap();
    assert_eq!(low, 0.0);
    assert_close(high, 1.0 - 0.025_f64.powf(1.0 / 30.0), 0.0, "0 of 30");
    let (low, high) = clopper_pearson(1, u32::MAX, 0.95).unwrap();
    assert!(0.0 < low && low < high && high < 1e-8, "{low:e} to {high:e}");
    let level = 1.0 - f64::EPSILON / 2.0;
    let (low, high) = clopper_pearson(5, 10, level).unwrap();
    assert!(0.0 < low && low < 1e-3 && high > 0.999 && high < 1.0);
}

#[test]
fn detection_equals_scipy() {
    let close = |found: Option<Share>, expected: &Value, what: &str| {
        assert_eq!(found.is_none(), expected.is_null(), "{what}");
        if let Some(found) = found {
            let expected = numbers(expected);
            for (found, expected) in [found.value, found.low, found.high].into_iter().zip(expected) {
                assert_close(found, expected, 0.0, what);
            }
        }
    };
    for case in cases("detection") {
        let [hits, misses, false_alarms, correct_rejections] = counts(&case["verdicts"]);
        let verdicts = Verdicts { hits, misses, false_alarms, correct_rejections };
        let found = detection(verdicts, 0.95).unwrap();
        close(found.sensitivity, &case["sensitivity"], "sensitivity");
        close(found.specificity, &case["specificity"], "specificity");
        assert_close(found.p_value, case["p_value"].as_f64().unwrap(), 0.0, "p-value");
    }
}

#[test]
fn verdicts_are_counted() {
    let said = [true, true, true, false, false, true, false];
    let is = [true, true, false, true, false, true, false];
    let verdicts = Verdicts::count(&said, &is).unwrap();
    assert_eq!(verdicts, Verdicts { hits: 3, misses: 1, false_alarms: 1, correct_rejections: 2 });
    assert_eq!(Verdicts::count(&said, &is[1..]), None);
    let nothing = detection(Verdicts::count(&[], &[]).unwrap(), 0.95).unwrap();
    assert_eq!((nothing.sensitivity, nothing.specificity, nothing.p_value), (None, None, 1.0));
    assert_eq!(detection(verdicts, 1.0), None);
    assert_eq!(detection(Verdicts { hits: u32::MAX, ..verdicts }, 0.95), None);
}
