//! A second set of batch norms for tiles that are not real.

use burn::module::Module;
use burn::tensor::Device;

use crate::classifier::Classifier;
use crate::layers::BatchNorm;
use crate::named::TorchNames;

/// Scale, shift and running statistics of every batch norm of a [`Classifier`] a second time, for training tiles whose statistics are their
/// own, such as generated ones (`AdvProp`: Xie et al. 2020, "Adversarial Examples Improve Image Recognition", section 4.2). Convolutions
/// and the last layer are shared; nobody uses these after training.
///
/// They are [swapped](Self::swap) for the network's own around a training step on a batch of such tiles alone. A network's file never
/// holds them; a checkpoint names them `norms.0.weight`, counted from the input on.
#[derive(Module, Debug)]
pub struct AuxiliaryNorms {
    /// In the order of [`Classifier::norms_mut`].
    norms: Vec<BatchNorm>,
}

impl AuxiliaryNorms {
    /// Norms for `network` as its own begin: scale and variance 1, shift and mean 0.
    pub fn of(network: &Classifier, device: &Device) -> Self {
        Self { norms: network.norms().iter().map(|norm| BatchNorm::init(norm.channels(), device)).collect() }
    }

    /// Changes places with the norms of `network`: what the one holds is then the other's. Twice, and everything is where it was.
    pub fn swap(&mut self, network: &mut Classifier) {
        for (ours, theirs) in self.norms.iter_mut().zip(network.norms_mut()) {
            std::mem::swap(ours, theirs);
        }
    }
}

impl TorchNames for AuxiliaryNorms {
    fn torch_name(&self, path: &[String]) -> String {
        path.join(".")
    }
}
