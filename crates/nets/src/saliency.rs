//! What a classifier sees in a tile, and where: its features before the linear layer, and Grad-CAM on its last stage.

use burn::tensor::Tensor;

use crate::classifier::Classifier;

/// What a classifier sees in one tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// One logit a class.
    pub logits: Vec<f64>,
    /// The means of the last stage's channels, which the linear layer takes.
    pub features: Vec<f64>,
    /// What speaks for the class that was asked about, and where.
    pub saliency: Saliency,
}

/// Where in a tile a classifier finds what speaks for a class.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    /// Places a row and a column: the side of the last stage, a thirty-second of the tile's, rounded up.
    pub side: usize,
    /// Row by row, 0 or more, in units of the margin: without the cut at 0 they would sum to the margin less the part of the biases, so that
    /// maps of two tiles by one network compare.
    pub values: Vec<f64>,
}

/// What the network sees in each tile by its running statistics, `x` being `[n, 3, s, s]`, normalised.
///
/// The saliency is Grad-CAM (Selvaraju et al. 2017, *ICCV*, equations 1 and 2) of the margin of `class` on the last stage. Behind it are a
/// mean over all places and a linear layer alone, so that its gradient is known without a backward pass: of channel k it is wₖ / (h w)
/// everywhere, w being the linear layer's row of `class` less the others' mean, weighted by their softmax.
///
/// # Panics
/// If there is no class `class`.
pub fn see(network: &Classifier, x: Tensor<4>, class: usize) -> Vec<Seen> {
    let stage = network.last_stage(x);
    let [_, channels, height, width] = stage.dims();
    let features = ops::global_avg_pool(stage.clone());
    let logits = network.network.fc.forward(features.clone());
    let classes = logits.dims()[1];
    assert!(class < classes, "one of {classes} classes");
    let rows = values(network.network.fc.weight.val());
    let rows: Vec<&[f64]> = rows.chunks_exact(channels).collect();
    let (stage, features, logits) = (values(stage), values(features), values(logits));
    let places = height * width;
    stage
        .chunks_exact(channels * places)
        .zip(features.chunks_exact(channels))
        .zip(logits.chunks_exact(classes))
        .map(|((stage, features), logits)| {
            let slope = slope_of_margin(&rows, logits, class);
            let mut map = vec![0.0; places];
            for (slope, channel) in slope.iter().zip(stage.chunks_exact(places)) {
                for (sum, v) in map.iter_mut().zip(channel) {
                    *sum += slope * v / places as f64;
                }
            }
            let saliency = Saliency { side: width, values: map.into_iter().map(|v| v.max(0.0)).collect() };
            Seen { logits: logits.to_vec(), features: features.to_vec(), saliency }
        })
        .collect()
}

/// The margin's gradient by the features: `margin` is the logit of `class` less the log-sum-exp of the others.
fn slope_of_margin(rows: &[&[f64]], logits: &[f64], class: usize) -> Vec<f64> {
    let others = || (0..logits.len()).filter(|other| *other != class);
    let highest = others().map(|o| logits[o]).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = others().map(|o| (logits[o] - highest).exp()).sum();
    let mut slope = rows[class].to_vec();
    for other in others() {
        let share = (logits[other] - highest).exp() / total;
        for (slope, w) in slope.iter_mut().zip(rows[other]) {
            *slope -= share * w;
        }
    }
    slope
}

impl Saliency {
    /// The map at `size` × `size` pixels, bilinear between the middles of the places, as torch's
    /// `interpolate(mode="bilinear", align_corners=False)`.
    pub fn enlarged(&self, size: usize) -> Vec<f64> {
        let last = self.side.saturating_sub(1);
        let between: Vec<(usize, usize, f64)> = (0..size)
            .map(|i| {
                let at = ((i as f64 + 0.5) * self.side as f64 / size as f64 - 0.5).max(0.0);
                let first = (at as usize).min(last);
                (first, (first + 1).min(last), at - first as f64)
            })
            .collect();
        let mut pixels = Vec::with_capacity(size * size);
        for &(above, below, down) in &between {
            for &(left, right, along) in &between {
                let row = |y: usize| {
                    let (a, b) = (self.values[y * self.side + left], self.values[y * self.side + right]);
                    a + along * (b - a)
                };
                let (above, below) = (row(above), row(below));
                pixels.push(above + down * (below - above));
            }
        }
        pixels
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    // Every tensor of this program is f32, so reading it as f32 cannot fail.
    let values = tensor.into_data().try_into_vec::<f32>().expect("an f32 tensor");
    values.into_iter().map(f64::from).collect()
}
