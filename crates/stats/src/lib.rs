//! The statistics of the paper, as pure functions on `f64` slices: no files, no printing, no chance.
//!
//! | module | what | agrees with |
//! |---|---|---|
//! | [`ranking`] | area under the ROC curve | scikit-learn `roc_auc_score` |
//! | [`summary`] | mean, standard deviation and error, quantile, histogram, Pearson's r | `NumPy`, `SciPy` |
//! | [`ks`] | two-sample Kolmogorov–Smirnov test | `SciPy` `ks_2samp`, `method="auto"` |
//! | [`kolmogorov`] | the distribution of the one-sample statistic, which the large-sample test leans on | `SciPy` `kstwo` |
//! | [`agreement`] | Fleiss' kappa, Krippendorff's alpha | statsmodels, the published formula |
//!
//! No function ever returns NaN: what is undefined is `None`, and a sample that makes no sense is a [`StatsError`].

pub mod agreement;
mod error;
pub mod kolmogorov;
pub mod ks;
pub mod ranking;
pub mod summary;

pub use agreement::{fleiss_kappa, krippendorff_alpha_nominal};
pub use error::StatsError;
pub use ks::{KsTest, ks_two_sample};
pub use ranking::auc;
pub use summary::{Bin, histogram, mean, mean_of_highest, pearson, quantile, sd, standard_error};
