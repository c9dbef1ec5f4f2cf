//! See `crates/kernels/src/flex/mod.rs`.

#[path = "../../../crates/kernels/src/flex/adam.rs"]
pub mod adam;
#[path = "../../../crates/kernels/src/flex/algorithm.rs"]
pub mod algorithm;
#[path = "../../../crates/kernels/src/flex/border.rs"]
pub mod border;
#[path = "../../../crates/kernels/src/flex/conv.rs"]
pub mod conv;
#[path = "../../../crates/kernels/src/flex/elementwise.rs"]
pub mod elementwise;
#[path = "../../../crates/kernels/src/flex/finish.rs"]
pub mod finish;
#[path = "../../../crates/kernels/src/flex/gather.rs"]
pub mod gather;
#[path = "../../../crates/kernels/src/flex/matmul.rs"]
pub mod matmul;
#[path = "../../../crates/kernels/src/flex/narrow.rs"]
pub mod narrow;
#[path = "../../../crates/kernels/src/flex/norm.rs"]
pub mod norm;
#[path = "../../../crates/kernels/src/flex/pack.rs"]
pub mod pack;
#[path = "../../../crates/kernels/src/flex/patches.rs"]
pub mod patches;
#[path = "../../../crates/kernels/src/flex/pool.rs"]
pub mod pool;
#[path = "../../../crates/kernels/src/flex/positions.rs"]
pub mod positions;
#[path = "../../../crates/kernels/src/flex/winograd/mod.rs"]
pub mod winograd;
#[path = "../../../crates/kernels/src/flex/work.rs"]
pub mod work;

/// What the others need of the module that knows Burn's tensors.
pub mod layout {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Dims {
        pub n: usize,
        pub h: usize,
        pub w: usize,
        pub c: usize,
    }

    impl Dims {
        pub fn pixels(self) -> usize {
            self.n * self.h * self.w
        }

        pub fn len(self) -> usize {
            self.pixels() * self.c
        }
    }
}
