//! Against statsmodels, published examples, and Krippendorff's definition written out pair by pair.

mod fixture;

use fixture::{assert_close, load};
use serde_json::Value;
use stats::{cohen_kappa, fleiss_kappa, krippendorff_alpha_nominal, raw_agreement};

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

fn rows(case: &Value) -> Vec<Vec<u32>> {
    let row = |r: &Value| r.as_array().unwrap().iter().map(|c| c.as_u64().unwrap() as u32).collect();
    case["counts"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn equal_to_the_reference_implementations() {
    for (i, case) in
        load(include_str!("fixtures/agreement.json"))["cases"].as_array().unwrap().iter().enumerate()
    {
        let counts = rows(case);
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

#[test]
fn alpha_copes_with_readers_who_left_tiles_out() {
    for (i, case) in
        load(include_str!("fixtures/reader_study.json"))["alpha"].as_array().unwrap().iter().enumerate()
    {
        let mut counts = rows(case);
        let alpha = krippendorff_alpha_nominal(&counts).unwrap();
        assert_close(alpha, case["alpha"].as_f64().unwrap(), 1e-12, &format!("alpha of case {i}"));
        assert_eq!(fleiss_kappa(&counts), None, "the items differ in their number of ratings");
        let unpaired = [vec![0; counts[0].len()], [vec![1], vec![0; counts[0].len() - 1]].concat()];
        counts.extend(unpaired);
        assert_eq!(krippendorff_alpha_nominal(&counts), Some(alpha), "single ratings say nothing");
    }
}

#[test]
fn cohen_kappa_equals_scikit_learn() {
    for (i, case) in
        load(include_str!("fixtures/reader_study.json"))["cohen"].as_array().unwrap().iter().enumerate()
    {
        let list = |name: &str| -> Vec<usize> {
            case[name].as_array().unwrap().iter().map(|c| c.as_u64().unwrap() as usize).collect()
        };
        let (a, b) = (list("a"), list("b"));
        let kappa = cohen_kappa(&a, &b).unwrap();
        assert_close(kappa, case["kappa"].as_f64().unwrap(), 1e-15, &format!("kappa of case {i}"));
        assert_close(raw_agreement(&a, &b).unwrap(), case["raw"].as_f64().unwrap(), 0.0, "raw agreement");
        assert_eq!(cohen_kappa(&b, &a), Some(kappa));
        let renamed = |list: &[usize]| list.iter().map(|c| usize::MAX - c).collect::<Vec<_>>();
        assert_eq!(cohen_kappa(&renamed(&a), &renamed(&b)), Some(kappa));
    }
}

/// The textbook example of two readers of fifty grant proposals: 20 both yes, 15 both no, 5 and 10 split; kappa 0.4.
#[test]
fn cohen_textbook_example() {
    let of = |yes_yes, yes_no, no_yes, no_no| {
        let list = |counts: [(usize, usize); 4]| -> Vec<usize> {
            counts.iter().flat_map(|(n, c)| std::iter::repeat_n(*c, *n)).collect()
        };
        let a = list([(yes_yes, 1), (yes_no, 1), (no_yes, 0), (no_no, 0)]);
        let b = list([(yes_yes, 1), (yes_no, 0), (no_yes, 1), (no_no, 0)]);
        (cohen_kappa(&a, &b), raw_agreement(&a, &b))
    };
    let (kappa, raw) = of(20, 5, 10, 15);
    assert_close(kappa.unwrap(), 0.4, 0.0, "kappa");
    assert_close(raw.unwrap(), 0.7, 0.0, "raw agreement");
    assert_eq!(of(3, 0, 0, 4), (Some(1.0), Some(1.0)));
    assert_eq!(of(0, 3, 3, 0), (Some(-1.0), Some(0.0)));
    assert_eq!(of(0, 5, 0, 0), (Some(0.0), Some(0.0)), "one reader says always yes, the other always no");
    assert_eq!(of(5, 0, 0, 0), (None, Some(1.0)), "one category");
    assert_eq!(of(0, 0, 0, 0), (None, None));
    assert_eq!((cohen_kappa(&[1], &[1, 2]), raw_agreement(&[1], &[1, 2])), (None, None));
}
