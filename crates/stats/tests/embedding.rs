//! t-SNE against its definition by SciPy, and against scikit-learn's map of the same rows.

mod fixture;

use fixture::{assert_close, load, numbers};
use stats::embedding::joint_probabilities;
use stats::tsne;

type Rows = Vec<Vec<f64>>;

/// The three clouds of the script.
fn clouds() -> Rows {
    let value = |i: usize, j: usize| ((i * 7919 + j * 104_729 + i * j * 31) % 1009) as f64 / 1009.0;
    let apart = |i: usize, j: usize| if i % 3 == j % 5 { 1.5 } else { 0.0 };
    (0..180).map(|i| (0..12).map(|j| value(i, j) + apart(i, j)).collect()).collect()
}

#[test]
fn neighbourhoods_equal_the_definition() {
    let case = load(include_str!("fixtures/embedding.json"));
    let rows: Rows = case["rows"].as_array().unwrap().iter().map(numbers).collect();
    let n = rows.len();
    let near = joint_probabilities(&rows, case["perplexity"].as_f64().unwrap()).unwrap();
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    for ((i, j), expected) in pairs.zip(numbers(&case["joint"])) {
        assert_close(near[i * n + j], expected, 1e-12, &format!("{i} and {j}"));
        assert_eq!(near[i * n + j], near[j * n + i]);
    }
    assert_close(near.iter().sum(), 1.0, 0.0, "all");
}

#[test]
fn the_map_is_as_good_as_scikit_learns_and_always_the_same() {
    let case = load(include_str!("fixtures/embedding.json"));
    let rows = clouds();
    let map = tsne(&rows).unwrap();
    let expected = case["divergence"].as_f64().unwrap();
    assert!((map.divergence / expected - 1.0).abs() < 0.03, "{} against {expected}", map.divergence);
    assert_eq!(tsne(&rows).unwrap(), map);
    // Of each cloud the others are farther away than its own.
    let distance = |i: usize, j: usize| {
        let ([a, b], [c, d]) = (map.points[i], map.points[j]);
        (a - c).hypot(b - d)
    };
    let agree = (0..180).filter(|&i| {
        let nearest = (0..180).filter(|j| *j != i).min_by(|a, b| distance(i, *a).total_cmp(&distance(i, *b)));
        nearest.unwrap() % 3 == i % 3
    });
    assert!(agree.count() > 170);
}

#[test]
fn few_equal_and_broken_rows_have_a_map_or_none() {
    let rows = clouds();
    assert_eq!(tsne(&rows[..3]), None);
    assert!(tsne(&rows[..4]).is_some_and(|map| map.points.len() == 4));
    // All alike: any map will do, as long as it is one.
    assert!(tsne(&vec![vec![1.0, 2.0]; 10]).is_some());
    let mut twins = rows[..20].to_vec();
    twins.extend_from_slice(&rows[..20]);
    assert!(tsne(&twins).is_some());
    let with = |row: Vec<f64>| [rows[..9].to_vec(), vec![row]].concat();
    assert_eq!(tsne(&with(vec![0.0; 11])), None);
    assert_eq!(tsne(&with([&[f64::NAN][..], &[0.0; 11]].concat())), None);
    assert_eq!(tsne(&with([&[1e300][..], &[0.0; 11]].concat())), None);
    assert_eq!(tsne(&vec![vec![]; 10]), None);
}
