//! One workload, measured.

use serde::{Deserialize, Serialize};

use super::steps::{LossValues, Steps, median};
use super::workload::Workload;
use crate::fault::Fault;

/// What a workload took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    pub name: String,
    /// Median seconds a step.
    pub seconds: f64,
    pub images_per_second: f64,
    /// The most memory the process held during the steps; `None` where the system does not tell.
    pub peak_rss_bytes: Option<u64>,
    pub threads: usize,
    /// Trained numbers of all networks.
    pub parameters: usize,
    /// Of the first steps, from the formula's weights and inputs.
    pub losses: Vec<LossValues>,
    /// Every step that counts.
    pub step_seconds: Vec<f64>,
}

/// Times a workload in this process.
pub fn measure(workload: Workload, steps: &Steps, device: &burn::tensor::Device) -> anyhow::Result<Measured> {
    let timed = workload.time(steps, device);
    if let Some((name, value)) = timed.losses.iter().flatten().find(|(_, value)| !value.is_finite()) {
        return Err(Fault::machine(
            format!("the workload {workload} computes nonsense, because its loss {name} is {value}"),
            "this is a defect of grayzone: please report it with the command you typed",
        ));
    }
    let seconds = median(&timed.seconds);
    Ok(Measured {
        name: workload.to_string(),
        seconds,
        images_per_second: workload.batch as f64 / seconds,
        peak_rss_bytes: timed.peak_rss_bytes,
        threads: rayon::current_num_threads(),
        parameters: timed.parameters,
        losses: timed.losses,
        step_seconds: timed.seconds,
    })
}

pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1048576.0
}
