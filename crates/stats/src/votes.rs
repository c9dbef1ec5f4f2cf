//! On how many tiles readers agree about a class: the counts of the paper's Table 2.

/// The votes that readers gave one tile, seen from one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileVotes {
    /// Readers who chose the class.
    pub class: u32,
    /// Readers who chose any other class.
    pub others: u32,
}

/// How many tiles readers confirm as a class, and how firmly. Every tile is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Confirmation {
    /// All readers chose the class: 3/3 of three readers.
    pub unanimous: usize,
    /// More than half of the readers chose the class, but not all: 2/3 of three readers.
    pub majority: usize,
    /// As many chose the class as did not.
    pub tied: usize,
    /// More than half of the readers chose other classes: the tile is lost to the class.
    pub lost: usize,
    /// Nobody read the tile.
    pub unread: usize,
}

impl Confirmation {
    /// Tiles whose majority is the class: more than half of their readers chose it.
    pub fn confirmed(&self) -> usize {
        self.unanimous + self.majority
    }

    /// Tiles that at least one reader read.
    pub fn read(&self) -> usize {
        self.confirmed() + self.tied + self.lost
    }
}

/// Counts tiles by how many of their readers chose the class. Tiles may differ in their number of readers; a single
/// reader is unanimous.
pub fn confirmation(votes: &[TileVotes]) -> Confirmation {
    let mut counts = Confirmation::default();
    for TileVotes { class, others } in votes {
        let count = match (class, others) {
            (0, 0) => &mut counts.unread,
            (_, 0) => &mut counts.unanimous,
            _ if class > others => &mut counts.majority,
            _ if class == others => &mut counts.tied,
            _ => &mut counts.lost,
        };
        *count += 1;
    }
    counts
}
