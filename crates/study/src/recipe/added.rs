//! The tiles that the parts of a recipe add.

use std::borrow::Cow;

use rand::seq::SliceRandom;
use record::{AddedRow, AssessedRow};
use tissue::MixedTile;
use train::Lesson;

use super::real_tile::lesson_of;
use super::resolved::{Resolved, Tuned};
use crate::config::{Added, Filter, Labels, Part};
use crate::error::StudyError;
use crate::pictures;
use crate::ranking::Selected;
use crate::study::Study;

/// A tile that a recipe adds.
#[derive(Clone, Debug)]
pub struct Addition<'a> {
    /// RGB, of the study's size.
    pub pixels: Cow<'a, [u8]>,
    /// The class that it counts as.
    pub class: usize,
    /// A probability a class.
    pub target: Vec<f32>,
    /// The training tile that it is, if no program made it.
    pub copy_of: Option<usize>,
}

/// The tiles that the recipe adds in the training of `seed`, part by part, class by class, and a line about each. A training takes its own
/// draw of what there is, the same whatever the recipe is called.
///
/// # Errors
/// If what other steps left cannot be read.
pub fn added<'a>(
    study: &'a Study,
    resolved: &Resolved,
    tuned: Tuned,
    seed: u64,
) -> Result<(Vec<Addition<'a>>, Vec<AddedRow>), StudyError> {
    let (mut additions, mut rows) = (Vec::new(), Vec::new());
    for (at, part) in resolved.recipe.add.iter().enumerate() {
        let classes = Resolved::classes(study, part);
        let offers: Vec<Offer> =
            classes.iter().map(|&class| Offer::of(study, part, class)).collect::<Result<_, _>>()?;
        let counts = counts(&offers, Resolved::amount(part, tuned), is_copies(part));
        for ((offer, &class), count) in offers.into_iter().zip(&classes).zip(counts) {
            let stream = format!("retrain/seed-{seed}/add-{at}/class-{class}");
            let mut order: Vec<usize> = (0..offer.kept.len()).collect();
            order.shuffle(&mut tissue::random::stream(study.config.seed, &stream));
            rows.push(AddedRow {
                part: at + 1,
                tiles: part.tiles,
                phi: Resolved::is_of_phi(part).then(|| Resolved::phi(study, part)),
                dial: part.dial,
                class: study.config.classes[class].clone(),
                available: offer.available,
                kept: offer.kept.len(),
                added: count,
                weight: resolved.weight(tuned),
            });
            for &item in order.iter().cycle().take(count) {
                let of = (part, class, resolved.recipe.labels);
                additions.push(offer.kept[item].tile(study, of)?);
            }
        }
    }
    Ok((additions, rows))
}

fn is_copies(part: &Part) -> bool {
    matches!(part.tiles, Added::CopiesEasy | Added::CopiesHard | Added::CopiesDisputed)
}

/// How many tiles of each class are added: of what programs make, equal shares of each class's original tiles, each tile at most once; of
/// copies, each once or, where an amount is told, as often as it takes.
fn counts(offers: &[Offer], amount: Option<f64>, copies: bool) -> Vec<usize> {
    // The small addition keeps a quarter of 1,600 from becoming 399 by rounding error.
    let share_of = |offer: &Offer, share: f64| (share * offer.originals as f64 + 1e-9).floor() as usize;
    if copies {
        let count = |offer: &Offer| match amount {
            _ if offer.kept.is_empty() => 0,
            Some(amount) => share_of(offer, amount),
            None => offer.kept.len(),
        };
        return offers.iter().map(count).collect();
    }
    let least =
        offers.iter().map(|o| o.kept.len() as f64 / o.originals.max(1) as f64).fold(f64::INFINITY, f64::min);
    let share = amount.unwrap_or(f64::INFINITY).min(least);
    offers.iter().map(|offer| share_of(offer, share).min(offer.kept.len())).collect()
}

/// What there is of a class for a part.
struct Offer {
    /// Original tiles of the class.
    originals: usize,
    /// Tiles before any filter.
    available: usize,
    /// Tiles that the filter keeps.
    kept: Vec<Item>,
}

/// A tile before it is read.
enum Item {
    /// A training tile.
    Copy(usize),
    /// An easy and a hard one, to be mixed.
    Mix(usize, usize),
    /// A picture on file, made of a tile.
    Made(Box<AssessedRow>),
}

impl Offer {
    fn of(study: &Study, part: &Part, class: usize) -> Result<Self, StudyError> {
        let data = &study.data;
        let of_class: Vec<usize> = data.train_of(Some(class));
        let selected = || Selected::of_class(study, Resolved::phi(study, part), study.other_class(class));
        let copies = |tiles: Vec<usize>| tiles.into_iter().map(Item::Copy).collect::<Vec<_>>();
        let (available, kept) = match part.tiles {
            Added::CopiesEasy => {
                let items = copies(selected()?.easy);
                (items.len(), items)
            }
            Added::CopiesHard => {
                let items = copies(selected()?.hard);
                (items.len(), items)
            }
            Added::CopiesDisputed => {
                let is_disputed = |&i: &usize| data.is_disputed(i);
                let items = copies(of_class.iter().copied().filter(is_disputed).collect());
                (items.len(), items)
            }
            Added::Naive => {
                // As the paper's row: the easy tiles once each, with tiles of the bottom half.
                let Selected { mut easy, mut hard } =
                    Selected::halves_of(study, Resolved::phi(study, part), study.other_class(class))?;
                let mut rng =
                    tissue::random::stream(study.config.seed, &format!("recipe/naive/class-{class}"));
                easy.shuffle(&mut rng);
                hard.shuffle(&mut rng);
                let pairs = easy.iter().zip(hard.iter().cycle()).map(|(&e, &h)| Item::Mix(e, h));
                let items: Vec<Item> = pairs.collect();
                (items.len(), items)
            }
            Added::Generated | Added::Reconstructed => {
                let wanted = part.tiles == Added::Reconstructed;
                let translated = Resolved::translated(study, part, class);
                let rows: Vec<AssessedRow> = files::read_rows(&study.run.assessed_csv(&translated))?;
                let rows: Vec<AssessedRow> = rows.into_iter().filter(|r| r.reconstructed == wanted).collect();
                let available = rows.len();
                let kept = rows.into_iter().filter(|row| keeps(part.filter, row));
                (available, kept.map(|row| Item::Made(Box::new(row))).collect())
            }
        };
        Ok(Self { originals: of_class.len(), available, kept })
    }
}

/// Whether the filter keeps a translation.
fn keeps(filter: Filter, row: &AssessedRow) -> bool {
    match filter {
        Filter::None => true,
        Filter::Scorer => row.scorer_keeps,
        Filter::HeldOut => row.held_out_keeps,
        Filter::HeldOutAndFeatures => row.held_out_keeps && row.distance <= 1.0,
    }
}

impl Item {
    fn tile<'a>(
        &self,
        study: &'a Study,
        (part, class, labels): (&Part, usize, Labels),
    ) -> Result<Addition<'a>, StudyError> {
        let (data, size) = (&study.data, study.px());
        Ok(match self {
            &Self::Copy(tile) => Addition {
                pixels: Cow::Borrowed(data.tiles.tile(tile)),
                class,
                target: lesson_of(study, labels, tile).target,
                copy_of: Some(tile),
            },
            &Self::Mix(easy, hard) => {
                let name = |i: usize| data.manifest.tiles[i].image.as_str();
                let stream = format!("recipe/naive/{}/{}", name(easy), name(hard));
                let mut rng = tissue::random::stream(study.config.seed, &stream);
                let (first, second) = (data.tiles.tile(easy), data.tiles.tile(hard));
                let MixedTile { pixels, share } =
                    study.config.naive_method.mix(first, second, size, &mut rng);
                let target = |tile| lesson_of(study, labels, tile).target;
                let share = share as f32;
                let mixed = target(easy).into_iter().zip(target(hard));
                let target = mixed.map(|(e, h)| share * e + (1.0 - share) * h).collect();
                Addition { pixels: Cow::Owned(pixels), class, target, copy_of: None }
            }
            Self::Made(row) => {
                let translated = Resolved::translated(study, part, class);
                let folder = if row.reconstructed {
                    study.run.reconstructed_as(&translated)
                } else {
                    study.run.generated_as(&translated)
                };
                let pixels = pictures::read(&folder.join(files::png_name(&row.image)), size)?;
                let lesson = match labels {
                    Labels::Judge => Lesson::of_probabilities(&row.probabilities).ok_or_else(|| {
                        let path = study.run.assessed_csv(&translated);
                        StudyError::Broken {
                            path,
                            why: format!("the probabilities of {} are none", row.image),
                        }
                    })?,
                    Labels::Majority | Labels::Votes => Lesson::certain(class, study.config.classes.len()),
                };
                Addition { pixels: Cow::Owned(pixels), class, target: lesson.target, copy_of: None }
            }
        })
    }
}
