//! A running statistic: part of a network's state, but no parameter.

use std::sync::{Mutex, PoisonError};

use burn::module::{
    Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor, Param,
    ParamId,
};
use burn::tensor::{Device, Tensor};

/// A vector that the forward pass of training updates, such as batch norm's running mean.
///
/// Burn's own `RunningState` is shared between clones of a network and lags one update behind; this one is neither: a clone
/// goes its own way, and [`value`](Running::value) is always the latest.
pub struct Running {
    id: ParamId,
    value: Mutex<Tensor<1>>,
}

impl Running {
    /// A statistic with its first value, `[channels]`.
    pub fn new(value: Tensor<1>) -> Self {
        Self::with_id(ParamId::new(), value)
    }

    fn with_id(id: ParamId, value: Tensor<1>) -> Self {
        Self { id, value: Mutex::new(value.detach().set_require_grad(false)) }
    }

    /// The latest value, `[channels]`.
    pub fn value(&self) -> Tensor<1> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Move a share `momentum` of the way towards `observed`, `[channels]`.
    pub fn update(&self, observed: Tensor<1>, momentum: f64) {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        *value =
            value.clone().mul_scalar(1.0 - momentum).add(observed.detach().mul_scalar(momentum)).detach();
    }

    fn replace(self, f: impl FnOnce(Tensor<1>) -> Tensor<1>) -> Self {
        Self::with_id(self.id, f(self.value.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Clone for Running {
    fn clone(&self) -> Self {
        Self::with_id(self.id, self.value())
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Running({})", self.id)
    }
}

impl ModuleDisplayDefault for Running {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
}

impl ModuleDisplay for Running {}

impl Module for Running {
    fn visit<V: ModuleVisitor>(&self, visitor: &mut V) {
        visitor.visit_float(&Param::initialized(self.id, self.value()));
    }

    fn map<M: ModuleMapper>(self, mapper: &mut M) -> Self {
        let id = self.id;
        self.replace(|value| mapper.map_float(Param::initialized(id, value)).into_value())
    }

    fn to_device(self, device: &Device) -> Self {
        self.replace(|value| value.to_device(device))
    }

    fn fork(self, device: &Device) -> Self {
        self.to_device(device)
    }

    fn collect_devices(&self, mut devices: Devices) -> Devices {
        let device = self.value().device();
        if !devices.contains(&device) {
            devices.push(device);
        }
        devices
    }

    fn materialize(self) -> Self {
        self
    }

    fn valid(&self) -> Self {
        Self::with_id(self.id, self.value().without_autodiff())
    }

    fn train(self) -> Self {
        self.replace(Tensor::from_inner)
    }
}
