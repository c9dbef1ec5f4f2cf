//! What the operating system said, in words for people.

use std::io;

/// Whether an i/o error is the machine's fault: disk full, quota used up, read-only file system, or a failing
/// device (EIO). A missing file or a forbidden folder is not: those come from the arguments.
pub fn io_is_machine_fault(e: &io::Error) -> bool {
    const EIO: i32 = 5;
    matches!(
        e.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem
    ) || (cfg!(unix) && e.raw_os_error() == Some(EIO))
}

/// Why the system refused, as it reads in a sentence: "permission denied", "it is a directory". Without the system's number.
pub fn io_reason(e: &io::Error) -> String {
    match e.kind() {
        // A reason of our own goes before the kind's general one.
        _ if e.get_ref().is_some() => {}
        io::ErrorKind::IsADirectory => return "it is a directory".to_owned(),
        io::ErrorKind::NotADirectory => return "a part of its path is not a directory".to_owned(),
        _ => {}
    }
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        // "No space left" reads as part of a sentence, "I/O error" keeps its capitals.
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disk_faults_are_the_machines_and_paths_are_not() {
        for kind in
            [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::ReadOnlyFilesystem]
        {
            assert!(io_is_machine_fault(&io::Error::from(kind)), "{kind:?}");
        }
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied, io::ErrorKind::NotADirectory] {
            assert!(!io_is_machine_fault(&io::Error::from(kind)), "{kind:?}");
        }
        #[cfg(unix)]
        assert!(io_is_machine_fault(&io::Error::from_raw_os_error(5)));
    }
}
