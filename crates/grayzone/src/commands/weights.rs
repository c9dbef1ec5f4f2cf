//! `grayzone weights`: what a file of weights holds.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::output;

/// What is done with the file.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  grayzone weights inspect resnet18.pth")]
pub enum WeightsCommand {
    /// List the network, the metadata and every tensor of a .safetensors or .pth file; no code in it is run
    Inspect(InspectArgs),
}

/// Which file.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone weights inspect runs/my-study/steps/scorer/weights.safetensors --json"
)]
pub struct InspectArgs {
    /// The file of weights
    #[arg(value_name = "FILE")]
    weights: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(command: &WeightsCommand) -> anyhow::Result<()> {
    let WeightsCommand::Inspect(args) = command;
    let info = nets::inspect_weights(&args.weights)?;
    if args.json {
        return output::json(&info);
    }
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"));
    let rows: Vec<Vec<String>> = info
        .tensors
        .iter()
        .map(|t| {
            let shape: Vec<String> = t.shape.iter().map(ToString::to_string).collect();
            vec![
                t.name.clone(),
                shape.join(" × "),
                t.dtype.clone(),
                number(t.min),
                number(t.mean),
                number(t.max),
                match &t.fault {
                    Some(fault) => format!("not read: {fault}"),
                    None if t.not_finite == 0 => String::new(),
                    None => t.not_finite.to_string(),
                },
            ]
        })
        .collect();
    let mut text = format!("{}, {} parameters\n", info.kind, info.parameters);
    // Writing to a String cannot fail.
    if let Some(note) = &info.note {
        let _ = writeln!(text, "note: {}", files::shown(note));
    }
    for (key, value) in &info.metadata {
        let _ = writeln!(text, "{}: {}", files::shown(key), files::shown(value));
    }
    text.push_str(&output::table(&["tensor", "shape", "type", "min", "mean", "max", "not finite"], &rows));
    output::text(&text)
}
