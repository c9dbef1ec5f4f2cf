//! `grayzone reader new`: a study from a finished run.

use std::path::{Path, PathBuf};

use clap::Args;
use reader::{Ask, DrawOptions, Link, MOST_READERS, StudyOptions};
use record::{Phi, RunFolder};

use crate::fault::Fault;
use crate::global::Global;
use crate::inputs;
use crate::output;
use crate::progress::Progress;

/// The most bytes of the instructions.
const MOST_INSTRUCTIONS: usize = 1 << 20;

/// What is drawn, and what readers are asked.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone reader new runs/my-study --out my-readers\n  grayzone reader new runs/my-study --out my-readers --phi 25 --easy 75 --hard 75 --generated 75 --other 75 --names \"Dr Ito,Dr Sow,Dr Berg\" --repeats 20 --turing"
)]
#[allow(clippy::struct_excessive_bools, reason = "flags are bools")]
pub struct NewArgs {
    /// The folder of a finished run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// The study's folder, which must be new or empty
    #[arg(long, value_name = "STUDY")]
    out: PathBuf,
    /// The translator's selectivity in percent [default: 25, else the run's first]
    #[arg(long)]
    phi: Option<f64>,
    /// Tiles of the top half of the source class
    #[arg(long, value_name = "N", default_value_t = 75)]
    easy: usize,
    /// Tiles of its bottom half
    #[arg(long, value_name = "N", default_value_t = 75)]
    hard: usize,
    /// Translations of drawn easy tiles; at most as many
    #[arg(long, value_name = "N", default_value_t = 75)]
    generated: usize,
    /// Tiles of the other classes
    #[arg(long, value_name = "N", default_value_t = 75)]
    other: usize,
    /// Tiles of a practice round, which do not count
    #[arg(long, value_name = "N", default_value_t = 6)]
    practice: usize,
    /// How many readers
    #[arg(long, value_name = "N", default_value_t = 3, conflicts_with = "names")]
    readers: usize,
    /// Their names instead, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    names: Vec<String>,
    /// Tiles that each reader sees twice, for their agreement with themselves
    #[arg(long, value_name = "N", default_value_t = 0)]
    repeats: usize,
    /// Ask also whether a tile is real or generated
    #[arg(long)]
    turing: bool,
    /// Ask also how sure the reader is, 1 to 5
    #[arg(long)]
    confidence: bool,
    /// Leave no room for comments
    #[arg(long)]
    no_comment: bool,
    /// Draw only translations that keep their label by the scorer
    #[arg(long)]
    kept_only: bool,
    /// Pass all tiles, real ones too, through one mild low-pass and one JPEG round trip: less of a translation is then told by a program
    /// that analyses pixels, and all tiles are a little softer
    #[arg(long)]
    equalise: bool,
    /// The share of a tile that must be tissue; others are left out
    #[arg(long, value_name = "SHARE", default_value_t = 0.25)]
    least_tissue: f64,
    /// The size of a pixel in micrometres, for a scale bar
    #[arg(long, value_name = "MICROMETRES")]
    pixel_size: Option<f64>,
    /// The study's name, which readers see [default: the run's]
    #[arg(long)]
    name: Option<String>,
    /// The question
    #[arg(long, default_value = "Which class is this tile?")]
    question: String,
    /// What readers read before they begin: a text file
    #[arg(long, value_name = "FILE")]
    instructions: Option<PathBuf>,
    /// Tiles between two reminders of a break; 0 for none
    #[arg(long, value_name = "N", default_value_t = 50)]
    break_every: usize,
    /// Where readers will reach the server, for their links
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The seed of the draw: which tiles are shown. Orders and names come from the system's randomness
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The most memory that decoded tiles may take
    #[arg(long, value_name = "SIZE", default_value = "4GiB", env = "GRAYZONE_CACHE", value_parser = inputs::parse_bytes)]
    cache: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(args: &NewArgs, global: Global) -> anyhow::Result<()> {
    if !(0.0..=1.0).contains(&args.least_tissue) {
        return Err(Fault::input(
            format!(
                "--least-tissue {} makes no sense, in the arguments, because it is a share",
                args.least_tissue
            ),
            "give a number from 0 to 1",
        ));
    }
    if args.readers > MOST_READERS {
        return Err(Fault::input(
            format!(
                "there are too many readers, in the arguments, because {} are more than {MOST_READERS}",
                args.readers
            ),
            format!("give at most --readers {MOST_READERS}"),
        ));
    }
    let readers = if args.names.is_empty() {
        (1..=args.readers).map(|i| format!("Reader {i}")).collect()
    } else {
        args.names.iter().map(|name| name.trim().to_owned()).collect()
    };
    let instructions = match &args.instructions {
        Some(path) => files::read_text(path, "the instructions cannot be read", MOST_INSTRUCTIONS)?,
        None => String::new(),
    };
    let phi = match args.phi {
        Some(phi) => Phi::new(phi),
        None => the_run_s_phi(&args.run)?,
    };
    let options = StudyOptions {
        run: args.run.clone(),
        draw: DrawOptions {
            phi,
            easy: args.easy,
            hard: args.hard,
            generated: args.generated,
            other: args.other,
            practice: args.practice,
            kept_only: args.kept_only,
            least_tissue: args.least_tissue,
            seed: args.seed,
            cache_bytes: args.cache,
        },
        readers,
        name: args.name.clone(),
        question: args.question.clone(),
        instructions,
        ask: Ask { real_or_generated: args.turing, confidence: args.confidence, comment: !args.no_comment },
        equalise: args.equalise,
        repeats: args.repeats,
        break_every: args.break_every,
        micrometers_per_pixel: args.pixel_size,
        tool: format!("grayzone {}", env!("CARGO_PKG_VERSION")),
    };
    let progress = Progress::new("drawing", global.quiet);
    let mut made = reader::new_study(&args.out, &options)?;
    let base = args.url.trim_end_matches('/');
    for link in made.readers.iter_mut().chain([&mut made.coordinator]) {
        link.path = format!("{base}{}", link.path);
    }
    for note in &made.notes {
        progress.note(&format!("note: {note}"));
    }
    if args.json {
        return output::json(&made);
    }
    let tiles: Vec<String> = made.tiles.iter().map(|(group, n)| format!("{n} {group}")).collect();
    output::line(&format!("{}: {} tiles", made.folder.display(), tiles.join(", ")))?;
    let rows: Vec<Vec<String>> = made.readers.iter().chain([&made.coordinator]).map(row).collect();
    output::text(&output::table(&["who", "private link (kept nowhere else: copy it now)"], &rows))?;
    output::line(&format!("next: grayzone reader serve {}", made.folder.display()))
}

/// The selectivity that stands for the run.
fn the_run_s_phi(run: &Path) -> anyhow::Result<Phi> {
    let results = RunFolder::new(run).finished()?;
    let all: Vec<Phi> = results.phi.iter().map(|phi| phi.phi).collect();
    Phi::reference(&all).ok_or_else(|| {
        Fault::input(
            format!("nothing has been translated, in {}, because the run has no selectivity", run.display()),
            "run a study with phi set, such as phi = [25]",
        )
    })
}

fn row(link: &Link) -> Vec<String> {
    vec![link.name.clone(), link.path.clone()]
}
