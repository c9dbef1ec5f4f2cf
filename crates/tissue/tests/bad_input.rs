//! Every fault of a data set is found before training, and says what, where and why.
#![allow(missing_docs)]

mod folder;
use folder::{Folder, expect};
use tissue::{Fit, Manifest, Tiles};

#[track_caller]
fn edited(from: &str, to: &str, parts: &[&str]) {
    let f = Folder::new();
    f.usable().edit("manifest.csv", from, to);
    expect(Manifest::open(f.path()), parts);
}

#[test]
fn the_untouched_data_are_usable() {
    let f = Folder::new();
    f.usable();
    let m = Manifest::open(f.path()).unwrap();
    m.check_for_study().unwrap();
    m.check_tiles(&f.load(None, Fit::Exact).unwrap()).unwrap();
}

#[test]
fn faults_of_a_line() {
    edited(
        "t/03.png,SSA",
        "t/03.png,SAS",
        &["unknown label \"SAS\"", "manifest.csv", "line 5", "t/03.png", "HP, SSA"],
    );
    edited("t/03.png,SSA", "t/02.png,SSA", &["duplicate tile name", "line 5", "line 4"]);
    edited("t/03.png,SSA", "t/99.png,SSA", &["missing image file", "line 5", "99.png does not exist"]);
    edited("t/03.png,SSA", "t,SSA", &["missing image file", "is a folder"]);
    edited("t/03.png,SSA", "../x.png,SSA", &["image path refused", "line 5", "\"..\""]);
    edited("t/03.png,SSA", "/etc/passwd,SSA", &["image path refused", "absolute"]);
    edited("t/03.png,SSA", "C:/x.png,SSA", &["absolute"]);
    edited("t/03.png,SSA", "t\\03.png,SSA", &["backslash"]);
    edited("t/03.png,SSA", ",SSA", &["image path refused", "empty"]);
    edited(
        "t/03.png,SSA,train,s0,1,2",
        "t/03.png,SSA,train,s0,2,1",
        &["contradicts the votes", "line 5", "\"HP\" has 2"],
    );
    edited(
        "t/03.png,SSA,train,s0,1,2",
        "t/03.png,SSA,train,s0,1,",
        &["impossible votes", "line 5", "votes_SSA"],
    );
    edited("t/03.png,SSA,train,s0,1,2", "t/03.png,SSA,train,s0,1,-2", &["impossible votes", "\"-2\""]);
    edited("t/03.png,SSA,train,s0,1,2", "t/03.png,SSA,train,s0,0,0", &["nobody voted"]);
    edited("t/03.png,SSA,train,s0,1,2", "t/03.png,,train,s0,,", &["no label", "line 5"]);
    edited("t/03.png,SSA,train", "t/03.png,SSA,val", &["partition", "line 5", "\"val\" is neither"]);
    edited("t/03.png,SSA,train", "t/03.png,SSA,", &["partition", "line 5", "empty"]);
    edited("t/03.png,SSA,train,s0,1,2,A", "t/03.png,SSA", &["line 5", "2 cells and the header 7"]);
    edited(
        "t/03.png,SSA,train,s0",
        "t/03.png,SSA,test,s0",
        &["slide s0", "train and in test", "t/00.png", "t/03.png"],
    );
}

#[test]
fn faults_of_the_table() {
    edited("image,class", "picture,class", &["column \"image\" is missing", "line 1", "picture, class"]);
    edited("image,class", "image,clas", &["column \"class\" is missing", "line 1"]);
    edited(",partition,", ",partitoin,", &["column \"partition\" is missing", "partitoin"]);
    edited(",slide,", ",slides,", &["column \"slide\" is missing"]);
    edited("partition,slide", "slide,slide", &["is there twice"]);
    let f = Folder::new();
    f.usable().write("manifest.csv", "image;class\na;b\n");
    expect(Manifest::open(f.path()), &["missing image file", "manifest.csv (line 2, tile a)"]);
    f.write("manifest.csv", "image,class\n");
    expect(Manifest::open(f.path()), &["no tiles", "manifest.csv", "no rows"]);
    f.write("manifest.csv", "");
    expect(Manifest::open(f.path()), &["no tiles", "empty"]);
    f.write("manifest.csv", b"image,class\n\xff\xfe.png,a\n");
    expect(Manifest::open(f.path()), &["line 2", "UTF-8"]);
    let hint = |from: &str, to: &str| {
        let f = Folder::new();
        f.usable().edit("manifest.csv", from, to);
        Manifest::open(f.path()).unwrap_err().hint().unwrap()
    };
    assert!(hint("image,class", "image,clas").contains("did you mean the column \"clas\""));
}

#[test]
fn faults_of_mhist() {
    let with = |header: &str, rows: &str| {
        let f = Folder::new();
        f.tiles("images/m", 4).write("annotations.csv", format!("{header}\n{rows}"));
        Manifest::open(f.path())
    };
    let header = "Image Name,Majority Vote Label,Number of Annotators who Selected SSA (Out of 7),Partition";
    let good = "m0.png,HP,0,train\nm1.png,SSA,5,test\nm2.png,HP,1,train\n";
    with(header, good).unwrap();
    expect(with(header, &format!("{good}m3.png,SSA,8,train\n")), &["line 5", "more than the 7", "m3.png"]);
    expect(with(header, &format!("{good}m3.png,SSP,6,train\n")), &["unknown label \"SSP\"", "HP, SSA"]);
    expect(with(header, &format!("{good}m3.png,SSA,3,train\n")), &["contradicts the votes", "\"HP\" has 4"]);
    expect(with(header, &format!("{good}m3.png,HP,6,train\n")), &["contradicts the votes"]);
    expect(with(header, &format!("{good}m3.png,HP,x,train\n")), &["no count"]);
    for column in ["Image Name,", "Majority Vote Label,", "Number of Annotators who Selected SSA (Out of 7),"]
    {
        let name = column.trim_end_matches(',').split(" SSA").next().unwrap();
        expect(
            with(&header.replace(column, ""), "a,b,c\n"),
            &["is missing", "annotations.csv", "line 1", name],
        );
    }
    expect(with(&header.replace("SSA", "TVA"), good), &["the votes are for \"TVA\"", "HP, SSA"]);
    // The contract's general rule: no partition, then a seeded split.
    let unsplit = with(&header.replace(",Partition", ""), "m0.png,HP,0\nm1.png,SSA,7\n").unwrap();
    assert!(!unsplit.is_partitioned());
}

#[test]
fn faults_of_folders() {
    let f = Folder::new();
    expect(Manifest::open(f.path()), &["no tiles"]);
    expect(Manifest::open(f.path().join("nowhere")), &["cannot read", "nowhere"]);
    f.tile("loose.png");
    expect(Manifest::open(f.path()), &["no data set recognised", "labels"]);
    f.tiles("images/m", 2);
    expect(Manifest::open(f.path()), &["no annotations.csv"]);
    expect(Manifest::open(f.path().join("loose.png")), &["does not end in .csv"]);
    let f = Folder::new();
    f.tiles("a/t", 2).tiles("b/t", 2).write("c/readme.txt", "x");
    expect(Manifest::open(f.path()), &["no tiles", "every folder is a class"]);
    let f = Folder::new();
    f.tiles("train/t", 2).tiles("test/t", 2);
    expect(Manifest::open(f.path()), &["sides of a split"]);
    let f = Folder::new();
    f.tiles("trial/images/t", 2).tiles("other/t", 2).write("trial/annotations.csv", "x");
    expect(Manifest::open(f.path()), &["no data set recognised", "its folder trial is a data set itself"]);
    let f = Folder::new();
    f.tiles("a/t", 2).tiles("b/t", 1);
    f.write("labels.csv", "image,class,slide\na/t0.png,a,1\nb/t0.png,b,2\n");
    expect(Manifest::open(f.path()), &["unlisted tile", "labels.csv", "a/t1.png"]);
    f.write("labels.csv", "image,class,slide\na/t0.png,a,1\na/t1.png,b,1\nb/t0.png,b,2\n");
    expect(Manifest::open(f.path()), &["contradicts the folder", "line 3", "a/t1.png"]);
    f.write("labels.csv", "image,class,slide\na/t0.png,a,1\na/t1.png,c,1\nb/t0.png,b,2\n");
    expect(Manifest::open(f.path()), &["unknown label \"c\"", "line 3", "a, b (the class folders)"]);
}

#[test]
fn too_few_for_a_study() {
    let check = |f: &Folder| Manifest::open(f.path()).unwrap().check_for_study();
    let f = Folder::new();
    f.tiles("only/t", 30);
    expect(check(&f), &["one class only", "30 tiles", "\"only\""]);
    f.tiles("small/t", 3);
    expect(check(&f), &["class \"small\" is too small", "3 tiles"]);
    f.tiles("small/u", 10);
    check(&f).unwrap();
    let f = Folder::new();
    f.tiles("t", 24);
    let rows = |slide: &dyn Fn(usize) -> usize, side: &dyn Fn(usize) -> &'static str| {
        let row = |k: usize| format!("t{k}.png,{},s{},{}\n", ["a", "b"][k % 2], slide(k), side(k));
        format!("image,class,slide,partition\n{}", (0..24).map(row).collect::<String>())
    };
    f.write("manifest.csv", rows(&|k| k % 2, &|_| ""));
    expect(check(&f), &["\"a\" is too small", "1 slide and at least 3"]);
    f.write("manifest.csv", rows(&|k| k / 2 / 7, &|k| if k / 2 < 7 { "train" } else { "test" }));
    expect(check(&f), &["\"a\" is too small", "1 slide and at least 2"]);
    f.write("manifest.csv", rows(&|k| k, &|k| if k < 23 { "train" } else { "test" }));
    expect(check(&f), &["\"a\" is too small", "0 tiles in test"]);
    f.write("manifest.csv", rows(&|k| k, &|_| "train"));
    expect(check(&f), &["0 tiles in test"]);
    let f = Folder::new();
    f.tiles("a/t", 12).tiles("b/t", 12).tile("a/t0.bmp");
    expect(check(&f), &["share a name", "a/t0.png", "a/t0.bmp"]);
}

#[test]
fn the_same_picture_on_two_sides() {
    let f = Folder::new();
    f.usable();
    std::fs::copy(f.at("t/01.png"), f.at("t/30.png")).unwrap();
    let (m, tiles) = (Manifest::open(f.path()).unwrap(), f.load(None, Fit::Exact).unwrap());
    assert_eq!(tissue::duplicates(&tiles), [vec![1, 30]]);
    expect(m.check_tiles(&tiles), &["same picture", "t/01.png", "t/30.png", "manifest.csv"]);
}

#[test]
fn larger_than_the_cache() {
    let f = Folder::new();
    f.usable();
    let m = Manifest::open(f.path()).unwrap();
    let result = Tiles::load(&m, None, Fit::Exact, 40 * 8 * 8 * 3 - 1, &|_, _| {});
    expect(result, &["too large for the tile cache", "40 tiles of 8 px need 7.5 KiB"]);
    Tiles::load(&m, None, Fit::Exact, 40 * 8 * 8 * 3, &|_, _| {}).unwrap();
    let error = Tiles::load(&m, Some(10_000), Fit::Resize, 4 << 30, &|_, _| {}).unwrap_err();
    assert!(error.to_string().contains("need 11.2 GiB and 4.0 GiB are allowed"), "{error}");
    assert!(error.hint().unwrap().contains("--cache"));
}
