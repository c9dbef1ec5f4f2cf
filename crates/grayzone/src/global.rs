//! Options that every command understands.

use clap::Args;

use crate::device::DeviceChoice;

/// Options that every command understands.
#[derive(Clone, Copy, Debug, Args)]
pub struct Global {
    /// Which processor computes
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        env = "GRAYZONE_DEVICE",
        help_heading = "Everywhere"
    )]
    pub device: DeviceChoice,
    /// How many threads compute [default: one a core]; results do not depend on it
    #[arg(long, global = true, value_name = "N", env = "GRAYZONE_THREADS", help_heading = "Everywhere")]
    pub threads: Option<usize>,
    /// No progress and no notes on stderr, only errors
    #[arg(long, short, global = true, env = "GRAYZONE_QUIET", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Everywhere")]
    pub quiet: bool,
}
