//! Where a condition on a number ceases to hold.

/// The x from `low` to `high` up to which `holds`, to the last digit, by bisection.
pub(crate) fn crossing(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return middle;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}
