//! Intervals and tests over many simulated studies whose truth is known. `examples/coverage.rs` is the long run.

mod simulated;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use simulated::{Design, Study};
use stats::{
    Draw, auc, auc_difference, auc_difference_interval, auc_difference_unpaired, auc_difference_within,
    auc_within, holm, paired_t, welch_t, wilcoxon_signed_rank,
};

const SIGNALS: [f64; 2] = [1.5, 1.65];

/// In how many per cent of the studies the interval holds the truth.
fn coverage(
    design: &Design,
    studies: u64,
    interval_and_truth: impl Fn(&Study, u64) -> ([f64; 2], f64),
) -> f64 {
    let holds = |number: &u64| {
        let ([low, high], truth) = interval_and_truth(&Study::simulate(design, &SIGNALS, *number), *number);
        (low..=high).contains(&truth)
    };
    100.0 * (0..studies).filter(holds).count() as f64 / studies as f64
}

#[test]
fn the_paired_interval_holds_the_truth_of_these_tiles() {
    let design = Design { tiles_per_slide: 4, ..Design::of(5, 20) };
    let found = coverage(&design, 1000, |study, _| {
        let t = paired_t(&study.differences(1), 0.95).unwrap();
        ([t.low, t.high], study.area_here[1] - study.area_here[0])
    });
    assert!((93.0..=97.0).contains(&found), "{found} %");
}

#[test]
fn the_bootstrap_over_seeds_and_slides_holds_the_truth_of_all() {
    let design = Design { tiles_per_slide: 4, ..Design::of(5, 20) };
    let truth = design.area(SIGNALS[1]) - design.area(SIGNALS[0]);
    let both = |study: &Study, number: u64| {
        let scores = [&study.scores[0][..], &study.scores[1][..]];
        let mut rng = ChaCha8Rng::seed_from_u64(!number);
        let draw = Draw::SeedsAndSlides;
        auc_difference_interval(scores, &study.positive, &study.slides, draw, 400, &mut rng).unwrap()
    };
    let found = coverage(&design, 600, |study, number| {
        let interval = both(study, number);
        ([interval.low, interval.high], truth)
    });
    assert!((93.0..=97.0).contains(&found), "{found} %");
    // What the seeds alone say does not hold for other slides.
    let paired = coverage(&design, 600, |study, _| {
        let t = paired_t(&study.differences(1), 0.95).unwrap();
        ([t.low, t.high], truth)
    });
    assert!(paired < 85.0, "{paired} %");
}

#[test]
fn the_bootstrap_over_slides_holds_the_truth_of_these_trainings() {
    let design = Design { tiles_per_slide: 4, ..Design::of(2, 30) };
    let found = coverage(&design, 600, |study, number| {
        let scores = [&study.scores[0][..], &study.scores[1][..]];
        let mut rng = ChaCha8Rng::seed_from_u64(!number);
        let draw = Draw::Slides;
        let interval =
            auc_difference_interval(scores, &study.positive, &study.slides, draw, 400, &mut rng).unwrap();
        ([interval.low, interval.high], study.area_trained[1] - study.area_trained[0])
    });
    assert!((93.0..=97.0).contains(&found), "{found} %");
}

/// Areas of a recipe's first `seeds` trainings.
fn areas(study: &Study, recipe: usize, seeds: usize) -> Vec<f64> {
    let area = |scores: &Vec<f64>| auc(scores, &study.positive).unwrap();
    study.scores[recipe][..seeds].iter().map(area).collect()
}

/// In the simulated studies a seed's effect in one recipe has nothing to do with its effect in another: they are samples.
#[test]
fn trainings_that_are_no_pairs_have_intervals_that_hold_the_truth() {
    let design = Design { tiles_per_slide: 4, ..Design::of(7, 20) };
    let found = coverage(&design, 1000, |study, _| {
        let t = welch_t(&areas(study, 0, 7), &areas(study, 1, 4), 0.95).unwrap();
        ([t.low, t.high], study.area_here[1] - study.area_here[0])
    });
    assert!((93.0..=97.0).contains(&found), "Welch: {found} %");
    let truth = design.area(SIGNALS[1]) - design.area(SIGNALS[0]);
    let found = coverage(&design, 600, |study, number| {
        let scores = [&study.scores[0][..7], &study.scores[1][..4]];
        let mut rng = ChaCha8Rng::seed_from_u64(!number);
        let draw = Draw::SeedsAndSlides;
        let interval = auc_difference_unpaired(scores, &study.positive, &study.slides, draw, 400, &mut rng)
            .unwrap()
            .interval;
        ([interval.low, interval.high], truth)
    });
    assert!((93.0..=97.0).contains(&found), "over seeds and slides: {found} %");
}

#[test]
fn in_a_cross_validation_the_bootstrap_within_folds_holds_the_truth_of_these_training_sets() {
    // Sixteen slides a fold; with fewer the intervals are too wide, as the page of statistics tells.
    let design = Design { tiles_per_slide: 4, ..Design::folded(5, 80, 5) };
    let of = |draw, truth: fn(&Study) -> &[f64]| {
        coverage(&design, 600, |study, number| {
            let scores = [&study.scores[0][..], &study.scores[1][..]];
            let mut rng = ChaCha8Rng::seed_from_u64(!number);
            let (positive, slides, folds) = (&study.positive, &study.slides, &study.folds);
            let interval =
                auc_difference_within(scores, positive, slides, folds, draw, 300, &mut rng).unwrap().interval;
            let truth = truth(study);
            ([interval.low, interval.high], truth[1] - truth[0])
        })
    };
    let slides = of(Draw::Slides, |study| &study.area_trained);
    assert!((93.0..=97.0).contains(&slides), "{slides} %");
    let both = of(Draw::SeedsAndSlides, |study| &study.area_of_sets);
    assert!((92.5..=97.5).contains(&both), "{both} %");
}

#[test]
fn scores_of_several_networks_thrown_together_make_an_area_too_small() {
    let design = Design { fold_sd: 0.0, ..Design::folded(1, 40, 5) };
    let (mut within, mut together) = (0.0, 0.0);
    for number in 0..300 {
        let study = Study::simulate(&design, &SIGNALS[..1], number);
        let scores = &study.scores[0][0];
        within += auc_within(scores, &study.positive, &study.folds).unwrap() - study.area_trained[0];
        together += auc(scores, &study.positive).unwrap() - study.area_trained[0];
    }
    let (within, together) = (within / 300.0, together / 300.0);
    assert!(within.abs() < 0.01, "{within}");
    assert!(together < -0.03, "{together}");
}

#[test]
fn corrected_p_values_seldom_cry_wolf() {
    let design = Design { tiles_per_slide: 4, change_sd: 0.0, ..Design::of(6, 20) };
    let (mut by_t, mut by_ranks, mut uncorrected) = (0, 0, 0);
    for number in 0..1000 {
        let study = Study::simulate(&design, &[SIGNALS[0]; 5], number);
        let rows: Vec<Vec<f64>> = (1..5).map(|recipe| study.differences(recipe)).collect();
        let t: Vec<f64> = rows.iter().map(|d| paired_t(d, 0.95).unwrap().p_value).collect();
        let ranks: Vec<f64> = rows.iter().map(|d| wilcoxon_signed_rank(d).unwrap().p_value).collect();
        let any = |p: &[f64]| usize::from(p.iter().any(|p| *p < 0.05));
        by_t += any(&holm(&t).unwrap());
        by_ranks += any(&holm(&ranks).unwrap());
        uncorrected += any(&t);
    }
    assert!(by_t <= 60 && by_ranks <= 60, "{by_t} and {by_ranks} of 1000");
    assert!(uncorrected > 100, "without the correction {uncorrected} of 1000");
}

/// No effect over all slides, though every recipe changes each slide by chance.
#[test]
fn the_test_over_seeds_and_slides_seldom_cries_wolf_where_that_over_seeds_does() {
    let design = Design { tiles_per_slide: 4, ..Design::of(6, 20) };
    let (mut by_both, mut by_seeds) = (0, 0);
    for number in 0..200 {
        let study = Study::simulate(&design, &[SIGNALS[0]; 4], number);
        let p_value = |recipe: usize| {
            let scores = [&study.scores[0][..], &study.scores[recipe][..]];
            let (mut rng, draw) = (ChaCha8Rng::seed_from_u64(!number), Draw::SeedsAndSlides);
            auc_difference(scores, &study.positive, &study.slides, draw, 300, &mut rng)
                .unwrap()
                .p_value
                .unwrap()
        };
        let both: Vec<f64> = (1..4).map(p_value).collect();
        let seeds: Vec<f64> =
            (1..4).map(|recipe| paired_t(&study.differences(recipe), 0.95).unwrap().p_value).collect();
        let any = |p: &[f64]| usize::from(holm(p).unwrap().iter().any(|p| *p < 0.05));
        by_both += any(&both);
        by_seeds += any(&seeds);
    }
    assert!(by_both <= 12, "{by_both} of 200");
    assert!(by_seeds > 40, "{by_seeds} of 200: other slides are no matter of seeds");
}
