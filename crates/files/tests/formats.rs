//! What is written reads back as it was, and what is broken is named with its line.

use files::{OwnFileError, read_toml, read_utf8, write_atomic, write_toml};
use std::collections::BTreeMap;

#[test]
fn toml_comes_back_and_its_faults_have_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.toml");
    let settings = BTreeMap::from([("phi".to_owned(), vec![50.0, 25.0, 12.5])]);
    write_toml(&path, &settings).unwrap();
    assert_eq!(read_toml::<BTreeMap<String, Vec<f64>>>(&path).unwrap(), settings);
    write_atomic(&path, b"phi = [50]\nseed = = 3\n").unwrap();
    let e = read_toml::<BTreeMap<String, Vec<f64>>>(&path).unwrap_err();
    assert!(matches!(&e, OwnFileError::Parse { format: "TOML", line: Some(2), .. }), "{e}");
}

#[test]
fn text_that_is_not_utf8_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.txt");
    write_atomic(&path, b"one\ntwo\n\xff").unwrap();
    let e = read_utf8(&path).unwrap_err();
    assert!(matches!(&e, OwnFileError::Parse { line: Some(3), .. }), "{e}");
    let missing = read_utf8(&folder.path().join("none")).unwrap_err();
    assert!(matches!(&missing, OwnFileError::Read { .. }) && missing.hint().is_some());
}
