//! Prints the model card of a network: `card RUN STEP WEIGHTS.safetensors [MICROMETRES_PER_PIXEL]`.

use std::path::Path;

use interop::{InteropError, ModelCard, Network};
use record::{RunFolder, StepName};

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run, step, weights, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: card RUN STEP WEIGHTS.safetensors [MICROMETRES_PER_PIXEL]");
        return 2.into();
    };
    let um_px = rest.first().and_then(|um| um.parse().ok());
    let Ok(step) = step.parse() else {
        eprintln!("error: {step} is no step");
        return 2.into();
    };
    match card(&RunFolder::new(run), &step, Path::new(weights), um_px) {
        Ok(card) => {
            print!("{}", card.markdown());
            0.into()
        }
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: {}", error.hint().unwrap_or_default());
            2.into()
        }
    }
}

fn card(
    run: &RunFolder,
    step: &StepName,
    weights: &Path,
    um_px: Option<f64>,
) -> Result<ModelCard, InteropError> {
    ModelCard::from_run(run, step, &Network::from_safetensors(weights)?, um_px)
}
