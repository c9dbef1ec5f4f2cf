//! How often intervals hold the truth, and how often tests cry wolf, over many simulated studies:
//!
//!     cargo run --release -p stats --example coverage [STUDIES [REPLICATES [folds]]]
//!
//! The figures of docs/statistics.md are those of 2000 studies and 500 replicates; with `folds` those of cross-validations alone are made.

#[path = "../tests/simulated/mod.rs"]
mod simulated;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use simulated::{Design, Study};
use stats::{
    Draw, RankedScores, auc, auc_difference_interval, auc_difference_within, auc_within, cluster_bootstrap,
    delong, delong_pair, holm, mean, paired_t, sd, wilcoxon_signed_rank,
};

/// Signal of the original and of a recipe that is better.
const SIGNALS: [f64; 2] = [1.5, 1.65];
const ROWS: usize = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|a| a.parse::<u64>().expect("a whole number"));
    let studies = number(0).unwrap_or(2000);
    let replicates = number(1).unwrap_or(500) as usize;
    println!(
        "{studies} studies of each kind, {replicates} replicates: % of 95 % intervals that hold the truth"
    );
    if arguments.get(2).is_some_and(|a| a == "folds") {
        return cross_validations(studies, replicates);
    }
    println!("\nDeLong, one seed, 120 tiles; the truth is that of these trainings");
    println!("tiles a slide | one area | difference of two");
    for tiles_per_slide in [1, 3, 6] {
        of_delong(&Design { tiles_per_slide, ..Design::of(1, 120 / tiles_per_slide) }, studies);
    }
    println!("\na difference; the truth is that of the tiles or trainings named");
    println!("seeds slides | t: these tiles | t: all | slides drawn: these trainings | both drawn: all");
    for seeds in [3, 5, 10, 20] {
        for slides in [10, 20, 40, 80] {
            coverage(&Design::of(seeds, slides), studies, replicates);
        }
    }
    println!("\nthe same where every slide holds tiles of both classes");
    for seeds in [3, 10] {
        for slides in [10, 20, 40] {
            coverage(&Design { mixed: true, ..Design::of(seeds, slides) }, studies, replicates);
        }
    }
    println!("\nslides drawn, of five seeds: these trainings, by plain percentiles");
    for slides in [10, 20, 40, 80] {
        percentiles(&Design::of(5, slides), studies, replicates);
    }
    cross_validations(studies, replicates);
    println!("\nno effect: % of studies with a p-value below 0.05 among {ROWS} rows");
    println!("seeds | t, Holm | t, uncorrected | signed ranks, Holm");
    for seeds in [3, 5, 10, 20] {
        false_alarms(seeds, studies);
    }
}

fn of_delong(design: &Design, studies: u64) {
    let mut held = [0_u64; 2];
    for number in 0..studies {
        let study = Study::simulate(design, &SIGNALS, number);
        let [first, second] = [&study.scores[0][0], &study.scores[1][0]];
        let one = delong(first, &study.positive, 0.95).expect("both classes");
        held[0] += u64::from((one.low..=one.high).contains(&study.area_trained[0]));
        let pair = delong_pair(first, second, &study.positive, 0.95).expect("both classes");
        let truth = study.area_trained[1] - study.area_trained[0];
        held[1] += u64::from((pair.low..=pair.high).contains(&truth));
    }
    let share = |which: usize| 100.0 * held[which] as f64 / studies as f64;
    println!("{:13} | {:.1} | {:.1}", design.tiles_per_slide, share(0), share(1));
}

fn coverage(design: &Design, studies: u64, replicates: usize) {
    let truth = design.area(SIGNALS[1]) - design.area(SIGNALS[0]);
    let mut held = [0_u64; 4];
    for number in 0..studies {
        let study = Study::simulate(design, &SIGNALS, number);
        let mut count = |which: usize, low: f64, high: f64, truth: f64| {
            held[which] += u64::from((low..=high).contains(&truth));
        };
        let t = paired_t(&study.differences(1), 0.95).expect("differences vary");
        count(0, t.low, t.high, study.area_here[1] - study.area_here[0]);
        count(1, t.low, t.high, truth);
        for (which, draw, truth) in [
            (2, Draw::Slides, study.area_trained[1] - study.area_trained[0]),
            (3, Draw::SeedsAndSlides, truth),
        ] {
            let mut rng = ChaCha8Rng::seed_from_u64(!number);
            let scores = [&study.scores[0][..], &study.scores[1][..]];
            let interval =
                auc_difference_interval(scores, &study.positive, &study.slides, draw, replicates, &mut rng)
                    .expect("both classes are drawn");
            count(which, interval.low, interval.high, truth);
        }
    }
    let share = |which: usize| 100.0 * held[which] as f64 / studies as f64;
    println!(
        "{:5} {:6} | {:.1} | {:.1} | {:.1} | {:.1}",
        design.seeds,
        design.slides,
        share(0),
        share(1),
        share(2),
        share(3)
    );
}

/// What `cluster_bootstrap` would give.
fn percentiles(design: &Design, studies: u64, replicates: usize) {
    let mut held = 0_u64;
    for number in 0..studies {
        let study = Study::simulate(design, &SIGNALS, number);
        let rank = |scores: &Vec<f64>| RankedScores::new(scores, &study.positive).expect("numbers");
        let [first, second] = [0, 1].map(|recipe| study.scores[recipe].iter().map(rank).collect::<Vec<_>>());
        let difference = |tiles: &[usize]| {
            let mut times = vec![0; study.positive.len()];
            for tile in tiles {
                times[*tile] += 1;
            }
            let of = |(a, b): (&RankedScores, &RankedScores)| {
                Some(b.auc_of_draw(&times)? - a.auc_of_draw(&times)?)
            };
            mean(&first.iter().zip(&second).map(of).collect::<Option<Vec<f64>>>()?)
        };
        let mut rng = ChaCha8Rng::seed_from_u64(!number);
        let interval = cluster_bootstrap(&study.slides, replicates, &mut rng, difference)
            .expect("both classes are drawn");
        let truth = study.area_trained[1] - study.area_trained[0];
        held += u64::from((interval.low..=interval.high).contains(&truth));
    }
    println!("{:12} | {:.1}", design.slides, 100.0 * held as f64 / studies as f64);
}

fn cross_validations(studies: u64, replicates: usize) {
    println!("\na cross-validation: areas over folds; the truth is that of these trainings");
    println!("pairs within folds: bias, sd | scores thrown together: bias, sd");
    areas_of_folds(&Design::folded(1, 40, 5), studies);
    println!(
        "\na difference of areas within folds; the truth is that of the trainings or training sets named"
    );
    println!(
        "folds seeds slides | slides drawn: these trainings | both drawn: these training sets | both drawn: other training sets"
    );
    for (folds, slides) in [(3, 30), (5, 20), (5, 40), (5, 80), (10, 40), (10, 80)] {
        for seeds in [3, 10] {
            coverage_of_folds(&Design::folded(seeds, slides, folds), studies, replicates);
        }
    }
}

/// What comes of scores of one network a fold, by pairs within folds and by all pairs.
fn areas_of_folds(design: &Design, studies: u64) {
    let mut errors = [Vec::new(), Vec::new()];
    for number in 0..studies {
        let study = Study::simulate(design, &SIGNALS[..1], number);
        let (scores, truth) = (&study.scores[0][0], study.area_trained[0]);
        errors[0].push(auc_within(scores, &study.positive, &study.folds).expect("both classes") - truth);
        errors[1].push(auc(scores, &study.positive).expect("both classes") - truth);
    }
    let of = |which: usize| {
        let (bias, sd) = (mean(&errors[which]).expect("studies"), sd(&errors[which]).expect("studies"));
        format!("{bias:+.4}, {sd:.4}")
    };
    println!("{} | {}", of(0), of(1));
}

fn coverage_of_folds(design: &Design, studies: u64, replicates: usize) {
    let truth = design_area(design, SIGNALS[1]) - design_area(design, SIGNALS[0]);
    let mut held = [0_u64; 3];
    for number in 0..studies {
        let study = Study::simulate(design, &SIGNALS, number);
        let scores = [&study.scores[0][..], &study.scores[1][..]];
        let interval = |draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(!number);
            let (positive, slides, folds) = (&study.positive, &study.slides, &study.folds);
            let interval = auc_difference_within(scores, positive, slides, folds, draw, replicates, &mut rng);
            let interval = interval.expect("both classes are drawn").interval;
            interval.low..=interval.high
        };
        let (slides, both) = (interval(Draw::Slides), interval(Draw::SeedsAndSlides));
        held[0] += u64::from(slides.contains(&(study.area_trained[1] - study.area_trained[0])));
        held[1] += u64::from(both.contains(&(study.area_of_sets[1] - study.area_of_sets[0])));
        held[2] += u64::from(both.contains(&truth));
    }
    let share = |which: usize| 100.0 * held[which] as f64 / studies as f64;
    let (folds, seeds, slides) = (design.folds, design.seeds, design.slides);
    println!("{folds:5} {seeds:5} {slides:6} | {:.1} | {:.1} | {:.1}", share(0), share(1), share(2));
}

/// The area over all seeds, slides and training sets: a training set's effect is one more that a signal has.
fn design_area(design: &Design, signal: f64) -> f64 {
    let spread = (design.seed_sd.powi(2) + design.fold_sd.powi(2)).sqrt();
    Design { seed_sd: spread, ..*design }.area(signal)
}

fn false_alarms(seeds: usize, studies: u64) {
    let design = Design { change_sd: 0.0, ..Design::of(seeds, 40) };
    let mut alarms = [0_u64; 3];
    for number in 0..studies {
        let study = Study::simulate(&design, &[SIGNALS[0]; ROWS + 1], number);
        let rows: Vec<Vec<f64>> = (1..=ROWS).map(|recipe| study.differences(recipe)).collect();
        let t: Vec<f64> = rows.iter().map(|d| paired_t(d, 0.95).expect("differences vary").p_value).collect();
        let ranks: Vec<f64> =
            rows.iter().map(|d| wilcoxon_signed_rank(d).expect("there are seeds").p_value).collect();
        let any = |p: &[f64]| u64::from(p.iter().any(|p| *p < 0.05));
        alarms[0] += any(&holm(&t).expect("p-values"));
        alarms[1] += any(&t);
        alarms[2] += any(&holm(&ranks).expect("p-values"));
    }
    let share = |which: usize| 100.0 * alarms[which] as f64 / studies as f64;
    println!("{seeds:5} | {:.1} | {:.1} | {:.1}", share(0), share(1), share(2));
}
