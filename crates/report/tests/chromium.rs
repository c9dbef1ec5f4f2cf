//! The report as a browser draws it: a light page and a dark one, at the width of a screen and of a phone.

mod support;

use std::path::Path;
use std::process::Command;

use support::{Fabricated, report_of};

/// Headless Chromium if it is installed; its absence fails the test where `CI` is set, and skips it aloud elsewhere.
fn chromium() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success()));
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "Chromium is missing, and CI must look at the report");
        println!("skipped: Chromium is not here");
    }
    found
}

/// The page's top, `width` × 900 px.
fn screenshot(browser: &str, page: &Path, width: u32, dark: bool) -> image::RgbImage {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("page.png");
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-sync",
        ])
        .args(["--no-first-run", "--hide-scrollbars", "--disable-component-update"])
        .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)))
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--window-size={width},900"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("Chromium runs");
    assert!(picture.is_file(), "no screenshot: {}", String::from_utf8_lossy(&output.stderr));
    image::open(&picture).expect("the screenshot is a picture").to_rgb8()
}

/// Mean brightness, 0 to 1, and the number of distinct colours.
fn brightness_and_colours(picture: &image::RgbImage) -> (f64, usize) {
    let sum: u64 = picture.pixels().flat_map(|p| p.0).map(u64::from).sum();
    let colours: std::collections::BTreeSet<[u8; 3]> = picture.pixels().map(|p| p.0).collect();
    (sum as f64 / (255.0 * 3.0 * f64::from(picture.width() * picture.height())), colours.len())
}

#[test]
fn a_browser_draws_it_light_and_dark_wide_and_narrow() {
    let Some(browser) = chromium() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = Fabricated::default().write(folder.path());
    assert!(!report_of(&run).is_empty());
    let page = run.report_html();
    for width in [1280, 500] {
        let (light, colours) = brightness_and_colours(&screenshot(browser, &page, width, false));
        assert!(light > 0.75 && colours > 100, "light at {width} px: brightness {light}, {colours} colours");
        let (dark, colours) = brightness_and_colours(&screenshot(browser, &page, width, true));
        assert!(dark < 0.35 && colours > 100, "dark at {width} px: brightness {dark}, {colours} colours");
    }
}
