//! `grayzone predict`: class probabilities of tiles.

use std::path::PathBuf;

use clap::Args;

use crate::classifier::{Classifier, ClassifierArgs};
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::progress::Progress;
use crate::{device, inputs, output};

/// Whose probabilities.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone predict --weights runs/my-study/steps/scorer/weights.safetensors --input my-tiles/ --out predictions.csv\n  grayzone predict --weights resnet18.pth --mean 0.7,0.6,0.7 --std 0.15,0.15,0.15 --classes HP,SSA --input my-tiles/ --out predictions.csv"
)]
pub struct PredictArgs {
    #[command(flatten)]
    classifier: ClassifierArgs,
    /// The tiles: a data set, a manifest.csv, or a folder with images anywhere below it
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// The table to write: image, then one probability a class
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    fit: FitArgs,
}

pub fn run(args: &PredictArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let progress = Progress::new("reading", global.quiet);
    let classifier = Classifier::load(&args.classifier, &device, &progress)?;
    let manifest = inputs::unlabelled(&args.input, None, &progress)?;
    inputs::check_out_is_no_input(&args.out, classifier.file(), &manifest)?;
    let size = args.fit.size().or(classifier.tile_size);
    let groups = inputs::decode_groups(&manifest, size, &args.fit, &progress)?;
    let logits = classifier.logits(&groups, &device, &progress)?;

    let mut header = vec!["image".to_owned()];
    header.extend(classifier.classes.iter().cloned());
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&header)?;
    for (tile, logits) in manifest.tiles.iter().zip(&logits) {
        let mut row = vec![tile.image.clone()];
        row.extend((0..logits.len()).map(|class| nets::confidence(logits, class).to_string()));
        table.write_record(&row)?;
    }
    files::write_atomic(&args.out, &table.into_inner()?)?;
    progress.finish();
    output::line(&args.out.display().to_string())
}
