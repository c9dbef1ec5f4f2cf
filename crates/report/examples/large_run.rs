//! A run folder as large as asked for, with made-up tiles, and its report: how large that gets and how long it takes.
//!
//!     cargo run --release --example large_run -- FOLDER [EASY TILES] [PX] [recipes]
//!     node crates/report/tests/page/gallery.mjs FOLDER --time

// Made for the tests, which use all of it, and are no example of imports.
#[allow(dead_code, clippy::wildcard_imports)]
#[path = "../tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::time::Instant;

use support::Fabricated;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let easy: usize = arguments.next().map_or(Ok(1500), |n| n.parse())?;
    let tile: u32 = arguments.next().map_or(Ok(224), |px| px.parse())?;
    let recipes = arguments.next().is_some_and(|word| word == "recipes");
    let run = record::RunFolder::new(&folder);
    if !run.results_json().is_file() {
        Fabricated { recipes, tile, easy, ..Fabricated::default() }.write(&folder);
    }
    let begun = Instant::now();
    report::write(&run)?;
    let bytes = std::fs::metadata(run.report_html())?.len();
    println!(
        "{easy} easy tiles of {tile} px: report.html has {:.1} MB and took {:.1} s",
        bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}
