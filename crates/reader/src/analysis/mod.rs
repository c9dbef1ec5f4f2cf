//! What the readers saw (METHOD.md, step 12): Table 2, agreement, tests, Figure 4.
//!
//! A tile that a reader saw twice counts by the first time; the second is for their agreement with themselves. Intervals are 95 %, by
//! drawing whole slides: tiles of one slide are alike.

mod agreement;
mod analyse;
mod chance;
mod comparison;
mod detection;
mod panel;
#[cfg(test)]
mod tests;

pub use analyse::analyse;
