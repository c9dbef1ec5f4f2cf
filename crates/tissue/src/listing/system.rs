//! Names of what operating systems, storage devices and programs keep in people's folders.

/// Names, in lower case, that operating systems, storage devices and programs give to what they keep in people's folders.
const SYSTEM: [&str; 36] = [
    "$recycle",
    "__macosx",
    "__pycache__",
    "_gsdata_",
    "#recycle",
    "#recycled",
    "#snapshot",
    "#snapshots",
    "#trash",
    "~snapshot",
    "albumartsmall.jpg",
    "backups.backupdb",
    "desktop db",
    "desktop df",
    "desktop.ini",
    "dfsrprivate",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "icon\r",
    "lost+found",
    "lost.dir",
    "msocache",
    "network trash folder",
    "node_modules",
    "picasa.ini",
    "recycle.bin",
    "recycled",
    "recycler",
    "synoeastream",
    "system volume information",
    "temporary items",
    "thefindbycontentfolder",
    "thevolumesettingsfolder",
    "thumbs.db",
    "trashbox",
    "wpsystem",
];

/// Names of folders alone, in lower case: bins in several languages, small copies of pictures, what installers and Python make.
const SYSTEM_FOLDERS: [&str; 23] = [
    "recycle bin",
    "trash",
    "trash can",
    "papierkorb",
    "corbeille",
    "papelera",
    "papelera de reciclaje",
    "cestino",
    "prullenbak",
    "lixeira",
    "eadir",
    "thumb",
    "thumbs",
    "_thumb",
    "_thumbs",
    "__thumbs",
    "thumbnail",
    "thumbnails",
    "_thumbnails",
    "config.msi",
    "venv",
    "virtualenv",
    "site-packages",
];
/// What storage devices call their copies of a whole folder; inside a class, a person may call pictures so.
const SNAPSHOTS: [&str; 2] = ["snapshot", "snapshots"];

/// What something that is no part of the data is called in the note; `None` for everything else. `depth` is how many folders
/// of the data it lies in.
pub(super) fn system_name(name: &str, is_folder: bool, depth: usize) -> Option<String> {
    let lower = name.to_lowercase();
    // Copying and unpacking again make "__MACOSX 2" and "Trash (1)".
    let lower = if is_folder { without_number(&lower).to_owned() } else { lower };
    let grouped = [
        ("._", "._*"),
        ("~$", "~$*"),
        (".~lock", ".~lock*"),
        (".fuse_hidden", ".fuse_hidden*"),
        (".nfs", ".nfs*"),
    ];
    if let Some((_, group)) = grouped.iter().find(|(start, _)| lower.starts_with(start)) {
        return Some((*group).to_owned());
    }
    // Storage devices begin the names of their own folders with @ (@eaDir, @Recycle, @tmp), Windows with $.
    let is_theirs = is_folder && (lower.starts_with('@') || lower.starts_with('$'));
    // FOUND.000 is where Windows puts what it saved from a damaged disk.
    let is_found =
        lower.strip_prefix("found.").is_some_and(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit()));
    let is_folders = is_folder
        && (SYSTEM_FOLDERS.contains(&lower.as_str()) || (depth == 0 && SNAPSHOTS.contains(&lower.as_str())));
    let is_system =
        name.starts_with('.') || is_theirs || is_found || is_folders || SYSTEM.contains(&lower.as_str());
    is_system.then(|| name.to_owned())
}

/// A folder's name without blanks around it and a number behind it that tells it from another of the same name.
fn without_number(name: &str) -> &str {
    let trimmed = name.trim_matches(' ');
    let Some((stem, number)) = trimmed.rsplit_once(' ') else { return trimmed };
    let number = number.strip_prefix('(').and_then(|n| n.strip_suffix(')')).unwrap_or(number);
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    if is_number { stem.trim_end_matches(' ') } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::system_name;

    #[test]
    fn what_systems_leave_behind_is_known_by_name() {
        for name in [
            "@eaDir",
            "#recycle",
            "$RECYCLE.BIN",
            "$Recycle.Bin",
            "__MACOSX",
            "lost+found",
            "System Volume Information",
            ".Trash-1000",
            ".ipynb_checkpoints",
            "@Recently-Snapshot",
            "FOUND.000",
            "RECYCLER",
            ".zfs",
            "@__thumb",
            "Thumbs",
            "Recycle Bin",
            "Papierkorb",
            "Corbeille",
            "Papelera",
            "Trash (2)",
            "__MACOSX 2",
            "@eaDir ",
            "Config.Msi",
            "venv",
            "snapshot",
        ] {
            assert!(system_name(name, true, 0).is_some(), "{name}");
        }
        for name in ["Thumbs.db", ".DS_Store", "desktop.ini", "._tile.png", "~$votes.xlsx"] {
            assert!(system_name(name, false, 0).is_some(), "{name}");
        }
        for name in [
            "HP",
            "#1",
            "lost",
            "found",
            "fold_0",
            "snapshot of 3",
            "Recycling",
            "thumb 1b",
            "tile@20x.png",
            "1+",
        ] {
            assert!(system_name(name, true, 0).is_none(), "{name}");
        }
        assert!(system_name("Snapshots", true, 1).is_none());
        assert!(system_name("$5.png", false, 0).is_none());
    }
}
