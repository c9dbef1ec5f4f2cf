//! `grayzone bench`: seconds a step of the networks, each workload in a process of its own.

mod measured;
mod own_process;
mod scaling;
mod steps;
mod workload;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;
use measured::{Measured, measure, mebibytes};
use steps::Steps;
use workload::{STANDARD, Workload};

/// Seconds in which a workload may begin another step; so long that only the number of steps counts.
const NO_LIMIT: f64 = 1e9;

/// What is measured.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone bench --only resnet18-train-64-b16 --json\n  \
                  grayzone bench --only resnet18-train-96-b4-w32 --threads 1\n  \
                  grayzone bench --scaling --out scaling")]
pub struct BenchArgs {
    /// Only this workload, also at another size: resnet18-train-SIZE-bBATCH, cyclegan-train-SIZE, translate-SIZE,
    /// predict-SIZE-bBATCH, each with -wWIDTH if the width is not 64; may be given more than once
    #[arg(long, value_name = "NAME", conflicts_with = "scaling")]
    only: Vec<String>,
    /// Steps that are timed, of which the median is told
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Steps before the clock counts
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    warm_up: u32,
    /// Time and memory against tile size, batch, width and threads instead; a few minutes
    #[arg(long)]
    scaling: bool,
    /// Where --scaling writes scaling.json and its charts
    #[arg(long, value_name = "DIR", requires = "scaling")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    internal: Internal,
}

/// Options of tests, and of the processes that measure.
#[derive(Debug, Args)]
struct Internal {
    /// Scaling at the fewest and smallest sizes, to see that it works
    #[arg(long, hide = true, requires = "scaling")]
    smallest: bool,
    /// Measure in this very process and print one line of JSON
    #[arg(long, hide = true, requires = "only")]
    here: bool,
    /// Begin no step that counts once those that count took so many seconds
    #[arg(long, hide = true, value_name = "SECONDS", default_value_t = NO_LIMIT)]
    seconds: f64,
}

#[derive(Serialize)]
struct BenchOutput {
    workloads: Vec<Measured>,
}

pub fn run(args: &BenchArgs, global: Global) -> anyhow::Result<()> {
    let device = crate::device::resolve(global.device)?;
    let steps =
        Steps { warm_up: args.warm_up as usize, timed: args.steps as usize, seconds: args.internal.seconds };
    if args.scaling {
        return scaling::run(args.out.as_deref(), args.json, args.internal.smallest, global);
    }
    let chosen = args.only.iter().map(|name| Workload::named(name)).collect::<anyhow::Result<Vec<_>>>()?;
    if let (true, Some(workload)) = (args.internal.here, chosen.first()) {
        return output::line(&serde_json::to_string(&measure(*workload, &steps, &device)?)?);
    }
    let chosen = if chosen.is_empty() { STANDARD.to_vec() } else { chosen };
    let progress = Progress::new("bench", global.quiet);
    let mut workloads = Vec::with_capacity(chosen.len());
    for workload in chosen {
        progress.note(&format!("{workload} …"));
        workloads.push(own_process::measure(workload, &steps, global)?);
    }
    progress.finish();
    if args.json {
        return output::json(&BenchOutput { workloads });
    }
    let row = |m: &Measured| {
        let memory = m.peak_rss_bytes.map_or_else(|| "–".into(), |b| format!("{:.0} MiB", mebibytes(b)));
        vec![m.name.clone(), format!("{:.4}", m.seconds), format!("{:.2}", m.images_per_second), memory]
    };
    let rows: Vec<Vec<String>> = workloads.iter().map(row).collect();
    output::text(&output::table(&["workload", "seconds a step", "images a second", "peak memory"], &rows))
}
