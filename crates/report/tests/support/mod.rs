//! A small complete run folder with made-up but plausible numbers, for tests of the report.

use files::{png_name, read_utf8, write_atomic, write_json, write_rows};
use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage};
use record::*;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

mod statistics;

/// Recipes of the study's own, in its order, which is not that of the alphabet; one name is as long as a name may be.
pub const RECIPES: [(&str, f64); 6] = [
    ("soft-both", 0.861),
    ("curriculum", 0.836),
    ("both-classes-auxiliary-judged-and-light1", 0.852),
    ("dialled", 0.842),
    ("disputed-again", 0.829),
    ("back-and-forth", 0.826),
];

/// What the fabricated run is like.
#[allow(clippy::struct_excessive_bools)]
pub struct Fabricated {
    pub source_class: &'static str,
    pub other_class: &'static str,
    pub votes: bool,
    pub severity: bool,
    /// Whether the translator moves the stain far.
    pub drift: bool,
    pub validation: bool,
    /// Whether trainings kept each tile's scores; those of grayzone 0.1 did not.
    pub scores: bool,
    /// Whether the quality of translations was measured, with maps of where the scorer looks.
    pub quality: bool,
    pub third_class: bool,
    /// Whether the translator is a dial.
    pub dial: bool,
    /// Whether the study has recipes of its own beside the paper's rows.
    pub recipes: bool,
    /// The row that the validation tiles recommend; the original if none has a clear gain.
    pub recommended: TrainingSet,
    pub phis: Vec<Phi>,
    pub seeds: u64,
    pub tile: u32,
    /// Easy tiles, all of which are translated.
    pub easy: usize,
}

impl Default for Fabricated {
    fn default() -> Self {
        Self {
            source_class: "hp",
            other_class: "ssa",
            votes: true,
            severity: true,
            drift: false,
            validation: true,
            scores: true,
            quality: true,
            third_class: false,
            dial: false,
            recipes: false,
            recommended: TrainingSet::Original,
            phis: [50.0, 25.0, 12.5].map(Phi::new).to_vec(),
            seeds: 5,
            tile: 48,
            easy: 40,
        }
    }
}

/// A small generator of even numbers in 0..1; the tests need no better one.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn roll(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    fn about(&mut self, middle: f64, width: f64) -> f64 {
        middle + width * (self.roll() + self.roll() + self.roll() - 1.5)
    }
}

impl Fabricated {
    /// Writes the whole run.
    pub fn write(&self, root: &Path) -> RunFolder {
        let run = RunFolder::new(root);
        let data = root.join("the-data");
        let names: Vec<String> = (0..2 * self.easy).map(|i| format!("{}/tile-{i:03}.png", "a")).collect();
        for i in 0..names.len() {
            let hard = if i < self.easy { 0.1 } else { 0.8 };
            picture(&data, &names, i, || tissue(i as u64, self.tile, hard, 0.0).into());
        }
        self.study(&run, &data);
        self.scores(&run, &names);
        for phi in &self.phis {
            self.translator(&run, *phi, &names[..self.easy]);
            if self.quality {
                self.measured(&run, *phi, &names[..self.easy]);
            }
        }
        if self.dial {
            self.turned(&run, &names[..self.easy]);
        }
        self.classifiers(&run);
        self.write_tables(&run, &names[..self.easy]);
        let mut results = self.results();
        results.dial = self.dial.then(|| DialResult {
            steps: 4000,
            n: 12,
            source: Some(0.8),
            settings: (0..7u8)
                .map(|at| DialSetting {
                    setting: f64::from(at) / 6.0,
                    mean: Some(0.3 + 0.1 * f64::from(at)),
                    sd: Some(0.1),
                })
                .collect(),
            rising: 11,
            monotone: 9,
            spearman_median: Some(0.964),
        });
        self.statistics(&mut results);
        write_json(&run.results_json(), &results).unwrap();
        run
    }

    fn study(&self, run: &RunFolder, data: &Path) {
        let text = format!(
            "# resolved settings\nname = \"polyps\"\npreset = \"laptop\"\ndata = {:?}\nsource_class = {:?}\nphi = {:?}\n\
             scoring = \"in-sample\"\nseed = 7\n\n[translator]\nepochs = 12\nidentity = 0.0\n{}",
            data.display().to_string(),
            self.source_class,
            self.phis.iter().map(|phi| phi.percent()).collect::<Vec<_>>(),
            if self.dial { "kind = \"dial\"\n" } else { "" },
        );
        write_atomic(&run.study_toml(), text.as_bytes()).unwrap();
        write_atomic(&run.manifest_csv(), b"image,class,partition,slide\n").unwrap();
    }

    fn scores(&self, run: &RunFolder, names: &[String]) {
        let mut dice = Dice::new(3);
        let rows: Vec<ConfidenceRow> = (0..names.len() * 4)
            .map(|i| {
                let high = i % 5 < 3;
                let sure = match 1.0 - dice.roll().powf(if high { 4.0 } else { 1.6 }) {
                    // The tiles that are on file stand at both ends.
                    v if i < self.easy => 0.98 + 0.02 * v,
                    v if i < 2 * self.easy => 0.02 * v,
                    v => v.clamp(0.03, 0.97),
                };
                ConfidenceRow {
                    image: names.get(i).cloned().unwrap_or_else(|| format!("a/more-{i:03}.png")),
                    class: self.source_class.to_owned(),
                    partition: "train".into(),
                    slide: format!("s{}", i / 6),
                    agreement: self.votes.then_some(if high { 1.0 } else { 2.0 / 3.0 }),
                    confidence: Some(sure),
                    confidence_out_of_fold: Some((sure - 0.3 * dice.roll()).max(0.0)),
                }
            })
            .collect();
        write_rows(&run.confidences_csv(), &rows).unwrap();
    }

    fn translator(&self, run: &RunFolder, phi: Phi, names: &[String]) {
        let mut dice = Dice::new(phi.percent() as u64);
        let harder = 0.9 - phi.percent() / 100.0;
        let shift = if self.drift { 0.5 } else { 0.02 };
        let rows: Vec<TranslationRow> = names
            .iter()
            .enumerate()
            .map(|(i, image)| {
                let seed = i as u64;
                for (folder, hard, violet) in [
                    (run.generated(phi), harder, shift),
                    (run.reconstructed(phi), 0.12, 0.01),
                    (run.sources(phi), 0.1, 0.0),
                ] {
                    picture(&folder, names, i, || tissue(seed, self.tile, hard, violet).into());
                }
                let generated = dice.about(0.95 - 0.45 * harder, 0.3).clamp(0.02, 0.99);
                let held_out = dice.about(generated, 0.05).clamp(0.02, 0.99);
                let severity = |v: f64| self.severity.then_some(v.clamp(0.0, 1.0));
                TranslationRow {
                    image: image.clone(),
                    kept: generated > 0.5,
                    kept_held_out: held_out > 0.5,
                    confidence_source: 0.97,
                    confidence_generated: generated,
                    confidence_reconstructed: 0.96,
                    held_out_source: dice.about(0.92, 0.05).min(1.0),
                    held_out_generated: held_out,
                    held_out_reconstructed: dice.about(0.90, 0.06).min(1.0),
                    severity_source: severity(dice.about(0.24, 0.15)),
                    severity_generated: severity(dice.about(0.46, 0.2)),
                    severity_reconstructed: severity(dice.about(0.26, 0.15)),
                }
            })
            .collect();
        write_rows(&run.translation_csv(phi), &rows).unwrap();
        let name = StepName::translator(phi);
        let epochs: Vec<TranslatorEpoch> = (1..=12usize)
            .map(|epoch| {
                let t = epoch as f64;
                save(
                    &run.samples(&name).join(format!("epoch-{epoch:03}.png")),
                    &grid(epoch as u64, self.tile),
                );
                TranslatorEpoch {
                    epoch,
                    step: 40 * epoch as u64,
                    lr: 2e-4,
                    loss_g: dice.about(0.35, 0.05),
                    loss_d_a: dice.about(0.22, 0.04),
                    loss_d_b: dice.about(0.20, 0.04),
                    loss_cycle_a: 0.2 / t.sqrt() + 0.03,
                    loss_cycle_b: 0.18 / t.sqrt() + 0.03,
                    loss_identity: None,
                    judge_source: Some(0.93),
                    judge_generated: Some(0.93 - 0.03 * t * harder),
                    judge_reconstructed: Some(0.9),
                }
            })
            .collect();
        write_rows(&run.metrics_csv(&name), &epochs).unwrap();
        run.write_done(&done(&name)).unwrap();
        run.write_done(&done(&StepName::translate(phi))).unwrap();
    }

    /// The steps of a dial: twelve tiles at seven settings.
    fn turned(&self, run: &RunFolder, names: &[String]) {
        let mut dice = Dice::new(17);
        let rows: Vec<DialRow> = (0..12)
            .map(|i| {
                picture(&run.dial_sources(), names, i, || tissue(i as u64, self.tile, 0.4, 0.0).into());
                for at in 0..7 {
                    let hard = 1.0 - at as f64 / 6.0;
                    picture(&run.dial_setting(at), names, i, || {
                        tissue(i as u64, self.tile, hard, 0.0).into()
                    });
                }
                DialRow {
                    image: names[i].clone(),
                    rank: i as f64 / 11.0,
                    shown: true,
                    source: 0.8,
                    translated: (0..7u8)
                        .map(|at| (dice.about(0.3 + 0.1 * f64::from(at), 0.05)).min(1.0))
                        .collect(),
                    spearman: Some(0.964),
                }
            })
            .collect();
        write_rows(&run.dial_csv(), &rows).unwrap();
        let epochs: Vec<DialEpoch> = (1..=6usize)
            .map(|epoch| DialEpoch {
                epoch,
                step: 700 * epoch as u64,
                lr: 2e-4,
                loss_g: dice.about(0.35, 0.05),
                loss_d: dice.about(0.2, 0.04),
                loss_cycle: 0.2 / epoch as f64,
                loss_identity: 0.15 / epoch as f64,
                loss_judge: Some(0.5 / epoch as f64),
                judge_source: Some(0.8),
                judge_hardest: Some(0.5),
                judge_easiest: Some(0.9),
            })
            .collect();
        write_rows(&run.metrics_csv(&StepName::translator_dial(None)), &epochs).unwrap();
        run.write_done(&done(&StepName::DIAL)).unwrap();
    }

    /// The step that looks at translations as pictures: every seventh has a mosaic, every ninth is inverted.
    fn measured(&self, run: &RunFolder, phi: Phi, names: &[String]) {
        let mut dice = Dice::new(90 + phi.percent() as u64);
        let rows: Vec<TileQualityRow> = names
            .iter()
            .enumerate()
            .map(|(i, image)| {
                for (folder, middle) in [("source", 0.3), ("generated", 0.7)] {
                    let map = || {
                        GrayImage::from_fn(self.tile, self.tile, |x, y| {
                            let side = f64::from(self.tile);
                            let (dx, dy) = (f64::from(x) / side - middle, f64::from(y) / side - 0.5);
                            Luma([(255.0 * (-12.0 * (dx * dx + dy * dy)).exp()) as u8])
                        })
                        .into()
                    };
                    picture(&run.saliency(phi).join(folder), names, i, map);
                }
                TileQualityRow {
                    image: image.clone(),
                    ssim: dice.about(0.7, 0.2),
                    luminance_correlation: Some(if i % 9 == 8 { -0.4 } else { dice.about(0.8, 0.1) }),
                    periodicity_source: dice.about(1.0, 0.1),
                    periodicity: if i % 7 == 6 { 6.5 } else { dice.about(1.1, 0.2) },
                    padding: if i % 5 == 0 { 0.2 } else { 0.0 },
                    padding_repainted: (i % 5 == 0).then_some(0.1),
                    nearest: (i > 0).then(|| names[0].clone()),
                    nearest_bits: (i > 0).then_some(20),
                    source_bits: 14,
                }
            })
            .collect();
        write_rows(&run.tile_quality_csv(phi), &rows).unwrap();
        run.write_done(&done(&StepName::quality(phi))).unwrap();
    }

    fn classifiers(&self, run: &RunFolder) {
        let mut dice = Dice::new(11);
        let mut course = |level: f64, epochs: usize| -> Vec<ClassifierEpoch> {
            (1..=epochs)
                .map(|epoch| {
                    let all = level - 0.25 * (-(epoch as f64) / 6.0).exp() + dice.about(0.0, 0.015);
                    ClassifierEpoch {
                        epoch,
                        lr: 1e-3 * 0.91f64.powi(epoch as i32 - 1),
                        train_loss: 0.7 * (-(epoch as f64) / 14.0).exp(),
                        auc_all: Some(all),
                        auc_high: self.votes.then_some((all + 0.08).min(1.0)),
                        auc_low: self.votes.then_some(all - 0.16),
                        auc_val: self.validation.then_some(all + 0.01),
                    }
                })
                .collect()
        };
        write_rows(&run.metrics_csv(&StepName::SCORER), &course(0.84, 33)).unwrap();
        run.write_done(&done(&StepName::SCORER)).unwrap();
        for (set, level) in self.sets() {
            for seed in 0..self.seeds {
                let name = StepName::retrain(set, seed);
                write_rows(&run.metrics_csv(&name), &course(level, 25)).unwrap();
                run.write_done(&done(&name)).unwrap();
            }
        }
    }

    fn sets(&self) -> Vec<(TrainingSet, f64)> {
        let mut sets = vec![(TrainingSet::Original, 0.831), (TrainingSet::Naive, 0.822)];
        for (i, phi) in self.phis.iter().enumerate() {
            sets.push((TrainingSet::Phi(*phi), [0.838, 0.848, 0.834][i % 3]));
        }
        for (name, level) in RECIPES.iter().filter(|_| self.recipes) {
            sets.push((TrainingSet::Recipe(name.parse().unwrap()), *level));
        }
        sets
    }

    fn results(&self) -> Results {
        let mut dice = Dice::new(5);
        let mut table3 = Vec::new();
        let strata = [(Stratum::All, 0.0), (Stratum::High, 0.085), (Stratum::Low, -0.17)];
        let strata = &strata[..if self.votes { 3 } else { 1 }];
        for (set, level) in self.sets() {
            for (stratum, shift) in strata {
                let per_seed: Vec<PerSeed> = (0..self.seeds)
                    .map(|seed| {
                        let best = dice.about(level + shift, 0.006);
                        PerSeed {
                            seed,
                            five_best: Some(best),
                            last: Some(best - 0.02),
                            val: self.validation.then_some(best - 0.012),
                        }
                    })
                    .collect();
                let column = |pick: fn(&PerSeed) -> Option<f64>| {
                    per_seed.iter().filter_map(pick).collect::<Vec<f64>>()
                };
                table3.push(Table3Row {
                    training_set: set,
                    stratum: *stratum,
                    auc_mean: stats::mean(&column(|s| s.five_best)),
                    auc_se: stats::standard_error(&column(|s| s.five_best)),
                    auc_last: stats::mean(&column(|s| s.last)),
                    auc_val: stats::mean(&column(|s| s.val)),
                    seeds: self.seeds as usize,
                    per_seed,
                });
            }
        }
        Results {
            schema: SCHEMA,
            tool: "grayzone 0.1.0".into(),
            seed: 7,
            name: "polyps".into(),
            classes: [self.source_class, self.other_class, "adenoma"][..2 + usize::from(self.third_class)]
                .iter()
                .map(|c| (*c).to_owned())
                .collect(),
            source_class: self.source_class.into(),
            tile_size: self.tile as usize,
            preset: "laptop".into(),
            data: self.counts(),
            scorer: ScorerResult {
                epochs: 25,
                auc_all: Some(0.8412),
                auc_high: self.votes.then_some(0.914),
                auc_low: self.votes.then_some(0.671),
                accuracy: Some(0.79),
                out_of_fold_auc: Some(0.82),
            },
            phi: self
                .phis
                .iter()
                .map(|phi| PhiResult {
                    phi: *phi,
                    hard: (1530.0 * phi.percent() / 100.0) as usize,
                    easy: self.easy,
                    steps: 38_250,
                    generated: self.easy,
                    kept: self.easy - 2,
                    kept_held_out: self.easy - 3,
                    confidence_source: Some(0.97),
                    confidence_generated: Some(0.71),
                })
                .collect(),
            recommended_phi: self.phis.iter().copied().find(|phi| *phi == Phi::new(25.0)),
            table3,
            ks: self.votes.then_some(Ks { statistic: 0.301, p_value: 2.4e-9, n_high: 192, n_low: 128 }),
            confidence_shift: self.shift(),
            stain: self.stain(),
            severity: self.severity.then_some(Severity {
                probe_r: Some(0.958),
                easy_mean: Some(0.24),
                generated_mean: Some(0.46),
                hard_mean: Some(0.67),
                phi: Phi::new(25.0),
                reconstructed_mean: Some(0.26),
            }),
            notes: vec!["φ = 12.5 leaves 191 hard tiles".into()],
            ..Results::default()
        }
    }

    fn counts(&self) -> Vec<DataCount> {
        let mut data = Vec::new();
        for (partition, scale) in [("train", 1.0), ("test", 0.55)] {
            for (class, high, low) in [(self.source_class, 860.0, 670.0), (self.other_class, 348.0, 173.0)] {
                let kinds =
                    if self.votes { vec![("high", high), ("low", low)] } else { vec![("none", high + low)] };
                for (agreement, n) in kinds {
                    let n = (n * scale) as usize;
                    data.push(DataCount {
                        partition: partition.into(),
                        class: class.into(),
                        agreement: agreement.into(),
                        n,
                    });
                }
            }
        }
        data
    }

    fn shift(&self) -> Vec<ConfidenceShift> {
        let mut all = Vec::new();
        for (judge, base) in JudgeName::ALL.into_iter().zip([0.97, 0.93, 0.98, 0.92]) {
            let mut push = |set, mean: f64| {
                all.push(ConfidenceShift { judge, set, mean: Some(mean), sd: Some(0.12), n: self.easy });
            };
            push(TileSet::Source, base);
            for phi in &self.phis {
                push(TileSet::Generated(*phi), base - 0.30 + phi.percent() / 250.0);
                push(TileSet::Reconstructed(*phi), base - 0.02);
            }
        }
        all
    }

    fn stain(&self) -> Vec<Stain> {
        let stain = |set, density: f64, hue: f64| Stain {
            set,
            optical_density: Some(density),
            hue: Some(hue),
            saturation: Some(0.4),
            n: self.easy,
        };
        let mut all = vec![stain(TileSet::Source, 0.31, 316.0)];
        for phi in &self.phis {
            all.push(stain(
                TileSet::Generated(*phi),
                if self.drift { 0.42 } else { 0.315 },
                if self.drift { 292.0 } else { 315.0 },
            ));
            all.push(stain(TileSet::Reconstructed(*phi), 0.312, 316.5));
            all.push(stain(TileSet::Hard(*phi), 0.32, 314.0));
        }
        all
    }
}

fn done(name: &StepName) -> Done {
    let table = if ["translate-", "quality-"].iter().any(|kind| name.as_str().starts_with(kind)) {
        "tiles.csv"
    } else {
        "metrics.csv"
    };
    Done {
        step: name.clone(),
        hash: "0123456789abcdef0123456789abcdef".into(),
        after: BTreeMap::new(),
        made_from: BTreeMap::new(),
        tool: "grayzone 0.1.0".into(),
        computed_on: Some(record::ComputedOn { device: "cpu".into(), instructions: Some("avx2".into()) }),
        seed: 7,
        data_hash: "feedface".repeat(8),
        seconds: 93.0,
        outputs: BTreeMap::from([(format!("steps/{name}/{table}"), String::new())]),
        sizes: BTreeMap::new(),
    }
}

/// A pink tile with round crypts; `hard` makes them ragged, `violet` moves the stain.
fn tissue(seed: u64, side: u32, hard: f64, violet: f64) -> RgbImage {
    let mut dice = Dice::new(seed + 17);
    let crypts: Vec<(f64, f64, f64)> = (0..6)
        .map(|_| {
            (
                dice.roll() * f64::from(side),
                dice.roll() * f64::from(side),
                f64::from(side) * dice.about(0.14, 0.04),
            )
        })
        .collect();
    let mut noise = Dice::new(seed * 31 + 5);
    RgbImage::from_fn(side, side, |x, y| {
        let (x, y) = (f64::from(x), f64::from(y));
        let ring = crypts
            .iter()
            .map(|(cx, cy, r)| {
                let angle = (y - cy).atan2(x - cx);
                let r = r * (1.0 + 0.45 * hard * (5.0 * angle).sin());
                ((x - cx).hypot(y - cy) - r) / (0.035 * f64::from(side))
            })
            .min_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap_or(9.0);
        let grain = 14.0 * (noise.roll() - 0.5);
        let base = match ring {
            d if d.abs() < 1.0 => [112.0, 66.0, 140.0],
            d if d < 0.0 => [238.0, 226.0, 240.0],
            _ => [226.0, 160.0, 196.0],
        };
        Rgb([base[0] * (1.0 - violet), base[1], base[2] * (1.0 + 0.2 * violet)].map(|v| (v + grain) as u8))
    })
}

fn grid(seed: u64, side: u32) -> RgbImage {
    let mut all = RgbImage::from_pixel(3 * side + 8, 4 * (side + 12), Rgb([255, 255, 255]));
    for row in 0..4u32 {
        for column in 0..3u32 {
            let hard = if column == 1 { 0.08 * seed as f64 } else { 0.1 };
            let tile = tissue(u64::from(row), side, hard, 0.0);
            image::imageops::overlay(
                &mut all,
                &tile,
                i64::from(column * (side + 4)),
                i64::from(row * (side + 12)),
            );
        }
    }
    all
}

/// So many tiles are painted; further ones are copies of those, because painting takes its time.
const PAINTED: usize = 120;

/// The picture of tile `i` in a folder of the run.
fn picture(folder: &Path, names: &[String], i: usize, paint: impl Fn() -> DynamicImage) {
    let path = |i: usize| folder.join(png_name(&names[i]));
    std::fs::create_dir_all(path(i).parent().unwrap()).unwrap();
    if i < PAINTED {
        paint().save(path(i)).unwrap();
    } else {
        std::fs::copy(path(i % PAINTED), path(i)).unwrap();
    }
}

fn save(path: &Path, image: &RgbImage) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    image.save(path).unwrap();
}

/// The report of a run as text.
pub fn report_of(run: &RunFolder) -> String {
    report::write(run).unwrap();
    let page = read_utf8(&run.report_html()).unwrap();
    // Kept for looking at, when asked for.
    if let Some(folder) = std::env::var_os("GRAYZONE_KEEP_REPORTS") {
        let mut name = String::new();
        let _ = write!(name, "{}.html", std::thread::current().name().unwrap_or("report").replace("::", "-"));
        write_atomic(&Path::new(&folder).join(name), page.as_bytes()).unwrap();
    }
    page
}
