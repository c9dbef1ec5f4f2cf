//! CIE L\*a\*b\* of sRGB levels (IEC 61966-2-1, white point D65, 2°).

/// X, Y and Z of white.
const WHITE: [f64; 3] = [0.950_47, 1.0, 1.088_83];
/// Linear sRGB to XYZ.
const TO_XYZ: [[f64; 3]; 3] = [
    [0.412_456_4, 0.357_576_1, 0.180_437_5],
    [0.212_672_9, 0.715_152_2, 0.072_175_0],
    [0.019_333_9, 0.119_192_0, 0.950_304_1],
];
/// And back.
const TO_RGB: [[f64; 3]; 3] = [
    [3.240_454_2, -1.537_138_5, -0.498_531_4],
    [-0.969_266_0, 1.876_010_8, 0.041_556_0],
    [0.055_643_4, -0.204_025_9, 1.057_225_2],
];
/// Where the cube root turns into a line.
const D: f64 = 6.0 / 29.0;

/// Lightness 0 to 100, a and b of levels 0 to 255.
pub(super) fn lab_of(levels: [f64; 3]) -> [f64; 3] {
    let linear = levels.map(|v| {
        let v = v / 255.0;
        if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    });
    let f: [f64; 3] = std::array::from_fn(|i| {
        let t = (0..3).map(|j| TO_XYZ[i][j] * linear[j]).sum::<f64>() / WHITE[i];
        if t > D * D * D { t.cbrt() } else { t / (3.0 * D * D) + 4.0 / 29.0 }
    });
    [116.0 * f[1] - 16.0, 500.0 * (f[0] - f[1]), 200.0 * (f[1] - f[2])]
}

/// The levels of such a colour, within 0 to 255 and not rounded.
pub(super) fn levels_of_lab([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let f = [y + a / 500.0, y, y - b / 200.0];
    let xyz: [f64; 3] = std::array::from_fn(|i| {
        WHITE[i] * if f[i] > D { f[i].powi(3) } else { 3.0 * D * D * (f[i] - 4.0 / 29.0) }
    });
    std::array::from_fn(|i| {
        let v = (0..3).map(|j| TO_RGB[i][j] * xyz[j]).sum::<f64>().clamp(0.0, 1.0);
        255.0 * if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
    })
}
