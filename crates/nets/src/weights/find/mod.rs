//! The networks in a weights file, under whatever names a training program has put before theirs.
//!
//! A checkpoint holds a network under `state_dict.`, `model.`, `module.`, `model.backbone.` and so on, and other things beside it. So every
//! beginning of a name is tried: where all of a known network's tensors lie below it, there is one.
//!
//! | file | what it holds |
//! |---|---|
//! | `kind` | which network it is, with its size |
//! | `search` | every beginning of a name, whatever is looked for |
//! | `classifier`, `generator`, `discriminator` | what is looked for, and what is said of what comes close |
//! | `known` | all three in turn |

mod classifier;
mod discriminator;
mod generator;
mod kind;
mod known;
mod search;

pub(super) use classifier::{Classifier, numbered};
pub(super) use generator::Generator;
pub use kind::WeightsKind;
pub(super) use known::{WORTH_TELLING, kind_of, listed};
pub(super) use search::{Close, Found, Looked, Search, Why, search, under};
