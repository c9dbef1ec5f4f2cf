//! The losses of a translator. A loss of the generators is one entry of [`GENERATOR_LOSSES`]: what it is called, how much it weighs, how
//! it is computed; steps, sums, metrics and checkpoints take whatever is there.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use nets::{Discriminator, Generator};
use serde::{Deserialize, Serialize};

use super::config::TranslatorConfig;
use super::image::Image;
use crate::loss::{l1, least_squares_gan};

/// Weight of the cycle loss.
const LAMBDA: f64 = 10.0;

/// What a loss is called.
#[derive(Debug, Clone, Copy)]
pub struct Name {
    /// In checkpoints; `loss_KEY` is its column in `metrics.csv`.
    pub key: &'static str,
    /// For people.
    pub title: &'static str,
    /// Whether both directions (or discriminators) are one number, or each is one: `KEY_a` and `KEY_b`.
    pub together: bool,
}

/// A loss that the generators minimise.
pub struct GeneratorLoss {
    /// What it is called.
    pub name: Name,
    /// How much of it is minimised; where that is 0, it is not computed.
    pub weight: fn(&TranslatorConfig) -> f64,
    /// Its value in one direction, before its weight.
    pub value: fn(&Direction) -> Tensor<1>,
}

/// One direction of a step, as the losses see it; in direction A, `real` is `real_a`, `fake` is `fake_b`, `rec` is `rec_a`. All images are
/// `[1, 3, size, size]` in [−1, 1]. Where an image hides padding, what is made of it has its own pixels there.
pub struct Direction<'a> {
    /// The generator from the domain of `real` to the other.
    pub g: &'a Generator,
    /// The discriminator of the other domain, without gradients of its own.
    pub d: &'a Discriminator,
    /// An image.
    pub real: &'a Image,
    /// An image of the other domain.
    pub other: &'a Image,
    /// `real`, translated.
    pub fake: Tensor<4>,
    /// `fake`, translated back.
    pub rec: Tensor<4>,
}

/// The losses of the generators: their sum, weighed, is minimised.
pub const GENERATOR_LOSSES: &[GeneratorLoss] = &[
    GeneratorLoss {
        name: Name { key: "g", title: "generators' loss", together: true },
        weight: |_| 1.0,
        value: |direction| {
            let all_real = TensorData::new(vec![1f32], [1, 1, 1, 1]);
            let target = Tensor::from_data(all_real, &direction.fake.device());
            least_squares_gan(direction.d.forward(direction.fake.clone()), target)
        },
    },
    GeneratorLoss {
        name: Name { key: "cycle", title: "cycle loss", together: false },
        weight: |_| LAMBDA,
        value: |direction| l1(direction.rec.clone(), direction.real.pixels.clone()),
    },
    GeneratorLoss {
        name: Name { key: "identity", title: "identity loss", together: true },
        weight: |config| LAMBDA * config.identity,
        value: |direction| {
            let other = direction.other;
            let idt = other.only_where_shown(direction.g.forward(other.pixels.clone()));
            l1(idt, other.pixels.clone())
        },
    },
];

/// The loss of a discriminator.
pub const DISCRIMINATOR_LOSS: Name = Name { key: "d", title: "discriminator loss", together: false };

impl Name {
    /// Its keys with their titles: one, or one for A and one for B.
    fn told(self) -> Vec<(String, String)> {
        let Self { key, title, together } = self;
        if together {
            return vec![(key.to_owned(), title.to_owned())];
        }
        [("a", "A"), ("b", "B")]
            .map(|(end, which)| (format!("{key}_{end}"), format!("{title} of {which}")))
            .into()
    }
}

/// Losses by key, before their weights: those of a step, or their sums over the steps of an epoch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Losses(BTreeMap<String, f64>);

impl Losses {
    /// Takes in what a loss came to in A and in B.
    pub fn tell(&mut self, name: Name, a: f64, b: f64) {
        let values = if name.together { vec![a + b] } else { vec![a, b] };
        self.0.extend(name.told().into_iter().map(|(key, _)| key).zip(values));
    }

    /// Adds the losses of another step.
    pub fn add(&mut self, other: &Self) {
        for (key, value) in &other.0 {
            *self.0.entry(key.clone()).or_default() += value;
        }
    }

    /// Each divided by `n`, as columns of `metrics.csv`.
    pub fn means(&self, n: f64) -> BTreeMap<String, f64> {
        self.0.iter().map(|(key, sum)| (format!("loss_{key}"), sum / n)).collect()
    }

    /// The loss of that key; 0 where it is not computed.
    pub fn get(&self, key: &str) -> f64 {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// The first that is NaN or infinite, with what people call it.
    pub fn first_not_finite(&self) -> Option<(String, f64)> {
        let names = GENERATOR_LOSSES.iter().map(|loss| loss.name).chain([DISCRIMINATOR_LOSS]);
        names
            .flat_map(Name::told)
            .map(|(key, title)| (title, self.get(&key)))
            .find(|(_, value)| !value.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(value: f64, of: &[Name]) -> Losses {
        let mut losses = Losses::default();
        for name in of {
            losses.tell(*name, value, 2.0 * value);
        }
        losses
    }

    #[test]
    fn sums_are_kept_as_before_there_was_a_table() {
        let of_then = ["g", "cycle", "identity"];
        let names = GENERATOR_LOSSES.iter().map(|loss| loss.name).filter(|name| of_then.contains(&name.key));
        let all: Vec<Name> = names.chain([DISCRIMINATOR_LOSS]).collect();
        let mut sums = Losses::default();
        sums.add(&step(0.25, &all));
        sums.add(&step(0.5, &all));
        // The fields of a struct, in a checkpoint of grayzone 0.1.
        let old = r#"{"g":2.25,"d_a":0.75,"d_b":1.5,"cycle_a":0.75,"cycle_b":1.5,"identity":2.25}"#;
        assert_eq!(serde_json::from_str::<Losses>(old).unwrap(), sums);
        assert_eq!(sums.means(2.0)["loss_cycle_b"], 0.75);
    }

    #[test]
    fn what_is_not_finite_is_told_by_its_name() {
        let mut losses = step(0.5, &[GENERATOR_LOSSES[0].name, DISCRIMINATOR_LOSS]);
        assert_eq!(losses.first_not_finite(), None);
        losses.tell(GENERATOR_LOSSES[1].name, 0.1, f64::INFINITY);
        assert_eq!(losses.first_not_finite(), Some(("cycle loss of B".to_owned(), f64::INFINITY)));
        losses.tell(GENERATOR_LOSSES[0].name, f64::NAN, 0.0);
        assert_eq!(losses.first_not_finite().unwrap().0, "generators' loss");
    }
}
