//! How good the generated tiles are: what can be seen without a network, how far they are from real ones, and where they lie.

use super::{charts, hue, left_out, more, scrolls, section};
use crate::chart::{Cloud, DotRow, Dots, Histogram, Hue, Sample, Scatter, nice_range};
use crate::figure::Figures;
use crate::load::{PhiRun, Run};
use crate::sheet::Sheet;
use crate::text;
use maud::{Markup, html};
use record::thresholds;
use record::{EmbeddedRow, FeaturesOf, Phi, PictureQuality, Results, SetDistance, TileQualityRow, TileSet};

const ID: &str = "quality";
const TITLE: &str = "Are the translations good pictures?";

/// From these on, a set of translations is flagged: a periodicity of so many times the sources', so large a share of inverted tiles,
/// of padding repainted, of near-copies and of tiles that did not change.
const MOSAIC: f64 = 1.5;
const INVERTED: f64 = 0.02;
const REPAINTED: f64 = 0.05;
const COPIED: f64 = 0.01;
const MOSTLY_UNCHANGED: f64 = 0.25;

/// The section.
pub fn draw(run: &Run, figures: &Figures) -> Markup {
    let Some(results) = &run.results else { return left_out(ID, TITLE, "the study has not ended") };
    let mapped = run.phis.iter().any(|p| !p.embedding.is_empty());
    if results.pictures.is_empty() && results.distances.is_empty() && !mapped {
        return left_out(
            ID,
            TITLE,
            "the quality of translations has not been measured: run the study again with this version",
        );
    }
    section(
        ID,
        TITLE,
        &html! {
            (pictures(&results.pictures))
            (tile_by_tile(run, figures))
            (distances(results, figures, run.shown_phi()))
            (maps(run, figures))
        },
    )
}

/// What is wrong with a set of translations, as far as pictures tell; `sources` to compare with.
fn faults(set: &PictureQuality, sources: Option<&PictureQuality>) -> Vec<String> {
    let share = |part: usize| part as f64 / set.n.max(1) as f64;
    let mut all = Vec::new();
    if let (Some(index), Some(of_sources)) = (set.periodicity, sources.and_then(|s| s.periodicity))
        && index > MOSAIC * of_sources
    {
        all.push(format!(
            "mosaic (periodicity {} against {} of the sources)",
            text::fixed(index, 2),
            text::fixed(of_sources, 2)
        ));
    }
    let counted = |part: usize, least: f64, what: &str| {
        (part > 0 && share(part) >= least)
            .then(|| format!("{what} ({}, {})", text::counted(part, "tile"), text::share_to(part, set.n, 1)))
    };
    all.extend(counted(set.inverted, INVERTED, "light and dark changed places"));
    if let Some(repainted) = set.padding_repainted.filter(|share| *share > REPAINTED) {
        all.push(format!(
            "padding repainted ({}\u{a0}% of it, {})",
            text::fixed(100.0 * repainted, 0),
            text::counted(set.padded, "tile")
        ));
    }
    all.extend(counted(set.near_copies, COPIED, "near-copies of other training tiles"));
    all.extend(counted(set.unchanged, MOSTLY_UNCHANGED, "hardly changed from their sources"));
    all
}

fn pictures(rows: &[PictureQuality]) -> Markup {
    if rows.is_empty() {
        return html! { p.absent { "Measures of the pictures are left out: they have not been taken." } };
    }
    let sources = rows.iter().find(|r| r.set == TileSet::Source);
    let generated: Vec<&PictureQuality> =
        rows.iter().filter(|r| matches!(r.set, TileSet::Generated(_))).collect();
    html! {
        h3 { "What can be seen without a network" }
        ul.bare {
            @for set in &generated {
                @let faults = faults(set, sources);
                @if faults.is_empty() {
                    li { (text::tile_set(set.set)) ": no mosaic, no inversion, padding left alone, no near-copies." }
                } @else {
                    li { div.alert { strong { (text::tile_set(set.set)) ": look at these tiles before you use them." } " Found: " (faults.join("; ")) "." } }
                }
            }
        }
        (scrolls("Pictures", &html! {
            table.numbers {
                caption { "Means over tiles." }
                thead { tr {
                    th scope="col" { "Tiles" } th.n scope="col" { "n" } th.n scope="col" { "SSIM to the source" }
                    th.n scope="col" { "Periodicity" } th.n scope="col" { "Luminance correlation" } th.n scope="col" { "Inverted" }
                    th.n scope="col" { "With padding" } th.n scope="col" { "Padding repainted" } th.n scope="col" { "Near-copies" }
                    th.n scope="col" { "Unchanged" }
                } }
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (text::tile_set(row.set)) } td.n { (text::count(row.n)) }
                            td.n { (text::maybe(row.ssim, 3)) } td.n { (text::maybe(row.periodicity, 2)) }
                            td.n { (text::maybe(row.luminance_correlation, 3)) } td.n { (text::count(row.inverted)) }
                            td.n { (text::count(row.padded)) }
                            td.n {
                                @if let Some(share) = row.padding_repainted { (text::fixed(100.0 * share, 1)) "\u{a0}%" }
                                @else { (text::NONE) }
                            }
                            td.n { (text::count(row.near_copies)) } td.n { (text::count(row.unchanged)) }
                        }
                    }
                }
            }
        }))
        p.quiet {
            "SSIM: 1 is the source itself. Periodicity: power at the generator's strides over that beside them, about 1 without a mosaic. Inverted: luminance \
             runs against the source's. Near-copies have nearly the perceptual hash of a training tile that is not their source; unchanged ones have an SSIM of " (text::fixed(thresholds::UNCHANGED, 2)) " or more. Flagged: periodicity above "
            (text::fixed(MOSAIC, 1)) " times the sources', from " (text::fixed(100.0 * INVERTED, 0)) "\u{a0}% inverted, more than "
            (text::fixed(100.0 * REPAINTED, 0)) "\u{a0}% of padding repainted, from " (text::fixed(100.0 * COPIED, 0)) "\u{a0}% near-copies, from "
            (text::fixed(100.0 * MOSTLY_UNCHANGED, 0)) "\u{a0}% unchanged."
        }
    }
}

/// Single translations at the selectivity in view.
fn tile_by_tile(run: &Run, figures: &Figures) -> Markup {
    let Some(phi) = run.shown().filter(|p| !p.quality.is_empty()) else { return html! {} };
    let column = |name: &str, hue, pick: fn(&TileQualityRow) -> f64| Sample {
        name: name.to_owned(),
        hue,
        values: phi.quality.iter().map(pick).filter(|v| v.is_finite()).collect(),
    };
    let periodicity = vec![
        column("source", Hue::Blue, |t| t.periodicity_source),
        column("translated", Hue::Orange, |t| t.periodicity),
    ];
    let ssim = vec![column("translated", Hue::Orange, |t| t.ssim)];
    let histogram = |name: &str, heading: &str, x_label: &str, samples: Vec<Sample>| {
        let all = samples.iter().flat_map(|s| &s.values).copied();
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        let drawn = Histogram {
            title: heading,
            description: &format!("Histogram over {}", text::counted(phi.quality.len(), "translation")),
            x_label,
            samples,
            range: nice_range(low, high, 5),
            bins: 20,
        };
        figures.chart(name, heading, &drawn, &text::phi(phi.phi))
    };
    charts(&html! {
        (histogram("quality-periodicity", "Periodicity, tile by tile", "Periodicity index", periodicity))
        (histogram("quality-ssim", "Similarity to the source, tile by tile", "SSIM", ssim))
    })
}

fn features(of: FeaturesOf) -> &'static str {
    match of {
        FeaturesOf::Scorer => "the scorer's features",
        FeaturesOf::Judge => "an independent judge's features",
    }
}

fn distances(results: &Results, figures: &Figures, shown: Option<Phi>) -> Markup {
    let all = &results.distances;
    if all.is_empty() {
        return html! { p.absent { "Distances to real tiles are left out: they have not been measured." } };
    }
    let chart = |of: FeaturesOf, name: &str, phi: Phi| -> Markup {
        let of_these: Vec<&SetDistance> = all.iter().filter(|d| d.features == of && d.phi == phi).collect();
        let rows: Vec<DotRow> = of_these
            .iter()
            .filter_map(|d| {
                Some(DotRow {
                    label: between(d),
                    hue: if d.set == d.to { Hue::Grey } else { hue(d.set) },
                    value: d.kernel?,
                    spread: None,
                    single: Vec::new(),
                })
            })
            .collect();
        let each: Vec<String> =
            rows.iter().map(|r| format!("{}: {}", r.label, text::fixed(r.value, 3))).collect();
        let heading = format!("In {}, {}", features(of), text::phi(phi));
        let tiles = of_these.iter().map(|d| d.n).min().unwrap_or(0);
        let drawn = Dots {
            title: &format!("Kernel distance in {}", features(of)),
            description: &each.join("; "),
            x_label: "Kernel distance; 0: the same distribution",
            rows,
            range: None,
            digits: 3,
            reference: false,
        };
        let caption = format!("{} of each set.", text::counted(tiles, "tile"));
        figures.chart_with(
            &format!("distance-phi-{phi}-{name}"),
            &heading,
            &drawn,
            &caption,
            sheet(&of_these),
        )
    };
    let both = |phi: Phi| {
        charts(&html! { (chart(FeaturesOf::Judge, "judge", phi)) (chart(FeaturesOf::Scorer, "scorer", phi)) })
    };
    let mut phis: Vec<Phi> = all.iter().map(|d| d.phi).collect();
    phis.dedup();
    // The selectivity in view first.
    phis.sort_by_key(|phi| Some(*phi) != shown);
    html! {
        h3 { "How far from real tiles" }
        p {
            "Translations that do what they should lie nearer to the real hard tiles than their sources do. The scorer chose the easy and the hard \
             tiles, so its features part them best; an independent judge's had no part in it."
        }
        ul.bare { @for phi in &phis { @if let Some(sentence) = nearer(all, *phi) { li { (sentence) } } } }
        @for (i, phi) in phis.iter().enumerate() {
            @if i == 0 { (both(*phi)) } @else { (more(&format!("The same at {}", text::phi(*phi)), &both(*phi))) }
        }
        p.quiet {
            strong { "With few tiles the Fréchet distance is too large" }
            ", also between two halves of one set: compare only distances of equally many tiles. The kernel distance is right on average whatever \
             their number, hence at times below 0. “In halves”: two halves of one set, which is how far apart so few tiles are by chance. Neither is FID or KID as papers print them: those take another network's features."
        }
        (more("The numbers", &scrolls("Distances", &html! {
            table.numbers {
                thead { tr {
                    th scope="col" { "Features" } th scope="col" { "Selectivity" } th scope="col" { "From" } th scope="col" { "To" }
                    th.n scope="col" { "Tiles" } th.n scope="col" { "Numbers a tile" } th.n scope="col" { "Fréchet" } th.n scope="col" { "Kernel" }
                } }
                tbody {
                    @for d in all {
                        tr {
                            th scope="row" { (features(d.features)) } td { (text::phi(d.phi)) }
                            td { (text::tile_set(d.set)) } td { (text::tile_set(d.to)) }
                            td.n { (text::count(d.n)) " and " (text::count(d.n_to)) } td.n { (text::count(d.dimensions)) }
                            td.n { (text::maybe(d.frechet, 3)) } td.n { (text::maybe(d.kernel, 4)) }
                        }
                    }
                }
            }
        })))
    }
}

/// Whether translations lie nearer to the hard tiles than their sources, by the judge that had no part in it.
fn nearer(all: &[SetDistance], phi: Phi) -> Option<String> {
    let of = |set: TileSet| {
        let found = all.iter().find(|d| {
            d.phi == phi && d.features == FeaturesOf::Judge && d.set == set && d.to == TileSet::Hard(phi)
        });
        found.and_then(|d| d.kernel)
    };
    let (source, generated) = (of(TileSet::Source)?, of(TileSet::Generated(phi))?);
    let way = if generated < source { "nearer to" } else { "further from" };
    Some(format!(
        "{}: by the judge's features translations lie {way} the real hard tiles than their sources do (kernel distance {} against {}).",
        text::phi(phi),
        text::fixed(generated, 3),
        text::fixed(source, 3)
    ))
}

/// Two sets in few letters: `φ 25 → hard`.
fn between(d: &SetDistance) -> String {
    let short = |set: TileSet| match set {
        TileSet::Source => "source",
        TileSet::Generated(_) => "translated",
        TileSet::Reconstructed(_) => "back again",
        TileSet::Hard(_) => "hard",
        TileSet::Other => "other class",
    };
    if d.set == d.to {
        return format!("{} in halves", short(d.set));
    }
    format!("{} → {}", short(d.set), short(d.to))
}

fn sheet(rows: &[&SetDistance]) -> Sheet {
    let mut sheet =
        Sheet::new(["features", "phi", "set", "to", "n", "n_to", "dimensions", "frechet", "kernel"]);
    for d in rows {
        sheet.push([
            match d.features {
                FeaturesOf::Scorer => "scorer",
                FeaturesOf::Judge => "judge",
            }
            .into(),
            d.phi.percent().into(),
            d.set.to_string().into(),
            d.to.to_string().into(),
            d.n.into(),
            d.n_to.into(),
            d.dimensions.into(),
            d.frechet.into(),
            d.kernel.into(),
        ]);
    }
    sheet
}

fn maps(run: &Run, figures: &Figures) -> Markup {
    let mapped: Vec<&PhiRun> = run.phis.iter().filter(|p| !p.embedding.is_empty()).collect();
    if mapped.is_empty() {
        return html! { p.absent { "The map of features is left out: it has not been drawn." } };
    }
    html! {
        h3 { "Where they lie" }
        p {
            "Features of single tiles, laid out flat: tiles that a network finds alike lie together. Only neighbourhoods mean something; \
             distances across the map, sizes of groups and the axes do not."
        }
        (charts(&html! { @for phi in &mapped { (map(figures, phi)) } }))
    }
}

fn map(figures: &Figures, phi: &PhiRun) -> Markup {
    // Generated tiles lie on top: they are what one looks for.
    let clouds: Vec<Cloud> = [
        ("other", "other class", Hue::Grey),
        ("easy", "real easy", Hue::Blue),
        ("hard", "real hard", Hue::Purple),
        ("generated", "generated", Hue::Orange),
    ]
    .into_iter()
    .map(|(set, name, hue)| {
        let points: Vec<(f64, f64)> = of(&phi.embedding, set).map(|r| (r.x, r.y)).collect();
        Cloud { name: format!("{name} ({})", text::count(points.len())), hue, points }
    })
    .collect();
    let each: Vec<String> = clouds.iter().map(|c| c.name.clone()).collect();
    let drawn = Scatter {
        title: &format!("Map of features, {}", text::phi(phi.phi)),
        description: &format!("Tiles by their features: {}", each.join(", ")),
        clouds,
    };
    let mut sheet = Sheet::new(["image", "set", "class", "x", "y"]);
    for row in &phi.embedding {
        sheet.push([
            row.image.as_str().into(),
            row.set.as_str().into(),
            row.class.as_str().into(),
            row.x.into(),
            row.y.into(),
        ]);
    }
    figures.chart_with(&format!("map-phi-{}", phi.phi), &text::phi(phi.phi), &drawn, "", sheet)
}

fn of<'a>(rows: &'a [EmbeddedRow], set: &'a str) -> impl Iterator<Item = &'a EmbeddedRow> {
    rows.iter().filter(move |r| r.set == set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(set: TileSet, periodicity: f64) -> PictureQuality {
        PictureQuality {
            set,
            n: 200,
            ssim: None,
            periodicity: Some(periodicity),
            luminance_correlation: None,
            inverted: 0,
            padded: 12,
            padding_repainted: Some(0.01),
            near_copies: 0,
            unchanged: 0,
        }
    }

    #[test]
    fn each_fault_is_named_and_clean_sets_have_none() {
        let sources = set(TileSet::Source, 1.0);
        let clean = set(TileSet::Generated(Phi::new(25.0)), 1.2);
        assert!(faults(&clean, Some(&sources)).is_empty());
        let bad = PictureQuality {
            periodicity: Some(2.4),
            inverted: 40,
            padding_repainted: Some(0.8),
            near_copies: 5,
            unchanged: 60,
            ..clean
        };
        let named = faults(&bad, Some(&sources));
        for (fault, word) in
            named.iter().zip(["mosaic", "light and dark", "padding repainted (80", "near-copies", "hardly"])
        {
            assert!(fault.starts_with(word), "{fault}");
        }
        assert_eq!(named.len(), 5);
    }
}
