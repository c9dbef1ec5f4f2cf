//! How fast a run goes, from when its last steps ended.

use std::time::{Duration, SystemTime};

/// Steps that tell the pace: enough that trainings of different length even out, few enough that a pause of last night does not count.
const TELLING: usize = 12;

/// GFLOP a second, wall clock, of the steps that ended last: `ended` has when each did and its GFLOP, in any order; `at_work` is what is done
/// of those that have not.
///
/// Unknown from fewer than three steps, and where the time between them is none.
pub fn pace(ended: &[(SystemTime, f64)], at_work: f64, now: SystemTime) -> Option<f64> {
    let mut ended = ended.to_vec();
    ended.sort_by_key(|(then, _)| std::cmp::Reverse(*then));
    ended.truncate(TELLING);
    let (first, _) = *ended.last().filter(|_| ended.len() >= 3)?;
    // What ended first only marks the beginning: its own work lies before.
    let between: f64 = ended[..ended.len() - 1].iter().map(|(_, gflop)| gflop).sum();
    let seconds = now.duration_since(first).ok()?.as_secs_f64();
    let pace = (between + at_work) / seconds;
    (pace.is_finite() && pace > 0.0).then_some(pace)
}

/// The time that so much work takes.
pub fn time_of(gflop: f64, pace: f64) -> Option<Duration> {
    Duration::try_from_secs_f64((gflop / pace).max(0.0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn steps_that_ended_evenly_tell_their_pace_whatever_their_order_and_whatever_was_long_ago() {
        let even = [(at(30), 50.0), (at(10), 50.0), (at(20), 50.0)];
        assert_eq!(pace(&even, 0.0, at(30)), Some(5.0));
        // Ten seconds later, a fifth step is at work.
        assert_eq!(pace(&even, 50.0, at(40)), Some(5.0));
        let mut with_yesterday: Vec<_> = (0..TELLING as u64).map(|i| (at(100_000 + 10 * i), 50.0)).collect();
        with_yesterday.push((at(0), 1e9));
        assert_eq!(pace(&with_yesterday, 0.0, at(100_000 + 110)), Some(5.0));
        assert_eq!(pace(&even[..2], 0.0, at(30)), None, "two tell nothing");
        assert_eq!(pace(&[(at(10), 1.0); 3], 0.0, at(10)), None, "no time has passed");
        assert_eq!(time_of(100.0, 5.0), Some(Duration::from_secs(20)));
    }
}
