//! The page: head, contents, sections.

use crate::ReportError;
use crate::figure::{self, Figures};
use crate::load::Run;
use crate::section::{
    agreement, auc, calibration, curves, data, dial, difficulty, folds, gallery, pipeline, provenance,
    quality, reading, recipes, robustness, roc, severity, shift, stain, summary, thresholds, translations,
    translators,
};
use crate::text;
use crate::tiles::Album;
use files::write_atomic;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use record::RunFolder;

/// The style sheet: light and dark, wide and narrow.
const STYLE: &str =
    concat!(include_str!("chart.css"), include_str!("style.css"), include_str!("gallery/gallery.css"));

/// Writes `report.html` from what the run folder holds. A run that has not ended yields a report of what there is. What comes back
/// is a warning, which the report has, too, if files are no longer what the run's steps wrote.
///
/// # Errors
/// If the folder is no run, a file of it is broken, or the report cannot be written.
pub fn write(run: &RunFolder) -> Result<Option<String>, ReportError> {
    let path = run.report_html();
    let folder = run.figures();
    let run = Run::open(run)?;
    let figures = Figures::default();
    let page = draw(&run, &figures).into_string();
    let in_the_way = figure::write(&folder, &figures.into_all())?;
    write_atomic(&path, page.as_bytes())?;
    let warnings: Vec<String> = run.not_as_written().into_iter().chain(not_written(&in_the_way)).collect();
    Ok((!warnings.is_empty()).then(|| warnings.join(". ")))
}

/// Says which figures were not written, because somebody else's files have their names.
fn not_written(in_the_way: &[String]) -> Option<String> {
    let first = in_the_way.first()?;
    Some(format!(
        "{} of the folder figures, {first} among them, is not of this report and stays as it is: rename it to have the figure written",
        text::counted(in_the_way.len(), "file")
    ))
}

fn draw(run: &Run, figures: &Figures) -> Markup {
    if run.is_cross_validation() {
        return draw_folds(run, figures);
    }
    let album = Album::new(run.folder.clone(), run.data_folders());
    // Drawn in the order of importance, so that the budget for images goes to the figures that matter most.
    let dial = dial::draw(run, &album, figures);
    let figure3 = translations::figure3(run, &album, figures);
    let confidence = agreement::draw(run, &album, figures);
    let pipeline = pipeline::draw(run, &album, figures);
    let data = data::draw(run, &album, figures);
    let readers = reading::draw(run, &album, figures);
    let translators = translators::draw(run, &album, figures);
    let gallery = gallery::draw(run, &album);
    let mut contents = vec![
        ("summary", "In short"),
        ("pipeline", "Pipeline"),
        ("data", "Tiles"),
        ("confidence", "Confidence"),
        ("difficulty", "Difficulty"),
        ("translations", "Translations"),
        ("shift", "Harder?"),
        ("filter", "Filter"),
        ("gallery", "Gallery"),
        ("quality", "Quality"),
        ("stain", "Stain"),
        ("truth", "Ground truth"),
        (recipes::ID, "Recipes"),
        ("auc", "AUC"),
        ("roc", "ROC"),
        ("thresholds", "Thresholds"),
        ("calibration", "Calibration"),
        ("robustness", "Robustness"),
        ("curves", "Curves"),
        ("translators", "Translators"),
        ("settings", "Settings"),
        ("provenance", "Provenance"),
    ];
    if run.has_dial() {
        let after = contents.iter().position(|(id, _)| *id == "translations").map_or(0, |at| at + 1);
        contents.insert(after, (dial::ID, "Dial"));
    }
    let main = html! {
        (summary::draw(run))
        (pipeline)
        (data)
        (confidence)
        (difficulty::draw(run, figures))
        (figure3)
        (dial)
        (shift::draw(run, figures))
        (translations::filter(run))
        (gallery)
        (quality::draw(run, figures))
        (stain::draw(run, figures))
        (severity::draw(run, figures))
        (recipes::draw(run, figures))
        (auc::draw(run, figures))
        (roc::draw(run, figures))
        (thresholds::draw(run))
        (calibration::draw(run, figures))
        (robustness::draw(run, figures))
        (curves::draw(run, figures))
        (readers)
        (translators)
        (provenance::settings(run))
        (provenance::draw(run))
    };
    frame(run, &contents, &main)
}

/// The page of a cross-validation: what its folds say together. The rest is in the report of each fold.
fn draw_folds(run: &Run, figures: &Figures) -> Markup {
    let album = Album::new(run.folder.clone(), run.data_folders());
    let results = run.results.as_ref();
    let mut contents = vec![("summary", "In short")];
    if results.is_some() {
        contents.extend([(folds::ID, "Folds"), ("data", "Tiles"), (recipes::ID, "Recipes"), ("auc", "AUC")]);
    }
    contents.extend([("settings", "Settings"), ("provenance", "Provenance")]);
    let main = html! {
        (summary::draw(run))
        @if let Some((results, cv)) = results.and_then(|r| Some((r, r.cross_validation.as_ref()?))) {
            (folds::draw(results, cv, figures))
            (data::draw(run, &album, figures))
            (recipes::draw(run, figures))
            (auc::draw(run, figures))
            p.absent {
                "Confidence, translations, their quality, ROC curves, thresholds, calibration and the course of trainings are in the report of each fold: \
                 every fold has networks of its own."
            }
        }
        (provenance::settings(run))
        (provenance::draw(run))
    };
    frame(run, &contents, &main)
}

/// After how many seconds the page of an unfinished study is read again.
const AGAIN: &str = "120";

/// The page around its sections.
fn frame(run: &Run, contents: &[(&str, &str)], main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(gallery::policy());
                // Drawn anew while its study goes on.
                @if run.results.is_none() {
                    meta http-equiv="refresh" content=(AGAIN);
                }
                title { (run.name()) " · grayzone report" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#summary" { "Skip to the summary" }
                header { div.wide {
                    p.brand { "grayzone" }
                    h1 { (run.name()) }
                    p.sub { (subtitle(run)) }
                } }
                nav aria-label="Contents" { div.wide { ul {
                    @for (id, name) in contents { li { a href={ "#" (id) } { (name) } } }
                    @if run.reading.is_some() { li { a href={ "#" (reading::ID) } { "Readers" } } }
                } } }
                main.wide {
                    (main)
                }
                footer { div.wide {
                    p {
                        "Method: J. Wei et al., Difficulty Translation in Histopathology Images, AIME 2020. Research use only: \
                         nothing here is a diagnosis."
                    }
                } }
            }
        }
    }
}

fn subtitle(run: &Run) -> String {
    match &run.results {
        Some(r) => format!(
            "{} · class X: {} · {} px tiles · preset {} · seed {} · {}",
            r.classes.join(" / "),
            r.source_class,
            r.tile_size,
            r.preset,
            r.seed,
            r.tool
        ),
        None => "This study has not ended yet.".to_owned(),
    }
}
