//! Fisher's exact test of a 2×2 table.

use crate::binomial::first_where;
use crate::saddle_point::{falling_sum, ln_hypergeometric};

/// Tables that are likelier than the observed one by less than this share count as equal to it (`SciPy`'s).
const TIE: f64 = 1e-14;
/// Where two logarithms of probabilities differ by less than this, rounding might decide which is larger.
const DOUBTFUL: f64 = 1e-9;
/// Below this logarithm of a probability, even the 2³² tables there may be sum to nothing that an `f64` can hold.
const VANISHING: f64 = -800.0;

/// Two-sided p-value of Fisher's exact test: the chance of a table no likelier than `[[a, b], [c, d]]` among those
/// with its row and column sums, if rows and columns are independent. `SciPy`'s `fisher_exact`, which counts tables
/// within 1e-14 of the observed probability as equal; here that is decided to some 30 digits, so that equally likely
/// tables are seen as such however large the counts.
///
/// 1 if a row or column is empty. A p-value below 1e-300 may come out as 0.
pub fn fisher_exact([[a, b], [c, d]]: [[u32; 2]; 2]) -> f64 {
    let [a, b, c, d] = [a, b, c, d].map(u64::from);
    let (marked, plain, drawn) = (a + b, c + d, a + c);
    if marked == 0 || plain == 0 || drawn == 0 || b + d == 0 {
        return 1.0;
    }
    let mode = (u128::from(drawn + 1) * u128::from(marked + 1) / u128::from(marked + plain + 2)) as u64;
    match a.cmp(&mode) {
        std::cmp::Ordering::Less => Margins { marked, plain, drawn }.p_value(a, mode),
        std::cmp::Ordering::Equal => 1.0,
        // With its columns exchanged the table lies below its mode.
        std::cmp::Ordering::Greater => {
            let drawn = b + d;
            Margins { marked, plain, drawn }.p_value(b, marked - mode)
        }
    }
}

/// The sums that are held fixed: two rows, and the first column.
struct Margins {
    marked: u64,
    plain: u64,
    drawn: u64,
}

impl Margins {
    /// The test for an observed upper left count below the `mode`, from where on probabilities only fall.
    fn p_value(&self, observed: u64, mode: u64) -> f64 {
        let most = self.marked.min(self.drawn);
        let ln_observed = self.ln(observed);
        // Besides, the steps from here to an equally likely table could be billions.
        if ln_observed < VANISHING {
            return 0.0;
        }
        let start = first_where(mode, most + 1, |k| {
            let difference = self.ln(k) - ln_observed;
            if difference.abs() < DOUBTFUL {
                self.ratio(observed, k).is_at_most_one(TIE)
            } else {
                difference < 0.0
            }
        });
        if start == mode {
            return 1.0;
        }
        let least = self.drawn.saturating_sub(self.plain);
        let below = falling_sum((least..observed).rev().map(|k| 1.0 / self.step(k)));
        let mut p = (ln_observed + below.ln()).exp();
        if start <= most {
            let above = falling_sum((start..most).map(|k| self.step(k)));
            p += (self.ln(start) + above.ln()).exp();
        }
        p.min(1.0)
    }

    fn ln(&self, k: u64) -> f64 {
        ln_hypergeometric(k, self.marked, self.plain, self.drawn)
    }

    /// The whole numbers of which `P(k + 1) / P(k)` is made: two above the line, two below.
    fn factors(&self, k: u64) -> [f64; 4] {
        [self.marked - k, self.drawn - k, k + 1, self.plain + k + 1 - self.drawn].map(|n| n as f64)
    }

    fn step(&self, k: u64) -> f64 {
        let [m, d, k, p] = self.factors(k);
        (m / k) * (d / p)
    }

    /// `P(to) / P(from)`, for counts whose probabilities are about equal.
    fn ratio(&self, from: u64, to: u64) -> DoubleDouble {
        let (mut low, mut high) = (from, to);
        let mut ratio = DoubleDouble { head: 1.0, tail: 0.0 };
        // The steps fall from above 1 to below: taking them from both ends keeps the product in range.
        while low < high {
            let [m, d, k, p] = if ratio.head <= 1.0 {
                low += 1;
                self.factors(low - 1)
            } else {
                high -= 1;
                self.factors(high)
            };
            ratio = ratio.times(m).over(k).times(d).over(p);
        }
        ratio
    }
}

/// A number as the sum of two, the second below the first's last digit: some 32 digits (Dekker 1971, *Numerische
/// Mathematik* 18).
#[derive(Clone, Copy)]
struct DoubleDouble {
    head: f64,
    tail: f64,
}

impl DoubleDouble {
    fn new(head: f64, rest: f64) -> Self {
        let sum = head + rest;
        Self { head: sum, tail: rest - (sum - head) }
    }

    fn times(self, factor: f64) -> Self {
        let product = self.head * factor;
        Self::new(product, self.head.mul_add(factor, -product) + self.tail * factor)
    }

    fn over(self, divisor: f64) -> Self {
        let quotient = self.head / divisor;
        let rest = (-quotient).mul_add(divisor, self.head) + self.tail;
        Self::new(quotient, rest / divisor)
    }

    /// Whether the number is at most `1 + excess`.
    fn is_at_most_one(self, excess: f64) -> bool {
        (self.head - 1.0) + self.tail <= excess
    }
}
