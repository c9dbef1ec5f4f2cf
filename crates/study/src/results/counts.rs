//! The paper's Table 1.

use std::collections::BTreeMap;

use record::DataCount;
use tissue::{Agreement, Partition};

use crate::study::Study;

/// Tiles by partition, class and agreement.
pub fn data_counts(study: &Study) -> Vec<DataCount> {
    let mut counts = BTreeMap::new();
    for (i, tile) in study.data.manifest.tiles.iter().enumerate() {
        let partition = usize::from(tile.partition == Some(Partition::Test));
        let agreement = match study.data.stratum(i) {
            Some(Agreement::Low) => "low",
            Some(Agreement::High) => "high",
            None => "none",
        };
        *counts.entry((partition, tile.class, agreement)).or_insert(0) += 1;
    }
    let row = |((partition, class, agreement), n): ((usize, usize, &str), usize)| DataCount {
        partition: ["train", "test"][partition].into(),
        class: study.config.classes[class].clone(),
        agreement: agreement.into(),
        n,
    };
    counts.into_iter().map(row).collect()
}
