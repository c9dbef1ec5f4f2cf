//! Parts of messages.

use files::{cut_path, quoted};

use crate::counted::grouped;

/// "is empty", or which word is in it.
pub(super) fn holds_nothing(cell: &str) -> String {
    if cell.is_empty() {
        "is empty".into()
    } else {
        format!("holds {}, which stands for no value,", quoted(cell))
    }
}

pub(super) fn there_is(meant: Option<&str>) -> String {
    meant.map_or_else(String::new, |name| format!(", but there is {}", cut_path(name)))
}

/// How a slide is written on the other side, if not in the same way.
pub(super) fn written(slide: &str, other: &str) -> String {
    if slide == other {
        return String::new();
    }
    format!(", where it is written {} (only case, ending, blanks or zeros differ)", quoted(other))
}

/// "300 × 200 px need 4.0 GiB", or what the file needs if its header was not read.
pub(super) fn needs(size: Option<(u32, u32)>, bytes: u64) -> String {
    let bytes = gibibytes(bytes);
    size.map_or_else(|| format!("its file needs {bytes}"), |(w, h)| format!("{w} × {h} px need {bytes}"))
}

/// Dark tiles among all of more than 8 bits: "3 of 40 16-bit tiles".
pub(super) fn deep_tiles(dark: usize, all: usize, is_float: bool) -> String {
    let share = if all > dark { format!(" of {all}") } else { String::new() };
    let kind = match (is_float, all) {
        (true, _) => "floating-point tiles, scaled to 16 bits,",
        (false, 1) => "16-bit tile",
        (false, _) => "16-bit tiles",
    };
    format!("{dark}{share} {kind}")
}

/// Values that are far above all others.
pub(super) fn but_spikes(n: usize) -> String {
    match n {
        0 => String::new(),
        1 => " but one that is far above the others, as a hot pixel is".to_owned(),
        n => format!(
            " but {} that are far above the others, as scale bars, padding and hot pixels are",
            grouped(n)
        ),
    }
}

/// Bytes as "4.0 GiB", or "12.3 MiB" or "5.0 KiB" below one.
pub(super) fn gibibytes(bytes: u64) -> String {
    let kib = bytes as f64 / 1024.0;
    match kib {
        _ if kib < 1024.0 => format!("{kib:.1} KiB"),
        _ if kib < 1024.0 * 1024.0 => format!("{:.1} MiB", kib / 1024.0),
        _ => format!("{:.1} GiB", kib / 1024.0 / 1024.0),
    }
}

/// The depth of cameras that give `bits` bits or a few less.
pub(super) fn camera_bits(bits: u8) -> u8 {
    [8, 10, 12, 14].into_iter().find(|&depth| depth >= bits).unwrap_or(bits)
}
