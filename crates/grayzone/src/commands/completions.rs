//! `grayzone completions`: what a shell needs to complete the command line; `grayzone man`: a manual page a command.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::output;

/// For which shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone completions bash > ~/.local/share/bash-completion/completions/grayzone\n  grayzone completions zsh > ~/.zfunc/_grayzone\n  grayzone completions fish > ~/.config/fish/completions/grayzone.fish"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  grayzone man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// The folder for the pages, `grayzone.1`, `grayzone-run.1` …; pages of that name are replaced
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Prints the script for the whole command line.
pub fn completions(args: &CompletionsArgs, mut whole: Command) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole, "grayzone", &mut script);
    output::script(&script)
}

/// Writes the pages of the whole command line.
pub fn man(args: &ManArgs, mut whole: Command) -> anyhow::Result<()> {
    whole.build();
    page(&whole, "grayzone", &args.dir)?;
    output::line(&args.dir.join("grayzone.1").display().to_string())
}

/// The page of a command, and those of its own commands.
fn page(command: &Command, name: &str, dir: &Path) -> anyhow::Result<()> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut text)?;
    files::write_atomic(&dir.join(format!("{name}.1")), &text)?;
    for below in command.get_subcommands() {
        page(below, &format!("{name}-{}", below.get_name()), dir)?;
    }
    Ok(())
}
