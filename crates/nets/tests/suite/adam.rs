//! Burn's Adam, set as the training loops set it, takes torch's steps.

use burn::module::{Module, Param};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};

use crate::fixture::{self, difference, filled, tensor, values};

#[derive(Module, Debug)]
struct Vector {
    p: Param<Tensor<1>>,
}

fn three_steps(config: &AdamConfig, lr: f64) -> Vec<f32> {
    let device = Device::flex().autodiff();
    let mut vector = Vector { p: Param::from_tensor(tensor(filled("p", &[12], -1.0, 1.0), [12], &device)) };
    let mut adam = config.init();
    let mut rows = Vec::new();
    for step in 0..3 {
        // The gradient of a sum of products is the other factor.
        let factor = tensor(filled(&format!("g{step}"), &[12], -1.0, 1.0), [12], &device);
        let factor = factor.mul_scalar(10f64.powi(-3 * step));
        let mut grads = vector.p.val().mul(factor).sum().backward();
        let grads = GradientsParams::from_module(&mut grads, &vector);
        vector = adam.step(lr, vector, grads);
        rows.extend(values(vector.p.val()));
    }
    rows
}

#[test]
fn adam_equals_torch() {
    let expected = fixture::tensors("adam.safetensors");
    let adam = AdamConfig::new().with_epsilon(1e-8);
    let classifier = adam.clone().with_weight_decay(Some(WeightDecayConfig::new(0.1)));
    let error = difference(&three_steps(&classifier, 1e-2), &expected["classifier"].1);
    assert!(error < 1e-6, "coupled weight decay: {error}");
    let translator = adam.with_beta_1(0.5);
    let error = difference(&three_steps(&translator, 2e-4), &expected["translator"].1);
    assert!(error < 1e-6, "beta 0.5: {error}");
    // The case can fail: Burn's default epsilon is another.
    let other = AdamConfig::new().with_epsilon(1e-5).with_weight_decay(Some(WeightDecayConfig::new(0.1)));
    assert!(difference(&three_steps(&other, 1e-2), &expected["classifier"].1) > 1e-6);
}
