//! Calibrated probabilities from a network's logits.

use crate::summary::mean;

/// How strongly the fit is held to the logits as they are, as a share of the loss of one item: without it classes that are told apart without
/// an error would ask for an infinite scale.
const RIDGE: f64 = 1e-3;
/// Steps of Newton's method; it takes some ten.
const STEPS: usize = 100;

/// Temperature scaling with a bias a class (Guo et al. 2017, *ICML*; their "bias-corrected" form: Alexandari et al. 2020, *ICML*): the
/// probabilities are the softmax of `scale · logits + bias`. Of items it keeps the order by any two classes' logits, and changes how sure one
/// is of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Temperature {
    /// One over the temperature, 0 or more.
    pub scale: f64,
    /// One number a class, the first 0.
    pub bias: Vec<f64>,
}

impl Temperature {
    /// The logits as they are.
    pub fn none(classes: usize) -> Self {
        Self { scale: 1.0, bias: vec![0.0; classes] }
    }

    /// The scale and biases of the least mean cross-entropy of the probabilities of `logits` (one row an item, one number a class) against
    /// `targets` of the same shape, whose rows are probabilities. By Newton's method on a convex function, so that it is the same however
    /// the items are ordered, but for the last digits. Where the least lies below a scale of 0, of logits that are worse than chance, the scale
    /// is 0 and the biases are the best for it, which on a convex function is the least of what is allowed.
    ///
    /// `None` of nothing, of rows of different lengths, of fewer than two classes, or of numbers that are none.
    pub fn fit(logits: &[Vec<f64>], targets: &[Vec<f64>]) -> Option<Self> {
        let classes = logits.first()?.len();
        let sound = |row: &Vec<f64>| row.len() == classes && row.iter().all(|v| v.is_finite());
        if classes < 2 || logits.len() != targets.len() || !logits.iter().chain(targets).all(sound) {
            return None;
        }
        let fitted = Self::none(classes).descended(logits, targets, true)?;
        if fitted.scale >= 0.0 {
            return Some(fitted);
        }
        Self { scale: 0.0, bias: vec![0.0; classes] }.descended(logits, targets, false)
    }

    /// What Newton's method comes to from here; unless `scales`, the scale stays.
    fn descended(self, logits: &[Vec<f64>], targets: &[Vec<f64>], scales: bool) -> Option<Self> {
        let mut fitted = self;
        let mut loss = fitted.penalised(logits, targets);
        for _ in 0..STEPS {
            let (mut gradient, mut hessian) = fitted.derivatives(logits, targets);
            if !scales {
                gradient[0] = 0.0;
                for row in &mut hessian {
                    row[0] = 0.0;
                }
                hessian[0].fill(0.0);
                hessian[0][0] = 1.0;
            }
            let step = solve(hessian, gradient)?;
            // A full step may overshoot far from the least loss; halving it finds one that does not.
            let mut share = 1.0;
            let next = loop {
                let next = fitted.moved(&step, share);
                let at = next.penalised(logits, targets);
                if at <= loss {
                    break Some((next, at));
                }
                share /= 2.0;
                if share < 1e-9 {
                    break None;
                }
            };
            // Where no part of a step gains anything, rounding is all that is left.
            let Some((next, at)) = next else { break };
            let gained = loss - at;
            (fitted, loss) = (next, at);
            if gained < 1e-14 {
                break;
            }
        }
        Some(fitted)
    }

    /// A probability a class.
    pub fn probabilities(&self, logits: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> = logits.iter().zip(&self.bias).map(|(l, b)| self.scale * l + b).collect();
        let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scaled.iter().map(|s| (s - most).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|p| p / sum).collect()
    }

    /// Mean cross-entropy of its probabilities against `targets`, in nats; `None` of nothing.
    pub fn cross_entropy(&self, logits: &[Vec<f64>], targets: &[Vec<f64>]) -> Option<f64> {
        let of_item = |(logits, targets): (&Vec<f64>, &Vec<f64>)| -> f64 {
            let scaled: Vec<f64> = logits.iter().zip(&self.bias).map(|(l, b)| self.scale * l + b).collect();
            let most = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let log_sum = most + scaled.iter().map(|s| (s - most).exp()).sum::<f64>().ln();
            scaled.iter().zip(targets).map(|(s, t)| t * (log_sum - s)).sum()
        };
        mean(&logits.iter().zip(targets).map(of_item).collect::<Vec<_>>())
    }

    /// What is minimised: the cross-entropy, and a little for being far from the logits as they are.
    fn penalised(&self, logits: &[Vec<f64>], targets: &[Vec<f64>]) -> f64 {
        let away = (self.scale - 1.0).powi(2) + self.bias.iter().map(|b| b * b).sum::<f64>();
        self.cross_entropy(logits, targets).unwrap_or(0.0) + 0.5 * RIDGE * away / logits.len().max(1) as f64
    }

    /// Gradient and Hessian of [`Self::penalised`] by the scale and every bias but the first.
    fn derivatives(&self, logits: &[Vec<f64>], targets: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let (n, k) = (logits.len() as f64, self.bias.len());
        let mut gradient = vec![0.0; k];
        let mut hessian = vec![vec![0.0; k]; k];
        for (logits, targets) in logits.iter().zip(targets) {
            let p = self.probabilities(logits);
            let sum: f64 = targets.iter().sum();
            // Of class c: how its scaled logit moves with each parameter, the scale first.
            let moves = |c: usize, at: usize| if at == 0 { logits[c] } else { f64::from(u8::from(c == at)) };
            for at in 0..k {
                let expected: f64 = (0..k).map(|c| p[c] * moves(c, at)).sum();
                gradient[at] += (0..k).map(|c| (sum * p[c] - targets[c]) * moves(c, at)).sum::<f64>() / n;
                for (other, curvature) in hessian[at].iter_mut().enumerate() {
                    let of_other: f64 = (0..k).map(|c| p[c] * moves(c, other)).sum();
                    let both: f64 = (0..k).map(|c| p[c] * moves(c, at) * moves(c, other)).sum();
                    *curvature += sum * (both - expected * of_other) / n;
                }
            }
        }
        let away = |at: usize| if at == 0 { self.scale - 1.0 } else { self.bias[at] };
        for at in 0..k {
            gradient[at] += RIDGE * away(at) / n;
            hessian[at][at] += RIDGE / n;
        }
        (gradient, hessian)
    }

    fn moved(&self, step: &[f64], share: f64) -> Self {
        let bias = self.bias.iter().enumerate();
        let bias = bias.map(|(c, b)| if c == 0 { 0.0 } else { b - share * step[c] }).collect();
        Self { scale: self.scale - share * step[0], bias }
    }
}

/// The solution of a symmetric, positive definite system, by Gauss with the largest pivot; `None` if it is singular.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for col in 0..n {
        let pivot = (col..n).max_by(|&i, &j| a[i][col].abs().total_cmp(&a[j][col].abs()))?;
        if a[pivot][col].abs() < 1e-300 {
            return None;
        }
        a.swap(col, pivot);
        b.swap(col, pivot);
        for row in col + 1..n {
            let factor = a[row][col] / a[col][col];
            let (above, below) = a.split_at_mut(row);
            for (x, y) in below[0][col..].iter_mut().zip(&above[col][col..]) {
                *x -= factor * y;
            }
            b[row] -= factor * b[col];
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|col| a[row][col] * b[col]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits on a grid, whose true probabilities are the softmax of half of them with a bias of 0.7 for the second class.
    fn grid() -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        let truth = Temperature { scale: 0.5, bias: vec![0.0, 0.7, -0.4] };
        let values = [-3.0, -1.0, 0.0, 2.0, 4.0];
        let mut logits = Vec::new();
        for a in values {
            for b in values {
                logits.push(vec![a, b, 0.5 * (a - b)]);
            }
        }
        let targets = logits.iter().map(|l| truth.probabilities(l)).collect();
        (logits, targets)
    }

    #[test]
    fn the_truth_is_found_where_targets_are_its_probabilities() {
        let (logits, targets) = grid();
        let fitted = Temperature::fit(&logits, &targets).unwrap();
        assert!((fitted.scale - 0.5).abs() < 1e-3, "{fitted:?}");
        for (found, is) in fitted.bias.iter().zip([0.0, 0.7, -0.4]) {
            assert!((found - is).abs() < 1e-3, "{fitted:?}");
        }
        let none = Temperature::none(3);
        assert!(fitted.cross_entropy(&logits, &targets) < none.cross_entropy(&logits, &targets));
        let p = fitted.probabilities(&[800.0, 0.0, -800.0]);
        assert!((p[0] - 1.0).abs() < 1e-12 && p.iter().all(|p| p.is_finite()));
    }

    #[test]
    fn a_bias_alone_gives_the_share_of_the_class() {
        // Logits that tell nothing: the best probability is how often the class comes.
        let logits = vec![vec![0.0, 0.0]; 8];
        let targets: Vec<Vec<f64>> =
            (0..8).map(|k| if k < 6 { vec![1.0, 0.0] } else { vec![0.0, 1.0] }).collect();
        let p = Temperature::fit(&logits, &targets).unwrap().probabilities(&[0.0, 0.0]);
        assert!((p[0] - 0.75).abs() < 1e-3, "{p:?}");
    }

    #[test]
    fn logits_worse_than_chance_are_not_turned_round() {
        let logits: Vec<Vec<f64>> = (0..10).map(|k| vec![f64::from(k), 0.0]).collect();
        let target = |k: u32| if k < 6 { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
        let fitted = Temperature::fit(&logits, &(0..10).map(target).collect::<Vec<_>>()).unwrap();
        assert_eq!(fitted.scale, 0.0);
        let p = fitted.probabilities(&[9.0, 0.0]);
        assert!((p[0] - 0.6).abs() < 1e-3, "how often the class comes: {p:?}");
    }

    #[test]
    fn classes_without_an_error_stay_finite_and_nonsense_is_refused() {
        let logits = vec![vec![2.0, -2.0], vec![-1.0, 1.0]];
        let targets = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
        let fitted = Temperature::fit(&logits, &targets).unwrap();
        assert!(fitted.scale.is_finite() && fitted.scale > 1.0, "{fitted:?}");
        assert_eq!(Temperature::fit(&[], &[]), None);
        assert_eq!(Temperature::fit(&[vec![1.0, f64::NAN]], &[vec![1.0, 0.0]]), None);
        assert_eq!(Temperature::fit(&[vec![1.0]], &[vec![1.0]]), None);
        assert_eq!(Temperature::fit(&[vec![1.0, 2.0]], &[]), None);
    }
}
