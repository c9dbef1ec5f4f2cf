//! The canonical `CycleGAN` generator in a file.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::WeightsKind;
use super::search::{Close, Found, Looked, Tensors, Why, names_below, side, under};
use crate::cost::{Cost, Layer};
use crate::generator::{GeneratorConfig, Upsampling};

/// The canonical `CycleGAN` generator.
pub struct Generator;

impl Looked for Generator {
    const FIRST: &'static str = "model.1.weight";
    const SIGNS: &'static [&'static [&'static str]] =
        &[&["1.weight", "4.weight", "7.weight", "10.weight", "10.conv_block.1.weight"]];

    fn title() -> String {
        "a CycleGAN generator".to_owned()
    }

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let has = |name: &str| tensors.contains_key(&format!("{prefix}{name}"));
        let width = side(tensors, &format!("{prefix}1.weight"), 0);
        let in_block = |block: usize, layer: usize| has(&format!("{block}.conv_block.{layer}.weight"));
        let blocks = (10..10_000).take_while(|&i| (0..8).any(|layer| in_block(i, layer))).count();
        let up = 10 + blocks;
        let resized = has(&format!("{}.weight", up + Upsampling::Resize.weighs_at()));
        let upsampling = if resized && !has(&format!("{up}.weight")) {
            Upsampling::Resize
        } else {
            Upsampling::Transposed
        };
        // With dropout in the blocks, the second convolution stands one place further back.
        let dropout = |block: usize| in_block(block, 6) && !in_block(block, 5);
        let of = |name: &str| {
            let name = name.strip_prefix("model.").unwrap_or(name);
            match name.split_once(".conv_block.5.") {
                Some((block, part)) if block.parse().is_ok_and(dropout) => {
                    format!("{prefix}{block}.conv_block.6.{part}")
                }
                _ => format!("{prefix}{name}"),
            }
        };
        let tensors_of = GeneratorConfig { width, blocks, upsampling }.layers(1);
        let names: BTreeMap<String, String> =
            tensors_of.iter().flat_map(Layer::tensors).map(|(name, _)| (name.clone(), of(&name))).collect();
        let there = names.values().filter(|name| tensors.contains_key(*name)).count();
        let share = there as f64 / names.len() as f64;
        let close = |why| Close { share, prefix: prefix.to_owned(), why };
        let stem = tensors.get(&format!("{prefix}1.weight"));
        if stem.is_none_or(|stem| stem.shape.len() != 4 || stem.shape[2..] != [7, 7]) {
            // Any sequence has numbers for names.
            return Err(Close {
                share: share / 4.0,
                prefix: prefix.to_owned(),
                why: Why::Missing(of("1.weight")),
            });
        }
        let other = |what: &str| Err(close(Why::Other(format!("the generator {} {what}", under(prefix)))));
        if has("2.weight") {
            let norm = if has("2.running_mean") { "batch norm" } else { "instance norm with weights" };
            return other(&format!("was trained with {norm}, and instance norm without weights is read"));
        }
        if (10..10 + blocks).any(|block| in_block(block, 0)) {
            return other("pads its blocks with zeros, and mirrored borders are read");
        }
        if let Some(missing) = names.values().find(|name| !tensors.contains_key(*name)) {
            return Err(close(Why::Missing(missing.clone())));
        }
        let own: BTreeSet<&str> = names.values().map(String::as_str).collect();
        // Statistics of instance norm, which old files carry unused.
        let unused = |name: &str| {
            ["num_batches_tracked", "running_mean", "running_var"].iter().any(|u| name.ends_with(u))
        };
        let extra = names_below(tensors, prefix)
            .find(|name| !unused(name) && !own.contains(format!("{prefix}{name}").as_str()))
            .map(|name| format!("{prefix}{name}"));
        let remark = (10..10 + blocks).any(dropout).then(|| "its dropout is off here".to_owned());
        let kind = match stem.and_then(|stem| stem.shape.get(1)) {
            Some(4) => WeightsKind::Dial { width, blocks },
            _ => WeightsKind::Generator { width, blocks },
        };
        Ok(Found { kind, prefix: prefix.to_owned(), names, extra, remark })
    }
}
