//! How long a vote takes from request to stored, with many readers voting at once.
//!
//! ```text
//! cargo run --release -p reader --example load -- [--readers 50] [--votes 200] [--pause 0] [--folder DIR]
//! ```
//!
//! Makes a study of 60 synthetic tiles, serves it in a process of its own, and lets every reader vote `--votes` times as fast as answers
//! come, or with a pause of so many milliseconds between answer and next vote. Each vote is a fresh request on a connection that is
//! kept open, as the page does it. `--folder` chooses the disk. One line of JSON: quantiles in milliseconds, votes a second.

#[path = "../tests/reader/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "../tests/reader/synthetic_run.rs"]
mod synthetic_run;

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use client::Client;
use reader::{ServeOptions, Store, Vote};

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(folder) = flag("serve") {
        let bind = "127.0.0.1:0".parse()?;
        let options = ServeOptions { folder: folder.into(), bind, per_address: reader::PER_ADDRESS };
        return Ok(reader::serve(
            &options,
            |address| println!("{address}"),
            |report| eprintln!("{report:?}"),
            || false,
        )?);
    }
    let number = |name: &str, otherwise: usize| flag(name).map_or(Ok(otherwise), |value| value.parse());
    let (readers, votes, pause) = (number("readers", 50)?, number("votes", 200)?, number("pause", 0)?);
    let temporary = match flag("folder") {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let run = synthetic_run::write(temporary.path(), 300, 48, 0);
    let study = temporary.path().join("study");
    let made = reader::new_study(&study, &synthetic_run::options(&run, 15, readers))?;

    let mut server =
        Command::new(std::env::current_exe()?).arg("--serve").arg(&study).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("the server has no output")?).read_line(&mut line)?;
    let address: SocketAddr = line.trim().parse()?;
    let tokens: Vec<String> =
        made.readers.iter().filter_map(|l| l.path.rsplit('#').next()).map(str::to_owned).collect();
    let begun = Instant::now();
    let times = vote_all(address, &tokens, votes, Duration::from_millis(pause as u64));
    let seconds = begun.elapsed().as_secs_f64();
    server.kill()?;
    server.wait()?;
    report(&times, seconds, &study)
}

/// Every reader in a thread of their own; seconds of every vote.
fn vote_all(address: SocketAddr, tokens: &[String], votes: usize, pause: Duration) -> Vec<f64> {
    let read = |(reader, token): (usize, &String)| {
        let mut client = Client::new(address, token);
        let view = client.get("/api/reader").json();
        let items: Vec<String> = view["items"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item["id"].as_str())
            .map(str::to_owned)
            .collect();
        let mut times = Vec::new();
        // Readers do not begin in the same millisecond.
        std::thread::sleep(pause.mul_f64(reader as f64 / tokens.len() as f64));
        for n in 0..votes {
            let vote = Vote {
                item: items[n % items.len()].clone(),
                request: format!("{:032x}", reader * 1_000_000 + n),
                revision: (n / items.len()) as u32,
                label: Some(if n % 2 == 0 { "HP" } else { "SSA" }.to_owned()),
                skipped: false,
                real: None,
                confidence: None,
                comment: String::new(),
                milliseconds: 2500,
            };
            let answer = loop {
                let answer = client.vote(&vote);
                if answer.status != 429 {
                    break answer;
                }
                // The limit of one reader's requests, which nobody reaches by hand.
                std::thread::sleep(Duration::from_millis(500));
            };
            assert_eq!(answer.status, 200, "{}", answer.text());
            times.push(answer.took.as_secs_f64());
            std::thread::sleep(pause);
        }
        times
    };
    std::thread::scope(|scope| {
        let read = &read;
        let reading: Vec<_> =
            tokens.iter().enumerate().map(|reader| scope.spawn(move || read(reader))).collect();
        reading.into_iter().flat_map(|r| r.join().unwrap_or_default()).collect()
    })
}

fn report(times: &[f64], seconds: f64, study: &Path) -> Result<(), Box<dyn Error>> {
    let at = |q: f64| stats::quantile(times, q).map(|s| (s * 1e5).round() / 100.0);
    let stored: PathBuf = Store::open(study)?.path().to_path_buf();
    let stored: i64 =
        rusqlite::Connection::open(stored)?.query_row("SELECT count(*) FROM vote", [], |row| row.get(0))?;
    let line = serde_json::json!({
        "votes": times.len(),
        "stored": stored,
        "votes_per_second": (times.len() as f64 / seconds).round(),
        "milliseconds": { "p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "most": at(1.0) },
    });
    println!("{line}");
    Ok(())
}

/// The value behind `--name`.
fn flag(name: &str) -> Option<String> {
    let wanted = format!("--{name}");
    std::env::args().skip_while(|arg| *arg != wanted).nth(1)
}
