//! `grayzone bench --scaling`: how time and memory of a training step grow with tile size, batch, width and threads.

use std::path::Path;

use report::{Hue, LogLine, LogLog};
use serde::Serialize;

use super::measured::{Measured, mebibytes};
use super::own_process;
use super::steps::Steps;
use super::workload::{Task, Workload};
use crate::fault::Fault;
use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// A few steps a point; of slow ones, one that counts.
const STEPS: Steps = Steps { warm_up: 1, timed: 3, seconds: 2.0 };
/// Where one size varies, the others are these.
const BATCH: usize = 16;

/// The sizes that are measured.
struct Grid {
    sizes: Vec<usize>,
    batches: Vec<usize>,
    /// Sides at which the batch varies.
    batched_sizes: Vec<usize>,
    /// Widest last.
    widths: Vec<usize>,
}

impl Grid {
    fn whole() -> Self {
        Self {
            sizes: vec![64, 96, 128, 192, 256, 384, 512],
            batches: vec![1, 4, 16, 64],
            batched_sizes: vec![64, 128, 256],
            widths: vec![16, 32, 64],
        }
    }

    /// To see that it works.
    fn smallest() -> Self {
        Self { sizes: vec![24, 33], batches: vec![1, 2], batched_sizes: vec![24], widths: vec![2, 4] }
    }

    fn widest(&self) -> usize {
        self.widths.iter().copied().max().unwrap_or(64)
    }

    /// Every point once, with its number of threads: the classifier by size and width, on one thread too at its widest,
    /// and by batch; the translator by size and width.
    fn points(&self, threads: usize) -> Vec<(Workload, usize)> {
        let classifier = |size, batch, width| Workload { task: Task::TrainClassifier, size, batch, width };
        let mut points = Vec::new();
        for &size in &self.sizes {
            points.push((classifier(size, BATCH, self.widest()), 1));
            for &width in &self.widths {
                points.push((classifier(size, BATCH, width), threads));
                points.push((Workload { task: Task::TrainTranslator, size, batch: 1, width }, threads));
            }
        }
        for &size in &self.batched_sizes {
            points
                .extend(self.batches.iter().map(|&batch| (classifier(size, batch, self.widest()), threads)));
        }
        let mut once: Vec<(Workload, usize)> = Vec::new();
        for point in points {
            if !once.contains(&point) {
                once.push(point);
            }
        }
        once
    }
}

/// One measured point.
#[derive(Debug, Serialize)]
struct Point {
    #[serde(skip)]
    workload: Workload,
    size: usize,
    batch: usize,
    width: usize,
    #[serde(flatten)]
    measured: Measured,
}

impl Point {
    fn pixels(&self) -> f64 {
        (self.batch * self.size * self.size) as f64
    }

    fn mebibytes(&self) -> Option<f64> {
        self.measured.peak_rss_bytes.map(mebibytes)
    }
}

/// A series of points of which only the number of pixels varies, and what follows from it.
#[derive(Debug, Serialize)]
struct Growth {
    series: String,
    /// Peak memory = `fixed_bytes` + `bytes_per_pixel` · pixels, by least squares.
    fixed_bytes: Option<f64>,
    bytes_per_pixel: Option<f64>,
    /// The share of the variance of memory that this line explains.
    r_squared: Option<f64>,
    /// Time grows with this power of the pixels, by least squares of the logarithms.
    time_exponent: Option<f64>,
}

#[derive(Debug, Serialize)]
struct ScalingOutput {
    points: Vec<Point>,
    growth: Vec<Growth>,
}

/// Measures every point, each in a process of its own, and writes `scaling.json` and the charts to `out`.
pub fn run(out: Option<&Path>, json: bool, smallest: bool, global: Global) -> anyhow::Result<()> {
    if let Some(dir) = out {
        std::fs::create_dir_all(dir)
            .map_err(|e| Fault::io(format!("the folder {} could not be made", dir.display()), &e))?;
    }
    let grid = if smallest { Grid::smallest() } else { Grid::whole() };
    let points = measure(&grid, global)?;
    let growth = series(&grid, &points);
    let charts = charts(&grid, &points);
    let result = ScalingOutput { points, growth };
    if let Some(dir) = out {
        let mut files = vec![("scaling.json".to_owned(), serde_json::to_string_pretty(&result)? + "\n")];
        files.extend(charts.into_iter().map(|(name, picture)| (format!("scaling-{name}.svg"), picture)));
        for (name, text) in files {
            files::write_atomic(&dir.join(name), text.as_bytes())?;
        }
    }
    if json { output::json(&result) } else { output::text(&tables(&result)) }
}

fn measure(grid: &Grid, global: Global) -> anyhow::Result<Vec<Point>> {
    let points = grid.points(global.threads.unwrap_or_else(rayon::current_num_threads));
    let progress = Progress::new("scaling", global.quiet);
    let total = points.len() as u64;
    let mut measured = Vec::with_capacity(points.len());
    for (workload, threads) in points {
        progress.show(measured.len() as u64, total, &format!("{workload} on {threads}"));
        let global = Global { threads: Some(threads), ..global };
        measured.push(Point {
            workload,
            size: workload.size,
            batch: workload.batch,
            width: workload.width,
            measured: own_process::measure(workload, &STEPS, global)?,
        });
    }
    Ok(measured)
}

/// The points of a task, a width and a batch, or of every batch at one size, on the most threads; by pixels.
fn select(
    points: &[Point],
    task: Task,
    width: usize,
    keep: impl Fn(&Point) -> bool,
) -> impl Iterator<Item = &Point> {
    let threads = points.iter().map(|p| p.measured.threads).max().unwrap_or(1);
    let mut chosen: Vec<&Point> = points
        .iter()
        .filter(|p| p.workload.task == task && p.width == width && p.measured.threads == threads && keep(p))
        .collect();
    chosen.sort_by(|a, b| a.pixels().total_cmp(&b.pixels()));
    chosen.into_iter()
}

fn series(grid: &Grid, points: &[Point]) -> Vec<Growth> {
    let mut growth = Vec::new();
    for &width in &grid.widths {
        let chosen = select(points, Task::TrainClassifier, width, |p| p.batch == BATCH);
        growth.push(grow(format!("resnet18-train, batch {BATCH}, width {width}, by size"), chosen));
    }
    for &size in &grid.batched_sizes {
        let chosen = select(points, Task::TrainClassifier, grid.widest(), |p| p.size == size);
        growth.push(grow(format!("resnet18-train, {size} px, width {}, by batch", grid.widest()), chosen));
    }
    for &width in &grid.widths {
        let chosen = select(points, Task::TrainTranslator, width, |_| true);
        growth.push(grow(format!("cyclegan-train, width {width}, by size"), chosen));
    }
    growth
}

fn grow<'a>(series: String, points: impl Iterator<Item = &'a Point>) -> Growth {
    let points: Vec<&Point> = points.collect();
    let memory: Vec<(f64, f64)> =
        points.iter().filter_map(|p| Some((p.pixels(), p.measured.peak_rss_bytes? as f64))).collect();
    let time: Vec<(f64, f64)> = points.iter().map(|p| (p.pixels().ln(), p.measured.seconds.ln())).collect();
    let memory = straight_line(&memory);
    Growth {
        series,
        fixed_bytes: memory.map(|line| line.at_zero),
        bytes_per_pixel: memory.map(|line| line.slope),
        r_squared: memory.map(|line| line.r_squared),
        time_exponent: straight_line(&time).map(|line| line.slope),
    }
}

#[derive(Clone, Copy, Debug)]
struct StraightLine {
    at_zero: f64,
    slope: f64,
    r_squared: f64,
}

/// The line of least squares; `None` for fewer than two different x.
fn straight_line(points: &[(f64, f64)]) -> Option<StraightLine> {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / n;
    let (mx, my) = (mean(|p| p.0), mean(|p| p.1));
    let sum = |term: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| term(p.0 - mx, p.1 - my)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    (xx > 0.0).then(|| StraightLine {
        at_zero: my - xy / xx * mx,
        slope: xy / xx,
        r_squared: if yy > 0.0 { xy * xy / (xx * yy) } else { 1.0 },
    })
}

/// The charts by name, as `.svg` texts.
fn charts(grid: &Grid, points: &[Point]) -> Vec<(String, String)> {
    const HUES: [Hue; 3] = [Hue::Green, Hue::Orange, Hue::Blue];
    let sizes: Vec<f64> = grid.sizes.iter().map(|s| *s as f64).collect();
    let line = |name: String, hue, points| LogLine { name, hue, dashed: false, points };
    let by_width = |task, value: &dyn Fn(&Point) -> Option<f64>| -> Vec<LogLine> {
        let widths: Vec<_> = grid.widths.iter().zip(HUES).rev().collect();
        let of = |width| {
            select(points, task, width, |p| task == Task::TrainTranslator || p.batch == BATCH)
                .filter_map(|p| Some((p.size as f64, value(p)?)))
                .collect::<Vec<_>>()
        };
        widths.into_iter().map(|(width, hue)| line(format!("width {width}"), hue, of(*width))).collect()
    };
    let seconds = |p: &Point| Some(p.measured.seconds);
    let threads = points.iter().map(|p| p.measured.threads).max().unwrap_or(1);
    let mut charts = Vec::new();
    let mut draw = |name: &str, title: &str, x_label: &str, y_label: &str, x_ticks, lines| {
        let description = format!("{y_label} against {x_label}, both logarithmic.");
        let chart = LogLog { title, description: &description, x_label, y_label, x_ticks, lines };
        charts.extend(chart.picture().map(|picture| (name.to_owned(), picture)));
    };

    let mut lines = by_width(Task::TrainClassifier, &seconds);
    if threads > 1 {
        let single = points.iter().filter(|p| p.measured.threads == 1);
        let single = single.map(|p| (p.size as f64, p.measured.seconds)).collect();
        lines.insert(0, line(format!("width {}, 1 thread", grid.widest()), Hue::Purple, single));
    }
    lines.extend(proportional(lines.last()));
    let (side, a_step) = ("tile side, px", "seconds a step");
    let title = format!("ResNet-18 training step, batch {BATCH}, {threads} threads");
    draw("classifier-time", &title, side, a_step, sizes.clone(), lines);

    let mut lines = by_width(Task::TrainTranslator, &seconds);
    lines.extend(proportional(lines.last()));
    let title = format!("CycleGAN training step, {threads} threads");
    draw("translator-time", &title, side, a_step, sizes.clone(), lines);

    let memory = "peak memory, MiB";
    let title = format!("ResNet-18 training, batch {BATCH}: memory");
    let lines = by_width(Task::TrainClassifier, &Point::mebibytes);
    draw("classifier-memory", &title, side, memory, sizes.clone(), lines);
    let lines = by_width(Task::TrainTranslator, &Point::mebibytes);
    draw("translator-memory", "CycleGAN training: memory", side, memory, sizes, lines);

    let rate = |size| {
        select(points, Task::TrainClassifier, grid.widest(), move |p| p.size == size)
            .map(|p| (p.batch as f64, p.measured.images_per_second))
            .collect()
    };
    let of_sizes = grid.batched_sizes.iter().zip(HUES);
    let lines = of_sizes.map(|(size, hue)| line(format!("{size} px"), hue, rate(*size))).collect();
    let batches = grid.batches.iter().map(|b| *b as f64).collect();
    let title = format!("ResNet-18 training, width {}, {threads} threads", grid.widest());
    draw("classifier-batch", &title, "tiles a step", "tiles a second", batches, lines);
    charts
}

/// What a line would be if time grew as the pixels do, from its first point on.
fn proportional(line: Option<&LogLine>) -> Option<LogLine> {
    let points = &line?.points;
    let (first, last) = (points.first()?, points.last()?);
    let end = (last.0, first.1 * (last.0 / first.0).powi(2));
    let name = "as the pixels".to_owned();
    Some(LogLine { name, hue: Hue::Grey, dashed: true, points: vec![*first, end] })
}

fn tables(result: &ScalingOutput) -> String {
    let number =
        |value: Option<f64>, digits: usize| value.map_or_else(|| "–".into(), |v| format!("{v:.digits$}"));
    let points: Vec<Vec<String>> = result
        .points
        .iter()
        .map(|p| {
            vec![
                p.measured.name.clone(),
                p.measured.threads.to_string(),
                format!("{:.4}", p.measured.seconds),
                format!("{:.2}", p.measured.images_per_second),
                number(p.mebibytes(), 0),
            ]
        })
        .collect();
    let growth: Vec<Vec<String>> = result
        .growth
        .iter()
        .map(|g| {
            vec![
                g.series.clone(),
                number(g.time_exponent, 2),
                number(g.fixed_bytes.map(|b| b / 1048576.0), 0),
                number(g.bytes_per_pixel, 0),
                number(g.r_squared, 4),
            ]
        })
        .collect();
    let head = ["workload", "threads", "seconds a step", "images a second", "peak MiB"];
    let growth_head = ["series", "time ~ pixels^", "fixed MiB", "bytes a pixel", "R² of memory"];
    format!("{}\n{}", output::table(&head, &points), output::table(&growth_head, &growth))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_least_squares() {
        let line = straight_line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap();
        assert!((line.at_zero - 1.0).abs() < 1e-12 && (line.slope - 2.0).abs() < 1e-12);
        assert!((line.r_squared - 1.0).abs() < 1e-12);
        // numpy.polyfit([1, 2, 4], [2, 1, 4], 1) and its R².
        let line = straight_line(&[(1.0, 2.0), (2.0, 1.0), (4.0, 4.0)]).unwrap();
        assert!((line.slope - 0.785714285714).abs() < 1e-9 && (line.at_zero - 0.5).abs() < 1e-9);
        assert!((line.r_squared - 0.617346938776).abs() < 1e-6, "{}", line.r_squared);
        assert!(straight_line(&[(1.0, 2.0), (1.0, 3.0)]).is_none());
    }

    #[test]
    fn every_point_is_measured_once() {
        let points = Grid::whole().points(2);
        // 7 sizes × (3 widths of each network + 1 thread), and the batches that are not 16 at three sizes.
        assert_eq!(points.len(), 7 * (3 + 3 + 1) + 3 * 3);
        // A single thread is no point of its own where there is only one.
        assert_eq!(Grid::whole().points(1).len(), 7 * (3 + 3) + 3 * 3);
        assert!(points.iter().all(|(w, _)| Workload::named(&w.to_string()).unwrap() == *w));
    }
}
