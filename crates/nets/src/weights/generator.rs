//! A generator's file, under the canonical `CycleGAN` names.

use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;

use super::classifier::value;
use super::{OURS, read, write};
use crate::error::NetsError;
use crate::generator::{Generator, GeneratorConfig};
use crate::init::Blank;
use crate::named::{self, NamedTensors};

/// What a generator's file says beside its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratorMeta {
    /// The network's width.
    pub width: usize,
    /// Its residual blocks.
    pub blocks: usize,
    /// Side of the tiles it was trained on, in pixels; unknown for foreign weights.
    pub tile_size: Option<usize>,
}

/// Writes a generator as `.safetensors` under the canonical names, its description in the header.
///
/// # Errors
/// [`NetsError::Write`]; [`NetsError::Metadata`] if the description is of another network.
pub fn save_generator(path: &Path, network: &Generator, meta: &GeneratorMeta) -> Result<(), NetsError> {
    check(path, network, meta)?;
    let mut texts = vec![
        (OURS, "generator".to_owned()),
        ("format", "pt".to_owned()),
        ("width", meta.width.to_string()),
        ("blocks", meta.blocks.to_string()),
    ];
    texts.extend(meta.tile_size.map(|px| ("tile_size", px.to_string())));
    let metadata = texts.into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
    write::write_tensors(path, &network.tensors(), &metadata)
}

/// Reads a generator: ours, or a canonical `CycleGAN` one as `.pth` or `.safetensors`. Its width and number of blocks are those
/// of its tensors; statistics of instance norm, which old files carry unused, are ignored.
///
/// # Errors
/// [`NetsError`], naming the file and the tensor that does not fit.
pub fn load_generator(path: &Path, device: &Device) -> Result<(Generator, GeneratorMeta), NetsError> {
    const UNUSED: [&str; 3] = ["num_batches_tracked", "running_mean", "running_var"];
    let file = read::read(path)?;
    let metadata = file.metadata.clone();
    let kind = super::inspect::kind_of(&file);
    let tensors = read::usable(file, path, |name| UNUSED.iter().any(|unused| name.ends_with(unused)))?;
    let Some((stem, _)) = tensors.get("model.1.weight") else {
        let reason = format!("it holds {kind}, without model.1.weight");
        return Err(NetsError::OtherNetwork {
            path: path.to_owned(),
            wanted: "a CycleGAN generator",
            reason,
        });
    };
    let width = stem.first().copied().unwrap_or_default().max(1);
    let blocks =
        (10..10_000).take_while(|i| tensors.contains_key(&format!("model.{i}.conv_block.1.weight"))).count();
    read::expect_shape(&tensors, path, "model.1.weight", &[width, 3, 7, 7])?;
    read::expect_shape(&tensors, path, "model.7.weight", &[4 * width, 2 * width, 3, 3])?;
    for i in 10..10 + blocks {
        let name = format!("model.{i}.conv_block.1.weight");
        read::expect_shape(&tensors, path, &name, &[4 * width, 4 * width, 3, 3])?;
    }

    let network = GeneratorConfig { width, blocks }.build(&mut Blank, device);
    let network = named::load(network, &tensors, &path.display().to_string())?;
    let ours = metadata.get(OURS).map(String::as_str) == Some("generator");
    let meta = GeneratorMeta {
        width: if ours { value(path, &metadata, "width")? } else { width },
        blocks: if ours { value(path, &metadata, "blocks")? } else { blocks },
        tile_size: if metadata.contains_key("tile_size") && ours {
            Some(value(path, &metadata, "tile_size")?)
        } else {
            None
        },
    };
    check(path, &network, &meta)?;
    Ok((network, meta))
}

fn check(path: &Path, network: &Generator, meta: &GeneratorMeta) -> Result<(), NetsError> {
    let (width, blocks) = (network.width(), network.blocks.len());
    for (key, said, has) in [("width", meta.width, width), ("blocks", meta.blocks, blocks)] {
        if said != has {
            let reason = format!("it says {said} and the network has {has}");
            return Err(NetsError::Metadata { path: path.to_owned(), key, reason });
        }
    }
    Ok(())
}
