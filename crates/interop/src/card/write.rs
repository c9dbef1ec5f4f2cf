//! The card.

use std::fmt::Write as _;
use std::path::Path;

use record::StepName;

use super::cells::{plain, table};
use super::gather::ModelCard;
use super::{measured, uses};
use crate::error::InteropError;
use crate::network::NetworkKind;

/// Settings that say where files were, which is nobody's business.
const PLACES: [&str; 2] = ["data", "init"];

impl ModelCard {
    /// The card as Markdown; the same for the same run.
    pub fn markdown(&self) -> String {
        let (network, results) = (&self.network, &self.results);
        let mut card = format!("# {} of “{}”\n\n", capital(&network.kind().title()), plain(&results.name));
        card += "What this network is, what it was made from and how good it was there. Every figure is of the run that trained it.\n\n";
        card += "## What it is\n\n";
        card += &self.identity();
        card += "## Data\n\n";
        card += &self.data();
        card += "## Settings\n\n";
        card += &self.settings();
        card += "## How good it is\n\n";
        card += &self.measured();
        card += "## Limits, and what it must not be used for\n\n";
        card += &uses::limits(network, self.um_px);
        for note in &results.notes {
            // Writing to a String cannot fail.
            let _ = writeln!(card, "- The run notes: {}", plain(note));
        }
        card += "\n## How to load it\n\n";
        card += &uses::loading(network);
        card
    }

    /// Writes [`markdown`](Self::markdown) to a file, whole or not at all.
    ///
    /// # Errors
    /// [`InteropError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), InteropError> {
        Ok(files::write_atomic(path, self.markdown().as_bytes())?)
    }

    fn identity(&self) -> String {
        let (network, step) = (&self.network, &self.step);
        let known = network.description();
        let unknown = || "not known".to_owned();
        let classes = known.classes.as_ref().unwrap_or(&self.results.classes);
        let mut rows = vec![
            ("network", network.kind().title()),
            ("trained by", format!("{}, step `{}`, seed {}", plain(&step.tool), step.step, step.seed)),
            ("computed on", step.computed_on.as_ref().map_or_else(unknown, |on| plain(&on.to_string()))),
            ("weights (SHA-256)", format!("`{}`", network.sha256())),
            ("data (hash of tiles and labels)", format!("`{}`", plain(&step.data_hash))),
            ("tile", known.tile_size.map_or_else(unknown, |px| format!("{px} × {px} pixels"))),
            (
                "resolution",
                self.um_px
                    .map_or_else(unknown, |um| format!("{um} µm per pixel (told when the card was written)")),
            ),
        ];
        match network.kind() {
            NetworkKind::Classifier(_) => rows.push(("classes, in the order of its outputs", named(classes))),
            NetworkKind::Generator(_) => {
                let source = plain(&self.results.source_class);
                rows.push(("translates", format!("tiles of {source} into others of {source}")));
                rows.extend(known.framing.as_ref().map(|framing| ("around it, not in it", plain(framing))));
            }
        }
        rows.push(("card written by", crate::tool::TOOL.to_owned()));
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|(key, value)| vec![key.to_owned(), value]).collect();
        table(&["", ""], &rows)
    }

    fn data(&self) -> String {
        let results = &self.results;
        let rows: Vec<Vec<String>> = results
            .data
            .iter()
            .map(|count| {
                let agreement = if count.agreement == "none" { "no votes" } else { &count.agreement };
                vec![plain(&count.partition), plain(&count.class), plain(agreement), count.n.to_string()]
            })
            .collect();
        let mut text = format!(
            "Classes {}; the source class, of which easy and hard tiles are told apart, is {}. Tiles of {} × {} pixels. No slide is in two parts.\n\n",
            named(&results.classes),
            plain(&results.source_class),
            results.tile_size,
            results.tile_size
        );
        let tiles = table(&["part", "class", "agreement of annotators", "tiles"], &rows);
        text += if tiles.is_empty() { "The run does not say how many tiles.\n\n" } else { &tiles };
        let rows: Vec<Vec<String>> = self
            .slides
            .iter()
            .map(|((part, class), slides)| vec![plain(part), plain(class), slides.to_string()])
            .collect();
        text + &table(&["part", "class", "slides with such tiles"], &rows)
    }

    fn settings(&self) -> String {
        let trained_as = match (self.network.kind(), self.step.step.retrained()) {
            (NetworkKind::Generator(_), _) => "translator",
            (NetworkKind::Classifier(_), Some(_)) => "classifier",
            (NetworkKind::Classifier(_), None) => "scorer",
        };
        let mut text = format!(
            "The study's, and those of the training itself (`[{trained_as}]`), as `study.toml` has them.\n\n"
        );
        let mut rows = Vec::new();
        for part in ["", trained_as] {
            for (key, value) in self.settings.get(part).into_iter().flatten() {
                if !(part.is_empty() && PLACES.contains(&key.as_str())) {
                    let key = if part.is_empty() { plain(key) } else { format!("{part}.{}", plain(key)) };
                    rows.push(vec![key, plain(value)]);
                }
            }
        }
        text += &table(&["setting", "value"], &rows);
        text
    }

    fn measured(&self) -> String {
        let (results, step) = (&self.results, &self.step.step);
        if let NetworkKind::Generator(_) = self.network.kind() {
            return measured::of_translator(results, step.translator_phi());
        }
        match step.retrained() {
            Some((set, seed)) => {
                let text = measured::of_row(results, set, seed);
                format!("{text}### How it was chosen\n\n{}", measured::chosen(results, set))
            }
            None if *step == StepName::SCORER => measured::of_scorer(results),
            None => "The run measures no network of this step by itself.\n\n".to_owned(),
        }
    }
}

fn named(classes: &[String]) -> String {
    classes.iter().map(|class| plain(class)).collect::<Vec<_>>().join(", ")
}

/// "a ResNet-18 …" as the beginning of a title.
fn capital(text: &str) -> String {
    let text = text.strip_prefix("a ").unwrap_or(text);
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
