//! Brightness, contrast, saturation and hue of an 8-bit RGB tile by a given factor, in place.
//!
//! Each follows its namesake in `torchvision.transforms.v2.functional` on a uint8 tensor: 32-bit floats, clamped, and
//! truncated (not rounded) back to bytes after each operation. A trailing incomplete pixel is left as it is.

/// Pixels handled at once: their channels are laid side by side so that the compiler can use vector instructions.
const BLOCK: usize = 64;

/// One block's red, green and blue, 0 to 255.
type Planes = [[f32; BLOCK]; 3];

/// Multiplies every value by `factor` (0 black, 1 unchanged).
pub fn adjust_brightness(tile: &mut [u8], factor: f64) {
    blend_with_constant(tile, factor, 0.0);
}

/// Blends the tile with the mean grey of the whole tile: 0 is flat grey, 1 unchanged, more is more contrast.
pub fn adjust_contrast(tile: &mut [u8], factor: f64) {
    let mut sum = 0_u64;
    let mut chunks = tile.chunks_exact(3 * BLOCK);
    for chunk in &mut chunks {
        let mut grey = [0_i32; BLOCK];
        for (pixel, grey) in chunk.chunks_exact(3).zip(&mut grey) {
            *grey = grey_of(f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2]));
        }
        sum += grey.iter().sum::<i32>() as u64;
    }
    for pixel in chunks.remainder().chunks_exact(3) {
        sum += grey_of(f32::from(pixel[0]), f32::from(pixel[1]), f32::from(pixel[2])) as u64;
    }
    let pixels = (tile.len() / 3).max(1);
    let mean = (sum as f64 / pixels as f64) as f32;
    blend_with_constant(tile, factor, mean);
}

/// Blends every pixel with its own grey: 0 is a grey tile, 1 unchanged, more is more vivid.
pub fn adjust_saturation(tile: &mut [u8], factor: f64) {
    let (keep, take) = (factor as f32, f64::from((1.0 - factor) as f32));
    by_blocks(tile, |planes, out| {
        // A product of two 32-bit floats is exact in 64 bits.
        let mut grey = [0.0_f64; BLOCK];
        for i in 0..BLOCK {
            grey[i] = f64::from(grey_of(planes[0][i], planes[1][i], planes[2][i])) * take;
        }
        for channel in 0..3 {
            for i in 0..BLOCK {
                out[channel][i] = blended(planes[channel][i] * keep, grey[i]);
            }
        }
    });
}

/// Turns the hue by `factor` of a full circle, −0.5 to 0.5; value and saturation stay. By way of hue, saturation and
/// value, as torchvision and Pillow do it, with selections in place of branches.
pub fn adjust_hue(tile: &mut [u8], factor: f64) {
    let turn = factor as f32;
    by_blocks(tile, |planes, out| {
        let [red, green, blue] = planes;
        for i in 0..BLOCK {
            let (r, g, b) = (red[i] * (1.0 / 255.0), green[i] * (1.0 / 255.0), blue[i] * (1.0 / 255.0));
            let value = r.max(g).max(b);
            let range = value - r.min(g).min(b);
            let grey = range == 0.0;
            let saturation = range / if grey { 1.0 } else { value };
            let divisor = if grey { 1.0 } else { range };
            let (rc, gc, bc) = ((value - r) / divisor, (value - g) / divisor, (value - b) / divisor);
            let by_green = if value == g { rc + 2.0 - bc } else { gc + 4.0 - rc };
            let sixths = if value == r { bc - gc } else { by_green };
            let hue = within_one(within_one(sixths * (1.0 / 6.0) + 1.0) + turn) * 6.0;
            // `hue` is at least 0, so truncation is the floor; 6 itself can come of rounding and means 0.
            let sector = hue as i32;
            let rest = hue - sector as f32;
            let faded = saturation * rest;
            let dull = 1.0 - saturation;
            let falling = (1.0 - faded) * value;
            let rising = (faded + dull) * value;
            let lowest = dull * value;
            let pick = |highest_in: [i32; 2], rising_in: i32, falling_in: i32| {
                let moving = if sector == rising_in { rising } else { lowest };
                let moving = if sector == falling_in { falling } else { moving };
                if sector == highest_in[0] || sector == highest_in[1] { value } else { moving }
            };
            let sector_six = sector == 6;
            let new_red = if sector_six { value } else { pick([0, 5], 4, 1) };
            let new_green = if sector_six { rising } else { pick([1, 2], 0, 3) };
            let new_blue = pick([3, 4], 2, 5);
            // 255.999 spreads 0..=1 evenly over the bytes, as torchvision's float-to-uint8 conversion does.
            out[0][i] = (new_red * 255.999) as i32;
            out[1][i] = (new_green * 255.999) as i32;
            out[2][i] = (new_blue * 255.999) as i32;
        }
    });
}

/// A position on the circle of one from at most one turn outside of it.
#[inline(always)]
fn within_one(k: f32) -> f32 {
    let k = if k < 0.0 { k + 1.0 } else { k };
    if k >= 1.0 { k - 1.0 } else { k }
}

/// Luma, rounded down.
#[inline(always)]
fn grey_of(r: f32, g: f32, b: f32) -> i32 {
    (r * 0.2989 + g * 0.587 + b * 0.114) as i32
}

/// `value · factor + constant · (1 − factor)`, clamped and truncated: 256 answers, looked up.
fn blend_with_constant(tile: &mut [u8], factor: f64, constant: f32) {
    let (keep, add) = (factor as f32, f64::from(constant) * f64::from((1.0 - factor) as f32));
    let mut table = [0_u8; 256];
    for (value, entry) in table.iter_mut().enumerate() {
        *entry = blended(value as f32 * keep, add) as u8;
    }
    for value in tile {
        *value = table[usize::from(*value)];
    }
}

/// The sum of a rounded and an unrounded product, rounded once (torch's fused multiply-add), clamped and truncated.
#[inline(always)]
fn blended(rounded: f32, unrounded: f64) -> i32 {
    ((f64::from(rounded) + unrounded) as f32).clamp(0.0, 255.0) as i32
}

/// Runs `change` over the tile block by block: floats in, whole numbers from 0 to 255 out.
#[inline(always)]
fn by_blocks(tile: &mut [u8], change: impl Fn(&Planes, &mut [[i32; BLOCK]; 3])) {
    let mut planes: Planes = [[0.0; BLOCK]; 3];
    let mut out = [[0_i32; BLOCK]; 3];
    for chunk in tile.chunks_mut(3 * BLOCK) {
        for (i, pixel) in chunk.chunks_exact(3).enumerate().take(BLOCK) {
            for channel in 0..3 {
                planes[channel][i] = f32::from(pixel[channel]);
            }
        }
        change(&planes, &mut out);
        for (i, pixel) in chunk.chunks_exact_mut(3).enumerate().take(BLOCK) {
            for channel in 0..3 {
                pixel[channel] = out[channel][i] as u8;
            }
        }
    }
}
