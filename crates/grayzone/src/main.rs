//! The `grayzone` program: arguments → resolved settings → one call into a library crate.
//!
//! Results go to stdout; progress, notes and errors go to stderr. Exit codes: 0 done, 1 the machine's fault,
//! 2 anything the arguments, files or data cause, 130 interrupted. No method lives here: the libraries compute
//! and know nothing of the terminal; `commands` calls them, `fault` words their errors, `progress` shows how
//! far they are.

mod classifier;
mod cli;
mod commands;
mod device;
mod fault;
mod global;
mod inputs;
mod interrupt;
mod live_report;
mod output;
mod progress;
mod recipe;
mod study_progress;
mod table;
mod training_progress;

use std::process::ExitCode;

use clap::CommandFactory;

#[global_allocator]
static ALLOCATOR: kernels::memory::Recycling<mimalloc::MiMalloc> =
    kernels::memory::Recycling(mimalloc::MiMalloc);

fn main() -> ExitCode {
    device::pin_default_backend();
    fault::silence_panics();
    interrupt::install();
    let outcome = std::panic::catch_unwind(|| {
        let Some(cli) = cli::parse()? else { return Ok(()) };
        device::check_instructions()?;
        device::start_threads(cli.global.threads)?;
        commands::dispatch(cli.command, cli.global, cli::Cli::command())
    });
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => fault::report(error),
        Err(_) => fault::report_panic(),
    }
}
