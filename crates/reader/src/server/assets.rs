//! The pages, which are part of the program.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::answer::Refusal;
use super::api::nothing;

/// The files below `assets/`, as `(name, content)`.
macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../assets/", $name)).as_slice())),*]
    };
}

/// What the pages load. A test holds it to what is in the folder.
const FILES: &[(&str, &[u8])] = files![
    "clock.js",
    "coordinator.js",
    "icon.svg",
    "keys.js",
    "notice.js",
    "panel.js",
    "queue.js",
    "reader.js",
    "round.js",
    "server.js",
    "start.js",
    "style.css",
    "theme.js",
    "tiles.js",
    "viewer.js",
    "voting.js",
    "words.js",
];

/// The readers' page.
pub async fn reader_page() -> Response {
    page(include_bytes!("../../assets/reader.html"))
}

/// The coordinator's page.
pub async fn coordinator_page() -> Response {
    page(include_bytes!("../../assets/coordinator.html"))
}

/// A file that the pages load.
pub async fn asset(name: Result<Path<String>, PathRejection>) -> Result<Response, Refusal> {
    let file = name.ok().and_then(|Path(name)| FILES.iter().find(|(n, _)| *n == name));
    let Some((name, content)) = file else { return Err(nothing().await) };
    let kind = match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    };
    Ok(([(header::CONTENT_TYPE, kind)], *content).into_response())
}

fn page(html: &'static [u8]) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_file_is_part_of_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.rsplit_once('.').is_some_and(|(_, extension)| extension != "html"))
            .collect();
        there.sort();
        assert_eq!(there, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
