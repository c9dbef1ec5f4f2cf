//! `grayzone devices`: what this build can compute on.

use std::iter;

use clap::Args;
use serde::Serialize;

use crate::output;

/// How the list is printed.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone devices --json")]
pub struct DevicesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Devices {
    devices: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: &'static str,
    description: String,
    /// Of the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    threads: Option<usize>,
    /// Of the processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<Vec<&'static str>>,
}

pub fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let cpu = Entry {
        name: "cpu",
        description: "the processor, in pure Rust".to_owned(),
        threads: Some(rayon::current_num_threads()),
        instructions: Some(instructions()),
    };
    let devices: Vec<Entry> = iter::once(cpu).chain(card()).collect();
    if args.json {
        return output::json(&Devices { devices });
    }
    let row = |entry: Entry| {
        vec![
            entry.name.to_owned(),
            entry.description,
            entry.threads.map_or_else(String::new, |threads| threads.to_string()),
            entry.instructions.unwrap_or_default().join(", "),
        ]
    };
    let rows: Vec<_> = devices.into_iter().map(row).collect();
    output::text(&output::table(&["device", "what", "threads", "instructions"], &rows))
}

/// The graphics card that `--device vulkan` would take.
#[cfg(feature = "vulkan")]
fn card() -> Option<Entry> {
    let description = crate::device::vulkan().ok()?.identity()?.name;
    Some(Entry { name: "vulkan", description, threads: None, instructions: None })
}

#[cfg(not(feature = "vulkan"))]
fn card() -> Option<Entry> {
    None
}

/// The instruction sets of this processor that the kernels can use.
fn instructions() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found: [(&str, bool); 0] = [];
    found.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}
