//! The translator: a `CycleGAN` between domain A (easy) and domain B (hard).
//!
//! | file | what it holds |
//! |---|---|
//! | [`config`] | how it is trained, what is out of range, what a step costs |
//! | [`losses`] | the losses, each one entry: what it is called, how much it weighs, how it is computed |
//! | [`cycle_gan`] | the networks and one step of their training |
//! | [`dial`], [`dial_job`] | the same of a translator that is told how hard its results are to be, and the loop that trains it |
//! | [`framing`] | what is done to a tile before the networks see it, and undone after: stain, padding, detail |
//! | [`schedule`] | epochs and learning rates |
//! | [`image`] | an image of a step, some of which may be hidden |
//! | [`image_pool`], [`grid`] | what the discriminators are shown; the picture of sample translations |
//! | [`metrics`] | a line of `metrics.csv` an epoch |
//! | [`trained`] | what was trained, at work on tiles |
//! | [`job`] | the loop: start or resume, then epoch after epoch |

pub mod config;
pub mod cycle_gan;
pub mod dial;
pub mod dial_job;
pub mod framing;
pub mod grid;
pub mod image;
pub mod image_pool;
pub mod job;
pub mod losses;
pub mod metrics;
pub mod schedule;
pub mod trained;
