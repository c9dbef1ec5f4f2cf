//! `grayzone compare`, and what every command says of a run folder that it cannot use.

#[path = "../../record/tests/json_schema/mod.rs"]
mod json_schema;
mod sandbox;
#[path = "../../compare/tests/written_run/mod.rs"]
mod written_run;

use json_schema::Schema;
use sandbox::Sandbox;
use serde_json::Value;
use written_run::{PLAIN, Recipe, rewrite_results, write};

const GAIN: Recipe = Recipe { name: "new recipe", apart: [0.55, 0.9], ..PLAIN };

/// The runs `plain` and `gain`, written by hand.
fn two_runs() -> Sandbox {
    let here = Sandbox::new();
    write(&here.path("plain"), &PLAIN);
    write(&here.path("gain"), &GAIN);
    here
}

#[test]
fn runs_are_shown_side_by_side_on_a_screen_of_a_hundred_columns() {
    let here = two_runs();
    let wide = Recipe { name: "wider", width: 16, seeds: 7, tile_size: 64, data_hash: "bbbb", ..GAIN };
    write(&here.path("wide"), &wide);
    let ended = here.ok(&["compare", "plain", "gain", "wide"]);
    let shown = &ended.stdout;
    for line in shown.lines() {
        assert!(line.chars().count() <= 100, "{} columns: {line}", line.chars().count());
    }
    for words in [
        "A: plain (plain; grayzone 0.1.0, cpu (avx2); seed 3, 32 px, 80 test tiles on 16 slides)",
        "classifier.width",
        "tile_size",
        "B − A",
        "C − A",
        "phi=25",
        "five-best",
        "validation",
        "B's “+ generated, φ = 25” against A's improves AUC",
        "no difference shown",
    ] {
        let spaced = shown.replace('\u{a0}', " ");
        assert!(spaced.contains(words), "{words} is not shown:\n{shown}");
    }
    assert!(ended.stderr.contains("no pairs") && ended.stderr.contains("32 and 64 px"), "{}", ended.stderr);
    let quiet = here.ok(&["compare", "plain", "gain", "wide", "--quiet"]);
    assert!(quiet.stderr.is_empty() && quiet.stdout == *shown, "{}", quiet.stderr);
}

#[test]
fn json_has_every_number_and_every_claim() {
    let here = two_runs();
    let json = here.ok(&["compare", "plain", "gain", "--json"]).json();
    assert_eq!(json["runs"][1]["name"], "new recipe");
    assert_eq!(json["runs"][0]["table3"].as_array().unwrap().len(), 6);
    let tests = json["tests"].as_array().unwrap();
    assert_eq!(tests.len(), 18, "two rows, three strata, three choices of epochs");
    let claims = json["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 6);
    let claim = claims.iter().find(|c| c["training_set"] == "phi=25" && c["stratum"] == "all").unwrap();
    assert!(claim["sentence"].as_str().unwrap().contains("improves AUC on all test tiles"), "{claim}");
    let test = tests
        .iter()
        .map(|t| &t["comparison"])
        .find(|c| c["training_set"] == "phi=25" && c["stratum"] == "all" && c["epoch"] == "validation")
        .unwrap();
    for key in ["difference", "low", "p_t", "p_t_holm", "p_signed_rank_holm", "detectable"] {
        assert!(test[key].is_f64(), "{key}: {test}");
    }
    assert!(test["over_seeds_and_slides"]["low"].is_f64());
    assert_eq!(here.ok(&["compare", "plain", "gain", "--json", "--threads", "1"]).json(), json);
    // The runs' own claims stand beside them.
    rewrite_results(&here.path("gain"), |text| {
        let own = &serde_json::to_string(test).unwrap();
        text.replacen("\"comparisons\": []", &format!("\"comparisons\": [{own}]"), 1)
    });
    let json = here.ok(&["compare", "plain", "gain", "--json"]).json();
    let own = json["claims"].as_array().unwrap().last().unwrap();
    assert!(own["is_own"] == true && own["run"] == 1, "{own}");
    assert!(own["sentence"].as_str().unwrap().starts_with("B: + generated"), "{own}");
}

#[test]
fn the_page_is_one_file_that_needs_no_network_and_replaces_nothing() {
    let here = two_runs();
    let ended = here.ok(&["compare", "plain", "gain", "--out", "pages/both.html"]);
    assert!(ended.stdout.ends_with("pages/both.html\n"), "{}", ended.stdout);
    let page = here.read("pages/both.html");
    for words in
        ["<svg", "lang=\"en\"", "Table 3 of each", "Settings that differ", "improves AUC", "scope=\"col\""]
    {
        assert!(page.contains(words), "{words}");
    }
    for network in ["http:", "https:", "<script", "<link", "url("] {
        assert!(!page.contains(network), "{network}");
    }
    here.write("pages/both.html", "mine");
    here.refuses(
        &["compare", "plain", "gain", "--out", "pages/both.html"],
        &["pages/both.html", "there already"],
    );
    assert_eq!(here.read("pages/both.html"), "mine");
    // A place where no file can be, before anything is shown.
    let ended = here.refuses(
        &["compare", "plain", "gain", "--out", "plain/study.toml/c.html"],
        &["study.toml is a file"],
    );
    assert!(ended.stdout.is_empty());
}

#[test]
fn names_of_others_do_nothing_to_page_or_terminal() {
    let here = two_runs();
    write(&here.path("odd"), &Recipe { name: "<script>alert(1)</script>\\u001b[2J", ..GAIN });
    let shown = here.ok(&["compare", "plain", "odd", "--out", "odd.html"]).stdout;
    assert!(!shown.contains('\u{1b}'), "{shown}");
    assert!(!here.read("odd.html").contains("<script"));
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let here = two_runs();
    here.refuses(&["compare"], &["<RUN>", "usage: grayzone compare"]);
    here.refuses(&["compare", "plain"], &["one run was given", "hint: give the folders of two runs"]);
    here.refuses(&["compare", "plain", "./plain"], &["./plain", "the same run as plain"]);
    here.refuses(&["compare", "plain", "nowhere"], &["there is no run, in nowhere"]);
    here.refuses(&["compare", "plain", "gain/results.json"], &["gain/results.json", "it is a file"]);
    std::fs::create_dir(here.path("empty")).unwrap();
    here.refuses(&["compare", "plain", "empty"], &["neither study.toml nor results.json"]);

    write(&here.path("other"), &Recipe { tiles: "u", data_hash: "cccc", ..GAIN });
    here.refuses(
        &["compare", "plain", "gain", "other"],
        &[
            "other/confidences.csv",
            "80 test tiles are not the 80 of run A (plain)",
            "hint: compare runs of the same tiles",
        ],
    );
    write(&here.path("classes"), &Recipe { classes: ["HP", "TA"], ..GAIN });
    here.refuses(&["compare", "plain", "classes"], &["classes/results.json", "its classes are HP, TA"]);
    write(&here.path("x"), &Recipe { source_class: 1, ..GAIN });
    here.refuses(
        &["compare", "plain", "x"],
        &["x/results.json", "its source class is SSA, and that of run A"],
    );

    std::fs::remove_file(here.path("classes/results.json")).unwrap();
    here.refuses(
        &["compare", "plain", "classes"],
        &["the run is not finished", "classes/results.json", "hint: finish it"],
    );
    let scores = "gain/steps/retrain-phi-25-seed-2/scores-last.csv";
    here.write(scores, here.read(scores).replacen("test", "tEst", 1));
    here.refuses(
        &["compare", "plain", "gain"],
        &["cannot be relied on", scores, "SHA-256", "hint: bring the file back"],
    );
}

#[test]
fn a_run_of_an_older_schema_or_without_a_key_is_refused_by_every_command_that_reads_it() {
    let here = two_runs();
    let whole = here.read("gain/results.json");
    let line_of = |text: &str, words: &str| 1 + text[..text.find(words).unwrap()].matches('\n').count();
    let table3 = format!("line {})", line_of(&whole, "\"table3\"") + 1);
    for (old, new, words) in [
        (
            "\"schema\": 3",
            "\"schema\": 2",
            &["the results are of schema 2", "reads schema 3", "hint: run the study again"][..],
        ),
        ("\"schema\": 3", "\"schema\": 4", &["the results are of schema 4"]),
        ("\"schema\": 3,", "", &["missing field `schema`", "line "]),
        ("\"source_class\": \"HP\",", "", &["missing field `source_class`", "line "]),
        ("\"recommended_phi\": null,", "", &["the key `recommended_phi` is missing", "line 1)"]),
        ("\"auc_last\":", "\"auc_first\":", &["the key `table3[0].auc_last` is missing", &table3]),
        ("\"notes\": []", "\"notes\": [], \"more\": 1", &["there is no such key as `more`", "line "]),
        ("\"tile_size\": 32", "\"tile_size\": null", &["invalid type: null", "line "]),
        ("\"table3\": [", "\"table3\": [[", &["JSON is not as expected", "line "]),
    ] {
        let edited = whole.replacen(old, new, 1);
        assert_ne!(edited, whole, "{old}");
        here.write("gain/results.json", &edited);
        for command in [
            &["compare", "plain", "gain"][..],
            &["compare", "gain", "plain"],
            &["report", "gain"],
            &["reader", "new", "gain", "--out", "readers"],
        ] {
            let ended = here.refuses(command, words);
            assert!(ended.stderr.contains("gain/results.json"), "{command:?}: {}", ended.stderr);
        }
    }
    assert!(!here.path("readers").exists() && !here.path("gain/report.html").exists());
    here.write("gain/results.json", &whole);
    here.ok(&["compare", "plain", "gain"]);
}

#[test]
fn runs_of_the_program_itself_are_compared_and_their_results_are_as_the_schema_says() {
    let here = Sandbox::new();
    here.ok(&["demo", "--smallest", "--out", "first"]);
    let settings = here.read("first/study.toml");
    let seeds = settings.lines().find(|line| line.starts_with("seeds = ")).unwrap();
    here.write("more.toml", settings.replacen(seeds, "seeds = 3", 1));
    here.ok(&["run", "more.toml", "--out", "second"]);
    let mut schema = Schema::of_results();
    for run in ["first", "second"] {
        let results: Value = serde_json::from_str(&here.read(&format!("{run}/results.json"))).unwrap();
        assert_eq!(schema.faults(&results), [""; 0], "{run}");
    }
    let json = here.ok(&["compare", "first", "second", "--json", "--out", "both.html"]).json();
    let keys: Vec<&str> =
        json["settings"].as_array().unwrap().iter().map(|s| s["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["seeds"]);
    // The seeds that both have are the same trainings.
    for test in json["tests"].as_array().unwrap() {
        assert_eq!(
            (&test["paired"], &test["comparison"]["difference"]),
            (&Value::Bool(true), &Value::from(0.0)),
            "{test}"
        );
    }
    assert!(!json["tests"].as_array().unwrap().is_empty());
    here.refuses(&["compare", "first", "first"], &["the same run as first"]);
}
