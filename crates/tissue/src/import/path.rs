//! Whether a path stays inside its data folder.

/// Why an image path from a CSV file must not be used, if it must not: it has to stay below the data folder, and
/// the same path has to name the same file on every system.
pub(super) fn unsafe_path(image: &str) -> Option<String> {
    if image.is_empty() {
        return Some("it is empty".into());
    }
    if image.len() > 1024 || image.split('/').any(|part| part.len() > 255) {
        return Some("it is longer than a path can be".into());
    }
    if image.chars().any(char::is_control) {
        return Some("it has a control character".into());
    }
    if image.contains('\\') {
        return Some("it has a backslash".into());
    }
    let drive = image.as_bytes().get(1) == Some(&b':') && image.as_bytes()[0].is_ascii_alphabetic();
    if image.starts_with('/') || drive {
        return Some("it is absolute".into());
    }
    image.split('/').find_map(|part| match part {
        "" => Some("it has an empty part".into()),
        "." | ".." => Some(format!("it has the part \"{part}\"")),
        _ => None,
    })
}
