//! Which processor computes, and with how many threads.

use burn::tensor::Device;
use clap::ValueEnum;

use crate::fault::Fault;

/// The `--device` option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceChoice {
    /// The processor; a graphics card only when it is named
    Auto,
    /// The processor
    Cpu,
    #[cfg_attr(feature = "vulkan", doc = "A graphics card through Vulkan")]
    #[cfg_attr(not(feature = "vulkan"), doc = "A graphics card through Vulkan; not in this build")]
    Vulkan,
    /// An NVIDIA graphics card through CUDA; not in this build
    Cuda,
}

/// Makes the CPU the backend that Burn falls back on, whatever the environment says: loading an optimiser's state
/// asks Burn for its default device, and an unknown `BURN_DEVICE` would end the program.
#[allow(unsafe_code)]
pub fn pin_default_backend() {
    // SAFETY: called first thing in `main`, while this is the only thread.
    unsafe { std::env::set_var("BURN_DEVICE", "flex") };
}

/// Refuses an unusable `GRAYZONE_SIMD` before anything is computed.
pub fn check_instructions() -> anyhow::Result<()> {
    kernels::simd::from_environment().map(|_| ()).map_err(|e| {
        let variable = kernels::simd::VARIABLE;
        Fault::input(
            format!("the vector instructions cannot be chosen, in the environment variable {variable}, because {e}"),
            format!("unset {variable} to use the widest that the processor has"),
        )
    })
}

/// More threads than any machine has cores; starting very many takes minutes and all memory.
const MOST_THREADS: usize = 1024;

/// Builds the thread pool that every computation shares; `None` takes one thread a core.
pub fn start_threads(threads: Option<usize>) -> anyhow::Result<()> {
    let Some(threads) = threads else { return Ok(()) };
    if threads == 0 {
        return Err(Fault::input(
            "no thread to compute with, in --threads 0, because at least one is needed",
            "give --threads 1 or more, or leave the option out to use every core",
        ));
    }
    if threads > MOST_THREADS {
        return Err(Fault::input(
            format!(
                "the threads cannot be started, in --threads {threads}, because no more than {MOST_THREADS} are of use"
            ),
            "ask for as many as the machine has cores, or leave the option out to use every core",
        ));
    }
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|e| {
        Fault::input(
            format!("the thread pool could not be started, in --threads {threads}, because {e}"),
            "ask for fewer threads, or leave the option out to use every core",
        )
    })
}

/// The device that was asked for. The first call of a process opens a graphics card; there must be no second.
///
/// # Errors
/// A device that this build or this machine does not have (exit code 2).
pub fn resolve(choice: DeviceChoice) -> anyhow::Result<Device> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Device::flex()),
        DeviceChoice::Vulkan => vulkan(),
        DeviceChoice::Cuda => {
            let has = if cfg!(feature = "vulkan") {
                "on the CPU and through Vulkan only"
            } else {
                "on the CPU only"
            };
            Err(unavailable(
                "cuda",
                &format!("this build of grayzone computes {has}"),
                "use --device cpu, which needs no graphics card, or leave the option out",
            ))
        }
    }
}

/// Not `Device::vulkan`, which would be lazy and panic where there is no card.
#[cfg(feature = "vulkan")]
pub fn vulkan() -> anyhow::Result<Device> {
    use burn::tensor::wgpu::{WgpuBackend, WgpuInitError};

    Device::wgpu_options().graphics_api(WgpuBackend::Vulkan).init().map_err(|error| {
        let why = match error {
            WgpuInitError::AdapterUnavailable { .. } => "no graphics card with a Vulkan driver was found".to_owned(),
            error => error.to_string(),
        };
        unavailable(
            "vulkan",
            &why,
            "install the card's Vulkan driver (`vulkaninfo --summary` then lists the card), or use --device cpu",
        )
    })
}

#[cfg(not(feature = "vulkan"))]
fn vulkan() -> anyhow::Result<Device> {
    Err(unavailable(
        "vulkan",
        "this build of grayzone computes on the CPU only",
        "use --device cpu, which needs no graphics card, or leave the option out; \
         `cargo build --release --features vulkan` makes a build that has it",
    ))
}

fn unavailable(name: &str, why: &str, hint: &str) -> anyhow::Error {
    Fault::input(format!("device {name} is not available, in --device {name}, because {why}"), hint)
}
