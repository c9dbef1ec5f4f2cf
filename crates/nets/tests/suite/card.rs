//! The machine's graphics card, if it has one, against the processor.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use burn::tensor::wgpu::WgpuBackend;
use burn::tensor::{DType, Device};

use crate::devices::{NETWORKS, run, worst};

/// Of each tensor's largest element: single precision, in another order of summation and with other algorithms of convolution.
const TOLERANCE: f32 = 1e-3;
/// Where the child process leaves its tensors.
const FOLDER: &str = "GRAYZONE_PARITY_FOLDER";

/// Says it past the harness's capture: a skipped test looks like one that passed.
fn say(what: &str) {
    let _ = writeln!(std::io::stderr(), "graphics card: {what}");
}

/// The card computes in a process of its own: a driver that crashes must not take the tests with it.
#[test]
fn a_graphics_card_equals_the_processor() {
    let folder = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "card::child_on_a_graphics_card", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .env("BURN_DEVICE", "flex")
        .output()
        .unwrap();
    let note = |name: &str| std::fs::read_to_string(folder.path().join(name)).ok();
    if let Some(why) = note("none") {
        return say(&format!("SKIPPED, {why}"));
    }
    let adapter = note("adapter").unwrap_or_else(|| "its driver".to_owned());
    let printed = String::from_utf8_lossy(&child.stderr);
    match child.status.code() {
        Some(0) => (),
        // A panic: an operation that is missing or refused, for which no driver is to blame.
        Some(101) => panic!("{adapter}: {printed}"),
        _ => return say(&format!("SKIPPED, {adapter} crashed ({})\n{printed}", child.status)),
    }
    let fusion = if cfg!(feature = "fusion") { "with fusion" } else { "without fusion" };
    let mut wrong = Vec::new();
    for network in NETWORKS {
        let found = nets::read_tensors(&folder.path().join(network)).unwrap().0;
        let composed = run(network, DType::F64, &Device::flex());
        let kernels = run(network, DType::F32, &Device::flex());
        for (against, wanted) in [("composed", &composed), ("kernels", &kernels)] {
            let (off, name) = worst(&found, wanted, &composed);
            let line = format!("{adapter} {fusion}, {network} against {against}: {off:.1e} ({name})");
            say(&line);
            if off >= TOLERANCE {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "off by {TOLERANCE:e} or more: {wrong:#?}");
}

#[test]
#[ignore = "a part of a_graphics_card_equals_the_processor"]
fn child_on_a_graphics_card() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let device = match Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init() {
        Ok(device) => device,
        Err(error) => return std::fs::write(folder.join("none"), error.to_string()).unwrap(),
    };
    let name = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
    std::fs::write(folder.join("adapter"), name).unwrap();
    for network in NETWORKS {
        let tensors = run(network, DType::F32, &device);
        nets::write_tensors(&folder.join(network), &tensors, &BTreeMap::new()).unwrap();
    }
}
