//! What each column of a table means, in the three forms.

use std::collections::BTreeSet;

use files::{Table, closest, quoted};

use crate::{Place, TissueError};

/// Column of the tile's path.
pub(crate) const IMAGE: &str = "image";
/// Column of the label.
pub(crate) const CLASS: &str = "class";
/// Column of the side of the split.
pub(crate) const PARTITION: &str = "partition";
/// Column of the unit of splitting.
pub(crate) const SLIDE: &str = "slide";
/// Another name for the unit of splitting.
const PATIENT: &str = "patient";
/// Other names of a patient, without marks and in lower case.
const PATIENT_TOO: [&str; 14] = [
    "patientid",
    "patientname",
    "patientnumber",
    "patientno",
    "patientnr",
    "patientcode",
    "patid",
    "subject",
    "subjectid",
    "caseid",
    "casename",
    "casenumber",
    "caseno",
    "casenr",
];
/// Other names of a slide. Where only such are there, the widest unit is taken, a patient before a slide, so that no split cuts it.
const SLIDE_TOO: [&str; 10] = [
    "slideid",
    "slidename",
    "slidenumber",
    "slideno",
    "slidenr",
    "slidefile",
    "wsi",
    "wsiid",
    "wsiname",
    "wsifile",
];
/// How the columns of votes begin.
pub(crate) const VOTES_PREFIX: &str = "votes_";
/// The votes column of classes that are not used; no class is called so.
pub(crate) const OTHER_VOTES: &str = "(other classes)";

const MHIST_IMAGE: &str = "Image Name";
const MHIST_CLASS: &str = "Majority Vote Label";
const MHIST_VOTES: &str = "Number of Annotators who Selected <CLASS> (Out of <N>)";
const MHIST_VOTES_BEFORE: &str = "number of annotators who selected ";
const MHIST_VOTES_BETWEEN: &str = " (out of ";

/// Whether `manifest.csv` gives a column of this name a meaning.
pub(crate) fn is_reserved(column: &str) -> bool {
    let name = column.to_ascii_lowercase();
    [IMAGE, CLASS, PARTITION, SLIDE].contains(&name.as_str()) || name.starts_with(VOTES_PREFIX)
}

/// The form of a table.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Mhist,
    Labels,
    Manifest,
}

/// A column of votes.
pub(super) struct VotesColumn {
    pub column: usize,
    /// The class as the header writes it.
    pub class: String,
}

/// The meaning of a table's columns, as indices.
pub(super) struct Columns {
    pub form: Form,
    pub image: usize,
    pub class: usize,
    pub partition: Option<usize>,
    pub slide: Option<usize>,
    pub votes: Vec<VotesColumn>,
    /// How many annotators there were, where the header says so.
    pub annotators: Option<u32>,
    pub extra: Vec<usize>,
    /// What was assumed of a column, or may have been meant by one.
    pub notes: Vec<String>,
}

impl Columns {
    /// Whether a table is in the MHIST form, by its header.
    pub fn is_mhist(table: &Table) -> bool {
        // Two such columns are a fault of an MHIST table, found when its columns are.
        !matches!(table.column(MHIST_IMAGE), Ok(None))
    }

    /// Finds the columns that the form needs.
    pub fn find(table: &Table, form: Form) -> Result<Self, TissueError> {
        table.check_names()?;
        let (image, class) = if form == Form::Mhist { (MHIST_IMAGE, MHIST_CLASS) } else { (IMAGE, CLASS) };
        let image = needed(table, image)?;
        let class = needed(table, class)?;
        let (votes, annotators) =
            if form == Form::Mhist { mhist_votes(table)? } else { (plain_votes(table)?, None) };
        let mut notes = unread_votes(table, &votes);
        let partition = optional(table, PARTITION)?;
        let slide = match (table.column(SLIDE)?, table.column(PATIENT)?) {
            // A patient may have several slides: the wider unit is the safer one. A manifest says `slide` itself.
            (Some(_), Some(patient)) if form == Form::Labels => Some(patient),
            (Some(known), _) | (None, Some(known)) => Some(known),
            (None, None) => {
                let other = slide_by_another_name(table);
                if let Some(k) = other {
                    notes.push(format!("the column {} is read as the slide", quoted(&table.header[k])));
                    other
                } else {
                    optional(table, SLIDE)?.or(optional(table, PATIENT)?)
                }
            }
        };
        let used: BTreeSet<usize> = [image, class]
            .into_iter()
            .chain(partition)
            .chain(slide)
            .chain(votes.iter().map(|v| v.column))
            .collect();
        let extra = (0..table.header.len()).filter(|k| !used.contains(k)).collect();
        Ok(Self { form, image, class, partition, slide, votes, annotators, extra, notes })
    }
}

fn missing(table: &Table, column: &str, meant: Option<&str>) -> TissueError {
    TissueError::MissingColumn {
        place: Place::line(&table.file, table.header_line),
        column: column.to_owned(),
        found: table.header.clone(),
        meant: meant.map(str::to_owned),
    }
}

fn needed(table: &Table, name: &str) -> Result<usize, TissueError> {
    table.column(name)?.ok_or_else(|| missing(table, name, closest(name, &table.header)))
}

/// A column that need not be there; but one whose name is a slip of the pen away must not be taken for another.
fn optional(table: &Table, name: &str) -> Result<Option<usize>, TissueError> {
    match table.column(name)? {
        Some(column) => Ok(Some(column)),
        None => match closest(name, &table.header) {
            Some(meant) if !meant.eq_ignore_ascii_case("side") => Err(missing(table, name, Some(meant))),
            _ => Ok(None),
        },
    }
}

/// The column that is the slide's by another name, such as `patient_id` or `Slide ID`.
fn slide_by_another_name(table: &Table) -> Option<usize> {
    first_of(PATIENT_TOO.iter().chain(&SLIDE_TOO), &table.header)
}

/// The column that names patients, beside one that names slides.
pub(crate) fn patient_column(header: &[String]) -> Option<usize> {
    first_of([PATIENT].iter().chain(&PATIENT_TOO), header)
}

/// The column that has the first of these names that any has, whatever its case and marks.
fn first_of<'a>(mut known: impl Iterator<Item = &'a &'a str>, header: &[String]) -> Option<usize> {
    let bare = |name: &String| -> String {
        name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let names: Vec<String> = header.iter().map(bare).collect();
    known.find_map(|known| names.iter().position(|name| name == known))
}

/// A warning where columns seem to count votes and are not called so.
fn unread_votes(table: &Table, votes: &[VotesColumn]) -> Vec<String> {
    let is_votes = |name: &str| {
        name.split(|c: char| !c.is_alphanumeric())
            .any(|word| word.eq_ignore_ascii_case("votes") || word.eq_ignore_ascii_case("vote"))
    };
    let meant = |(k, name): (usize, &String)| {
        (is_votes(name) && votes.iter().all(|v| v.column != k)).then(|| quoted(name))
    };
    let unread: Vec<String> = table.header.iter().enumerate().filter_map(meant).take(4).collect();
    if unread.is_empty() || !votes.is_empty() {
        return Vec::new();
    }
    let what = if unread.len() == 1 { "column" } else { "columns" };
    vec![format!(
        "warning: no votes are read from the {what} {}: a column of the votes for a class is called votes_CLASS",
        unread.join(", ")
    )]
}

fn plain_votes(table: &Table) -> Result<Vec<VotesColumn>, TissueError> {
    let mut votes = Vec::new();
    for (column, name) in table.header.iter().enumerate() {
        let is_votes = name.get(..VOTES_PREFIX.len()).is_some_and(|p| p.eq_ignore_ascii_case(VOTES_PREFIX));
        if is_votes {
            let class = name[VOTES_PREFIX.len()..].trim().to_owned();
            if class.is_empty() {
                let why = format!("the column {} names no class", quoted(name));
                let place = Place::line(&table.file, table.header_line);
                return Err(TissueError::Table { place, why });
            }
            votes.push(VotesColumn { column, class });
        }
    }
    Ok(votes)
}

/// The columns "Number of Annotators who Selected SSA (Out of 7)" and the number in them.
fn mhist_votes(table: &Table) -> Result<(Vec<VotesColumn>, Option<u32>), TissueError> {
    let mut votes = Vec::new();
    let mut annotators = None;
    for (column, name) in table.header.iter().enumerate() {
        let Some((class, n)) = mhist_votes_column(name) else { continue };
        if annotators.is_some_and(|other| other != n) {
            let why =
                format!("the column {} tells another number of annotators than the one before", quoted(name));
            return Err(TissueError::Table { place: Place::line(&table.file, table.header_line), why });
        }
        annotators = Some(n);
        votes.push(VotesColumn { column, class });
    }
    if votes.is_empty() {
        let similar = table.header.iter().find(|h| h.to_ascii_lowercase().starts_with("number of ann"));
        return Err(missing(table, MHIST_VOTES, similar.map(String::as_str)));
    }
    Ok((votes, annotators))
}

fn mhist_votes_column(name: &str) -> Option<(String, u32)> {
    // ASCII lower case keeps every byte in its place, so indices hold for both.
    let lower = name.to_ascii_lowercase();
    let class_at = lower.starts_with(MHIST_VOTES_BEFORE).then_some(MHIST_VOTES_BEFORE.len())?;
    let class_end = lower.rfind(MHIST_VOTES_BETWEEN).filter(|&end| end > class_at)?;
    let n = lower[class_end + MHIST_VOTES_BETWEEN.len()..].strip_suffix(')')?.trim().parse().ok()?;
    Some((name[class_at..class_end].trim().to_owned(), n))
}
