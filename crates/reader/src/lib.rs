//! The blinded reader study (METHOD.md, step 12).
//!
//! Readers label easy tiles of the source class, hard ones, the translations of those same easy ones and tiles of the other class,
//! without being told which is which.
//!
//! | module | what it holds |
//! |---|---|
//! | `draw` | which tiles of a run are shown |
//! | `order` | in which order a reader sees them |
//! | `secret` | the randomness behind the orders, which nobody can compute |
//! | `picture` | how they are encoded, so that nothing but pixels differs |
//! | `new` | a whole new study: draw, encode, order, links |
//! | `store` | the study's file: SQLite, nothing lost, nothing deleted |
//! | `cell` | what people have typed, in a table that a spreadsheet opens |
//! | `exports`, `import` | votes as tables, out and in |
//! | `analysis` | what the readers saw |
//! | `token` | private links |
//! | `server` | the pages and what they talk to |
//!
//! Nothing here trains or predicts.
//!
//! Each reader has an order of their own, in which a tile and its translation are far apart:
//!
//! ```
//! use reader::{Drawn, Group, Secret, reading_order};
//!
//! # fn main() -> Result<(), reader::ReaderError> {
//! // 16 easy tiles, then their translations.
//! let tile = |group| move |pair| Drawn { group, pair: Some(pair) };
//! let drawn: Vec<Drawn> = (0..16).map(tile(Group::Easy)).chain((0..16).map(tile(Group::Generated))).collect();
//!
//! let secret = Secret::new()?;
//! let order = reading_order(&drawn, &secret, "Reader 1")?;
//! assert_eq!(order, reading_order(&drawn, &secret, "Reader 1")?);
//!
//! let place = |tile| order.iter().position(|&shown| shown == tile);
//! let apart = |pair| place(pair).zip(place(pair + 16)).map(|(a, b)| a.abs_diff(b));
//! assert!((0..16).all(|pair| apart(pair) >= Some(drawn.len() / 4)));
//! # Ok(())
//! # }
//! ```

mod analysis;
mod cell;
mod draw;
mod error;
mod exports;
mod import;
mod new;
mod order;
mod picture;
mod secret;
mod server;
mod settings;
mod store;
mod token;

pub use analysis::analyse;
pub use draw::{Draw, DrawOptions, DrawnTile, draw};
pub use error::ReaderError;
pub use exports::{imrmc, manifest_with_votes, votes_csv};
pub use import::{Columns, import_votes};
pub use new::{Link, NewStudy, StudyOptions, new_link, new_study};
pub use order::{Drawn, Group, reading_order, with_repeats};
pub use secret::Secret;
pub use server::{PER_ADDRESS, ServeOptions, serve};
pub use settings::{Ask, MOST_READERS, Settings};
pub use store::{Answer, Finish, ItemRow, Outcome, ReaderRow, Report, Store, TileRow, Vote, VoteRow};
