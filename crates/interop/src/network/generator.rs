//! The `CycleGAN` generator (Zhu, Park, Isola, Efros 2017): its sizes and tensors.

/// How a generator makes its picture larger again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsampling {
    /// By transposed convolutions (the canonical `CycleGAN`).
    Transposed,
    /// By nearest neighbours, a reflected border and a convolution.
    Resize,
}

impl Upsampling {
    /// As in the metadata of weights.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transposed => "transposed",
            Self::Resize => "resize",
        }
    }

    /// Places that one doubling takes in the sequence, and which of them holds weights.
    fn places(self) -> (usize, usize) {
        match self {
            Self::Transposed => (3, 0),
            Self::Resize => (5, 2),
        }
    }
}

/// The size of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorSize {
    /// Channels after the first convolution.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// How it makes its picture larger again.
    pub upsampling: Upsampling,
    /// Whether a fourth input plane tells it how hard its translations are to be; it has no norm after its first convolution then.
    pub is_told: bool,
}

impl GeneratorSize {
    /// Planes of its input: 3, or 4 with a dial.
    pub fn inputs(&self) -> usize {
        3 + usize::from(self.is_told)
    }

    /// `model.16`: the two layers that enlarge.
    pub(crate) fn enlarging(&self) -> [String; 2] {
        let (places, first) = self.upsampling.places();
        let at = 10 + self.blocks + first;
        [format!("model.{at}"), format!("model.{}", at + places)]
    }

    /// `model.26`: the last convolution.
    pub(crate) fn head(&self) -> String {
        format!("model.{}", 11 + self.blocks + 2 * self.upsampling.places().0)
    }

    /// Names and shapes in the order of the sequence.
    pub(crate) fn layout(&self) -> Vec<(String, Vec<usize>)> {
        let w = |times: usize| self.width.saturating_mul(times);
        let mut convs = vec![
            ("model.1".to_owned(), [w(1), self.inputs(), 7, 7], w(1)),
            ("model.4".to_owned(), [w(2), w(1), 3, 3], w(2)),
            ("model.7".to_owned(), [w(4), w(2), 3, 3], w(4)),
        ];
        for block in 10..10 + self.blocks {
            for place in [1, 5] {
                convs.push((format!("model.{block}.conv_block.{place}"), [w(4), w(4), 3, 3], w(4)));
            }
        }
        let sides = [(w(4), w(2)), (w(2), w(1))];
        for (name, (from, to)) in self.enlarging().into_iter().zip(sides) {
            let shape = match self.upsampling {
                Upsampling::Transposed => [from, to, 3, 3],
                Upsampling::Resize => [to, from, 3, 3],
            };
            convs.push((name, shape, to));
        }
        convs.push((self.head(), [3, w(1), 7, 7], 3));
        convs
            .into_iter()
            .flat_map(|(name, shape, bias)| {
                [(format!("{name}.weight"), shape.to_vec()), (format!("{name}.bias"), vec![bias])]
            })
            .collect()
    }

    /// The size that names and shapes tell; the error is the reason.
    pub(crate) fn of(shape: &dyn Fn(&str) -> Option<Vec<usize>>) -> Result<Self, String> {
        let stem = shape("model.1.weight").unwrap_or_default();
        let &[width, inputs, ..] = stem.as_slice() else {
            return Err("tensor \"model.1.weight\" is no convolution".to_owned());
        };
        if width == 0 || !(3..=4).contains(&inputs) {
            return Err(format!(
                "its first convolution takes {inputs} planes to {width}, and 3 or 4 are taken here"
            ));
        }
        let mut blocks = 0;
        while shape(&format!("model.{}.conv_block.1.weight", 10 + blocks)).is_some() {
            blocks += 1;
        }
        // The doublings are told by their places in the sequence.
        let is_transposed = shape(&format!("model.{}.weight", 10 + blocks)).is_some();
        let upsampling = if is_transposed { Upsampling::Transposed } else { Upsampling::Resize };
        Ok(Self { width, blocks, upsampling, is_told: inputs == 4 })
    }
}
