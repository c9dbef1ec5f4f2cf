//! STUDY.toml with recipes: what is read, and what is told of what is not.

use rand::{Rng, RngExt};

use super::{Added, Chosen, Labels, Recipe, StudyConfig, StudyFile};
use crate::error::StudyError;

fn load(text: &str) -> Result<StudyFile, StudyError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("STUDY.toml");
    std::fs::write(&path, text).unwrap();
    StudyConfig::load(&path)
}

/// The recipes of a file that is understood.
#[track_caller]
fn recipes(text: &str) -> Vec<Recipe> {
    load(&format!("data = \"tiles\"\n{text}")).unwrap_or_else(|e| panic!("{e}")).config.training_set
}

/// Of each fault of a file its line, what, why and hint in one text; the file begins with `data` in line 1.
#[track_caller]
fn faults(text: &str) -> Vec<(usize, String)> {
    match load(&format!("data = \"tiles\"\n{text}")) {
        Err(StudyError::Settings { faults, .. }) => {
            let told = |f: &crate::SettingsFault| format!("{} | {} | {}", f.what, f.why, f.hint);
            faults.iter().map(|f| (f.line.unwrap_or(0), told(f))).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Expects one fault, in that line, with those words.
#[track_caller]
fn refused(text: &str, line: usize, words: &[&str]) {
    let told = faults(text);
    let [(at, one)] = told.as_slice() else { panic!("{told:#?}") };
    assert_eq!(*at, line, "{one}");
    for word in words {
        assert!(one.contains(word), "{word:?} is not in {one:?}");
    }
}

#[test]
fn a_recipe_is_read_short_and_written_out() {
    let [short, plain] = &recipes(
        "phi = [25]\n[[training_set]]\nname = \"both-soft\"\nlabels = \"judge\"\nweight = 0.5\nadd = [\"copies-disputed\", { tiles = \
         \"generated\", phi = 25, classes = \"all\", filter = \"held-out+features\", amount = \"validation\" }]\n[[training_set]]\nname = \
         \"naive\"\n",
    )[..] else {
        panic!("two recipes")
    };
    assert_eq!((short.labels, short.weight), (Labels::Judge, Some(Chosen::Fixed(0.5))));
    assert_eq!(
        short.add.iter().map(|part| part.tiles).collect::<Vec<_>>(),
        [Added::CopiesDisputed, Added::Generated]
    );
    assert_eq!(short.add[1].amount, Some(Chosen::Validation));
    assert_eq!(*plain, Recipe::named("naive"));
    // As in the paper's notation: a list of texts, tables below one another.
    assert_eq!(recipes("training_set = [\"naive\", \"phi=25\"]\n").len(), 2);
    let below = "[[training_set]]\nname = \"a\"\n[[training_set.add]]\ntiles = \"copies-hard\"\nphi = 12.5\n[[training_set.add]]\ntiles = \
                 \"naive\"\n";
    assert_eq!(recipes(below)[0].add.len(), 2);
}

#[test]
fn what_a_run_writes_is_read_back() {
    let text = "data = \"tiles\"\n[[training_set]]\nname = \"both-soft\"\nadd = [\"copies-disputed\", { tiles = \"generated\", amount = 0.5 \
                }]\ncurriculum = \"agreement\"\n[[training_set]]\nname = \"phi=25\"\n";
    let first = load(text).unwrap().config;
    let written = toml::to_string(&first).unwrap();
    assert_eq!(load(&written).unwrap().config.training_set, first.training_set, "{written}");
    assert!(
        !load("data = \"tiles\"\n")
            .map(|f| toml::to_string(&f.config).unwrap())
            .unwrap()
            .contains("training_set")
    );
}

#[test]
fn a_single_table_is_one_recipe_and_told() {
    let read = load("data = \"tiles\"\n\n[training_set]\nname = \"a\"\nadd = { tiles = \"copies-hard\" }\n")
        .unwrap();
    assert_eq!(read.config.training_set[0].add.len(), 1);
    assert!(
        read.notes[0].contains("[training_set]") && read.notes[0].contains("(line 3)"),
        "{:?}",
        read.notes
    );
    assert!(
        read.notes[0].contains("write [[training_set]]") && read.notes[1].contains("`add`"),
        "{:?}",
        read.notes
    );
    let read = load(
        "data = \"tiles\"\n[[training_set]]\nname = \"a\"\n[training_set.add]\ntiles = \"copies-hard\"\n",
    );
    assert_eq!(read.unwrap().config.training_set[0].add.len(), 1);
    refused(
        "[training_set]\nname = \"a\"\n[training_set]\nname = \"b\"\n",
        4,
        &["there twice", "write [[training_set]]"],
    );
}

#[test]
fn every_fault_of_every_recipe_is_told_at_once_with_its_place() {
    let told = faults(
        "sed = 1\n[[training_set]]\nname = \"both-soft\"\nlabel = \"votes\"\nbatch_norm = \"auxilary\"\nadd = [\n  \"copies-dispute\",\n  { \
         tiles = \"generated\", filtr = \"none\", amount = 20 },\n]\n[[training_set]]\nname = \"Two Words\"\nweight = \"half\"\nadd = \
         [\"copies-hard\"]\n",
    );
    let expected: [(usize, &[&str]); 8] = [
        (2, &["unknown key `sed`", "did you mean `seed`?"]),
        (5, &["[[training_set]] \"both-soft\": unknown key `label`", "did you mean `labels`?"]),
        (6, &["\"both-soft\": `batch_norm` cannot be used", "did you mean batch_norm = \"auxiliary\"?"]),
        (
            8,
            &["\"both-soft\", add 1: \"copies-dispute\" cannot be used", "did you mean \"copies-disputed\"?"],
        ),
        (9, &["\"both-soft\", add 2: unknown key `filtr`", "did you mean `filter`?"]),
        (9, &["\"both-soft\", add 2: amount = 20 is out of range"]),
        (12, &["name = \"Two Words\" cannot be used", "write name = \"two-words\""]),
        (13, &["\"Two Words\": `weight` cannot be used", "a number or \"validation\""]),
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((line, said), (at, words)) in told.iter().zip(expected) {
        assert_eq!(*line, at, "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said:?}");
    }
}

#[test]
fn what_was_meant_is_told() {
    let recipe = |lines: &str| format!("[[training_set]]\nname = \"a\"\n{lines}\n");
    for (lines, words) in [
        ("add = \"copies-disputed\"", &["`add`", "write add = [\"copies-disputed\"]"][..]),
        ("add = \"naive, copies hard\"", &["write add = [\"naive\", \"copies-hard\"]"]),
        ("add = 5", &["`add`", "write add = [\"copies-disputed\", { tiles"]),
        ("add = [5]", &["entry 1 of `add` cannot be used", "the number 5 and not a table"]),
        ("add = [{ phi = 25 }]", &["add 1: `tiles` is missing", "tiles = \"generated\" or"]),
        ("add = [{ tiles = generated }]", &["`tiles`", "write tiles = \"generated\""]),
        ("add = [{ tiles: \"generated\" }]", &["separated by =", "write tiles = \"generated\""]),
        ("add = [{ tile = \"generated\" }]", &["unknown key `tile`", "did you mean `tiles`?"]),
        ("add = [{ tiles = \"generated\", phi = \"25%\" }]", &["`phi`", "write phi = 25"]),
        ("add = [{ tiles = \"generated\", phi = [25] }]", &["`phi`", "a list and not a number"]),
        ("add = [{ tiles = \"generated\", amount = \"50%\" }]", &["`amount`", "write amount = 0.5"]),
        ("add = [{ tiles = \"generated\", amount = \"Validation\" }]", &["write amount = \"validation\""]),
        ("add = [{ tiles = \"generated\", labels = \"votes\" }]", &["`labels` belongs in [[training_set]]"]),
        ("phi = 25", &["`phi` belongs in a table of `add` of [[training_set]]"]),
        ("labels = \"Judge\"", &["write labels = \"judge\""]),
        ("labels = votes", &["write labels = \"votes\""]),
        ("labels = \"noone\"", &["labels = \"majority\" or labels = \"votes\""]),
        ("seeds = 3", &["`seeds` belongs at the top of the file"]),
        ("width = 3", &["`width` belongs below [scorer], [classifier], [translator]"]),
    ] {
        refused(&recipe(lines), 4, words);
    }
    refused(
        "[[training_set]]\nlabels = \"judge\"\nadd = [\"generated\"]\n",
        2,
        &["[[training_set]] 1: `name` is missing"],
    );
    refused("training_set = 5\n", 2, &["`training_set`", "write [[training_set]]", "name = \"both-soft\""]);
    refused("training_set = [5]\n", 2, &["entry 1 of `training_set`"]);
    refused("[[training_set]\nname = \"a\"\n", 2, &["heading", "write [[training_set]]"]);
    refused("[[training_sets]]\nname = \"a\"\n", 2, &["did you mean `training_set`?"]);
    refused("phi = [25]\nlabels = \"votes\"\n", 3, &["`labels` belongs below [[training_set]]"]);
}

#[test]
fn recipes_that_cannot_be_are_refused() {
    let top = "phi = [25]\nvalidation = 0\n";
    let recipe = |lines: &str| format!("{top}[[training_set]]\nname = \"a\"\n{lines}\n");
    for (lines, words) in [
        (
            "add = [{ tiles = \"generated\", phi = 50 }]",
            &["phi = 50 is not among", "write phi = [25, 50]"][..],
        ),
        ("add = [{ tiles = \"copies-easy\", phi = 25 }]", &["add 1: phi cannot be used", "leave phi out"]),
        (
            "add = [{ tiles = \"generated\", dial = 0.3 }]",
            &["dial cannot be used", "kind = \"dial\" below [translator]"],
        ),
        (
            "add = [{ tiles = \"copies-hard\", filter = \"held-out\" }]",
            &["filter cannot be used", "leave filter out"],
        ),
        ("add = [{ tiles = \"naive\", filter = \"none\" }]", &["filter cannot be used"]),
        ("add = [{ tiles = \"generated\", amount = 0 }]", &["amount = 0 is out of range"]),
        ("add = [{ tiles = \"generated\", amount = nan }]", &["amount = NaN is out of range"]),
        (
            "add = [{ tiles = \"generated\", amount = \"validation\" }]",
            &["validation = 0", "set validation = 0.15"],
        ),
        ("weight = 0.5", &["weight cannot be used", "adds no tiles"]),
        ("weight = -1\nadd = [\"generated\"]", &["weight = -1 is out of range"]),
        ("weight = \"validation\"\nadd = [\"generated\"]", &["weight = \"validation\" cannot be used"]),
        ("batch_norm = \"auxiliary\"", &["batch_norm = \"auxiliary\"", "adds no tiles"]),
        ("batch_norm = \"auxiliary\"\nadd = [\"copies-hard\"]", &["the tiles that it adds are real ones"]),
        ("labels = \"judge\"\nadd = [\"naive\"]", &["labels = \"judge\" cannot be used"]),
    ] {
        refused(&recipe(lines), 6, words);
    }
    let named = |name: &str, more: &str| format!("{top}[[training_set]]\nname = \"{name}\"\n{more}");
    refused(&named("original", ""), 5, &["`original` is always there"]);
    refused(
        &named("naive", "add = [\"naive\"]\n"),
        5,
        &["a row of the paper cannot be changed", "\"my-naive\""],
    );
    refused(&named("phi=50", ""), 5, &["phi = 50 is not among"]);
    refused(&named("phi-25", ""), 5, &["write name = \"phi=25\""]);
    refused(&named("", ""), 5, &["cannot be used"]);
    refused(&format!("naive = false\n{}", named("naive", "")), 6, &["set naive = true"]);
    let twice = named("a", "add = [\"copies-hard\"]\n[[training_set]]\nname = \"a\"\n");
    refused(&twice, 8, &["the name is there twice", "entry 1 of [[training_set]]"]);
    let dial = |value: &str| {
        let add = format!("add = [{{ tiles = \"generated\", {value} }}]\n");
        format!("[translator]\nkind = \"dial\"\n[[training_set]]\nname = \"a\"\n{add}")
    };
    assert_eq!(recipes(&dial("dial = 0.3"))[0].add[0].dial, Some(0.3));
    refused(&dial("dial = 1.3"), 6, &["dial = 1.3 is out of range"]);
    refused(&dial("dial = 0.3, phi = 25"), 6, &["phi and dial cannot be used together"]);
    let many: Vec<String> = (0..201).map(|k| format!("[[training_set]]\nname = \"a{k}\"\n")).collect();
    let many = many.concat();
    refused(&many, 2, &["201 recipes are too many"]);
}

#[test]
fn recipes_that_are_the_same_are_told() {
    let text = "data = \"tiles\"\n[[training_set]]\nname = \"a\"\nadd = [\"naive\"]\n[[training_set]]\nname = \"b\"\nadd = \
                [\"naive\"]\n[[training_set]]\nname = \"c\"\n[[training_set]]\nname = \"naive\"\n";
    let notes = load(text).unwrap().notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("\"b\" is the same as \"a\"") && notes[0].contains("(line 5)"), "{notes:?}");
    assert!(notes[1].contains("\"c\" is the same as the row `original`"), "{notes:?}");
}

#[test]
fn no_text_brings_the_reader_down() {
    let sound = "data = \"tiles\"\nphi = [25]\n[scorer]\nepochs = 3\n[[training_set]]\nname = \"both-soft\"\nadd = \
                 [\"copies-disputed\", { tiles = \"generated\", phi = 25, amount = \"validation\" }]\n[[training_set]]\nname = \
                 \"b\"\n[[training_set.add]]\ntiles = \"naive\"\n";
    load(sound).unwrap();
    let words = [
        "[",
        "]",
        "{",
        "}",
        "=",
        "\"",
        "'",
        "\n",
        ",",
        ".",
        "é",
        "add",
        "name",
        "tiles",
        "[[training_set]]\n",
        "training_set",
        "0",
        "[[training_set.add]]\n",
        "[training_set.add.x]\n",
        "= 5",
        "\\u1234",
        "#",
        "[[a.b]]\n",
        "\"\"",
        "[training_set]\n",
        "1979-05-27",
    ];
    let mut rng = tissue::random::stream(1, "fuzz");
    let (mut read, mut refused) = (0, 0);
    for _ in 0..1500 {
        let mut text: Vec<char> = sound.chars().collect();
        for _ in 0..rng.random_range(1..3) {
            let at = rng.random_range(0..=text.len());
            let to = (at + rng.random_range(0..12)).min(text.len());
            let put = words[rng.random_range(0..words.len())].chars();
            let put: Vec<char> = if rng.next_u32().is_multiple_of(3) { Vec::new() } else { put.collect() };
            text.splice(at..to, put);
        }
        match load(&text.iter().collect::<String>()) {
            Ok(_) => read += 1,
            Err(e) => {
                let each = e.each();
                assert!(each.iter().all(|e| e.hint().is_some_and(|hint| !hint.is_empty())), "{each:?}");
                refused += 1;
            }
        }
    }
    assert!(
        refused > 700 && read > 20,
        "{read} read, {refused} refused: they are not about the file any more"
    );
}
