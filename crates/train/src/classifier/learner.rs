//! What training changes: the network, the optimiser's state, and both of the auxiliary norms, if there are any.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use nets::{AuxiliaryNorms, Classifier, NamedTensors, NetsError, Tensors};
use serde::{Deserialize, Serialize};

use crate::adam::Adam;
use crate::checkpoint::{put_under, under};
use crate::loss;

const BETA1: f64 = 0.9;

/// A network in training.
pub struct Learner {
    pub model: Classifier,
    adam: Adam,
    auxiliary: Option<Auxiliary>,
}

struct Auxiliary {
    norms: AuxiliaryNorms,
    adam: Adam,
}

/// Steps taken: with [`Learner::tensors`] the whole state.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Steps {
    adam_steps: u64,
    /// Of them those by the auxiliary norms.
    #[serde(default)]
    auxiliary_steps: u64,
}

impl Learner {
    /// A network before its first step; with `auxiliary`, it has a second set of norms.
    pub fn new(model: Classifier, weight_decay: f64, auxiliary: bool, device: &Device) -> Self {
        let adam = || Adam::new(BETA1, weight_decay);
        let norms = auxiliary.then(|| AuxiliaryNorms::of(&model, device));
        Self { model, adam: adam(), auxiliary: norms.map(|norms| Auxiliary { norms, adam: adam() }) }
    }

    /// One step on a batch, `input` `[n, 3, s, s]` and `targets` `[n, outputs]`, which is normalised by the auxiliary norms if it is
    /// `auxiliary` and there are any; these then learn in the place of the network's own. Gives the loss, too.
    ///
    /// By value: an update in place needs parameters that nobody else holds.
    ///
    /// # Errors
    /// The loss, if it is not finite.
    pub fn step(
        self,
        input: Tensor<4>,
        targets: Tensor<2>,
        auxiliary: bool,
        loss: fn(Tensor<2>, Tensor<2>) -> Tensor<1>,
        lr: f64,
    ) -> Result<(Self, f64), f64> {
        let Self { mut model, mut adam, auxiliary: second } = self;
        let (mut in_use, idle) = if auxiliary { (second, None) } else { (None, second) };
        if let Some(second) = &mut in_use {
            second.norms.swap(&mut model);
        }
        let loss = loss(model.forward_train(input), targets);
        let value = loss::value(&loss);
        if !value.is_finite() {
            return Err(value);
        }
        let mut grads = loss.backward();
        if let Some(Auxiliary { mut norms, mut adam }) = in_use.take() {
            norms.swap(&mut model);
            let part = GradientsParams::from_module(&mut grads, &norms);
            norms = adam.step_by_sum(norms, vec![part], lr);
            in_use = Some(Auxiliary { norms, adam });
        }
        model = adam.step(model, grads, lr);
        Ok((Self { model, adam, auxiliary: in_use.or(idle) }, value))
    }

    /// Steps taken so far.
    pub fn steps(&self) -> Steps {
        Steps {
            adam_steps: self.adam.steps(),
            auxiliary_steps: self.auxiliary.as_ref().map_or(0, |second| second.adam.steps()),
        }
    }

    /// The whole state as named tensors.
    pub fn tensors(&self) -> Tensors {
        let mut tensors = Tensors::new();
        put_under(&mut tensors, "model", self.model.tensors());
        put_under(&mut tensors, "adam", self.adam.tensors());
        if let Some(second) = &self.auxiliary {
            put_under(&mut tensors, "auxiliary", second.norms.tensors());
            put_under(&mut tensors, "auxiliary-adam", second.adam.tensors());
        }
        tensors
    }

    /// Takes over the state that [`Self::steps`] and [`Self::tensors`] gave.
    ///
    /// # Errors
    /// If the tensors are those of another network.
    pub fn restore(self, steps: Steps, tensors: &Tensors) -> Result<Self, NetsError> {
        let second = self.auxiliary.map(|second| {
            Ok::<_, NetsError>(Auxiliary {
                norms: second.norms.load_tensors(&under(tensors, "auxiliary"))?,
                adam: second.adam.restore(steps.auxiliary_steps, &under(tensors, "auxiliary-adam")),
            })
        });
        Ok(Self {
            model: self.model.load_tensors(&under(tensors, "model"))?,
            adam: self.adam.restore(steps.adam_steps, &under(tensors, "adam")),
            auxiliary: second.transpose()?,
        })
    }
}
