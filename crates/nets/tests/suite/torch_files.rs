//! `torch.save`'s files: under every name, and with more or less in them than they say.

use std::fs;
use std::path::Path;

use burn::tensor::Device;
use nets::{NamedTensors, NetsError, inspect_weights, load_classifier, load_generator, read_tensors};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::fixture;
use crate::torch_writer::{Node, Part, archive, dict, entries, floats, pickle, save};

#[test]
fn the_name_of_the_file_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let real = fs::read(fixture::path("best_model_checkpoint.pth")).unwrap();
    let inside = entries(&real);
    // What is written here is what torch writes.
    assert!(archive("best_model_checkpoint", &inside) == real);
    for length in 1..=60 {
        let stem = "m".repeat(length);
        let path = dir.path().join(format!("{stem}.pth"));
        fs::write(&path, archive(&stem, &inside)).unwrap();
        let (tensors, _) = read_tensors(&path).unwrap_or_else(|e| panic!("{length}: {e}"));
        assert_eq!(tensors["a"], (vec![3], vec![0.0, 1.0, 2.0]), "{length}");
        assert_eq!(tensors["b"], (vec![1, 2], vec![1.5, -2.0]), "{length}");
        assert_eq!(inspect_weights(&path).unwrap().tensors.len(), 2);
    }
}

#[test]
fn the_end_record_of_a_large_archive_is_looked_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let mut file = fs::read(fixture::path("best_model_checkpoint.pth")).unwrap();
    let end = file.len() - 22;
    file[end + 8..end + 20].fill(0xff);
    fs::write(&path, &file).unwrap();
    assert_eq!(read_tensors(&path).unwrap().0["a"].1, [0.0, 1.0, 2.0]);
    // And with a comment behind it that looks like another end.
    file[end + 20..].copy_from_slice(&26u16.to_le_bytes());
    file.extend(b"    PK\x05\x06                  ");
    fs::write(&path, &file).unwrap();
    assert_eq!(read_tensors(&path).unwrap().0["a"].1, [0.0, 1.0, 2.0]);
}

/// What the file of one tensor `conv1.weight` is refused with, by all who read it.
fn refused(dir: &Path, part: &Part, storage: Vec<u8>) -> String {
    let path = dir.join("trap.pth");
    let entries: Vec<(String, Node)> =
        crate::wrapped::small().into_keys().map(|name| (name, Node::Tensor(part.clone()))).collect();
    fs::write(&path, save("trap", &Node::Dict(entries), &[storage])).unwrap();
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(error.hint().is_some() && !error.is_machine_fault());
    assert!(load_generator(&path, &Device::flex()).is_err());
    error.to_string()
}

#[test]
fn sizes_are_checked_before_values() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let few = || floats(&[1.0; 16]);
    let part = |shape: &[i64], stride: &[i64], offset: i64, count: i64| Part {
        storage: 0,
        kind: "Float",
        count,
        offset,
        shape: shape.to_vec(),
        stride: stride.to_vec(),
    };
    // Four bytes that claim to be a thousand million numbers.
    let error = refused(dir, &part(&[32_768, 32_768], &[0, 0], 0, 16), few());
    assert!(error.contains("its shape is [32768, 32768]"), "{error}");
    let path = dir.join("trap.pth");
    let info = inspect_weights(&path).unwrap();
    assert!(
        info.tensors[0].fault.as_ref().unwrap().contains("1073741824 values are 1"),
        "{:?}",
        info.tensors[0]
    );
    assert!(read_tensors(&path).is_err());
    // The right shape, one value.
    let error = refused(dir, &part(&[1, 3, 7, 7], &[0, 0, 0, 0], 0, 16), few());
    assert!(error.contains("its shape is"), "{error}");

    for (shape, stride, offset, count) in [
        (&[17][..], &[1][..], 0, 16),
        (&[4, 4], &[5, 1], 0, 16),
        (&[4], &[1], 13, 16),
        (&[4], &[1], 0, 17),
        (&[4], &[1], 0, i64::MAX),
        (&[i64::MAX, i64::MAX], &[1, 1], 0, 16),
        (&[i64::MAX, 2], &[i64::MAX, 1], 0, 16),
        (&[2], &[i64::MAX], i64::MAX, 16),
    ] {
        let error = refused(dir, &part(shape, stride, offset, count), few());
        assert!(error.contains("reaches beyond the values"), "{shape:?} {stride:?}: {error}");
        assert!(inspect_weights(&path).is_err() && read_tensors(&path).is_err());
    }
    for (shape, stride, offset) in
        [(&[-1][..], &[1][..], 0), (&[2], &[-1], 1), (&[2], &[1], -1), (&[2], &[1, 1], 0)]
    {
        let error = refused(dir, &part(shape, stride, offset, 16), few());
        assert!(error.contains("description is damaged"), "{error}");
    }
    let many = vec![1; 100];
    assert!(refused(dir, &part(&many, &many, 0, 16), few()).contains("description is damaged"));
}

#[test]
fn tensors_within_one_another_do_not_make_a_network() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let network = fixture::resnet18(2, 4);
    let network = network.init(&mut ChaCha8Rng::seed_from_u64(1), &Device::flex());
    let node = network
        .tensors()
        .into_iter()
        .map(|(name, (shape, _))| {
            let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
            let part = Part { count: 9216, ..Part::whole(0, &shape) };
            (name, Node::Tensor(part))
        })
        .collect();
    fs::write(&path, save("w", &Node::Dict(node), &[floats(&vec![0.5; 9216])])).unwrap();
    let error = load_classifier(&path, &Device::flex()).unwrap_err();
    assert!(error.to_string().contains("and the file is smaller"), "{error}");
    assert!(inspect_weights(&path).is_ok());
}

#[test]
fn views_and_types_are_read_as_torch_means_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let values: Vec<f32> = (0..12u8).map(f32::from).collect();
    let turned = Part { shape: vec![4, 3], stride: vec![1, 4], count: 12, ..Part::whole(0, &[12]) };
    let corner =
        Part { shape: vec![2, 2], stride: vec![4, 1], offset: 5, count: 12, ..Part::whole(0, &[12]) };
    let of = |storage, kind, count| Part { storage, kind, count, ..Part::whole(0, &[2]) };
    let node = dict([
        ("turned", Node::Tensor(turned)),
        ("corner", Node::Tensor(corner)),
        ("none", Node::Tensor(Part { shape: vec![0, 5], stride: vec![5, 1], ..of(0, "Float", 12) })),
        ("half", Node::Tensor(of(1, "Half", 2))),
        ("bfloat", Node::Tensor(of(2, "BFloat16", 2))),
        ("double", Node::Tensor(of(3, "Double", 2))),
        ("bool", Node::Tensor(of(4, "Bool", 2))),
    ]);
    let storages = [
        floats(&values),
        vec![0x00, 0x3e, 0x00, 0xc0],
        vec![0xc0, 0x3f, 0x00, 0xc0],
        [1.5f64, -2.0].iter().flat_map(|v| v.to_le_bytes()).collect(),
        vec![0, 7],
    ];
    fs::write(&path, save("w", &node, &storages)).unwrap();
    let (tensors, _) = read_tensors(&path).unwrap();
    assert_eq!(tensors["turned"].1, [0.0, 4.0, 8.0, 1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0]);
    assert_eq!(tensors["corner"].1, [5.0, 6.0, 9.0, 10.0]);
    assert_eq!(tensors["none"], (vec![0, 5], vec![]));
    for name in ["half", "bfloat", "double"] {
        assert_eq!(tensors[name].1, [1.5, -2.0], "{name}");
    }
    assert_eq!(tensors["bool"].1, [0.0, 1.0]);
}

#[test]
fn what_is_not_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let mut tensors = crate::wrapped::parts();
    for (kind, size, named) in
        [("ComplexFloat", 8, "ComplexFloat"), ("QInt8", 1, "QInt8"), ("Long", 8, "I64")]
    {
        let Node::Tensor(part) = &mut tensors.0.iter_mut().find(|(name, _)| name == "bn1.bias").unwrap().1
        else {
            panic!()
        };
        *part = Part { storage: tensors.1.len(), kind, ..Part::whole(0, &[1]) };
        tensors.1.push(vec![0; size]);
        let copy = Node::Raw(pickle_body(&Node::Dict(std::mem::take(&mut tensors.0))));
        fs::write(&path, save("w", &copy, &tensors.1)).unwrap();
        let error = load_classifier(&path, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains("tensor bn1.bias") && error.contains(named), "{error}");
        assert!(inspect_weights(&path).unwrap().tensors.iter().any(|t| t.dtype == named));
        tensors = crate::wrapped::parts();
    }
    // A dictionary of tensors that was pickled by itself has its values elsewhere.
    let alone = Node::Raw(b"ctorch._utils\n_rebuild_tensor_v2\n(ctorch.storage\n_load_from_bytes\nC\x01x\x85RK\x00K\x01\x85K\x01\x85\x89Nt R".to_vec());
    let mut bytes = pickle(&dict([("a", alone)]));
    bytes.retain(|b| *b != b' ');
    fs::write(&path, bytes).unwrap();
    let error = inspect_weights(&path).unwrap_err().to_string();
    assert!(error.contains("pickle.dump"), "{error}");
}

#[test]
fn a_view_with_torch_s_negative_bit_is_not_read_with_the_wrong_sign() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.pth");
    for (set, is_refused) in [(b'\x88', true), (b'\x89', false)] {
        let (mut entries, storages) = crate::wrapped::parts();
        let (_, bias) = entries.iter_mut().find(|(name, _)| name == "fc.bias").unwrap();
        let mut bytes = pickle_body(bias);
        // Behind the hooks: {'neg': True}, and what ends the arguments and makes the call.
        bytes.truncate(bytes.len() - 2);
        bytes.extend(b"}X\x03\x00\x00\x00neg");
        bytes.extend([set, b's', b't', b'R']);
        *bias = Node::Raw(bytes);
        fs::write(&path, save("w", &Node::Dict(entries), &storages)).unwrap();
        match load_classifier(&path, &Device::flex()) {
            Ok(_) => assert!(!is_refused),
            Err(error) => {
                let error = error.to_string();
                assert!(
                    is_refused && error.contains("fc.bias") && error.contains("negative view"),
                    "{error}"
                );
            }
        }
    }
}

/// The opcodes of a value.
fn pickle_body(node: &Node) -> Vec<u8> {
    let bytes = pickle(node);
    bytes[2..bytes.len() - 1].to_vec()
}

#[test]
fn a_description_that_never_ends_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    // Thirty lists, each of the one before twice: a thousand million ways to the tensor.
    let mut raw = pickle_body(&Node::Tensor(Part::whole(0, &[4])));
    for i in 0..30u8 {
        raw.extend([b'q', i, b'h', i, 0x86]);
    }
    // A list that holds itself.
    let ring = b"]q\xf0h\xf0a".to_vec();
    let node = dict([("a", Node::Raw(raw)), ("ring", Node::Raw(ring.clone()))]);
    fs::write(&path, save("w", &node, &[floats(&[1.0; 4])])).unwrap();
    let error = inspect_weights(&path).unwrap_err().to_string();
    assert!(error.contains("without end") || error.contains("have no end"), "{error}");
    let node = dict([("ring", Node::Raw(ring)), ("a", Node::Tensor(Part::whole(0, &[4])))]);
    fs::write(&path, save("w", &node, &[floats(&[1.0; 4])])).unwrap();
    assert_eq!(read_tensors(&path).unwrap().0["a"].1, [1.0; 4]);
}

#[test]
fn no_changed_byte_is_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("w.pth");
    let tensor = |i| Node::Tensor(Part { count: 6, ..Part::whole(i, &[2, 3]) });
    let whole = save(
        "w",
        &dict([("a", tensor(0)), ("b", dict([("c", tensor(1))]))]),
        &[floats(&[0.5; 6]), floats(&[2.0; 6])],
    );
    fs::write(&path, &whole).unwrap();
    assert_eq!(read_tensors(&path).unwrap().0["b.c"].1, [2.0; 6]);
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] ^= change;
            // A new file each time: an old one that is cut is put on disk first.
            fs::remove_file(&path).unwrap();
            fs::write(&path, &changed).unwrap();
            if let Err(error) = read_tensors(&path) {
                assert!(matches!(error, NetsError::NotWeights { .. }), "{at}: {error}");
            }
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, &whole[..at]).unwrap();
        assert!(inspect_weights(&path).is_err(), "{at}");
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_named_and_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe.pth");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, named) in
        [(pipe.as_path(), "a pipe"), (Path::new("/dev/zero"), "a device"), (dir.path(), "a directory")]
    {
        let errors = [
            load_classifier(path, &Device::flex()).map(drop).unwrap_err(),
            load_generator(path, &Device::flex()).map(drop).unwrap_err(),
            inspect_weights(path).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, NetsError::Read { .. }) && error.to_string().contains(named), "{error}");
            assert!(error.hint().is_some() && !error.is_machine_fault());
        }
    }
}
