//! What a user reads when something goes wrong: `error: WHAT, in WHICH FILE, because WHY`, then `hint: WHAT TO DO`,
//! and the exit code that a script reads.

use std::fmt;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Mutex;

/// The machine failed: disk full or read-only, device lost.
const MACHINE: u8 = 1;
/// The arguments, files or data are wrong.
const INPUT: u8 = 2;
/// Stopped by Ctrl-C or a termination signal.
pub const INTERRUPTED: u8 = 130;

/// An error that the binary itself finds (the libraries have their own).
#[derive(Debug)]
pub struct Fault {
    what: String,
    hint: Option<String>,
    code: u8,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl Fault {
    /// The arguments, a file or the data are wrong (exit code 2).
    pub fn input(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), hint: Some(hint.into()), code: INPUT }.into()
    }

    /// Reading or writing `what` failed: exit code 1 where the machine is at fault, else 2.
    pub fn io(what: impl Into<String>, error: &std::io::Error) -> anyhow::Error {
        let machine = files::io_is_machine_fault(error);
        let hint = if machine {
            "free some space, or choose a folder on a disk that can be written to"
        } else {
            "check that the path exists and that you may read and write there"
        };
        let what = format!("{}, because {}", what.into(), files::io_reason(error));
        Self { what, hint: Some(hint.into()), code: if machine { MACHINE } else { INPUT } }.into()
    }

    /// The machine is at fault (exit code 1).
    pub fn machine(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { what: what.into(), hint: Some(hint.into()), code: MACHINE }.into()
    }
}

/// Prints the error and its hint to stderr, or each of several that were found in one go, and gives the exit code it stands for.
pub fn report(error: anyhow::Error) -> ExitCode {
    let errors: Vec<anyhow::Error> = match error.downcast::<study::StudyError>() {
        Ok(error) => error.each().into_iter().map(anyhow::Error::from).collect(),
        Err(other) => vec![other],
    };
    // Those that are found in one go are of one kind.
    let mut code = INPUT;
    for error in &errors {
        let hint;
        (hint, code) = judge(error);
        say(&error.to_string(), hint.as_deref());
    }
    ExitCode::from(code)
}

/// The hint and the exit code of an error of any crate of the workspace.
fn judge(error: &anyhow::Error) -> (Option<String>, u8) {
    macro_rules! of {
        ($($kind:ty),+) => {
            $(if let Some(e) = error.downcast_ref::<$kind>() {
                return (e.hint(), if e.is_machine_fault() { MACHINE } else { INPUT });
            })+
        };
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return (fault.hint.clone(), fault.code);
    }
    let stopped = error.downcast_ref::<study::StudyError>().is_some_and(study::StudyError::is_interrupted)
        || matches!(error.downcast_ref(), Some(train::TrainError::Interrupted));
    if stopped {
        return (Some("run the same command again to go on where it stopped".to_owned()), INTERRUPTED);
    }
    of!(
        study::StudyError,
        train::TrainError,
        nets::NetsError,
        tissue::TissueError,
        report::ReportError,
        reader::ReaderError,
        compare::CompareError,
        watch::WatchError,
        interop::InteropError,
        record::RecordError,
        files::OwnFileError,
        files::FilesError,
        stats::StatsError
    );
    (None, INPUT)
}

/// Where and why a panic happened, kept for [`report_panic`].
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Replaces the standard panic message by silence; the reason is kept, and printed as an ordinary error at the end.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let reason = payload
            .downcast_ref::<&str>()
            .map(|s| (*s).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no reason was given".to_owned());
        // The scope's own word about a thread that panicked must not replace that thread's.
        if reason == "a scoped thread panicked" {
            return;
        }
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        if let Ok(mut last) = PANIC.lock() {
            *last = Some(format!("internal fault{place}, because {}", one_line(&reason)));
        }
    }));
}

/// Prints a caught panic as an error and gives exit code 1.
pub fn report_panic() -> ExitCode {
    let what = PANIC.lock().ok().and_then(|mut p| p.take()).unwrap_or_else(|| "internal fault".to_owned());
    say(
        &what,
        Some(
            "this is a defect of grayzone, not of your data: please report it with the command you typed; \
              a run continues where it stopped when you start it again",
        ),
    );
    ExitCode::from(MACHINE)
}

/// One line for a terminal, without the numbers that the system gives its errors: " (os error 2)".
fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut line = files::shown(&lines.join(" ")).into_owned();
    while let Some(start) = line.find(" (os error ") {
        let Some(length) = line[start..].find(')') else { break };
        line.replace_range(start..=start + length, "");
    }
    line
}

fn say(what: &str, hint: Option<&str>) {
    // A closed stderr is no reason to fail: there is nobody left to tell.
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "error: {}", one_line(what));
    if let Some(hint) = hint {
        let _ = writeln!(stderr, "hint: {}", one_line(hint));
    }
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn messages_are_one_line_without_system_numbers() {
        assert_eq!(
            one_line("cannot read,\n  because it is gone (os error 2) (line 3)"),
            "cannot read, because it is gone (line 3)"
        );
        assert_eq!(one_line("odd (os error"), "odd (os error");
        assert_eq!(one_line("in a  b\u{1b}[2J.png"), "in a  b\\u{1b}[2J.png");
    }
}
