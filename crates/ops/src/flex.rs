//! The operations on tensors of Burn's Flex backend, by the kernels, without a tape.

use burn_flex::FlexTensor;
use kernels::conv::{self, ConvShape, Finish};
use kernels::norm::{self, Groups, Saved};
use kernels::{Dims, elementwise, pool};

use crate::layout::{ChannelsLast, dense, dense_tensor, tensor_of};
use crate::types::{ConvOptions, NormOptions};

/// A convolution done: what its backward pass needs.
#[derive(Debug, Clone)]
pub struct ConvDone {
    pub shape: ConvShape,
    pub transposed: bool,
    pub x: ChannelsLast,
    pub w: ChannelsLast,
}

/// Sizes of a convolution's weights.
fn kernel(w: &FlexTensor) -> [usize; 4] {
    let shape = w.layout().shape();
    assert_eq!(shape.num_dims(), 4, "a convolution's weights have 4 axes, not {}", shape.num_dims());
    [shape[0], shape[1], shape[2], shape[3]]
}

/// Convolution or transposed convolution.
pub fn run_conv(
    x: FlexTensor,
    w: FlexTensor,
    b: Option<&FlexTensor>,
    o: ConvOptions,
) -> (FlexTensor, ConvDone) {
    let x = ChannelsLast::from_tensor(x);
    let shape = match o.transposed {
        None => ConvShape::new(x.dims, kernel(&w), o.stride, o.pad, o.reflect),
        Some(more) => ConvShape::transposed(x.dims, kernel(&w), o.stride, o.pad, more),
    };
    let w = ChannelsLast::from_tensor(w);
    let bias = b.map(dense);
    let y = if o.transposed.is_some() {
        tensor_of(conv::input_gradient(&shape, x.data(), w.data(), bias.as_deref()), shape.input())
    } else {
        tensor_of(conv::forward(&shape, x.data(), w.data(), &Finish::bias(bias.as_deref())), shape.output())
    };
    (y, ConvDone { shape, transposed: o.transposed.is_some(), x, w })
}

/// A convolution and the batch norm by given statistics behind it, in one pass over the output.
pub fn run_conv_normed(
    x: FlexTensor,
    w: FlexTensor,
    [gamma, beta, mean, var]: [FlexTensor; 4],
    residual: Option<FlexTensor>,
    o: ConvOptions,
    n: NormOptions,
) -> FlexTensor {
    assert!(o.transposed.is_none(), "a transposed convolution is not normalised in one");
    let x = ChannelsLast::from_tensor(x);
    let shape = ConvShape::new(x.dims, kernel(&w), o.stride, o.pad, o.reflect);
    let w = ChannelsLast::from_tensor(w);
    let residual = residual.map(ChannelsLast::from_tensor);
    let (gamma, beta, mean, var) = (dense(&gamma), dense(&beta), dense(&mean), dense(&var));
    let sizes = [gamma.len(), beta.len(), mean.len(), var.len()];
    assert_eq!(sizes, [shape.output().c; 4], "one scale, shift, mean, variance a channel");
    if let Some(r) = &residual {
        assert_eq!(r.dims, shape.output(), "a residual is as large as what it is added to");
    }
    let scale: Vec<f32> =
        norm::inverse_deviation(&var, n.eps).iter().zip(gamma.iter()).map(|(i, g)| i * g).collect();
    let shift: Vec<f32> = (0..shape.output().c).map(|c| beta[c] - mean[c] * scale[c]).collect();
    let finish = Finish {
        scale: Some(&scale),
        shift: Some(&shift),
        residual: residual.as_ref().map(ChannelsLast::data),
        slope: n.slope,
    };
    tensor_of(conv::forward(&shape, x.data(), w.data(), &finish), shape.output())
}

/// The tensors of a normalisation besides its input.
#[derive(Default)]
pub struct NormParts {
    /// γ and β.
    pub affine: Option<(FlexTensor, FlexTensor)>,
    /// Given mean and variance.
    pub fixed: Option<(FlexTensor, FlexTensor)>,
    pub residual: Option<FlexTensor>,
}

/// A normalisation done: output, statistics, and what its backward pass needs.
pub struct NormDone {
    pub y: FlexTensor,
    pub mean: FlexTensor,
    pub var: FlexTensor,
    pub state: NormState,
}

#[derive(Debug, Clone)]
pub struct NormState {
    pub saved: Saved,
    pub x: ChannelsLast,
    /// The output, if it is needed to undo an activation: if there is one behind a residual. Else the input tells.
    pub y: Option<ChannelsLast>,
}

/// Normalises by batch (with γ and β) or by image (without).
pub fn run_norm(x: FlexTensor, parts: NormParts, o: NormOptions) -> NormDone {
    let x = ChannelsLast::from_tensor(x);
    let d = x.dims;
    let groups = if parts.affine.is_some() { Groups::batch(d) } else { Groups::images(d) };
    let residual = parts.residual.map(ChannelsLast::from_tensor);
    if let Some(r) = &residual {
        assert_eq!(r.dims, d, "a residual is as large as what it is added to");
    }
    let from_batch = parts.fixed.is_none();
    let (mean, var) = match &parts.fixed {
        Some((mean, var)) => (dense(mean).into_owned(), dense(var).into_owned()),
        None => norm::statistics(x.data(), &groups),
    };
    let inverse = norm::inverse_deviation(&var, o.eps);
    let (gamma, beta) = match &parts.affine {
        Some((gamma, beta)) => (Some(dense(gamma).into_owned()), dense(beta).into_owned()),
        None => (None, vec![0.0; d.c]),
    };
    let scale: Vec<f32> = match &gamma {
        Some(gamma) => {
            assert_eq!(
                [gamma.len(), beta.len(), var.len()],
                [d.c; 3],
                "one scale, shift, variance a channel"
            );
            inverse.iter().zip(gamma).map(|(i, g)| i * g).collect()
        }
        None => inverse.clone(),
    };
    let r = residual.as_ref().map(ChannelsLast::data);
    let y = tensor_of(norm::apply(x.data(), &groups, &mean, &scale, &beta, r, o.slope), d);
    let saved_y = (o.slope != 1.0 && residual.is_some()).then(|| ChannelsLast::from_tensor(y.clone()));
    NormDone {
        y,
        mean: dense_tensor(mean.clone(), vec![mean.len()]),
        var: dense_tensor(var.clone(), vec![var.len()]),
        state: NormState {
            saved: Saved { groups, mean, inverse, scale, shift: beta, slope: o.slope, from_batch },
            x,
            y: saved_y,
        },
    }
}

/// An activation alone.
pub fn run_activation(x: FlexTensor, slope: f32) -> ChannelsLast {
    let x = ChannelsLast::from_tensor(x);
    ChannelsLast::from_numbers(elementwise::activate(x.data(), slope), x.dims)
}

/// Global mean, and the input's sizes.
pub fn run_mean_pool(x: FlexTensor) -> (FlexTensor, Dims) {
    let x = ChannelsLast::from_tensor(x);
    let d = x.dims;
    (dense_tensor(pool::mean_forward(x.data(), d), vec![d.n, d.c]), d)
}

/// Max pooling 3/2/1, where each maximum came from, and the input's sizes.
pub fn run_max_pool(x: FlexTensor) -> (FlexTensor, Vec<u8>, Dims) {
    let x = ChannelsLast::from_tensor(x);
    let (y, from) = pool::max_forward(x.data(), x.dims);
    (tensor_of(y, pool::pooled(x.dims)), from, x.dims)
}
