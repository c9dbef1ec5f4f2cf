//! `grayzone translator`: a translator between two folders of tiles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::{Args, ValueEnum};
use nets::{Discriminator, Generator};
use serde::Serialize;
use tissue::{Fit, Manifest, Tiles, png};
use train::{Detail, Sources, StainMode, TrainedTranslator, TranslatorConfig, TranslatorJob, Upsampling};

use super::translate::check_collisions;
use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::{FitArgs, Group};
use crate::progress::Progress;
use crate::training_progress::Watch;
use crate::{device, inputs, interrupt, output};

/// Rows of the sample grid.
const SAMPLES: usize = 6;
/// The fewest tiles of a side.
const FEWEST: usize = 2;
/// Tiles between two writes to disk.
const CHUNK: usize = 32;

/// What is trained, on what, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone translator easy/ hard/ --epochs 60 --width 32 --blocks 6 --out harder/\n  grayzone translator horse2zebra/ --resize --size 128 --out zebras/"
)]
pub struct TranslatorArgs {
    /// The tiles of A and the tiles of B; or one folder with trainA and trainB, whose testA and testB are translated at the end
    #[arg(value_name = "A B", num_args = 1..=2, required = true)]
    folders: Vec<PathBuf>,
    /// The folder for weights, metrics, samples and checkpoint; training found there goes on
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Epochs of as many steps as the smaller side has tiles
    #[arg(long, default_value_t = 200, value_name = "N")]
    epochs: usize,
    /// Steps in all, in the place of epochs
    #[arg(long, value_name = "N", conflicts_with = "epochs")]
    steps: Option<u64>,
    /// Channels after the first convolution; 64 is the canonical CycleGAN
    #[arg(long, default_value_t = 64, value_name = "N")]
    width: usize,
    /// Residual blocks of a generator; 9 is the canonical CycleGAN
    #[arg(long, default_value_t = 9, value_name = "N")]
    blocks: usize,
    /// Learning rate of the first half; it then falls to 0
    #[arg(long, default_value_t = 2e-4, allow_negative_numbers = true)]
    lr: f64,
    /// Weight of the identity loss, relative to the cycle loss
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    identity: f64,
    /// Whether the stain may change, or stays the tile's own
    #[arg(long, value_enum, default_value = "free")]
    stain: StainChoice,
    /// Keep black padding out of training, and leave it as it is
    #[arg(long)]
    mask_padding: bool,
    /// How a generator makes its picture larger again
    #[arg(long, value_enum, default_value = "transposed")]
    upsampling: UpsamplingChoice,
    /// Where the finest detail is from
    #[arg(long, value_enum, default_value = "generated")]
    detail: DetailChoice,
    /// The seed of weights, order and augmentation
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=train::MOST_SEED))]
    seed: u64,
    #[command(flatten)]
    fit: FitArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum StainChoice {
    Free,
    Locked,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum UpsamplingChoice {
    Transposed,
    Resize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DetailChoice {
    Generated,
    Source,
}

#[derive(Serialize)]
struct TranslatorOutput {
    g_ab: String,
    g_ba: String,
    metrics: String,
    /// Translations of testA and testB by folder, if there were any.
    translated: BTreeMap<String, usize>,
    /// A command that translates tiles of A.
    translate: String,
}

pub fn run(args: &TranslatorArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let config = config(args);
    check(&config)?;
    let sides = Sides::of(&args.folders)?;
    for folder in [&sides.a, &sides.b] {
        inputs::check_out_is_elsewhere(folder, &args.out)?;
    }
    inputs::check_out_is_ours(&args.out, "job.json")?;

    let progress = Progress::new("reading", global.quiet);
    let a = Side::read(&sides.a, args, None, &progress)?;
    check_size(&a)?;
    let b = Side::read(&sides.b, args, Some(a.tiles.size), &progress)?;
    check_not_in_both(&a, &b)?;
    // Before the training, so that what is wrong with them is told before it, too.
    let size = a.tiles.size;
    let tests = sides
        .tests
        .iter()
        .map(|test| Test::read(test, args, size, &progress))
        .collect::<Result<Vec<_>, _>>()?;

    let tiles: Vec<&[u8]> = (0..a.tiles.len()).map(|i| a.tiles.tile(i)).collect();
    let samples = SAMPLES.min(tiles.len());
    let job = TranslatorJob {
        stream: "translator".into(),
        seed: args.seed,
        config,
        size,
        sample: (0..samples).map(|k| tiles[k * tiles.len() / samples]).collect(),
        a: tiles,
        b: (0..b.tiles.len()).map(|i| b.tiles.tile(i)).collect(),
        judge: None,
        dir: args.out.clone(),
    };
    interrupt::work_saves_itself();
    progress.relabel("training");
    train::train_translator(&job, &device, &Watch(&progress))?;

    let mut translated = BTreeMap::new();
    if !tests.is_empty() {
        let translator = TrainedTranslator::load(&args.out, &device.clone().without_autodiff())?;
        for test in &tests {
            let folder = args.out.join(test.name);
            translated.insert(
                folder.display().to_string(),
                test.translate(&translator, &folder, &device, &progress)?,
            );
        }
    }
    progress.finish();

    let file = |name: &str| args.out.join(name).display().to_string();
    let result = TranslatorOutput {
        g_ab: file("g_ab.safetensors"),
        g_ba: file("g_ba.safetensors"),
        metrics: file("metrics.csv"),
        translated,
        translate: translate_command(args, size),
    };
    if args.json {
        return output::json(&result);
    }
    for (folder, tiles) in &result.translated {
        output::line(&format!("{tiles} translations in {folder}"))?;
    }
    output::line(&result.g_ab)?;
    output::line(&result.g_ba)?;
    output::line(&result.translate)
}

fn config(args: &TranslatorArgs) -> TranslatorConfig {
    TranslatorConfig {
        epochs: args.epochs,
        steps: args.steps,
        width: args.width,
        blocks: args.blocks,
        lr: args.lr,
        identity: args.identity,
        stain: match args.stain {
            StainChoice::Free => StainMode::Free,
            StainChoice::Locked => StainMode::Locked,
        },
        mask_padding: args.mask_padding,
        upsampling: match args.upsampling {
            UpsamplingChoice::Transposed => Upsampling::Transposed,
            UpsamplingChoice::Resize => Upsampling::Resize,
        },
        detail: match args.detail {
            DetailChoice::Generated => Detail::Generated,
            DetailChoice::Source => Detail::Source,
        },
        ..TranslatorConfig::default()
    }
}

/// Refuses what a study would refuse in its settings.
fn check(config: &TranslatorConfig) -> anyhow::Result<()> {
    match config.faults().first() {
        None => Ok(()),
        Some(train::OutOfRange { key, value, why, hint }) => {
            let option = key.replace('_', "-");
            Err(Fault::input(format!("{value} is out of range, in --{option}, because {why}"), *hint))
        }
    }
}

/// Where the tiles lie.
struct Sides {
    a: PathBuf,
    b: PathBuf,
    /// testA and testB, as far as they are there.
    tests: Vec<TestFolder>,
}

struct TestFolder {
    name: &'static str,
    path: PathBuf,
    is_of_a: bool,
}

impl Sides {
    /// From two folders, or from one that is laid out as CycleGAN's data sets are.
    fn of(folders: &[PathBuf]) -> anyhow::Result<Self> {
        let [a, b] = match folders {
            [a, b] => [a.clone(), b.clone()],
            [both] if !both.exists() => {
                return Err(Fault::input(
                    format!(
                        "there are no tiles, in {}, because there is no such file or directory",
                        both.display()
                    ),
                    "give two folders of tiles, or one with trainA and trainB in it",
                ));
            }
            [both] => {
                let parts = ["trainA", "trainB"].map(|part| both.join(part));
                if !parts.iter().all(|part| part.is_dir()) {
                    return Err(Fault::input(
                        format!(
                            "a second folder is missing, in {}, because it has no trainA and trainB",
                            both.display()
                        ),
                        "give two folders of tiles, or one with trainA and trainB in it",
                    ));
                }
                let test = |name, is_of_a| TestFolder { name, path: both.join(name), is_of_a };
                let tests = [test("testA", true), test("testB", false)];
                let [a, b] = parts;
                return Ok(Self {
                    a,
                    b,
                    tests: tests.into_iter().filter(|test| test.path.is_dir()).collect(),
                });
            }
            _ => unreachable!("clap asks for one folder or two"),
        };
        let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let (at_a, at_b) = (place(&a), place(&b));
        let why = if at_a == at_b {
            "both are one folder"
        } else if at_a.starts_with(&at_b) || at_b.starts_with(&at_a) {
            "one lies in the other"
        } else {
            return Ok(Self { a, b, tests: Vec::new() });
        };
        Err(Fault::input(
            format!("A and B are no two sides, in {} and {}, because {why}", a.display(), b.display()),
            "give two folders that have no tile in common",
        ))
    }
}

/// The decoded tiles of a side.
struct Side {
    manifest: Manifest,
    tiles: Tiles,
}

impl Side {
    /// Reads a side; `size` is that of the other one, if it is read.
    fn read(
        folder: &Path,
        args: &TranslatorArgs,
        size: Option<usize>,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        progress.relabel("reading");
        let manifest = inputs::unlabelled(folder, Some(&args.out), progress)?;
        if manifest.len() < FEWEST {
            return Err(Fault::input(
                format!(
                    "a single tile is no side, in {}, because a translator learns what tiles have in common",
                    folder.display()
                ),
                "give more tiles",
            ));
        }
        let tiles = inputs::decode(&manifest, size.or(args.fit.size()), &args.fit, progress)?;
        Ok(Self { manifest, tiles })
    }
}

fn check_size(a: &Side) -> anyhow::Result<()> {
    let size = a.tiles.size;
    Generator::check_size(size).and_then(|()| Discriminator::check_size(size)).map_err(|_| {
        let least = Generator::MIN_TILE.max(Discriminator::MIN_TILE);
        Fault::input(
            format!(
                "tiles of {size} × {size} px are too small, in {}, because a discriminator needs at least {least} px",
                a.manifest.tile_path(0).display()
            ),
            format!("use larger tiles, or bring all to a larger size with --resize --size {least} or more"),
        )
    })
}

/// Refuses tiles that are on both sides: nothing can be learnt from what is A and B.
fn check_not_in_both(a: &Side, b: &Side) -> anyhow::Result<()> {
    let of_a: BTreeMap<&[u8], usize> = (0..a.tiles.len()).rev().map(|i| (a.tiles.tile(i), i)).collect();
    let both: Vec<(usize, usize)> =
        (0..b.tiles.len()).filter_map(|k| Some((*of_a.get(b.tiles.tile(k))?, k))).collect();
    let Some(&(i, k)) = both.first() else { return Ok(()) };
    let more = match both.len() - 1 {
        0 => String::new(),
        1 => " (and one more pair)".to_owned(),
        more => format!(" (and {more} more pairs)"),
    };
    Err(Fault::input(
        format!(
            "a tile is on both sides, in {} and {}, because they are equal in every pixel{more}",
            a.manifest.tile_path(i).display(),
            b.manifest.tile_path(k).display()
        ),
        "keep it on one of the two sides",
    ))
}

/// Tiles that are translated once the translator is trained.
struct Test {
    name: &'static str,
    is_of_a: bool,
    manifest: Manifest,
    groups: Vec<Group>,
}

impl Test {
    fn read(
        test: &TestFolder,
        args: &TranslatorArgs,
        size: usize,
        progress: &Progress,
    ) -> anyhow::Result<Self> {
        progress.relabel("reading");
        let manifest = inputs::unlabelled(&test.path, Some(&args.out), progress)?;
        check_collisions(&manifest)?;
        // Where tiles are brought to a size, it is the one that was learnt from; else each keeps its own.
        let size = (args.fit.fit() != Fit::Exact).then_some(size).or(args.fit.size());
        let groups = inputs::decode_groups(&manifest, size, &args.fit, progress)?;
        if let Some(group) = groups.iter().find(|group| Generator::check_size(group.tiles.size).is_err()) {
            let size = group.tiles.size;
            return Err(Fault::input(
                format!(
                    "a tile of {size} × {size} px cannot be translated, in {}, because the generator needs at least {} px",
                    manifest.tile_path(group.indices[0]).display(),
                    Generator::MIN_TILE
                ),
                "take it out, or bring all tiles to one size with --resize --size PX",
            ));
        }
        Ok(Self { name: test.name, is_of_a: test.is_of_a, manifest, groups })
    }

    /// Writes the translations, under the tiles' names, below `folder`; gives how many there are.
    fn translate(
        &self,
        translator: &TrainedTranslator,
        folder: &Path,
        device: &Device,
        progress: &Progress,
    ) -> anyhow::Result<usize> {
        let device = device.clone().without_autodiff();
        let mut done = 0;
        progress.relabel("translating");
        for Group { indices, tiles } in &self.groups {
            for chunk in (0..indices.len()).collect::<Vec<_>>().chunks(CHUNK) {
                let sources: Vec<&[u8]> = chunk.iter().map(|&i| tiles.tile(i)).collect();
                let tell = |n: usize| progress.at((done + n) as u64, self.manifest.len() as u64);
                let of = Sources { tiles: &sources, size: tiles.size, ranks: &[] };
                let translated = if self.is_of_a {
                    translator.translate(of, None, &device, &tell)
                } else {
                    translator.reconstruct(of, &sources, &device, &tell)
                };
                for (&i, rgb) in chunk.iter().zip(&translated) {
                    let name = files::png_name(&self.manifest.tiles[indices[i]].image);
                    files::write_atomic(
                        &inputs::below(folder, &name),
                        &png::encode(rgb, tiles.size, tiles.size),
                    )?;
                }
                done += chunk.len();
            }
        }
        Ok(done)
    }
}

/// A command line that translates other tiles of A.
fn translate_command(args: &TranslatorArgs, size: usize) -> String {
    let weights = in_shell(&args.out.join("g_ab.safetensors"));
    let fit = match args.fit.fit() {
        Fit::Exact => String::new(),
        Fit::CenterCrop => format!(" --center-crop --size {size}"),
        Fit::Resize => format!(" --resize --size {size}"),
    };
    format!("grayzone translate --weights {weights} --input TILES{fit} --out TRANSLATED")
}

/// A path as a word of a command line.
fn in_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain =
        text.chars().all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | ':' | '\\'));
    match (is_plain, text.contains('\'')) {
        (true, _) => text,
        (false, false) => format!("'{text}'"),
        (false, true) => format!("\"{text}\""),
    }
}
