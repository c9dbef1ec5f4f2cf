//! Steps on the clock, and the memory they need.

use std::collections::BTreeMap;
use std::time::Instant;

/// The losses of one step, by name.
pub type LossValues = BTreeMap<String, f64>;

/// Steps whose losses are kept, to be compared: the second one has gone through gradients and optimiser.
const COMPARED: usize = 2;

/// How many steps to take.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// Steps before the clock counts.
    pub warm_up: usize,
    /// Steps that count, if the time allows.
    pub timed: usize,
    /// No step is begun, but the first that counts, once those that count took so many seconds.
    pub seconds: f64,
}

/// What the steps took.
#[derive(Clone, Debug)]
pub struct Timed {
    /// Trained numbers of all the networks.
    pub parameters: usize,
    /// Losses of the first steps.
    pub losses: Vec<LossValues>,
    /// Seconds of each step that counts.
    pub seconds: Vec<f64>,
    /// The most memory the process held while at it, weights included.
    pub peak_rss_bytes: Option<u64>,
}

impl Steps {
    /// Takes them, each from the state that the one before left.
    pub fn time<S>(&self, parameters: usize, state: S, mut step: impl FnMut(S) -> (S, LossValues)) -> Timed {
        forget_peak();
        let (mut losses, mut seconds) = (Vec::new(), Vec::<f64>::new());
        let mut state = state;
        for i in 0..self.warm_up + self.timed {
            if i > self.warm_up && seconds.iter().sum::<f64>() >= self.seconds {
                break;
            }
            let start = Instant::now();
            let (next, values) = step(state);
            if i >= self.warm_up {
                seconds.push(start.elapsed().as_secs_f64());
            }
            if i < COMPARED {
                losses.push(values);
            }
            state = next;
        }
        Timed { parameters, losses, seconds, peak_rss_bytes: peak_rss() }
    }
}

/// The middle one; of an even number, the mean of the middle two.
pub fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (below, above) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    f64::midpoint(below, above)
}

/// Starts the record of the most memory held anew, so that making the weights does not count. Without it, on systems
/// other than Linux, there is no such record.
fn forget_peak() {
    // Where it is not allowed, the record holds the making of the weights, too.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory this process has held, as Linux tells it.
fn peak_rss() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_losses_are_kept_and_the_warm_up_is_not_timed() {
        let steps = Steps { warm_up: 3, timed: 4, seconds: f64::INFINITY };
        let mut last = 0;
        let timed = steps.time(7, 1, |step| {
            last = step;
            (step + 1, LossValues::from([("loss".to_owned(), f64::from(step))]))
        });
        assert_eq!((last, timed.seconds.len(), timed.parameters), (7, 4, 7));
        assert_eq!(timed.losses.iter().map(|l| l["loss"]).collect::<Vec<_>>(), [1.0, 2.0]);
    }

    #[test]
    fn one_step_counts_however_little_time_there_is() {
        let steps = Steps { warm_up: 1, timed: 4, seconds: 0.0 };
        assert_eq!(steps.time(0, (), |()| ((), LossValues::new())).seconds.len(), 1);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
