//! The blinded reader study (METHOD.md, step 12).
//!
//! Readers label easy tiles of the source class, hard ones, the translations of those same easy ones and tiles of the other class,
//! without being told which is which.
//!
//! | module | what it holds |
//! |---|---|
//! | `draw` | which tiles of a run are shown |
//! | `order` | in which order a reader sees them |
//! | `picture` | how they are encoded, so that nothing but pixels differs |
//! | `new` | a whole new study: draw, encode, order, links |
//! | `store` | the study's file: SQLite, nothing lost, nothing deleted |
//! | `exports`, `import` | votes as tables, out and in |
//! | `analysis` | what the readers saw |
//! | `token` | private links |
//! | `server` | the pages and what they talk to |
//!
//! Nothing here trains or predicts.

mod analysis;
mod draw;
mod error;
mod exports;
mod import;
mod new;
mod order;
mod picture;
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
pub use server::{ServeOptions, serve};
pub use settings::{Ask, Settings};
pub use store::{Answer, Finish, ItemRow, Outcome, ReaderRow, Store, TileRow, Vote, VoteRow};
