//! Matrices in memory.

/// A matrix in memory: where it starts, and how far the next row and the next column are.
#[derive(Clone, Copy)]
pub struct Matrix {
    /// First number.
    pub ptr: *const f32,
    /// Distance of rows.
    pub row: usize,
    /// Distance of columns.
    pub col: usize,
}

impl Matrix {
    /// A row-major matrix with rows of `width` numbers.
    pub fn rows(data: &[f32], width: usize) -> Self {
        Matrix { ptr: data.as_ptr(), row: width, col: 1 }
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        Matrix { ptr: self.ptr, row: self.col, col: self.row }
    }
}
