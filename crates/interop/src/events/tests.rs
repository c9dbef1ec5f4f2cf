//! Event files read back record by record.

use prost::Message as _;

use super::framed::framed;
use super::message::{Event, Kind, Session, What};
use super::{Clock, EventFile};
use crate::error::InteropError;

/// The first bytes of a grey PNG of 3 × 2 pixels.
const HEAD: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x02\x08\0\0\0\0";

fn events(bytes: &[u8]) -> Vec<Event> {
    let (mut all, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
        let message = &bytes[at + 12..at + 12 + length];
        assert_eq!(bytes[at..at + length + 16], framed(message), "length and checksums");
        all.push(Event::decode(message).unwrap());
        at += length + 16;
    }
    all
}

fn written(file: &std::path::Path) -> Vec<u8> {
    let mut events = EventFile::create(file, Clock::Fixed(12.5)).unwrap();
    events.scalar("loss/ä \n", 0, 0.0).unwrap();
    events.scalar("loss", u64::MAX, f64::NAN).unwrap();
    events.image("tiles", 3, HEAD).unwrap();
    events.histogram("confidence", 4, &[0.0, 1.0, 1.0]).unwrap();
    std::fs::read(file).unwrap()
}

#[test]
fn what_is_written_is_read_back_and_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&folder.path().join("events.out.tfevents.1"));
    assert_eq!(bytes, written(&folder.path().join("events.out.tfevents.2")));
    let all = events(&bytes);
    assert!(all.iter().all(|event| event.wall_time == 12.5));
    assert_eq!(all[0].what, Some(What::FileVersion("brain.Event:2".into())));
    let value = |k: usize| match &all[k].what {
        Some(What::Summary(summary)) => {
            (all[k].step, summary.values[0].tag.as_str(), summary.values[0].kind.clone().unwrap())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(value(1), (0, "loss/ä \n", Kind::Scalar(0.0)));
    assert!(matches!(value(2), (i64::MAX, "loss", Kind::Scalar(nan)) if nan.is_nan()));
    assert!(
        matches!(value(3), (3, "tiles", Kind::Image(image)) if (image.width, image.height, image.colours) == (3, 2, 1))
    );
    assert!(
        matches!(value(4), (4, "confidence", Kind::Histogram(told)) if told.num == 3.0 && told.sum == 2.0)
    );
    assert_eq!(all.len(), 5);
}

#[test]
fn each_start_begins_another_file_behind_those_before() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut names = Vec::new();
    for _ in 0..3 {
        let mut events = EventFile::in_folder(&run, Clock::Wall).unwrap();
        events.resume_at(1).unwrap();
        events.scalar("loss", 1, 0.5).unwrap();
        names.push(events.path().to_owned());
    }
    assert!(names.is_sorted() && names.windows(2).all(|pair| pair[0] != pair[1]));
    let first = events(&std::fs::read(&names[0]).unwrap());
    assert!(first[0].wall_time > 1e9 && first.len() == 3);
    assert_eq!((first[1].step, &first[1].what), (1, &Some(What::Session(Session { status: 1 }))));
}

#[test]
fn what_tensorboard_could_not_show_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.out.tfevents.1");
    let mut file = EventFile::create(&path, Clock::Fixed(0.0)).unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut wrong = HEAD.to_vec();
    wrong[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    let mut colours = HEAD.to_vec();
    colours[25] = 5;
    for png in [&b""[..], b"\x89PNG", &HEAD[..25], &wrong, &colours] {
        assert!(matches!(file.image("tile", 0, png), Err(InteropError::Form { .. })));
    }
    assert!(file.histogram("h", 0, &[]).is_err());
    let error = file.histogram("h", 0, &[f64::INFINITY]).unwrap_err();
    assert!(error.to_string().ends_with("because of the histogram \"h\": value 0 is inf"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(
        matches!(EventFile::create(&path, Clock::Wall), Err(InteropError::Append { .. })),
        "nothing is overwritten"
    );
    assert!(matches!(
        EventFile::create(&folder.path().join("log"), Clock::Wall),
        Err(InteropError::Form { .. })
    ));
}
