//! A generator in operations.

use super::ops::{Graph, Op};
use crate::network::{GeneratorSize, Upsampling};

/// The translation of `x`, pixels in [−1, 1]; sides are multiples of 4.
pub(super) fn push(graph: &mut Graph, size: &GeneratorSize, x: usize) -> usize {
    let w = size.width;
    let normed =
        |graph: &mut Graph, x: usize, channels: usize| graph.push(Op::InstanceNorm { channels }, &[x]);
    let x = graph.push(Op::Reflect(3), &[x]);
    let mut x = graph.conv(x, "model.1", true, [7, 1, 0]);
    // A norm would take away what the dial's plane adds, which is the same at every pixel.
    if !size.is_told {
        x = normed(graph, x, w);
    }
    x = graph.relu(x);
    for (name, channels) in [("model.4", w.saturating_mul(2)), ("model.7", w.saturating_mul(4))] {
        let y = graph.conv(x, name, true, [3, 2, 1]);
        let y = normed(graph, y, channels);
        x = graph.relu(y);
    }
    for block in 10..10 + size.blocks {
        let mut y = x;
        for place in [1, 5] {
            let reflected = graph.push(Op::Reflect(1), &[y]);
            y = graph.conv(reflected, &format!("model.{block}.conv_block.{place}"), true, [3, 1, 0]);
            y = normed(graph, y, w.saturating_mul(4));
            if place == 1 {
                y = graph.relu(y);
            }
        }
        x = graph.push(Op::Add, &[x, y]);
    }
    for (name, channels) in size.enlarging().into_iter().zip([w.saturating_mul(2), w]) {
        let y = match size.upsampling {
            Upsampling::Transposed => graph.push(Op::ConvTranspose { name }, &[x]),
            Upsampling::Resize => {
                let doubled = graph.push(Op::Double, &[x]);
                let reflected = graph.push(Op::Reflect(1), &[doubled]);
                graph.conv(reflected, &name, true, [3, 1, 0])
            }
        };
        let y = normed(graph, y, channels);
        x = graph.relu(y);
    }
    let x = graph.push(Op::Reflect(3), &[x]);
    let x = graph.conv(x, &size.head(), true, [7, 1, 0]);
    graph.push(Op::Tanh, &[x])
}
