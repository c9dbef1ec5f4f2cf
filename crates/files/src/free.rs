//! A name that nothing has yet.

use std::path::{Path, PathBuf};

/// `path`, or `path-2`, `path-3`, … if something is there already.
pub fn free_name(path: &Path) -> PathBuf {
    let numbered = |k: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!("-{k}"));
        PathBuf::from(name)
    };
    let mut free = path.to_owned();
    let mut k = 2;
    // A link to nowhere is in the way, too.
    while free.symlink_metadata().is_ok() {
        free = numbered(k);
        k += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::free_name;

    #[test]
    fn the_first_name_that_nothing_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("aside");
        assert_eq!(free_name(&path), path);
        std::fs::create_dir(&path).unwrap();
        assert_eq!(free_name(&path), dir.path().join("aside-2"));
        std::fs::write(dir.path().join("aside-2"), "").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", dir.path().join("aside-3")).unwrap();
            assert_eq!(free_name(&path), dir.path().join("aside-4"));
        }
    }
}
