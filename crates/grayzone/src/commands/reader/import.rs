//! `grayzone reader import`: votes that were given elsewhere.

use std::path::PathBuf;

use clap::Args;
use reader::{Columns, Store};

use crate::output;

/// The table and its columns.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone reader import my-readers --votes sheet.csv\n  grayzone reader import my-readers --votes sheet.csv --tile Image --reader Pathologist --label Diagnosis"
)]
pub struct ImportArgs {
    /// The study's folder
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// The table: one row a vote; every reader in it has labelled every tile. Separated by commas, semicolons or tabs; a cell that holds NA,
    /// N/A, nan, NULL, None or the like has no value
    #[arg(long, value_name = "FILE")]
    votes: PathBuf,
    /// The column of tiles: names as in the data, a translation's with generated/ before its source's
    #[arg(long, value_name = "COLUMN", default_value = "tile")]
    tile: String,
    /// The column of readers
    #[arg(long, value_name = "COLUMN", default_value = "reader")]
    reader: String,
    /// The column of labels
    #[arg(long, value_name = "COLUMN", default_value = "label")]
    label: String,
}

pub fn run(args: &ImportArgs) -> anyhow::Result<()> {
    let mut store = Store::open(&args.study)?;
    let columns = Columns { tile: args.tile.clone(), reader: args.reader.clone(), label: args.label.clone() };
    let readers = reader::import_votes(&mut store, &args.votes, &columns)?;
    output::line(&format!("{} readers with their votes: {}", readers.len(), readers.join(", ")))
}
