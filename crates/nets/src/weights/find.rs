//! The networks in a weights file, under whatever names a training program has put before theirs.
//!
//! A checkpoint holds a network under `state_dict.`, `model.`, `module.`, `model.backbone.` and so on, and other things beside it. So every
//! beginning of a name is tried: where all of a known network's tensors lie below it, there is one.

use std::collections::{BTreeMap, BTreeSet};

use super::inspect::WeightsKind;
use super::open::FileTensor;
use crate::error::quoted;

/// A file's tensors.
type Tensors = BTreeMap<String, FileTensor>;

/// A network in a file.
#[derive(Debug)]
pub(super) struct Found {
    /// Which, with its size by its first and last layers.
    pub kind: WeightsKind,
    /// What stands before its tensors' names, with the dot.
    pub prefix: String,
    /// Its tensors' names here, and in the file.
    pub names: BTreeMap<String, String>,
    /// Below the prefix, a tensor that the network has no place for.
    pub extra: Option<String>,
    /// What was to be said of its layers.
    pub remark: Option<String>,
}

/// What a search for one kind of network ends in.
#[derive(Debug)]
pub(super) enum Search {
    /// One network, or several that are the same tensors.
    One(Found),
    /// Several.
    Several(Vec<Found>),
    /// None, and why what comes closest is none, if something does.
    None(Option<Close>),
}

/// What comes closest to a network.
#[derive(Debug)]
pub(super) struct Close {
    /// Its tensors that are there.
    pub share: f64,
    /// What stands before them.
    pub prefix: String,
    /// Why it is not the network.
    pub why: Why,
}

/// Why something is not a network.
#[derive(Debug)]
pub(super) enum Why {
    /// A tensor is missing.
    Missing(String),
    /// It is another network.
    Other(String),
}

/// One of the networks that are looked for.
pub(super) trait Looked {
    /// Names whose beginnings are tried: at least half of them must be there.
    const SIGNS: &'static [&'static str];
    /// The first tensor's name, for a file that has none of them.
    const FIRST: &'static str;
    /// The network below `prefix`, if it is whole.
    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close>;
}

/// Looks for one kind of network.
pub(super) fn search<L: Looked>(tensors: &Tensors) -> Search {
    let mut prefixes = BTreeSet::new();
    for name in tensors.keys() {
        for sign in L::SIGNS {
            if let Some(prefix) = name.strip_suffix(sign).filter(|p| p.is_empty() || p.ends_with('.')) {
                prefixes.insert(prefix);
            }
        }
    }
    let signs = |prefix: &str| {
        L::SIGNS.iter().filter(|sign| tensors.contains_key(&format!("{prefix}{sign}"))).count()
    };
    let (mut found, mut close) = (Vec::<Found>::new(), None::<Close>);
    for prefix in prefixes.into_iter().filter(|prefix| 2 * signs(prefix) >= L::SIGNS.len()) {
        match L::below(tensors, prefix) {
            Ok(network) => found.push(network),
            Err(other) if close.as_ref().is_none_or(|close| other.share > close.share) => close = Some(other),
            Err(_) => {}
        }
    }
    // A network that is saved twice under two names, tensor for tensor, is one; the shortest prefix names it.
    found.sort_by_key(|network| network.prefix.len());
    let mut different = Vec::<Found>::new();
    for network in found {
        if !different.iter().any(|other| is_same(tensors, other, &network)) {
            different.push(network);
        }
    }
    match different.len() {
        0 => Search::None(close),
        1 => Search::One(different.swap_remove(0)),
        _ => {
            different.sort_by(|a, b| a.prefix.cmp(&b.prefix));
            Search::Several(different)
        }
    }
}

fn is_same(tensors: &Tensors, a: &Found, b: &Found) -> bool {
    a.names.len() == b.names.len()
        && a.names.iter().zip(&b.names).all(|((a, in_a), (b, in_b))| {
            a == b && tensors.get(in_a).zip(tensors.get(in_b)).is_some_and(|(a, b)| a.is_same(b))
        })
}

/// A prefix for people: "under model." or "at the top".
pub(super) fn under(prefix: &str) -> String {
    if prefix.is_empty() { "without a prefix".to_owned() } else { format!("under {}", quoted(prefix)) }
}

fn side(tensors: &Tensors, name: &str, axis: usize) -> usize {
    tensors.get(name).and_then(|t| t.shape.get(axis).copied()).unwrap_or_default()
}

/// The names below a prefix, without it.
fn names_below<'a>(tensors: &'a Tensors, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    tensors.range(prefix.to_owned()..).map_while(move |(name, _)| name.strip_prefix(prefix))
}

/// ResNet-18 with torchvision's names.
pub(super) struct Classifier;

/// The tensors of a batch norm.
const NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// A ResNet-18's tensors without its head, and their shapes.
pub(super) fn body(width: usize) -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    let mut layer = |conv: String, norm: String, [outputs, inputs, k]: [usize; 3]| {
        all.push((format!("{conv}.weight"), vec![outputs, inputs, k, k]));
        all.extend(NORM.iter().map(|part| (format!("{norm}.{part}"), vec![outputs])));
    };
    layer("conv1".to_owned(), "bn1".to_owned(), [width, 3, 7]);
    let mut inputs = width;
    for (stage, outputs) in
        [1, 2, 4, 8].iter().enumerate().map(|(i, times)| (i + 1, width.saturating_mul(*times)))
    {
        for block in 0..2 {
            let name = |part: &str| format!("layer{stage}.{block}.{part}");
            let from = if block == 0 { inputs } else { outputs };
            layer(name("conv1"), name("bn1"), [outputs, from, 3]);
            layer(name("conv2"), name("bn2"), [outputs, outputs, 3]);
            if stage > 1 && block == 0 {
                layer(name("downsample.0"), name("downsample.1"), [outputs, inputs, 1]);
            }
        }
        inputs = outputs;
    }
    all
}

impl Looked for Classifier {
    const FIRST: &'static str = "conv1.weight";
    const SIGNS: &'static [&'static str] = &[
        "conv1.weight",
        "bn1.running_mean",
        "layer1.0.conv1.weight",
        "layer2.0.conv1.weight",
        "layer4.1.conv2.weight",
    ];

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let has = |name: &str| tensors.contains_key(&format!("{prefix}{name}"));
        let width = side(tensors, &format!("{prefix}conv1.weight"), 0);
        let mut names: BTreeMap<String, String> =
            body(width).into_iter().map(|(name, _)| (name.clone(), format!("{prefix}{name}"))).collect();
        let there = names.values().filter(|name| tensors.contains_key(*name)).count();
        let share = there as f64 / names.len() as f64;
        let close = |why| Close { share, prefix: prefix.to_owned(), why };
        if has("layer1.0.conv3.weight") || has("layer1.2.conv1.weight") {
            let place = if prefix.is_empty() { String::new() } else { format!(" {}", under(prefix)) };
            return Err(close(Why::Other(format!("it holds a deeper ResNet{place}"))));
        }
        if let Some(missing) = names.values().find(|name| !tensors.contains_key(*name)) {
            return Err(close(Why::Missing(missing.clone())));
        }
        let (weight, bias, remark) = head(tensors, prefix).map_err(|why| close(Why::Other(why)))?;
        if !tensors.contains_key(&bias) {
            return Err(close(Why::Missing(bias)));
        }
        let classes = side(tensors, &weight, 0);
        names.insert("fc.weight".to_owned(), weight);
        names.insert("fc.bias".to_owned(), bias);
        let own: BTreeSet<&str> = names.values().map(String::as_str).collect();
        let extra = names_below(tensors, prefix)
            .find(|name| {
                !name.ends_with("num_batches_tracked") && !own.contains(format!("{prefix}{name}").as_str())
            })
            .map(|name| format!("{prefix}{name}"));
        let kind = WeightsKind::ResNet18 { width, classes };
        Ok(Found { kind, prefix: prefix.to_owned(), names, extra, remark })
    }
}

/// A ResNet-18 in which the layers have numbers, as `nn.Sequential(*resnet.children())` gives them: what is to be said of it.
pub(super) fn numbered(tensors: &Tensors) -> Option<String> {
    let mut prefixes = tensors.keys().filter_map(|name| name.strip_suffix("4.0.conv1.weight"));
    let prefix = prefixes.find(|prefix| {
        ["0.weight", "1.running_mean", "7.1.conv2.weight"]
            .iter()
            .all(|name| tensors.contains_key(&format!("{prefix}{name}")))
    })?;
    Some(format!(
        "its layers have numbers where torchvision's have names ({} is conv1.weight)",
        quoted(&format!("{prefix}0.weight"))
    ))
}

/// The names of the head's weight and bias: those of the one linear layer that there is.
fn head(tensors: &Tensors, prefix: &str) -> Result<(String, String, Option<String>), String> {
    let fc = format!("{prefix}fc.");
    if tensors.contains_key(&format!("{fc}weight")) {
        return Ok((format!("{fc}weight"), format!("{fc}bias"), None));
    }
    let inner: Vec<&str> =
        names_below(tensors, &fc).filter(|name| !name.ends_with("num_batches_tracked")).collect();
    let layers: BTreeSet<&str> =
        inner.iter().map(|name| name.rsplit_once('.').map_or("", |(layer, _)| layer)).collect();
    let layer = layers.first().copied().unwrap_or_default();
    let rank = tensors.get(&format!("{fc}{layer}.weight")).map(|t| t.shape.len());
    if layers.len() == 1 && !layer.is_empty() && rank == Some(2) {
        let remark = format!("its last layer is {}", quoted(&format!("{fc}{layer}")));
        return Ok((format!("{fc}{layer}.weight"), format!("{fc}{layer}.bias"), Some(remark)));
    }
    let body = if prefix.is_empty() { String::new() } else { format!("its body is {}, and ", under(prefix)) };
    if layers.len() > 1 {
        let mut layers: Vec<String> = layers
            .iter()
            .map(|layer| quoted(format!("fc.{layer}").trim_end_matches('.')).into_owned())
            .collect();
        let count = layers.len();
        layers.truncate(4);
        let dots = if count > layers.len() { ", …" } else { "" };
        let layers = layers.join(", ");
        return Err(format!(
            "{body}its head has several layers ({layers}{dots}) where a ResNet-18 has the one layer fc"
        ));
    }
    // A head of another name, here or beside the body: what comes between is not known.
    let parent = prefix.trim_end_matches('.').rsplit_once('.').map_or("", |(parent, _)| parent);
    let beside = tensors.iter().find(|(name, tensor)| {
        name.starts_with(parent)
            && tensor.shape.len() == 2
            && name.ends_with("weight")
            && !name.contains("layer4")
    });
    let missing = format!("{body}its head {} is missing", quoted(&format!("{fc}weight")));
    Err(match beside {
        Some((name, _)) => format!("{missing}; {} may be a head of another name", quoted(name)),
        None => missing,
    })
}

/// The canonical `CycleGAN` generator.
pub(super) struct Generator;

/// A generator's tensors with their shapes.
pub(super) fn generator(width: usize, blocks: usize) -> Vec<(String, Vec<usize>)> {
    let w = |times: usize| width.saturating_mul(times);
    let mut all = Vec::new();
    // A transposed convolution's inputs come first in its shape, and its outputs have the biases.
    let mut layer = |name: String, [a, b, k]: [usize; 3], outputs: usize| {
        all.push((format!("{name}.weight"), vec![a, b, k, k]));
        all.push((format!("{name}.bias"), vec![outputs]));
    };
    layer("model.1".to_owned(), [width, 3, 7], width);
    layer("model.4".to_owned(), [w(2), width, 3], w(2));
    layer("model.7".to_owned(), [w(4), w(2), 3], w(4));
    for block in 10..10 + blocks {
        for conv in [1, 5] {
            layer(format!("model.{block}.conv_block.{conv}"), [w(4), w(4), 3], w(4));
        }
    }
    let up = 10 + blocks;
    layer(format!("model.{up}"), [w(4), w(2), 3], w(2));
    layer(format!("model.{}", up + 3), [w(2), width, 3], width);
    layer(format!("model.{}", up + 7), [3, width, 7], 3);
    all
}

impl Looked for Generator {
    const FIRST: &'static str = "model.1.weight";
    const SIGNS: &'static [&'static str] =
        &["1.weight", "4.weight", "7.weight", "10.weight", "10.conv_block.1.weight"];

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let has = |name: &str| tensors.contains_key(&format!("{prefix}{name}"));
        let width = side(tensors, &format!("{prefix}1.weight"), 0);
        let in_block = |block: usize, layer: usize| has(&format!("{block}.conv_block.{layer}.weight"));
        let blocks = (10..10_000).take_while(|&i| (0..8).any(|layer| in_block(i, layer))).count();
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
        let names: BTreeMap<String, String> =
            generator(width, blocks).into_iter().map(|(name, _)| (name.clone(), of(&name))).collect();
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
        Ok(Found {
            kind: WeightsKind::Generator { width, blocks },
            prefix: prefix.to_owned(),
            names,
            extra,
            remark,
        })
    }
}

/// The 70×70 `PatchGAN`, which is told apart and never loaded.
pub(super) struct Discriminator;

impl Looked for Discriminator {
    const FIRST: &'static str = "model.0.weight";
    const SIGNS: &'static [&'static str] = &["0.weight", "2.weight", "5.weight", "8.weight", "11.weight"];

    fn below(tensors: &Tensors, prefix: &str) -> Result<Found, Close> {
        let four = |name: &&&str| {
            tensors.get(&format!("{prefix}{name}")).is_some_and(|t| t.shape.get(2..) == Some(&[4, 4]))
        };
        let names: BTreeMap<String, String> = Self::SIGNS
            .iter()
            .filter(four)
            .map(|name| (format!("model.{name}"), format!("{prefix}{name}")))
            .collect();
        if names.len() == Self::SIGNS.len() && side(tensors, &format!("{prefix}11.weight"), 0) == 1 {
            let kind = WeightsKind::Discriminator { width: side(tensors, &format!("{prefix}0.weight"), 0) };
            return Ok(Found { kind, prefix: prefix.to_owned(), names, extra: None, remark: None });
        }
        Err(Close { share: 0.0, prefix: prefix.to_owned(), why: Why::Missing(format!("{prefix}11.weight")) })
    }
}
