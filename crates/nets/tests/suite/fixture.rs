//! Fixtures, and the formula by which `tools/fixtures_nets.py` fills networks and inputs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::{ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Shape, Tensor, TensorData};
pub use nets::formula::{fill, filled, weight};
use nets::{Architecture, ClassifierConfig, WeightsKind};

/// Name → shape and values.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A file of `tests/fixtures`.
pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The tensors of a file of `tests/fixtures`.
pub fn tensors(name: &str) -> Tensors {
    nets::read_tensors(&path(name)).unwrap().0
}

/// Puts a parameter's gradient in the parameter's place, so that `tensors` names the gradients.
pub struct ByGradient<'a>(pub &'a Gradients);

impl ModuleMapper for ByGradient<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match param.val().grad(self.0) {
            Some(gradient) => Param::initialized(param.id, gradient),
            None => param,
        }
    }
}

/// The size of a ResNet-18.
pub fn resnet18(classes: usize, width: usize) -> ClassifierConfig {
    ClassifierConfig { architecture: Architecture::ResNet18, classes, width }
}

/// What inspection says of one.
pub fn kind_of_resnet18(width: usize, classes: usize) -> WeightsKind {
    WeightsKind::Classifier { architecture: Architecture::ResNet18, width, classes }
}

/// A tensor of these values.
pub fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, Shape::from(shape)), device)
}

/// The tensor's values, row by row.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// max |difference| / max |reference|.
pub fn difference(found: &[f32], reference: &[f32]) -> f32 {
    assert_eq!(found.len(), reference.len());
    assert!(found.iter().all(|v| v.is_finite()));
    let largest = |values: &mut dyn Iterator<Item = f32>| values.fold(0f32, |a, v| a.max(v.abs()));
    largest(&mut found.iter().zip(reference).map(|(a, b)| a - b)) / largest(&mut reference.iter().copied())
}
