//! Serves a study of synthetic tissue, for whoever drives the pages: `tests/page/drive.mjs`, or a hand.
//!
//! ```text
//! cargo run --release -p reader --example serve_study -- \
//!     [--tiles 12] [--readers 3] [--practice 2] [--repeats 0] [--break 50] [--ask rct] [--size 224]
//!     [--out DIR] [--bind 127.0.0.1:0]
//! cargo run --release -p reader --example serve_study -- --reopen STUDY [--bind 127.0.0.1:0]
//! ```
//!
//! `--tiles`: of the study, a quarter of each group (a multiple of 4). `--ask`: any of r (real or generated), c (confidence), t (comment).
//! `--out`: where run and study are written; a temporary folder else. One line of JSON says where it is: `url`, `tokens` (of the
//! readers), `coordinator` (a token), `links`, `coordinator_link` and `folder` (the study's). It serves until it is killed; `--reopen`
//! serves such a folder again, and says `url` and `folder`.

#[path = "../tests/reader/synthetic_run.rs"]
mod synthetic_run;

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use reader::{Ask, ServeOptions};

/// Also called by the test that kills it.
pub fn main() -> Result<(), Box<dyn Error>> {
    let bind: SocketAddr = flag("bind").unwrap_or_else(|| "127.0.0.1:0".into()).parse()?;
    if let Some(study) = flag("reopen") {
        let listening = |address: SocketAddr| {
            println!("{}", serde_json::json!({ "url": format!("http://{address}"), "folder": study }));
        };
        reader::serve(&serving(study.clone().into(), bind), listening, |_| {}, || false)?;
        return Ok(());
    }
    let number = |name: &str, otherwise: usize| flag(name).map_or(Ok(otherwise), |value| value.parse());
    let (tiles, practice) = (number("tiles", 12)?, number("practice", 2)?);
    let asked = flag("ask").unwrap_or_default();
    // Kept until the process is killed: the study lies in it.
    let temporary = tempfile::tempdir()?;
    let folder = flag("out").map_or_else(|| temporary.path().to_path_buf(), PathBuf::from);

    // Of a hundred synthetic tiles about 45 are training tiles of class X, half of them easy, and 20 of the other class.
    let run = synthetic_run::write(&folder, (3 * (tiles + practice)).max(150), number("size", 224)?, 0);
    let mut options = synthetic_run::options(&run, tiles / 4, number("readers", 3)?);
    options.draw.practice = practice;
    options.repeats = number("repeats", 0)?;
    options.break_every = number("break", 50)?;
    options.ask = Ask {
        real_or_generated: asked.contains('r'),
        confidence: asked.contains('c'),
        comment: asked.contains('t'),
    };
    let study = folder.join("study");
    let made = reader::new_study(&study, &options)?;

    let listening = |address: SocketAddr| {
        let token = |link: &reader::Link| link.path.rsplit('#').next().unwrap_or_default().to_owned();
        let url = format!("http://{address}");
        let line = serde_json::json!({
            "url": url,
            "tokens": made.readers.iter().map(token).collect::<Vec<_>>(),
            "coordinator": token(&made.coordinator),
            "links": made.readers.iter().map(|l| format!("{url}{}", l.path)).collect::<Vec<_>>(),
            "coordinator_link": format!("{url}{}", made.coordinator.path),
            "folder": study,
        });
        println!("{line}");
    };
    reader::serve(&serving(study.clone(), bind), listening, |_| {}, || false)?;
    Ok(())
}

fn serving(folder: PathBuf, bind: SocketAddr) -> ServeOptions {
    ServeOptions { folder, bind, per_address: reader::PER_ADDRESS }
}

/// The value behind `--name`.
fn flag(name: &str) -> Option<String> {
    let wanted = format!("--{name}");
    std::env::args().skip_while(|arg| *arg != wanted).nth(1)
}
