//! All known networks in turn.

use super::super::open::WeightsFile;
use super::classifier::{Classifier, numbered};
use super::discriminator::Discriminator;
use super::generator::Generator;
use super::kind::WeightsKind;
use super::search::{Close, Found, Search, Why, search, under};
use crate::error::quoted;

/// The share of a network's tensors from which on something is like it.
pub const WORTH_TELLING: f64 = 0.2;
/// How many of several networks are named.
const NAMED: usize = 6;

/// The network that the names belong to; whether all of it fits is for loading to find out. Without one, why, as far as can be said.
pub fn kind_of(file: &WeightsFile) -> (WeightsKind, Result<Found, Option<String>>) {
    let (mut all, mut closest) = (Vec::new(), None::<Close>);
    for outcome in [search::<Classifier>(&file.tensors), search::<Generator>(&file.tensors)] {
        match outcome {
            Search::One(found) => all.push(found),
            Search::Several(several) => all.extend(several),
            Search::None(Some(close)) if closest.as_ref().is_none_or(|c| close.share > c.share) => {
                closest = Some(close);
            }
            Search::None(_) => {}
        }
    }
    // A discriminator beside a generator is of no use to anybody here.
    if all.is_empty() {
        match search::<Discriminator>(&file.tensors) {
            Search::One(found) => all.push(found),
            Search::Several(several) => all.extend(several),
            Search::None(_) => {}
        }
    }
    if all.len() == 1 {
        let found = all.swap_remove(0);
        return (found.kind, Ok(found));
    }
    let note = if all.is_empty() {
        let closest = closest.filter(|close| close.share > WORTH_TELLING);
        let told = closest.map(|close| match close.why {
            Why::Missing(tensor) => {
                format!("what comes closest is {}, without {}", under(&close.prefix), quoted(&tensor))
            }
            Why::Other(reason) => reason,
        });
        told.or_else(|| numbered(&file.tensors))
    } else {
        let all = all.iter().map(|found| format!("{} {}", found.kind, under(&found.prefix)));
        Some(format!("there are several networks: {}", listed(all)))
    };
    (WeightsKind::Unknown, Err(note))
}

/// The first few, separated by commas.
pub fn listed(all: impl ExactSizeIterator<Item = String>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let first = all.take(NAMED).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}
