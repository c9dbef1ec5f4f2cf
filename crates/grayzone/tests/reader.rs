//! `grayzone reader`: from a finished run to the readers' table, with the real binary.

mod sandbox;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use sandbox::Sandbox;
use serde_json::Value;

const DRAW: [&str; 12] = [
    "--easy",
    "4",
    "--hard",
    "4",
    "--generated",
    "4",
    "--other",
    "4",
    "--practice",
    "0",
    "--least-tissue",
    "0",
];

/// A run of the demo at its smallest in `run/`, and a study of two readers in `study/`: their links and the coordinator's.
fn study(here: &Sandbox) -> Value {
    here.ok(&["demo", "--smallest", "--out", "run"]);
    let made =
        here.ok(&[&["reader", "new", "run", "--out", "study", "--names", "Ito,Sow", "--json"][..], &DRAW]
            .concat());
    made.json()
}

/// A server that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, token: &str, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{head} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[test]
fn a_study_is_drawn_served_read_and_analysed() {
    let here = Sandbox::new();
    let made = study(&here);
    assert_eq!(made["readers"][0]["name"], "Ito");
    // Neither the run nor the study is ever drawn over, and nobody who has not finished is analysed.
    here.refuses(&["reader", "new", "run", "--out", "study"], &["study", "already"]);
    here.refuses(&["reader", "new", "run", "--out", "other", "--phi", "7"], &["φ = 7"]);
    here.refuses(&["reader", "new", "run", "--out", "other", "--easy", "4000"], &["easy", "4000"]);
    here.refuses(&["reader", "new", "study", "--out", "other"], &["study.toml"]);
    let most = u64::MAX.to_string();
    for flags in [
        &["--easy", &most][..],
        &["--easy", "4", "--generated", "4", "--hard", &most],
        &["--easy", "4", "--generated", "4", "--hard", "4", "--other", &most],
    ] {
        let command =
            [&["reader", "new", "run", "--out", "other", "--least-tissue", "0"][..], flags].concat();
        here.refuses(&command, &[&most, "hint: ask for at most"]);
    }
    here.refuses(&["reader", "new", "run", "--out", "other", "--readers", "1000000000"], &["--readers 1000"]);
    let told = here.refuses(&["reader", "analyse", "study", "--partial"], &["Ito", "Sow"]);
    assert!(!told.stderr.contains("--partial"), "{}", told.stderr);
    here.refuses(&["reader", "analyse", "study"], &["Ito", "Sow"]);
    here.refuses(&["reader", "serve", "nowhere"], &["nowhere", "reader new"]);
    assert!(!here.path("other").exists() && !here.path("nowhere").exists());

    let mut command = here.command(&["reader", "serve", "study", "--bind", "127.0.0.1:0"]);
    let mut server = Served(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut said = String::new();
    BufReader::new(server.0.stderr.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.split("http://").nth(1).and_then(|s| s.split('/').next()).unwrap().to_owned();
    for (n, link) in made["readers"].as_array().unwrap().iter().enumerate() {
        let token = link["path"].as_str().unwrap().split_once('#').unwrap().1;
        assert_eq!(ask(&address, "none", "GET /api/reader", "").0, 401);
        let (status, told) = ask(&address, token, "GET /api/reader", "");
        assert_eq!(status, 200, "{told}");
        let told: Value = serde_json::from_str(&told).unwrap();
        let items = told["items"].as_array().unwrap();
        assert_eq!(items.len(), 16);
        for (i, item) in items.iter().enumerate() {
            let label = if n == 1 && i % 5 == 0 { "SSA" } else { "HP" };
            let vote = format!(
                r#"{{"item":{},"request":"{:032x}","revision":0,"label":"{label}","skipped":false,"milliseconds":1500}}"#,
                item["id"],
                i + 1
            );
            let (status, answer) = ask(&address, token, "POST /api/vote", &vote);
            assert_eq!(status, 200, "{answer}");
        }
        let (status, answer) = ask(&address, token, "POST /api/finish", "");
        assert_eq!(status, 200, "{answer}");
    }
    drop(server);

    let told = here.ok(&[
        "reader",
        "analyse",
        "study",
        "--csv",
        "votes.csv",
        "--imrmc",
        "votes.imrmc",
        "--run",
        "run",
    ]);
    for word in ["Table 2", "label kept", "Fleiss' kappa", "generated", "Time a tile", "1.5 s"] {
        assert!(told.stdout.contains(word), "no {word:?} in {}", told.stdout);
    }
    assert_eq!(here.read("votes.csv").lines().count(), 1 + 2 * 16);
    assert!(here.read("votes.imrmc").contains("BEGIN DATA:"));
    assert!(here.read("run/report.html").contains("Fleiss"));
    let reading = here.ok(&["reader", "analyse", "study", "--json"]).json();
    assert_eq!(reading["table2"][0]["tiles"], 4);
    here.refuses(&["reader", "analyse", "study", "--csv", "votes.csv"], &["votes.csv", "already"]);

    // The same votes as somebody's spreadsheet, into a study drawn alike.
    here.ok(&[&["reader", "new", "run", "--out", "second", "--names", "Ito,Sow"][..], &DRAW].concat());
    here.ok(&["reader", "import", "second", "--votes", "votes.csv"]);
    let mut again = here.ok(&["reader", "analyse", "second", "--json"]).json();
    // A spreadsheet does not say how long somebody looked.
    again["time"] = reading["time"].clone();
    assert_eq!(again, reading);

    // Beside the data, which the run knows.
    let settings = here.read("run/study.toml");
    let data = settings.lines().find_map(|line| line.strip_prefix("data = \"")?.strip_suffix('"')).unwrap();
    let manifest = format!("{data}/read.csv");
    here.ok(&["reader", "analyse", "study", "--votes-to", &manifest]);
    let inspected = here.ok(&["data", "inspect", &manifest, "--json"]);
    assert!(inspected.stdout.contains("SSA"));

    // Results of an older schema, or without a key, are not those of a run that a reading belongs to.
    let whole = here.read("run/results.json");
    for (old, new, words) in [
        ("\"schema\": 3", "\"schema\": 2", "the results are of schema 2"),
        ("\"auc_last\":", "\"auc_first\":", "the key `table3[0].auc_last` is missing"),
    ] {
        here.write("run/results.json", whole.replacen(old, new, 1));
        here.refuses(&["reader", "analyse", "study", "--run", "run"], &["run/results.json", words]);
    }
    here.write("run/results.json", whole);

    // Answers are about the tiles that were seen: they do not go into the report of a run with other translations.
    let run = record::RunFolder::new(here.path("run"));
    let translate = record::StepName::translate(record::Phi::new(25.0));
    let mut done = run.read_done(&translate).unwrap().unwrap();
    done.outputs.pop_first().unwrap();
    run.write_done(&done).unwrap();
    let mut evaluate = run.read_done(&record::StepName::EVALUATE).unwrap().unwrap();
    evaluate.made_from.insert(translate, done.outputs_digest());
    run.write_done(&evaluate).unwrap();
    here.refuses(&["reader", "analyse", "study", "--run", "run"], &["run", "other translations"]);
    // A run empties its folders when a step is repeated.
    let inside = [&["reader", "new", "run", "--out", "run/generated/readers"][..], &DRAW].concat();
    here.refuses(&inside, &["among the files of a run", "--out"]);
}

#[test]
fn a_new_link_takes_the_place_of_the_old_one() {
    let here = Sandbox::new();
    let made = study(&here);
    let link = here
        .ok(&["reader", "link", "study", "--reader", "Sow", "--url", "https://reader.example.org/"])
        .stdout;
    assert!(link.starts_with("https://reader.example.org/#"), "{link}");
    assert_ne!(made["readers"][1]["path"].as_str().unwrap().split_once('#'), link.trim().split_once('#'));
    here.refuses(&["reader", "link", "study", "--reader", "Berg"], &["Berg", "Ito, Sow"]);
    here.refuses(&["reader", "link", "study"], &["--reader"]);
}

#[test]
fn instructions_in_another_encoding_are_named_and_nobody_is_told_to_delete_them() {
    let here = Sandbox::new();
    let args = ["reader", "new", "run", "--out", "study", "--instructions", "text.txt"];
    for (bytes, word) in [
        (
            &b"Sch\xf6n ruhig.\n"[..],
            "text.txt (line 1), because it is not in UTF-8 but, it seems, in Windows-1252",
        ),
        (b"R\0u\0h\0i\0g\0\n\0", "UTF-16 (little-endian) without its mark"),
        (b"PK\x03\x04", "a workbook"),
    ] {
        here.write("text.txt", bytes);
        let said = here.refuses(&args, &["the instructions cannot be read", word]).stderr;
        assert!(!said.contains("delete"), "{said}");
    }
    // UTF-16 with its mark is read: what is missing then is the run.
    here.write("text.txt", b"\xff\xfeR\0u\0h\0i\0g\0");
    let said = here.refuses(&args, &["run"]).stderr;
    assert!(!said.contains("instructions"), "{said}");
}
