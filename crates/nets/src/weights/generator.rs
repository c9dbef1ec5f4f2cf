//! A generator's file, under the canonical `CycleGAN` names.

use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;

use super::classifier::value;
use super::find::{self, Found, WeightsKind};
use super::open::WeightsFile;
use super::read::{self, Loaded};
use super::write::{OURS, write_tensors};
use crate::conditional::Conditional;
use crate::error::{NetsError, quoted};
use crate::generator::{Generator, GeneratorConfig, Upsampling};
use crate::init::Blank;
use crate::named::{self, NamedTensors};

/// The metadata key by which a generator is known whose fourth input plane tells it how hard its translations are to be; its value is what
/// the plane holds. Foreign ones with four inputs mean something else by the fourth.
const DIAL: &str = "dial";

/// The metadata key of how a generator makes its picture larger, where that is not by transposed convolutions.
const UPSAMPLING: &str = "upsampling";

/// What a generator's file says beside its weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratorMeta {
    /// The network's width.
    pub width: usize,
    /// Its residual blocks.
    pub blocks: usize,
    /// Side of the tiles it was trained on, in pixels; unknown for foreign weights.
    pub tile_size: Option<usize>,
    /// What its trainer does to tiles before and after it, in the trainer's own words; `None` if nothing.
    pub framing: Option<String>,
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
    texts.extend(meta.framing.clone().map(|framing| ("framing", framing)));
    texts.extend(network.is_told().then(|| (DIAL, "rank".to_owned())));
    let upsampling = network.upsampling();
    texts.extend((upsampling != Upsampling::default()).then(|| (UPSAMPLING, upsampling.name().to_owned())));
    let metadata = texts.into_iter().map(|(key, text)| (key.to_owned(), text)).collect();
    write_tensors(path, &network.tensors(), &metadata)
}

/// Reads a generator: ours, with or without a dial ([`Generator::is_told`]), or a canonical `CycleGAN` one as `.pth` or `.safetensors`, wherever a checkpoint keeps it. Its width and
/// number of blocks are those of its tensors; dropout is off, and statistics of instance norm, which old files carry unused, are ignored.
///
/// # Errors
/// [`NetsError`], naming the file and the tensor that does not fit.
pub fn load_generator(path: &Path, device: &Device) -> Result<(Generator, GeneratorMeta), NetsError> {
    let loaded = read_generator(path, device)?;
    Ok((loaded.network, loaded.meta))
}

/// [`load_generator`], with a note where the network was taken from below a prefix or was trained with dropout.
///
/// # Errors
/// As there.
pub fn read_generator(path: &Path, device: &Device) -> Result<Loaded<Generator, GeneratorMeta>, NetsError> {
    let file = WeightsFile::open(path)?;
    let found = read::the_one::<find::Generator>(&file)?;
    let (config, is_told) = check_generator(&file, &found)?;
    let GeneratorConfig { width, blocks, upsampling } = config;
    let tensors = read::usable(&file, &found)?;
    let network = if is_told {
        Conditional(config).build(&mut Blank, device)
    } else {
        config.build(&mut Blank, device)
    };
    let network = named::load(network, &tensors, &path.display().to_string())?;
    let metadata = &file.metadata;
    let ours = metadata.get(OURS).map(String::as_str) == Some("generator");
    let meta = GeneratorMeta {
        width: if ours { value(path, metadata, "width")? } else { width },
        blocks: if ours { value(path, metadata, "blocks")? } else { blocks },
        tile_size: if metadata.contains_key("tile_size") && ours {
            Some(value(path, metadata, "tile_size")?)
        } else {
            None
        },
        framing: metadata.get("framing").filter(|_| ours).cloned(),
    };
    check(path, &network, &meta)?;
    if let Some(said) = metadata.get(UPSAMPLING).filter(|said| ours && *said != upsampling.name()) {
        let reason = format!("it says {} and the network has {}", quoted(said), upsampling.name());
        return Err(NetsError::Metadata { path: path.to_owned(), key: UPSAMPLING, reason });
    }
    let mut note = read::note(&found, "model.", path);
    if upsampling == Upsampling::Resize && !ours {
        let enlarged = "nothing says how its pictures are enlarged before they are convolved, here by nearest neighbours";
        note = Some(note.map_or_else(
            || format!("{enlarged}, in {}", path.display()),
            |note| format!("{note}; {enlarged}"),
        ));
    }
    Ok(Loaded { network, meta, note })
}

/// The size of a generator whose tensors fit together, and whether it has a dial.
pub(super) fn check_generator(
    file: &WeightsFile,
    found: &Found,
) -> Result<(GeneratorConfig, bool), NetsError> {
    let (width, blocks, is_told) = match found.kind {
        WeightsKind::Generator { width, blocks } => (width, blocks, false),
        WeightsKind::Dial { width, blocks } => (width, blocks, file.metadata.contains_key(DIAL)),
        _ => (0, 0, false),
    };
    // The doublings are told by their places in the sequence.
    let resized = !found.names.contains_key(&format!("model.{}.weight", 10 + blocks));
    let upsampling = if resized { Upsampling::Resize } else { Upsampling::Transposed };
    let config = GeneratorConfig { width: width.max(1), blocks, upsampling };
    if is_told {
        read::check_shapes(file, found, &Conditional(config))?;
    } else {
        read::check_shapes(file, found, &config)?;
    }
    Ok((config, is_told))
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
