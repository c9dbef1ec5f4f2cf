//! The statistics of the paper and of a reader study, as pure functions on slices: no files, no printing, and no chance
//! but from a generator that the caller hands in.
//!
//! | module | what | agrees with |
//! |---|---|---|
//! | [`ranking`] | area under the ROC curve | scikit-learn `roc_auc_score` |
//! | [`summary`] | mean, standard deviation and error, quantile, histogram, Pearson's r | `NumPy`, `SciPy` |
//! | [`ks`] | two-sample Kolmogorov–Smirnov test | `SciPy` `ks_2samp`, `method="auto"` |
//! | [`kolmogorov`] | the distribution of the one-sample statistic, which the large-sample test leans on | `SciPy` `kstwo` |
//! | [`agreement`] | Fleiss' kappa, Krippendorff's alpha, Cohen's kappa | statsmodels, the published formula, scikit-learn |
//! | [`binomial`] | exact binomial test, McNemar's test, Clopper–Pearson interval | `SciPy` `binomtest`, statsmodels `mcnemar` |
//! | [`fisher`] | Fisher's exact test | `SciPy` `fisher_exact` |
//! | [`detection`](mod@detection) | whether readers can tell generated tiles from real ones | the two above |
//! | [`bootstrap`] | intervals by drawing whole clusters | enumeration of all draws |
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
//! # Ok(())
//! # }
//! ```

pub mod agreement;
pub mod binomial;
pub mod bootstrap;
pub mod detection;
mod error;
pub mod fisher;
pub mod kolmogorov;
pub mod ks;
pub mod ranking;
mod saddle_point;
pub mod summary;
pub mod votes;

pub use agreement::{cohen_kappa, fleiss_kappa, krippendorff_alpha_nominal, raw_agreement};
pub use binomial::{Share, binomial_exact, clopper_pearson, mcnemar_exact};
pub use bootstrap::{Interval, cluster_bootstrap};
pub use detection::{Detection, Verdicts, detection};
pub use error::StatsError;
pub use fisher::fisher_exact;
pub use ks::{KsTest, ks_two_sample};
pub use ranking::auc;
pub use summary::{Bin, histogram, mean, mean_of_highest, pearson, quantile, sd, standard_error};
pub use votes::{Confirmation, TileVotes, confirmation};
