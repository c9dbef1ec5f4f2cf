//! Distances of sets of features against the definitions, by SciPy and to fifty digits.

mod fixture;

use fixture::{assert_close, load, numbers};
use stats::{frechet_distance, kernel_distance};

type Rows = Vec<Vec<f64>>;

/// Tiles with features that hang together; `shift` moves one feature, `spread` scales all.
fn tiles(n: usize, d: usize, shift: f64, spread: f64) -> Rows {
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 1009.0 - 0.5;
    let row = |i| {
        (0..d).map(|j| spread * (value(i, j) + value(i, j / 2)) + if j == 0 { shift } else { 0.0 }).collect()
    };
    (0..n).map(row).collect()
}

#[test]
fn distances_equal_the_definitions() {
    let cases = load(include_str!("fixtures/features.json"));
    for (i, case) in cases["cases"].as_array().unwrap().iter().enumerate() {
        let rows = |name: &str| -> Rows { case[name].as_array().unwrap().iter().map(numbers).collect() };
        let (a, b) = (rows("a"), rows("b"));
        let what = format!("case {i}, {} and {} tiles of {} features", a.len(), b.len(), a[0].len());
        let frechet = frechet_distance(&a, &b).unwrap();
        assert_close(frechet, case["frechet"].as_f64().unwrap(), 0.0, &what);
        assert_close(frechet_distance(&b, &a).unwrap(), frechet, 1e-12, &what);
        let kernel = kernel_distance(&a, &b).unwrap();
        assert_close(kernel, case["kernel"].as_f64().unwrap(), 1e-12, &what);
        assert_close(kernel_distance(&b, &a).unwrap(), kernel, 1e-12, &what);
    }
}

/// Of one feature it is (μₐ − μ_b)² + (σₐ − σ_b)².
#[test]
fn one_feature_is_a_matter_of_means_and_deviations() {
    let (a, b) = ([1.0, 2.0, 4.0], [10.0, 20.0, 15.0, -3.0]);
    let rows = |x: &[f64]| x.iter().map(|v| vec![*v]).collect::<Rows>();
    let of = |f: fn(&[f64]) -> Option<f64>| (f(&a).unwrap() - f(&b).unwrap()).powi(2);
    let expected = of(stats::mean) + of(stats::sd);
    assert_close(frechet_distance(&rows(&a), &rows(&b)).unwrap(), expected, 0.0, "by hand");
}

#[test]
fn a_set_is_at_no_distance_from_itself_and_a_shift_adds_its_square() {
    for (n, d) in [(40, 8), (6, 20)] {
        let here = tiles(n, d, 0.0, 1.0);
        assert!(frechet_distance(&here, &here).unwrap() < 1e-12, "{n} tiles, {d} features");
        let moved: Rows = here.iter().map(|row| row.iter().map(|v| v + 0.5).collect()).collect();
        assert_close(frechet_distance(&here, &moved).unwrap(), 0.25 * d as f64, 1e-12, "a shift");
        let scaled: Rows = here.iter().map(|row| row.iter().map(|v| v * 3.0).collect()).collect();
        let (one, three) = (frechet_distance(&here, &moved).unwrap(), {
            let moved: Rows = moved.iter().map(|row| row.iter().map(|v| v * 3.0).collect()).collect();
            frechet_distance(&scaled, &moved).unwrap()
        });
        assert_close(three, 9.0 * one, 1e-11, "the unit is that of the features, squared");
    }
    // Never active features add nothing.
    let (a, b) = (tiles(30, 4, 0.0, 1.0), tiles(25, 4, 0.7, 1.4));
    let padded = |rows: &Rows| rows.iter().map(|r| [&r[..], &[0.0, 0.0]].concat()).collect::<Rows>();
    let (plain, with_zeros) =
        (frechet_distance(&a, &b).unwrap(), frechet_distance(&padded(&a), &padded(&b)).unwrap());
    assert_close(with_zeros, plain, 1e-12, "padded");
    assert!(plain > 0.4);
}

#[test]
fn distances_are_undefined_rather_than_nan() {
    let (a, b) = (tiles(3, 2, 0.0, 1.0), tiles(4, 2, 0.5, 1.0));
    let mut ragged = b.clone();
    ragged[2].pop();
    let mut nan = b.clone();
    nan[1][1] = f64::NAN;
    let huge: Rows = b.iter().map(|row| row.iter().map(|v| v * 1e300).collect()).collect();
    let featureless = vec![vec![]; 3];
    for distance in [frechet_distance, kernel_distance] {
        assert!(distance(&a, &b).is_some());
        for bad in [&ragged, &nan, &b[..1].to_vec(), &vec![], &tiles(3, 5, 0.0, 1.0), &huge] {
            assert_eq!(distance(&a, bad), None);
            assert_eq!(distance(bad, &a), None);
        }
        assert_eq!(distance(&featureless, &featureless), None);
    }
}

/// Of many features, more and fewer than tiles, against sets whose distance is known.
#[test]
fn many_features_have_the_distance_that_their_scale_tells() {
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 1009.0 - 0.5;
    let rows: Rows = (0..150).map(|i| (0..200).map(|j| value(i, j)).collect()).collect();
    let tripled: Rows = rows.iter().map(|row| row.iter().map(|v| 3.0 * v).collect()).collect();
    // With Σ_b = 9 Σₐ the distance is |μₐ − μ_b|² + (3 − 1)² tr Σₐ.
    let mean: Vec<f64> = (0..200).map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / 150.0).collect();
    let trace: f64 =
        rows.iter().flat_map(|r| r.iter().zip(&mean).map(|(v, m)| (v - m).powi(2))).sum::<f64>() / 149.0;
    let expected = 4.0 * mean.iter().map(|m| m * m).sum::<f64>() + 4.0 * trace;
    assert_close(frechet_distance(&rows, &tripled).unwrap(), expected, 0.0, "150 tiles of 200 features");
    let (rows, tripled) = (&rows[..], &tripled[..]);
    let narrow = |rows: &[Vec<f64>]| rows.iter().map(|r| r[..60].to_vec()).collect::<Rows>();
    let (rows, tripled) = (narrow(rows), narrow(tripled));
    let trace: f64 =
        rows.iter().flat_map(|r| r.iter().zip(&mean).map(|(v, m)| (v - m).powi(2))).sum::<f64>() / 149.0;
    let expected = 4.0 * mean[..60].iter().map(|m| m * m).sum::<f64>() + 4.0 * trace;
    assert_close(frechet_distance(&rows, &tripled).unwrap(), expected, 0.0, "150 tiles of 60 features");
}
