//! An image of a translator's step, some of which may be hidden.

use burn::tensor::{Device, Tensor, TensorData};

use crate::pixels;

/// An image as a step sees it.
#[derive(Debug, Clone)]
pub struct Image {
    /// `[1, 3, size, size]` in [−1, 1].
    pub pixels: Tensor<4>,
    /// 1 where it is shown and 0 where padding is hidden, `[1, 1, size, size]`; `None` if nothing is hidden.
    pub shown: Option<Tensor<4>>,
}

impl Image {
    /// Of pixels row by row, and where they are shown.
    pub fn of((pixels, shown): (Vec<f32>, Option<Vec<f32>>), size: usize, device: &Device) -> Self {
        let mask = |shown| Tensor::from_data(TensorData::new(shown, [1, 1, size, size]), device);
        Self { pixels: pixels::to_tensor(pixels, 1, size, device), shown: shown.map(mask) }
    }

    /// Of pixels of which none is hidden, `[1, 3, size, size]` in [−1, 1].
    pub fn whole(pixels: Tensor<4>) -> Self {
        Self { pixels, shown: None }
    }

    /// The same, off the tape.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self {
            pixels: self.pixels.clone().detach(),
            shown: self.shown.as_ref().map(|shown| shown.clone().detach()),
        }
    }

    /// `made` where this image is shown, and its own pixels where padding is hidden: nobody is to judge what a generator paints there.
    pub fn only_where_shown(&self, made: Tensor<4>) -> Tensor<4> {
        match &self.shown {
            None => made,
            Some(shown) => {
                let hidden = shown.clone().neg().add_scalar(1.0);
                made * shown.clone() + self.pixels.clone() * hidden
            }
        }
    }
}
