//! Which vector instructions the kernels use: the widest that the processor has, unless told otherwise.
//!
//! The environment variable `GRAYZONE_SIMD` (`portable`, `avx2` or `avx512`) narrows them, to reproduce on a wide processor what a
//! narrower one computes, or to compare speeds. A program asks [`from_environment`] once at its start and reports what is wrong with the
//! variable; where nobody asks, an unusable value is as good as none.

use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};

/// The environment variable's name.
pub const VARIABLE: &str = "GRAYZONE_SIMD";

/// Sets of vector instructions, each containing those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// What every processor of the architecture has.
    Portable = 1,
    /// AVX2 and FMA: vectors of 8 numbers.
    Avx2 = 2,
    /// AVX-512 F, VL, DQ and BW: vectors of 16 numbers.
    Avx512 = 3,
}

/// Why a level cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimdError {
    /// No level has this name.
    #[error("`{0}` is no set of vector instructions (it is one of portable, avx2, avx512)")]
    Unknown(String),
    /// The processor lacks it.
    #[error("this processor has no {wanted}, the most it has is {most}")]
    Unsupported {
        /// What was asked for.
        wanted: Level,
        /// What there is.
        most: Level,
    },
}

impl Level {
    /// All levels, narrowest first.
    pub const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// The widest that the processor has.
    pub fn most() -> Level {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") {
                let wide = has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw");
                return if wide { Level::Avx512 } else { Level::Avx2 };
            }
        }
        Level::Portable
    }

    /// The levels that the processor has, narrowest first.
    pub fn available() -> impl Iterator<Item = Level> {
        let most = Self::most();
        Self::ALL.into_iter().filter(move |level| *level <= most)
    }

    fn supported(self) -> Result<Level, SimdError> {
        let most = Self::most();
        if self <= most { Ok(self) } else { Err(SimdError::Unsupported { wanted: self, most }) }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}

impl FromStr for Level {
    type Err = SimdError;
    fn from_str(text: &str) -> Result<Self, SimdError> {
        Self::ALL
            .into_iter()
            .find(|level| level.to_string() == text)
            .ok_or_else(|| SimdError::Unknown(text.into()))
    }
}

/// The level in use; 0 before the first question. Never above [`Level::most`].
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// The level in use.
#[inline]
pub fn level() -> Level {
    match LEVEL.load(Ordering::Relaxed) {
        0 => first_level(),
        1 => Level::Portable,
        2 => Level::Avx2,
        _ => Level::Avx512,
    }
}

#[cold]
fn first_level() -> Level {
    let level = from_environment().unwrap_or_else(|_| Level::most());
    LEVEL.store(level as u8, Ordering::Relaxed);
    level
}

/// The level that `GRAYZONE_SIMD` asks for; without it (or with an empty one) the widest there is.
///
/// # Errors
/// If no level has that name, or the processor lacks it.
pub fn from_environment() -> Result<Level, SimdError> {
    match std::env::var_os(VARIABLE) {
        Some(text) if !text.is_empty() => text.to_string_lossy().parse::<Level>()?.supported(),
        _ => Ok(Level::most()),
    }
}

/// Uses `level` from here on, in the whole process.
///
/// # Errors
/// If the processor lacks it.
pub fn set_level(level: Level) -> Result<(), SimdError> {
    LEVEL.store(level.supported()? as u8, Ordering::Relaxed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_names() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        let error = "sse9".parse::<Level>().unwrap_err();
        assert!(error.to_string().contains("`sse9`") && error.to_string().contains("avx512"));
    }

    #[test]
    fn no_level_above_the_processors() {
        assert!(Level::available().all(|level| level.supported() == Ok(level)));
        assert_eq!(Level::available().last(), Some(Level::most()));
        for level in Level::ALL.into_iter().filter(|level| *level > Level::most()) {
            assert!(matches!(set_level(level), Err(SimdError::Unsupported { .. })));
        }
    }
}
