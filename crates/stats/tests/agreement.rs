//! Against statsmodels, published examples, and Krippendorff's definition written out pair by pair.

mod fixture;

use fixture::{assert_close, load};
use serde_json::Value;
use stats::{fleiss_kappa, krippendorff_alpha_nominal};

/// Ratings as one string a rater, one character an item, '.' where the rater gave none.
fn counts(raters: &[&str], categories: &str) -> Vec<Vec<u32>> {
    (0..raters[0].len())
        .map(|item| {
            let chosen = |c| raters.iter().filter(|r| r.as_bytes()[item] as char == c).count() as u32;
            categories.chars().map(chosen).collect()
        })
        .collect()
}

fn rounded(value: Option<f64>) -> f64 {
    (value.unwrap() * 1000.0).round() / 1000.0
}

#[test]
fn equal_to_the_reference_implementations() {
    for (i, case) in
        load(include_str!("fixtures/agreement.json"))["cases"].as_array().unwrap().iter().enumerate()
    {
        let row = |r: &Value| r.as_array().unwrap().iter().map(|c| c.as_u64().unwrap() as u32).collect();
        let counts: Vec<Vec<u32>> = case["counts"].as_array().unwrap().iter().map(row).collect();
        let alpha = krippendorff_alpha_nominal(&counts).unwrap();
        assert_close(alpha, case["krippendorff"].as_f64().unwrap(), 1e-12, &format!("alpha of case {i}"));
        match case["fleiss"].as_f64() {
            Some(expected) => {
                assert_close(fleiss_kappa(&counts).unwrap(), expected, 1e-12, &format!("kappa of case {i}"));
            }
            None => assert_eq!(fleiss_kappa(&counts), None, "the items differ in their number of ratings"),
        }
    }
}

/// Fleiss (1971): six psychiatrists, thirty patients, five diagnoses; kappa 0.430.
#[test]
fn fleiss_example_of_1971() {
    let patients = [
        "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555",
        "144444", "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555",
        "555555", "244444", "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555",
    ];
    let counts: Vec<Vec<u32>> = patients
        .iter()
        .map(|p| "12345".chars().map(|c| p.chars().filter(|r| *r == c).count() as u32).collect())
        .collect();
    assert_eq!(rounded(fleiss_kappa(&counts)), 0.43);
}

/// The usual textbook example: fourteen raters, ten items, five categories; kappa 0.210.
#[test]
fn fleiss_textbook_example() {
    let counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    .map(|row| row.to_vec());
    assert_eq!(rounded(fleiss_kappa(&counts)), 0.21);
}

/// The examples A, B and C of Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
#[test]
fn krippendorff_examples() {
    let a = counts(&["0100000010", "1110010000"], "01");
    assert_eq!(rounded(krippendorff_alpha_nominal(&a)), 0.095);
    let b = counts(&["aabbdcccedda", "babbbccceddd"], "abcde");
    assert_eq!(rounded(krippendorff_alpha_nominal(&b)), 0.692);
    let c = counts(&["123321412...", "1233224125.3", ".3332342251.", "12332441251."], "12345");
    assert_eq!(rounded(krippendorff_alpha_nominal(&c)), 0.743);
}

#[test]
fn undefined_agreement_is_none() {
    assert_eq!(fleiss_kappa(&[]), None);
    assert_eq!(fleiss_kappa(&[vec![]]), None);
    assert_eq!(fleiss_kappa(&[vec![3, 0], vec![3, 0]]), None, "one category");
    assert_eq!(fleiss_kappa(&[vec![1, 0], vec![0, 1]]), None, "one rating an item");
    assert_eq!(fleiss_kappa(&[vec![1, 1], vec![2, 0, 0]]), None, "rows of different lengths");
    assert_eq!(krippendorff_alpha_nominal(&[]), None);
    assert_eq!(krippendorff_alpha_nominal(&[vec![1, 0], vec![0, 1]]), None, "no item with two ratings");
    assert_eq!(krippendorff_alpha_nominal(&[vec![3, 0], vec![2, 0]]), None, "one category");
    assert_eq!(krippendorff_alpha_nominal(&[vec![1, 1], vec![2]]), None, "rows of different lengths");
    assert_eq!(fleiss_kappa(&[vec![3, 0], vec![0, 3]]), Some(1.0));
    assert_eq!(krippendorff_alpha_nominal(&[vec![3, 0], vec![0, 2]]), Some(1.0));
}
