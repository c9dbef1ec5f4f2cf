//! How the pixels of a level are stored: in parts of one size, each compressed by itself, somewhere in the file.

/// What a part's bytes are.
#[derive(Clone, Debug, PartialEq)]
pub enum Codec {
    /// Samples as they are, red, green, blue in turns.
    Plain,
    /// The same by Lempel, Ziv and Welch, as TIFF has it.
    Lzw {
        /// Whether each sample is less its neighbour's to the left.
        differences: bool,
    },
    /// The same by zlib.
    Deflate {
        /// Whether each sample is less its neighbour's to the left.
        differences: bool,
    },
    /// JPEG.
    Jpeg {
        /// Tables that all parts share, as a JPEG of their own (TIFF's `JPEGTables`); empty where each part has its own.
        tables: Vec<u8>,
        /// What its three components are, where the file and not the JPEG tells.
        colours: Colours,
    },
    /// JPEG 2000, a codestream or a file.
    Jpeg2000 {
        /// What its three components are.
        colours: Colours,
    },
}

/// What three components are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// Red, green, blue.
    Rgb,
    /// Luma, blue and red difference (ITU-R BT.601, full range).
    YCbCr,
}

/// One level as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Width and height in pixels.
    pub size: [u64; 2],
    /// Width and height of a part in pixels; those at the right and lower edge are as large, and end beyond it.
    pub part: [u32; 2],
    /// Where each part is, row by row.
    pub places: Vec<Place>,
    /// What those bytes are.
    pub codec: Codec,
    /// Whether the last row of parts ends with the level, as strips do.
    pub ends_with_level: bool,
    /// In which of the slide's files.
    pub file: usize,
}

/// Where a part is in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub at: u64,
    /// How many bytes it has; none: it is not stored, and white.
    pub bytes: u64,
}

impl Stored {
    /// How many parts lie side by side.
    pub fn across(&self) -> u64 {
        self.size[0].div_ceil(u64::from(self.part[0]))
    }

    /// How many parts lie above one another.
    pub fn down(&self) -> u64 {
        self.size[1].div_ceil(u64::from(self.part[1]))
    }

    /// The size in pixels of a part in that row.
    pub fn size_of(&self, row: u64) -> [u32; 2] {
        let [width, height] = self.part;
        let below = self.size[1] - row * u64::from(height);
        let height = if self.ends_with_level { u64::from(height).min(below) as u32 } else { height };
        [width, height]
    }
}
