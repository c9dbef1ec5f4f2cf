//! `grayzone devices`: what this build can compute on.

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
    description: &'static str,
    threads: usize,
    instructions: Vec<&'static str>,
}

pub fn run(args: &DevicesArgs) -> anyhow::Result<()> {
    let cpu = Entry {
        name: "cpu",
        description: "the processor, in pure Rust",
        threads: rayon::current_num_threads(),
        instructions: instructions(),
    };
    if args.json {
        return output::json(&Devices { devices: vec![cpu] });
    }
    let row = vec![
        cpu.name.to_owned(),
        cpu.description.to_owned(),
        cpu.threads.to_string(),
        cpu.instructions.join(", "),
    ];
    output::text(&output::table(&["device", "what", "threads", "instructions"], &[row]))
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
