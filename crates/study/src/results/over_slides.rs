//! Values of tiles with their intervals over slides.

use record::thresholds::REPLICATES;
use record::{Measured, Range};
use stats::{Centre, Interval};
use tissue::random::Stream;

/// An interval as it is recorded.
pub fn range(interval: Interval) -> Range {
    Range { low: interval.low, high: interval.high, replicates: interval.replicates_used }
}

/// The mean of values of tiles, each from 0 to 1, with its interval over their slides. Undefined without tiles.
pub fn mean_by_slide(values: &[f64], slides: &[usize], rng: &mut Stream) -> Measured {
    // A slide's tiles come together always, so their sum is all that a draw needs.
    let sums = sums_by_slide(&values.iter().map(|value| [*value, 1.0]).collect::<Vec<_>>(), slides);
    ratio(&sums, 1, rng, |[sum, tiles]| sum / tiles)
}

/// A ratio of sums with its interval over slides, of which `sums` has an entry each; from 0 to 1.
pub fn ratio<const N: usize>(
    sums: &[[f64; N]],
    samples: usize,
    rng: &mut Stream,
    of: impl Fn([f64; N]) -> f64,
) -> Measured {
    let drawn = |slides: &[usize]| {
        let mut total = [0.0; N];
        for slide in slides {
            for (total, sum) in total.iter_mut().zip(sums[*slide]) {
                *total += sum;
            }
        }
        Some(of(total)).filter(|value| value.is_finite())
    };
    let slides: Vec<usize> = (0..sums.len()).collect();
    let how = (Centre::Estimate, [0.0, 1.0]);
    Measured {
        value: drawn(&slides),
        over_slides: stats::stretched_bootstrap((&slides, samples), how, REPLICATES, rng, drawn).map(range),
    }
}

/// The sums over each slide's tiles, in the order of the slides' numbers; slides without a tile are left out.
pub fn sums_by_slide<const N: usize>(values: &[[f64; N]], slides: &[usize]) -> Vec<[f64; N]> {
    let mut sums: Vec<Option<[f64; N]>> = vec![None; slides.iter().max().map_or(0, |last| last + 1)];
    for (value, slide) in values.iter().zip(slides) {
        let sum = sums[*slide].get_or_insert([0.0; N]);
        for (sum, value) in sum.iter_mut().zip(value) {
            *sum += value;
        }
    }
    sums.into_iter().flatten().collect()
}

/// How often each of `n` tiles is drawn.
pub fn times(drawn: &[usize], n: usize) -> Vec<u32> {
    let mut times = vec![0; n];
    for tile in drawn {
        times[*tile] += 1;
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;
    use tissue::random::stream;

    #[test]
    fn a_mean_over_tiles_weighs_slides_by_their_tiles_and_its_interval_is_that_of_drawn_tiles() {
        let values = [0.0, 1.0, 1.0, 0.5, 1.0, 0.0, 0.25];
        let slides = [4, 0, 4, 2, 2, 7, 0];
        let found = mean_by_slide(&values, &slides, &mut stream(1, "test"));
        assert!((found.value.unwrap() - 3.75 / 7.0).abs() < 1e-12);
        // The same by the indices of tiles: slides in the order of their numbers, as sums have them.
        let mut order: Vec<usize> = (0..7).collect();
        order.sort_by_key(|i| slides[*i]);
        let (values, slides) = (order.iter().map(|i| values[*i]), order.iter().map(|i| slides[*i]));
        let (values, slides): (Vec<f64>, Vec<usize>) = (values.collect(), slides.collect());
        let mean = |tiles: &[usize]| stats::mean(&tiles.iter().map(|i| values[*i]).collect::<Vec<_>>());
        let how = (Centre::Estimate, [0.0, 1.0]);
        let expected =
            stats::stretched_bootstrap((&slides, 1), how, REPLICATES, &mut stream(1, "test"), mean).unwrap();
        let over = found.over_slides.unwrap();
        assert!((over.low - expected.low).abs() < 1e-12 && (over.high - expected.high).abs() < 1e-12);
        assert!(over.high > found.value.unwrap() && over.low < found.value.unwrap());
    }

    #[test]
    fn one_slide_has_no_interval_and_no_tile_no_mean() {
        let one = mean_by_slide(&[1.0, 0.0], &[3, 3], &mut stream(1, "test"));
        assert_eq!((one.value, one.over_slides), (Some(0.5), None));
        assert_eq!(mean_by_slide(&[], &[], &mut stream(1, "test")), Measured::default());
    }
}
