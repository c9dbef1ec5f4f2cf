//! Trained networks over tiles, batch by batch, without gradients.

use crate::pixels;
use crate::translator::framing::Framing;
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
    translate_framed(generator, &Framing::default(), (tiles, None), size, device, progress)
}

/// The same of tiles that are framed; a generator with a dial translates each to its own of the ranks (0 the hardest, 1 the easiest).
///
/// # Panics
/// If there is not a rank a tile, or there are ranks and the generator has no dial, or the reverse.
pub fn translate_framed(
    generator: &Generator,
    framing: &Framing,
    (tiles, ranks): (&[&[u8]], Option<&[f64]>),
    size: usize,
    device: &Device,
    progress: &dyn Fn(usize),
) -> Vec<Vec<u8>> {
    assert!(ranks.is_none_or(|ranks| ranks.len() == tiles.len()), "a rank a tile");
    let generator = generator.valid();
    let device = device.clone().without_autodiff();
    let mut translated = Vec::with_capacity(tiles.len());
    let batch = pixels::batch_for(size).div_ceil(4);
    for (k, tiles) in tiles.chunks(batch).enumerate() {
        let mut input = Vec::with_capacity(tiles.len() * size * size * 3);
        let mut framed = Vec::new();
        for tile in tiles {
            if framing.is_plain() {
                pixels::push_signed(tile, &mut input);
            } else {
                let tile = framing.frame(tile, size);
                input.extend(tile.signed());
                framed.push(tile);
            }
        }
        let mut input = pixels::to_tensor(input, tiles.len(), size, &device);
        if let Some(ranks) = ranks {
            input = nets::with_plane(input, &ranks[k * batch..][..tiles.len()]);
        }
        let output = pixels::from_tensor(generator.forward(input));
        let made = output.chunks(size * size * 3);
        if framing.is_plain() {
            translated.extend(made.map(pixels::to_bytes));
        } else {
            let each = made.zip(&framed).zip(tiles);
            translated.extend(each.map(|((made, framed), tile)| framing.finish(framed, made, tile, size)));
        }
        progress(translated.len());
    }
    translated
}
