//! A classifier for the single steps: the network, what its outputs mean, and how it wants its pixels.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use nets::Loaded;
use tissue::augment::Normalise;

use crate::fault::Fault;
use crate::inputs::Group;
use crate::progress::Progress;

/// Tiles between two signs of progress.
const CHUNK: usize = 64;

/// Which weights, and what must be said of foreign ones.
#[derive(Clone, Debug, Args)]
pub struct ClassifierArgs {
    /// Weights: ours, or a torchvision ResNet's (18, 34 or 50), alone or in a checkpoint (.safetensors or .pth)
    #[arg(long, value_name = "FILE")]
    weights: PathBuf,
    /// Foreign weights: mean of red, green and blue, in units of 0 to 1
    #[arg(long, value_name = "R,G,B", value_parser = parse_triple, requires = "std")]
    mean: Option<[f32; 3]>,
    /// Foreign weights: standard deviation of red, green and blue
    #[arg(long, value_name = "R,G,B", value_parser = parse_triple, requires = "mean")]
    std: Option<[f32; 3]>,
    /// Foreign weights: the classes, in the order of the outputs
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    classes: Vec<String>,
}

/// A network ready to classify.
pub struct Classifier {
    /// The classes, in the order of the outputs.
    pub classes: Vec<String>,
    /// The side of the tiles it was trained on, where the weights tell.
    pub tile_size: Option<usize>,
    network: nets::Classifier,
    normalise: Normalise,
    file: PathBuf,
}

impl Classifier {
    /// Reads the weights and settles classes and normalisation.
    ///
    /// # Errors
    /// Weights that do not fit; foreign weights without --mean and --std; classes that do not fit the outputs.
    pub fn load(args: &ClassifierArgs, device: &Device, progress: &Progress) -> anyhow::Result<Self> {
        let Loaded { network, meta, note } = nets::read_classifier(&args.weights, device)?;
        if let Some(note) = &note {
            progress.note(&format!("note: {note}"));
        }
        let file = args.weights.display();
        let given = args.mean.zip(args.std);
        let normalise = match (given, &meta) {
            (Some((mean, std)), _) => {
                if std.iter().any(|s| *s <= 0.0) {
                    return Err(Fault::input(
                        "a standard deviation cannot be used, in --std, because it is not above 0",
                        "give the three standard deviations that the network was trained with",
                    ));
                }
                Normalise { mean, std }
            }
            (None, Some(meta)) => Normalise { mean: meta.mean, std: meta.std },
            (None, None) => {
                return Err(Fault::input(
                    format!(
                        "the normalisation is not known, in {file}, because foreign weights do not tell it"
                    ),
                    "add --mean and --std as the network was trained with, such as --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 for ImageNet",
                ));
            }
        };
        let outputs = network.classes();
        if outputs < 2 {
            return Err(Fault::input(
                format!("the network is no classifier, in {file}, because it has a single output"),
                "give the weights of a network with an output a class",
            ));
        }
        let classes = match (&meta, args.classes.is_empty()) {
            (Some(meta), true) => meta.classes.clone(),
            (Some(meta), false) if meta.classes == args.classes => meta.classes.clone(),
            (Some(meta), false) => {
                return Err(Fault::input(
                    format!(
                        "the classes {} do not fit, in --classes, because {file} names its outputs {}",
                        args.classes.join(","),
                        meta.classes.join(",")
                    ),
                    "leave --classes out: these weights know their classes",
                ));
            }
            (None, true) => (0..outputs).map(|i| format!("class_{i}")).collect(),
            (None, false) => args.classes.clone(),
        };
        check_classes(&classes, outputs)?;
        Ok(Self {
            classes,
            tile_size: meta.map(|m| m.tile_size),
            network,
            normalise,
            file: args.weights.clone(),
        })
    }

    /// The file of its weights.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The logits of every tile of the groups, by the tiles' indices in their manifest.
    ///
    /// # Errors
    /// An output that is not a finite number.
    pub fn logits(
        &self,
        groups: &[Group],
        device: &Device,
        progress: &Progress,
    ) -> anyhow::Result<Vec<Vec<f64>>> {
        let total: usize = groups.iter().map(|group| group.indices.len()).sum();
        let mut logits = vec![Vec::new(); total];
        let mut done = 0;
        progress.relabel("predicting");
        for group in groups {
            for chunk in (0..group.indices.len()).collect::<Vec<_>>().chunks(CHUNK) {
                progress.at(done as u64, total as u64);
                let tiles: Vec<&[u8]> = chunk.iter().map(|&i| group.tiles.tile(i)).collect();
                let rows = train::logits(&self.network, &tiles, group.tiles.size, &self.normalise, device);
                for (&i, row) in chunk.iter().zip(rows) {
                    if row.iter().any(|value| !value.is_finite()) {
                        return Err(Fault::input(
                            format!(
                                "an output is not a finite number, in {}, because its weights do not suit tiles normalised in this way",
                                self.file.display()
                            ),
                            "check --mean and --std, and whether the network was trained to the end",
                        ));
                    }
                    logits[group.indices[i]] = row;
                }
                done += chunk.len();
            }
        }
        progress.at(total as u64, total as u64);
        Ok(logits)
    }
}

fn check_classes(classes: &[String], outputs: usize) -> anyhow::Result<()> {
    if classes.len() != outputs {
        return Err(Fault::input(
            format!(
                "{} classes do not fit, in --classes, because the network has {outputs} outputs",
                classes.len()
            ),
            "name one class an output, in the order of the outputs",
        ));
    }
    for (i, class) in classes.iter().enumerate() {
        if class.is_empty() || class == "image" || classes[..i].contains(class) {
            return Err(Fault::input(
                format!(
                    "the class '{class}' cannot be used, in --classes, because each needs a column of its own beside 'image'"
                ),
                "give every class a different name",
            ));
        }
    }
    Ok(())
}

/// "0.7,0.6,0.7".
fn parse_triple(text: &str) -> Result<[f32; 3], String> {
    let numbers: Vec<f32> =
        text.split(',').filter_map(|part| part.trim().parse().ok()).filter(|v: &f32| v.is_finite()).collect();
    match (<[f32; 3]>::try_from(numbers), text.split(',').count()) {
        (Ok(triple), 3) => Ok(triple),
        _ => Err("three numbers are needed, as in 0.7,0.6,0.7".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_triple;

    #[test]
    fn three_finite_numbers() {
        assert_eq!(parse_triple("0.7, 0.6,0.7"), Ok([0.7, 0.6, 0.7]));
        for bad in ["", "1,2", "1,2,3,4", "1,2,x", "1,nan,3"] {
            assert!(parse_triple(bad).is_err(), "{bad}");
        }
    }
}
