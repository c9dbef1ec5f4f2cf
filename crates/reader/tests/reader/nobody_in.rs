//! Nobody gets in without a link, and a link opens no more than its own door.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use reader::new_link;

use crate::client::{Answer, Client};
use crate::study::{Study, vote};

/// What every answer carries.
const STRICT: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("x-frame-options", "DENY"),
    ("cross-origin-resource-policy", "same-origin"),
];

pub fn assert_strict(answer: &Answer, what: &str) {
    for (name, value) in STRICT {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    assert!(answer.header("date").is_some());
    assert!(answer.header("server").is_none() && answer.header("set-cookie").is_none());
    if answer.status >= 400 {
        assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        let body = answer.json();
        for key in ["error", "hint"] {
            let text = body[key].as_str().unwrap();
            assert!(text.ends_with('.') && text.len() > 5, "{what}: {text}");
        }
    }
}

/// Every route below `/api` that needs a link, with a method it takes.
fn routes(item: &str) -> Vec<(&'static str, String)> {
    let mut routes: Vec<(&str, String)> =
        ["/api/reader", "/api/coordinator", "/api/export.csv", "/api/nothing", "/api/"]
            .into_iter()
            .map(|path| ("GET", path.to_owned()))
            .collect();
    routes.push(("GET", format!("/api/tile/{item}")));
    routes.push(("HEAD", format!("/api/tile/{item}")));
    routes.extend(["/api/vote", "/api/finish"].map(|path| ("POST", path.to_owned())));
    routes
}

#[test]
fn without_the_right_link_there_is_nothing() {
    let study = Study::new(3, 2);
    let server = study.serve();
    let (item, others) = (&study.items(0)[0].id, &study.items(1)[0].id);
    let body = serde_json::to_string(&vote(item, 1, 0, Some("HP"))).unwrap();
    let almost =
        format!("{}{}", &study.token(0)[..63], if study.token(0).ends_with('0') { '1' } else { '0' });
    for token in ["", "x", &almost, &study.token(0)[..63], &format!("{}0", study.token(0)), &"0".repeat(64)] {
        for (method, path) in routes(item) {
            let answer = Client::new(server.address, token).ask(method, &path, "", &body).unwrap();
            // Whoever tries too often is told to wait, and nothing else.
            assert!(matches!(answer.status, 401 | 429), "{method} {path} with {token:?}: {}", answer.status);
            if method != "HEAD" {
                assert_strict(&answer, &path);
                assert!(!answer.text().contains("HP"));
            }
        }
    }
    // A reader's link opens their own tiles alone, and nothing of the coordinator's.
    let mut client = Client::new(server.address, study.token(0));
    assert_eq!(client.get(&format!("/api/tile/{item}")).status, 200);
    for path in
        [format!("/api/tile/{others}"), format!("/api/tile/{}", item.to_uppercase()), "/api/tile/".into()]
    {
        assert_eq!(client.get(&path).status, 404, "{path}");
    }
    for path in ["/api/coordinator", "/api/export.csv"] {
        assert_eq!(client.get(path).status, 401);
    }
    assert_eq!(client.vote(&vote(others, 1, 0, Some("HP"))).status, 404);
    assert_eq!(study.store().votes().unwrap(), []);
    // The coordinator's opens no tile and takes no vote.
    let mut client = Client::new(server.address, study.coordinator());
    for (method, path) in routes(item).into_iter().filter(|(_, path)| path != "/api/coordinator") {
        let status = client.ask(method, &path, "", &body).unwrap().status;
        let wanted = match path.as_str() {
            "/api/export.csv" => 409,
            "/api/nothing" | "/api/" => 404,
            _ => 401,
        };
        assert_eq!(status, wanted, "{path}");
    }
}

#[test]
fn a_right_link_opens_the_study_however_many_wrong_ones_were_tried() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let mut wrong = Client::new(server.address, "wrong");
    let answers: Vec<Answer> = (0..40).map(|_| wrong.get("/api/reader")).collect();
    assert!(answers[..20].iter().all(|a| a.status == 401));
    let refused: Vec<&Answer> = answers.iter().filter(|a| a.status == 429).collect();
    assert!(refused.len() >= 15);
    let wait: u64 = refused[0].header("retry-after").unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait));
    assert_strict(refused[0], "too many");
    assert_eq!(Client::new(server.address, study.token(0)).get("/api/reader").status, 200);
}

/// Sockets that ask and never read, more than there are places: whoever has a link gets in at once, and whoever was in stays.
#[test]
fn who_holds_connections_and_reads_nothing_shuts_nobody_out() {
    let study = Study::new(3, 2);
    let server = study.serve();
    let mut inside = Client::new(server.address, study.token(0));
    assert_eq!(inside.get("/api/reader").status, 200);
    let requests = "GET /assets/reader.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    let held: Vec<TcpStream> = (0..600)
        .map(|n| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.set_nonblocking(true).unwrap();
            // Some ask until nothing goes in any more, some say half a sentence, some nothing.
            let says = [requests.as_str(), "GET / HTTP/1.1\r\nHost", ""][n % 3];
            let _ = stream.write(says.as_bytes());
            stream
        })
        .collect();
    let begun = Instant::now();
    for _ in 0..20 {
        let mut client = Client::new(server.address, study.token(1));
        assert_eq!(client.get("/api/reader").status, 200);
        assert_eq!(client.get("/").status, 200);
    }
    let item = &study.items(0)[0].id;
    assert_eq!(inside.vote(&vote(item, 1, 0, Some("HP"))).status, 200, "on the connection of before");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(held);
}

#[test]
fn a_page_that_asks_without_end_is_slowed_down_and_nobody_else() {
    let study = Study::new(3, 2);
    let server = study.serve();
    let mut client = Client::new(server.address, study.token(0));
    let statuses: Vec<u16> = (0..2000).map(|_| client.get("/api/nothing").status).collect();
    assert!(statuses[..400].iter().all(|s| *s == 404));
    assert!(statuses.contains(&429));
    assert_eq!(Client::new(server.address, study.token(1)).get("/api/reader").status, 200);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(client.get("/api/reader").status, 200);
}

#[test]
fn the_coordinator_sees_how_much_and_never_what() {
    let study = Study::with(3, 2, |options| options.ask.comment = true);
    let server = study.serve();
    let mut coordinator = Client::new(server.address, study.coordinator());
    let mut reader = Client::new(server.address, study.token(0));
    let before = coordinator.get("/api/coordinator").json();
    assert_eq!(before["readers"][0]["last_seen"], serde_json::Value::Null);
    let items = study.items(0);
    for (n, label) in [(0, Some("SSA")), (1, Some("HP"))] {
        let mut vote = vote(&items[n].id, 2000 * n as u64, 0, label);
        vote.comment = "serrated to the base".into();
        assert_eq!(reader.vote(&vote).status, 200);
    }
    let mut skip = vote(&items[2].id, 7, 0, None);
    skip.skipped = true;
    skip.comment = "blurred".into();
    assert_eq!(reader.vote(&skip).status, 200);

    let answer = coordinator.get("/api/coordinator");
    assert_strict(&answer, "coordinator");
    let text = answer.text();
    let names: Vec<String> = study.store().tiles().unwrap().into_iter().map(|t| t.image).collect();
    let secrets = ["SSA", "HP", "serrated", "blurred", "easy", "generated", &items[0].id];
    for secret in secrets.into_iter().chain(names.iter().map(String::as_str)) {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let view = answer.json();
    assert_eq!((&view["items"], &view["complete"]), (&12.into(), &false.into()));
    let row = &view["readers"][0];
    assert_eq!((row["answered"].as_u64(), row["skipped"].as_u64()), (Some(2), Some(1)));
    assert_eq!((&row["finished"], &row["practised"]), (&false.into(), &false.into()));
    assert_eq!(row["median_seconds"], 1.5);
    let seen = row["last_seen"].as_str().unwrap();
    assert!(seen.len() == 20 && seen.starts_with("20") && seen.ends_with('Z'), "{seen}");

    // A practice vote counts as practice alone.
    let practice = study.store().items().unwrap().into_iter().find(|i| i.reader == 0 && i.practice).unwrap();
    assert_eq!(reader.vote(&vote(&practice.id, 9, 0, Some("HP"))).status, 200);
    let row = coordinator.get("/api/coordinator").json()["readers"][0].clone();
    assert_eq!((&row["practised"], row["answered"].as_u64()), (&true.into(), Some(2)));

    // One reader has finished: still nothing of the answers; both: all of them.
    study.read_all(&server, 1, |_, _| "HP");
    let answer = coordinator.get("/api/export.csv");
    assert_eq!(answer.status, 409);
    assert_strict(&answer, "export");
    assert_eq!(reader.post("/api/finish", "{}").status, 422);
    for (n, item) in items.iter().enumerate().skip(2) {
        assert_eq!(reader.vote(&vote(&item.id, 50 + n as u64, u32::from(n == 2), Some("HP"))).status, 200);
    }
    assert_eq!(reader.post("/api/finish", "{}").status, 200);
    let answer = coordinator.get("/api/export.csv");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.text().lines().count(), 1 + 24);
    assert!(answer.text().contains("serrated to the base"));
}

#[test]
fn requests_of_other_sites_are_refused() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let item = &study.items(0)[0].id;
    let body = serde_json::to_string(&vote(item, 1, 0, Some("HP"))).unwrap();
    let mut client = Client::new(server.address, study.token(0));
    for more in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1:1\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: document\r\n",
    ] {
        for (method, path) in
            [("POST", "/api/vote"), ("GET", "/api/reader"), ("GET", "/"), ("GET", "/assets/reader.js")]
        {
            let answer = client.ask(method, path, more, &body).unwrap();
            assert_eq!(answer.status, 403, "{more}{path}");
            assert_strict(&answer, more);
        }
    }
    assert_eq!(study.store().votes().unwrap(), []);
    // Our own page, and a link in a mail.
    let own = format!("Origin: http://{}\r\nSec-Fetch-Site: same-origin\r\n", server.address);
    assert_eq!(client.ask("POST", "/api/vote", &own, &body).unwrap().status, 200);
    let followed = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    assert_eq!(client.ask("GET", "/", followed, "").unwrap().status, 200);
    // A second host, or none that is one.
    assert_eq!(client.ask("GET", "/", "Host: evil.example\r\n", "").unwrap().status, 400);
}

#[test]
fn every_answer_is_strict_and_every_page_is_there() {
    let study = Study::new(3, 1);
    let server = study.serve();
    let mut client = Client::new(server.address, study.token(0));
    let item = &study.items(0)[0].id;
    for path in [
        "/",
        "/coordinator",
        "/assets/reader.js",
        "/assets/style.css",
        "/assets/icon.svg",
        "/api/health",
        "/api/reader",
    ] {
        let answer = client.get(path);
        assert_eq!(answer.status, 200, "{path}");
        assert_strict(&answer, path);
    }
    let html = client.get("/").text();
    assert!(!html.contains("http://") && !html.contains("https://"), "nothing comes from elsewhere");
    let big = format!("{{\"comment\":\"{}\"}}", "x".repeat(70_000));
    let long = serde_json::to_string(&{
        let mut vote = vote(item, 1, 0, Some("HP"));
        vote.comment = "ä".repeat(2001);
        vote
    });
    for (wanted, method, path, body) in [
        (404, "GET", "/nothing", ""),
        (404, "GET", "/assets/../Cargo.toml", ""),
        (404, "GET", "/assets/%2e%2e%2fCargo.toml", ""),
        (404, "GET", "/assets/%ff", ""),
        (404, "GET", "/api/tile/%ff", ""),
        (404, "GET", "/api/tile/..%2f..%2fstudy.sqlite", ""),
        (404, "GET", "/study.sqlite", ""),
        (404, "GET", "//api/reader", ""),
        (405, "POST", "/api/reader", "{}"),
        (405, "GET", "/api/vote", ""),
        (405, "DELETE", "/", ""),
        (405, "TRACE", "/api/reader", ""),
        (413, "POST", "/api/vote", &big),
        (422, "POST", "/api/vote", ""),
        (422, "POST", "/api/vote", "{"),
        (422, "POST", "/api/vote", "{\"item\":1}"),
        (422, "POST", "/api/vote", &long.unwrap()),
        (422, "POST", "/api/finish", "{}"),
    ] {
        let answer = client.ask(method, path, "", body).unwrap();
        assert_eq!(answer.status, wanted, "{method} {path}: {}", answer.text());
        assert_strict(&answer, path);
    }
    assert_eq!(study.store().votes().unwrap(), []);
}

#[test]
fn votes_that_make_no_sense_are_refused() {
    let study = Study::with(3, 1, |options| {
        options.ask.confidence = true;
        options.ask.real_or_generated = true;
    });
    let server = study.serve();
    let mut client = Client::new(server.address, study.token(0));
    let item = &study.items(0)[0].id;
    let mut good = vote(item, 1, 0, Some("HP"));
    (good.real, good.confidence) = (Some(true), Some(5));
    good.comment = "ä".repeat(2000);
    let changes: [fn(&mut reader::Vote); 9] = [
        |v| v.label = Some("TVA".into()),
        |v| v.skipped = true,
        |v| v.real = None,
        |v| v.confidence = None,
        |v| v.confidence = Some(0),
        |v| v.confidence = Some(6),
        |v| v.comment.push('x'),
        |v| v.request = "not hexadecimal".into(),
        |v| v.item.push('0'),
    ];
    for (i, change) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert_eq!(client.vote(&bad).status, 422, "change {i}");
    }
    let more = serde_json::to_string(&good).unwrap().replacen('{', "{\"group\":\"easy\",", 1);
    assert_eq!(client.post("/api/vote", &more).status, 422);
    assert_eq!(study.store().votes().unwrap(), []);
    // A page that was open over a holiday loses nothing.
    good.milliseconds = u64::MAX;
    assert_eq!(client.vote(&good).status, 200);
    assert_eq!(study.store().votes().unwrap()[0].milliseconds, 86_400_000);
}

#[test]
fn links_are_stored_hashed_and_a_new_one_ends_the_old() {
    let study = Study::new(3, 2);
    let server = study.serve();
    let old = study.token(0).to_owned();
    assert!(old.len() * 4 >= 128, "hexadecimal digits of a token have four bits each");
    let mut client = Client::new(server.address, &old);
    assert_eq!(client.get("/api/reader").status, 200);
    let link = new_link(&study.folder, Some("Reader 1")).unwrap();
    let new = link.path.strip_prefix("/#").unwrap().to_owned();
    // The server looks for new links every other second.
    let mut new_client = Client::new(server.address, &new);
    let opened = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        new_client.get("/api/health");
        new_client.get("/api/reader").status == 200
    });
    assert!(opened);
    assert_eq!(client.get("/api/reader").status, 401);
    assert!(new_link(&study.folder, Some("Nobody")).unwrap_err().to_string().contains("Reader 1, Reader 2"));
    let coordinator = new_link(&study.folder, None).unwrap();
    assert!(coordinator.path.starts_with("/coordinator#"));
    server.kill();
    for entry in fs::read_dir(&study.folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for token in [&old, &new, study.token(1), study.coordinator()] {
            assert!(!bytes.windows(token.len()).any(|w| w == token.as_bytes()));
            let raw: Vec<u8> =
                (0..32).map(|i| u8::from_str_radix(&token[2 * i..2 * i + 2], 16).unwrap()).collect();
            assert!(!bytes.windows(32).any(|w| w == raw));
        }
    }
    // The search finds what is there: a reader's name.
    let bytes = fs::read(study.folder.join("study.sqlite")).unwrap();
    assert!(bytes.windows(8).any(|w| w == b"Reader 1"));
}
