//! What a file says beside its weights.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::kind::NetworkKind;

/// What is known of a network beside its weights. Files of grayzone say it in their header; of others it is told.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Description {
    /// The classes' names, in the order of the logits.
    pub classes: Option<Vec<String>>,
    /// Subtracted from a tile's channels in [0, 1].
    pub mean: Option<[f32; 3]>,
    /// Then divided by.
    pub std: Option<[f32; 3]>,
    /// Side of the tiles it was trained on, in pixels.
    pub tile_size: Option<usize>,
    /// What the trainer of a generator does to tiles before and after it, in the trainer's own words. It is no part of the network.
    pub framing: Option<String>,
    /// What a generator's fourth plane holds.
    pub dial: Option<String>,
}

/// A key and what is wrong with it.
pub(super) type Wrong = (&'static str, String);

impl Description {
    /// From the texts of a header; of files that are not grayzone's nothing is taken.
    pub(super) fn of(texts: &BTreeMap<String, String>) -> Result<Self, Wrong> {
        let is_ours = texts.contains_key("grayzone")
            || texts.get("tool").is_some_and(|tool| tool.starts_with("grayzone "));
        if !is_ours {
            return Ok(Self::default());
        }
        let text = |key: &str| texts.get(key).cloned();
        Ok(Self {
            classes: value(texts, "classes")?,
            mean: value(texts, "mean")?,
            std: value(texts, "std")?,
            tile_size: value(texts, "tile_size")?,
            framing: text("framing"),
            dial: text("dial"),
        })
    }

    /// Whether it can be of that network.
    pub(super) fn check(&self, kind: &NetworkKind) -> Result<(), Wrong> {
        if let (Some(classes), NetworkKind::Classifier(size)) = (&self.classes, kind)
            && classes.len() != size.classes
        {
            return Err((
                "classes",
                format!("it names {} and the network has {}", classes.len(), size.classes),
            ));
        }
        if self.mean.is_some_and(|mean| mean.iter().any(|v| !v.is_finite())) {
            return Err(("mean", "it is not finite".to_owned()));
        }
        if self.std.is_some_and(|std| std.iter().any(|v| !v.is_finite() || *v <= 0.0)) {
            return Err(("std", "it is not positive".to_owned()));
        }
        if self.tile_size == Some(0) {
            return Err(("tile_size", "it is 0".to_owned()));
        }
        Ok(())
    }
}

fn value<T: DeserializeOwned>(
    texts: &BTreeMap<String, String>,
    key: &'static str,
) -> Result<Option<T>, Wrong> {
    let Some(text) = texts.get(key) else { return Ok(None) };
    let value = serde_json::from_str(text);
    value.map(Some).map_err(|_| (key, format!("{} cannot be understood", files::quoted(text))))
}
