//! The command line: its shape, and usage errors in the program's own words.

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::commands::Command;
use crate::fault::Fault;
use crate::global::Global;
use crate::output;

/// Turns clear-cut histology tiles into gray-zone ones, and trains classifiers that cope with the gray zone.
#[derive(Debug, Parser)]
#[command(
    name = "grayzone",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    after_help = "Example:\n  grayzone demo\n  grayzone data inspect my-tiles/\n  grayzone run STUDY.toml"
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// What every command understands
    #[command(flatten)]
    pub global: Global,
}

/// Reads the arguments; `None` if they asked for help or the version, which is then printed.
pub fn parse() -> anyhow::Result<Option<Cli>> {
    match Cli::try_parse() {
        Ok(cli) => Ok(Some(cli)),
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            output::text(&e.render().to_string())?;
            Ok(None)
        }
        Err(e) => Err(usage_error(&e)),
    }
}

/// clap's message as `WHAT, in the arguments`, its tip and the usage as the hint.
fn usage_error(error: &clap::Error) -> anyhow::Error {
    let rendered = error.render().to_string();
    let usage = rendered.lines().find_map(|l| l.strip_prefix("Usage: ")).map(str::trim);
    if matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    ) {
        let command = usage.and_then(|u| u.split(" <").next()).unwrap_or("grayzone");
        let command = command.split(" [").next().unwrap_or(command);
        return Fault::input(
            "no command was given, in the arguments",
            format!("`{command} --help` lists the commands; `grayzone demo` shows a whole study at work"),
        );
    }
    let first: Vec<&str> =
        rendered.lines().take_while(|line| !line.trim().is_empty()).map(str::trim).collect();
    let what = first.join(" ");
    let what = what.strip_prefix("error: ").unwrap_or(&what);
    // Our own parsers give their reason after a colon.
    let (what, why) = match (error.kind(), what.split_once("': ")) {
        (ErrorKind::ValueValidation, Some((value, why))) => (format!("{value}'"), why.to_owned()),
        (kind, _) => (what.to_owned(), reason(kind).to_owned()),
    };
    let what = format!("{what}, in the arguments, because {why}");
    let mut hint = String::new();
    for tip in rendered.lines().filter_map(|l| l.trim().strip_prefix("tip: ")) {
        hint.push_str(tip);
        hint.push_str("; ");
    }
    match (usage, error.get(ContextKind::InvalidArg)) {
        (Some(usage), _) => Fault::input(what, hint + "usage: " + usage),
        (None, Some(ContextValue::String(argument))) => {
            Fault::input(what, hint + "see " + argument + " in --help")
        }
        _ => Fault::input(what, hint + "see --help"),
    }
}

/// Why the arguments cannot be used, where clap's message does not say it.
fn reason(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::UnknownArgument => "the command has no place for it",
        ErrorKind::InvalidSubcommand => "there is no such command",
        ErrorKind::MissingRequiredArgument => "the command cannot work without",
        ErrorKind::ArgumentConflict => "one excludes the other",
        ErrorKind::InvalidValue | ErrorKind::NoEquals => "it is not among the values it can have",
        ErrorKind::InvalidUtf8 => "it is not encoded in UTF-8",
        _ => "that is not how the command is written",
    }
}
