//! Networks as named tensors, for checkpoints and weight files.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::error::NetsError;
use crate::init;

/// Tensors by name: shape, and values row by row.
pub type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A network's whole state, parameters and running statistics, under the names torch gives them.
pub trait NamedTensors: Sized {
    /// Every tensor's shape and values, by name.
    fn tensors(&self) -> Tensors;

    /// The network with its tensors replaced; parameter identities, device and gradient settings stay.
    ///
    /// # Errors
    /// [`NetsError::Missing`], [`NetsError::Unknown`] or [`NetsError::Shape`], naming the first tensor that does not fit.
    fn load_tensors(self, tensors: &Tensors) -> Result<Self, NetsError>;

    /// The network with every tensor's values given anew from its name and shape, one tensor in memory at a time.
    ///
    /// # Panics
    /// If there are not as many values as the shape has places.
    #[must_use]
    fn with_values(self, values: &mut dyn FnMut(&str, &[usize]) -> Vec<f32>) -> Self;
}

/// A network whose fields have names in torch's files.
pub(crate) trait TorchNames: Module {
    /// The name in torch's files of the tensor at this path of fields.
    fn torch_name(&self, path: &[String]) -> String;
}

impl<N: TorchNames> NamedTensors for N {
    fn tensors(&self) -> Tensors {
        let mut collect =
            Collect { name: &|path| self.torch_name(path), path: Vec::new(), tensors: Tensors::new() };
        self.visit(&mut collect);
        collect.tensors
    }

    fn load_tensors(self, tensors: &Tensors) -> Result<Self, NetsError> {
        load(self, tensors, "the checkpoint")
    }

    fn with_values(self, values: &mut dyn FnMut(&str, &[usize]) -> Vec<f32>) -> Self {
        // Names first: a copy of the network to ask would keep its old tensors alive.
        let mut names =
            Names { name: &|path| self.torch_name(path), path: Vec::new(), of_paths: BTreeMap::new() };
        self.visit(&mut names);
        let names = names.of_paths;
        self.map(&mut Rewrite { names: &names, path: Vec::new(), values })
    }
}

/// [`NamedTensors::load_tensors`], naming the origin in errors.
pub(crate) fn load<N: TorchNames>(network: N, tensors: &Tensors, origin: &str) -> Result<N, NetsError> {
    let names = network.clone();
    let mut replace = Replace {
        name: &|path| names.torch_name(path),
        origin,
        path: Vec::new(),
        tensors,
        used: 0,
        error: None,
    };
    let network = network.map(&mut replace);
    let Replace { used, error, .. } = replace;
    if let Some(error) = error {
        return Err(error);
    }
    if used < tensors.len() {
        let own = network.tensors();
        let tensor = tensors.keys().find(|name| !own.contains_key(*name)).cloned().unwrap_or_default();
        return Err(NetsError::Unknown { origin: origin.to_owned(), tensor });
    }
    Ok(network)
}

type Namer<'a> = &'a dyn Fn(&[String]) -> String;

struct Collect<'a> {
    name: Namer<'a>,
    path: Vec<String>,
    tensors: Tensors,
}

impl ModuleVisitor for Collect<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data_as::<f32>();
        let shape = data.shape().iter().copied().collect();
        // The data was made f32 one line above.
        let values = data.try_into_vec::<f32>().expect("f32 data");
        self.tensors.insert((self.name)(&self.path), (shape, values));
    }
}

struct Replace<'a> {
    name: Namer<'a>,
    origin: &'a str,
    path: Vec<String>,
    tensors: &'a Tensors,
    used: usize,
    error: Option<NetsError>,
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.error.is_some() {
            return param;
        }
        let (origin, tensor) = (self.origin.to_owned(), (self.name)(&self.path));
        let expected: Vec<usize> = param.lazy_shape().iter().copied().collect();
        match self.tensors.get(&tensor) {
            None => self.error = Some(NetsError::Missing { origin, tensor }),
            Some((shape, _)) if *shape != expected => {
                self.error = Some(NetsError::Shape { origin, tensor, found: shape.clone(), expected });
            }
            Some((_, values)) => {
                self.used += 1;
                return param.map(|old| {
                    let tensor = init::tensor(values.clone(), old.dims(), &old.device());
                    tensor.set_require_grad(old.is_require_grad())
                });
            }
        }
        param
    }
}

/// The name of every path.
struct Names<'a> {
    name: Namer<'a>,
    path: Vec<String>,
    of_paths: BTreeMap<Vec<String>, String>,
}

impl ModuleVisitor for Names<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
        self.of_paths.insert(self.path.clone(), (self.name)(&self.path));
    }
}

struct Rewrite<'a> {
    names: &'a BTreeMap<Vec<String>, String>,
    path: Vec<String>,
    values: &'a mut dyn FnMut(&str, &[usize]) -> Vec<f32>,
}

impl ModuleMapper for Rewrite<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        // Visiting and mapping walk the same fields, so every path has a name.
        let Some(name) = self.names.get(&self.path) else { return param };
        let shape: Vec<usize> = param.lazy_shape().iter().copied().collect();
        let values = (self.values)(name, &shape);
        param.map(|old| {
            init::tensor(values, old.dims(), &old.device()).set_require_grad(old.is_require_grad())
        })
    }
}
