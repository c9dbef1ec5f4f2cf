//! `grayzone reader serve`: the pages of a study.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use reader::{PER_ADDRESS, ReaderError, Report, ServeOptions};

use crate::global::Global;
use crate::interrupt;
use crate::progress::Progress;

/// What is served, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone reader serve my-readers\n  grayzone reader serve my-readers --bind 127.0.0.1:9000"
)]
pub struct ServeArgs {
    /// The study's folder
    #[arg(value_name = "STUDY")]
    study: PathBuf,
    /// The address to listen on; other machines reach it only if it is not a loopback address
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
    /// Connections without a reader's link from one address; the idlest above it is closed for a new one. Behind another server all have
    /// that server's address: give as many as it may open
    #[arg(long, value_name = "N", default_value_t = PER_ADDRESS as u32, value_parser = clap::value_parser!(u32).range(1..))]
    per_address: u32,
}

/// Says it on stderr, also with --quiet: whoever looks there next must learn of it.
fn tell(report: Report) {
    match report {
        Report::Warning(e) => say("warning", &e),
        Report::Trouble(e) => say("error", &e),
        Report::Over => eprintln!("note: answers are stored again"),
    }
}

fn say(how: &str, e: &ReaderError) {
    eprintln!("{how}: {}", files::shown(&e.to_string()));
    if let Some(hint) = e.hint() {
        eprintln!("hint: {}", files::shown(&hint));
    }
}

pub fn run(args: &ServeArgs, global: Global) -> anyhow::Result<()> {
    let progress = Progress::new("serving", global.quiet);
    if !args.bind.ip().is_loopback() {
        // Not a note: it is said even with --quiet.
        eprintln!(
            "warning: {} can be reached from other machines, and nothing on the way is encrypted: whoever listens in on the \
             network reads links and answers.\nhint: listen on 127.0.0.1 and put a server with a certificate in front, such as\n  \
             caddy reverse-proxy --from reader.example.org --to 127.0.0.1:8080",
            args.bind
        );
    }
    interrupt::work_saves_itself();
    let options =
        ServeOptions { folder: args.study.clone(), bind: args.bind, per_address: args.per_address as usize };
    let listening = |address: SocketAddr| {
        progress.note(&format!(
            "the study is open at http://{address}/ by the readers' links; Ctrl-C ends it, and every answer is kept"
        ));
    };
    reader::serve(&options, listening, tell, interrupt::requested)?;
    progress.note("the study is closed; the same command opens it again where everybody stopped");
    Ok(())
}
