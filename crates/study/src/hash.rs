//! Content hashes: of data, of settings, of a step and all it depends on.

use sha2::{Digest, Sha256};

/// SHA-256 of several texts, each with its length before it so that no two lists share a hash, as hexadecimal digits.
pub fn of(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex(&hasher.finalize())
}

/// SHA-256 of a file's bytes as hexadecimal digits.
///
/// # Errors
/// If the file cannot be read.
pub fn of_file(path: &std::path::Path) -> std::io::Result<String> {
    Ok(hex(&Sha256::digest(std::fs::read(path)?)))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
