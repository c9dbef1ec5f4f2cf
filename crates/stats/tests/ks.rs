//! Against `SciPy`'s `ks_2samp` and `kstwo`.

mod fixture;

use fixture::{assert_close, formula, load, numbers};
use stats::{StatsError, kolmogorov, ks_two_sample};

#[test]
fn two_sample_test_equals_scipy() {
    let cases = load(include_str!("fixtures/ks.json"));
    let mut smallest = 1.0_f64;
    for (i, case) in cases["two_sample"].as_array().unwrap().iter().enumerate() {
        let sample = |explicit: &str, by_formula: &str| {
            if case[explicit].is_array() { numbers(&case[explicit]) } else { formula(&case[by_formula]) }
        };
        let (a, b) = (sample("a", "formula_a"), sample("b", "formula_b"));
        let found = ks_two_sample(&a, &b).unwrap();
        let what = format!("case {i} ({} against {})", a.len(), b.len());
        assert_close(
            found.statistic,
            case["statistic"].as_f64().unwrap(),
            0.0,
            &format!("statistic of {what}"),
        );
        assert_close(found.p_value, case["p_value"].as_f64().unwrap(), 1e-300, &format!("p-value of {what}"));
        assert_eq!(found.exact, case["exact"].as_bool().unwrap(), "{what}");
        assert_eq!(ks_two_sample(&b, &a).unwrap(), found, "{what}: the order of the samples does not matter");
        smallest = smallest.min(if found.p_value > 0.0 { found.p_value } else { 1.0 });
    }
    assert!(smallest < 1e-30, "the cases include extreme p-values");
}

#[test]
fn one_sample_distribution_equals_scipy() {
    let cases = load(include_str!("fixtures/ks.json"));
    for case in cases["one_sample_survival"].as_array().unwrap() {
        let case = numbers(case);
        let found = kolmogorov::survival(case[0] as u64, case[1]);
        assert_close(found, case[2], 1e-300, &format!("n = {}, d = {}", case[0], case[1]));
    }
}

#[test]
fn one_sample_distribution_at_its_ends() {
    for n in [1, 5, 200, 2_000_000] {
        assert_eq!(kolmogorov::survival(n, 0.0), 1.0);
        assert_eq!(kolmogorov::survival(n, -1.0), 1.0);
        assert_eq!(kolmogorov::survival(n, 1.0), 0.0);
        assert_eq!(kolmogorov::survival(n, 1.5), 0.0);
    }
}

/// All orders of 4 + 3 and of 3 + 3 values, counted one by one.
#[test]
fn exact_p_value_equals_enumeration() {
    for (m, n) in [(4_usize, 3_usize), (3, 3), (5, 1), (4, 2)] {
        let orders: Vec<u32> = (0..1_u32 << (m + n)).filter(|o| o.count_ones() as usize == m).collect();
        let split = |order: u32| -> (Vec<f64>, Vec<f64>) {
            let (a, b): (Vec<usize>, Vec<usize>) = (0..m + n).partition(|i| order >> i & 1 == 1);
            let as_f64 = |v: Vec<usize>| v.into_iter().map(|x| x as f64).collect();
            (as_f64(a), as_f64(b))
        };
        let found: Vec<_> = orders
            .iter()
            .map(|o| {
                let (a, b) = split(*o);
                ks_two_sample(&a, &b).unwrap()
            })
            .collect();
        for test in &found {
            let as_far = found.iter().filter(|t| t.statistic >= test.statistic - 1e-12).count();
            assert_close(test.p_value, as_far as f64 / orders.len() as f64, 1e-12, &format!("{m} and {n}"));
        }
    }
}

#[test]
fn what_is_not_a_sample_is_an_error() {
    assert_eq!(ks_two_sample(&[], &[1.0]), Err(StatsError::Empty { sample: 1 }));
    assert_eq!(ks_two_sample(&[1.0], &[]), Err(StatsError::Empty { sample: 2 }));
    let error = ks_two_sample(&[1.0], &[1.0, f64::NAN]).unwrap_err();
    assert_eq!(error.to_string(), "value 2 of sample 2 is NaN, not a finite number");
    assert!(ks_two_sample(&[f64::INFINITY], &[1.0]).is_err());
    assert!(error.hint().is_some() && !error.is_machine_fault());
}
