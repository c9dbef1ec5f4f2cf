//! The networks against torch, and the weight files. `tools/fixtures_nets.py` makes what is in `tests/fixtures`.

mod architectures;
mod auxiliary;
#[cfg(feature = "vulkan")]
mod card;
mod costs;
mod devices;
mod files;
mod fixture;
mod freeze;
mod networks;
mod parity;
mod saliency;
mod torch_files;
mod torch_writer;
mod wrapped;
