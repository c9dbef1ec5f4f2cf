//! The tuned operations as an extension of Burn's Flex backend: what routes a tensor to them, and the pass without a tape.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, backend_extension};
use burn_flex::FlexTensor;

use crate::flex::{
    NormParts, run_activation, run_conv, run_conv_normed, run_max_pool, run_mean_pool, run_norm,
};
use crate::types::{ConvOptions, NormOptions};

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
