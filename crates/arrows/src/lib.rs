//! Which file of a crate uses which, read out of its sources: the arrows that ARCHITECTURE.md draws, kept true by this crate's tests.
//!
//! [`Arrows::of`] follows `mod` from a crate's root, reads every path in every file (in `use` lines, in code, in the tokens of macros) and
//! leads each through re-exports to the file that defines what it names. `#[cfg(test)]` does not count, nor does what a face, such as a
//! `mod.rs`, hands on of the files below it. [`Arrows::circles`] are the files that use one another.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let root = folder.path().join("lib.rs");
//! # let write = |file: &str, code: &str| std::fs::write(folder.path().join(file), code);
//! write("lib.rs", "mod order; mod guest; pub use guest::Guest;")?;
//! write("guest.rs", "pub struct Guest(crate::order::Order);")?;
//! write("order.rs", "pub struct Order { of: Option<crate::Guest> }")?;
//! let circles = arrows::Arrows::of(&root)?.circles();
//! assert_eq!(circles.len(), 1);
//! assert!(circles[0].to_string().contains("order.rs -> guest.rs (Guest)"));
//! # Ok(())
//! # }
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `modules` | the module tree of a crate: what each module defines, imports and mentions |
//! | `resolve` | from a path, as a module writes it, to where its item is defined |
//! | `graph` | the arrows between files, and the circles in them |

mod error;
mod graph;
mod modules;
mod resolve;

pub use error::ArrowsError;
pub use graph::{Arrows, Circle};
