//! Epochs and learning rates of a translator's training.

/// How long a training is: `total` steps, of which an epoch has `per_epoch`; the last one is shorter if they do not come out even.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Steps in all.
    pub total: u64,
    /// Steps of an epoch, at least 1.
    pub per_epoch: usize,
    /// Learning rate of the first half.
    pub lr: f64,
}

impl Schedule {
    /// Epochs in all.
    pub fn epochs(&self) -> usize {
        self.total.div_ceil(self.per_epoch as u64) as usize
    }

    /// Steps of an epoch, from 0.
    pub fn steps_in(&self, epoch: usize) -> usize {
        let before = (epoch * self.per_epoch) as u64;
        (self.total - before).min(self.per_epoch as u64) as usize
    }

    /// The learning rate of an epoch (from 0): constant for half of the epochs, then linearly towards 0.
    pub fn lr(&self, epoch: usize) -> f64 {
        let epochs = self.epochs() as f64;
        self.lr * ((epochs - epoch as f64) / (epochs / 2.0)).min(1.0)
    }

    /// The learning rate of a step (from 0 in all) where it falls from step to step.
    pub fn lr_at(&self, step: u64) -> f64 {
        let total = self.total as f64;
        self.lr * ((total - step as f64) / (total / 2.0)).min(1.0)
    }
}
