//! A network with its weights and its description, from a `.safetensors` file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::description::{Description, Wrong};
use super::kind::NetworkKind;
use super::tensors::{Weight, parse};
use crate::error::InteropError;

/// A network: which it is, its weights under torch's names, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    path: PathBuf,
    kind: NetworkKind,
    description: Description,
    tensors: BTreeMap<String, Weight>,
    sha256: String,
}

impl Network {
    /// Reads the weights that grayzone writes, or those of anybody with torchvision's or `CycleGAN`'s names.
    ///
    /// # Errors
    /// [`InteropError::Read`], and as [`from_bytes`](Self::from_bytes).
    pub fn from_safetensors(path: &Path) -> Result<Self, InteropError> {
        let bytes =
            files::read(path).map_err(|source| InteropError::Read { path: path.to_owned(), source })?;
        Self::from_bytes(path, &bytes)
    }

    /// The same from bytes; `path` stands for them in messages.
    ///
    /// # Errors
    /// [`InteropError::Weights`] if the file is damaged, holds another type than f32, f16 or bf16, a number that is not finite, a tensor too
    /// many or too few or of another shape; [`InteropError::Description`] if its texts are of another network.
    pub fn from_bytes(path: &Path, bytes: &[u8]) -> Result<Self, InteropError> {
        let unusable = |reason| InteropError::Weights { path: path.to_owned(), reason };
        let (mut held, texts) = parse(bytes).map_err(unusable)?;
        let kind = NetworkKind::of(&held).map_err(unusable)?;
        let mut tensors = BTreeMap::new();
        for (name, _) in kind.layout() {
            let Some((shape, values)) = held.remove(&name).and_then(|held| Some((held.shape, held.values?)))
            else {
                return Err(unusable(format!("tensor {} holds no numbers", files::quoted(&name))));
            };
            if name.ends_with("running_var") && values.iter().any(|v| *v < 0.0) {
                return Err(unusable(format!("tensor {} holds a negative variance", files::quoted(&name))));
            }
            tensors.insert(name, Weight { shape, values });
        }
        let sha256 = files::hex(&Sha256::digest(bytes));
        let network =
            Self { path: path.to_owned(), kind, description: Description::default(), tensors, sha256 };
        let description = Description::of(&texts).map_err(|wrong| network.wrong(wrong))?;
        network.described(description)
    }

    /// The same network with another description.
    ///
    /// # Errors
    /// [`InteropError::Description`] if it is of another network.
    pub fn described(mut self, description: Description) -> Result<Self, InteropError> {
        description.check(&self.kind).map_err(|wrong| self.wrong(wrong))?;
        self.description = description;
        Ok(self)
    }

    /// Where it was read.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which network, with its size.
    pub fn kind(&self) -> &NetworkKind {
        &self.kind
    }

    /// What is known of it.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its weights by name.
    pub fn tensors(&self) -> &BTreeMap<String, Weight> {
        &self.tensors
    }

    /// SHA-256 of the file that it was read from, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    fn wrong(&self, (key, reason): Wrong) -> InteropError {
        InteropError::Description { path: self.path.clone(), key, reason }
    }

    /// What is missing in the description, as an error.
    pub(crate) fn unknown(&self, key: &'static str) -> InteropError {
        self.wrong((key, "it is not known".to_owned()))
    }

    /// What a file of another tool is told of the network, sorted by key; values are text, lists JSON.
    pub(crate) fn texts(&self) -> BTreeMap<String, String> {
        let json = |value: serde_json::Value| value.to_string();
        let known = &self.description;
        let mut texts = BTreeMap::from([
            ("architecture".to_owned(), self.kind.name().to_owned()),
            ("source_sha256".to_owned(), self.sha256.clone()),
            ("tool".to_owned(), crate::tool::TOOL.to_owned()),
        ]);
        let said = [
            ("classes", known.classes.as_ref().map(|classes| json(serde_json::json!(classes)))),
            // As the header of grayzone's own files has it: the shortest digits of an f32.
            ("mean", known.mean.map(|mean| format!("{mean:?}"))),
            ("std", known.std.map(|std| format!("{std:?}"))),
            ("tile_size", known.tile_size.map(|px| px.to_string())),
            ("framing", known.framing.clone()),
            ("dial", known.dial.clone()),
        ];
        texts.extend(said.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?))));
        if let NetworkKind::Generator(size) = self.kind {
            texts.insert("upsampling".to_owned(), size.upsampling.name().to_owned());
        }
        texts
    }
}
