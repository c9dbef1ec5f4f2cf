//! The baseline "naive": mixed examples (Summers & Dinneen 2019, "horizontal concat"), as METHOD.md step 7.

/// The left half of an easy tile beside the right half of a hard one. All tiles are HWC RGB8 of `size` × `size`;
/// of an odd size the middle column comes from the hard tile.
///
/// # Panics
/// If a tile does not hold `size * size * 3` bytes.
pub fn naive_mix(easy: &[u8], hard: &[u8], size: usize) -> Vec<u8> {
    assert!(easy.len() == size * size * 3 && hard.len() == easy.len(), "tiles of {size} px expected");
    let (row, left) = (size * 3, size / 2 * 3);
    let mut mixed = hard.to_vec();
    for y in 0..size {
        mixed[y * row..y * row + left].copy_from_slice(&easy[y * row..y * row + left]);
    }
    mixed
}
