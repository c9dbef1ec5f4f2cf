//! The pages in headless Chromium against the real server: simulated readers read a whole small study, and the scenarios in which
//! connections and servers fail. The drivers are the scripts in `page/`; they start this program as the server, and kill it.

#[path = "../examples/serve_study.rs"]
mod serve_study;

use std::error::Error;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// What is driven: the script and its arguments. A name among the arguments of this program picks from them.
const DRIVES: [(&str, &[&str]); 2] = [
    ("study.mjs", &["--tiles", "12", "--readers", "3", "--ask", "rct", "--repeats", "2"]),
    ("drive.mjs", &["--jobs", "4"]),
];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "serve") {
        // The pipe ends with the driver, however that ends.
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
        serve_study::main()?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.iter().any(|argument| argument == "--list") {
        for (script, _) in DRIVES {
            println!("{script}: test");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let names: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |script: &str| names.is_empty() || names.iter().any(|name| script.contains(name.as_str()));
    let drives: Vec<_> = DRIVES.iter().filter(|(script, _)| wanted(script)).collect();
    if drives.is_empty() || !browser_is_here() {
        return Ok(ExitCode::SUCCESS);
    }
    let program = std::env::current_exe()?;
    let started = drives
        .into_iter()
        .map(|(script, options)| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(script);
            let mut command = Command::new("node");
            command.arg(path).arg("--serve").arg(&program).args(*options).stdout(Stdio::piped());
            Ok((script, command.spawn()?))
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    // They wait for the pages most of the time, so they run side by side.
    let mut code = ExitCode::SUCCESS;
    for (script, child) in started {
        let output = child.wait_with_output()?;
        print!("{}", String::from_utf8_lossy(&output.stdout));
        println!("test {script} ... {}", if output.status.success() { "ok" } else { "FAILED" });
        if !output.status.success() {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Whether Node and Chromium are installed; the absence of one fails the test where `CI` is set, and skips it aloud elsewhere.
fn browser_is_here() -> bool {
    let chromium = std::env::var("CHROMIUM").unwrap_or_else(|_| "chromium".into());
    let missing: Vec<&str> = ["node", &chromium]
        .into_iter()
        .filter(|name| !Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()))
        .collect();
    if missing.is_empty() {
        return true;
    }
    let what = missing.join(" and ");
    assert!(std::env::var_os("CI").is_none(), "{what} missing, and CI must drive the reader study's pages");
    println!("skipped: {what} missing, so the reader study's pages are not driven");
    false
}
