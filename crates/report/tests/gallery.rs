//! The gallery: all tiles are in the page, within the budget, and Chromium does with them what it should.

mod support;

use std::path::Path;
use std::process::Command;

use record::{Phi, StepName};
use support::{Fabricated, report_of};

/// What stands in one of the gallery's scripts.
fn script<'a>(page: &'a str, id: &str) -> Option<&'a str> {
    let (_, after) = page.split_once(&format!("<script id=\"gallery-{id}\""))?;
    Some(after.split_once('>')?.1.split_once("</script>")?.0)
}

#[test]
fn every_translation_is_in_the_page_with_its_pictures_and_maps() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    let page = report_of(&run);
    let data: serde_json::Value = serde_json::from_str(script(&page, "data").unwrap()).unwrap();
    let tiles = data["tiles"].as_array().unwrap();
    assert_eq!(tiles.len(), 40);
    assert_eq!((&data["kind"], &data["side"]), (&"image/png".into(), &48.into()));
    assert_eq!(data["phis"], serde_json::json!(["50", "25", "12.5"]));
    assert_eq!(data["shown"], 1);
    for tile in tiles {
        assert_eq!(
            (&tile["there"], &tile["maps"]),
            (&serde_json::json!([1, 1, 1, 1]), &serde_json::json!([1, 1, 1]))
        );
    }
    let rows: Vec<record::TranslationRow> = files::read_rows(&run.translation_csv(Phi::new(12.5))).unwrap();
    let at = &tiles[3]["at"][2];
    assert_eq!(tiles[3]["image"], rows[3].image.as_str());
    assert!((at["judge"][1].as_f64().unwrap() - rows[3].held_out_generated).abs() < 1e-4);
    assert_eq!(at["kept"][0], u8::from(rows[3].kept));
    assert_eq!(tiles[6]["at"][0]["flags"], serde_json::json!([1]), "every seventh has a mosaic");
    let lines = |id| script(&page, id).unwrap().lines().filter(|line| !line.is_empty()).count();
    assert_eq!((lines("pictures"), lines("maps")), (40, 40));
    // Without a script, some of both kinds.
    let still =
        page.split_once("id=\"gallery-still\"").unwrap().1.split_once("id=\"gallery-live\"").unwrap().0;
    assert!(still.contains("Kept") && still.contains("Rejected") && still.matches("<img").count() >= 20);
}

#[test]
fn an_older_run_has_no_maps_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { quality: false, phis: vec![Phi::new(25.0)], ..Fabricated::default() }
        .write(folder.path());
    let page = report_of(&run);
    assert!(script(&page, "maps").is_none());
    assert!(page.contains("Left out: quality as pictures and saliency maps"));
    assert!(
        !page.contains("value=\"saliency\"")
            && !page.contains("name=\"flag\"")
            && !page.contains("value=\"ssim\"")
    );
}

#[test]
fn a_missing_picture_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { phis: vec![Phi::new(25.0)], ..Fabricated::default() }.write(folder.path());
    std::fs::remove_file(run.generated(Phi::new(25.0)).join("a/tile-002.png")).unwrap();
    let maps = run.saliency(Phi::new(25.0));
    std::fs::remove_file(maps.join("source/a/tile-005.png")).unwrap();
    let page = report_of(&run);
    let data: serde_json::Value = serde_json::from_str(script(&page, "data").unwrap()).unwrap();
    assert_eq!(data["tiles"][2]["there"], serde_json::json!([1, 0]));
    assert_eq!(data["tiles"][5]["maps"], serde_json::json!([0]));
}

#[test]
fn names_stay_data() {
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated { phis: vec![Phi::new(25.0)], ..Fabricated::default() }.write(folder.path());
    let table = run.translation_csv(Phi::new(25.0));
    let mut rows: Vec<record::TranslationRow> = files::read_rows(&table).unwrap();
    let hostile = "a/</script><script>alert(1)</script>.png";
    rows[0].image = hostile.to_owned();
    files::write_rows(&table, &rows).unwrap();
    std::fs::remove_file(run.done_json(&StepName::translate(Phi::new(25.0)))).unwrap();
    let page = report_of(&run);
    assert!(!page.contains("<script>alert"));
    let data: serde_json::Value = serde_json::from_str(script(&page, "data").unwrap()).unwrap();
    assert!(data["tiles"].as_array().unwrap().iter().any(|tile| tile["image"] == hostile));
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
    assert!(std::env::var_os("CI").is_none(), "{what} missing, and CI must drive the report's gallery");
    println!("skipped: {what} missing, so the report's gallery is not driven");
    false
}

#[test]
fn chromium_sorts_filters_wipes_and_opens() {
    if !browser_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = Fabricated::default().write(folder.path());
    report_of(&run);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/gallery.mjs");
    let output = Command::new("node").arg(script).arg(folder.path()).output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    println!("{said}");
    assert!(output.status.success(), "{said}");
}
