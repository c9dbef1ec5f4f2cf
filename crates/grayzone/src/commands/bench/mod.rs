//! `grayzone bench`: seconds a step of the networks, each workload in a process of its own.

mod workload;

use std::process::{Command, Stdio};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::cli::Global;
use crate::device::DeviceChoice;
use crate::fault::Fault;
use crate::output;
use crate::progress::Progress;
use workload::Workload;

/// What is measured.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone bench --only resnet18-train-64-b16 --json")]
pub struct BenchArgs {
    /// Only this workload
    #[arg(long, value_name = "NAME", value_enum)]
    only: Option<Workload>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Measure in this very process and print one line of JSON
    #[arg(long, hide = true, requires = "only")]
    here: bool,
}

/// What a workload took.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    name: String,
    /// Median seconds a step.
    seconds: f64,
    images_per_second: f64,
    /// The most memory the process held; `None` where the system does not tell.
    peak_rss_bytes: Option<u64>,
}

#[derive(Serialize)]
struct BenchOutput {
    workloads: Vec<Measured>,
}

pub fn run(args: &BenchArgs, global: Global) -> anyhow::Result<()> {
    if let (true, Some(workload)) = (args.here, args.only) {
        let device = crate::device::resolve(global.device)?;
        return output::line(&serde_json::to_string(&workload.measure(&device)?)?);
    }
    crate::device::resolve(global.device)?;
    let chosen = args.only.map_or_else(|| Workload::value_variants().to_vec(), |only| vec![only]);
    let progress = Progress::new("bench", global.quiet);
    let mut workloads = Vec::with_capacity(chosen.len());
    for workload in chosen {
        progress.note(&format!("{} …", workload.name()));
        workloads.push(in_own_process(workload, global)?);
    }
    progress.finish();
    let result = BenchOutput { workloads };
    if args.json {
        return output::json(&result);
    }
    let row = |m: &Measured| {
        let memory =
            m.peak_rss_bytes.map_or_else(|| "–".into(), |b| format!("{:.0} MiB", b as f64 / 1048576.0));
        vec![m.name.clone(), format!("{:.4}", m.seconds), format!("{:.2}", m.images_per_second), memory]
    };
    let rows: Vec<Vec<String>> = result.workloads.iter().map(row).collect();
    output::text(&output::table(&["workload", "seconds a step", "images a second", "peak memory"], &rows))
}

/// Runs this program again for one workload, so that no other has warmed its caches or raised its memory.
fn in_own_process(workload: Workload, global: Global) -> anyhow::Result<Measured> {
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let mut command = Command::new(program);
    command.args(["bench", "--here", "--only", workload.name()]);
    command.args(["--device", device_name(global.device)]);
    if let Some(threads) = global.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    let ended = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Fault::io(format!("the workload {} could not be started", workload.name()), &e))?;
    if !ended.status.success() {
        return Err(Fault::machine(
            format!(
                "the workload {} did not finish, because its process ended with {}",
                workload.name(),
                ended.status
            ),
            "it may need more memory than the machine has: close other programs and try again",
        ));
    }
    serde_json::from_slice(&ended.stdout).context("the workload's result cannot be read")
}

fn device_name(device: DeviceChoice) -> &'static str {
    match device {
        DeviceChoice::Auto => "auto",
        DeviceChoice::Cpu => "cpu",
        DeviceChoice::Vulkan => "vulkan",
        DeviceChoice::Cuda => "cuda",
    }
}
