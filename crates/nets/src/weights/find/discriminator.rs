//! A discriminator in a file.

use std::collections::BTreeMap;

use super::kind::WeightsKind;
use super::search::{Close, Found, Looked, Tensors, Why, side};

/// The first tensor of each layer.
const LAYERS: &[&str] = &["0.weight", "2.weight", "5.weight", "8.weight", "11.weight"];

/// The 70×70 `PatchGAN`, which is told apart and never loaded.
pub struct Discriminator;

impl Looked for Discriminator {
    const FIRST: &'static str = "model.0.weight";
    const SIGNS: &'static [&'static [&'static str]] = &[LAYERS];

    fn title() -> String {
        "a PatchGAN discriminator".to_owned()
    }

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let four = |name: &&&str| {
            tensors.get(&format!("{prefix}{name}")).is_some_and(|t| t.shape.get(2..) == Some(&[4, 4]))
        };
        let names: BTreeMap<String, String> = LAYERS
            .iter()
            .filter(four)
            .map(|name| (format!("model.{name}"), format!("{prefix}{name}")))
            .collect();
        if names.len() == LAYERS.len() && side(tensors, &format!("{prefix}11.weight"), 0) == 1 {
            let kind = WeightsKind::Discriminator { width: side(tensors, &format!("{prefix}0.weight"), 0) };
            return Ok(Found { kind, prefix: prefix.to_owned(), names, extra: None, remark: None });
        }
        Err(Close { share: 0.0, prefix: prefix.to_owned(), why: Why::Missing(format!("{prefix}11.weight")) })
    }
}
