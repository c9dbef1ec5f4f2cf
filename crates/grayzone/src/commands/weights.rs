//! `grayzone weights`: what a file of weights holds, and the same network in the files of other tools.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use interop::{ModelCard, Network, OnnxOptions};
use record::{RunFolder, StepName};

use crate::fault::Fault;
use crate::output;

/// What is done with the file.
#[derive(Debug, Subcommand)]
#[command(after_help = "Example:\n  grayzone weights inspect resnet18.pth")]
pub enum WeightsCommand {
    /// List the network, the metadata and every tensor of a .safetensors or .pth file; no code in it is run
    Inspect(InspectArgs),
    /// Write a network for other tools: ONNX, TorchScript, QuPath's WSInfer, torch's own files
    Export(ExportArgs),
    /// Write a model card: what a network of a run was made from, how good it is, and what it must not be used for
    Card(CardArgs),
}

/// Which network, in which form.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone weights export runs/my-study/steps/scorer/weights.safetensors --to onnx --out scorer.onnx\n  grayzone weights export runs/my-study/steps/scorer/weights.safetensors --to wsinfer --mpp 0.5 --out scorer-for-qupath/"
)]
pub struct ExportArgs {
    /// A classifier's or generator's weights (.safetensors)
    #[arg(value_name = "FILE")]
    weights: PathBuf,
    /// The form
    #[arg(long, value_enum, value_name = "FORM")]
    to: Form,
    /// The file to write; for wsinfer the folder. What is there already is refused
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
    /// wsinfer: µm a pixel of the tiles that it was trained on
    #[arg(long, value_name = "MPP", required_if_eq("to", "wsinfer"), allow_negative_numbers = true)]
    mpp: Option<f64>,
    /// onnx: probabilities in the place of logits
    #[arg(long)]
    softmax: bool,
    /// onnx: take pixels from 0 to 1 and normalise them inside
    #[arg(long)]
    normalise_inside: bool,
}

/// A form that other tools load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// ONNX, opset 17: pixels as the network was trained on go in, logits come out
    Onnx,
    /// TorchScript, for torch.jit.load
    Torchscript,
    /// TorchScript with the config.json that WSInfer and QuPath's extension load
    Wsinfer,
    /// A state_dict for torch.load and load_state_dict, torchvision's or CycleGAN's names
    Pth,
    /// The same as .safetensors
    Safetensors,
}

/// Which network of which run.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone weights card runs/my-study --step retrain-original-seed-0 --mpp 0.5 --out CARD.md"
)]
pub struct CardArgs {
    /// The folder of a finished run
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// The step that left the network
    #[arg(long, value_name = "STEP", default_value = "scorer")]
    step: String,
    /// Its file in the step's folder
    #[arg(long, value_name = "NAME", default_value = "weights.safetensors")]
    file: String,
    /// µm a pixel of the tiles, which no run knows
    #[arg(long, value_name = "MPP", allow_negative_numbers = true)]
    mpp: Option<f64>,
    /// The file to write; what is there already is refused
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Which file.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  grayzone weights inspect runs/my-study/steps/scorer/weights.safetensors --json"
)]
pub struct InspectArgs {
    /// The file of weights
    #[arg(value_name = "FILE")]
    weights: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(command: &WeightsCommand) -> anyhow::Result<()> {
    match command {
        WeightsCommand::Inspect(args) => inspect(args),
        WeightsCommand::Export(args) => export(args),
        WeightsCommand::Card(args) => card(args),
    }
}

fn export(args: &ExportArgs) -> anyhow::Result<()> {
    output::refuse_to_overwrite(&args.out)?;
    if args.to != Form::Onnx && (args.softmax || args.normalise_inside) {
        return Err(Fault::input(
            "the network cannot be written so, in --softmax and --normalise-inside, because only ONNX has room for them",
            "leave them out, or write --to onnx",
        ));
    }
    let network = Network::from_safetensors(&args.weights)?;
    let out: &Path = &args.out;
    match args.to {
        Form::Onnx => {
            let options = OnnxOptions { softmax: args.softmax, normalise_inside: args.normalise_inside };
            interop::write_onnx(out, &network, options)?;
        }
        Form::Torchscript => interop::write_torchscript(out, &network)?,
        // The arguments ask for it.
        Form::Wsinfer => interop::write_wsinfer(out, &network, args.mpp.unwrap_or(f64::NAN))?,
        Form::Pth => interop::write_pth(out, &network)?,
        Form::Safetensors => interop::write_safetensors(out, &network)?,
    }
    output::line(&out.display().to_string())
}

fn card(args: &CardArgs) -> anyhow::Result<()> {
    output::refuse_to_overwrite(&args.out)?;
    let run = RunFolder::new(&args.run);
    let step: StepName = args.step.parse().map_err(|e| {
        Fault::input(
            format!("no step is called so, in --step {}, because {e}", args.step),
            "name a step's folder below steps/, such as retrain-original-seed-0",
        )
    })?;
    let network = Network::from_safetensors(&run.step(&step).join(&args.file))?;
    ModelCard::from_run(&run, &step, &network, args.mpp)?.write(&args.out)?;
    output::line(&args.out.display().to_string())
}

fn inspect(args: &InspectArgs) -> anyhow::Result<()> {
    let info = nets::inspect_weights(&args.weights)?;
    if args.json {
        return output::json(&info);
    }
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"));
    let rows: Vec<Vec<String>> = info
        .tensors
        .iter()
        .map(|t| {
            let shape: Vec<String> = t.shape.iter().map(ToString::to_string).collect();
            vec![
                t.name.clone(),
                shape.join(" × "),
                t.dtype.clone(),
                number(t.min),
                number(t.mean),
                number(t.max),
                match &t.fault {
                    Some(fault) => format!("not read: {fault}"),
                    None if t.not_finite == 0 => String::new(),
                    None => t.not_finite.to_string(),
                },
            ]
        })
        .collect();
    let mut text = format!("{}, {} parameters\n", info.kind, info.parameters);
    // Writing to a String cannot fail.
    if let Some(note) = &info.note {
        let _ = writeln!(text, "note: {}", files::shown(note));
    }
    for (key, value) in &info.metadata {
        let _ = writeln!(text, "{}: {}", files::shown(key), files::shown(value));
    }
    text.push_str(&output::table(&["tensor", "shape", "type", "min", "mean", "max", "not finite"], &rows));
    output::text(&text)
}
