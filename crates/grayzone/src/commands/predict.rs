//! `grayzone predict`: class probabilities of tiles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tissue::{Manifest, Tile};

use crate::classifier::{Classifier, ClassifierArgs};
use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::progress::Progress;
use crate::{device, inputs, output};

/// Whose probabilities.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone predict --weights runs/my-study/steps/scorer/weights.safetensors --input my-tiles/ --out predictions.csv\n  grayzone predict --weights resnet18.pth --mean 0.7,0.6,0.7 --std 0.15,0.15,0.15 --classes HP,SSA --input my-tiles/ --out predictions.csv\n  grayzone predict --weights w.safetensors --input my-tiles/manifest.csv --by slide --top 20 --out slides.csv"
)]
pub struct PredictArgs {
    #[command(flatten)]
    classifier: ClassifierArgs,
    /// The tiles: a data set, a manifest.csv, or a folder with images anywhere below it
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// The table to write: image, then one probability a class; with --by a line a slide
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A line a slide or patient in the place of one a tile: its tiles, and for every class the mean of their probabilities, the mean of the
    /// highest ones, and the share above a threshold
    #[arg(long, value_enum, value_name = "UNIT")]
    by: Option<Unit>,
    /// With --by: how many of the highest count
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..), requires = "by")]
    top: u32,
    /// With --by: the probability above which a tile counts
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = parse_share, requires = "by")]
    threshold: f64,
    #[command(flatten)]
    fit: FitArgs,
}

/// What tiles are put together to.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Unit {
    /// The slide
    Slide,
    /// The patient: the data's column of that name
    Patient,
}

impl Unit {
    /// Its column.
    fn name(self) -> &'static str {
        match self {
            Self::Slide => "slide",
            Self::Patient => "patient",
        }
    }
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a probability is a number from 0 to 1".to_owned())
}

pub fn run(args: &PredictArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let progress = Progress::new("reading", global.quiet);
    let classifier = Classifier::load(&args.classifier, &device, &progress)?;
    let manifest = inputs::unlabelled(&args.input, None, &progress)?;
    inputs::check_out_is_no_input(&args.out, classifier.file(), &manifest)?;
    let units = args
        .by
        .map(|unit| Ok::<_, anyhow::Error>((unit, units(unit, &manifest, &args.input)?)))
        .transpose()?;
    let size = args.fit.size().or(classifier.tile_size);
    let groups = inputs::decode_groups(&manifest, size, &args.fit, &progress)?;
    let logits = classifier.logits(&groups, &device, &progress)?;

    let probabilities: Vec<Vec<f64>> = logits
        .iter()
        .map(|logits| (0..logits.len()).map(|class| nets::confidence(logits, class)).collect())
        .collect();
    let table = match &units {
        None => by_tile(&classifier.classes, &manifest, &probabilities)?,
        Some((unit, tiles)) => by_unit((args, *unit), &classifier.classes, tiles, &probabilities)?,
    };
    files::write_atomic(&args.out, &table)?;
    progress.finish();
    output::line(&args.out.display().to_string())
}

fn by_tile(classes: &[String], manifest: &Manifest, probabilities: &[Vec<f64>]) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(std::iter::once("image").chain(classes.iter().map(String::as_str)))?;
    for (tile, probabilities) in manifest.tiles.iter().zip(probabilities) {
        table.write_record(
            std::iter::once(tile.image.clone()).chain(probabilities.iter().map(ToString::to_string)),
        )?;
    }
    Ok(table.into_inner()?)
}

/// The tiles of each slide or patient, by its name.
fn units(unit: Unit, manifest: &Manifest, input: &Path) -> anyhow::Result<BTreeMap<String, Vec<usize>>> {
    let names: Vec<Option<String>> = match unit {
        Unit::Slide => {
            let is_known = |tile: &Tile| manifest.slides_known && tile.slide != tile.image;
            manifest.tiles.iter().map(|tile| is_known(tile).then(|| tile.slide.clone())).collect()
        }
        Unit::Patient => manifest.patients_as_written(),
    };
    let mut units: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, name) in names.into_iter().enumerate() {
        let Some(name) = name else {
            let (name, image) = (unit.name(), &manifest.tiles[i].image);
            return Err(Fault::input(
                format!(
                    "tiles cannot be put together by {name}, in {}, because the {name} of {image} is not known",
                    input.display()
                ),
                format!(
                    "give a manifest.csv with a column {name} that is filled for every tile, or leave out --by"
                ),
            ));
        };
        units.entry(name).or_default().push(i);
    }
    Ok(units)
}

fn by_unit(
    (args, unit): (&PredictArgs, Unit),
    classes: &[String],
    units: &BTreeMap<String, Vec<usize>>,
    probabilities: &[Vec<f64>],
) -> anyhow::Result<Vec<u8>> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut header = vec![unit.name().to_owned(), "tiles".to_owned()];
    for class in classes {
        let (top, threshold) = (args.top, args.threshold);
        header.extend([
            format!("{class}_mean"),
            format!("{class}_top_{top}"),
            format!("{class}_above_{threshold}"),
        ]);
    }
    table.write_record(&header)?;
    for (name, tiles) in units {
        let mut row = vec![name.clone(), tiles.len().to_string()];
        for (class, _) in classes.iter().enumerate() {
            let scores: Vec<f64> = tiles.iter().map(|&i| probabilities[i][class]).collect();
            // A unit has tiles, at least one counts, and probabilities are finite.
            let pooled = stats::pooled(&scores, args.top as usize, args.threshold).expect("scores of a unit");
            row.extend([pooled.mean, pooled.top, pooled.share_above].map(|value| value.to_string()));
        }
        table.write_record(&row)?;
    }
    Ok(table.into_inner()?)
}
