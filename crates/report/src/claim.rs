//! What may be claimed of a row of Table 3, in one plain sentence.

use crate::text;
use record::thresholds::{ALPHA, FEWEST_SEEDS};
use record::{EpochChoice, Range, RowComparison, Stratum};

/// How far a claim reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// To other trainings on other slides: the corrected p values over seeds, and over seeds and slides, are below .05, and the interval
    /// over seeds and slides leaves out 0.
    OtherSlides,
    /// To other trainings on these very test tiles: the corrected p over seeds is below .05, but on other slides it may be otherwise.
    TheseTiles,
    /// No difference is shown.
    Nothing,
}

/// What may be claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// How far it reaches.
    pub reach: Reach,
    /// The sentence, without a full stop.
    pub sentence: String,
}

/// What may be claimed of a row against the original (`docs/statistics.md`). The p told is the one that the claim rests on, corrected by
/// Holm over the rows: over seeds and slides where it reaches to other slides, of the paired t test where it is about these tiles.
pub fn claim(row: &RowComparison) -> Claim {
    claim_of(&text::training_set(row.training_set), row)
}

/// The same with a name of the caller's for what is compared.
pub fn claim_of(name: &str, row: &RowComparison) -> Claim {
    let where_ = format!("AUC {}{}", tiles(row.stratum), epochs(row.epoch));
    let seeds = text::counted(row.seeds, "seed");
    let Some(difference) = row.difference else {
        return nothing(format!("{name}: there is no {where_} to compare"));
    };
    let shown = row.p_t_holm.filter(|p| *p < ALPHA && row.seeds >= FEWEST_SEEDS);
    let Some(p) = shown else {
        let measured =
            format!("{} points{}", text::signed(100.0 * difference, 1), interval(row.low, row.high));
        let detectable = match row.detectable {
            // An AUC has no more than 100 points to gain or lose.
            Some(least) if least >= 1.0 => format!("; with {seeds} that vary so much none would have been"),
            Some(least) => {
                format!(
                    "; with {seeds} none below {} points would have been in 4 of 5 studies",
                    text::fixed(100.0 * least, 1)
                )
            }
            None if row.seeds < 2 => format!("; with {seeds} nothing can be"),
            None => String::new(),
        };
        return nothing(format!("{name}: no difference shown in {where_} ({measured}){detectable}"));
    };
    let verb = if difference > 0.0 { "improves" } else { "lowers" };
    let by = text::fixed(100.0 * difference.abs(), 1);
    let told = |p: f64| format!("p = {}", text::p_value(p));
    // Of the amount by which it is lowered, the ends change places and signs.
    let ends = |low: f64, high: f64| if difference > 0.0 { (low, high) } else { (-high, -low) };
    let spelled = |low: f64, high: f64| {
        let (low, high) = ends(low, high);
        format!("{} to {}", text::fixed(100.0 * low, 1), text::fixed(100.0 * high, 1))
    };
    let over_seeds =
        row.low.zip(row.high).map_or_else(String::new, |(low, high)| format!("{}; ", spelled(low, high)));
    // The test by seeds does not hold for other slides, and one interval of several rows leaves out 0 by chance: it takes both.
    let elsewhere = row.over_seeds_and_slides.zip(row.p_seeds_and_slides_holm);
    match elsewhere {
        Some((range, p)) if p < ALPHA && leaves_out_zero(range) => Claim {
            reach: Reach::OtherSlides,
            sentence: format!(
                "{name} {verb} {where_} by {by} points ({} over seeds and slides; {}, {seeds})",
                spelled(range.low, range.high),
                told(p)
            ),
        },
        elsewhere => {
            let elsewhere = elsewhere.map_or_else(
                || "on other slides nothing is known".to_owned(),
                |(range, p)| {
                    let range = spelled(range.low, range.high);
                    format!("on other slides no difference is shown ({range}; {})", told(p))
                },
            );
            Claim {
                reach: Reach::TheseTiles,
                sentence: format!(
                    "{name} {verb} {where_} by {by} points ({over_seeds}{}, {seeds}) on these test tiles; {elsewhere}",
                    told(p)
                ),
            }
        }
    }
}

fn nothing(sentence: String) -> Claim {
    Claim { reach: Reach::Nothing, sentence }
}

fn leaves_out_zero(range: Range) -> bool {
    range.low > 0.0 || range.high < 0.0
}

fn tiles(stratum: Stratum) -> &'static str {
    match stratum {
        Stratum::All => "on all test tiles",
        Stratum::High => "on high-agreement tiles",
        Stratum::Low => "on low-agreement tiles",
    }
}

fn epochs(epoch: EpochChoice) -> &'static str {
    match epoch {
        EpochChoice::FiveBest => " (five best epochs on these tiles)",
        EpochChoice::Last => " (last epoch)",
        EpochChoice::Validation => " (epoch chosen on validation)",
    }
}

fn interval(low: Option<f64>, high: Option<f64>) -> String {
    low.zip(high).map_or_else(String::new, |(low, high)| {
        format!(", {} to {}", text::signed(100.0 * low, 1), text::signed(100.0 * high, 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Phi, TrainingSet};

    fn row(difference: f64, p: f64, over: Option<(f64, f64)>) -> RowComparison {
        RowComparison {
            training_set: TrainingSet::Phi(Phi::new(25.0)),
            stratum: Stratum::Low,
            epoch: EpochChoice::Last,
            seeds: 20,
            difference: Some(difference),
            sd: Some(0.02),
            low: Some(difference - 0.015),
            high: Some(difference + 0.015),
            p_t: Some(p / 3.0),
            p_t_holm: Some(p),
            p_signed_rank: None,
            p_signed_rank_holm: None,
            detectable: Some(0.013),
            over_slides: None,
            over_seeds_and_slides: over.map(|(low, high)| Range { low, high, replicates: 2000 }),
            p_seeds_and_slides: Some(p),
            p_seeds_and_slides_holm: Some(p),
            delong: Vec::new(),
        }
    }

    #[test]
    fn a_gain_that_holds_over_seeds_and_slides_is_claimed_with_its_interval() {
        let claim = claim(&row(0.021, 0.008, Some((0.006, 0.036))));
        assert_eq!(claim.reach, Reach::OtherSlides);
        assert_eq!(
            claim.sentence.replace('\u{a0}', " "),
            "+ generated, φ = 25 improves AUC on low-agreement tiles (last epoch) by 2.1 points (0.6 to 3.6 over seeds and slides; p = 0.008, 20 seeds)"
        );
    }

    #[test]
    fn a_loss_is_told_as_the_amount_lost() {
        let claim = claim_of("B", &row(-0.021, 0.008, Some((-0.036, -0.006))));
        assert!(
            claim
                .sentence
                .contains("B lowers AUC on low-agreement tiles (last epoch) by 2.1 points (0.6 to 3.6"),
            "{claim:?}"
        );
    }

    #[test]
    fn what_holds_on_these_tiles_alone_is_said_to_do_so() {
        for over in [None, Some((-0.004, 0.046))] {
            let claim = claim(&row(0.021, 0.008, over));
            assert_eq!(claim.reach, Reach::TheseTiles);
            assert!(
                claim
                    .sentence
                    .contains("(0.6 to 3.6; p = 0.008, 20 seeds) on these test tiles; on other slides no"),
                "{claim:?}"
            );
        }
    }

    #[test]
    fn an_interval_that_leaves_out_0_is_no_claim_on_other_slides_unless_the_corrected_p_agrees() {
        // One of four rows, whose interval by itself leaves out 0.
        let mut one_of_many = row(0.021, 0.008, Some((0.001, 0.041)));
        one_of_many.p_seeds_and_slides_holm = Some(0.16);
        let claim = claim(&one_of_many);
        assert_eq!(claim.reach, Reach::TheseTiles);
        assert!(
            claim.sentence.ends_with("on other slides no difference is shown (0.1 to 4.1; p = 0.160)"),
            "{claim:?}"
        );
        // Nor does that p by itself: on these very tiles chance is not ruled out.
        one_of_many.p_seeds_and_slides_holm = Some(0.03);
        one_of_many.p_t_holm = Some(0.07);
        assert_eq!(super::claim(&one_of_many).reach, Reach::Nothing);
    }

    #[test]
    fn what_is_not_shown_comes_with_what_could_have_been_seen() {
        let mut few = row(0.021, 0.4, Some((0.006, 0.036)));
        (few.seeds, few.detectable) = (2, Some(0.09));
        let claim = claim_of("B", &few);
        assert_eq!(claim.reach, Reach::Nothing);
        assert_eq!(
            claim.sentence,
            "B: no difference shown in AUC on low-agreement tiles (last epoch) (+2.1 points, +0.6 to +3.6); with 2 seeds none below 9.0 points would have been in 4 of 5 studies"
        );
        few.detectable = Some(2.04);
        assert!(
            claim_of("B", &few).sentence.ends_with("; with 2 seeds that vary so much none would have been")
        );
        // Two trainings are too few for any claim, whatever the p.
        few.p_t_holm = Some(0.001);
        assert_eq!(claim_of("B", &few).reach, Reach::Nothing);
        few.difference = None;
        assert_eq!(claim_of("B", &few).reach, Reach::Nothing);
    }
}
