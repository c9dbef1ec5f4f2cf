//! `grayzone classify`: one classifier trained on a data set.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nets::{Architecture, Part};
use record::ClassifierEpoch;
use serde::Serialize;
use tissue::augment::Normalise;
use tissue::{Manifest, Partition, Tiles};
use train::{Balance, ClassifierConfig, ClassifierJob, Evaluation, LabelledTiles};

use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::progress::Progress;
use crate::recipe::RecipeArgs;
use crate::training_progress::Watch;
use crate::{device, inputs, interrupt, output};

/// What is trained, on what, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone classify --input my-tiles/ --epochs 25 --width 32 --positive SSA --out classifier/\n  grayzone classify --input my-tiles/ --labels votes --add harder/ --weight 0.5 --batch-norm auxiliary --out classifier/"
)]
pub struct ClassifyArgs {
    /// The labelled data set: a folder or a manifest.csv
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// The folder for weights, metrics and checkpoint; training found there goes on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The classes used, in output order [default: all, sorted]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    classes: Vec<String>,
    /// The class whose AUC is told [default: the first]
    #[arg(long, value_name = "CLASS")]
    positive: Option<String>,
    /// Epochs
    #[arg(long, default_value_t = 50, value_name = "N")]
    epochs: usize,
    /// The network: resnet18, resnet34 or resnet50
    #[arg(long, default_value_t, value_name = "NETWORK")]
    architecture: Architecture,
    /// Channels of the network's first stage; 64 is torchvision's
    #[arg(long, default_value_t = 64, value_name = "N")]
    width: usize,
    /// Tiles a step
    #[arg(long, default_value_t = 16, value_name = "N")]
    batch: usize,
    /// Learning rate of the first epoch
    #[arg(long, default_value_t = 1e-3, allow_negative_numbers = true)]
    lr: f64,
    /// Factor on the learning rate from epoch to epoch
    #[arg(long, default_value_t = 0.91, allow_negative_numbers = true)]
    lr_decay: f64,
    /// L2 penalty
    #[arg(long, default_value_t = 1e-4, allow_negative_numbers = true)]
    weight_decay: f64,
    /// How unequal classes are dealt with
    #[arg(long, value_enum, default_value = "off")]
    balance: BalanceChoice,
    /// How pixels are normalised: as the paper's authors did, or measured on the training tiles
    #[arg(long, value_enum, default_value = "auto")]
    normalise: NormaliseChoice,
    /// The seed of weights, order and augmentation, and of the split if the data have none
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=train::MOST_SEED))]
    seed: u64,
    /// Weights to begin with in the place of random ones, ours or torchvision's (.safetensors or .pth): fine-tuning. The last layer is new
    /// unless they are of the same classes
    #[arg(long, value_name = "FILE")]
    init: Option<PathBuf>,
    /// Parts that keep what those weights say: conv1, layer1, layer2, layer3, layer4
    #[arg(long, value_name = "A,B", value_delimiter = ',', requires = "init")]
    freeze: Vec<Part>,
    #[command(flatten)]
    fit: FitArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
    // Last, for its heading holds for what follows.
    #[command(flatten)]
    recipe: RecipeArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum BalanceChoice {
    Off,
    Oversample,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum NormaliseChoice {
    Fixed,
    Auto,
}

#[derive(Serialize)]
struct ClassifyOutput {
    weights: String,
    metrics: String,
    positive: String,
    last: Option<ClassifierEpoch>,
}

pub fn run(args: &ClassifyArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let config = config(args)?;
    check(&config)?;
    train::check_initial(&config)?;
    args.recipe.check()?;
    inputs::check_out_is_ours(&args.out, "job.json")?;
    let progress = Progress::new("reading", global.quiet);
    let mut manifest = Manifest::open(&args.input)?;
    manifest.select_classes(&args.classes)?;
    manifest.check_for_study()?;
    if manifest.ensure_partition(args.seed) {
        manifest.check_for_study()?;
    }
    inputs::tell(&manifest.notes, &progress);
    let positive = positive(args, &manifest)?;
    let (train, test) = (manifest.indices(Partition::Train), manifest.indices(Partition::Test));
    let mut lessons = args.recipe.lessons(&manifest, &train, config.epochs, &progress)?;
    let mut added = args.recipe.added(&manifest, &progress)?;
    let tiles = inputs::decode(&manifest, args.fit.size(), &args.fit, &progress)?;
    manifest.check_tiles(&tiles)?;

    if let Some(added) = &mut added {
        added.read((&manifest, &tiles), &test, &args.fit, &progress)?;
    }
    let mut learnt = set(&manifest, &tiles, &train);
    args.recipe.append((&manifest, &train), added.as_ref(), &mut learnt, &mut lessons, &progress);
    let normalise = match args.normalise {
        NormaliseChoice::Fixed => Normalise::paper(),
        NormaliseChoice::Auto => Normalise::measured(train.iter().map(|&i| tiles.tile(i))),
    };
    let evaluation = Evaluation {
        set: set(&manifest, &tiles, &test),
        strata: test.iter().map(|&i| manifest.tiles[i].stratum()).collect(),
        validation: None,
        positive,
        names: None,
    };
    let job = ClassifierJob {
        stream: "classify".into(),
        init_stream: "classify".into(),
        seed: args.seed,
        class_names: manifest.classes.clone(),
        epochs_total: config.epochs,
        config,
        normalise,
        train: learnt,
        lessons: Some(lessons),
        augment: args.recipe.augment(),
        evaluation: Some(evaluation),
        snapshots: Vec::new(),
        dir: args.out.clone(),
    };
    interrupt::work_saves_itself();
    progress.relabel("training");
    train::train_classifier(&job, &device, &Watch(&progress))?;
    progress.finish();

    let metrics = args.out.join("metrics.csv");
    let result = ClassifyOutput {
        weights: args.out.join("weights.safetensors").display().to_string(),
        last: files::read_rows::<ClassifierEpoch>(&metrics)?.pop(),
        metrics: metrics.display().to_string(),
        positive: manifest.classes[positive].clone(),
    };
    if args.json {
        return output::json(&result);
    }
    if let Some(last) = &result.last {
        let row = [last.auc_all, last.auc_high, last.auc_low].map(output::number).to_vec();
        output::text(&output::table(&["test AUC, all", "high agreement", "low agreement"], &[row]))?;
    }
    output::line(&result.weights)
}

fn config(args: &ClassifyArgs) -> anyhow::Result<ClassifierConfig> {
    Ok(ClassifierConfig {
        epochs: args.epochs,
        architecture: args.architecture,
        width: args.width,
        batch: args.batch,
        lr: args.lr,
        lr_decay: args.lr_decay,
        weight_decay: args.weight_decay,
        balance: match args.balance {
            BalanceChoice::Off => Balance::Off,
            BalanceChoice::Oversample => Balance::Oversample,
        },
        init_sha256: args.init.as_deref().map(train::digest).transpose()?,
        init: args.init.clone(),
        freeze: args.freeze.clone(),
    })
}

/// Refuses what a study would refuse in its settings.
fn check(config: &ClassifierConfig) -> anyhow::Result<()> {
    match config.faults().first() {
        None => Ok(()),
        Some(train::OutOfRange { key, value, why, hint }) => {
            let option = key.replace('_', "-");
            Err(Fault::input(format!("{value} is out of range, in --{option}, because {why}"), *hint))
        }
    }
}

fn positive(args: &ClassifyArgs, manifest: &Manifest) -> anyhow::Result<usize> {
    let Some(name) = &args.positive else { return Ok(0) };
    manifest.class_index(name).ok_or_else(|| {
        Fault::input(
            format!(
                "unknown class '{name}', in --positive, because the classes are {}",
                manifest.classes.join(", ")
            ),
            "name one of these classes",
        )
    })
}

fn set<'a>(manifest: &Manifest, tiles: &'a Tiles, indices: &[usize]) -> LabelledTiles<'a> {
    LabelledTiles {
        size: tiles.size,
        tiles: indices.iter().map(|&i| tiles.tile(i)).collect(),
        labels: indices.iter().map(|&i| manifest.tiles[i].class).collect(),
    }
}
