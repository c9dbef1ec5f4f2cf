//! The update of Adam: in place on the processor, and equal to the one composed of Burn's own operations.

use burn::backend::Flex;
use burn::tensor::{Device, Shape, Tensor, TensorData};
use ops::{AdamRule, Moments, adam_step, add_gradients, composed};

const RULE: AdamRule = AdamRule {
    one_minus_beta1: 0.5,
    beta2: 0.999,
    one_minus_beta2: 0.001,
    step_size: 0.02,
    inverse_sqrt_correction2: 31.6,
    epsilon: 1e-8,
    weight_decay: 0.1,
};

fn wave<const D: usize>(shape: [usize; D], from: f32) -> Tensor<D> {
    let values = (0..shape.iter().product::<usize>()).map(|i| (from + i as f32).sin()).collect();
    Tensor::from_data(TensorData::new(values, Shape::from(shape)), &Device::flex())
}

/// The same numbers, channels-last in memory.
fn lying(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.permute([0, 2, 3, 1]).reshape([n * h * w * c]).reshape([n, h, w, c]).permute([0, 3, 1, 2])
}

fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().unwrap()
}

fn assert_close(found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len());
    let largest = wanted.iter().fold(0f32, |a, v| a.max(v.abs()));
    for (a, b) in found.iter().zip(wanted) {
        assert!((a - b).abs() <= 1e-6 * largest, "{a} is not {b}");
    }
}

/// Two steps of each, with gradients that lie as `order` has them.
fn compare<const D: usize>(shape: [usize; D], order: impl Fn(Tensor<D>) -> Tensor<D>) {
    let gradient = |step: i32| order(wave(shape, 10.0 + step as f32));
    let (mut tuned, mut moments) = (order(wave(shape, 1.0)), Moments::zeros(&wave(shape, 1.0)));
    let mut composed = [wave(shape, 1.0), wave(shape, 1.0).zeros_like(), wave(shape, 1.0).zeros_like()];
    for step in 0..2 {
        (tuned, moments) = adam_step(RULE, tuned, gradient(step), moments);
        let [parameter, first, second] = composed;
        composed = composed::adam_step(RULE, parameter, gradient(step), first, second);
    }
    let [first, second] = moments.to_data();
    assert_eq!(first.shape().as_slice(), shape);
    let found = [values(tuned), first.try_into_vec().unwrap(), second.try_into_vec().unwrap()];
    for (found, wanted) in found.iter().zip(composed) {
        assert_close(found, &values(wanted));
    }
}

#[test]
fn tuned_and_composed_updates_agree() {
    compare([33], |x| x);
    compare([1], |x| x);
    compare([20, 1000], |x| x);
    compare([8, 6, 3, 3], |x| x);
    compare([8, 6, 3, 3], lying);
    compare([5, 70, 1, 1], lying);
    // A gradient that lies otherwise than its parameter.
    compare([7, 5], |x| x.permute([1, 0]).reshape([35]).reshape([5, 7]).permute([1, 0]));
}

fn address<const D: usize>(x: &Tensor<D>) -> usize {
    x.clone().try_into_primitive::<Flex>().unwrap().bytes().as_ptr().addr()
}

#[test]
fn an_update_is_in_place_unless_somebody_else_holds_the_numbers() {
    for parameter in [wave([8, 6, 3, 3], 1.0), lying(wave([8, 6, 3, 3], 1.0))] {
        let gradient = || lying(wave([8, 6, 3, 3], 2.0));
        let moments = Moments::zeros(&parameter);
        // What is not channels-last becomes so with the first update.
        let (parameter, moments) = adam_step(RULE, parameter, gradient(), moments);
        let before = address(&parameter);
        let (parameter, moments) = adam_step(RULE, parameter, gradient(), moments);
        assert_eq!(address(&parameter), before);

        let (held, kept) = (parameter.clone(), values(parameter.clone()));
        let (parameter, _) = adam_step(RULE, parameter, gradient(), moments);
        assert_ne!(address(&parameter), before);
        assert_eq!(values(held), kept);
    }
    let vector = wave([50], 1.0);
    let before = address(&vector);
    let (vector, _) = adam_step(RULE, vector, wave([50], 2.0), Moments::zeros(&wave([50], 1.0)));
    assert_eq!(address(&vector), before);
}

#[test]
fn gradients_are_summed_however_they_lie() {
    let (a, b) = (wave([4, 3, 2, 5], 1.0), wave([4, 3, 2, 5], 7.0));
    let wanted = values(a.clone() + b.clone());
    assert_eq!(values(add_gradients(a.clone(), b.clone())), wanted);
    assert_eq!(values(add_gradients(lying(a.clone()), b.clone())), wanted);
    assert_eq!(values(add_gradients(a, lying(b))), wanted);
    let (a, b) = (wave([3, 2], 1.0), wave([3, 2], 7.0));
    let wanted = values(a.clone() + b.clone());
    let before = address(&a);
    let sum = add_gradients(a, b);
    assert_eq!(address(&sum), before);
    assert_eq!(values(sum), wanted);
}

#[test]
#[should_panic(expected = "the shape of their parameter")]
fn a_gradient_of_another_shape_is_refused() {
    let parameter = wave([4], 1.0);
    let moments = Moments::zeros(&parameter);
    adam_step(RULE, parameter, wave([5], 1.0), moments);
}
