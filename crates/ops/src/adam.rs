//! The update of Adam, where the parameter is.

use burn::backend::Flex;
use burn::tensor::{DispatchTensor, Shape, Tensor, TensorData};
use burn_flex::FlexTensor;

pub use kernels::adam::AdamRule;

use crate::composed;
use crate::layout::ChannelsLast;
use crate::operations::tuned;

/// Both moments of a parameter: tensors of its shape, on its device.
///
/// The rank is not part of the type, as it is of [`Tensor`]'s, so that an optimiser keeps those of all parameters in one table.
#[derive(Debug, Clone)]
pub struct Moments {
    first: DispatchTensor,
    second: DispatchTensor,
}

impl Moments {
    /// The first and the second moment.
    pub fn new<const D: usize>(first: Tensor<D>, second: Tensor<D>) -> Self {
        let [first, second] = [first, second].map(|tensor| tensor.without_autodiff().into_dispatch());
        Moments { first, second }
    }

    /// Those of a parameter that has not been updated yet.
    pub fn zeros<const D: usize>(parameter: &Tensor<D>) -> Self {
        let zeros = || Tensor::<D>::zeros(parameter.shape(), (&parameter.device(), parameter.dtype()));
        Moments::new(zeros(), zeros())
    }

    /// A copy on the host: what a checkpoint needs, and no update.
    pub fn to_data(&self) -> [TensorData; 2] {
        // A tensor that is read as a whole is read whatever rank its type tells.
        [&self.first, &self.second].map(|tensor| Tensor::<1>::from_dispatch(tensor.clone()).into_data())
    }
}

/// One step of Adam (Kingma & Ba 2015): the parameter and its moments, updated by its gradient. On the processor each number is read
/// and written once, in place if nobody else holds the tensors; on any other device nothing leaves it. Nothing of it is on a tape.
///
/// # Panics
/// If the tensors are not of one shape, or not on one device.
pub fn adam_step<const D: usize>(
    rule: AdamRule,
    parameter: Tensor<D>,
    gradient: Tensor<D>,
    moments: Moments,
) -> (Tensor<D>, Moments) {
    let [parameter, gradient] = [parameter, gradient].map(Tensor::without_autodiff);
    let [first, second] = [moments.first, moments.second].map(Tensor::<D>::from_dispatch);
    let shapes = [gradient.dims(), first.dims(), second.dims()];
    assert_eq!(shapes, [parameter.dims(); 3], "a gradient and two moments have the shape of their parameter");
    if !tuned(&parameter) {
        let [parameter, first, second] = composed::adam_step(rule, parameter, gradient, first, second);
        return (parameter, Moments::new(first, second));
    }
    let [mut parameter, gradient, mut first, mut second] =
        [parameter, gradient, first, second].map(Lying::of);
    kernels::adam::adam_step(
        rule,
        parameter.numbers.made_own(),
        gradient.numbers.data(),
        first.numbers.made_own(),
        second.numbers.made_own(),
    );
    (parameter.tensor(), Moments::new::<D>(first.tensor(), second.tensor()))
}

/// The sum of two gradients of a parameter; on the processor in the place of the first if nobody else holds it.
///
/// # Panics
/// If they are not of one shape, or not on one device.
pub fn add_gradients<const D: usize>(sum: Tensor<D>, more: Tensor<D>) -> Tensor<D> {
    let [sum, more] = [sum, more].map(Tensor::without_autodiff);
    assert_eq!(sum.dims(), more.dims(), "gradients of one parameter have its shape");
    if !tuned(&sum) {
        return sum + more;
    }
    let [mut sum, more] = [sum, more].map(Lying::of);
    kernels::elementwise::add(sum.numbers.made_own(), more.numbers.data());
    sum.tensor()
}

/// A tensor by its numbers in one order for all tensors of its shape: channels-last if it has four axes, as the weights of convolutions and
/// their gradients lie, else that of the axes.
struct Lying {
    numbers: ChannelsLast,
    shape: Shape,
}

impl Lying {
    fn of<const D: usize>(x: Tensor<D>) -> Self {
        let shape = x.shape();
        // Whoever asks has found `f32` on Flex and has left the tape.
        let x: FlexTensor = x.try_into_primitive::<Flex>().expect("a tensor of Flex without a tape");
        let x = if D == 4 { x } else { x.reshape(Shape::from([1, shape.num_elements(), 1, 1])) };
        Lying { numbers: ChannelsLast::from_tensor(x), shape }
    }

    fn tensor<const D: usize>(self) -> Tensor<D> {
        let x = self.numbers.into_tensor();
        Tensor::from_primitive::<Flex>(if D == 4 { x } else { x.reshape(self.shape) })
    }
}
