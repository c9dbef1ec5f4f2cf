//! The operations, and a list of them.

/// Added to variances, in batch norm and instance norm alike (torch's default).
pub(crate) const EPS: f32 = 1e-5;

/// One operation. Weights are named; a convolution is square.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    /// `name.weight`, with or without `name.bias`, zeros around.
    Conv {
        name: String,
        bias: bool,
        kernel: usize,
        stride: usize,
        pad: usize,
    },
    /// 3×3, stride 2, to twice the side, with a bias.
    ConvTranspose {
        name: String,
    },
    /// By the running statistics.
    BatchNorm {
        name: String,
    },
    /// Without weights, by the statistics of each picture.
    InstanceNorm {
        channels: usize,
    },
    /// Of two values.
    Add,
    Relu,
    Tanh,
    /// 3×3, stride 2, one pixel around.
    MaxPool,
    /// `[n, c, h, w]` → `[n, c]`.
    GlobalAverage,
    /// With a bias.
    Linear {
        name: String,
    },
    /// So many mirrored pixels around.
    Reflect(usize),
    /// Every pixel four times.
    Double,
    /// Minus mean, by deviation, each channel its own.
    Normalise {
        mean: [f32; 3],
        std: [f32; 3],
    },
    /// Over the classes.
    Softmax,
}

/// An operation and the values it takes: 0 is the input, `k + 1` what node `k` gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub op: Op,
    pub inputs: Vec<usize>,
}

/// Operations in the order of their computing; the last one's value is the output.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Graph {
    pub nodes: Vec<Node>,
}

impl Graph {
    /// One more operation; the value that it gives.
    pub fn push(&mut self, op: Op, inputs: &[usize]) -> usize {
        self.nodes.push(Node { op, inputs: inputs.to_vec() });
        self.nodes.len()
    }

    /// A convolution, zeros around.
    pub fn conv(&mut self, x: usize, name: &str, bias: bool, [kernel, stride, pad]: [usize; 3]) -> usize {
        self.push(Op::Conv { name: name.to_owned(), bias, kernel, stride, pad }, &[x])
    }

    /// A rectifier.
    pub fn relu(&mut self, x: usize) -> usize {
        self.push(Op::Relu, &[x])
    }
}
