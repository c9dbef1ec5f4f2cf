//! `grayzone stats`: values, JSON and every fault of a table.

mod sandbox;

use sandbox::Sandbox;

fn close(value: &serde_json::Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
}

const SCORES: &str = "p,truth,group\n0.1,0,low\n0.4,0,high\n0.35,1,low\n0.8,1,high\n0.4,1,none\n";

#[test]
fn auc_over_all_rows_and_by_stratum() {
    let here = Sandbox::new();
    here.write("s.csv", SCORES);
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "truth"];
    let all = here.ok(&[&args[..], &["--json"]].concat()).json();
    // Pairs: 0.1 loses to all three; 0.4 beats 0.35, ties 0.4, loses to 0.8: (3 + 1.5) / 6.
    close(&all["all"], 0.75);
    assert_eq!(all.as_object().unwrap().len(), 1);

    let by_group = here.ok(&[&args[..], &["--stratum", "group", "--json"]].concat()).json();
    close(&by_group["all"], 0.75);
    close(&by_group["high"], 1.0);
    close(&by_group["low"], 1.0);
    assert!(by_group["none"].is_null(), "a stratum of one class has no AUC");

    let flipped = here.ok(&[&args[..], &["--positive", "0", "--json"]].concat()).json();
    close(&flipped["all"], 0.25);
    let text = here.ok(&args).stdout;
    assert!(text.contains("0.7500"), "{text}");
}

#[test]
fn auc_takes_a_byte_order_mark_and_windows_line_ends() {
    let here = Sandbox::new();
    here.write("s.csv", format!("\u{feff}{}", SCORES.replace('\n', "\r\n")));
    let ended = here.ok(&["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "truth", "--json"]);
    close(&ended.json()["all"], 0.75);
}

#[test]
fn auc_names_the_line_of_a_bad_score() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y"];
    for bad in ["NaN", "inf", "1e999", "", "high", "0,5"] {
        let quoted = format!("p,y\n0.5,0\n\n\"{bad}\",1\n0.2,0\n");
        here.write("s.csv", quoted);
        here.refuses(&args, &["s.csv (line 4)", "not a finite number"]);
    }
}

#[test]
fn auc_refuses_what_it_cannot_compare() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y"];
    here.write("s.csv", "p,y\n0.5,HP\n0.2,SSA\n");
    here.refuses(&args, &["positive", "HP, SSA", "--positive"]);
    here.refuses(&[&args[..], &["--positive", "TA"]].concat(), &["no row has the label 'TA'"]);
    here.write("s.csv", "p,y\n0.5,1\n0.2,1\n");
    here.refuses(&args, &["every row has the label '1'"]);
    here.write("s.csv", "p,y\n0.5,1\n0.2,\n");
    here.refuses(&args, &["s.csv (line 3)", "empty"]);
    here.write("s.csv", "p,y,g\n0.5,1,all\n0.2,0,low\n");
    here.refuses(&[&args[..], &["--stratum", "g"]].concat(), &["s.csv (line 2)", "'all'"]);
}

#[test]
fn faults_of_the_file_are_told_apart() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y"];
    here.refuses(&args, &["s.csv", "no such file"]);
    here.write("s.csv", "");
    here.refuses(&args, &["s.csv", "empty"]);
    here.write("s.csv", "p,y\n");
    here.refuses(&args, &["s.csv", "no row"]);
    here.write("s.csv", "p,labels\n1,0\n");
    here.refuses(&args, &["no column 'y'", "p, labels"]);
    here.write("s.csv", "p,Y\n1,0\n");
    here.refuses(&args, &["did you mean --label 'Y'"]);
    here.write("s.csv", "p,y,y\n1,0,0\n");
    here.refuses(&args, &["two columns"]);
    here.write("s.csv", "p,y\n1,0\n1\n");
    here.refuses(&args, &["s.csv (line 3)", "1 cells"]);
    here.write("s.csv", b"p,y\n1,0\n1,\xff\n");
    here.refuses(&args, &["s.csv (line 3)", "UTF-8"]);
    std::fs::create_dir(here.path("folder")).unwrap();
    here.refuses(&["stats", "auc", "--csv", "folder", "--score", "p", "--label", "y"], &["folder"]);
}

#[test]
fn ks_compares_two_groups() {
    let here = Sandbox::new();
    here.write("v.csv", "c,g\n1,b\n2,b\n3,a\n4,a\n5,a\n");
    let args = ["stats", "ks", "--csv", "v.csv", "--value", "c", "--group", "g"];
    let result = here.ok(&[&args[..], &["--json"]].concat()).json();
    close(&result["statistic"], 1.0);
    close(&result["p_value"], 0.2);
    assert_eq!((&result["n1"], &result["n2"]), (&3.into(), &2.into()), "groups are sorted by name");
    assert!(here.ok(&args).stdout.contains("exact"));
    here.write("v.csv", "c,g\n1,b\n2,b\n3,a\n4,x\n");
    here.refuses(&args, &["v.csv", "holds 3: a, b, x"]);
    here.write("v.csv", "c,g\n1,b\n2,b\n");
    here.refuses(&args, &["holds 1: b"]);
    here.write("v.csv", "c,g\n1,b\n2,\n");
    here.refuses(&args, &["v.csv (line 3)"]);
    here.write("v.csv", "c,g\n1,b\nx,a\n");
    here.refuses(&args, &["v.csv (line 3)", "not a finite number"]);
}

#[test]
fn agreement_of_raters() {
    let here = Sandbox::new();
    let args = ["stats", "agreement", "--csv", "r.csv", "--item", "tile", "--rater", "who", "--label", "y"];
    here.write("r.csv", "tile,who,y\n1,a,HP\n1,b,HP\n2,a,HP\n2,b,SSA\n3,a,SSA\n3,b,SSA\n4,a,SSA\n4,b,SSA\n");
    let result = here.ok(&[&args[..], &["--json"]].concat()).json();
    // Observed 3/4; by chance (3/8)² + (5/8)² = 34/64.
    close(&result["fleiss_kappa"], (0.75 - 34.0 / 64.0) / (1.0 - 34.0 / 64.0));
    // Coincidences: agreeing 6 of 8 values; expected 2·3·5.
    close(&result["krippendorff_alpha"], 1.0 - 7.0 * 2.0 / 30.0);
    assert_eq!((&result["unanimous"], &result["n_items"]), (&3.into(), &4.into()));
    assert!(here.ok(&args).stdout.contains("3 of 4"));

    here.write("r.csv", "tile,who,y\n1,a,HP\n1,b,HP\n2,a,HP\n2,b,SSA\n3,a,SSA\n");
    let uneven = here.ok(&[&args[..], &["--json"]].concat());
    assert!(uneven.json()["fleiss_kappa"].is_null() && uneven.stderr.contains("different numbers"));
    assert_eq!(uneven.json()["unanimous"], 1);
    here.write("r.csv", "tile,who,y\n1,a,HP\n1,a,SSA\n");
    here.refuses(&args, &["r.csv (line 3)", "twice", "line 2"]);
}
