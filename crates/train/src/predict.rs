//! Trained networks over tiles, batch by batch, without gradients.

use crate::pixels;
use burn::module::Module;
use burn::tensor::Device;
use nets::{Classifier, Generator, Seen};
use tissue::augment::Normalise;

/// The network's outputs (logits, or whatever it was trained to) for each tile, in order: `tiles.len()` rows of one
/// number a class. Running statistics are used. `tiles` are RGB, `size` × `size`.
pub fn logits(
    model: &Classifier,
    tiles: &[&[u8]],
    size: usize,
    normalise: &Normalise,
    device: &Device,
) -> Vec<Vec<f64>> {
    let model = model.valid();
    let device = device.clone().without_autodiff();
    let mut rows = Vec::with_capacity(tiles.len());
    for batch in tiles.chunks(pixels::batch_for(size)) {
        let mut input = Vec::with_capacity(batch.len() * size * size * 3);
        for tile in batch {
            pixels::push_normalised(tile, normalise, &mut input);
        }
        let output = model.forward(pixels::to_tensor(input, batch.len(), size, &device));
        let classes = output.dims()[1];
        rows.extend(
            pixels::values(output).chunks(classes).map(|row| row.iter().copied().map(f64::from).collect()),
        );
    }
    rows
}

/// What the network sees in each tile, in order: logits, features and where it finds what speaks for class `class` (see [`nets::see`]).
/// Running statistics are used. `tiles` are RGB, `size` × `size`. `progress` is told after every batch how many are done, and says whether
/// to go on; what was seen until then is returned.
pub fn see(
    model: &Classifier,
    tiles: &[&[u8]],
    class: usize,
    size: usize,
    normalise: &Normalise,
    device: &Device,
    progress: &dyn Fn(usize) -> bool,
) -> Vec<Seen> {
    let model = model.valid();
    let device = device.clone().without_autodiff();
    let mut seen = Vec::with_capacity(tiles.len());
    for batch in tiles.chunks(pixels::batch_for(size)) {
        let mut input = Vec::with_capacity(batch.len() * size * size * 3);
        for tile in batch {
            pixels::push_normalised(tile, normalise, &mut input);
        }
        seen.extend(nets::see(&model, pixels::to_tensor(input, batch.len(), size, &device), class));
        if !progress(seen.len()) {
            break;
        }
    }
    seen
}

/// What a network of one output (see [`crate::train_regressor`]) reads from each tile.
pub fn predict_values(
    model: &Classifier,
    tiles: &[&[u8]],
    size: usize,
    normalise: &Normalise,
    device: &Device,
) -> Vec<f64> {
    logits(model, tiles, size, normalise, device).into_iter().map(|row| row[0]).collect()
}

/// The tiles (RGB, `size` × `size`) as the generator translates them, rounded to 8 bits, in order. `progress` is told
/// after every batch how many are done.
pub fn translate(
    generator: &Generator,
    tiles: &[&[u8]],
    size: usize,
    device: &Device,
    progress: &dyn Fn(usize),
) -> Vec<Vec<u8>> {
    let generator = generator.valid();
    let device = device.clone().without_autodiff();
    let mut translated = Vec::with_capacity(tiles.len());
    for batch in tiles.chunks(pixels::batch_for(size).div_ceil(4)) {
        let mut input = Vec::with_capacity(batch.len() * size * size * 3);
        for tile in batch {
            pixels::push_signed(tile, &mut input);
        }
        let output = generator.forward(pixels::to_tensor(input, batch.len(), size, &device));
        translated.extend(pixels::from_tensor(output).chunks(size * size * 3).map(pixels::to_bytes));
        progress(translated.len());
    }
    translated
}

/// The tiles (RGB, `size` × `size`) as a generator with a dial translates them, each to its own of `ranks` (0 the hardest, 1 the easiest),
/// rounded to 8 bits, in order. `progress` is told after every batch how many are done.
///
/// # Panics
/// If there is not a rank a tile, or the generator has no dial.
pub fn translate_at(
    generator: &Generator,
    tiles: &[&[u8]],
    ranks: &[f64],
    size: usize,
    device: &Device,
    progress: &dyn Fn(usize),
) -> Vec<Vec<u8>> {
    assert_eq!(tiles.len(), ranks.len(), "a rank a tile");
    let generator = generator.valid();
    let device = device.clone().without_autodiff();
    let mut translated = Vec::with_capacity(tiles.len());
    let batch = pixels::batch_for(size).div_ceil(4);
    for (tiles, ranks) in tiles.chunks(batch).zip(ranks.chunks(batch)) {
        let mut input = Vec::with_capacity(tiles.len() * size * size * 3);
        for tile in tiles {
            pixels::push_signed(tile, &mut input);
        }
        let input = nets::with_plane(pixels::to_tensor(input, tiles.len(), size, &device), ranks);
        translated.extend(
            pixels::from_tensor(generator.forward(input)).chunks(size * size * 3).map(pixels::to_bytes),
        );
        progress(translated.len());
    }
    translated
}
