//! What a device is called, for the record.

use burn::tensor::Device;

/// `cpu`, or the name of the graphics card that computes.
pub fn device_name(device: &Device) -> String {
    let device = device.clone().without_autodiff();
    if device == Device::flex() {
        return "cpu".to_owned();
    }
    card_name(&device)
}

/// As its driver tells it.
#[cfg(feature = "vulkan")]
fn card_name(device: &Device) -> String {
    device.identity().map_or_else(|| format!("{device:?}"), |card| card.name)
}

#[cfg(not(feature = "vulkan"))]
fn card_name(device: &Device) -> String {
    format!("{device:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_cpu_with_and_without_gradients() {
        assert_eq!(device_name(&Device::flex()), "cpu");
        assert_eq!(device_name(&Device::flex().autodiff()), "cpu");
    }
}
