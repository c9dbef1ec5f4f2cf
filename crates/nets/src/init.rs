//! Initial weights, drawn from a stream that is handed in and given to Burn as data.

use burn::module::Param;
use burn::tensor::{Device, Shape, Tensor, TensorData};
use rand::Rng;

/// Where initial weights come from.
pub(crate) trait Draw {
    /// `n` values, normal with mean 0.
    fn normal(&mut self, n: usize, std: f64) -> Vec<f32>;
    /// `n` values, uniform in `[-bound, bound)`.
    fn uniform(&mut self, n: usize, bound: f64) -> Vec<f32>;
}

/// Drawn from a random stream.
pub(crate) struct Random<'a, R>(pub(crate) &'a mut R);

impl<R: Rng> Random<'_, R> {
    /// A number in (0, 1], with 53 random bits.
    fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
}

impl<R: Rng> Draw for Random<'_, R> {
    /// Box–Muller, in f64.
    fn normal(&mut self, n: usize, std: f64) -> Vec<f32> {
        let mut values = Vec::with_capacity(n + 1);
        while values.len() < n {
            let radius = std * (-2.0 * self.unit().ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * self.unit()).sin_cos();
            values.push((radius * cos) as f32);
            values.push((radius * sin) as f32);
        }
        values.truncate(n);
        values
    }

    fn uniform(&mut self, n: usize, bound: f64) -> Vec<f32> {
        (0..n).map(|_| ((1.0 - 2.0 * self.unit()) * bound) as f32).collect()
    }
}

/// Zeros, for a network whose weights are about to be loaded.
pub(crate) struct Blank;

impl Draw for Blank {
    fn normal(&mut self, n: usize, _: f64) -> Vec<f32> {
        vec![0.0; n]
    }

    fn uniform(&mut self, n: usize, _: f64) -> Vec<f32> {
        vec![0.0; n]
    }
}

/// A vector of one value.
pub(crate) fn filled(value: f32, n: usize, device: &Device) -> Param<Tensor<1>> {
    param(vec![value; n], [n], device)
}

/// A parameter of these values.
pub(crate) fn param<const D: usize>(
    values: Vec<f32>,
    shape: [usize; D],
    device: &Device,
) -> Param<Tensor<D>> {
    Param::from_tensor(tensor(values, shape, device))
}

/// A tensor of these values (in torch's order). Weights of convolutions lie channels-last in memory (`[out, kh, kw, in]` behind the
/// shape `[out, in, kh, kw]`), as the kernels want them: otherwise every forward pass would put them in that order anew.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    let &[outputs, inputs, h, w] = shape.as_slice() else {
        return Tensor::from_data(TensorData::new(values, Shape::from(shape)), device);
    };
    let taps = h * w;
    let mut lying = vec![0.0; values.len()];
    for (line, values) in lying.chunks_exact_mut(taps * inputs).zip(values.chunks_exact(taps * inputs)) {
        for (tap, pixel) in line.chunks_exact_mut(inputs).enumerate() {
            for (v, value) in pixel.iter_mut().zip(values[tap..].iter().step_by(taps)) {
                *v = *value;
            }
        }
    }
    let lying = TensorData::new(lying, Shape::from([outputs, h, w, inputs]));
    let axes: [isize; D] = std::array::from_fn(|axis| [0, 3, 1, 2][axis]);
    Tensor::<D>::from_data(lying, device).permute(axes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn draws_have_the_moments_asked_for() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut random = Random(&mut rng);
        let moments = |values: &[f32]| {
            let n = values.len() as f64;
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            (mean, (values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n).sqrt())
        };
        let values = random.normal(22_001, 0.02);
        let (mean, sd) = moments(&values);
        assert_eq!(values.len(), 22_001);
        assert!(mean.abs() < 5e-4 && (sd - 0.02).abs() < 3e-4, "{mean} {sd}");
        // 4.55 % of a normal distribution lies beyond two standard deviations.
        let beyond = values.iter().filter(|v| v.abs() > 0.04).count() as f64 / values.len() as f64;
        assert!((beyond - 0.0455).abs() < 0.006, "{beyond}");

        let values = random.uniform(10_000, 0.5);
        let (mean, sd) = moments(&values);
        assert!(values.iter().all(|v| v.abs() <= 0.5) && values.iter().any(|&v| v > 0.49));
        assert!(mean.abs() < 0.01 && (sd - 1.0 / 12f64.sqrt()).abs() < 0.005, "{mean} {sd}");
    }
}
