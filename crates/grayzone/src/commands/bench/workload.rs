//! What is timed: a network at a size, whole steps from zeroed gradients to the optimiser's update. Weights and inputs
//! follow a formula ([`nets::formula`]), so that `tools/bench_torch.py` can show that it times the same computation.

use std::fmt;

use burn::tensor::{Device, Tensor, TensorData};
use nets::formula::{filled, weight};
use nets::{
    Architecture, Classifier, ClassifierConfig, Discriminator, Generator, GeneratorConfig, NamedTensors,
};
use tissue::random::stream;
use train::TranslatorConfig;
use train::adam::Adam;
use train::loss;
use train::translator::cycle_gan::CycleGan;
use train::translator::image::Image;

use super::steps::{LossValues, Steps, Timed};
use crate::fault::Fault;

/// Outputs of the classifier.
const CLASSES: usize = 2;
/// Residual blocks of a generator.
const BLOCKS: usize = 9;
/// Learning rates of the classifier and of the translator.
const LR: (f64, f64) = (1e-3, 2e-4);
/// The most that a size, a batch and a width may be; far beyond what memory holds together.
const MOST: usize = 4096;

/// What is done with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// ResNet-18: forward, backward, Adam.
    TrainClassifier,
    /// CycleGAN: the generators' step and the discriminators' step, as [`CycleGan::step`] takes them.
    TrainTranslator,
    /// A generator, forward only.
    Translate,
    /// ResNet-18, forward only.
    Predict,
}

/// One network at one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What is done.
    pub task: Task,
    /// Side of the tiles in pixels.
    pub size: usize,
    /// Tiles a step; of the translator, of each domain.
    pub batch: usize,
    /// Channels of the first stage.
    pub width: usize,
}

/// What is measured unless something else is asked for.
pub const STANDARD: [Workload; 5] = [
    Workload { task: Task::TrainClassifier, size: 224, batch: 16, width: 64 },
    Workload { task: Task::TrainTranslator, size: 224, batch: 1, width: 64 },
    Workload { task: Task::Translate, size: 224, batch: 1, width: 64 },
    Workload { task: Task::TrainClassifier, size: 64, batch: 16, width: 64 },
    Workload { task: Task::Predict, size: 224, batch: 16, width: 64 },
];

/// The name: the task, the side, the batch where the task has one, the width where it is not 64.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.task.name(), self.size)?;
        if self.task.is_batched() {
            write!(f, "-b{}", self.batch)?;
        }
        if self.width != 64 {
            write!(f, "-w{}", self.width)?;
        }
        Ok(())
    }
}

impl Task {
    const ALL: [Self; 4] = [Self::TrainClassifier, Self::TrainTranslator, Self::Translate, Self::Predict];

    fn name(self) -> &'static str {
        match self {
            Self::TrainClassifier => "resnet18-train",
            Self::TrainTranslator => "cyclegan-train",
            Self::Translate => "translate",
            Self::Predict => "predict",
        }
    }

    fn is_batched(self) -> bool {
        matches!(self, Self::TrainClassifier | Self::Predict)
    }

    /// The smallest tile that the network takes.
    fn least_size(self) -> usize {
        match self {
            Self::TrainTranslator => Discriminator::MIN_TILE,
            Self::Translate => Generator::MIN_TILE,
            Self::TrainClassifier | Self::Predict => 1,
        }
    }
}

impl Workload {
    /// The workload of a name.
    ///
    /// # Errors
    /// A name that is none, or sizes that the network does not take.
    pub fn named(name: &str) -> anyhow::Result<Self> {
        let refuse = |because: &str| {
            let known = STANDARD.map(|w| w.to_string()).join(", ");
            Fault::input(
                format!("there is no workload '{name}', in --only {name}, because {because}"),
                format!(
                    "choose one of {known}; or another size of these, resnet18-train-SIZE-bBATCH, cyclegan-train-SIZE, \
                     translate-SIZE, predict-SIZE-bBATCH, each with -wWIDTH at its end if the width is not 64"
                ),
            )
        };
        let workload = Self::parse(name).ok_or_else(|| refuse("no workload is called that"))?;
        let Self { task, size, batch, width } = workload;
        if [size, batch, width].iter().any(|n| *n == 0 || *n > MOST) {
            return Err(refuse(&format!("a size is from 1 to {MOST}")));
        }
        if size < task.least_size() {
            return Err(refuse(&format!("its tiles have {} px or more", task.least_size())));
        }
        Ok(workload)
    }

    fn parse(name: &str) -> Option<Self> {
        let task = Task::ALL.into_iter().find(|task| name.starts_with(&format!("{}-", task.name())))?;
        let mut parts = name[task.name().len() + 1..].split('-').peekable();
        let size = parts.next()?.parse().ok()?;
        let mut number = |letter: char| {
            let part = parts.next_if(|part| part.starts_with(letter))?;
            part[1..].parse().ok()
        };
        let batch = if task.is_batched() { number('b')? } else { 1 };
        let width = number('w').unwrap_or(64);
        parts.next().is_none().then_some(Self { task, size, batch, width })
    }

    /// Times it in this process.
    pub fn time(self, steps: &Steps, device: &Device) -> Timed {
        match self.task {
            Task::TrainClassifier => self.train_classifier(steps, device),
            Task::TrainTranslator => self.train_translator(steps, device),
            Task::Translate => self.translate(steps, device),
            Task::Predict => self.predict(steps, device),
        }
    }

    /// The formula's images in [−1, 1), laid out in memory as the training loops lay them out: row, column, channel.
    fn input(self, name: &str, device: &Device) -> Tensor<4> {
        let (n, side) = (self.batch, self.size);
        let planes = filled(name, &[n, 3, side, side], -1.0, 1.0);
        let mut pixels = vec![0.0; planes.len()];
        for (image, out) in planes.chunks(3 * side * side).zip(pixels.chunks_mut(3 * side * side)) {
            for (i, value) in image.iter().enumerate() {
                out[i % (side * side) * 3 + i / (side * side)] = *value;
            }
        }
        Tensor::from_data(TensorData::new(pixels, [n, side, side, 3]), device).permute([0, 3, 1, 2])
    }

    /// Labels 0, 1, 0, 1, …
    fn targets(self, device: &Device) -> Tensor<2> {
        let one_hot: Vec<f32> =
            (0..self.batch).flat_map(|i| [f32::from(i % 2 == 0), f32::from(i % 2 == 1)]).collect();
        Tensor::from_data(TensorData::new(one_hot, [self.batch, CLASSES]), device)
    }

    fn classifier(self, device: &Device) -> (Classifier, usize) {
        let config =
            ClassifierConfig { architecture: Architecture::ResNet18, classes: CLASSES, width: self.width };
        fill_and_count(config.init(&mut stream(0, "bench/init"), device))
    }

    fn train_classifier(self, steps: &Steps, device: &Device) -> Timed {
        let device = device.clone().autodiff();
        let (model, parameters) = self.classifier(&device);
        let mut adam = Adam::new(0.9, 1e-4);
        let (input, targets) = (self.input("x", &device), self.targets(&device));
        steps.time(parameters, model, |model| {
            let loss = loss::cross_entropy(model.forward_train(input.clone()), targets.clone());
            let value = loss::value(&loss);
            let model = adam.step(model, loss.backward(), LR.0);
            (model, LossValues::from([("cross_entropy".to_owned(), value)]))
        })
    }

    /// With the image pools, which fill; without the identity loss, which is off by default.
    fn train_translator(self, steps: &Steps, device: &Device) -> Timed {
        let device = device.clone().autodiff();
        let config = TranslatorConfig { width: self.width, blocks: BLOCKS, ..TranslatorConfig::default() };
        let gan = CycleGan::init(&mut stream(0, "bench/init"), &config, &device);
        let mut parameters = 0;
        let gan = gan.with_values(count_into(&mut parameters));
        let (real_a, real_b) =
            (Image::whole(self.input("a", &device)), Image::whole(self.input("b", &device)));
        let mut pool_rng = stream(0, "bench/pool");
        steps.time(parameters, gan, |gan| {
            let (gan, losses) = gan.step(&real_a, &real_b, &config, LR.1, &mut pool_rng, &device);
            let told = ["g", "cycle_a", "cycle_b", "d_a", "d_b"].map(|key| {
                // What tools/bench_torch.py calls it.
                let name = if key == "g" { "gan" } else { key };
                (name.to_owned(), losses.get(key))
            });
            (gan, LossValues::from(told))
        })
    }

    /// The loss compared is the distance between a tile and its translation.
    fn translate(self, steps: &Steps, device: &Device) -> Timed {
        let config =
            GeneratorConfig { width: self.width, blocks: BLOCKS, upsampling: nets::Upsampling::Transposed };
        let (generator, parameters) = fill_and_count(config.init(&mut stream(0, "bench/init"), device));
        let input = self.input("x", device);
        let moved = loss::value(&loss::l1(generator.forward(input.clone()), input.clone()));
        let mut timed = steps.time(parameters, (), |()| {
            let _ = generator.forward(input.clone()).into_data();
            ((), LossValues::new())
        });
        timed.losses = vec![LossValues::from([("l1".to_owned(), moved)])];
        timed
    }

    fn predict(self, steps: &Steps, device: &Device) -> Timed {
        let (model, parameters) = self.classifier(device);
        let input = self.input("x", device);
        let loss = loss::cross_entropy(model.forward(input.clone()), self.targets(device));
        let loss = loss::value(&loss);
        let mut timed = steps.time(parameters, (), |()| {
            let _ = model.forward(input.clone()).into_data();
            ((), LossValues::new())
        });
        timed.losses = vec![LossValues::from([("cross_entropy".to_owned(), loss)])];
        timed
    }
}

/// The network with the formula's tensors, and how many numbers of it are trained.
fn fill_and_count<N: NamedTensors>(network: N) -> (N, usize) {
    let mut parameters = 0;
    let network = network.with_values(&mut count_into(&mut parameters));
    (network, parameters)
}

/// The formula, which counts as it goes what is trained: running statistics are not.
fn count_into(parameters: &mut usize) -> impl FnMut(&str, &[usize]) -> Vec<f32> {
    |name, shape| {
        let values = weight(name, shape);
        *parameters += if name.contains("running_") { 0 } else { values.len() };
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_the_whole_workload() {
        for workload in STANDARD {
            assert_eq!(Workload::named(&workload.to_string()).unwrap(), workload);
        }
        let odd = Workload { task: Task::TrainClassifier, size: 65, batch: 2, width: 4 };
        assert_eq!(odd.to_string(), "resnet18-train-65-b2-w4");
        assert_eq!(Workload::named("resnet18-train-65-b2-w4").unwrap(), odd);
        for wrong in [
            "resnet18-train",
            "resnet18-train-64",
            "translate-64-b2",
            "translate-4",
            "cyclegan-train-23",
            "predict-64-b0",
            "predict-9999-b1",
            "predict-64-b1-w4-w4",
            "",
        ] {
            assert!(Workload::named(wrong).is_err(), "{wrong}");
        }
    }
}
