//! The tuned operations on the tape: one node each, with its closed-form backward pass.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::{
    Autodiff, NodeId,
    checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
    grads::Gradients,
    ops::{Backward, Ops, OpsKind},
};
use burn::backend::{Flex, tensor::FloatTensor};
use burn_flex::FlexTensor;

use kernels::conv::{self, Finish};
use kernels::{Dims, elementwise, norm, pool};

use crate::extension::TunedBackend;
use crate::flex::{
    ConvDone, NormDone, NormParts, NormState, run_activation, run_conv, run_max_pool, run_mean_pool, run_norm,
};
use crate::layout::{ChannelsLast, dense, dense_tensor, tensor_of};
use crate::types::{ConvOptions, NormOptions};

/// A tensor on the tape.
type Taped<C> = FloatTensor<Autodiff<Flex, C>>;

#[derive(Debug)]
struct ConvBackward;

impl ConvBackward {
    fn run(done: &ConvDone, grad: FlexTensor, nodes: [Option<NodeId>; 3], grads: &mut Gradients) {
        let g = ChannelsLast::from_tensor(grad);
        let (s, x) = (&done.shape, &done.x);
        if let Some(node) = nodes[0] {
            let w = done.w.data();
            let dx = if done.transposed {
                conv::forward(s, g.data(), w, &Finish::bias(None))
            } else {
                conv::input_gradient(s, g.data(), w, None)
            };
            grads.register::<Flex>(node, tensor_of(dx, x.dims));
        }
        if let Some(node) = nodes[1] {
            let dw = if done.transposed {
                conv::weight_gradient(s, g.data(), x.data())
            } else {
                conv::weight_gradient(s, x.data(), g.data())
            };
            grads.register::<Flex>(node, tensor_of(dw, done.w.dims));
        }
        if let Some(node) = nodes[2] {
            let c = g.dims.c;
            grads.register::<Flex>(node, dense_tensor(conv::bias_gradient(g.data(), c), vec![c]));
        }
    }
}

impl Backward<Flex, 2> for ConvBackward {
    type State = ConvDone;
    fn backward(self, ops: Ops<ConvDone, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let [x, w] = ops.parents.map(|n| n.map(|n| n.id));
        Self::run(&ops.state, grad, [x, w, None], grads);
    }
}

impl Backward<Flex, 3> for ConvBackward {
    type State = ConvDone;
    fn backward(self, ops: Ops<ConvDone, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let nodes = ops.parents.map(|n| n.map(|n| n.id));
        Self::run(&ops.state, grad, nodes, grads);
    }
}

/// Parents in this order: input; γ and β if there are any; residual if there is one. The number tells which there are.
#[derive(Debug)]
struct NormBackward;

impl NormBackward {
    fn run(
        s: &NormState,
        grad: FlexTensor,
        x: Option<NodeId>,
        affine: [Option<NodeId>; 2],
        residual: Option<NodeId>,
        grads: &mut Gradients,
    ) {
        let mut grad = ChannelsLast::from_tensor(grad);
        let (c, dims) = (s.x.dims.c, s.x.dims);
        let all = if let Some(y) = &s.y {
            norm::gradients_with_residual(s.x.data(), y.data(), grad.made_own(), &s.saved)
        } else {
            let kept = residual.is_some();
            let incoming = match if kept { None } else { grad.own() } {
                Some(grad) => norm::Incoming::Own(grad),
                None => norm::Incoming::Shared(grad.data()),
            };
            norm::gradients(s.x.data(), incoming, &s.saved)
        };
        if let Some(node) = affine[0] {
            grads.register::<Flex>(node, dense_tensor(all.gamma, vec![c]));
        }
        if let Some(node) = affine[1] {
            grads.register::<Flex>(node, dense_tensor(all.beta, vec![c]));
        }
        let (dx, dr) = match all.x {
            Some(dx) => (tensor_of(dx, dims), Some(grad)),
            None => (grad.into_tensor(), None),
        };
        if let Some(node) = x {
            grads.register::<Flex>(node, dx);
        }
        if let (Some(node), Some(dr)) = (residual, dr) {
            grads.register::<Flex>(node, dr.into_tensor());
        }
    }
}

macro_rules! norm_backward {
    ($parents:literal, [$x:ident $(, $name:ident)*], $affine:expr, $residual:expr) => {
        impl Backward<Flex, $parents> for NormBackward {
            type State = NormState;
            fn backward(self, ops: Ops<NormState, $parents>, grads: &mut Gradients, _: &mut Checkpointer) {
                let grad = grads.consume::<Flex>(&ops.node);
                let [$x $(, $name)*] = ops.parents.map(|n| n.map(|n| n.id));
                Self::run(&ops.state, grad, $x, $affine, $residual, grads);
            }
        }
    };
}
norm_backward!(1, [x], [None, None], None);
norm_backward!(2, [x, residual], [None, None], residual);
norm_backward!(3, [x, gamma, beta], [gamma, beta], None);
norm_backward!(4, [x, gamma, beta, residual], [gamma, beta], residual);

#[derive(Debug)]
struct MaxPoolBackward;

impl Backward<Flex, 1> for MaxPoolBackward {
    type State = (Arc<Vec<u8>>, Dims);
    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = ChannelsLast::from_tensor(grads.consume::<Flex>(&ops.node));
        let [x] = ops.parents;
        let (from, dims) = ops.state;
        if let Some(x) = x {
            let dx = pool::max_backward(grad.data(), &from, dims);
            grads.register::<Flex>(x.id, tensor_of(dx, dims));
        }
    }
}

#[derive(Debug)]
struct MeanPoolBackward;

impl Backward<Flex, 1> for MeanPoolBackward {
    type State = Dims;
    fn backward(self, ops: Ops<Dims, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let [x] = ops.parents;
        if let Some(x) = x {
            let dx = pool::mean_backward(&dense(&grad), ops.state);
            grads.register::<Flex>(x.id, tensor_of(dx, ops.state));
        }
    }
}

#[derive(Debug)]
struct ActivationBackward;

impl Backward<Flex, 1> for ActivationBackward {
    type State = (ChannelsLast, f32);
    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut grad = ChannelsLast::from_tensor(grads.consume::<Flex>(&ops.node));
        let [x] = ops.parents;
        let (y, slope) = ops.state;
        if let Some(x) = x {
            elementwise::activate_backward(grad.made_own(), y.data(), slope);
            grads.register::<Flex>(x.id, grad.into_tensor());
        }
    }
}

/// Where the second of a fork leaves its gradient for the first. The second is on the tape as made from the first, so its backward pass
/// comes before.
type Slot = Arc<Mutex<Option<FlexTensor>>>;

#[derive(Debug)]
struct ForkFirst;

impl Backward<Flex, 1> for ForkFirst {
    type State = Slot;
    fn backward(self, ops: Ops<Slot, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let [x] = ops.parents;
        let other = ops.state.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(x) = x {
            let sum = match other {
                None => grad,
                Some(other) => {
                    let (mut sum, other) =
                        (ChannelsLast::from_tensor(grad), ChannelsLast::from_tensor(other));
                    elementwise::add(sum.made_own(), other.data());
                    sum.into_tensor()
                }
            };
            grads.register::<Flex>(x.id, sum);
        }
    }
}

#[derive(Debug)]
struct ForkSecond;

impl Backward<Flex, 1> for ForkSecond {
    type State = Slot;
    fn backward(self, ops: Ops<Slot, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        *ops.state.lock().unwrap_or_else(PoisonError::into_inner) = Some(grad);
    }
}

/// Prepares the node of `parents` and finishes it with the outcome of `$run`: `(output, state)`, and hands on the rest of it.
macro_rules! node {
    ($backward:expr, [$($parent:ident),+], $run:expr) => {{
        let prepared = $backward.prepare::<C>([$($parent.node()),+]).compute_bound().stateful();
        $(let $parent = $parent.into_primitive();)+
        let (output, state, rest) = $run;
        let output = match prepared {
            OpsKind::Tracked(p) => p.finish(state, output),
            OpsKind::UnTracked(p) => p.finish(output),
        };
        (output, rest)
    }};
}

fn normalise(
    x: FlexTensor,
    parts: NormParts,
    o: NormOptions,
) -> (FlexTensor, NormState, (FlexTensor, FlexTensor)) {
    let NormDone { y, mean, var, state } = run_norm(x, parts, o);
    (y, state, (mean, var))
}

impl<C: CheckpointStrategy> TunedBackend for Autodiff<Flex, C> {
    fn convolution(x: Taped<C>, w: Taped<C>, o: ConvOptions) -> Taped<C> {
        let run = |x, w| {
            let (y, done) = run_conv(x, w, None, o);
            (y, done, ())
        };
        node!(ConvBackward, [x, w], run(x, w)).0
    }

    fn convolution_biased(x: Taped<C>, w: Taped<C>, b: Taped<C>, o: ConvOptions) -> Taped<C> {
        let run = |x, w, b: FlexTensor| {
            let (y, done) = run_conv(x, w, Some(&b), o);
            (y, done, ())
        };
        node!(ConvBackward, [x, w, b], run(x, w, b)).0
    }

    fn norm_batch(
        x: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        o: NormOptions,
    ) -> (Taped<C>, Taped<C>, Taped<C>) {
        let run = |x, gamma, beta| {
            normalise(x, NormParts { affine: Some((gamma, beta)), ..NormParts::default() }, o)
        };
        let (y, (mean, var)) = node!(NormBackward, [x, gamma, beta], run(x, gamma, beta));
        (y, <Taped<C>>::new(mean), <Taped<C>>::new(var))
    }

    fn norm_batch_residual(
        x: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        residual: Taped<C>,
        o: NormOptions,
    ) -> (Taped<C>, Taped<C>, Taped<C>) {
        let run = |x, gamma, beta, r| {
            normalise(x, NormParts { affine: Some((gamma, beta)), fixed: None, residual: Some(r) }, o)
        };
        let (y, (mean, var)) = node!(NormBackward, [x, gamma, beta, residual], run(x, gamma, beta, residual));
        (y, <Taped<C>>::new(mean), <Taped<C>>::new(var))
    }

    fn norm_fixed(
        x: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        mean: Taped<C>,
        var: Taped<C>,
        o: NormOptions,
    ) -> Taped<C> {
        let fixed = Some((mean.into_primitive(), var.into_primitive()));
        let run = |x, gamma, beta| {
            normalise(x, NormParts { affine: Some((gamma, beta)), fixed, residual: None }, o)
        };
        node!(NormBackward, [x, gamma, beta], run(x, gamma, beta)).0
    }

    fn norm_fixed_residual(
        x: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        mean: Taped<C>,
        var: Taped<C>,
        residual: Taped<C>,
        o: NormOptions,
    ) -> Taped<C> {
        let fixed = Some((mean.into_primitive(), var.into_primitive()));
        let run = |x, gamma, beta, r| {
            normalise(x, NormParts { affine: Some((gamma, beta)), fixed, residual: Some(r) }, o)
        };
        node!(NormBackward, [x, gamma, beta, residual], run(x, gamma, beta, residual)).0
    }

    fn convolution_normed(
        x: Taped<C>,
        w: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        mean: Taped<C>,
        var: Taped<C>,
        o: ConvOptions,
        n: NormOptions,
    ) -> Taped<C> {
        Self::norm_fixed(Self::convolution(x, w, o), gamma, beta, mean, var, n)
    }

    fn convolution_normed_residual(
        x: Taped<C>,
        w: Taped<C>,
        gamma: Taped<C>,
        beta: Taped<C>,
        mean: Taped<C>,
        var: Taped<C>,
        residual: Taped<C>,
        o: ConvOptions,
        n: NormOptions,
    ) -> Taped<C> {
        Self::norm_fixed_residual(Self::convolution(x, w, o), gamma, beta, mean, var, residual, n)
    }

    fn norm_images(x: Taped<C>, o: NormOptions) -> Taped<C> {
        node!(NormBackward, [x], normalise(x, NormParts::default(), o)).0
    }

    fn norm_images_residual(x: Taped<C>, residual: Taped<C>, o: NormOptions) -> Taped<C> {
        let run = |x, r| normalise(x, NormParts { residual: Some(r), ..NormParts::default() }, o);
        node!(NormBackward, [x, residual], run(x, residual)).0
    }

    fn activation(x: Taped<C>, slope: f32) -> Taped<C> {
        let run = |x| {
            let y = run_activation(x, slope);
            (y.clone().into_tensor(), (y, slope), ())
        };
        node!(ActivationBackward, [x], run(x)).0
    }

    fn forked(x: Taped<C>) -> (Taped<C>, Taped<C>) {
        let slot = Slot::default();
        let first = node!(ForkFirst, [x], (x, slot.clone(), ())).0;
        let parent = first.clone();
        let second = node!(ForkSecond, [parent], (parent, slot, ())).0;
        (first, second)
    }

    fn max_pool(x: Taped<C>) -> Taped<C> {
        let run = |x| {
            let (y, from, dims) = run_max_pool(x);
            (y, (Arc::new(from), dims), ())
        };
        node!(MaxPoolBackward, [x], run(x)).0
    }

    fn mean_pool(x: Taped<C>) -> Taped<C> {
        let run = |x| {
            let (y, dims) = run_mean_pool(x);
            (y, dims, ())
        };
        node!(MeanPoolBackward, [x], run(x)).0
    }
}
