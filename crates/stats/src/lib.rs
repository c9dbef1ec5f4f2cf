//! The statistics of the paper, of comparisons and of a reader study, as pure functions on slices: no files, no
//! printing, and no chance but from a generator that the caller hands in. `docs/statistics.md` tells what each does not say.
//!
//! | module | what | agrees with |
//! |---|---|---|
//! | [`ranking`] | area under the ROC curve, one class against the rest | scikit-learn `roc_auc_score` |
//! | [`summary`] | mean, standard deviation and error, quantile, histogram, Pearson's r | `NumPy`, `SciPy` |
//! | [`ks`] | two-sample Kolmogorov–Smirnov test | `SciPy` `ks_2samp`, `method="auto"` |
//! | [`kolmogorov`] | the distribution of the one-sample statistic, which the large-sample test leans on | `SciPy` `kstwo` |
//! | [`agreement`] | Fleiss' kappa, Krippendorff's alpha, Cohen's kappa | statsmodels, the published formula, scikit-learn |
//! | [`binomial`] | exact binomial test, McNemar's test, Clopper–Pearson and Wilson intervals | `SciPy` `binomtest`, statsmodels `mcnemar`, `proportion_confint` |
//! | [`fisher`] | Fisher's exact test | `SciPy` `fisher_exact` |
//! | [`detection`](mod@detection) | whether readers can tell generated tiles from real ones | the two above |
//! | [`bootstrap`] | intervals by drawing whole clusters, plain or stretched for few of them | enumeration of all draws |
//! | [`mod@auc_difference`] | intervals of a difference of areas, by drawing slides, or seeds and slides | enumeration of all draws, simulated studies |
//! | [`paired`] | paired t interval and test, its power and the difference it can detect | `SciPy` `ttest_rel`, statsmodels `TTestPower` |
//! | [`welch`] | Welch's interval and test of two independent samples, and what they can detect | `SciPy` `ttest_ind`, the integral |
//! | [`mod@delong`] | variance of an area under the ROC curve, test of two | the definition, pair by pair |
//! | [`mod@operating_point`] | sensitivity, specificity, accuracy at a threshold; Youden's threshold | statsmodels, scikit-learn `roc_curve` |
//! | [`pooling`] | one score of a slide's tiles | the definitions |
//! | [`roc`] | mean of several ROC curves, with a band over slides | scikit-learn `roc_curve`, `NumPy` `interp` |
//! | [`calibration`] | Brier score, reliability, expected calibration error | scikit-learn `brier_score_loss`, `calibration_curve` |
//! | [`temperature`] | calibrated probabilities from logits | `SciPy` `minimize`, scikit-learn `LogisticRegression` |
//! | [`features`] | Fréchet and kernel distance of two sets of features | `SciPy` `sqrtm`, the definitions |
//! | [`embedding`] | rows of features on a plane: t-SNE | scikit-learn `TSNE(method="exact")`, the definition |
//! | [`wilcoxon`] | Wilcoxon's signed-rank test | `SciPy` `wilcoxon` |
//! | [`mod@holm`] | Holm's correction for several tests | statsmodels `multipletests` |
//! | [`student`] | Student's t distribution, central and noncentral | `SciPy` `t`, the definition |
//! | [`ranks`] | ranks with ties, Spearman's correlation | `SciPy` `rankdata`, `spearmanr` |
//! | [`votes`] | how many tiles readers confirm as a class (Table 2) | the paper's counts |
//!
//! No function ever returns NaN: what is undefined is `None`, and a sample that makes no sense is a [`StatsError`].
//!
//! ```
//! # fn main() -> Result<(), stats::StatsError> {
//! // The probability that a tile of class X scores above another: in 4 of 6 pairs it does.
//! let auc = stats::auc(&[0.9, 0.8, 0.4, 0.6, 0.1], &[true, true, false, false, true]);
//! assert_eq!(auc, Some(4.0 / 6.0));
//! assert_eq!(stats::auc(&[0.9, 0.8], &[true, true]), None, "no other class");
//!
//! // Do confidences of tiles with high and with low agreement come from one distribution?
//! let test = stats::ks_two_sample(&[0.91, 0.94, 0.97, 0.99], &[0.42, 0.58, 0.73, 0.95])?;
//! assert_eq!(test.statistic, 0.75);
//! assert!(test.exact && test.p_value > 0.05);
//!
//! // What five seeds say of a recipe against the original, in points of AUC, and what they could not have seen.
//! let test = stats::paired_t(&[1.2, 0.4, 2.1, 0.9, -0.3], 0.95).expect("differences vary");
//! assert!((test.mean - 0.86).abs() < 1e-12 && test.low < 0.0 && test.p_value > 0.05);
//! let detectable = stats::detectable_difference(test.sd, test.n, 0.05, 0.8).expect("five pairs");
//! assert!((1.4..1.6).contains(&detectable));
//! # Ok(())
//! # }
//! ```

pub mod agreement;
pub mod auc_difference;
pub mod binomial;
mod bisection;
pub mod bootstrap;
pub mod calibration;
pub mod delong;
pub mod detection;
pub mod embedding;
mod error;
pub mod features;
pub mod fisher;
pub mod holm;
pub mod kolmogorov;
pub mod ks;
mod matrix;
mod normal;
pub mod operating_point;
pub mod paired;
pub mod pooling;
pub mod ranking;
pub mod ranks;
pub mod roc;
mod saddle_point;
pub mod student;
pub mod summary;
pub mod temperature;
pub mod votes;
pub mod welch;
pub mod wilcoxon;

pub use agreement::{cohen_kappa, fleiss_kappa, krippendorff_alpha_nominal, raw_agreement};
pub use auc_difference::{
    AucDifference, Draw, auc_difference, auc_difference_interval, auc_difference_unpaired,
    auc_difference_within,
};
pub use binomial::{Share, binomial_exact, clopper_pearson, mcnemar_exact, wilson};
pub use bootstrap::{Centre, Interval, cluster_bootstrap, samples_in, stretched_bootstrap};
pub use calibration::{
    Binning, ReliabilityBin, brier_score, calibration_error, equal_width_bin, reliability,
};
pub use delong::{DeLong, DeLongPair, delong, delong_pair};
pub use detection::{Detection, Verdicts, detection};
pub use embedding::{Embedding, tsne};
pub use error::StatsError;
pub use features::{frechet_distance, kernel_distance};
pub use fisher::fisher_exact;
pub use holm::holm;
pub use ks::{KsTest, ks_two_sample};
pub use operating_point::{OperatingPoint, operating_point, youden_threshold};
pub use paired::{PairedT, detectable_difference, paired_t, paired_t_power};
pub use pooling::{Pooled, pooled};
pub use ranking::{OneVsRest, RankedScores, auc, auc_within, one_vs_rest};
pub use ranks::{midranks, spearman};
pub use roc::{RocPoint, mean_roc};
pub use student::{noncentral_t_survival, t_deviations, t_survival, t_two_sided};
pub use summary::{Bin, histogram, mean, mean_of_highest, pearson, quantile, sd, standard_error};
pub use temperature::Temperature;
pub use votes::{Confirmation, TileVotes, confirmation};
pub use welch::{WelchT, welch_detectable_difference, welch_t};
pub use wilcoxon::{SignedRank, wilcoxon_signed_rank};
