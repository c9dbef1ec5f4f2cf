//! Refuses recipes that cannot be: before the data are read, and once it is known what votes they bring.

use std::collections::BTreeMap;

use record::{Dial, RecipeName, TrainingSet};
use train::TranslatorKind;

use super::recipe::{Added, BatchNorm, Chosen, Classes, Curriculum, Filter, Labels, Part, Recipe, told_of};
use super::settings::StudyConfig;
use crate::error::SettingsFault;

/// The most rows of a table that anybody reads.
const MOST_RECIPES: usize = 200;
/// The most that an added tile counts, and the most tiles added for an original one.
const MOST: f64 = 10.0;

const TABLE: &str = "training_set";

/// What the training tiles tell of how their annotators agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Votes {
    /// Whether any of them has votes.
    pub any: bool,
    /// How many of class X are of low agreement.
    pub disputed_of_x: usize,
    /// How many of all classes.
    pub disputed: usize,
}

/// The faults of one table, gathered.
struct Faults<'a> {
    /// The key of the table: `training_set[1].add[0]`.
    key: String,
    /// What it is to people: `[[training_set]] "both-soft", add 1`.
    told: String,
    found: &'a mut Vec<SettingsFault>,
}

impl Faults<'_> {
    fn need(&mut self, ok: bool, key: &str, what: &str, why: &str, hint: &str) {
        if !ok {
            self.found.push(SettingsFault {
                key: format!("{}.{key}", self.key),
                line: None,
                what: format!("{}: {what}", self.told),
                why: why.into(),
                hint: hint.into(),
            });
        }
    }
}

impl StudyConfig {
    /// Every recipe that cannot be, as far as it can be told without the data.
    pub(super) fn faults_of_recipes(&self) -> Vec<SettingsFault> {
        let mut found = Vec::new();
        if self.training_set.len() > MOST_RECIPES {
            found.push(SettingsFault {
                key: TABLE.into(),
                line: None,
                what: format!("{} recipes are too many", self.training_set.len()),
                why: "each is a row of the table, and retrained with every seed".into(),
                hint: format!("choose at most {MOST_RECIPES}"),
            });
            return found;
        }
        let mut first = BTreeMap::new();
        for (at, recipe) in self.training_set.iter().enumerate() {
            let mut faults =
                Faults { key: format!("{TABLE}[{at}]"), told: called(at, recipe), found: &mut found };
            self.check_name(recipe, &mut faults);
            if let Ok(set) = recipe.name.parse::<TrainingSet>() {
                let other = *first.entry(set.to_string()).or_insert(at);
                let why = format!("entry {} of [[{TABLE}]] has that name already", other + 1);
                faults.need(
                    other == at,
                    "name",
                    "the name is there twice",
                    &why,
                    "give each recipe a name of its own",
                );
            }
            self.check_recipe(recipe, &mut faults);
            for (k, part) in recipe.add.iter().enumerate() {
                let key = format!("{TABLE}[{at}].add[{k}]");
                let told = told_of(&called(at, recipe), "add", k, None);
                self.check_part(part, &mut Faults { key, told, found: &mut found });
            }
        }
        found
    }

    fn check_name(&self, recipe: &Recipe, faults: &mut Faults) {
        let name = &recipe.name;
        let says_more = *recipe != Recipe::named(name);
        match name.parse::<TrainingSet>() {
            Ok(TrainingSet::Recipe(_)) => {}
            Ok(TrainingSet::Original) => faults.need(
                false,
                "name",
                "the row `original` is always there",
                "every row is compared with it, and it is the training tiles as they are",
                "leave it out, or give the recipe a name of its own",
            ),
            Ok(set) => {
                faults.need(
                    !says_more,
                    "name",
                    "a row of the paper cannot be changed",
                    &format!("`{name}` names that row as the paper has it"),
                    &format!(
                        "give the recipe a name of its own, such as \"{}\"",
                        suggested(&format!("my-{name}"))
                    ),
                );
                faults.need(
                    set != TrainingSet::Naive || self.naive,
                    "name",
                    "the row `naive` is switched off",
                    "the study has naive = false",
                    "set naive = true at the top of the file, or leave the row out",
                );
                if let Some(phi) = set.phi() {
                    let (why, hint) = self.other_phi(phi);
                    faults.need(
                        self.phi.contains(&phi),
                        "name",
                        &format!("phi = {phi} is not among the study's"),
                        &why,
                        &hint,
                    );
                }
            }
            Err(_) => {
                let hint = match name
                    .strip_prefix("phi-")
                    .filter(|phi| format!("phi={phi}").parse::<TrainingSet>().is_ok())
                {
                    Some(phi) => {
                        format!("write name = \"phi={phi}\" for the paper's row, or a name of its own")
                    }
                    None => format!("write name = \"{}\"", suggested(name)),
                };
                let why = "it names a row of the table and folders: small letters, digits and dashes, a letter first, at most 40";
                faults.need(
                    false,
                    "name",
                    &format!("name = {} cannot be used", files::quoted(name)),
                    why,
                    &hint,
                );
            }
        }
    }

    /// Why a selectivity that is none of the study's cannot be used, and what to do.
    fn other_phi(&self, phi: record::Phi) -> (String, String) {
        let list = |phi: &[record::Phi]| phi.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let with = [&self.phi[..], &[phi]].concat();
        let why = format!("it has phi = [{}], and translators are trained for no other", list(&self.phi));
        (why, format!("write phi = [{}] at the top of the file, or choose one that is there", list(&with)))
    }

    fn check_recipe(&self, recipe: &Recipe, faults: &mut Faults) {
        let says_weight = recipe.weight.is_some();
        faults.need(
            !says_weight || !recipe.add.is_empty(),
            "weight",
            "weight cannot be used",
            "the recipe adds no tiles that could count more or less",
            "write what it adds, such as add = [\"copies-hard\"], or leave weight out",
        );
        self.check_chosen(
            recipe.weight,
            "weight",
            "it is how much an added tile counts where an original one counts 1",
            faults,
        );
        let made = |part: &Part| part.tiles.is_made();
        faults.need(
            recipe.batch_norm == BatchNorm::Shared || recipe.add.iter().any(made),
            "batch_norm",
            "batch_norm = \"auxiliary\" cannot be used",
            if recipe.add.is_empty() {
                "the recipe adds no tiles"
            } else {
                "the tiles that it adds are real ones"
            },
            "add tiles that a program made (generated, reconstructed, naive), or leave batch_norm out",
        );
        faults.need(
            recipe.labels != Labels::Judge || recipe.add.iter().any(|part| part.tiles.is_translated()),
            "labels",
            "labels = \"judge\" cannot be used",
            "the recipe adds no translations that the held-out judge could label",
            "add generated or reconstructed tiles, or write labels = \"votes\" or \"majority\"",
        );
    }

    fn check_part(&self, part: &Part, faults: &mut Faults) {
        let Part { tiles, phi, dial, filter, amount, .. } = part;
        if let Some(phi) = phi {
            let (why, hint) = self.other_phi(*phi);
            faults.need(
                self.phi.contains(phi),
                "phi",
                &format!("phi = {phi} is not among the study's"),
                &why,
                &hint,
            );
            let has_phi = !matches!(tiles, Added::CopiesEasy | Added::CopiesDisputed);
            faults.need(
                has_phi,
                "phi",
                "phi cannot be used",
                "which tiles are easy or disputed does not depend on it",
                "leave phi out",
            );
        }
        if let Some(dial) = dial {
            faults.need(
                phi.is_none(),
                "dial",
                "phi and dial cannot be used together",
                "each says how hard the translations are to be",
                "keep one of the two",
            );
            faults.need(
                Dial::new(*dial).is_some(),
                "dial",
                &format!("dial = {dial} is out of range"),
                "it is the rank of confidence that translations are to have, 0 (hardest) to 1",
                "choose 0 to 1, such as 0.3",
            );
            faults.need(
                tiles.is_translated(),
                "dial",
                "dial cannot be used",
                "only translations are made by it",
                "leave dial out, or write tiles = \"generated\"",
            );
            faults.need(
                self.translator.kind == TranslatorKind::Dial,
                "dial",
                "dial cannot be used",
                "the study's translators have none",
                "write kind = \"dial\" below [translator], or phi in the place of dial",
            );
        }
        faults.need(
            *filter == Filter::default() || tiles.is_translated(),
            "filter",
            "filter cannot be used",
            "only translations are judged and left out by it",
            "leave filter out",
        );
        self.check_chosen(
            *amount,
            "amount",
            "it is how many tiles are added for each original one of their class",
            faults,
        );
    }

    fn check_chosen(&self, chosen: Option<Chosen>, key: &str, meaning: &str, faults: &mut Faults) {
        match chosen {
            None => {}
            Some(Chosen::Fixed(number)) => faults.need(
                number > 0.0 && number <= MOST,
                key,
                &format!("{key} = {number} is out of range"),
                meaning,
                &format!("choose a number above 0 and up to {MOST}, such as 0.5"),
            ),
            Some(Chosen::Validation) => faults.need(
                self.validation > 0.0,
                key,
                &format!("{key} = \"validation\" cannot be used"),
                "the study keeps no slides for validation (validation = 0)",
                &format!(
                    "set validation = 0.15 at the top of the file, or write a number, such as {key} = 0.5"
                ),
            ),
        }
    }

    /// Every recipe that needs votes that the training tiles do not have.
    pub(crate) fn faults_of_votes(&self, votes: Votes) -> Vec<SettingsFault> {
        const NO_VOTES: &str = "no training tile has votes of annotators";
        const GIVE_VOTES: &str =
            "add columns of votes to the data (`grayzone data inspect` tells which are read)";
        let mut found = Vec::new();
        for (at, recipe) in self.training_set.iter().enumerate() {
            let told = called(at, recipe);
            let mut faults = Faults { key: format!("{TABLE}[{at}]"), told: told.clone(), found: &mut found };
            faults.need(
                votes.any || recipe.labels != Labels::Votes,
                "labels",
                "labels = \"votes\" cannot be used",
                NO_VOTES,
                &format!("write labels = \"majority\", or {GIVE_VOTES}"),
            );
            faults.need(
                votes.any || recipe.curriculum != Curriculum::Agreement,
                "curriculum",
                "curriculum = \"agreement\" cannot be used",
                NO_VOTES,
                &format!("write curriculum = \"confidence\", or {GIVE_VOTES}"),
            );
            for (k, part) in
                recipe.add.iter().enumerate().filter(|(_, part)| part.tiles == Added::CopiesDisputed)
            {
                let (key, told) = (format!("{TABLE}[{at}].add[{k}]"), told_of(&told, "add", k, None));
                let mut faults = Faults { key, told, found: &mut found };
                let (there, of) = match part.classes {
                    Classes::Source => (votes.disputed_of_x, format!("of class {:?} ", self.source_class)),
                    Classes::All => (votes.disputed, String::new()),
                };
                let what = "there are no disputed tiles to copy";
                if votes.any {
                    let why = format!("the annotators of every training tile {of}agree");
                    faults.need(
                        there > 0,
                        "tiles",
                        what,
                        &why,
                        "write tiles = \"copies-hard\", which needs no votes",
                    );
                } else {
                    let hint = format!("write tiles = \"copies-hard\", which needs none, or {GIVE_VOTES}");
                    faults.need(false, "tiles", what, NO_VOTES, &hint);
                }
            }
        }
        found
    }

    /// What is said of recipes that are the same as another but for their name; `line` is that of a key.
    pub(super) fn alike(&self, file: &str, line: &dyn Fn(&str) -> Option<usize>) -> Vec<String> {
        let mut notes = Vec::new();
        for (at, recipe) in
            self.training_set.iter().enumerate().filter(|(_, recipe)| recipe.recipe_name().is_some())
        {
            let nameless = |recipe: &Recipe| Recipe { name: String::new(), ..recipe.clone() };
            let own = nameless(recipe);
            let other = self.training_set[..at]
                .iter()
                .find(|other| other.recipe_name().is_some() && nameless(other) == own);
            let same = match other {
                Some(other) => format!("{:?}", other.name),
                None if own == Recipe::named("") => "the row `original`".to_owned(),
                None => continue,
            };
            let line =
                line(&format!("{TABLE}[{at}]")).map_or(String::new(), |line| format!(" (line {line})"));
            notes.push(format!(
                "[[{TABLE}]] {:?} is the same as {same}, in {file}{line}: only chance tells their rows apart",
                recipe.name
            ));
        }
        notes
    }
}

/// What a recipe is called to people.
fn called(at: usize, recipe: &Recipe) -> String {
    told_of("", TABLE, at, Some(&recipe.name).filter(|name| !name.is_empty()).map(String::as_str))
}

/// The name most like `text` that a recipe may have.
fn suggested(text: &str) -> String {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take(40)
        .collect();
    let plain = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if plain.parse::<RecipeName>().is_ok() { plain } else { "both-soft".into() }
}
