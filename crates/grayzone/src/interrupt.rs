//! Ctrl-C: work that saves itself is asked to stop at its next step; a second Ctrl-C, or work that has nothing to
//! save, quits at once. Either way the exit code is 130.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
static SAVES_ITSELF: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C and termination signals from now on.
pub fn install() {
    // Without a handler the signal ends the process at once, which loses at most the work since the last checkpoint.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) || !SAVES_ITSELF.load(Ordering::SeqCst) {
            std::process::exit(i32::from(crate::fault::INTERRUPTED));
        }
    });
}

/// Says that the work from now on looks at [`requested`] and saves itself before it stops.
pub fn work_saves_itself() {
    SAVES_ITSELF.store(true, Ordering::SeqCst);
}

/// True once the user has asked to stop.
pub fn requested() -> bool {
    STOP.load(Ordering::SeqCst)
}
