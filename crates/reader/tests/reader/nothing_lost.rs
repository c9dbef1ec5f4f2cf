//! Every acknowledged vote is there once, whatever happens to server, disk or network.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reader::Vote;
use rusqlite::{Connection, params};

use crate::client::{Answer, Client, connect};
use crate::serving::ServerProcess;
use crate::study::{Study, vote};

const LABELS: [&str; 2] = ["HP", "SSA"];

/// How often a request is stored, and with which label.
fn stored(study: &Path, vote: &Vote) -> Vec<Option<String>> {
    let connection = Connection::open(study.join("study.sqlite")).unwrap();
    let mut statement = connection
        .prepare("SELECT label FROM vote WHERE item = ?1 AND request = ?2 AND revision = ?3")
        .unwrap();
    let rows = statement.query_map(params![vote.item, vote.request, vote.revision + 1], |row| row.get(0));
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn is_stored_once(study: &Path, vote: &Vote) -> bool {
    stored(study, vote) == std::slice::from_ref(&vote.label)
}

fn votes_in(study: &Path) -> i64 {
    let connection = Connection::open(study.join("study.sqlite")).unwrap();
    connection.query_row("SELECT count(*) FROM vote", [], |row| row.get(0)).unwrap()
}

fn is_sound(study: &Path) -> bool {
    let connection = Connection::open(study.join("study.sqlite")).unwrap();
    let says: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    says == "ok"
}

#[test]
fn what_was_acknowledged_before_the_server_was_killed_is_there_once() {
    const READERS: usize = 5;
    let study = Study::new(10, READERS);
    let acknowledged: Mutex<Vec<Vote>> = Mutex::new(Vec::new());
    let unheard: Mutex<Vec<Vote>> = Mutex::new(Vec::new());
    let revisions: Vec<Mutex<BTreeMap<String, u32>>> = (0..READERS).map(|_| Mutex::default()).collect();
    let request = AtomicUsize::new(1);
    for round in 0..4 {
        let server = study.serve();
        // Votes whose answer was never heard are sent again first, as the page does.
        for vote in unheard.lock().unwrap().drain(..) {
            let reader = (0..READERS).find(|r| study.items(*r).iter().any(|i| i.id == vote.item)).unwrap();
            let answer = Client::new(server.address, study.token(reader)).vote(&vote);
            assert_eq!(answer.status, 200, "{}", answer.text());
            assert_eq!(answer.json()["answer"]["revision"], vote.revision + 1);
            revisions[reader].lock().unwrap().insert(vote.item.clone(), vote.revision + 1);
            acknowledged.lock().unwrap().push(vote);
        }
        let enough = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for reader in 0..READERS {
                let (study, acknowledged, unheard) = (&study, &acknowledged, &unheard);
                let (revisions, request, enough) = (&revisions[reader], &request, &enough);
                let address = server.address;
                scope.spawn(move || {
                    let mut client = Client::new(address, study.token(reader));
                    let items = study.items(reader);
                    for turn in 0.. {
                        let item = &items[(turn * 7 + round) % items.len()].id;
                        let revision = revisions.lock().unwrap().get(item).copied().unwrap_or(0);
                        let n = request.fetch_add(1, Ordering::Relaxed);
                        let vote = vote(item, n as u64, revision, Some(LABELS[n % 2]));
                        let body = serde_json::to_string(&vote).unwrap();
                        match client.ask("POST", "/api/vote", "", &body) {
                            Ok(answer) if answer.status == 200 => {
                                revisions.lock().unwrap().insert(item.clone(), revision + 1);
                                acknowledged.lock().unwrap().push(vote);
                                enough.fetch_add(1, Ordering::Relaxed);
                            }
                            Ok(answer) if answer.status == 429 => {
                                std::thread::sleep(Duration::from_millis(200));
                            }
                            Ok(answer) => panic!("{}: {}", answer.status, answer.text()),
                            Err(_) => {
                                unheard.lock().unwrap().push(vote);
                                break;
                            }
                        }
                    }
                });
            }
            while enough.load(Ordering::Relaxed) < 150 {
                std::thread::sleep(Duration::from_millis(1));
            }
            server.kill();
        });
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    let unheard = unheard.into_inner().unwrap();
    assert!(acknowledged.len() >= 600);
    assert!(is_sound(&study.folder));
    for vote in &acknowledged {
        assert!(is_stored_once(&study.folder, vote), "{vote:?}");
    }
    // Nothing is there that nobody sent.
    let of_unheard = unheard.iter().filter(|v| !stored(&study.folder, v).is_empty()).count();
    assert_eq!(votes_in(&study.folder), (acknowledged.len() + of_unheard) as i64);

    // The page goes on where it stopped.
    let server = study.serve();
    for reader in 0..READERS {
        let view = Client::new(server.address, study.token(reader)).get("/api/reader").json();
        for item in view["items"].as_array().unwrap() {
            let id = item["id"].as_str().unwrap();
            let last = acknowledged.iter().filter(|v| v.item == id).max_by_key(|v| v.revision);
            let later = unheard.iter().any(|v| v.item == id);
            if let Some(last) = last.filter(|_| !later) {
                assert_eq!(item["answer"]["label"].as_str(), last.label.as_deref());
                assert_eq!(item["answer"]["revision"], last.revision + 1);
            }
        }
    }
}

/// Votes until the disk is full, then makes room, and votes on: what was acknowledged is there, what was refused is not.
fn fill(study: &Study, server: &ServerProcess, make_room: impl FnOnce()) {
    let items = study.items(0);
    let mut client = Client::new(server.address, study.token(0));
    let mut revisions = vec![0; items.len()];
    let mut acknowledged = Vec::new();
    let mut refused = None;
    for n in 0..3000 {
        let mut vote =
            vote(&items[n % items.len()].id, n as u64, revisions[n % items.len()], Some(LABELS[n % 2]));
        vote.comment = "long words ".repeat(180);
        let answer = client.vote(&vote);
        match answer.status {
            200 => {
                revisions[n % items.len()] += 1;
                acknowledged.push(vote);
            }
            429 => std::thread::sleep(Duration::from_millis(300)),
            503 => {
                assert!(
                    answer.json()["error"].as_str().unwrap().starts_with("Not saved"),
                    "{}",
                    answer.text()
                );
                refused = Some(vote);
                break;
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    let refused = refused.expect("the disk is full at some time");
    assert!(!acknowledged.is_empty());
    for vote in &acknowledged {
        assert!(is_stored_once(&study.folder, vote), "{vote:?}");
    }
    assert_eq!(stored(&study.folder, &refused), []);
    // What is stored can still be read.
    assert_eq!(client.get("/api/reader").status, 200);

    make_room();
    let answer = client.vote(&refused);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(is_stored_once(&study.folder, &refused), "{refused:?}");
    assert_eq!(votes_in(&study.folder), acknowledged.len() as i64 + 1);
    assert!(is_sound(&study.folder));
}

#[test]
fn a_disk_that_is_full_loses_nothing_and_says_so() {
    let study = Study::new(3, 1);
    let server = ServerProcess::start_with_file_limit(&study.folder, 600);
    fill(&study, &server, || server.lift_file_limit());
}

/// The same with the kernel's own "no space left on device", where this program may mount.
#[test]
#[cfg(target_os = "linux")]
fn a_small_disk_that_is_full_loses_nothing_and_says_so() {
    let mut study = Study::new(3, 1);
    let disk = study.parent.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(&disk).output();
    if !mount.is_ok_and(|m| m.status.success()) {
        eprintln!("left out: this program may not mount a small disk");
        return;
    }
    let _unmount = Unmount(disk.clone());
    let folder = disk.join("study");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(study.folder.join("study.sqlite"), folder.join("study.sqlite")).unwrap();
    let stone = disk.join("stone");
    std::fs::write(&stone, vec![1; 700 << 10]).unwrap();
    study.folder = folder;
    let server = study.serve();
    fill(&study, &server, || std::fs::remove_file(&stone).unwrap());
    server.kill();
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        // Lazily, as a failed test's server may still hold files.
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|s| s.success()) || std::thread::panicking());
    }
}

#[test]
fn the_second_of_two_tabs_is_told_what_counts() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let item = &study.items(0)[0].id;
    let mut tabs = [0, 1].map(|_| Client::new(server.address, study.token(0)));
    assert_eq!(tabs[0].vote(&vote(item, 1, 0, Some("HP"))).status, 200);
    let stale = vote(item, 2, 0, Some("SSA"));
    let answer = tabs[1].vote(&stale);
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json()["answer"]["label"], "HP");
    assert_eq!(answer.json()["answer"]["revision"], 1);
    assert_eq!(answer.json()["finished"], false);
    assert_eq!(stored(&study.folder, &stale), []);
    // Built on what counts, it is taken; and so is going back: to a label, to no answer, to a skip.
    for (n, label, skipped) in
        [(3, Some("SSA"), false), (4, Some("HP"), false), (5, None, false), (6, None, true)]
    {
        let mut vote = vote(item, n, n as u32 - 2, label);
        (vote.skipped, vote.milliseconds) = (skipped, 0);
        vote.comment = "seen before".into();
        let answer = tabs[1].vote(&vote);
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["answer"]["label"].as_str(), label);
        assert_eq!(answer.json()["answer"]["skipped"], skipped);
    }
    assert_eq!(votes_in(&study.folder), 5);
    // A revision from the future is as wrong as an old one.
    assert_eq!(tabs[0].vote(&vote(item, 7, 9, Some("HP"))).status, 409);
    assert_eq!(tabs[0].vote(&vote(item, 8, u32::MAX, Some("HP"))).status, 409);
}

#[test]
fn a_request_that_comes_again_is_stored_once_for_ever() {
    let study = Study::new(3, 2);
    let server = study.serve();
    let items = study.items(0);
    let first = vote(&items[0].id, 1, 0, Some("HP"));
    // A double click: the same request twenty times at once.
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| Client::new(server.address, study.token(0)).vote(&first)))
            .collect();
        sending.into_iter().map(|s| s.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!((answer.status, answer.text()), (200, answers[0].text()));
    }
    assert_eq!(votes_in(&study.folder), 1);

    let mut client = Client::new(server.address, study.token(0));
    assert_eq!(client.vote(&vote(&items[0].id, 2, 1, Some("SSA"))).status, 200);
    // Replayed though something newer counts: the answer of then, and nothing changes.
    assert_eq!(client.vote(&first).text(), answers[0].text());
    assert_eq!(client.get("/api/reader").json()["items"][0]["answer"]["label"], "SSA");
    for (n, item) in items.iter().enumerate().skip(1) {
        assert_eq!(client.vote(&vote(&item.id, 100 + n as u64, 0, Some("HP"))).status, 200);
    }
    assert_eq!(client.post("/api/finish", "{}").status, 200);
    server.kill();

    // After finishing and a new start it is still known; what is new is refused.
    let server = study.serve();
    let mut client = Client::new(server.address, study.token(0));
    assert_eq!(client.vote(&first).text(), answers[0].text());
    let late = client.vote(&vote(&items[0].id, 999, 2, Some("HP")));
    assert_eq!(late.status, 409);
    assert_eq!(late.json()["finished"], true);
    assert_eq!(late.json()["answer"]["label"], "SSA");
    assert_eq!(client.get("/api/reader").json()["finished"], true);
    assert_eq!(client.post("/api/finish", "{}").text(), "{\"finished\":true}");
    assert_eq!(votes_in(&study.folder), items.len() as i64 + 1);
    // Another reader's item is nobody else's.
    assert_eq!(Client::new(server.address, study.token(1)).vote(&first).status, 404);
}

#[test]
fn a_connection_that_is_cut_stores_a_vote_whole_or_not_at_all() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let items = study.items(0);
    let client = Client::new(server.address, study.token(0));
    let mut whole = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let vote = vote(&item.id, n as u64, 0, Some("HP"));
        let request = client.request("POST", "/api/vote", "", &serde_json::to_string(&vote).unwrap());
        let cut = if n % 2 == 0 { request.len() - 1 - 7 * n } else { request.len() };
        let mut connection = connect(server.address);
        connection.get_mut().write_all(&request.as_bytes()[..cut]).unwrap();
        drop(connection);
        if cut == request.len() {
            whole.push(vote);
        } else {
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(stored(&study.folder, &vote), []);
        }
    }
    // Whether the server heard those that were sent whole nobody knows; sent again they are there once.
    let mut client = Client::new(server.address, study.token(0));
    for vote in &whole {
        assert_eq!(client.vote(vote).status, 200);
        assert!(is_stored_once(&study.folder, vote), "{vote:?}");
    }
    assert_eq!(votes_in(&study.folder), whole.len() as i64);
}

#[test]
fn a_server_that_is_asked_to_stop_ends_in_order() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let item = &study.items(0)[0].id;
    let mut client = Client::new(server.address, study.token(0));
    let vote = vote(item, 1, 0, Some("HP"));
    assert_eq!(client.vote(&vote).status, 200);
    assert!(server.stop());
    assert_eq!(stored(&study.folder, &vote), [Some("HP".to_owned())]);
}
