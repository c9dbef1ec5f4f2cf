//! Figure 6 with its controls.

use record::{ConfidenceShift, JudgeName, Phi, TileSet};

use crate::error::StudyError;
use crate::judged::Judged;
use crate::study::Study;

/// What the judges said at each selectivity.
pub fn judged(study: &Study) -> Result<Vec<(Phi, Vec<Judged>)>, StudyError> {
    let of = |&phi: &Phi| Ok((phi, files::read_rows(&Judged::table(study, phi))?));
    study.config.phi.iter().map(of).collect()
}

/// Every judge on sources, translations and reconstructions; snapshots of one kind pooled.
pub fn confidence_shift(judged: &[(Phi, Vec<Judged>)]) -> Vec<ConfidenceShift> {
    let mut rows = Vec::new();
    for judge in JudgeName::ALL {
        let mut push = |set: TileSet, of: &[Judged], value: fn(&Judged) -> f64| {
            let values: Vec<f64> = of.iter().filter(|row| row.judge == judge).map(value).collect();
            if !values.is_empty() {
                let (mean, sd, n) = (stats::mean(&values), stats::sd(&values), values.len());
                rows.push(ConfidenceShift { judge, set, mean, sd, n });
            }
        };
        // The sources are the same easy tiles at every φ.
        if let Some((_, first)) = judged.first() {
            push(TileSet::Source, first, |row| row.source);
        }
        for (phi, all) in judged {
            push(TileSet::Generated(*phi), all, |row| row.generated);
            push(TileSet::Reconstructed(*phi), all, |row| row.reconstructed);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(judge: JudgeName, snapshot: usize, [source, generated, reconstructed]: [f64; 3]) -> Judged {
        Judged { image: "a".into(), judge, snapshot, source, generated, reconstructed }
    }

    #[test]
    fn snapshots_of_one_kind_are_pooled_and_the_sources_told_once() {
        let (mild, strict) = (Phi::new(50.0), Phi::new(25.0));
        let of = |generated: f64| {
            vec![
                judged(JudgeName::Earlier, 17, [0.9, generated, 0.8]),
                judged(JudgeName::Earlier, 19, [0.7, generated + 0.2, 0.8]),
                judged(JudgeName::HeldOut, 0, [0.6, generated, 0.5]),
            ]
        };
        let rows = confidence_shift(&[(mild, of(0.5)), (strict, of(0.3))]);
        let found: Vec<(JudgeName, TileSet, usize)> = rows.iter().map(|r| (r.judge, r.set, r.n)).collect();
        let of_judge = |judge, n| {
            let sets = [
                TileSet::Source,
                TileSet::Generated(mild),
                TileSet::Reconstructed(mild),
                TileSet::Generated(strict),
                TileSet::Reconstructed(strict),
            ];
            sets.map(|set| (judge, set, n))
        };
        // The initial and the later judges said nothing, and have no rows.
        assert_eq!(found, [of_judge(JudgeName::Earlier, 2), of_judge(JudgeName::HeldOut, 1)].concat());
        let earlier = &rows[0];
        assert!((earlier.mean.unwrap() - 0.8).abs() < 1e-12);
        // Of .9 and .7: .1 · √2.
        assert!((earlier.sd.unwrap() - 0.1 * 2f64.sqrt()).abs() < 1e-12);
        assert!((rows[3].mean.unwrap() - 0.4).abs() < 1e-12);
        // One value has no spread.
        assert_eq!(rows[5].sd, None);
    }

    #[test]
    fn without_judgements_there_is_no_row() {
        assert!(confidence_shift(&[]).is_empty());
        assert!(confidence_shift(&[(Phi::new(25.0), Vec::new())]).is_empty());
    }
}
