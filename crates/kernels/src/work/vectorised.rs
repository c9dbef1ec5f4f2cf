//! Loops compiled for each width of vectors.

/// Defines a function whose body is compiled for each [`crate::simd::Level`], of which the one in use is called. The arithmetic is the
/// same: the compiler widens the loops, but neither fuses nor reorders anything, so that every level gives the same bits.
macro_rules! vectorised {
    ($(#[$doc:meta])* $vis:vis fn $name:ident $(<$(const $g:ident: $t:ty),+>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, clippy::ref_option)]
        $vis fn $name $(<$(const $g: $t),+>)? ($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn plain $(<$(const $g: $t),+>)? ($($arg: $ty),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2 $(<$(const $g: $t),+>)? ($($arg: $ty),*) $(-> $out)? {
                    plain $(::<$($g),+>)? ($($arg),*)
                }
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx512 $(<$(const $g: $t),+>)? ($($arg: $ty),*) $(-> $out)? {
                    plain $(::<$($g),+>)? ($($arg),*)
                }
                match crate::simd::level() {
                    // SAFETY: the level in use is never above the processor's.
                    crate::simd::Level::Avx512 => return unsafe { avx512 $(::<$($g),+>)? ($($arg),*) },
                    // SAFETY: as above.
                    crate::simd::Level::Avx2 => return unsafe { avx2 $(::<$($g),+>)? ($($arg),*) },
                    crate::simd::Level::Portable => {}
                }
            }
            plain $(::<$($g),+>)? ($($arg),*)
        }
    };
}
pub(crate) use vectorised;
