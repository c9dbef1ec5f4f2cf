//! The little linear algebra that distances between sets of features need.

/// Sweeps after which Jacobi's method is taken to have converged: it needs some ten.
const MOST_SWEEPS: usize = 60;

/// The rows of the triangular factor R of `rows = Q R`, by Householder's reflections (Golub & Van Loan, *Matrix
/// Computations*, section 5.2): as many rows as columns, and with the same products of columns as `rows` has. Where there
/// are no more rows than columns, the rows themselves.
pub(crate) fn triangular(rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let width = rows.first().map_or(0, Vec::len);
    if rows.len() <= width {
        return rows;
    }
    let mut columns = transposed(&rows);
    for k in 0..width {
        let (done, rest) = columns.split_at_mut(k + 1);
        let pivot = &mut done[k][k..];
        let norm = pivot.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm == 0.0 {
            continue;
        }
        let diagonal = if pivot[0] > 0.0 { -norm } else { norm };
        let mut reflector = pivot.to_vec();
        reflector[0] -= diagonal;
        let squared: f64 = reflector.iter().map(|v| v * v).sum();
        for column in rest {
            let scale = 2.0 * dot(&reflector, &column[k..]) / squared;
            for (v, r) in column[k..].iter_mut().zip(&reflector) {
                *v -= scale * r;
            }
        }
        pivot.fill(0.0);
        pivot[0] = diagonal;
    }
    for column in &mut columns {
        column.truncate(width);
    }
    transposed(&columns)
}

/// The sum of the singular values of `a bᵀ`, given the rows of both: one-sided Jacobi (Hestenes 1958; Demmel & Veselić
/// 1992), which turns pairs of columns until all are at right angles; their lengths are the singular values. Nothing is
/// squared, so that small ones keep their digits.
pub(crate) fn nuclear_norm_of_product(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    // Fewer columns are fewer pairs.
    let (a, b) = if a.len() < b.len() { (b, a) } else { (a, b) };
    let mut columns: Vec<Vec<f64>> = b.iter().map(|b| a.iter().map(|a| dot(a, b)).collect()).collect();
    let total: f64 = columns.iter().map(|c| dot(c, c)).sum();
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for q in 1..columns.len() {
            let (before, rest) = columns.split_at_mut(q);
            let second = &mut rest[0];
            for first in before {
                turned |= make_orthogonal(first, second, total);
            }
        }
        if !turned {
            break;
        }
    }
    columns.iter().map(|c| dot(c, c).sqrt()).sum()
}

/// Turns two columns in their plane until they are at right angles; false if they were. `total` is the sum of squares
/// of all columns: products far below its last digit are rounding.
fn make_orthogonal(first: &mut [f64], second: &mut [f64], total: f64) -> bool {
    let (alpha, beta, gamma) = (dot(first, first), dot(second, second), dot(first, second));
    let negligible = f64::EPSILON * (alpha * beta).sqrt() + f64::EPSILON * f64::EPSILON * total;
    if gamma.abs() <= negligible {
        return false;
    }
    let zeta = (beta - alpha) / (2.0 * gamma);
    let tangent = zeta.signum() / (zeta.abs() + 1.0_f64.hypot(zeta));
    let cosine = 1.0 / 1.0_f64.hypot(tangent);
    let sine = cosine * tangent;
    for (x, y) in first.iter_mut().zip(second) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
    true
}

/// The product of two vectors of one length.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width).map(|j| rows.iter().map(|row| row[j]).collect()).collect()
}
