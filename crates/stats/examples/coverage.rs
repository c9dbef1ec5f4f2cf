//! How often intervals hold the truth, and how often tests cry wolf, over many simulated studies:
//!
//!     cargo run --release -p stats --example coverage [STUDIES [REPLICATES [PART]]]
//!
//! The figures of docs/statistics.md are those of 2000 studies and 500 replicates. A part is `differences`, `alarms`, `recommendation`, `distances` or
//! `folds`; all are run unless one is named.

#[path = "../tests/simulated/mod.rs"]
mod simulated;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use simulated::{Design, Study, normals, phi};
use stats::{
    Binning, Centre, Draw, Interval, RankedScores, auc, auc_difference, auc_difference_interval,
    auc_difference_within, auc_within, calibration_error, cluster_bootstrap, delong, delong_pair, holm,
    ks_two_sample, mean, paired_t, reliability, sd, stretched_bootstrap, wilcoxon_signed_rank,
};

/// Signal of the original and of a recipe that is better.
const SIGNALS: [f64; 2] = [1.5, 1.65];
const ROWS: usize = 4;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|a| a.parse::<u64>().expect("a whole number"));
    let studies = number(0).unwrap_or(2000);
    let replicates = number(1).unwrap_or(500) as usize;
    let is_wanted = |part: &str| arguments.get(2).is_none_or(|wanted| wanted == part);
    println!(
        "{studies} studies of each kind, {replicates} replicates: % of 95 % intervals that hold the truth"
    );
    if is_wanted("differences") {
        differences(studies, replicates);
    }
    if is_wanted("alarms") {
        println!("\nno effect: % of studies with a p-value below 0.05 among {ROWS} rows");
        println!("seeds | t, Holm | t, uncorrected | signed ranks, Holm");
        for seeds in [3, 5, 10, 20] {
            false_alarms(seeds, studies);
        }
        println!("\nno effect over all slides, yet on each: the same, and of tests over seeds and slides");
        println!(
            "seeds slides | t, Holm | seeds and slides, Holm | that and t: what is claimed of other slides"
        );
        for seeds in [3, 5, 10, 20] {
            for slides in [10, 20, 40] {
                alarms_on_other_slides(&Design::of(seeds, slides), studies, replicates);
            }
        }
    }
    if is_wanted("recommendation") {
        recommendations(studies, replicates);
    }
    if is_wanted("folds") {
        cross_validations(studies, replicates);
    }
    if is_wanted("distances") {
        println!("\nslides drawn: plain percentiles | stretched | stretched, less bias");
        for slides in [10, 20, 40, 80] {
            of_distances(slides, studies, replicates);
        }
    }
}

fn differences(studies: u64, replicates: usize) {
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

fn alarms_on_other_slides(design: &Design, studies: u64, replicates: usize) {
    let mut alarms = [0_u64; 3];
    for number in 0..studies {
        let study = Study::simulate(design, &[SIGNALS[0]; ROWS + 1], number);
        let by_seeds = |recipe| paired_t(&study.differences(recipe), 0.95).expect("differences vary").p_value;
        let by_both = |recipe: usize| {
            let scores = [&study.scores[0][..], &study.scores[recipe][..]];
            let (mut rng, draw) = (ChaCha8Rng::seed_from_u64(!number), Draw::SeedsAndSlides);
            auc_difference(scores, &study.positive, &study.slides, draw, replicates, &mut rng)
                .and_then(|found| found.p_value)
                .expect("differences vary")
        };
        let seeds = holm(&(1..=ROWS).map(by_seeds).collect::<Vec<_>>()).expect("p-values");
        let both = holm(&(1..=ROWS).map(by_both).collect::<Vec<_>>()).expect("p-values");
        alarms[0] += u64::from(seeds.iter().any(|p| *p < 0.05));
        alarms[1] += u64::from(both.iter().any(|p| *p < 0.05));
        alarms[2] += u64::from(seeds.iter().zip(&both).any(|(a, b)| a.max(*b) < 0.05));
    }
    let share = |which: usize| 100.0 * alarms[which] as f64 / studies as f64;
    println!("{:5} {:6} | {:.1} | {:.1} | {:.1}", design.seeds, design.slides, share(0), share(1), share(2));
}

/// The rule that says which row to use, on validation slides: how often it recommends one that has no gain, and how often one that has.
fn recommendations(studies: u64, replicates: usize) {
    let sizes = || [3, 10].into_iter().flat_map(|seeds| [8, 16, 32].map(|slides| (seeds, slides)));
    println!("\nno row is better over all slides: % of studies in which one is recommended");
    println!(
        "seeds slides | of 1 row | of 4 | of 8 | of 4, by each training's best epoch | of 4, the highest, untested"
    );
    for (seeds, slides) in sizes() {
        needless(&Design::of(seeds, slides), studies, replicates);
    }
    println!("the same where every slide holds tiles of both classes");
    for (seeds, slides) in sizes() {
        needless(&Design { mixed: true, ..Design::of(seeds, slides) }, studies, replicates);
    }
    println!(
        "\none of {ROWS} rows is better by so many points: % of studies in which it is recommended, and another is"
    );
    println!("seeds slides | for each gain");
    for (seeds, slides) in sizes() {
        deserved(&Design::of(seeds, slides), studies, replicates);
    }
    println!("the same where every slide holds tiles of both classes");
    for (seeds, slides) in sizes() {
        deserved(&Design { mixed: true, ..Design::of(seeds, slides) }, studies, replicates);
    }
}

/// What scores of rows on validation tiles say of each row against the first: its mean AUC, the p-value over seeds and slides, and
/// whether the interval lies above 0.
fn on_validation(
    study: &Study,
    scores: &[Vec<Vec<f64>>],
    replicates: usize,
    number: u64,
) -> Vec<(f64, f64, bool)> {
    let area = |row: &[Vec<f64>]| {
        let areas: Vec<f64> =
            row.iter().map(|scores| auc(scores, &study.positive).expect("both classes")).collect();
        mean(&areas).expect("there are seeds")
    };
    let against_first = |row: &Vec<Vec<f64>>| {
        let mut rng = ChaCha8Rng::seed_from_u64(!number);
        let (both, draw) = ([&scores[0][..], &row[..]], Draw::SeedsAndSlides);
        let found = auc_difference(both, &study.positive, &study.slides, draw, replicates, &mut rng)
            .expect("enough slides");
        (area(row), found.p_value.expect("differences vary"), found.interval.low > 0.0)
    };
    scores[1..].iter().map(against_first).collect()
}

/// The row that the rule recommends of those, from 0: `study::results::recommendation`.
fn recommended(rows: &[(f64, f64, bool)]) -> Option<usize> {
    let adjusted = holm(&rows.iter().map(|row| row.1).collect::<Vec<_>>()).expect("p-values");
    let clear = (0..rows.len()).filter(|at| rows[*at].2 && adjusted[*at] < 0.05);
    clear.reduce(|best, at| if rows[at].0 > rows[best].0 { at } else { best })
}

/// The epochs that the best is picked of.
const EPOCHS: usize = 10;

fn needless(design: &Design, studies: u64, replicates: usize) {
    let mut wrong = [0_u64; 5];
    for number in 0..studies {
        let study = Study::simulate(design, &[SIGNALS[0]; 9], number);
        let rows = on_validation(&study, &study.scores, replicates, number);
        for (which, of) in [1, 4, 8].into_iter().enumerate() {
            wrong[which] += u64::from(recommended(&rows[..of]).is_some());
        }
        let picked = best_epochs(&study, &study.scores[..=ROWS], number);
        wrong[3] += u64::from(recommended(&on_validation(&study, &picked, replicates, number)).is_some());
        let original: Vec<f64> =
            study.scores[0].iter().map(|s| auc(s, &study.positive).expect("both classes")).collect();
        let original = mean(&original).expect("there are seeds");
        wrong[4] += u64::from(rows[..ROWS].iter().any(|row| row.0 > original));
    }
    let share = |which: usize| 100.0 * wrong[which] as f64 / studies as f64;
    println!(
        "{:5} {:6} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1}",
        design.seeds,
        design.slides,
        share(0),
        share(1),
        share(2),
        share(3),
        share(4)
    );
}

/// Of each training the epoch that does best on these tiles. What an epoch changes differs from slide to slide and comes to nothing over all
/// slides; rows change thrice as much from epoch to epoch as the original does.
fn best_epochs(study: &Study, rows: &[Vec<Vec<f64>>], number: u64) -> Vec<Vec<Vec<f64>>> {
    let mut rng = ChaCha8Rng::seed_from_u64(number ^ 0x5EED);
    let slides = study.slides.iter().max().expect("there are slides") + 1;
    let mut best_of = |scores: &Vec<f64>, jumps: f64| {
        let mut best: Option<(f64, Vec<f64>)> = None;
        for _ in 0..EPOCHS {
            let of_slide = normals(&mut rng, slides, jumps);
            let tile = |i: usize| scores[i] + f64::from(study.positive[i]) * of_slide[study.slides[i]];
            let epoch: Vec<f64> = (0..scores.len()).map(tile).collect();
            let area = auc(&epoch, &study.positive).expect("both classes");
            if best.as_ref().is_none_or(|(highest, _)| area > *highest) {
                best = Some((area, epoch));
            }
        }
        best.expect("there are epochs").1
    };
    let row = |(at, row): (usize, &Vec<Vec<f64>>)| {
        let jumps = if at == 0 { 0.1 } else { 0.3 };
        row.iter().map(|scores| best_of(scores, jumps)).collect()
    };
    rows.iter().enumerate().map(row).collect()
}

fn deserved(design: &Design, studies: u64, replicates: usize) {
    print!("{:5} {:6}", design.seeds, design.slides);
    for signal in [1.78, 2.05] {
        let (mut right, mut wrong) = (0_u64, 0_u64);
        for number in 0..studies {
            let signals = [SIGNALS[0], SIGNALS[0], signal, SIGNALS[0], SIGNALS[0]];
            let study = Study::simulate(design, &signals, number);
            match recommended(&on_validation(&study, &study.scores, replicates, number)) {
                Some(1) => right += 1,
                Some(_) => wrong += 1,
                None => {}
            }
        }
        let share = |count: u64| 100.0 * count as f64 / studies as f64;
        let gain = 100.0 * (design.area(signal) - design.area(SIGNALS[0]));
        print!(" | {gain:.1}: {:.1}, {:.1}", share(right), share(wrong));
    }
    println!();
}

/// Six tiles a slide: a share, and two distances that chance alone makes larger.
fn of_distances(slides: usize, studies: u64, replicates: usize) {
    let clusters: Vec<usize> = (0..6 * slides).map(|tile| tile / 6).collect();
    let share = |number: u64| {
        let (mut rng, of_slide) = of_slides(slides, 1.0, number);
        let called: Vec<bool> =
            clusters.iter().map(|c| rng.random::<f64>() < logistic(1.0 + of_slide[*c])).collect();
        move |tiles: &[usize]| mean(&tiles.iter().map(|t| f64::from(called[*t])).collect::<Vec<_>>())
    };
    // The mean of logistic(1 + normal), by the trapezoid rule.
    let step = |i: i32| f64::from(i) / 1000.0;
    let density = |z: f64| (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let truth = (-8000..8000).map(|i| logistic(1.0 + step(i)) * density(step(i)) / 1000.0).sum();
    held("a share (sensitivity)", slides, truth, studies, replicates, &clusters, &share);
    for shift in [0.3, 1.0] {
        let ks = |number: u64| {
            let (mut rng, of_slide) = of_slides(slides, 0.6, number);
            let low: Vec<bool> = clusters.iter().map(|_| rng.random::<f64>() < 0.4).collect();
            let own = normals(&mut rng, clusters.len(), 1.0);
            let confidence: Vec<f64> = (0..clusters.len())
                .map(|t| own[t] + of_slide[clusters[t]] - if low[t] { shift } else { 0.0 })
                .collect();
            move |tiles: &[usize]| {
                let of_kind = |kind: bool| -> Vec<f64> {
                    tiles.iter().filter(|t| low[**t] == kind).map(|t| confidence[*t]).collect()
                };
                Some(ks_two_sample(&of_kind(true), &of_kind(false)).ok()?.statistic)
            }
        };
        let truth = 2.0 * phi(shift / 2.0 / 1.36_f64.sqrt()) - 1.0;
        held("Kolmogorov-Smirnov", slides, truth, studies, replicates, &clusters, &ks);
    }
    for sharper in [1.0, 2.0] {
        let error_of = |number: u64, slides: usize| {
            let (mut rng, of_slide) = of_slides(slides, 0.5, number);
            let own = normals(&mut rng, 6 * slides, 1.5);
            let logits: Vec<f64> = own.iter().enumerate().map(|(t, own)| own + of_slide[t / 6]).collect();
            let positive: Vec<bool> = logits.iter().map(|l| rng.random::<f64>() < logistic(*l)).collect();
            let confidence: Vec<f64> = logits.iter().map(|l| logistic(sharper * l)).collect();
            move |tiles: &[usize]| {
                let confidence: Vec<f64> = tiles.iter().map(|t| confidence[*t]).collect();
                let positive: Vec<bool> = tiles.iter().map(|t| positive[*t]).collect();
                calibration_error(&reliability(&confidence, &positive, 10, Binning::EqualWidth)?)
            }
        };
        let many = 40_000;
        let truth =
            error_of(u64::MAX / 2, many)(&(0..6 * many).collect::<Vec<_>>()).expect("there are tiles");
        held("calibration error", slides, truth, studies, replicates, &clusters, &|n| error_of(n, slides));
    }
}

fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn of_slides(slides: usize, sd: f64, number: u64) -> (ChaCha8Rng, Vec<f64>) {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    let effects = normals(&mut rng, slides, sd);
    (rng, effects)
}

/// How often each kind of interval holds the truth of a statistic; `study` makes that of the study of a number.
fn held<S: Fn(&[usize]) -> Option<f64>>(
    name: &str,
    slides: usize,
    truth: f64,
    studies: u64,
    replicates: usize,
    clusters: &[usize],
    study: &dyn Fn(u64) -> S,
) {
    let mut held = [0_u64; 3];
    for number in 0..studies {
        let statistic = study(number);
        let rng = || ChaCha8Rng::seed_from_u64(!number);
        let stretched = |centre| {
            let how = (centre, [0.0, 1.0]);
            stretched_bootstrap((clusters, 1), how, replicates, &mut rng(), &statistic)
                .expect("enough slides")
        };
        let plain = cluster_bootstrap(clusters, replicates, &mut rng(), &statistic).expect("enough slides");
        let found = [plain, stretched(Centre::Estimate), stretched(Centre::LessBias)];
        let holds = |i: &Interval| (i.low..=i.high).contains(&truth);
        for (held, interval) in held.iter_mut().zip(&found) {
            *held += u64::from(holds(interval));
        }
    }
    let share = |which: usize| 100.0 * held[which] as f64 / studies as f64;
    println!("{name} of {truth:.3}, {slides} slides: {:.1} | {:.1} | {:.1}", share(0), share(1), share(2));
}
