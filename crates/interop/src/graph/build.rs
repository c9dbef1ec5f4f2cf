//! The operations of a network.

use super::ops::{Graph, Op};
use super::{generator, resnet};
use crate::network::NetworkKind;

/// The network's operations; with `normalised_by` mean and deviation, what it takes is pixels in [0, 1]; with `softmax`, what a classifier gives
/// is probabilities.
pub(crate) fn of(kind: &NetworkKind, normalised_by: Option<([f32; 3], [f32; 3])>, softmax: bool) -> Graph {
    let mut graph = Graph::default();
    let x = normalised_by.map_or(0, |(mean, std)| graph.push(Op::Normalise { mean, std }, &[0]));
    match kind {
        NetworkKind::Classifier(size) => {
            let logits = resnet::push(&mut graph, size, x);
            if softmax {
                graph.push(Op::Softmax, &[logits]);
            }
        }
        NetworkKind::Generator(size) => {
            generator::push(&mut graph, size, x);
        }
    }
    graph
}
