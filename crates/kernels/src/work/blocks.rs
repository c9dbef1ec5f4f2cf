//! Work in blocks that may run in parallel, and outputs that blocks write side by side.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

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
