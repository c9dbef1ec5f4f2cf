//! Paired comparisons against `SciPy` and statsmodels.

mod fixture;

use fixture::{assert_close, load, numbers};
use serde_json::Value;
use stats::{
    detectable_difference, holm, midranks, noncentral_t_survival, paired_t, paired_t_power, spearman,
    t_deviations, t_survival, t_two_sided, wilcoxon_signed_rank,
};

fn cases(name: &str) -> Vec<Value> {
    load(include_str!("fixtures/paired.json"))[name].as_array().unwrap().clone()
}

#[test]
fn t_distributions_equal_scipy() {
    for case in cases("t_survival") {
        let [t, df, delta, expected] = numbers(&case).try_into().unwrap();
        let what = format!("t = {t}, df = {df}, delta = {delta}");
        assert_close(noncentral_t_survival(t, df, delta).unwrap(), expected, 0.0, &what);
        if delta == 0.0 {
            assert_eq!(t_survival(t, df), noncentral_t_survival(t, df, 0.0));
        }
        let mirrored = noncentral_t_survival(-t, df, -delta).unwrap();
        assert_close(1.0 - mirrored, expected, 1e-14, &format!("{what}, mirrored"));
    }
    for case in cases("t_deviations") {
        let [level, df, expected] = numbers(&case).try_into().unwrap();
        let found = t_deviations(level, df).unwrap();
        assert_close(found, expected, 0.0, &format!("level {level}, df = {df}"));
    }
}

#[test]
fn t_distributions_at_their_ends() {
    // One degree of freedom: Cauchy's distribution.
    assert_close(t_survival(1e9, 1.0).unwrap(), 1.0 / (std::f64::consts::PI * 1e9), 0.0, "far out");
    assert_eq!(t_two_sided(0.0, 3.0), Some(1.0));
    for t in [1e200, f64::MAX] {
        assert_close(
            t_survival(t, 1.0).unwrap(),
            1.0 / std::f64::consts::PI / t,
            1e-300,
            "as far as it goes",
        );
        assert_eq!(t_survival(t, 1e4), Some(0.0));
        assert_eq!(t_survival(-t, 1e4), Some(1.0));
    }
    for (t, df) in [
        (f64::NAN, 1.0),
        (f64::INFINITY, 1.0),
        (0.0, 0.0),
        (0.0, -1.0),
        (0.0, f64::NAN),
        (0.0, f64::INFINITY),
    ] {
        assert_eq!(t_survival(t, df), None);
    }
    assert_eq!(noncentral_t_survival(1.0, 3.0, f64::NAN), None);
    assert_eq!(noncentral_t_survival(1.0, 3.0, 1e7), None);
    for level in [0.0, 1.0, -1.0, f64::NAN] {
        assert_eq!(t_deviations(level, 3.0), None);
    }
    assert_eq!(t_deviations(0.95, 0.0), None);
}

#[test]
fn paired_t_and_signed_ranks_equal_scipy() {
    for case in cases("paired") {
        let differences = numbers(&case["differences"]);
        let what = format!("{} differences, {}", differences.len(), case["differences"][0]);
        match case.get("t") {
            None => assert_eq!(paired_t(&differences, 0.95), None, "{what}"),
            Some(t) => {
                for interval in t["intervals"].as_array().unwrap() {
                    let [level, low, high] = numbers(interval).try_into().unwrap();
                    let found = paired_t(&differences, level).unwrap();
                    // The ends are themselves differences.
                    let size = 1e-12 * (high - low);
                    assert_close(found.low, low, size, &what);
                    assert_close(found.high, high, size, &what);
                    assert_close(found.p_value, t["p_value"].as_f64().unwrap(), 0.0, &what);
                    assert_eq!(Some(found.mean), stats::mean(&differences));
                    assert_eq!(Some(found.sd), stats::sd(&differences));
                    assert_eq!(found.n, differences.len());
                }
            }
        }
        let (found, expected) = (wilcoxon_signed_rank(&differences).unwrap(), &case["wilcoxon"]);
        assert_eq!(found.statistic, expected["statistic"].as_f64().unwrap(), "{what}");
        assert_close(
            found.p_value,
            expected["p_value"].as_f64().unwrap(),
            0.0,
            &format!("signed ranks of {what}"),
        );
        assert_eq!(found.exact, expected["exact"].as_bool().unwrap(), "{what}");
        let negated: Vec<f64> = differences.iter().map(|d| -d).collect();
        assert_close(wilcoxon_signed_rank(&negated).unwrap().p_value, found.p_value, 0.0, "either way round");
    }
}

/// Every choice of signs, one by one, with ties and a zero.
#[test]
fn signed_ranks_equal_the_enumeration_of_signs() {
    let differences = [0.5, -1.0, 1.0, 1.0, 2.5, 0.0, -3.0, 2.5];
    let sum_of = |signs: u32| -> f64 {
        let ranks = [1.0, 3.0, 3.0, 3.0, 5.5, 7.0, 5.5];
        ranks.iter().enumerate().filter(|(i, _)| signs >> i & 1 == 1).map(|(_, rank)| rank).sum()
    };
    let found = wilcoxon_signed_rank(&differences).unwrap();
    assert_eq!((found.statistic, found.exact), (18.0, true));
    let all: Vec<f64> = (0..128).map(sum_of).collect();
    let above = all.iter().filter(|s| **s >= 18.0).count() as f64 / 128.0;
    assert_close(found.p_value, 2.0 * above, 0.0, "the smaller tail twice");
}

#[test]
fn differences_that_tell_nothing() {
    assert_eq!(paired_t(&[], 0.95), None);
    assert_eq!(paired_t(&[1.0], 0.95), None);
    assert_eq!(paired_t(&[0.25; 4], 0.95), None, "no spread");
    assert_eq!(paired_t(&[0.1, f64::NAN], 0.95), None);
    assert_eq!(paired_t(&[0.1, 0.2], 1.0), None);
    assert_eq!(wilcoxon_signed_rank(&[]), None);
    assert_eq!(wilcoxon_signed_rank(&[1.0, f64::INFINITY]), None);
    for n in [1, 13, 14, 100] {
        let found = wilcoxon_signed_rank(&vec![0.0; n]).unwrap();
        assert_eq!((found.statistic, found.p_value), (0.0, 1.0));
    }
    // The least that so few pairs can say.
    for (n, least) in [(1, 1.0), (2, 0.5), (5, 0.0625), (6, 0.03125)] {
        let all_up: Vec<f64> = (1..=n).map(f64::from).collect();
        assert_eq!(wilcoxon_signed_rank(&all_up).unwrap().p_value, least);
    }
}

#[test]
fn power_and_what_it_can_detect_equal_statsmodels() {
    for case in cases("power") {
        let [n, alpha, effect, expected] = numbers(&case).try_into().unwrap();
        let found = paired_t_power(effect, n as usize, alpha).unwrap();
        assert_close(found, expected, 0.0, &format!("power of {n} pairs, effect {effect}"));
    }
    for case in cases("effect") {
        let [n, alpha, power, expected] = numbers(&case).try_into().unwrap();
        let found = detectable_difference(1.0, n as usize, alpha, power).unwrap();
        assert_close(found, expected, 0.0, &format!("effect that {n} pairs detect with {power}"));
        assert_close(paired_t_power(found, n as usize, alpha).unwrap(), power, 0.0, "there and back");
        let scaled = detectable_difference(2.5, n as usize, alpha, power).unwrap();
        assert_close(scaled, 2.5 * expected, 0.0, "in the unit of the differences");
    }
    for (sd, n, alpha, power) in [
        (1.0, 1, 0.05, 0.8),
        (-1.0, 5, 0.05, 0.8),
        (f64::NAN, 5, 0.05, 0.8),
        (1.0, 5, 0.0, 0.8),
        (1.0, 5, 0.05, 0.05),
        (1.0, 5, 0.05, 1.0),
    ] {
        assert_eq!(detectable_difference(sd, n, alpha, power), None);
    }
    assert_eq!(detectable_difference(0.0, 5, 0.05, 0.8), Some(0.0));
    assert_eq!(paired_t_power(1.0, 0, 0.05), None);
    assert_eq!(paired_t_power(f64::NAN, 5, 0.05), None);
}

#[test]
fn holm_equals_statsmodels() {
    for case in cases("holm") {
        let (p, expected) = (numbers(&case["p"]), numbers(&case["adjusted"]));
        for (found, expected) in holm(&p).unwrap().into_iter().zip(expected) {
            assert_close(found, expected, 0.0, &format!("{p:?}"));
        }
    }
    assert_eq!(holm(&[]), Some(vec![]));
    for bad in [-0.1, 1.1, f64::NAN] {
        assert_eq!(holm(&[0.5, bad]), None);
    }
}

#[test]
fn ranks_equal_scipy() {
    for case in cases("ranks") {
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        assert_eq!(midranks(&x), numbers(&case["ranks"]));
        match (spearman(&x, &y), case["spearman"].as_f64()) {
            (Some(found), Some(expected)) => assert_close(found, expected, 1e-12, &format!("{x:?}, {y:?}")),
            (found, expected) => assert_eq!(found, expected),
        }
    }
    assert_eq!(midranks(&[0.0, -0.0, -1.0]), [2.5, 2.5, 1.0]);
    assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(spearman(&[1.0, f64::NAN], &[1.0, 2.0]), None);
    assert_eq!(spearman(&[1.0, 2.0], &[1.0]), None);
    let with_infinity = spearman(&[1.0, f64::INFINITY, 2.0], &[1.0, 3.0, 2.0]).unwrap();
    assert_close(with_infinity, 1.0, 0.0, "ranks have no infinity");
}
