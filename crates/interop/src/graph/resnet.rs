//! A ResNet in operations.

use super::ops::{Graph, Op};
use crate::network::ResNetSize;

/// Logits from `x`, normalised pixels.
pub(super) fn push(graph: &mut Graph, size: &ResNetSize, x: usize) -> usize {
    let normed = |graph: &mut Graph, x: usize, conv: &str, norm: &str, shape: [usize; 3]| {
        let y = graph.conv(x, conv, false, shape);
        graph.push(Op::BatchNorm { name: norm.to_owned() }, &[y])
    };
    let y = normed(graph, x, "conv1", "bn1", [7, 2, 3]);
    let y = graph.relu(y);
    let mut x = graph.push(Op::MaxPool, &[y]);
    for place in size.places() {
        let p = &place.name;
        // Of a bottleneck the stride stands on the 3×3 convolution ("v1.5", as in torchvision).
        let shapes = if size.depth.is_bottleneck() {
            vec![[1, 1, 0], [3, place.stride, 1], [1, 1, 0]]
        } else {
            vec![[3, place.stride, 1], [3, 1, 1]]
        };
        let (mut y, last) = (x, shapes.len());
        for (i, shape) in shapes.into_iter().enumerate() {
            y = normed(graph, y, &format!("{p}.conv{}", i + 1), &format!("{p}.bn{}", i + 1), shape);
            if i + 1 < last {
                y = graph.relu(y);
            }
        }
        let shortcut = if place.has_projection() {
            normed(graph, x, &format!("{p}.downsample.0"), &format!("{p}.downsample.1"), [1, place.stride, 0])
        } else {
            x
        };
        let sum = graph.push(Op::Add, &[y, shortcut]);
        x = graph.relu(sum);
    }
    let x = graph.push(Op::GlobalAverage, &[x]);
    graph.push(Op::Linear { name: "fc".to_owned() }, &[x])
}
