//! The tuned operations as an extension of Burn's Flex backend: what routes a tensor to them, and the pass without a tape.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, backend_extension};
use burn_flex::FlexTensor;

use crate::flex::conv::{self, ConvShape};
use crate::flex::dims::Dims;
use crate::flex::finish::Finish;
use crate::flex::layout::{ChannelsLast, dense, dense_tensor, tensor_of};
use crate::flex::norm::{self, Groups, Saved};
use crate::flex::{elementwise, pool};

/// What a convolution is told besides its tensors.
#[derive(Debug, Clone, Copy)]
pub struct ConvOptions {
    /// Stride of both axes.
    pub stride: usize,
    /// Padding on every side.
    pub pad: usize,
    /// Mirrored border instead of zeros.
    pub reflect: bool,
    /// Transposed, with so many rows and columns more than the least.
    pub transposed: Option<usize>,
}

/// What a normalisation is told besides its tensors.
#[derive(Debug, Clone, Copy)]
pub struct NormOptions {
    /// Added to the variance.
    pub eps: f64,
    /// The factor of negative values at the end.
    pub slope: f32,
}

/// The operations. Those with a bias or a residual are apart because optional tensors are not routed.
#[backend_extension(Flex, Autodiff)]
pub trait TunedBackend: Backend {
    /// Convolution or transposed convolution.
    fn convolution(x: FloatTensor<Self>, w: FloatTensor<Self>, o: ConvOptions) -> FloatTensor<Self>;
    /// The same with a bias.
    fn convolution_biased(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        b: FloatTensor<Self>,
        o: ConvOptions,
    ) -> FloatTensor<Self>;
    /// Batch norm by the batch's statistics: output, mean, biased variance.
    fn norm_batch(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        o: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// The same with a residual.
    fn norm_batch_residual(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        o: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// Batch norm by given statistics.
    fn norm_fixed(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        o: NormOptions,
    ) -> FloatTensor<Self>;
    /// The same with a residual.
    fn norm_fixed_residual(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        o: NormOptions,
    ) -> FloatTensor<Self>;
    /// Convolution and batch norm by given statistics in one.
    #[allow(clippy::too_many_arguments)] // they are the formula's
    fn convolution_normed(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        o: ConvOptions,
        n: NormOptions,
    ) -> FloatTensor<Self>;
    /// The same with a residual.
    #[allow(clippy::too_many_arguments)] // they are the formula's
    fn convolution_normed_residual(
        x: FloatTensor<Self>,
        w: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        var: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        o: ConvOptions,
        n: NormOptions,
    ) -> FloatTensor<Self>;
    /// Instance norm.
    fn norm_images(x: FloatTensor<Self>, o: NormOptions) -> FloatTensor<Self>;
    /// The same with a residual.
    fn norm_images_residual(
        x: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        o: NormOptions,
    ) -> FloatTensor<Self>;
    /// An activation alone, with the factor of negative values.
    fn activation(x: FloatTensor<Self>, slope: f32) -> FloatTensor<Self>;
    /// The tensor twice, of which the second's gradient is added to the first's in one channels-last pass.
    fn forked(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// Max pooling 3/2/1.
    fn max_pool(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Global mean.
    fn mean_pool(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// A convolution done: what its backward pass needs.
#[derive(Debug, Clone)]
pub(crate) struct ConvDone {
    pub shape: ConvShape,
    pub transposed: bool,
    pub x: ChannelsLast,
    pub w: ChannelsLast,
}

pub(crate) fn run_conv(
    x: FlexTensor,
    w: FlexTensor,
    b: Option<&FlexTensor>,
    o: ConvOptions,
) -> (FlexTensor, ConvDone) {
    let x = ChannelsLast::from_tensor(x);
    let wd = w.layout().shape().to_vec();
    assert_eq!(wd.len(), 4, "a convolution's weights have 4 axes, not {}", wd.len());
    let shape = match o.transposed {
        None => ConvShape::new(x.dims, &wd, o.stride, o.pad, o.reflect),
        Some(more) => {
            assert!(more < o.stride, "output padding {more} is less than the stride {}", o.stride);
            let size = |n: usize, k: usize| {
                ((n - 1) * o.stride + k + more).checked_sub(2 * o.pad).filter(|s| *s > 0).unwrap_or_else(
                    || {
                        panic!(
                            "a transposed convolution of {:?} with padding {} leaves nothing",
                            x.dims, o.pad
                        )
                    },
                )
            };
            let out = Dims { n: x.dims.n, h: size(x.dims.h, wd[2]), w: size(x.dims.w, wd[3]), c: wd[1] };
            let shape = ConvShape::new(out, &wd, o.stride, o.pad, false);
            assert_eq!(shape.y, x.dims, "a transposed convolution's weights {wd:?} fit its input");
            shape
        }
    };
    let w = ChannelsLast::from_tensor(w);
    let bias = b.map(dense);
    let y = if o.transposed.is_some() {
        tensor_of(conv::input_gradient(&shape, x.data(), w.data(), bias.as_deref()), shape.x)
    } else {
        tensor_of(conv::forward(&shape, x.data(), w.data(), &Finish::bias(bias.as_deref())), shape.y)
    };
    (y, ConvDone { shape, transposed: o.transposed.is_some(), x, w })
}

/// A convolution and the batch norm by given statistics behind it, in one pass over the output.
fn run_conv_normed(
    x: FlexTensor,
    w: FlexTensor,
    [gamma, beta, mean, var]: [FlexTensor; 4],
    residual: Option<FlexTensor>,
    o: ConvOptions,
    n: NormOptions,
) -> FlexTensor {
    assert!(o.transposed.is_none(), "a transposed convolution is not normalised in one");
    let x = ChannelsLast::from_tensor(x);
    let shape = ConvShape::new(x.dims, w.layout().shape(), o.stride, o.pad, o.reflect);
    let w = ChannelsLast::from_tensor(w);
    let residual = residual.map(ChannelsLast::from_tensor);
    let (gamma, beta, mean, var) = (dense(&gamma), dense(&beta), dense(&mean), dense(&var));
    let sizes = [gamma.len(), beta.len(), mean.len(), var.len()];
    assert_eq!(sizes, [shape.y.c; 4], "one scale, shift, mean, variance a channel");
    if let Some(r) = &residual {
        assert_eq!(r.dims, shape.y, "a residual is as large as what it is added to");
    }
    let scale: Vec<f32> =
        norm::inverse_deviation(&var, n.eps).iter().zip(gamma.iter()).map(|(i, g)| i * g).collect();
    let shift: Vec<f32> = (0..shape.y.c).map(|c| beta[c] - mean[c] * scale[c]).collect();
    let finish = Finish {
        scale: Some(&scale),
        shift: Some(&shift),
        residual: residual.as_ref().map(ChannelsLast::data),
        slope: n.slope,
    };
    tensor_of(conv::forward(&shape, x.data(), w.data(), &finish), shape.y)
}

/// The tensors of a normalisation besides its input.
#[derive(Default)]
pub(crate) struct NormParts {
    /// γ and β.
    pub affine: Option<(FlexTensor, FlexTensor)>,
    /// Given mean and variance.
    pub fixed: Option<(FlexTensor, FlexTensor)>,
    pub residual: Option<FlexTensor>,
}

/// A normalisation done: output, statistics, and what its backward pass needs.
pub(crate) struct NormDone {
    pub y: FlexTensor,
    pub mean: FlexTensor,
    pub var: FlexTensor,
    pub state: NormState,
}

#[derive(Debug, Clone)]
pub(crate) struct NormState {
    pub saved: Saved,
    pub x: ChannelsLast,
    /// The output, if it is needed to undo an activation: if there is one behind a residual. Else the input tells.
    pub y: Option<ChannelsLast>,
}

/// Normalises by batch (with γ and β) or by image (without).
pub(crate) fn run_norm(x: FlexTensor, parts: NormParts, o: NormOptions) -> NormDone {
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

pub(crate) fn run_activation(x: FlexTensor, slope: f32) -> ChannelsLast {
    let x = ChannelsLast::from_tensor(x);
    ChannelsLast::from_numbers(elementwise::activate(x.data(), slope), x.dims)
}

pub(crate) fn run_mean_pool(x: FlexTensor) -> (FlexTensor, Dims) {
    let x = ChannelsLast::from_tensor(x);
    let d = x.dims;
    (dense_tensor(pool::mean_forward(x.data(), d), vec![d.n, d.c]), d)
}

pub(crate) fn run_max_pool(x: FlexTensor) -> (FlexTensor, Vec<u8>, Dims) {
    let x = ChannelsLast::from_tensor(x);
    let (y, from) = pool::max_forward(x.data(), x.dims);
    (tensor_of(y, pool::pooled(x.dims)), from, x.dims)
}

impl TunedBackend for Flex {
    fn convolution(x: FlexTensor, w: FlexTensor, o: ConvOptions) -> FlexTensor {
        run_conv(x, w, None, o).0
    }
    fn convolution_biased(x: FlexTensor, w: FlexTensor, b: FlexTensor, o: ConvOptions) -> FlexTensor {
        run_conv(x, w, Some(&b), o).0
    }
    fn norm_batch(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        o: NormOptions,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let done = run_norm(x, NormParts { affine: Some((gamma, beta)), ..NormParts::default() }, o);
        (done.y, done.mean, done.var)
    }
    fn norm_batch_residual(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        residual: FlexTensor,
        o: NormOptions,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let parts = NormParts { affine: Some((gamma, beta)), fixed: None, residual: Some(residual) };
        let done = run_norm(x, parts, o);
        (done.y, done.mean, done.var)
    }
    fn norm_fixed(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        o: NormOptions,
    ) -> FlexTensor {
        run_norm(x, NormParts { affine: Some((gamma, beta)), fixed: Some((mean, var)), residual: None }, o).y
    }
    fn norm_fixed_residual(
        x: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        residual: FlexTensor,
        o: NormOptions,
    ) -> FlexTensor {
        let fixed = Some((mean, var));
        run_norm(x, NormParts { affine: Some((gamma, beta)), fixed, residual: Some(residual) }, o).y
    }
    fn convolution_normed(
        x: FlexTensor,
        w: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        o: ConvOptions,
        n: NormOptions,
    ) -> FlexTensor {
        run_conv_normed(x, w, [gamma, beta, mean, var], None, o, n)
    }
    fn convolution_normed_residual(
        x: FlexTensor,
        w: FlexTensor,
        gamma: FlexTensor,
        beta: FlexTensor,
        mean: FlexTensor,
        var: FlexTensor,
        residual: FlexTensor,
        o: ConvOptions,
        n: NormOptions,
    ) -> FlexTensor {
        run_conv_normed(x, w, [gamma, beta, mean, var], Some(residual), o, n)
    }
    fn norm_images(x: FlexTensor, o: NormOptions) -> FlexTensor {
        run_norm(x, NormParts::default(), o).y
    }
    fn norm_images_residual(x: FlexTensor, residual: FlexTensor, o: NormOptions) -> FlexTensor {
        run_norm(x, NormParts { residual: Some(residual), ..NormParts::default() }, o).y
    }
    fn activation(x: FlexTensor, slope: f32) -> FlexTensor {
        run_activation(x, slope).into_tensor()
    }
    fn forked(x: FlexTensor) -> (FlexTensor, FlexTensor) {
        (x.clone(), x)
    }
    fn max_pool(x: FlexTensor) -> FlexTensor {
        run_max_pool(x).0
    }
    fn mean_pool(x: FlexTensor) -> FlexTensor {
        run_mean_pool(x).0
    }
}
