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

/// Words that programs write for a missing value.
const MISSING: [&str; 14] = [
    "", "NA", "N/A", "#N/A", "nan", "NaN", "NULL", "None", "<NA>", "n.a.", "#DIV/0!", "NaT", "(null)", "-nan",
];

#[test]
fn a_missing_value_is_blank_whatever_writes_it() {
    let here = Sandbox::new();
    let auc = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y", "--stratum", "g", "--json"];
    let ks = ["stats", "ks", "--csv", "s.csv", "--value", "p", "--group", "y"];
    let agreement =
        ["stats", "agreement", "--csv", "r.csv", "--item", "tile", "--rater", "who", "--label", "y"];
    let ratings = "tile,who,y\n1,a,HP\n1,b,HP\n2,a,HP\n2,b,SSA\n3,a,SSA\n3,b,SSA\n4,a,SSA\n";
    here.write("r.csv", ratings);
    let without = here.ok(&[&agreement[..], &["--json"]].concat()).json();
    for word in MISSING {
        here.write("s.csv", format!("p,y,g\n0.1,0,a\n0.4,0,a\n0.35,1,a\n0.8,1,{word}\n"));
        let seen = here.ok(&auc);
        close(&seen.json()["all"], 0.75);
        close(&seen.json()["a"], 0.5);
        assert_eq!(seen.json().as_object().unwrap().len(), 2, "{word}");
        assert!(seen.stderr.contains("1 row has no 'g'"), "{}", seen.stderr);
        here.write("s.csv", format!("p,y,g\n0.1,0,a\n0.4,1,a\n0.35,{word},a\n"));
        here.refuses(&auc, &["column 'y' has no value, in s.csv (line 4)"]);
        here.refuses(&ks, &["column 'y' has no value, in s.csv (line 4)"]);
        here.write("s.csv", format!("p,y,g\n0.1,0,a\n{word},1,a\n"));
        here.refuses(&auc, &["s.csv (line 3)", "not a finite number"]);
        here.refuses(&ks, &["s.csv (line 3)", "not a finite number"]);
        here.write("r.csv", format!("{ratings}4,b,{word}\n3,c,{word}\n"));
        let rated = here.ok(&[&agreement[..], &["--json"]].concat());
        assert_eq!(rated.json(), without, "{word}");
        assert!(rated.stderr.contains("2 rows have no 'y'"), "{}", rated.stderr);
        here.write("r.csv", format!("{ratings}4,{word},HP\n"));
        here.refuses(&agreement, &["column 'who' has no value, in r.csv (line 9)"]);
        here.write("r.csv", format!("tile,who,y\n1,a,{word}\n"));
        here.refuses(&agreement, &["no row of the table has a label"]);
    }
}

#[test]
fn labels_of_two_are_read_as_programs_write_them() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y", "--json"];
    let table = |negative: &str, positive: &str| {
        format!("p,y\n0.1,{negative}\n0.4,{negative}\n0.35,{positive}\n0.8,{positive}\n")
    };
    for (negative, positive) in
        [("0", "1"), ("0.0", "1.0"), ("False", "True"), ("FALSE", "TRUE"), ("0.00", "1"), ("false", "1")]
    {
        here.write("s.csv", table(negative, positive));
        close(&here.ok(&args).json()["all"], 0.75);
        for wanted in [positive, "1"] {
            close(&here.ok(&[&args[..], &["--positive", wanted]].concat()).json()["all"], 0.75);
        }
        close(&here.ok(&[&args[..], &["--positive", negative]].concat()).json()["all"], 0.25);
    }
    here.write("s.csv", table("2.0", "3.0"));
    close(&here.ok(&[&args[..], &["--positive", "3"]].concat()).json()["all"], 0.75);
    here.write("s.csv", table("no", "yes"));
    here.refuses(&args, &["the labels are no, yes"]);
    let rows = |n: usize| {
        let row = |k: usize| format!("0.1,c{k:03}\n");
        format!("p,y\n{}", (0..n).map(row).collect::<String>())
    };
    here.write("s.csv", rows(25));
    here.refuses(&args, &["the labels are c000, c001", "c024"]);
    here.write("s.csv", rows(900));
    assert!(here.refuses(&args, &["and 870 more"]).stderr.len() < 1500);
    // A hint never asks for what is given.
    here.write("s.csv", table("HP", "SSA"));
    let said = here
        .refuses(&[&args[..], &["--positive", "ssa"]].concat(), &["no row has the label 'ssa'", "HP, SSA"]);
    assert!(!said.stderr.contains("with --positive"), "{}", said.stderr);
    here.write("s.csv", table("HP", "SSA") + "0.9,ssa\n");
    here.refuses(
        &[&args[..], &["--positive", "SSA"]].concat(),
        &["s.csv (line 6)", "\"ssa\"", "line 4", "\"SSA\""],
    );
}

#[test]
fn tables_are_read_as_spreadsheets_write_them() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y", "--json"];
    let commas = "p;y\r\n0,1;0\r\n0,4;0\r\n0,35;1\r\n0,8;1\r\n";
    let wide = |mark: &str, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{commas}").encode_utf16().flat_map(bytes).collect()
    };
    let read: [Vec<u8>; 8] = [
        commas.into(),
        format!("sep=;\r\n{commas}").into(),
        format!("\u{feff}\"sep=;\"\r\n\r\n{commas}").into(),
        commas.replace(';', "\t").into(),
        commas.replace("\r\n", "\r").into(),
        commas.replace("\r\n", ";;\n").into(),
        wide("\u{feff}", u16::to_le_bytes),
        wide("\u{feff}", u16::to_be_bytes),
    ];
    for bytes in read {
        here.write("s.csv", &bytes);
        close(&here.ok(&args).json()["all"], 0.75);
    }
    here.write("s.csv", "p;y\n0,1;0\n0.4;0\n0,35;1\n");
    here.refuses(&args, &["s.csv (line 3)", "decimal sign"]);
    here.write("s.csv", wide("", u16::to_le_bytes));
    here.refuses(&args, &["s.csv (line 1)", "UTF-16 (little-endian) without its mark"]);
    here.write("s.csv", b"PK\x03\x04".as_slice());
    here.refuses(&args, &["a workbook"]);
    here.write("s.csv", "p,y\n1,\"0\n1,1\n");
    here.refuses(&args, &["s.csv (line 2)", "quote"]);
}

#[test]
fn a_table_out_of_bounds_is_told_in_few_words() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y"];
    let said = |text: String, words: &[&str]| {
        here.write("s.csv", text);
        let said = here.refuses(&args, words).stderr;
        assert!(said.len() < 2000, "{} characters", said.len());
    };
    let names = |n: usize| (0..n).map(|k| format!("c{k}")).collect::<Vec<_>>().join(",");
    said(names(300_000), &["s.csv (line 1)", "16384 columns"]);
    said(format!("{}\n{}\n", names(10_000), names(10_000)), &["no column 'p'", "c0, c1", "and 9988 more"]);
    said(format!("p,y\n0.1,{}\n", "x".repeat(3_000_000)), &["s.csv (line 2)", "longer than 1 MiB"]);
    said(format!("p,y\n{},1\n0.1,0\n", "x".repeat(900_000)), &["s.csv (line 2)", "900000 characters"]);
    said(format!("p,{}\n1,0\n", "y".repeat(900_000)), &["no column 'y'", "900000 characters"]);
}

#[test]
fn texts_are_no_labels_to_agree_upon() {
    let here = Sandbox::new();
    let rows: Vec<String> = (0..1500).map(|i| format!("i{i},r1,text {i}")).collect();
    here.write("t.csv", format!("item,rater,label\n{}\n", rows.join("\n")));
    let args =
        ["stats", "agreement", "--csv", "t.csv", "--item", "item", "--rater", "rater", "--label", "label"];
    here.refuses(&args, &["1500 different labels", "--label"]);
}

#[cfg(unix)]
#[test]
fn a_table_may_come_through_a_pipe_of_the_shell() {
    use std::io::Write as _;
    use std::process::Stdio;
    let here = Sandbox::new();
    let mut run = here
        .command(&["stats", "auc", "--csv", "/dev/stdin", "--score", "s", "--label", "y", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    run.stdin.take().unwrap().write_all(b"s,y\n0.1,0\n0.9,1\n").unwrap();
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("1.0"));
}

#[test]
fn auc_tells_which_labels_count_as_negative() {
    let here = Sandbox::new();
    let args = ["stats", "auc", "--csv", "s.csv", "--score", "p", "--label", "y", "--positive", "HP"];
    here.write("s.csv", "p,y\n0.5,HP\n0.2,SSA\n0.1,SSA\n0.3,other\n");
    let told = here.ok(&args).stderr;
    assert!(
        told.contains("holds 3 labels, and all but 'HP' count as negative: 3 rows (2 \"SSA\", 1 \"other\")"),
        "{told}"
    );
    here.write("s.csv", "p,y\n0.5,HP\n0.2,SSA\n");
    assert!(!here.ok(&args).stderr.contains("negative"));
}

#[test]
fn items_are_compared_as_they_are_with_a_warning() {
    let here = Sandbox::new();
    let args =
        ["stats", "agreement", "--csv", "s.csv", "--item", "i", "--rater", "r", "--label", "l", "--json"];
    for (one, other) in [("xA1", "Xa1"), ("t1.png", "t1"), ("s01", "s1")] {
        here.write("s.csv", format!("i,r,l\n{one},A,a\n{one},B,a\n{other},A,b\n{other},B,a\n"));
        let done = here.ok(&args);
        assert_eq!(done.json()["n_items"], 2);
        let told = done.stderr;
        assert!(told.contains("count as two") && told.contains(&format!("\"{other}\"")), "{told}");
    }
    here.write("s.csv", "i,r,l\nq7,A,a\nq7,B,a\nq8,A,b\nq8,B,a\n");
    assert!(!here.ok(&args).stderr.contains("warning"));
}
