//! The command line as a whole: help, usage errors, streams and exit codes.

mod sandbox;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use sandbox::{Ended, Sandbox};

/// Every command and every command of a command, found in the help itself.
fn commands(here: &Sandbox, path: &[&str]) -> Vec<Vec<String>> {
    let help = here.ok(&[path, &["--help"]].concat()).stdout;
    let mut found = vec![path.iter().map(|s| (*s).to_owned()).collect()];
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    // A long description goes on in lines that are set further in.
    let named = listed.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    for name in named.filter_map(|line| line.split_whitespace().next()) {
        found.extend(commands(here, &[path, &[name]].concat()));
    }
    found
}

#[test]
fn every_command_has_help_with_an_example() {
    let here = Sandbox::new();
    let all = commands(&here, &[]);
    assert!(all.len() > 5, "{all:?}");
    for command in &all {
        let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
        args.push("--help");
        let ended = here.ok(&args);
        let example = format!("Example:\n  grayzone {}", command.join(" "));
        assert!(ended.stdout.contains(example.trim_end()), "{args:?}:\n{}", ended.stdout);
        assert!(ended.stdout.contains("--threads"), "{args:?}");
        assert!(ended.stderr.is_empty(), "{}", ended.stderr);
    }
}

#[test]
fn usage_errors_read_like_every_other_error() {
    let here = Sandbox::new();
    here.refuses(&[], &["no command"]);
    here.refuses(&["stats"], &["no command", "grayzone stats"]);
    here.refuses(&["frobnicate"], &["frobnicate"]);
    here.refuses(&["stat"], &["similar", "stats"]);
    here.refuses(&["stats", "auc"], &["--csv <FILE>", "usage: grayzone stats auc"]);
    here.refuses(&["devices", "--jsno"], &["--jsno", "similar", "--json"]);
    here.refuses(&["devices", "--device", "abacus"], &["abacus", "cpu"]);
    here.refuses(&["devices", "--threads", "many"], &["many", "--threads"]);
    here.refuses(&["devices", "--threads", "0"], &["--threads 0"]);
    here.refuses(&["devices", "--threads", "100000"], &["--threads 100000"]);
    here.refuses(&["demo", "--seed", "18446744073709551615"], &["--seed"]);
    for args in [&["stats", "auc"][..], &["devices", "--jsno"], &["run", "a.toml", "--cache", "much"]] {
        here.refuses(args, &["in the arguments, because "]);
    }
}

#[test]
fn vector_instructions_are_narrowed_by_the_environment_and_misspelt_ones_refused() {
    let run = |value: &str| {
        let grayzone = env!("CARGO_BIN_EXE_grayzone");
        Command::new(grayzone).arg("devices").env("GRAYZONE_SIMD", value).output().unwrap()
    };
    assert!(run("portable").status.success());
    assert!(run("").status.success());
    let refused = run("avx3");
    let text = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text.contains("GRAYZONE_SIMD") && text.contains("`avx3`") && text.contains("hint: "), "{text}");
}

#[test]
fn the_environment_sets_what_options_set_and_options_win() {
    let here = Sandbox::new();
    let devices = |variable: &str, value: &str, args: &[&str]| {
        let mut command = here.command(&[&["devices", "--json"], args].concat());
        Ended::of(&command.env(variable, value).output().unwrap())
    };
    let threads = |ended: Ended| ended.json()["devices"][0]["threads"].as_u64();
    assert_eq!(threads(devices("GRAYZONE_THREADS", "1", &[])), Some(1));
    assert_eq!(threads(devices("GRAYZONE_THREADS", "1", &["--threads", "2"])), Some(2));
    devices("GRAYZONE_THREADS", "many", &[]).is_input_error("threads of the environment");
    devices("GRAYZONE_DEVICE", "abacus", &[]).is_input_error("device of the environment");
    here.data_set();
    let train = |value: &str, out: &str| {
        let args =
            ["classify", "--input", "data", "--epochs", "1", "--width", "4", "--batch", "4", "--out", out];
        let ended = Ended::of(&here.command(&args).env("GRAYZONE_QUIET", value).output().unwrap());
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        ended.stderr
    };
    assert!(train("1", "quiet").is_empty() && train("", "loud").contains("epoch 1"));
}

#[test]
fn shells_complete_the_command_line_and_every_command_has_a_manual_page() {
    let here = Sandbox::new();
    for (shell, words) in
        [("bash", "complete -F"), ("zsh", "#compdef grayzone"), ("fish", "complete -c grayzone")]
    {
        let script = here.ok(&["completions", shell]).stdout;
        assert!(
            script.contains(words) && script.contains("synthesize") && script.contains("mask-padding"),
            "{shell}"
        );
    }
    here.refuses(&["completions", "cmd"], &["cmd", "fish"]);
    here.ok(&["man", "pages"]);
    let all = commands(&here, &[]);
    for command in &all {
        let name = [&["grayzone".to_owned()][..], command].concat().join("-");
        let page = here.read(&format!("pages/{name}.1"));
        assert!(page.contains(".SH NAME") && page.contains(".SH SYNOPSIS"), "{name}: {page:.200}");
    }
    assert_eq!(std::fs::read_dir(here.path("pages")).unwrap().count(), all.len());
}

#[test]
fn a_device_that_is_not_there_is_refused() {
    let here = Sandbox::new();
    here.refuses(&["bench", "--device", "cuda"], &["cuda", "--device cpu"]);
    if cfg!(not(feature = "vulkan")) {
        here.refuses(&["bench", "--device", "vulkan"], &["--device cpu", "--features vulkan"]);
        return;
    }
    // No driver, whatever the machine has.
    let mut command = here.command(&["bench", "--device", "vulkan"]);
    let none = here.path("none.json");
    let ended = command.env("VK_DRIVER_FILES", &none).env("VK_ICD_FILENAMES", &none).output().unwrap();
    let ended = Ended::of(&ended);
    ended.is_input_error("no driver");
    assert!(ended.stderr.contains("no graphics card") && ended.stderr.contains("driver"), "{}", ended.stderr);
}

#[test]
fn the_version_goes_to_stdout() {
    let ended = Sandbox::new().ok(&["--version"]);
    assert_eq!(ended.stdout.trim(), concat!("grayzone ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn devices_lists_the_processor() {
    let here = Sandbox::new();
    let list = here.ok(&["devices", "--json", "--threads", "1"]).json();
    assert_eq!(list["devices"][0]["name"], "cpu");
    assert_eq!(list["devices"][0]["threads"], 1);
    assert!(here.ok(&["devices"]).stdout.contains("cpu"));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let here = Sandbox::new();
    let mut child = here.command(&["--help"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = Ended::of(&child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_the_machines_fault() {
    let here = Sandbox::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = Ended::of(&here.command(&["devices"]).stdout(full).output().unwrap());
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: the results could not be written"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\nhint: "), "{}", ended.stderr);
}

/// Trains until the first epoch is told, then interrupts. Returns the exit code, the epochs told, and the rest.
#[cfg(unix)]
fn interrupt_training(here: &Sandbox) -> (Option<i32>, Vec<String>, String) {
    let args = ["classify", "--input", "data", "--epochs", "5000", "--width", "8", "--out", "net"];
    let mut child = here.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.find(|line| line.starts_with("epoch ")).unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.collect();
    let mut epochs = vec![first];
    epochs.extend(rest.iter().filter(|line| line.starts_with("epoch ")).cloned());
    (child.wait().unwrap().code(), epochs, rest.join("\n"))
}

#[cfg(unix)]
#[test]
fn an_interrupted_training_goes_on_where_it_stopped() {
    let here = Sandbox::new();
    here.data_set();
    let (code, epochs, rest) = interrupt_training(&here);
    assert_eq!(code, Some(130), "{rest}");
    assert!(rest.contains("error: ") && rest.contains("interrupted"), "{rest}");
    assert!(rest.contains("hint: run the same command again"), "{rest}");
    let number = |line: &String| line["epoch ".len()..line.find(':').unwrap()].parse::<usize>().unwrap();
    let (code, later, _) = interrupt_training(&here);
    assert_eq!(code, Some(130));
    assert_eq!(number(&later[0]), number(epochs.last().unwrap()) + 1);
}
