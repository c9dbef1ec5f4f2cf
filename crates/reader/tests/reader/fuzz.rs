//! Thousands of requests that nobody should send.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use rand::RngExt as _;
use rand::seq::IndexedRandom as _;
use tissue::random::{Stream, stream};

use crate::client::{Answer, Client, connect};
use crate::nobody_in::assert_strict;
use crate::study::{Study, vote};

const REQUESTS: usize = 5000;
const READERS: usize = 8;

const METHODS: [&str; 10] =
    ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "PRI"];
const PATHS: [&str; 26] = [
    "/",
    "/coordinator",
    "/api/reader",
    "/api/vote",
    "/api/finish",
    "/api/health",
    "/api/coordinator",
    "/api/export.csv",
    "/assets/reader.js",
    "/../../etc/passwd",
    "/assets/../../Cargo.toml",
    "/assets/..%2f..%2fCargo.toml",
    "/assets/%2e%2e/x",
    "/assets/%00",
    "/api/tile/%00",
    "/api/tile/..",
    "/api/tile/%c0%ae%c0%ae",
    "/api/tile/' OR 1=1 --",
    "//",
    "/./api/./reader",
    "/api/reader?token=x",
    "/api/reader#x",
    "http://evil.example/api/reader",
    "*",
    "",
    "/assets//reader.js",
];
const HEADERS: [&str; 18] = [
    "Host: evil.example",
    "Host:",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: upgrade",
    "Upgrade: h2c",
    "Authorization: Bearer",
    "Authorization: Basic AAAA",
    "Content-Encoding: gzip",
    "Origin: null",
    "Sec-Fetch-Site: cross-site",
    "Range: bytes=0-1",
    "X: \u{1}",
];

/// One bad request, and whether it is whole as HTTP goes: then it must be answered.
fn bad_request(rng: &mut Stream, client: &Client, item: &str) -> (Vec<u8>, bool) {
    let vote = vote(item, rng.random(), 0, Some("HP"));
    let mut body = serde_json::to_string(&vote).unwrap();
    let kind = rng.random_range(0..6);
    let path = *PATHS.choose(rng).unwrap();
    let mut request = match kind {
        // A vote with some bytes changed, its length right.
        0 => {
            for _ in 0..rng.random_range(1..6) {
                let at = rng.random_range(0..body.len());
                let with = *["\"", "{", "}", "null", "-1", "1e999", "[[[[", "\\u0000", "9", "ä"]
                    .choose(rng)
                    .unwrap();
                body.insert_str(body.floor_char_boundary(at), with);
            }
            client.request("POST", "/api/vote", "", &body).into_bytes()
        }
        1 => client.request(METHODS.choose(rng).unwrap(), path, "", &body).into_bytes(),
        2 => {
            client.request("POST", path, &format!("{}\r\n", HEADERS.choose(rng).unwrap()), &body).into_bytes()
        }
        // Too much of something.
        3 => {
            let length = rng.random_range(1000..200_000);
            match rng.random_range(0..4) {
                0 => client.request("GET", &format!("/api/tile/{}", "a".repeat(length)), "", ""),
                1 => client.request("GET", "/", &format!("X: {}\r\n", "a".repeat(length)), ""),
                2 => client.request("GET", "/", &"X: a\r\n".repeat(length / 100), ""),
                _ => client.request("POST", "/api/vote", "", &"[".repeat(length)),
            }
            .into_bytes()
        }
        // Noise instead of a request.
        4 => (0..rng.random_range(1..400)).map(|_| rng.random()).collect(),
        _ => client.request("POST", "/api/vote", "", &body).into_bytes(),
    };
    if kind == 5 {
        for _ in 0..rng.random_range(1..8) {
            let at = rng.random_range(0..request.len());
            match rng.random_range(0..3) {
                0 => request[at] = rng.random(),
                1 => request.insert(at, rng.random()),
                _ => request.truncate(at.max(1)),
            }
        }
    }
    (request, kind == 0)
}

#[test]
fn bad_requests_are_refused_and_the_server_goes_on() {
    let study = Study::new(6, READERS);
    let server = study.serve();
    let items: Vec<_> = (0..READERS).map(|reader| study.items(reader)).collect();
    let mut rng = stream(11, "fuzz");
    let mut answered = std::collections::BTreeMap::new();
    for n in 0..REQUESTS {
        let reader = n % READERS;
        let token = if rng.random_bool(0.8) { study.token(reader) } else { "wrong" };
        let client = Client::new(server.address, token);
        let (request, whole) = bad_request(&mut rng, &client, &items[reader][0].id);
        let mut connection = connect(server.address);
        // The server may have refused and closed before all of it is sent.
        let sent = connection.get_mut().write_all(&request).is_ok();
        if !whole || !sent {
            let _ = connection.get_ref().shutdown(Shutdown::Write);
        }
        let what = String::from_utf8_lossy(&request[..request.len().min(200)]).into_owned();
        let answer = Answer::read(&mut connection, request.starts_with(b"HEAD"));
        assert!(!whole || answer.is_ok(), "no answer to {what}");
        if let Ok(answer) = answer {
            *answered.entry(answer.status).or_insert(0) += 1;
            assert!(matches!(answer.status, 200..500), "{}: {what}", answer.status);
            // What is not HTTP at all never reaches the study, and is refused with an empty answer.
            if !answer.body.is_empty() {
                assert_strict(&answer, &what);
            }
        }
        assert!(ends(connection, whole), "the connection hangs after {what}");
        if n % 500 == 499 {
            assert_eq!(Client::new(server.address, "").get("/api/health").status, 200);
        }
    }
    for status in [200, 400, 401, 404, 405, 413, 422, 431] {
        assert!(answered.contains_key(&status), "no {status} among {answered:?}");
    }
    // A reader goes on, and nothing is stored but what makes sense.
    let mut client = Client::new(server.address, study.token(0));
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(client.vote(&vote(&items[0][5].id, 1, 0, Some("SSA"))).status, 200);
    drop(server);
    for vote in study.store().votes().unwrap() {
        let label = vote.answer.label.unwrap();
        assert!(label == "HP" || label == "SSA", "{label}");
        assert!(vote.answer.comment.chars().count() <= 2000 && vote.milliseconds <= 86_400_000);
    }
}

/// Whether the connection can be brought to an end: reading comes to one after the client has closed its side.
fn ends(mut connection: BufReader<TcpStream>, whole: bool) -> bool {
    if whole {
        let _ = connection.get_ref().shutdown(Shutdown::Write);
    }
    let mut rest = Vec::new();
    match connection.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(e) => !matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
    }
}
