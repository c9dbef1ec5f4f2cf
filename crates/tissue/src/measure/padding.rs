//! Padding: what lies in a tile beyond the picture, and whether a translation painted on it.

/// Every channel of a black pixel is at most this, of a white one at least 255 less this: JPEG leaves so much of flat padding.
const TOLERANCE: u8 = 5;
/// A pixel is repainted if a channel differs by more levels than this: a generator that gives padding back misses by less.
pub const REPAINTED_LEVELS: u8 = 8;

/// Which pixels of a square tile are padding: black or white regions (every channel within 5 levels of 0, or of 255), connected to
/// an edge of the tile, of at least as many pixels as the tile has in a row. Glass that the scanner shows as plain white is padding, too:
/// nothing belongs there.
///
/// # Panics
/// If the tile is not `size` × `size`.
pub fn padding(tile: &[u8], size: usize) -> Vec<bool> {
    assert_eq!(tile.len(), size * size * 3, "a tile of {size} px");
    let shade: Vec<Option<bool>> = tile.as_chunks::<3>().0.iter().map(|p| shade(*p)).collect();
    let mut seen = vec![false; size * size];
    let mut padding = vec![false; size * size];
    let edge = (0..size).flat_map(|i| [i, (size - 1) * size + i, i * size, i * size + size - 1]);
    for start in edge {
        if seen[start] || shade[start].is_none() {
            continue;
        }
        seen[start] = true;
        let mut region = vec![start];
        let mut at = 0;
        while let Some(&pixel) = region.get(at) {
            at += 1;
            let (x, y) = (pixel % size, pixel / size);
            let beside = [
                (x > 0).then(|| pixel - 1),
                (x + 1 < size).then(|| pixel + 1),
                (y > 0).then(|| pixel - size),
                (y + 1 < size).then(|| pixel + size),
            ];
            for next in beside.into_iter().flatten() {
                if !seen[next] && shade[next] == shade[start] {
                    seen[next] = true;
                    region.push(next);
                }
            }
        }
        if region.len() >= size {
            for pixel in region {
                padding[pixel] = true;
            }
        }
    }
    padding
}

/// Whether a pixel is white or black; `None` of any other.
fn shade(pixel: [u8; 3]) -> Option<bool> {
    if pixel.iter().all(|v| *v >= 255 - TOLERANCE) {
        Some(true)
    } else if pixel.iter().all(|v| *v <= TOLERANCE) {
        Some(false)
    } else {
        None
    }
}

/// The share of the source's padding that its translation repainted: pixels of which a channel differs by more than 8 levels. `None`
/// without padding.
///
/// # Panics
/// If the tiles and the padding are not of one size.
pub fn repainted(source: &[u8], translation: &[u8], padding: &[bool]) -> Option<f64> {
    assert!(source.len() == translation.len() && source.len() == padding.len() * 3, "tiles of one size");
    let pairs = source.as_chunks::<3>().0.iter().zip(translation.as_chunks::<3>().0);
    let (mut all, mut changed) = (0usize, 0usize);
    for ((before, after), _) in pairs.zip(padding).filter(|(_, is_padding)| **is_padding) {
        all += 1;
        changed += usize::from(before.iter().zip(after).any(|(a, b)| a.abs_diff(*b) > REPAINTED_LEVELS));
    }
    (all > 0).then(|| changed as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 16;

    /// A pink tile with rectangles (x, y, width, height) of a shade.
    fn tile(rectangles: &[([usize; 4], u8)]) -> Vec<u8> {
        let mut tile = [200, 120, 160].repeat(SIZE * SIZE);
        for ([x, y, w, h], shade) in rectangles {
            for (i, j) in (*y..y + h).flat_map(|j| (*x..x + w).map(move |i| (i, j))) {
                tile[(j * SIZE + i) * 3..][..3].fill(*shade);
            }
        }
        tile
    }

    fn count(tile: &[u8]) -> usize {
        padding(tile, SIZE).into_iter().filter(|p| *p).count()
    }

    #[test]
    fn padding_is_flat_from_an_edge_and_large() {
        assert_eq!(count(&tile(&[])), 0);
        assert_eq!(count(&tile(&[([0, 0, 16, 3], 255)])), 48, "white rows");
        assert_eq!(count(&tile(&[([12, 0, 4, 16], 0)])), 64, "black columns");
        assert_eq!(
            count(&tile(&[([0, 0, 16, 3], 252), ([12, 3, 4, 13], 3)])),
            48 + 52,
            "of JPEG, both shades"
        );
        assert_eq!(count(&tile(&[([4, 4, 8, 8], 255)])), 0, "a white lumen is no padding");
        assert_eq!(count(&tile(&[([0, 0, 5, 3], 255)])), 0, "a speck at the edge");
        assert_eq!(count(&tile(&[([0, 0, 16, 3], 240)])), 0, "glass as scanners show it");
        assert_eq!(count(&tile(&[([0, 0, 16, 16], 255)])), 256);
    }

    #[test]
    fn the_share_that_was_repainted_is_told() {
        let source = tile(&[([0, 0, 16, 4], 255)]);
        let at = padding(&source, SIZE);
        assert_eq!(repainted(&source, &source, &at), Some(0.0));
        assert_eq!(repainted(&source, &tile(&[([0, 0, 16, 4], 248)]), &at), Some(0.0), "7 levels");
        assert_eq!(repainted(&source, &tile(&[([0, 0, 16, 3], 255)]), &at), Some(0.25), "one row of four");
        assert_eq!(repainted(&source, &tile(&[]), &at), Some(1.0));
        let plain = tile(&[]);
        assert_eq!(repainted(&plain, &source, &padding(&plain, SIZE)), None);
    }
}
