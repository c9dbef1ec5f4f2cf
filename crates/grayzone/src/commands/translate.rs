//! `grayzone translate`: tiles through a generator.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use nets::Generator;
use record::Dial;
use tissue::{Manifest, png};
use train::Framing;

use crate::fault::Fault;
use crate::global::Global;
use crate::inputs::FitArgs;
use crate::progress::Progress;
use crate::{device, inputs, output};

/// Tiles between two writes to disk.
const CHUNK: usize = 32;

/// What is translated.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone translate --weights runs/my-study/steps/translator-phi-25/g_ab.safetensors --input easy/ --out harder/\n  grayzone translate --weights latest_net_G_A.pth --input my-tiles/ --out translated/\n  grayzone translate --weights runs/my-study/steps/translator-dial/dial.safetensors --dial 0.1 --input easy/ --out harder/"
)]
pub struct TranslateArgs {
    /// Weights: ours, or a canonical CycleGAN generator's, alone or in a checkpoint (.pth or .safetensors)
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// The tiles: a data set, a manifest.csv, or a folder with images anywhere below it
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// The folder for the translations: the tiles' relative paths, ending in .png
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How hard the translations are to be, by a translator with a dial: the rank of confidence within the class, from 0, the hardest, to 1
    #[arg(long, value_name = "RANK")]
    dial: Option<Dial>,
    #[command(flatten)]
    fit: FitArgs,
}

pub fn run(args: &TranslateArgs, global: Global) -> anyhow::Result<()> {
    let device = device::resolve(global.device)?;
    let progress = Progress::new("reading", global.quiet);
    let loaded = nets::read_generator(&args.weights, &device)?;
    if let Some(note) = &loaded.note {
        progress.note(&format!("note: {note}"));
    }
    let framing = Framing::from_told(loaded.meta.framing.as_deref()).map_err(|why| {
        Fault::input(
            format!("the generator cannot be used, in {}, because what is done to its tiles is not understood: {why}", args.weights.display()),
            "it was written by another version of grayzone: translate with that one",
        )
    })?;
    let generator = loaded.network;
    check_dial(args, &generator)?;
    let manifest = inputs::unlabelled(&args.input, Some(&args.out), &progress)?;
    inputs::check_out_is_elsewhere(&manifest.root, &args.out)?;
    check_collisions(&manifest)?;
    let groups = inputs::decode_groups(&manifest, args.fit.size(), &args.fit, &progress)?;
    for group in &groups {
        Generator::check_size(group.tiles.size).map_err(|_| {
            let (size, tile) = (group.tiles.size, manifest.tile_path(group.indices[0]));
            Fault::input(
                format!(
                    "a tile of {size} × {size} px cannot be translated, in {}, because the generator needs at least {} px",
                    tile.display(),
                    Generator::MIN_TILE
                ),
                "translate larger tiles, or bring all to a larger size with --resize --size PX",
            )
        })?;
    }

    let mut done = 0;
    progress.relabel("translating");
    for group in &groups {
        let size = group.tiles.size;
        for chunk in (0..group.indices.len()).collect::<Vec<_>>().chunks(CHUNK) {
            let tiles: Vec<&[u8]> = chunk.iter().map(|&i| group.tiles.tile(i)).collect();
            let told = |n| progress.at((done + n) as u64, manifest.len() as u64);
            let ranks = args.dial.map(|dial| vec![dial.share(); tiles.len()]);
            let these = (&tiles[..], ranks.as_deref());
            let translated = train::translate_framed(&generator, &framing, these, size, &device, &told);
            for (&i, rgb) in chunk.iter().zip(&translated) {
                let name = files::png_name(&manifest.tiles[group.indices[i]].image);
                files::write_atomic(&inputs::below(&args.out, &name), &png::encode(rgb, size, size))?;
            }
            done += chunk.len();
        }
    }
    progress.finish();
    output::line(&format!("{done} translations in {}", args.out.display()))
}

/// Refuses a dial that is not set, and a setting of one that is not there.
fn check_dial(args: &TranslateArgs, generator: &Generator) -> anyhow::Result<()> {
    let weights = args.weights.display();
    match (generator.is_told(), args.dial) {
        (true, None) => Err(Fault::input(
            format!(
                "the tiles cannot be translated, in {weights}, because its generator has a dial and nothing says how hard they are to become"
            ),
            "add --dial RANK: 0 makes them as hard as the hardest of their class, 1 as easy as the easiest; --dial 0.125 is the middle of the hardest quarter",
        )),
        (false, Some(_)) => Err(Fault::input(
            format!("--dial cannot be used, in {weights}, because its generator has no dial"),
            "leave --dial out, or take a dial.safetensors: the weights of a study with kind = \"dial\" under [translator]",
        )),
        _ => Ok(()),
    }
}

/// Refuses tiles whose translations would have the same name.
pub(super) fn check_collisions(manifest: &Manifest) -> anyhow::Result<()> {
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    for tile in &manifest.tiles {
        if let Some(other) = taken.insert(files::png_name(&tile.image), &tile.image) {
            return Err(Fault::input(
                format!(
                    "two tiles would become one, in {}, because the translations of {other} and {} have the same name",
                    manifest.source.display(),
                    tile.image
                ),
                "rename one of them",
            ));
        }
    }
    Ok(())
}
