//! The three networks of the study, their initialisation, their cost and their weight files.
//!
//! | network | what for | built by | names in files |
//! |---|---|---|---|
//! | [`Classifier`] | scorer and classifiers: an [`Architecture`], of which ResNet-18 is the default (He et al. 2016) | [`ClassifierConfig`] | torchvision's: `conv1.weight`, `layer1.0.bn1.running_mean`, `fc.bias` |
//! | [`Generator`] | easy → hard and back (Zhu et al. 2017, after Johnson et al. 2016) | [`GeneratorConfig`] | `CycleGAN`'s: `model.1.weight`, `model.10.conv_block.1.weight` |
//! | [`Discriminator`] | `PatchGAN` of 70×70 patches (Isola et al. 2017) | [`DiscriminatorConfig`] | `CycleGAN`'s: `model.0.weight` |
//!
//! A classifier that also trains on tiles which a program made may normalise those by norms of their own: [`AuxiliaryNorms`].
//! Generator and discriminator can be [`Conditional`]: told by a further input plane how hard a tile is to be, or is said to be.
//!
//! A width of 64 is the published size; narrower ones serve small presets. Every weight has torch's shape, in memory as in
//! files, so a file written here loads in torch with `strict=True`.
//!
//! Initial weights are drawn from the random stream that is handed in, tensor by tensor in the order of the network's
//! definition: the same stream gives the same network.
//!
//! Reading ([`load_classifier`], [`load_generator`], [`inspect_weights`]) takes `.safetensors` and torch's `.pth` alike, told
//! apart by content; pickled code is never run. Names and shapes are checked before any value is read, and a network is found below
//! whatever prefix a checkpoint keeps it under ([`read_classifier`] and [`read_generator`] tell which). Checkpoints use [`NamedTensors`].
//! Networks that are to be compared with torch's are filled by a [`formula`].
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use nets::{Architecture, ClassifierConfig, ClassifierMeta, Cost};
//! use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
//!
//! let config = ClassifierConfig { architecture: Architecture::ResNet18, classes: 2, width: 4 };
//! assert!(config.gflop(32) < 0.001 && config.parameters() < 50_000);
//! let network = config.init(&mut ChaCha8Rng::seed_from_u64(1), &Device::flex());
//!
//! let folder = tempfile::tempdir()?;
//! let file = folder.path().join("weights.safetensors");
//! let classes = vec!["HP".to_owned(), "SSA".to_owned()];
//! let meta = ClassifierMeta { classes, mean: [0.7, 0.6, 0.7], std: [0.15; 3], tile_size: 32, width: 4 };
//! nets::save_classifier(&file, &network, &meta)?;
//!
//! let (network, meta) = nets::load_classifier(&file, &Device::flex())?;
//! assert_eq!((network.architecture(), meta.unwrap().tile_size), (Architecture::ResNet18, 32));
//! let logits = network.forward(Tensor::zeros([3, 3, 32, 32], &Device::flex()));
//! assert_eq!(logits.dims(), [3, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod auxiliary;
mod classifier;
mod conditional;
mod cost;
mod device;
mod discriminator;
mod error;
pub mod formula;
mod generator;
mod init;
mod layers;
mod named;
mod part;
mod resnet;
mod running;
mod saliency;
mod softmax;
mod weights;

pub use auxiliary::AuxiliaryNorms;
pub use classifier::{Architecture, Classifier, ClassifierConfig, UnknownArchitecture};
pub use conditional::{Conditional, with_plane};
pub use cost::{Cost, Layer, Norm};
pub use device::device_name;
pub use discriminator::{Discriminator, DiscriminatorConfig};
pub use error::NetsError;
pub use generator::{Generator, GeneratorConfig, Upsampling};
pub use layers::{BatchNorm, Conv2d, ConvTranspose2d, Linear};
pub use named::{NamedTensors, Tensors};
pub use part::{Part, UnknownPart};
pub use resnet::{Block, Downsample, ResNet};
pub use running::Running;
pub use saliency::{Saliency, Seen, see};
pub use softmax::{confidence, margin};
pub use weights::{
    ClassifierMeta, GeneratorMeta, Loaded, TensorInfo, WeightsInfo, WeightsKind, inspect_weights,
    load_classifier, load_generator, read_classifier, read_generator, read_tensors, save_classifier,
    save_generator, write_tensors,
};
