//! `grayzone score`: each labelled tile's confidence in its own class.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use record::ConfidenceRow;
use serde::Serialize;
use tissue::{Agreement, Partition};

use crate::classifier::{Classifier, ClassifierArgs};
use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::progress::Progress;
use crate::{device, inputs, output};

/// What is scored.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone score --weights runs/my-study/steps/scorer/weights.safetensors --input my-tiles/ --out confidences.csv"
)]
pub struct ScoreArgs {
    #[command(flatten)]
    classifier: ClassifierArgs,
    /// The labelled data set: a folder or a manifest.csv
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// The table to write, as a run's confidences.csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    fit: FitArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct ScoreOutput {
    confidence: Vec<MeanConfidence>,
}

#[derive(Serialize)]
struct MeanConfidence {
    class: String,
    agreement: &'static str,
    n: usize,
    mean: Option<f64>,
}

pub fn run(args: &ScoreArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let progress = Progress::new("reading", global.quiet);
    let classifier = Classifier::load(&args.classifier, &device, &progress)?;
    let manifest = inputs::labelled(&args.input, &progress)?;
    let output_of = outputs(&manifest.classes, &classifier.classes, &manifest.source.display().to_string())?;
    inputs::check_out_is_no_input(&args.out, classifier.file(), &manifest)?;
    let size = args.fit.size().or(classifier.tile_size);
    let groups = inputs::decode_groups(&manifest, size, &args.fit, &progress)?;
    let logits = classifier.logits(&groups, &device, &progress)?;

    let mut rows = Vec::with_capacity(manifest.len());
    let mut means: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
    for (tile, logits) in manifest.tiles.iter().zip(&logits) {
        let confidence = nets::confidence(logits, output_of[tile.class]);
        let agreement = tile.stratum().map_or("none", Agreement::name);
        means.entry((tile.class, agreement)).or_default().push(confidence);
        rows.push(ConfidenceRow {
            image: tile.image.clone(),
            class: manifest.classes[tile.class].clone(),
            partition: tile.partition.map_or("", Partition::name).to_owned(),
            slide: tile.slide.clone(),
            agreement: tile.agreement(),
            confidence: Some(confidence),
            confidence_out_of_fold: None,
        });
    }
    files::write_rows(&args.out, &rows)?;
    progress.finish();

    let mean = |((class, agreement), values): (&(usize, &'static str), &Vec<f64>)| MeanConfidence {
        class: manifest.classes[*class].clone(),
        agreement,
        n: values.len(),
        mean: stats::mean(values),
    };
    let result = ScoreOutput { confidence: means.iter().map(mean).collect() };
    if args.json {
        return output::json(&result);
    }
    let rows: Vec<Vec<String>> = result
        .confidence
        .iter()
        .map(|m| vec![m.class.clone(), m.agreement.into(), m.n.to_string(), output::number(m.mean)])
        .collect();
    output::text(&output::table(&["class", "agreement", "tiles", "mean confidence"], &rows))?;
    output::line(&args.out.display().to_string())
}

/// The network's output for each class of the data.
fn outputs(data: &[String], network: &[String], source: &str) -> anyhow::Result<Vec<usize>> {
    let output = |class: &String| {
        network.iter().position(|known| known == class).ok_or_else(|| {
            Fault::input(
                format!(
                    "class '{class}' cannot be scored, in {source}, because the network knows {}",
                    network.join(", ")
                ),
                "score tiles of the classes that the network was trained on; foreign weights take --classes",
            )
        })
    };
    data.iter().map(output).collect()
}
