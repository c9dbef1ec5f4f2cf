//! The paper's Table 1.

use std::collections::BTreeMap;

use record::DataCount;
use tissue::{Agreement, Partition};

use crate::study::Study;

/// Tiles by partition, class and agreement.
pub fn data_counts(study: &Study) -> Vec<DataCount> {
    let mut counts = BTreeMap::new();
    for (i, tile) in study.data.manifest.tiles.iter().enumerate() {
        let partition = tile.partition.unwrap_or(Partition::Train);
        let agreement = study.data.stratum(i).map_or("none", Agreement::name);
        *counts.entry((partition, tile.class, agreement)).or_insert(0) += 1;
    }
    let row = |((partition, class, agreement), n): ((Partition, usize, &str), usize)| DataCount {
        partition: partition.name().into(),
        class: study.config.classes[class].clone(),
        agreement: agreement.into(),
        n,
    };
    counts.into_iter().map(row).collect()
}
