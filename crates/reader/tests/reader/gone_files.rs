//! Files that are deleted, replaced, emptied or cut short under a server that has them open: nothing is acknowledged that nobody could find,
//! and whoever runs the study is told.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use reader::Vote;
use rusqlite::Connection;
use serde_json::Value;

use crate::client::Client;
use crate::serving::ServerProcess;
use crate::study::{Study, vote};

/// A study that is being read: two votes are stored, and a third is about to come.
struct Reading {
    study: Study,
    server: ServerProcess,
    votes: Vec<Vote>,
}

impl Reading {
    fn new() -> Self {
        let study = Study::new(3, 1);
        let server = study.serve();
        let items = study.items(0);
        let votes: Vec<Vote> =
            items.iter().enumerate().map(|(n, item)| vote(&item.id, n as u64, 0, Some("HP"))).collect();
        let reading = Self { study, server, votes };
        assert_eq!((reading.send(0), reading.send(1)), (200, 200));
        reading
    }

    fn file(&self, end: &str) -> PathBuf {
        self.study.folder.join(format!("study.sqlite{end}"))
    }

    fn client(&self) -> Client {
        Client::new(self.server.address, self.study.token(0))
    }

    fn send(&self, n: usize) -> u16 {
        self.client().vote(&self.votes[n]).status
    }

    /// What the coordinator sees, once it is what is wanted.
    fn watch(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut client = Client::new(self.server.address, self.study.coordinator());
        for _ in 0..100 {
            let watch = client.get("/api/coordinator").json()["watch"].clone();
            if wanted(&watch) {
                return watch;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the coordinator sees {}", client.get("/api/coordinator").text());
    }

    /// A vote is refused, aloud and on the coordinator's page.
    fn is_refused(&self, why: &str) {
        let answer = self.client().vote(&self.votes[2]);
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(answer.text().contains(why), "{}", answer.text());
        let told = self.server.told(1);
        assert!(told[0].starts_with("Trouble(NotStoring") && told[0].contains(why), "{told:?}");
        let watch = self.watch(|watch| watch["trouble"].is_object());
        assert!(watch["trouble"]["why"].as_str().unwrap().contains(why), "{watch}");
        // The same again is not told again.
        assert_eq!(self.send(2), 503);
        assert_eq!(self.server.told(1).len(), 1);
    }

    /// It goes on, and says so.
    fn goes_on(&self) {
        let watch = self.watch(|watch| watch["trouble"].is_null());
        assert_eq!(watch["past"].as_array().unwrap().len(), 1, "{watch}");
        assert_eq!(self.server.told(2)[1..], ["Over"]);
        assert_eq!(self.send(2), 200);
    }
}

fn stored(study: &Path) -> i64 {
    let connection = Connection::open(study.join("study.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM vote", [], |row| row.get(0)).unwrap()
}

#[test]
fn a_folder_that_was_deleted_and_put_back_takes_no_vote_until_it_is_served_again() {
    let reading = Reading::new();
    let folder = &reading.study.folder;
    let backup = folder.with_extension("backup");
    assert!(Command::new("cp").arg("-a").args([folder, &backup]).status().unwrap().success());
    fs::remove_dir_all(folder).unwrap();
    assert!(Command::new("cp").arg("-a").args([&backup, folder]).status().unwrap().success());
    let names = |folder: &Path| {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    reading.is_refused("study.sqlite has been replaced by another file");
    // What was put back is not touched, the log with its votes neither, when the server ends.
    let Reading { study, server, votes } = reading;
    assert!(server.stop());
    assert_eq!(names(&study.folder), names(&backup));
    let server = study.serve();
    assert_eq!(Client::new(server.address, study.token(0)).vote(&votes[2]).status, 200);
    server.kill();
    assert_eq!(stored(&study.folder), 3);
}

#[test]
fn a_folder_that_was_moved_away_and_back_goes_on() {
    let reading = Reading::new();
    let away = reading.study.folder.with_extension("away");
    fs::rename(&reading.study.folder, &away).unwrap();
    reading.is_refused("study.sqlite is gone");
    fs::rename(&away, &reading.study.folder).unwrap();
    reading.goes_on();
    assert!(reading.server.stop());
    assert_eq!(stored(&reading.study.folder), 3);
}

#[test]
fn of_a_log_that_was_deleted_nothing_that_was_acknowledged_is_lost() {
    let reading = Reading::new();
    fs::remove_file(reading.file("-wal")).unwrap();
    reading.is_refused("study.sqlite-wal is gone (what was saved before is now in study.sqlite)");
    let Reading { study, server, votes } = reading;
    server.kill();
    assert_eq!(stored(&study.folder), 2);
    let server = study.serve();
    assert_eq!(Client::new(server.address, study.token(0)).vote(&votes[2]).status, 200);
    server.kill();
    assert_eq!(stored(&study.folder), 3);
}

#[test]
fn a_lost_file_is_told_of_before_anybody_votes() {
    for end in ["", "-wal", "-shm"] {
        let reading = Reading::new();
        fs::rename(reading.file(end), reading.file(".away")).unwrap();
        let watch = reading.watch(|watch| watch["trouble"].is_object());
        assert!(watch["trouble"]["why"].as_str().unwrap().contains(&format!("study.sqlite{end} is gone")));
        if end != "-wal" {
            fs::rename(reading.file(".away"), reading.file(end)).unwrap();
            reading.goes_on();
        }
    }
}

#[test]
fn a_log_that_was_emptied_takes_no_vote() {
    let reading = Reading::new();
    File::options().write(true).open(reading.file("-wal")).unwrap().set_len(0).unwrap();
    let why = "another program has written into study.sqlite or its log, and answers are missing there";
    let refused = reading.client().vote(&reading.votes[2]);
    assert!(refused.status == 503 && refused.text().contains(why), "{}", refused.text());
    assert!(reading.server.told(1)[0].contains(why));
    // Nothing of the log can be read any more: the coordinator's page shows why.
    let answer = Client::new(reading.server.address, reading.study.coordinator()).get("/api/coordinator");
    assert!(answer.status == 503 && answer.text().contains(why), "{}", answer.text());
}

#[test]
fn a_data_base_that_was_written_over_takes_no_vote() {
    let reading = Reading::new();
    let bytes = fs::read(reading.file("")).unwrap();
    fs::write(reading.file(""), &bytes[..bytes.len() / 2]).unwrap();
    reading.is_refused("another program has written into study.sqlite");
}

#[test]
fn a_checkpoint_of_another_program_is_no_trouble() {
    let reading = Reading::new();
    let other = Connection::open(reading.file("")).unwrap();
    for n in 2..6 {
        let busy: i64 = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
        assert_eq!(busy, 0);
        assert_eq!(reading.send(n), 200);
    }
    assert_eq!(reading.watch(|_| true)["trouble"], Value::Null);
    drop(other);
    assert!(reading.server.stop());
    assert_eq!(stored(&reading.study.folder), 6);
}

/// The index is mapped into memory: to touch what was cut off it would end the process.
#[test]
fn an_index_that_was_cut_short_ends_in_an_error_and_not_the_server() {
    for length in [0, 100, 20_000] {
        let mut reading = Reading::new();
        File::options().write(true).open(reading.file("-shm")).unwrap().set_len(length).unwrap();
        let why = "study.sqlite-shm has been cut short";
        for answer in [reading.client().vote(&reading.votes[2]), reading.client().get("/api/reader")] {
            assert_eq!(answer.status, 503, "{}", answer.text());
            assert!(answer.text().contains(why), "{}", answer.text());
        }
        let told = reading.server.told(1);
        assert!(told[0].contains(why), "{told:?}");
        // Also while it looks for new links, and when it ends.
        std::thread::sleep(std::time::Duration::from_millis(2500));
        assert!(reading.server.runs());
        let Reading { study, server, votes } = reading;
        assert!(server.stop());
        assert_eq!(stored(&study.folder), 2);
        let server = study.serve();
        assert_eq!(Client::new(server.address, study.token(0)).vote(&votes[2]).status, 200);
    }
}

#[test]
fn a_disk_that_is_full_and_has_room_again_is_told_of() {
    let study = Study::new(3, 1);
    let server = ServerProcess::start_with_file_limit(&study.folder, 600);
    let items = study.items(0);
    let mut client = Client::new(server.address, study.token(0));
    let refused = (0..3000_usize).find(|&n| {
        let mut vote = vote(&items[n % items.len()].id, n as u64, (n / items.len()) as u32, Some("HP"));
        vote.comment = "long words ".repeat(180);
        loop {
            match client.vote(&vote).status {
                429 => std::thread::sleep(std::time::Duration::from_millis(300)),
                status => return status == 503,
            }
        }
    });
    assert!(refused.is_some());
    let told = server.told(1);
    assert!(told.len() == 1 && told[0].starts_with("Trouble(NotStoring"), "{told:?}");
    // Nobody votes meanwhile: the server finds it by itself.
    server.lift_file_limit();
    assert_eq!(server.told(2)[1..], ["Over"]);
}
