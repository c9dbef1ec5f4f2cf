//! Writes a network in every form: `export WEIGHTS.safetensors FOLDER [MICROMETRES_PER_PIXEL]`. What `tools/check_interop.py` checks.

use std::path::Path;

use interop::{
    Clock, EventFile, InteropError, Network, NetworkKind, OnnxOptions, write_onnx, write_pth,
    write_safetensors, write_torchscript, write_wsinfer,
};

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [weights, folder, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: export WEIGHTS.safetensors FOLDER [MICROMETRES_PER_PIXEL]");
        return 2.into();
    };
    match export(Path::new(weights), Path::new(folder), rest.first().and_then(|um| um.parse().ok())) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: {}", error.hint().unwrap_or_default());
            2.into()
        }
    }
}

fn export(weights: &Path, folder: &Path, um_px: Option<f64>) -> Result<(), InteropError> {
    let network = Network::from_safetensors(weights)?;
    write_events(&folder.join("events"))?;
    write_onnx(&folder.join("network.onnx"), &network, OnnxOptions::default())?;
    write_torchscript(&folder.join("network.pt"), &network)?;
    write_pth(&folder.join("network.pth"), &network)?;
    write_safetensors(&folder.join("network.safetensors"), &network)?;
    if let NetworkKind::Classifier(_) = network.kind() {
        let whole = OnnxOptions { softmax: true, normalise_inside: true };
        write_onnx(&folder.join("whole.onnx"), &network, whole)?;
        if let Some(um_px) = um_px {
            write_wsinfer(&folder.join("wsinfer"), &network, um_px)?;
        }
    }
    Ok(())
}

/// Numbers, a picture and a histogram by formulas that the check repeats, of a training that was stopped and resumed at step 3.
fn write_events(folder: &Path) -> Result<(), InteropError> {
    let mut first = EventFile::in_folder(folder, Clock::Fixed(1.764e9))?;
    for step in 0..4 {
        write_step(&mut first, step)?;
    }
    first.scalar("loss/train", 7, 9.0)?;
    let mut second = EventFile::in_folder(folder, Clock::Fixed(1.765e9))?;
    second.resume_at(3)?;
    for step in 3..5 {
        write_step(&mut second, step)?;
    }
    Ok(())
}

fn write_step(events: &mut EventFile, step: u64) -> Result<(), InteropError> {
    events.scalar("loss/train", step, 1.0 / (1.0 + step as f64))?;
    let values: Vec<f64> = (0..100).map(|k| f64::from(k) * (step + 1) as f64).collect();
    events.histogram("confidence/easy", step, &values)?;
    events.image("samples", step, PIXEL)
}

/// A PNG of one red pixel.
const PIXEL: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00,
    0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00,
    0x00, 0x00, 0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8, 0xcf, 0xc0, 0x00, 0x00, 0x03, 0x01,
    0x01, 0x00, 0xc9, 0xfe, 0x92, 0xef, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60,
    0x82,
];
