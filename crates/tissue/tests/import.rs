//! The three forms of a data set, read as the contract says.
#![allow(missing_docs)]

mod folder;
use folder::Folder;
use tissue::{Agreement, Manifest, Partition};

#[test]
fn mhist_votes_slides_and_paths() {
    let f = Folder::new();
    f.tiles("images/m", 4).write(
        "annotations.csv",
        "Image Name,Majority Vote Label,Number of Annotators who Selected ssa (Out of 7),Partition,Slide,Site\n\
         m1.png,SSA,6,train,b,X\nm0.png,HP,0,train,a,Y\nm2.png,HP,3,test,c,X\nm3.png,SSA,7,test,d,\n",
    );
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["HP", "SSA"]);
    assert_eq!(m.extra_columns, ["Site"]);
    assert!(m.slides_known && m.notes.is_empty());
    let names: Vec<_> = m.tiles.iter().map(|t| t.image.as_str()).collect();
    assert_eq!(names, ["images/m0.png", "images/m1.png", "images/m2.png", "images/m3.png"]);
    assert_eq!(m.tiles[1].votes, [1, 6]);
    assert_eq!(m.tiles[1].agreement(), Some(6.0 / 7.0));
    assert_eq!(m.tiles[1].stratum(), Some(Agreement::Low));
    assert_eq!(m.tiles[0].stratum(), Some(Agreement::High));
    assert_eq!((m.tiles[1].line, m.tiles[0].line), (2, 3));
    assert_eq!(m.tiles[2].partition, Some(Partition::Test));
    assert_eq!(m.tiles[1].slide, "b");
    assert_eq!(m.tiles[1].extra, ["X"]);
    assert!(m.tile_path(0).is_file());
    // The file itself is as good as its folder.
    assert_eq!(Manifest::open(f.path().join("annotations.csv")).unwrap().tiles, m.tiles);
}

#[test]
fn a_tie_without_label_is_left_out_and_a_majority_fills_in() {
    let f = Folder::new();
    f.tiles("images/m", 4).write(
        "annotations.csv",
        "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 4),Partition\n\
         m0.png,,2,train\nm1.png,SSA,2,train\nm2.png,,4,train\nm3.png,HP,0,test\n",
    );
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.len(), 3);
    assert_eq!(m.classes[m.tiles[1].class], "SSA");
    assert_eq!(m.tiles[0].agreement(), Some(0.5));
    let notes = m.notes.join("\n");
    assert!(notes.contains("1 tile without a label left out: the votes are tied"), "{notes}");
    assert!(notes.contains("1 tile without a label took the majority"), "{notes}");
    assert!(notes.contains("warning") && notes.contains("leak"), "{notes}");
    assert!(!m.slides_known);
}

#[test]
fn folders_with_and_without_labels() {
    let f = Folder::new();
    f.tiles("polyp/p", 2)
        .tiles("normal/deep/n", 2)
        .write("normal/notes.txt", "x")
        .write("polyp/.hidden.png", "x");
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["normal", "polyp"]);
    assert_eq!(m.tiles[0].image, "normal/deep/n0.png");
    assert_eq!(m.tiles[0].slide, m.tiles[0].image);
    assert!(m.notes.iter().any(|n| n.contains("leak")));
    assert!(m.notes.iter().any(|n| n.contains("normal/notes.txt")));
    f.write(
        "labels.csv",
        "image,class,patient\nnormal/deep/n0.png,normal,7\nnormal/deep/n1.png,normal,7\n\
         polyp/p0.png,polyp,8\npolyp/p1.png,polyp,9\n",
    );
    let m = Manifest::open(f.path()).unwrap();
    assert!(m.slides_known);
    assert_eq!(m.tiles[0].slide, "7");
    assert_eq!(m.slides(), 3);
}

#[test]
fn byte_order_mark_crlf_case_and_blank_lines() {
    let f = Folder::new();
    f.tiles("t", 2);
    f.write(
        "manifest.csv",
        "\u{feff}Image,CLASS,Partition,Slide\r\n\r\n t0.png ,a,TRAIN,s1\r\nt1.png,b,test,s2,\r\n",
    );
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.len(), 2);
    assert_eq!((m.tiles[0].line, m.tiles[1].line), (3, 4));
    assert_eq!(m.tiles[0].partition, Some(Partition::Train));
    assert_eq!(m.tiles[0].votes, [0u32; 0]);
    assert_eq!(m.tiles[0].stratum(), None);
}

#[test]
fn votes_for_a_class_without_tiles_are_disagreement() {
    let f = Folder::new();
    f.tiles("t", 2);
    f.write("manifest.csv", "image,class,votes_a,votes_b,votes_c\nt0.png,a,2,0,1\nt1.png,b,0,3,0\n");
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["a", "b"]);
    assert_eq!((m.tiles[0].votes.as_slice(), m.tiles[0].other_votes), ([2, 0].as_slice(), 1));
    assert_eq!(m.tiles[0].stratum(), Some(Agreement::Low));
}

#[test]
fn written_and_read_again_is_the_same() {
    let f = Folder::new();
    f.tiles("images/m", 3).write(
        "annotations.csv",
        "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 3),Partition,Slide,class\n\
         m0.png,SSA,2,train,\"a, b\",x\nm1.png,HP,0,test,b,\"say \"\"y\"\"\"\nm2.png,HP,,test,b,z\n",
    );
    let m = Manifest::open(f.path()).unwrap();
    let written = m.write_csv(f.path()).unwrap();
    assert_eq!(written, f.path().join("manifest.csv"));
    let again = Manifest::open(f.path()).unwrap();
    let without_lines =
        |m: &Manifest| m.tiles.iter().map(|t| tissue::Tile { line: 0, ..t.clone() }).collect::<Vec<_>>();
    assert_eq!(without_lines(&again), without_lines(&m));
    assert_eq!(again.extra_columns, ["original_class"]);
    assert_eq!((again.hash(), &again.classes), (m.hash(), &m.classes));
    assert!(again.notes.iter().any(|n| n.contains("annotations.csv beside it is not")));
    assert_eq!(again.to_csv(), m.to_csv());
}

#[test]
fn written_above_the_data_but_not_elsewhere() {
    let f = Folder::new();
    f.tiles("data/t", 2).write("data/manifest.csv", "image,class,slide\nt0.png,a,s\nt1.png,b,\n");
    let m = Manifest::open(f.path().join("data")).unwrap();
    let up = m.write_csv(f.path().join("up.csv")).unwrap();
    let again = Manifest::open(up).unwrap();
    assert_eq!(again.tiles[1].image, "data/t1.png");
    assert_eq!(again.tiles[1].slide, "data/t1.png");
    let elsewhere = Folder::new();
    folder::expect(m.write_csv(elsewhere.path()), &["manifest.csv", "not below it"]);
}

#[test]
fn selected_classes_keep_their_order_and_their_disagreement() {
    let f = Folder::new();
    f.tiles("t", 4).write(
        "manifest.csv",
        "image,class,votes_a,votes_b,votes_c,severity\nt0.png,a,2,0,1,.1\nt1.png,b,0,3,0,.2\nt2.png,c,0,0,3,.3\nt3.png,a,3,0,0,.4\n",
    );
    let mut m = Manifest::open(f.path()).unwrap();
    let before = m.hash();
    m.select_classes(&["b".into(), "a".into()]).unwrap();
    assert_ne!(before, m.hash());
    assert_eq!(m.classes, ["b", "a"]);
    assert_eq!(m.tiles.iter().map(|t| t.class).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!((m.tiles[0].votes.as_slice(), m.tiles[0].other_votes), ([0, 2].as_slice(), 1));
    assert_eq!(m.tiles[0].agreement(), Some(2.0 / 3.0));
    assert_eq!(m.severity(), Some(vec![0.1, 0.2, 0.4]));
    assert!(m.notes.iter().any(|n| n.contains("class \"c\" is not among the classes used: 1 tile left out")));
    // The votes left out survive a round trip.
    m.write_csv(f.path()).unwrap();
    let again = Manifest::open(f.path()).unwrap();
    assert_eq!((again.classes.len(), again.tiles[0].other_votes), (2, 1));
    folder::expect(m.select_classes(&["bb".into()]), &["unknown class \"bb\"", "b, a"]);
    folder::expect(m.select_classes(&["a".into(), "a".into()]), &["named twice"]);
}

#[test]
fn the_folders_of_cyclegan_are_two_classes_and_a_split() {
    let f = Folder::new();
    f.tiles("trainA/a", 3).tiles("trainB/b", 2).tiles("testA/c", 2).tiles("testB/d", 1);
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!(m.classes, ["A", "B"]);
    let of = |folder: &str| {
        let tiles = m.tiles.iter().filter(|t| t.image.starts_with(folder));
        tiles.map(|t| (m.classes[t.class].as_str(), t.partition)).collect::<Vec<_>>()
    };
    assert_eq!(of("trainA/"), [("A", Some(Partition::Train)); 3]);
    assert_eq!(of("trainB/"), [("B", Some(Partition::Train)); 2]);
    assert_eq!(of("testA/"), [("A", Some(Partition::Test)); 2]);
    assert_eq!(of("testB/"), [("B", Some(Partition::Test)); 1]);
    assert!(m.notes.iter().any(|n| n.contains("those of CycleGAN")), "{:?}", m.notes);
    assert!(!m.slides_known);

    let f = Folder::new();
    f.tiles("trainA/a", 3).tiles("trainB/b", 2);
    let m = Manifest::open(f.path()).unwrap();
    assert_eq!((m.classes.len(), m.is_partitioned()), (2, false));
    assert!(m.notes.iter().any(|n| n.contains("no tile has a side")), "{:?}", m.notes);
    // One class cannot be tested alone.
    f.tiles("testA/c", 2);
    folder::expect(Manifest::open(f.path()), &["trainA and trainB", "testA, trainA, trainB"]);
}
