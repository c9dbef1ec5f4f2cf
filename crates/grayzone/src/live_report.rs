//! The report while its study goes on.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use record::RunFolder;

use crate::progress::Progress;

/// How often the report is drawn anew, at the most.
const EVERY: Duration = Duration::from_mins(2);
/// How many times longer than a drawing takes nothing is drawn: a large report must not slow its study down.
const PAUSE: u32 = 50;

/// Does `work` in the run folder, and meanwhile draws its report anew whenever steps have ended.
pub fn beside<T>(folder: &RunFolder, line: &Progress, work: impl FnOnce() -> T) -> T {
    let (end, ended) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || draw(folder, line, &ended));
        let done = work();
        // Nobody will send anything any more: the drawing stops, and is waited for. A panic ends it in the same way.
        drop(end);
        done
    })
}

fn draw(folder: &RunFolder, line: &Progress, ended: &Receiver<()>) {
    let mut pause = EVERY;
    let mut drawn = finished(folder);
    while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let now = finished(folder);
        // With its results there, the study draws its report itself.
        if now == drawn || folder.results_json().exists() {
            continue;
        }
        drawn = now;
        let began = Instant::now();
        if let Err(error) = report::write(folder) {
            // The study is worth more than a look at it.
            line.note(&format!("note: the report is not drawn while the study goes on: {error}"));
            return;
        }
        pause = EVERY.max(PAUSE * began.elapsed());
    }
}

/// Steps that have ended.
fn finished(folder: &RunFolder) -> usize {
    let steps = std::fs::read_dir(folder.root.join("steps")).into_iter().flatten().flatten();
    steps.filter(|step| step.path().join("done.json").is_file()).count()
}
