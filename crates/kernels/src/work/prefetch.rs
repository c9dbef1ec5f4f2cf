//! Asking for memory before it is needed. Only ever a hint: it changes no result, and the place may be anywhere.

/// Numbers of a cache line.
const LINE: usize = 16;

/// What a line is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// It is read soon: to the first-level cache.
    Read,
    /// It is written soon: to the first-level cache.
    Write,
    /// It is read after what is being computed: to the second-level cache.
    Later,
}

/// Has the line of a place brought to a cache.
#[inline(always)]
pub fn prefetch(at: *const f32, hint: Hint) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _MM_HINT_T0, _MM_HINT_T1, _mm_prefetch};
        // SAFETY: a hint touches nothing, and where the processor does not know it, it does nothing.
        unsafe {
            match hint {
                Hint::Read => _mm_prefetch::<_MM_HINT_T0>(at.cast()),
                Hint::Write => _mm_prefetch::<_MM_HINT_ET0>(at.cast()),
                Hint::Later => _mm_prefetch::<_MM_HINT_T1>(at.cast()),
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, hint);
}

/// The same for each line of `numbers`.
pub fn prefetch_all(numbers: &[f32], hint: Hint) {
    numbers.chunks(LINE).for_each(|line| prefetch(line.as_ptr(), hint));
}
