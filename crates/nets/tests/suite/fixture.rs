//! Fixtures, and the formula by which `tools/fixtures_nets.py` fills networks and inputs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::{ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Shape, Tensor, TensorData};
use nets::NamedTensors;

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

/// Uniform in `[low, high)`, from the name and each element's index alone.
pub fn filled(name: &str, shape: &[usize], low: f64, high: f64) -> Vec<f32> {
    let seed = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    let n: usize = shape.iter().product();
    let value = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (low + (z >> 40) as f64 / f64::from(1 << 24) * (high - low)) as f32
    };
    (1..=n as u64).map(value).collect()
}

/// The formula's tensor of a network.
pub fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    match shape.len() {
        _ if name.ends_with("running_mean") => filled(name, shape, -0.1, 0.1),
        _ if name.ends_with("running_var") => filled(name, shape, 0.5, 1.5),
        1 if name.ends_with("weight") => filled(name, shape, 0.7, 1.3),
        1 => filled(name, shape, -0.2, 0.2),
        _ => {
            let bound = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
            filled(name, shape, -bound, bound)
        }
    }
}

/// The network with the formula's tensors.
pub fn fill<N: NamedTensors>(network: N) -> N {
    let mut tensors = network.tensors();
    for (name, (shape, values)) in &mut tensors {
        *values = weight(name, shape);
    }
    network.load_tensors(&tensors).unwrap()
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
