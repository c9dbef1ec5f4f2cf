//! Between 8-bit tiles and the tensors of the networks. Pixels stay in the order of the tile (row, column, channel)
//! in memory; the tensor shows them as `[n, channel, row, column]`, which is how the kernels like to get them.

use burn::tensor::{Device, Tensor, TensorData};
use tissue::augment::Normalise;

/// Appends a tile's normalised pixels, `(v / 255 − mean) / std` channel by channel.
pub fn push_normalised(tile: &[u8], normalise: &Normalise, out: &mut Vec<f32>) {
    let table: [[f32; 256]; 3] = std::array::from_fn(|c| {
        std::array::from_fn(|v| (v as f32 / 255.0 - normalise.mean[c]) / normalise.std[c])
    });
    out.extend(tile.as_chunks::<3>().0.iter().flat_map(|p| [0, 1, 2].map(|c| table[c][usize::from(p[c])])));
}

/// Appends a tile's pixels scaled to [−1, 1], as the generators take them.
pub fn push_signed(tile: &[u8], out: &mut Vec<f32>) {
    out.extend(tile.iter().map(|v| f32::from(*v) / 127.5 - 1.0));
}

/// The reverse of [`push_signed`], rounded to the nearest of 256 levels.
pub fn to_bytes(pixels: &[f32]) -> Vec<u8> {
    // `as u8` saturates.
    pixels.iter().map(|v| ((v + 1.0) * 127.5).round() as u8).collect()
}

/// `n` images of `size` × `size` pixels, one after the other, as a tensor `[n, 3, size, size]`.
pub fn to_tensor(pixels: Vec<f32>, n: usize, size: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(pixels, [n, size, size, 3]), device).permute([0, 3, 1, 2])
}

/// The pixels of images `[n, 3, h, w]`, image after image, each in the order row, column, channel.
pub fn from_tensor(images: Tensor<4>) -> Vec<f32> {
    values(images.permute([0, 2, 3, 1]))
}

/// The values of a tensor in row-major order; without a copy where nobody shares them.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    // Every tensor of this program is f32, so reading it as f32 cannot fail.
    tensor.into_data().try_into_vec::<f32>().expect("an f32 tensor")
}

/// How many tiles of a size go through a network at once where no gradient is needed: 16 at 224 pixels, up to 64.
pub fn batch_for(size: usize) -> usize {
    (16 * 224 * 224 / (size * size).max(1)).clamp(1, 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_pixels_round_trip_and_saturate() {
        let tile: Vec<u8> = (0..=255).collect();
        let mut pixels = Vec::new();
        push_signed(&tile, &mut pixels);
        assert_eq!((pixels[0], pixels[255]), (-1.0, 1.0));
        assert_eq!(to_bytes(&pixels), tile);
        assert_eq!(to_bytes(&[-1.5, 1.5, 0.0]), [0, 255, 128]);
    }

    #[test]
    fn a_tensor_shows_channels_first_and_gives_the_pixels_back() {
        let pixels: Vec<f32> = (0..2 * 4 * 3).map(|v| v as f32).collect();
        let tensor = to_tensor(pixels.clone(), 2, 2, &Device::flex());
        assert_eq!(tensor.dims(), [2, 3, 2, 2]);
        let channels_first = values(tensor.clone());
        assert_eq!(channels_first[..6], [0.0, 3.0, 6.0, 9.0, 1.0, 4.0]);
        assert_eq!(from_tensor(tensor), pixels);
    }

    #[test]
    fn normalised_pixels_follow_the_channel() {
        let mut out = Vec::new();
        push_normalised(&[255, 0, 51], &Normalise { mean: [0.5, 0.0, 0.2], std: [0.5, 1.0, 0.1] }, &mut out);
        assert_eq!(out, [1.0, 0.0, 0.0]);
    }
}
