//! Weights and inputs by a formula, so that another program can fill the same network with the same numbers and compare
//! what it computes: `tools/fixtures_nets.py` repeats it bit for bit in Python.

use crate::named::NamedTensors;

/// Uniform in `[low, high)`, from the name and each element's index alone: FNV-1a of the name seeds splitmix64, whose
/// upper 24 bits are the number.
pub fn filled(name: &str, shape: &[usize], low: f64, high: f64) -> Vec<f32> {
    let seed = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    let n: usize = shape.iter().product();
    let value = |i: u64| {
        let mut z = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (low + (z >> 40) as f64 / f64::from(1 << 24) * (high - low)) as f32
    };
    (1..=n as u64).map(value).collect()
}

/// The formula's tensor of a network, by the end of its name and its shape: activations neither vanish nor explode.
pub fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    match shape.len() {
        _ if name.ends_with("running_mean") => filled(name, shape, -0.1, 0.1),
        _ if name.ends_with("running_var") => filled(name, shape, 0.5, 1.5),
        1 if name.ends_with("weight") => filled(name, shape, 0.7, 1.3),
        1 => filled(name, shape, -0.2, 0.2),
        _ => {
            let bound = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt();
            filled(name, shape, -bound, bound)
        }
    }
}

/// The network with the formula's tensors.
pub fn fill<N: NamedTensors>(network: N) -> N {
    network.with_values(&mut weight)
}
