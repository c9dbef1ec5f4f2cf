//! A workload in a process of its own, so that no other has warmed its caches or raised its memory.

use std::process::{Command, Stdio};

use anyhow::Context;

use super::measured::Measured;
use super::steps::Steps;
use super::workload::Workload;
use crate::device::DeviceChoice;
use crate::fault::Fault;
use crate::global::Global;

/// Runs this program again for one workload.
///
/// # Errors
/// If it cannot be started or does not finish.
pub fn measure(workload: Workload, steps: &Steps, global: Global) -> anyhow::Result<Measured> {
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let mut command = Command::new(program);
    command.args(["bench", "--here", "--only", &workload.to_string()]);
    command.args(["--warm-up", &steps.warm_up.to_string(), "--steps", &steps.timed.to_string()]);
    command.args(["--seconds", &steps.seconds.to_string()]);
    command.args(["--device", device_name(global.device)]);
    if let Some(threads) = global.threads {
        command.args(["--threads", &threads.to_string()]);
    }
    let ended = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| Fault::io(format!("the workload {workload} could not be started"), &e))?;
    if !ended.status.success() {
        return Err(Fault::machine(
            format!(
                "the workload {workload} did not finish, because its process ended with {}",
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
