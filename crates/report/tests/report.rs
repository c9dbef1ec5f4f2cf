//! The report of a fabricated run: whole, safe, small, and honest about what is missing.

mod support;

use std::collections::BTreeMap;

use files::{read_rows, read_utf8, write_atomic, write_json};
use record::{
    AgreementRow, Comparison, ConfidenceRow, CountedShare, DetectionRow, Disturbance, EpochChoice, Estimate,
    Figure4Row, PairRow, Phi, Reading, RocRow, RowComparison, RunFolder, Selection, Side, StepName, Stratum,
    Table2Row, TimeRow, TrainingSet,
};
use report::ReportError;
use support::{Fabricated, RECIPES, report_of};

/// The paper's selectivity.
const PHI: Phi = Phi::new(25.0);

const SECTIONS: [&str; 22] = [
    "summary",
    "pipeline",
    "data",
    "confidence",
    "difficulty",
    "quality",
    "roc",
    "thresholds",
    "calibration",
    "robustness",
    "translations",
    "shift",
    "filter",
    "gallery",
    "stain",
    "truth",
    "recipes",
    "auc",
    "curves",
    "translators",
    "settings",
    "provenance",
];

/// What is wrong for any report: missing sections, numbers that are none, a network, unbalanced structure.
fn check(page: &str) {
    for id in SECTIONS {
        assert_eq!(page.matches(&format!("<section id=\"{id}\"")).count(), 1, "section {id}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "contents lack {id}");
    }
    let (page, scripts) = without_scripts(page);
    // The gallery's: its data, and one to run. No name is one.
    let kinds: Vec<&str> = scripts.iter().map(|(opening, _)| opening.as_str()).collect();
    let whole = [
        "<script id=\"gallery-data\" type=\"application/json\">",
        "<script id=\"gallery-pictures\" type=\"text/plain\">",
        "<script id=\"gallery-maps\" type=\"text/plain\">",
        "<script type=\"module\">",
    ];
    let without_maps = [whole[0], whole[1], whole[3]];
    assert!(kinds.is_empty() || kinds == whole || kinds == without_maps, "{kinds:?}");
    let visible = without_images(&page);
    for bad in
        ["NaN", "inf ", "http:", "https:", "//cdn", "<script", "<link", "@import", "url(", "Some(", "None)"]
    {
        assert!(!visible.contains(bad), "{bad:?} in the page: {:?}", around(&visible, bad));
    }
    for tag in ["section", "svg", "table", "figure", "details", "div", "tr", "p", "ul"] {
        let opened =
            visible.matches(&format!("<{tag}>")).count() + visible.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, visible.matches(&format!("</{tag}>")).count(), "<{tag}> is not balanced");
    }
    assert_eq!(visible.matches("<svg class=\"chart\"").count(), visible.matches("<desc>").count());
    assert_eq!(visible.matches("<img").count(), visible.matches(" alt=\"").count());
    let bytes = page.len() + scripts.iter().map(|(_, content)| content.len()).sum::<usize>();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

/// The page less its scripts, and those: the opening tag and what is inside.
fn without_scripts(page: &str) -> (String, Vec<(String, String)>) {
    let mut text = String::new();
    let mut scripts = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find("<script") {
        text += &rest[..at];
        let (opening, after) = rest[at..].split_once('>').unwrap();
        let (content, after) = after.split_once("</script>").unwrap();
        scripts.push((format!("{opening}>"), content.to_owned()));
        rest = after;
    }
    (text + rest, scripts)
}

/// The page less the pixels, which may spell anything.
fn without_images(page: &str) -> String {
    let mut text = String::new();
    for (i, part) in page.split("base64,").enumerate() {
        let rest = if i == 0 { part } else { part.split_once('"').map_or("", |(_, rest)| rest) };
        text.push_str(rest);
        text.push('"');
    }
    text.replace("src=\"data:image/png;\"", "")
}

fn around(text: &str, what: &str) -> String {
    let at = text.find(what).unwrap_or(0);
    text.chars().skip(text[..at].chars().count().saturating_sub(60)).take(140).collect()
}

#[test]
fn a_whole_run_has_every_figure() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let page = report_of(&run);
    check(&page);
    for text in [
        "Yes, by the held-out judge",
        "φ\u{a0}=\u{a0}25",
        "points of AUC",
        "Table 1.",
        "Table 3.",
        "Figure 3.",
        "Figure 5.",
        "Figure 6",
        "D = 0.301",
        "2.4\u{a0}×\u{a0}10⁻⁹",
        "Five best ± SE",
        "Validation",
        "84.8",
        "of the way from the easy mean",
        "feedfacefeedface",
        "epoch 12",
        "φ = 12.5 leaves 191 hard tiles",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    assert!(!page.contains("Left out"), "{}", around(&page, "Left out"));
    assert!(!page.contains("not shown</div>"), "every tile is there");
    assert!(!page.contains("Large stain drift"));
    assert!(page.matches("data:image/").count() > 40);
}

#[test]
fn a_dial_is_shown_with_how_many_tiles_follow_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { dial: true, ..Fabricated::default() }.write(folder.path());
    let page = report_of(&run);
    check(&page);
    for text in [
        "Does the dial do what it says?",
        "href=\"#dial\"",
        "<strong>9 (75",
        "11 (92",
        "median correlation is 0.96",
        "0.83",
    ] {
        assert!(page.contains(text), "{text:?} is missing");
    }
    let figures = figures_of(&run);
    assert_eq!(figures["dial-tiles"].1.len(), 5 * 8, "five tiles, themselves and at seven settings");
    assert_eq!(figures["dial-tiles"].0.matches("data:image/").count(), 5 * 8);
    // Twelve tiles, their mean, and the tiles themselves.
    assert_eq!(figures["dial-confidence"].1.len(), 14 * 7);
    assert_eq!(figures["dial-losses"].1.len(), 5 * 6);

    let plain = report_of(&Fabricated::default().write(&folder.path().join("plain")));
    assert!(!plain.contains("Does the dial") && !plain.contains("#dial"));
}

/// Each figure's name with its picture and its numbers, which must open in other programs.
fn figures_of(run: &RunFolder) -> BTreeMap<String, (String, Vec<Vec<String>>)> {
    let docs = include_str!("../../../docs/figures.md");
    let mut figures = BTreeMap::new();
    for entry in std::fs::read_dir(run.figures()).unwrap() {
        let path = entry.unwrap().path();
        let (name, ending) = (path.file_stem().unwrap().to_str().unwrap(), path.extension().unwrap());
        if ending == "csv" {
            assert!(name == "list" || path.with_extension("svg").is_file(), "{name} has no picture");
            continue;
        }
        let text = read_utf8(&path).unwrap();
        let options = roxmltree::ParsingOptions { allow_dtd: false, ..Default::default() };
        let picture =
            roxmltree::Document::parse_with_options(&text, options).unwrap_or_else(|e| panic!("{name}: {e}"));
        let root = picture.root_element();
        assert_eq!(
            (root.tag_name().name(), root.tag_name().namespace()),
            ("svg", Some("http://www.w3.org/2000/svg"))
        );
        for of_words in ["title", "desc"] {
            let words = root.children().find(|c| c.has_tag_name(("http://www.w3.org/2000/svg", of_words)));
            assert!(words.and_then(|w| w.text()).is_some_and(|t| t.len() >= 3), "{name} has no {of_words}");
        }
        let drawn = without_images(&text);
        assert!(
            !drawn.contains("class=") && !drawn.contains("var(") && !drawn.contains("NaN"),
            "{name} is not on its own"
        );
        assert!(!drawn.contains("#000000"), "{name} has an element without a colour");
        let rows: Vec<Vec<String>> = read_rows(&path.with_extension("csv")).unwrap();
        let header = read_utf8(&path.with_extension("csv")).unwrap().lines().next().unwrap().to_owned();
        for column in header.split(',') {
            assert!(
                docs.contains(&format!("`{column}`")),
                "docs/figures.md says nothing of {column}, in {name}"
            );
        }
        assert!(!rows.is_empty(), "{name} has no numbers");
        assert!(rows.iter().all(|row| row.len() == header.split(',').count()), "{name}");
        figures.insert(name.to_owned(), (text, rows));
    }
    figures
}

#[test]
fn every_figure_is_a_picture_and_numbers_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { source_class: "h<p & \"co\"", ..Fabricated::default() }.write(folder.path());
    write_json(&run.reading_json(), &reading(&run)).unwrap();
    let page = report_of(&run);
    let figures = figures_of(&run);
    for name in figures.keys() {
        assert!(page.contains(&format!("href=\"figures/{name}.svg\"")), "{name} is not in the report");
    }
    assert_eq!(page.matches("<span class=\"files\">").count(), figures.len());

    // Numbers are those of the results, digit by digit.
    let results = run.read_results().unwrap();
    let of_all: Vec<[String; 2]> = results
        .table3
        .iter()
        .filter(|r| r.stratum == Stratum::All)
        .flat_map(|r| {
            r.per_seed.iter().map(|s| [s.five_best.unwrap().to_string(), s.val.unwrap().to_string()])
        })
        .collect();
    let written: Vec<[String; 2]> =
        figures["table-3-all"].1.iter().map(|row| [row[3].clone(), row[5].clone()]).collect();
    assert_eq!(written, of_all);

    let parsed = |text: &str| text.parse::<f64>().unwrap();
    let differences: Vec<f64> = figures["difference-low"].1.iter().map(|row| parsed(&row[4])).collect();
    let low = results.comparisons.iter().filter(|c| c.stratum == Stratum::Low);
    assert_eq!(differences, low.filter_map(|c| c.difference).collect::<Vec<_>>());

    let roc: Vec<RocRow> = read_rows(&run.roc_csv()).unwrap();
    let roc = roc.iter().filter(|r| r.stratum == Stratum::High && r.epoch == EpochChoice::Validation);
    let drawn = figures["roc-high-validation"].1.iter().map(|row| (parsed(&row[3]), parsed(&row[4])));
    assert!(drawn.eq(roc.map(|r| (r.false_positive_rate, r.sensitivity))));

    let under_attack: Vec<[String; 2]> = results
        .robustness
        .iter()
        .filter(|r| r.disturbance == Disturbance::Pgd)
        .map(|r| [r.auc.value.unwrap().to_string(), r.lost.value.unwrap().to_string()])
        .collect();
    let written: Vec<[String; 2]> =
        figures["robustness-pgd"].1.iter().map(|row| [row[6].clone(), row[10].clone()]).collect();
    assert_eq!(written, under_attack);

    let bins = &results.calibration.iter().find(|c| c.training_set.is_none()).unwrap().bins;
    let drawn: Vec<(f64, f64)> =
        figures["calibration-scorer"].1.iter().map(|row| (parsed(&row[6]), parsed(&row[7]))).collect();
    assert_eq!(drawn, bins.iter().map(|b| (b.confidence, b.share.value.unwrap())).collect::<Vec<_>>());

    for name in [
        "figure-1-pipeline",
        "figure-2-examples",
        "figure-4-readers",
        "figure-5-confidence",
        "figure-6-held-out",
    ] {
        assert!(figures.contains_key(name), "{name}");
    }
    assert!(figures["figure-1-pipeline"].0.matches("<image ").count() > 5, "Figure 1 is drawn with tiles");
}

/// A section's text, from its heading to its end.
fn section_of(page: &str, id: &str) -> String {
    let start = page.find(&format!("<section id=\"{id}\"")).unwrap();
    without_images(&page[start..start + page[start..].find("</section>").unwrap()])
}

#[test]
fn what_may_be_claimed_is_said_of_each_row() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let results = run.read_results().unwrap();
    let page = report_of(&run);
    let auc = section_of(&page, "auc");
    let told = results.comparisons.iter().filter(|c| c.epoch == EpochChoice::Validation);
    let mut claims = 0;
    for claim in told.map(report::claim) {
        assert!(auc.contains(&format!("<li>{}.", claim.sentence)), "{}", claim.sentence);
        claims += 1;
    }
    let list = auc.split_once("<ul class=\"claims\">").unwrap().1.split_once("</ul>").unwrap().0;
    assert_eq!(list.matches("<li>").count(), claims, "a claim a row and stratum");
    assert!(!page.contains("within chance") && !page.contains("twice the standard error over seeds"));
}

#[test]
fn a_run_without_scores_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let older = Fabricated { scores: false, quality: false, phis: vec![PHI], ..Fabricated::default() };
    let page = report_of(&older.write(folder.path()));
    check(&page);
    for id in ["roc", "thresholds"] {
        let section = section_of(&page, id);
        assert!(
            section.contains("Left out: the classifiers' scores of single tiles are not on file"),
            "{section}"
        );
    }
    assert!(section_of(&page, "quality").contains("has not been measured"));
    let auc = section_of(&page, "auc");
    assert!(
        auc.contains("over seeds") && !auc.contains("<path class=\"whisker"),
        "no interval over slides is drawn"
    );
    // The scorer kept its scores all along.
    assert!(section_of(&page, "calibration").contains("Expected calibration error 0.083"));
}

#[test]
fn several_classes_and_a_poor_translator_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let page = report_of(&Fabricated { third_class: true, ..Fabricated::default() }.write(folder.path()));
    check(&page);
    let auc = section_of(&page, "auc");
    assert!(auc.contains("adenoma") && auc.contains("mean over classes"));
    let quality = section_of(&page, "quality");
    for words in [
        "φ\u{a0}=\u{a0}50: look at these tiles before you use them.",
        "mosaic (periodicity 2.40 against 1.02 of the sources)",
        "padding repainted (80\u{a0}% of it, 12 tiles)",
        "near-copies of other training tiles (9 tiles, 3.0\u{a0}%)",
        "φ\u{a0}=\u{a0}25: no mosaic, no inversion",
        "With few tiles the Fréchet distance is too large",
        "translations lie nearer to the real hard tiles",
    ] {
        assert!(quality.contains(words), "{words:?} in {quality}");
    }
    let difficulty = section_of(&page, "difficulty");
    assert!(difficulty.contains("takes tiles as independent") && difficulty.contains("up to 7 a tile"));
}

#[test]
fn figures_that_are_no_more_go_and_files_of_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    std::fs::create_dir_all(run.figures()).unwrap();
    let (mine, taken) = (run.figures().join("mine.svg"), run.figures().join("stain-hue.svg"));
    for path in [&mine, &taken] {
        std::fs::write(path, "drawn by hand").unwrap();
    }
    let warning = report::write(&run).unwrap().unwrap();
    assert!(warning.contains("stain-hue.svg"), "{warning}");
    let low = run.figures().join("table-3-low.svg");
    assert!(low.is_file());
    let mut results = run.read_results().unwrap();
    results.table3.retain(|r| r.stratum == Stratum::All);
    results.stain.clear();
    write_json(&run.results_json(), &results).unwrap();
    assert_eq!(report::write(&run).unwrap(), None);
    assert!(!low.exists() && run.figures().join("table-3-all.svg").is_file());
    for path in [&mine, &taken] {
        assert_eq!(read_utf8(path).unwrap(), "drawn by hand");
    }
}

/// The report's first answer, in the order of reading.
fn first_answer(page: &str) -> String {
    let summary = section_of(page, "summary");
    let answer = summary.split_once("<article").unwrap().1.split_once("</article>").unwrap().0.to_owned();
    assert!(
        summary.find("<article").unwrap() < summary.find("<p class=\"lead\"").unwrap(),
        "it comes before what happened"
    );
    answer.replace('\u{a0}', " ")
}

#[test]
fn the_summary_leads_with_the_recipe_to_use_and_what_it_gives_on_test_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let soft = TrainingSet::Recipe("soft-both".parse().unwrap());
    let run = Fabricated { recipes: true, recommended: soft, ..Fabricated::default() }.write(folder.path());
    let (page, results) = (report_of(&run), run.read_results().unwrap());
    check(&page);
    let first = first_answer(&page);
    for text in [
        "Which recipe to use?",
        "Use “soft-both”",
        "“soft-both” is recommended: it adds translations at φ = 25 of every class, kept by the held-out judge and its features, at most 25 % \
         of the class's tiles (chosen on validation) and copies of low-agreement tiles of “hp”; with votes and the held-out judge's probabilities as labels and \
         a weight of 0.5 for added tiles.",
        "It was chosen on the 120 validation tiles of 20 slides alone: it alone has a clear gain there, +3.1 points (+1.1 to +5.1 over seeds and slides; \
         p = 0.016, 5 seeds).",
    ] {
        assert!(first.contains(text), "{text:?} is not in {first}");
    }
    for stratum in [Stratum::All, Stratum::Low] {
        let is_told =
            |c: &&RowComparison| (c.training_set, c.stratum, c.epoch) == (soft, stratum, EpochChoice::Last);
        let row = results.comparisons.iter().find(is_told).unwrap();
        let sentence = report::claim_of("“soft-both”", row).sentence.replace('\u{a0}', " ");
        assert!(first.contains(&sentence), "{sentence} is not in {first}");
    }
    // The row's curve has a band, and its reliability is in view.
    assert!(
        section_of(&page, "calibration")
            .split_once("<details")
            .unwrap()
            .0
            .contains("Reliability of soft-both")
    );
    assert!(section_of(&page, "recipes").contains("soft-both <span class=\"tag\">recommended</span>"));
}

#[test]
fn a_choice_that_the_test_tiles_contradict_is_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { recommended: TrainingSet::Naive, ..Fabricated::default() }.write(folder.path());
    let mut results = run.read_results().unwrap();
    for row in results.comparisons.iter_mut().filter(|c| c.training_set == TrainingSet::Naive) {
        (row.difference, row.p_t_holm, row.seeds) = (Some(-0.045), Some(0.001), 5);
    }
    let told = report::advice(&results).unwrap();
    assert_eq!(told.outcome, report::Outcome::Loses);
    assert!(
        told.sentences
            .iter()
            .any(|s| s.contains("+ naive mix lowers AUC on all test tiles (last epoch) by 4.5"))
    );
    assert!(told.sentences.last().unwrap().starts_with("The test tiles contradict the choice"));
    // With a gain it is confirmed.
    for row in results.comparisons.iter_mut().filter(|c| c.training_set == TrainingSet::Naive) {
        row.difference = Some(0.045);
    }
    assert_eq!(report::advice(&results).unwrap().outcome, report::Outcome::Gains);
}

#[test]
fn where_no_recipe_pays_or_none_can_be_chosen_that_comes_first_and_no_loss() {
    let of = |run: Fabricated| {
        let folder = tempfile::tempdir().unwrap();
        let page = report_of(&run.write(folder.path()));
        check(&page);
        let first = first_answer(&page);
        assert!(!first.contains("lowers AUC"), "{first}");
        first
    };
    let none_pays = of(Fabricated::default());
    for text in [
        "None pays here",
        "No recipe is shown to pay here: train on the original tiles alone.",
        "no row has a clear gain; the best of them is + generated, φ = 25, +1.3 points (-0.7 to",
    ] {
        assert!(none_pays.replace('−', "-").contains(text), "{text:?} is not in {none_pays}");
    }
    let small = of(Fabricated { seeds: 2, ..Fabricated::default() });
    assert!(small.contains(
        "No recipe is shown to pay in so small a study: 2 seeds are too few to tell a gain from chance (it takes 3)."
    ));
    assert!(
        of(Fabricated { validation: false, ..Fabricated::default() })
            .contains("sets no validation tiles aside")
    );
    assert!(
        of(Fabricated { scores: false, ..Fabricated::default() })
            .contains("an older grayzone kept no scores")
    );
}

#[test]
fn rows_are_named_and_ordered_as_the_study_has_them_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { recipes: true, ..Fabricated::default() }.write(folder.path());
    let results = run.read_results().unwrap();
    let names: Vec<String> = RECIPES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let in_order = |text: &str, what: &str| {
        let places: Vec<usize> = names
            .iter()
            .map(|n| text.find(n.as_str()).unwrap_or_else(|| panic!("{n} is not in {what}")))
            .collect();
        assert!(places.is_sorted(), "{what}: {places:?}");
    };
    let page = report_of(&run);
    check(&page);
    for id in ["recipes", "auc", "roc", "thresholds", "calibration", "curves"] {
        in_order(&section_of(&page, id), id);
    }
    assert_eq!(results.rows().len(), 11);
    // While the study has not ended, the order is that of its settings.
    std::fs::remove_file(run.results_json()).unwrap();
    let recipes: Vec<String> =
        names.iter().map(|name| format!("\n[[training_set]]\nname = \"{name}\"\n")).collect();
    let study = read_utf8(&run.study_toml()).unwrap();
    write_atomic(&run.study_toml(), [study, recipes.concat()].concat().as_bytes()).unwrap();
    let page = report_of(&run);
    check(&page);
    in_order(&section_of(&page, "curves"), "curves of an unfinished study");
}

#[test]
fn recipes_are_told_with_what_they_added_and_what_was_tried() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { recipes: true, ..Fabricated::default() }.write(folder.path());
    let recipes = section_of(&report_of(&run), "recipes").replace('\u{a0}', " ");
    for text in [
        "translations at dial 0.3 of every class, kept by the scorer",
        "translations at φ = 25 of “hp”, translated back, kept by the scorer",
        "naive mixes at φ = 25 of “hp”",
        "<td>ssa</td><td class=\"n\">220</td><td class=\"n\">165</td><td class=\"n\">55</td>",
        "high-agreement tiles first",
        "all at once",
        "batch statistics of their own for made tiles",
        "What was tried on the validation tiles",
        "soft-both <span class=\"tag\">taken</span></th><td class=\"n\">25 %</td>",
    ] {
        assert!(recipes.contains(text), "{text:?} is not in {recipes}");
    }
    assert_eq!(recipes.matches("\">taken</span>").count(), 1);
    // The paper's rows teach as the original does: no columns of that.
    let paper = Fabricated::default().write(&folder.path().join("paper"));
    let recipes = section_of(&report_of(&paper), "recipes");
    assert!(!recipes.contains("Augmentation") && !recipes.contains("What was tried"));
}

#[test]
fn the_best_row_is_bold_and_others_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let results = run.read_results().unwrap();
    let page = report_of(&run);
    let all: Vec<f64> =
        results.table3.iter().filter(|r| r.stratum == Stratum::All).filter_map(|r| r.auc_mean).collect();
    let highest = all.iter().copied().fold(0.0, f64::max);
    let lowest = all.iter().copied().fold(1.0, f64::min);
    assert!(page.contains(&format!("<strong>{:.1}</strong> ± ", 100.0 * highest)));
    assert!(!page.contains(&format!("<strong>{:.1}</strong> ± ", 100.0 * lowest)));
}

#[test]
fn hostile_names_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = Fabricated {
        source_class: "<script>alert(1)</script>",
        other_class: "\"><img src=x onerror=alert(2)>",
        ..Fabricated::default()
    };
    let run = hostile.write(folder.path());
    let page = report_of(&run);
    check(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<img src=x"));
}

#[test]
fn without_votes_and_severity_their_sections_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Fabricated {
        votes: false,
        severity: false,
        validation: false,
        phis: vec![PHI],
        seeds: 1,
        ..Fabricated::default()
    };
    let page = report_of(&bare.write(folder.path()));
    check(&page);
    assert!(page.contains("only synthetic tissue comes with a known severity"));
    assert!(page.contains("Rows by agreement are left out"));
    assert!(page.contains("Figure 5 and its test are left out"));
    assert!(section_of(&page, "difficulty").contains("votes are missing"));
    assert!(!section_of(&page, "auc").contains("By level of agreement"));
    assert!(page.contains("Too few seeds to tell") && page.contains("with 1 seed nothing can be"));
}

#[test]
fn a_repainting_translator_is_called_that() {
    let folder = tempfile::tempdir().unwrap();
    let page = report_of(&Fabricated { drift: true, ..Fabricated::default() }.write(folder.path()));
    check(&page);
    assert!(page.contains("Large stain drift"));
    assert!(page.contains("repaints"));
}

#[test]
fn large_tiles_stay_within_the_budget() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        Fabricated { tile: 120, phis: vec![PHI], seeds: 2, ..Fabricated::default() }.write(folder.path());
    check(&report_of(&run));
}

#[test]
fn an_unfinished_run_shows_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let refreshes = |page: &str| page.contains("<meta http-equiv=\"refresh\" content=\"120\">");
    assert!(!refreshes(&report_of(&run)), "what is finished stays");
    std::fs::remove_file(run.results_json()).unwrap();
    let page = report_of(&run);
    check(&page);
    assert!(refreshes(&page) && page.contains("drawn anew every few minutes"));
    // Now take away more and more, as if the run had only begun.
    for step in [25.0, 50.0, 12.5].map(|phi| StepName::translate(Phi::new(phi))) {
        std::fs::remove_dir_all(run.step(&step)).unwrap();
        check(&report_of(&run));
    }
    std::fs::remove_file(run.confidences_csv()).unwrap();
    check(&report_of(&run));
    std::fs::remove_dir_all(run.root.join("steps")).unwrap();
    let page = report_of(&run);
    check(&page);
    assert!(page.contains("has not ended yet"));
    assert!(page.contains("no translator has been trained yet"));
}

#[test]
fn results_alone_and_missing_pictures_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Fabricated::default().write(&folder.path().join("whole"));
    std::fs::remove_dir_all(whole.root.join("generated")).unwrap();
    std::fs::remove_dir_all(whole.root.join("the-data")).unwrap();
    let page = report_of(&whole);
    check(&page);
    assert!(page.contains("not shown</div>") && page.contains("Examples are left out"));

    let alone = RunFolder::new(folder.path().join("alone"));
    write_json(&alone.results_json(), &whole.read_results().unwrap()).unwrap();
    let page = report_of(&alone);
    check(&page);
    assert!(page.contains("study.toml is not in the run folder"));
}

#[test]
fn undefined_numbers_are_dashes() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { phis: vec![PHI], ..Fabricated::default() }.write(folder.path());
    let mut results = run.read_results().unwrap();
    for row in &mut results.table3 {
        (row.auc_mean, row.auc_se, row.auc_last, row.auc_val) = (None, None, None, None);
        row.per_seed.clear();
    }
    for shift in &mut results.confidence_shift {
        (shift.mean, shift.sd) = (None, None);
    }
    for stain in &mut results.stain {
        (stain.optical_density, stain.hue, stain.saturation) = (None, None, None);
    }
    results.recommended_phi = None;
    write_json(&run.results_json(), &results).unwrap();
    let page = report_of(&run);
    check(&page);
    assert!(page.contains("None recommended"));
}

#[test]
fn the_same_run_gives_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { phis: vec![PHI], seeds: 2, ..Fabricated::default() }.write(folder.path());
    assert_eq!(report_of(&run), report_of(&run));
}

#[test]
fn a_file_that_is_not_what_its_step_wrote_is_told_first_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    assert!(!report_of(&run).contains("Not what the step"));
    let table = run.translation_csv(PHI);
    let translate = StepName::translate(PHI);
    let mut done = run.read_done(&translate).unwrap().unwrap();
    done.outputs.insert(run.relative(&table), files::sha256_of_file(&table).unwrap());
    run.write_done(&done).unwrap();
    assert_eq!(report::write(&run).unwrap(), None);

    let text = read_utf8(&table).unwrap();
    write_atomic(&table, text.replacen("true", "false", 1).as_bytes()).unwrap();
    let warning = report::write(&run).unwrap().unwrap();
    assert!(warning.contains("steps/translate-phi-25/tiles.csv") && warning.contains("SHA-256"), "{warning}");
    assert!(report_of(&run).contains("Not what the step translate-phi-25 wrote"));
}

#[test]
fn what_is_no_run_or_is_broken_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::new(folder.path());
    let e = report::write(&run).unwrap_err();
    assert!(matches!(e, ReportError::NotARun { .. }) && e.hint().is_some() && !e.is_machine_fault(), "{e}");
    write_atomic(&run.results_json(), b"{\"schema\": 1,\n\"tool\": }").unwrap();
    let e = report::write(&run).unwrap_err();
    assert!(e.to_string().contains("(line 2)") && e.hint().is_some(), "{e}");
    assert!(read_utf8(&run.report_html()).is_err(), "no report is left behind");
}

/// The paper's counts, and one made-up row of everything else.
fn reading(run: &RunFolder) -> Reading {
    let estimate = |value, low, high| Estimate { value: Some(value), low: Some(low), high: Some(high) };
    let share = |count, of| CountedShare { count, of, low: Some(0.8), high: Some(0.99) };
    let row = |group: &str, majority, unanimous| Table2Row {
        group: group.into(),
        tiles: 75,
        majority,
        unanimous,
        tied: 0,
        kept: share(majority + unanimous, 75),
    };
    let easy: Vec<record::TranslationRow> = read_rows(&run.translation_csv(PHI)).unwrap();
    let pair = |a: &str, b: &str| PairRow {
        a: a.into(),
        b: b.into(),
        tiles: 300,
        same: Some(0.875),
        cohen_kappa: Some(0.7512),
    };
    let comparison = |with, outcome: &str, discordant, p_value| Comparison {
        with,
        outcome: outcome.into(),
        generated: 55,
        generated_of: 75,
        others: 65,
        others_of: 75,
        discordant,
        p_value,
        difference: estimate(-0.133, -0.25, -0.02),
    };
    Reading {
        schema: 1,
        tool: "test".into(),
        study: "made up".into(),
        phi: PHI,
        seed: 0,
        source_class: "HP".into(),
        readers: vec!["<b>Dr Ito</b>".into(), "Dr Sow".into(), "Dr Berg".into()],
        left_out: vec!["Dr Late & Co".into()],
        table2: vec![row("easy", 10, 65), row("hard", 20, 48), row("generated", 17, 55)],
        other: Some(share(67, 75)),
        agreement: vec![AgreementRow {
            group: "all".into(),
            tiles: 300,
            unanimous: 231,
            fleiss_kappa: estimate(0.6543, 0.6, 0.7),
            krippendorff_alpha: Estimate::default(),
        }],
        pairs: vec![pair("<b>Dr Ito</b>", "Dr Sow")],
        themselves: vec![pair("Dr Sow", "Dr Sow")],
        time: vec![TimeRow { group: "all".into(), readings: 900, quartiles: Some([2.1, 4.2, 7.9]) }],
        detection: vec![DetectionRow {
            reader: "all".into(),
            sensitivity: estimate(0.31, 0.2, 0.4),
            specificity: estimate(0.72, 0.6, 0.8),
            p_value: None,
        }],
        comparisons: vec![
            comparison(Side::Easy, "unanimous", Some([14, 4]), 0.0308),
            comparison(Side::Hard, "<b>Dr Ito</b>", None, 1.5e-30),
        ],
        figure4: easy
            .iter()
            .take(6)
            .enumerate()
            .map(|(i, tile)| Figure4Row {
                image: tile.image.clone(),
                slide: "s".into(),
                source_votes: 3,
                generated_votes: 3 - usize::from(i < 4),
                readers: 3,
            })
            .collect(),
    }
}

#[test]
fn a_reader_study_is_a_section_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let without = report_of(&run);
    assert!(!without.contains("<section id=\"readers\"") && !without.contains("#readers"));

    let reading = reading(&run);
    write_json(&run.reading_json(), &reading).unwrap();
    assert_eq!(files::read_json::<Reading>(&run.reading_json()).unwrap(), reading);
    let page = report_of(&run);
    check(&page);
    let start = page.find("<section id=\"readers\"").unwrap();
    let section = without_images(&page[start..start + page[start..].find("</section>").unwrap()]);
    let cells: Vec<&str> =
        section.split("<td").filter_map(|c| c.split_once('>')?.1.split('<').next()).collect();
    // Table 2, as the paper prints it.
    for wanted in [
        ["75", "13.3\u{a0}%", "86.7\u{a0}%", "100.0\u{a0}% (80.0 to 99.0)"],
        ["75", "26.7\u{a0}%", "64.0\u{a0}%", "90.7\u{a0}% (80.0 to 99.0)"],
        ["75", "22.7\u{a0}%", "73.3\u{a0}%", "96.0\u{a0}% (80.0 to 99.0)"],
    ] {
        assert!(cells.windows(4).any(|c| c == wanted), "{wanted:?} in {cells:?}");
    }
    for text in [
        "3 readers",
        "Left out, because they have not finished: Dr Late &amp; Co.",
        "89.3\u{a0}% confirmed",
        "&lt;b&gt;Dr Ito&lt;/b&gt; and Dr Sow",
        "Dr Sow again",
        "87.5 %",
        "0.65 (0.60 to 0.70)",
        "231 of 300",
        "4.2 (2.1 to 7.9)",
        "0.31 (0.20 to 0.40)",
        "0.031",
        "1.5\u{a0}×\u{a0}10⁻³⁰",
        "all say “HP”",
        "in 4.",
        "2 of 3",
    ] {
        assert!(section.contains(text), "{text:?} is missing");
    }
    assert_eq!(section.matches("<svg class=\"chart\"").count(), 2);
    assert_eq!(section.matches("<img").count(), 12, "six sources and their translations");
    assert!(page.contains("href=\"#readers\""));
}

#[test]
fn agreement_is_high_from_the_share_that_the_study_says() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let named = |page: &str, what: &str| section_of(page, "confidence").contains(what);
    let page = report_of(&run);
    assert!(named(&page, "low agreement (") && page.contains("every annotator chose the tile's class"));
    // Two annotators of three are enough now.
    let study = read_utf8(&run.study_toml()).unwrap();
    write_atomic(&run.study_toml(), format!("high_agreement = 0.6\n{study}").as_bytes()).unwrap();
    let page = report_of(&run);
    assert!(!named(&page, "low agreement (") && named(&page, "high agreement (320)"));
    assert!(page.contains("at least 60\u{a0}% of the annotators"));
}

#[test]
fn slides_have_an_auc_of_their_own_where_there_are_any() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let auc = section_of(&report_of(&run), "auc");
    for words in [
        "By slide",
        "31 test slides whose tiles are all of one class count, 17 of them",
        "4 slides with tiles of several",
    ] {
        assert!(auc.contains(words), "{words} in {auc}");
    }
    let mut results = run.read_results().unwrap();
    results.slide_auc.clear();
    write_json(&run.results_json(), &results).unwrap();
    assert!(!section_of(&report_of(&run), "auc").contains("By slide"));
}

#[test]
fn what_ranks_the_tiles_is_told_and_the_ranking_is_that_of_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let fabricated = Fabricated::default();
    let run = fabricated.write(folder.path());
    let by_confidence = ["The surer half", "least sure first", "It picked the easy tiles itself"];
    let by_agreement = [
        "The half that annotators agreed on most",
        "least agreed on first",
        "It was trained on these very tiles",
    ];
    let holds = |words: [&str; 3]| words.map(|word| report_of(&run).contains(word));
    assert_eq!((holds(by_confidence), holds(by_agreement)), ([true; 3], [false; 3]));

    // The same tiles the other way round.
    let drawn = || {
        report_of(&run);
        let shown = &figures_of(&run)["figure-1-pipeline"].1;
        shown.iter().filter(|row| row[1] == "ranked").map(|row| row[0].clone()).collect::<Vec<_>>()
    };
    let sure = drawn();
    let confidences: Vec<ConfidenceRow> = read_rows(&run.confidences_csv()).unwrap();
    let mut ranked: Vec<&ConfidenceRow> = confidences
        .iter()
        .filter(|row| {
            row.class == fabricated.source_class
                && row.partition == "train"
                && row.confidence_out_of_fold.is_some()
        })
        .collect();
    ranked
        .sort_by(|a, b| b.confidence.unwrap().total_cmp(&a.confidence.unwrap()).then(b.image.cmp(&a.image)));
    let n = ranked.len();
    assert!(n > 100, "{n} tiles");
    let ranking = Selection::new(ranked.into_iter().map(|row| row.image.clone()).collect(), n / 2, n / 4);
    for phi in &fabricated.phis {
        ranking.write(&run, *phi, None).unwrap();
    }
    let study = read_utf8(&run.study_toml()).unwrap();
    write_atomic(&run.study_toml(), format!("{study}[select]\nby = \"agreement\"\n").as_bytes()).unwrap();
    assert_eq!((holds(by_confidence), holds(by_agreement)), ([false; 3], [true; 3]));
    let turned = drawn();
    let ends = |tiles: &[String]| (tiles.first().cloned(), tiles.last().cloned());
    let (hardest, easiest) = ends(&sure);
    assert!(hardest != easiest && ends(&turned) == (easiest, hardest), "{sure:?} {turned:?}");
}

#[test]
fn a_list_of_figures_that_is_not_ours_is_left_alone_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let list = run.figures().join("list.csv");
    write_atomic(&list, b"slide,note\ns1,mine\n").unwrap();
    let warning = report::write(&run).unwrap().unwrap();
    assert!(warning.contains("list.csv among them"), "{warning}");
    assert_eq!(read_utf8(&list).unwrap(), "slide,note\ns1,mine\n");
    assert_eq!(std::fs::read_dir(run.figures()).unwrap().count(), 1);
    assert!(run.report_html().is_file());
}
