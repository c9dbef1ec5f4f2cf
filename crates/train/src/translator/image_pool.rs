//! The image pool of `CycleGAN` (Shrivastava et al. 2017; Zhu et al. 2017): a discriminator is shown a mixture of
//! fresh and older fakes, so that it does not chase the generator's last step.

use rand::{Rng, RngExt};

/// Up to `capacity` generated images, each a flat vector of pixels.
#[derive(Debug, Clone)]
pub struct ImagePool {
    capacity: usize,
    images: Vec<Vec<f32>>,
}

impl ImagePool {
    /// A pool that holds `images` (oldest first) and takes up to `capacity`.
    pub fn new(capacity: usize, images: Vec<Vec<f32>>) -> Self {
        Self { capacity, images }
    }

    /// The images it holds.
    pub fn images(&self) -> &[Vec<f32>] {
        &self.images
    }

    /// The image to show the discriminator in place of `fresh`. While the pool fills, that is `fresh` itself, which
    /// is kept too. Afterwards, one time in two, a random image of the pool, whose place `fresh` takes.
    pub fn query(&mut self, fresh: Vec<f32>, rng: &mut impl Rng) -> Vec<f32> {
        if self.images.len() < self.capacity {
            self.images.push(fresh.clone());
            return fresh;
        }
        if self.capacity == 0 || rng.random_bool(0.5) {
            return fresh;
        }
        let i = rng.random_range(0..self.images.len());
        std::mem::replace(&mut self.images[i], fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::ImagePool;

    #[test]
    fn fills_then_gives_back_older_images_half_the_time() {
        let mut rng = tissue::random::stream(1, "pool");
        let mut pool = ImagePool::new(3, Vec::new());
        for i in 0..3 {
            assert_eq!(pool.query(vec![i as f32], &mut rng), vec![i as f32]);
        }
        let mut old = 0;
        for i in 3..1003 {
            let shown = pool.query(vec![i as f32], &mut rng);
            if shown != [i as f32] {
                old += 1;
                assert!(pool.images().iter().all(|image| *image != shown), "a shown image leaves the pool");
                assert!(pool.images().contains(&vec![i as f32]));
            }
        }
        assert_eq!(pool.images().len(), 3);
        assert!((400..600).contains(&old), "{old} of 1000");
    }
}
