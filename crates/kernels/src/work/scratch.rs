//! Buffers that a thread lends again and again.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

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
