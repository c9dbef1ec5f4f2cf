//! Adam and the losses against torch, on the numbers that `tools/fixtures_train.py` made.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;
use train::{Lesson, adam::Adam, loss};

#[derive(Deserialize)]
struct Fixture {
    adam: Vec<AdamCase>,
    losses: Losses,
    /// The bias has no gradient in some steps.
    idle: AdamCase,
    soft: SoftLabels,
}

#[derive(Deserialize)]
struct SoftLabels {
    logits: Vec<f32>,
    targets: Vec<f32>,
    weights: Vec<f32>,
    cross_entropy: f64,
    cross_entropy_grad: Vec<f32>,
}

#[derive(Deserialize)]
struct AdamCase {
    beta1: f64,
    weight_decay: f64,
    weight: Vec<f32>,
    bias: Vec<f32>,
    steps: Vec<AdamStep>,
}

#[derive(Deserialize)]
struct AdamStep {
    lr: f64,
    weight_grad: Vec<f32>,
    bias_grad: Option<Vec<f32>>,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Deserialize)]
struct Losses {
    logits: Vec<f32>,
    labels: Vec<usize>,
    cross_entropy: f64,
    cross_entropy_grad: Vec<f32>,
    patches: Vec<f32>,
    gan_real: f64,
    gan_fake: f64,
    x: Vec<f32>,
    y: Vec<f32>,
    l1: f64,
}

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    frozen: Param<Tensor<1>>,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("fixtures/torch.json")).expect("the committed fixture")
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec::<f32>().unwrap()
}

fn assert_close(ours: &[f32], theirs: &[f32], tolerance: f32, what: &str) {
    let scale = theirs.iter().fold(0f32, |most, v| most.max(v.abs()));
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= tolerance * scale, "{what}: {a} is not {b}");
    }
    assert_eq!(ours.len(), theirs.len());
}

#[test]
fn adam_takes_torchs_steps_also_after_a_restore() {
    let device = Device::flex().autodiff();
    let fixture = fixture();
    for case in fixture.adam.iter().chain([&fixture.idle]) {
        let tensor = |values: &[f32]| {
            Tensor::<1>::from_data(TensorData::new(values.to_vec(), [values.len()]), &device)
        };
        let mut layer = Layer {
            weight: Param::from_tensor(tensor(&case.weight).reshape([3, 4])),
            bias: Param::from_tensor(tensor(&case.bias)),
            frozen: Param::from_tensor(tensor(&[7.0])).no_grad(),
        };
        let mut adam = Adam::new(case.beta1, case.weight_decay);
        for step in &case.steps {
            // The gradient of a sum of products is the other factor.
            let mut sum =
                (layer.weight.val() * tensor(&step.weight_grad).reshape([3, 4])).sum() + layer.frozen.val();
            if let Some(grad) = &step.bias_grad {
                sum = sum + (layer.bias.val() * tensor(grad)).sum();
            }
            let grads = sum.backward();
            layer = adam.step(layer, grads, step.lr);
            assert_close(&values(layer.weight.val()), &step.weight, 1e-6, "weight");
            assert_close(&values(layer.bias.val()), &step.bias, 1e-6, "bias");
            adam = Adam::new(case.beta1, case.weight_decay).restore(adam.steps(), &adam.tensors());
        }
        assert_eq!(values(layer.frozen.val()), [7.0]);
        assert!(layer.weight.is_require_grad() && !layer.frozen.is_require_grad());
        let tensors = adam.tensors();
        let names = tensors.keys().map(String::as_str).filter(|name| *name != "t.bias");
        assert_eq!(names.collect::<Vec<_>>(), ["m.bias", "m.weight", "v.bias", "v.weight"]);
        // Only of a parameter that has taken fewer steps than others is their number kept.
        let taken = case.steps.iter().filter(|step| step.bias_grad.is_some()).count();
        let kept = (taken < case.steps.len()).then_some((vec![1], vec![taken as f32]));
        assert_eq!(tensors.get("t.bias"), kept.as_ref());
    }
}

#[test]
fn soft_labels_with_weights_cost_what_torch_says() {
    let device = Device::flex().autodiff();
    let soft = fixture().soft;
    let weighted = soft.targets.chunks(3).zip(&soft.weights).flat_map(|(target, weight)| {
        let lesson = Lesson { target: target.to_vec(), weight: *weight, ..Lesson::certain(0, 3) };
        lesson.weighted_target()
    });
    let tensor = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [6, 3]), &device);
    let targets = tensor(weighted.collect());
    let logits = tensor(soft.logits).require_grad();
    let loss = loss::cross_entropy(logits.clone(), targets);
    assert!((loss::value(&loss) / soft.cross_entropy - 1.0).abs() < 1e-6);
    let grad = values(logits.grad(&loss.backward()).unwrap());
    assert_close(&grad, &soft.cross_entropy_grad, 1e-6, "gradient of the cross-entropy");
    assert_eq!(grad[12..15], [0.0; 3], "a weight of 0");
}

#[test]
fn losses_are_torchs() {
    let device = Device::flex().autodiff();
    let fixture = fixture().losses;
    let logits = Tensor::<2>::from_data(TensorData::new(fixture.logits, [5, 3]), &device).require_grad();
    let one_hot: Vec<f32> =
        fixture.labels.iter().flat_map(|label| (0..3).map(move |class| f32::from(class == *label))).collect();
    let targets = Tensor::from_data(TensorData::new(one_hot, [5, 3]), &device);
    let cross_entropy = loss::cross_entropy(logits.clone(), targets);
    assert!((loss::value(&cross_entropy) / fixture.cross_entropy - 1.0).abs() < 1e-6);
    let grad = logits.grad(&cross_entropy.backward()).unwrap();
    assert_close(&values(grad), &fixture.cross_entropy_grad, 1e-6, "gradient of the cross-entropy");

    let patches = Tensor::<4>::from_data(TensorData::new(fixture.patches, [1, 1, 2, 3]), &device);
    let target = |value: f32| Tensor::<4>::from_data(TensorData::new(vec![value], [1, 1, 1, 1]), &device);
    let real = loss::value(&loss::least_squares_gan(patches.clone(), target(1.0)));
    let fake = loss::value(&loss::least_squares_gan(patches, target(0.0)));
    assert!((real / fixture.gan_real - 1.0).abs() < 1e-6 && (fake / fixture.gan_fake - 1.0).abs() < 1e-6);

    let image = |values: Vec<f32>| Tensor::<4>::from_data(TensorData::new(values, [1, 3, 2, 2]), &device);
    let l1 = loss::value(&loss::l1(image(fixture.x), image(fixture.y)));
    assert!((l1 / fixture.l1 - 1.0).abs() < 1e-6);
}
