//! How work is cut, and the buffers it is done in.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};

use rayon::prelude::*;

/// Calls `f` with `0..count`: on the current rayon pool if `parallel`, else here and in order.
pub fn run_blocks(count: usize, parallel: bool, f: impl Fn(usize) + Sync + Send) {
    if parallel && count > 1 {
        (0..count).into_par_iter().for_each(f);
    } else {
        (0..count).for_each(f);
    }
}

/// A vector of `len` numbers that are yet to be written.
pub struct Output {
    data: Vec<f32>,
    len: usize,
}

impl Output {
    /// Room for `len` numbers.
    pub fn new(len: usize) -> Self {
        Output { data: Vec::with_capacity(len), len }
    }

    /// What blocks write through, each its own ranges.
    pub fn writer(&mut self) -> Writer<'_> {
        Writer { ptr: self.data.as_mut_ptr().cast(), len: self.len, owner: PhantomData }
    }

    /// The vector.
    ///
    /// # Safety
    /// Every number has been written.
    pub unsafe fn finish(mut self) -> Vec<f32> {
        // SAFETY: the capacity is at least `len`, and the caller has written every number.
        unsafe { self.data.set_len(self.len) };
        self.data
    }
}

/// Write access to an [`Output`] from several threads.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    ptr: *mut MaybeUninit<f32>,
    len: usize,
    owner: PhantomData<&'a mut [f32]>,
}

// SAFETY: a plain pointer to numbers; that ranges in use do not overlap is the contract of `range`.
unsafe impl Send for Writer<'_> {}
// SAFETY: as above.
unsafe impl Sync for Writer<'_> {}

impl<'a> Writer<'a> {
    /// Write access to numbers that there are already.
    pub fn over(data: &'a mut [f32]) -> Self {
        Writer { ptr: data.as_mut_ptr().cast(), len: data.len(), owner: PhantomData }
    }

    /// `len` numbers from `start`.
    ///
    /// # Safety
    /// No two ranges in use at the same time may overlap.
    #[allow(clippy::mut_from_ref)] // disjointness is the caller's
    pub unsafe fn range(&self, start: usize, len: usize) -> &mut [MaybeUninit<f32>] {
        assert!(start + len <= self.len, "a block writes inside its output");
        // SAFETY: inside the allocation (just checked), unaliased (the caller's promise), and uninitialised memory is valid as MaybeUninit.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.add(start), len) }
    }

    /// The first of `rows` rows of `len` numbers, the first at `start` and the others `pitch` further each.
    ///
    /// # Safety
    /// No two blocks in use at the same time may overlap.
    pub unsafe fn block(&self, start: usize, rows: usize, pitch: usize, len: usize) -> *mut f32 {
        assert!(
            rows == 0 || start + (rows - 1) * pitch + len <= self.len,
            "a block writes inside its output"
        );
        // SAFETY: inside the allocation, as was just checked.
        unsafe { self.ptr.add(start).cast() }
    }

    /// Where number `start` lies. What is written there is bound by the contract of [`Self::range`].
    pub fn at(&self, start: usize) -> *mut f32 {
        assert!(start < self.len, "a block writes inside its output");
        self.ptr.wrapping_add(start).cast()
    }
}

/// Numbers of a cache line.
const LINE: usize = 16;

/// Has the line of a place brought to a cache; the place may be anywhere. Only ever a hint.
macro_rules! hint {
    ($hint:ident, $at:expr) => {{
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_mm_prefetch, $hint};
            // SAFETY: a hint touches nothing, and where the processor does not know it, it does nothing.
            unsafe { _mm_prefetch::<$hint>($at.cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = $at;
    }};
}

/// Has numbers brought to the second-level cache, for a thread that computes meanwhile. Only ever a hint.
pub fn fetch(numbers: &[f32]) {
    numbers.chunks(LINE).for_each(|line| hint!(_MM_HINT_T1, line.as_ptr()));
}

/// Has the line of a place that is read soon brought to the first-level cache; the place may be anywhere. Only ever a hint.
#[inline(always)]
pub fn fetch_line(at: *const f32) {
    hint!(_MM_HINT_T0, at);
}

/// Has the line of a place that is written soon brought to the first-level cache; the place may be anywhere. Only ever a hint.
#[inline(always)]
pub fn fetch_to_write(at: *const f32) {
    hint!(_MM_HINT_ET0, at);
}

thread_local! {
    static POOL: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// A buffer lent by the thread, with old numbers in it.
pub struct Scratch {
    data: Vec<f32>,
    len: usize,
}

impl Scratch {
    /// `len` numbers of any value.
    pub fn take(len: usize) -> Self {
        let mut data = POOL.with_borrow_mut(Vec::pop).unwrap_or_default();
        if data.len() < len {
            data.resize(len, 0.0);
        }
        Scratch { data, len }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        // A thread that is going away has no pool any more: the buffer is then simply freed.
        let _ = POOL.try_with(|pool| {
            let mut pool = pool.borrow_mut();
            if pool.len() < 4 {
                pool.push(data);
            }
        });
    }
}

impl Deref for Scratch {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[..self.len]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.len]
    }
}

/// Defines a function whose body is compiled for each [`crate::simd::Level`], of which the one in use is called. The arithmetic is the
/// same: the compiler widens the loops, but neither fuses nor reorders anything, so that every level gives the same bits.
macro_rules! vectorised {
    ($(#[$doc:meta])* fn $name:ident $(<$(const $g:ident: $t:ty),+>)? ($($arg:ident: $ty:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, clippy::ref_option)]
        pub fn $name $(<$(const $g: $t),+>)? ($($arg: $ty),*) $(-> $out)? {
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
pub(super) use vectorised;
