//! Symmetric 3 × 3 matrices: eigenvectors, roots, products.

/// A matrix, row by row.
pub(super) type Matrix = [[f64; 3]; 3];

/// The eigenvalues of a symmetric matrix in falling order, and its eigenvectors, one a row, of length 1, in the same order (cyclic Jacobi
/// rotations, Golub & Van Loan, section 8.5).
pub(super) fn eigen(matrix: &Matrix) -> ([f64; 3], Matrix) {
    let mut a = *matrix;
    let mut v = diagonal([1.0; 3]);
    // Convergence is quadratic: three or four sweeps reach the last bit.
    for _ in 0..16 {
        for (p, q) in [(0, 1), (0, 2), (1, 2)] {
            if a[p][q] == 0.0 {
                continue;
            }
            let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
            let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
            let c = 1.0 / t.hypot(1.0);
            let s = t * c;
            for row in &mut a {
                (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
            }
            for k in 0..3 {
                (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]);
                (v[p][k], v[q][k]) = (c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]);
            }
            (a[p][q], a[q][p]) = (0.0, 0.0);
        }
    }
    let mut order = [0, 1, 2];
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    (order.map(|i| a[i][i]), order.map(|i| v[i]))
}

/// A symmetric matrix with `f` of its eigenvalues in their place.
pub(super) fn map_eigenvalues(matrix: &Matrix, f: impl Fn(f64) -> f64) -> Matrix {
    let (values, vectors) = eigen(matrix);
    let mut mapped = [[0.0; 3]; 3];
    for (value, vector) in values.into_iter().zip(vectors) {
        let value = f(value);
        for (row, a) in mapped.iter_mut().zip(vector) {
            for (cell, b) in row.iter_mut().zip(vector) {
                *cell += value * a * b;
            }
        }
    }
    mapped
}

pub(super) fn diagonal(values: [f64; 3]) -> Matrix {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { values[i] } else { 0.0 }))
}

pub(super) fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| std::array::from_fn(|j| (0..3).map(|k| row[k] * b[k][j]).sum()))
}

pub(super) fn times(a: &Matrix, x: [f64; 3]) -> [f64; 3] {
    a.map(|row| dot(row, x))
}

pub(super) fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_those_of_the_matrix() {
        let matrices = [
            [[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]],
            [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
            [[2.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 1e-9]],
            [[0.0; 3]; 3],
        ];
        for matrix in matrices {
            let (values, vectors) = eigen(&matrix);
            assert!(values.is_sorted_by(|a, b| a >= b), "{values:?}");
            for (value, vector) in values.into_iter().zip(vectors) {
                let image = times(&matrix, vector);
                assert!((0..3).all(|i| (image[i] - value * vector[i]).abs() < 1e-14), "{matrix:?}");
                assert!((dot(vector, vector) - 1.0).abs() < 1e-14);
            }
            let root = map_eigenvalues(&matrix, |v| v.max(0.0).sqrt());
            let square = product(&root, &root);
            let off = (0..9).map(|i| (square[i / 3][i % 3] - matrix[i / 3][i % 3]).abs()).fold(0.0, f64::max);
            assert!(off < 1e-12, "{off}");
        }
    }
}
