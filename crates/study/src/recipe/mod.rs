//! What a recipe comes to: the tiles that a row of Table 3 adds to the original ones, and what is learnt of each.
//!
//! | file | what it holds |
//! |---|---|
//! | `resolved` | a row as a recipe with nothing left open: the paper's rows are recipes, too |
//! | `needs` | which translations, rankings and judgements a recipe is made from |
//! | `added` | the tiles of each part: what there is, what is kept, what is added |
//! | `real_tile` | what is learnt of a real tile |
//! | `lessons` | targets, weights, first epochs |
//! | `taught` | all of that as a training |

mod added;
mod lessons;
mod needs;
mod real_tile;
mod resolved;
mod taught;

pub use needs::{Need, needs};
pub use resolved::{Resolved, Tuned, chosen};
pub use taught::Taught;
