//! What is recognised, and what is refused with which words.

use std::path::{Path, PathBuf};

use half::{bf16, f16};
use serde_json::json;

use super::{Description, Network, NetworkKind, ResNetDepth, Upsampling};
use crate::error::InteropError;
use crate::formula::{Raw, classifier, file, generator, raw, said};

fn read(tensors: &[Raw]) -> Result<Network, InteropError> {
    Network::from_bytes(Path::new("w.safetensors"), &file(tensors, &json!({})))
}

/// What is said of the formula's ResNet-18 after `spoil`.
fn spoilt(spoil: impl FnOnce(&mut Vec<Raw>)) -> String {
    let mut tensors = raw(&classifier(ResNetDepth::ResNet18, 2, 2));
    spoil(&mut tensors);
    let error = read(&tensors).unwrap_err();
    assert!(error.hint().is_some() && !error.is_machine_fault());
    error.to_string()
}

fn at(tensors: &mut [Raw], name: &str) -> usize {
    tensors.iter().position(|tensor| tensor.0 == name).unwrap()
}

#[test]
fn every_network_is_known_by_its_tensors_alone() {
    let mut kinds: Vec<NetworkKind> =
        ResNetDepth::ALL.into_iter().map(|depth| classifier(depth, 2, 5)).collect();
    for upsampling in [Upsampling::Transposed, Upsampling::Resize] {
        for is_told in [false, true] {
            kinds.extend([0, 1, 9].map(|blocks| generator(blocks, upsampling, is_told)));
        }
    }
    for kind in kinds {
        let network = read(&raw(&kind)).unwrap();
        assert_eq!(*network.kind(), kind);
        assert_eq!(*network.description(), Description::default());
        assert_eq!(network.tensors().len(), kind.layout().len());
    }
}

#[test]
fn counters_and_unused_statistics_are_passed_over() {
    let mut tensors = raw(&classifier(ResNetDepth::ResNet18, 2, 2));
    tensors.push(("bn1.num_batches_tracked".into(), "I64", vec![], vec![7; 8]));
    assert!(read(&tensors).is_ok());
    let mut tensors = raw(&generator(1, Upsampling::Transposed, false));
    tensors.push(("model.2.running_mean".into(), "F32", vec![3], vec![0; 12]));
    assert!(read(&tensors).is_ok());
}

#[test]
fn half_precision_is_read_to_the_bit() {
    for dtype in ["F16", "BF16"] {
        let mut tensors = raw(&classifier(ResNetDepth::ResNet18, 2, 2));
        let wanted: Vec<f32> = [1.5, -0.25].into();
        let k = at(&mut tensors, "fc.bias");
        let half = |v: &f32| {
            if dtype == "F16" { f16::from_f32(*v).to_le_bytes() } else { bf16::from_f32(*v).to_le_bytes() }
        };
        (tensors[k].1, tensors[k].3) = (dtype, wanted.iter().flat_map(half).collect());
        assert_eq!(read(&tensors).unwrap().tensors()["fc.bias"].values, wanted);
    }
}

#[test]
fn what_does_not_fit_is_said_by_name() {
    let begin = "the weights cannot be used, in w.safetensors, because ";
    let missing = spoilt(|tensors| {
        tensors.remove(3);
    });
    assert_eq!(
        missing,
        format!("{begin}tensor \"bn1.running_mean\" of a ResNet-18 of width 2 with 2 outputs is missing")
    );
    let surplus = spoilt(|tensors| tensors.push(("fc2\n.weight".into(), "F32", vec![1], vec![0; 4])));
    assert!(surplus.ends_with("has no place in a ResNet-18 of width 2 with 2 outputs"), "{surplus}");
    assert!(!surplus.contains('\n'), "{surplus}");
    let reshaped = spoilt(|tensors| tensors[0].2 = vec![2, 3, 49]);
    assert!(reshaped.contains("\"conv1.weight\" is of shape [2, 3, 49], and"), "{reshaped}");
    let longer = spoilt(|tensors| (tensors[2].2, tensors[2].3) = (vec![3], vec![0; 12]));
    assert!(longer.contains("\"bn1.bias\" is of shape [3], and a ResNet-18"), "{longer}");
    let scalar = spoilt(|tensors| tensors[0] = ("conv1.weight".into(), "F32", vec![], vec![0; 4]));
    assert!(scalar.ends_with("tensor \"conv1.weight\" is no convolution"), "{scalar}");
    let infinite = spoilt(|tensors| tensors[1].3[4..].copy_from_slice(&f32::NAN.to_le_bytes()));
    assert!(infinite.ends_with("tensor \"bn1.weight\" is NaN at element 1"), "{infinite}");
    let negative = spoilt(|tensors| tensors[4].3[..4].copy_from_slice(&(-1.0_f32).to_le_bytes()));
    assert!(negative.ends_with("tensor \"bn1.running_var\" holds a negative variance"), "{negative}");
    let wide = spoilt(|tensors| (tensors[1].1, tensors[1].3) = ("F64", vec![0; 16]));
    assert!(
        wide.ends_with("tensor \"bn1.weight\" is of the type F64, and F32, F16 and BF16 are read"),
        "{wide}"
    );
    let deep = spoilt(|tensors| tensors.retain(|tensor| !tensor.0.starts_with("layer3.1")));
    assert!(deep.ends_with("a ResNet with [2, 2, 1, 2] blocks is none of ResNet-18, 34, 50, 101"), "{deep}");
    let planes = spoilt(|tensors| (tensors[0].2, tensors[0].3) = (vec![2, 4, 7, 7], vec![0; 2 * 4 * 49 * 4]));
    assert!(planes.ends_with("its first convolution takes 4 channels, and 3 are needed"), "{planes}");
    let other = spoilt(|tensors| tensors.retain(|tensor| tensor.0 == "fc.bias"));
    assert!(other.contains("neither \"conv1.weight\""), "{other}");
}

#[test]
fn a_file_cut_anywhere_or_with_any_header_is_an_error() {
    let whole = file(&raw(&classifier(ResNetDepth::ResNet18, 1, 2)), &said(2));
    let path = Path::new("cut");
    assert!(Network::from_bytes(path, &whole).is_ok());
    for end in (0..whole.len()).step_by(97).chain([1, 7, 8, 9, whole.len() - 1]) {
        assert!(Network::from_bytes(path, &whole[..end]).is_err(), "cut at {end}");
    }
    for length in [0, 1, u64::MAX, u64::MAX - 8, 1 << 40] {
        let mut torn = whole.clone();
        torn[..8].copy_from_slice(&length.to_le_bytes());
        assert!(Network::from_bytes(path, &torn).is_err(), "header of {length}");
    }
    let huge = [("conv1.weight".to_owned(), "F32", vec![usize::MAX, usize::MAX, 7, 7], vec![0; 4])];
    assert!(Network::from_bytes(path, &file(&huge, &json!({}))).is_err());
    let mut longer = whole.clone();
    longer.push(0);
    assert!(Network::from_bytes(path, &longer).is_err());
}

#[test]
fn bytes_changed_at_will_never_panic() {
    let whole = file(&raw(&generator(0, Upsampling::Resize, false)), &said(2));
    let header = usize::try_from(u64::from_le_bytes(whole[..8].try_into().unwrap())).unwrap();
    for at in 0..(8 + header).min(whole.len()) {
        for flipped in [1, 0x10, 0x80] {
            let mut changed = whole.clone();
            changed[at] ^= flipped;
            // Whether it is refused depends on the byte; that it comes back at all is the test.
            let _ = Network::from_bytes(Path::new("changed"), &changed);
        }
    }
}

#[test]
fn what_a_file_of_ours_says_is_read_and_checked() {
    let tensors = raw(&classifier(ResNetDepth::ResNet18, 1, 2));
    let of = |said: &serde_json::Value| Network::from_bytes(Path::new("w"), &file(&tensors, said));
    let known = of(&said(2)).unwrap().description().clone();
    assert_eq!((known.mean, known.tile_size), (Some([0.7, 0.5, 0.65]), Some(224)));
    assert_eq!(known.classes.unwrap().len(), 2);
    for (key, text, why) in [
        ("classes", "[\"A\"]", "(classes), because it names 1 and the network has 2"),
        ("classes", "HP, SSA", "(classes), because \"HP, SSA\" cannot be understood"),
        ("std", "[1.0, 0.0, 1.0]", "(std), because it is not positive"),
        ("tile_size", "0", "(tile_size), because it is 0"),
        ("tile_size", "-4", "(tile_size), because \"-4\" cannot be understood"),
    ] {
        let mut said = said(2);
        said[key] = json!(text);
        let error = of(&said).unwrap_err().to_string();
        assert_eq!(error, format!("the description is of no use, in w {why}"));
    }
    let mut foreign = said(2);
    foreign.as_object_mut().unwrap().remove("grayzone");
    foreign["mean"] = json!("no numbers");
    assert_eq!(
        *of(&foreign).unwrap().description(),
        Description::default(),
        "others mean something else by these keys"
    );
}

/// What grayzone 0.1 wrote.
fn earlier_run() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../grayzone/tests/fixtures/earlier-run/run/steps")
}

#[test]
fn files_of_grayzone_itself_are_read() {
    let network = Network::from_safetensors(&earlier_run().join("scorer/weights.safetensors")).unwrap();
    assert_eq!(network.kind().title(), "a ResNet-18 of width 2 with 2 outputs");
    assert_eq!(
        network.description().classes.as_deref(),
        Some(["HP".to_owned(), "SSA".to_owned()].as_slice())
    );
    assert_eq!(network.sha256(), files::sha256_of_file(network.path()).unwrap());
    let network =
        Network::from_safetensors(&earlier_run().join("translator-phi-50/g_ab.safetensors")).unwrap();
    assert_eq!(network.kind().title(), "a CycleGAN generator of width 2 with 1 blocks");
    let error = Network::from_safetensors(Path::new("nowhere.safetensors")).unwrap_err();
    assert!(matches!(error, InteropError::Read { .. }));
}
