//! What a network costs, counted from its layers: work, numbers to train, memory.
//!
//! The list of layers is also what weight files are checked against, so that a file is told before any network is built.

/// What each number to train takes while it is trained: itself, its gradient and both moments of Adam, as f32.
const BYTES_A_PARAMETER: u64 = 4 * size_of::<f32>() as u64;
/// The tensors of a batch norm with their places: scale, shift, running mean, running variance.
const BATCH_NORM: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// What stands between a layer and the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Norm {
    /// Nothing that is kept for the backward pass.
    None,
    /// A batch norm of this name, with scale, shift and running statistics.
    Batch(String),
    /// An instance norm without weights.
    Instance,
}

/// A layer with weights: what torch's files call its tensors, their shapes, and the maps that it makes of one tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its weight is `NAME.weight`.
    pub name: String,
    /// Shape of the weight: `[out, in, k, k]`, `[in, out, 3, 3]` of a transposed convolution, `[out, in]` of a linear layer.
    pub weight: Vec<usize>,
    /// Whether there is a `NAME.bias`, one number an output.
    pub bias: bool,
    /// What follows it.
    pub norm: Norm,
    /// Channels that it makes.
    pub outputs: usize,
    /// Positions at which every number of the weight is used once.
    pub used_at: usize,
    /// Positions of the map that it makes.
    pub positions: usize,
}

impl Layer {
    /// A convolution `[out, in, k, k]` without bias that makes a map of `side` × `side`, and its batch norm.
    pub(crate) fn conv_batch_norm(name: String, norm: String, weight: [usize; 4], side: usize) -> Self {
        Self { norm: Norm::Batch(norm), bias: false, ..Self::conv(name, weight, side) }
    }

    /// A convolution `[out, in, k, k]` with a bias that makes a map of `side` × `side`.
    pub(crate) fn conv(name: String, weight: [usize; 4], side: usize) -> Self {
        let positions = side.saturating_mul(side);
        Self {
            name,
            weight: weight.to_vec(),
            bias: true,
            norm: Norm::None,
            outputs: weight[0],
            used_at: positions,
            positions,
        }
    }

    /// A linear layer `[out, in]`.
    pub(crate) fn linear(name: String, weight: [usize; 2]) -> Self {
        let (outputs, weight) = (weight[0], weight.to_vec());
        Self { name, weight, bias: true, norm: Norm::None, outputs, used_at: 1, positions: 1 }
    }

    /// The names and shapes of its tensors and its batch norm's.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut tensors = vec![(format!("{}.weight", self.name), self.weight.clone())];
        if self.bias {
            tensors.push((format!("{}.bias", self.name), vec![self.outputs]));
        }
        if let Norm::Batch(norm) = &self.norm {
            tensors.extend(BATCH_NORM.iter().map(|part| (format!("{norm}.{part}"), vec![self.outputs])));
        }
        tensors
    }

    /// Numbers to train: running statistics are not.
    fn parameters(&self) -> u64 {
        let trained = |(name, shape): &(String, Vec<usize>)| {
            if name.contains(".running_") { 0 } else { shape.iter().map(|&n| n as u64).product() }
        };
        self.tensors().iter().map(trained).sum()
    }

    /// Multiplications, each with its addition, for one tile.
    fn multiply_adds(&self) -> u64 {
        self.weight.iter().map(|&n| n as u64).product::<u64>() * self.used_at as u64
    }

    /// Numbers of one tile that the backward pass needs: the map, and its normed form.
    fn kept(&self) -> u64 {
        let maps = if self.norm == Norm::None { 1 } else { 2 };
        maps * (self.outputs * self.positions) as u64
    }
}

/// What a network of a size costs; [`ClassifierConfig`](crate::ClassifierConfig), [`GeneratorConfig`](crate::GeneratorConfig) and
/// [`DiscriminatorConfig`](crate::DiscriminatorConfig) tell.
pub trait Cost {
    /// The layers from input to output, for square tiles of `px` pixels a side.
    fn layers(&self, px: usize) -> Vec<Layer>;

    /// GFLOP of one forward pass on one tile of `px` × `px` pixels: two for a multiplication and its addition, in convolutions
    /// and linear layers. A backward pass takes about twice as many, one that needs no gradients of the weights as many.
    fn gflop(&self, px: usize) -> f64 {
        2e-9 * self.layers(px).iter().map(Layer::multiply_adds).sum::<u64>() as f64
    }

    /// How many numbers are trained.
    fn parameters(&self) -> u64 {
        self.layers(1).iter().map(Layer::parameters).sum()
    }

    /// Bytes that training holds whatever the tiles are: weights, gradients and Adam's two moments.
    fn parameter_bytes(&self) -> u64 {
        self.parameters() * BYTES_A_PARAMETER
    }

    /// Bytes that one tile of `px` × `px` pixels leaves behind in a forward pass for the backward pass: every layer's map and its
    /// normed form, as f32. An estimate: what is computed meanwhile comes on top, and what is freed early goes off; for ResNet-18 and
    /// for `CycleGAN` at width 64 the slope of the measured peak is 0.9 and 1.0 of it (`docs/performance.md`, scaling).
    fn tape_bytes(&self, px: usize) -> u64 {
        self.layers(px).iter().map(Layer::kept).sum::<u64>() * size_of::<f32>() as u64
    }
}
