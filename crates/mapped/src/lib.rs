//! A file's bytes as memory, without reading them: the system brings in what is looked at, and drops it again when memory is short.
//!
//! One `unsafe` block, and nothing else: everybody above this crate sees a slice.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::Path;

/// The bytes of a file, read when they are looked at.
#[derive(Debug)]
pub struct Mapped {
    map: memmap2::Mmap,
}

impl Mapped {
    /// Maps a whole file.
    ///
    /// The file must stay as it is for as long as the map lives: it is for files of our own, in a folder that this process has claimed. One that
    /// another program shortens meanwhile ends this process, as a disk that fails does; one that it changes gives other bytes.
    ///
    /// # Errors
    /// If the file cannot be opened or mapped.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: the map is read-only. Its bytes are plain numbers, of which every pattern is one, so that a file which is changed
        // against what is asked of callers gives other numbers and no invalid value; one that is shortened raises a signal, which ends
        // the process before anything else is read.
        #[allow(unsafe_code, reason = "the one block that this crate is for")]
        let map = unsafe { memmap2::Mmap::map(&file) }?;
        Ok(Self { map })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

#[cfg(test)]
mod tests {
    use super::Mapped;

    #[test]
    fn a_map_holds_the_bytes_of_its_file_even_when_its_name_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bytes");
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        let mapped = Mapped::open(&path).unwrap();
        assert_eq!(*mapped, bytes[..]);
        if cfg!(unix) {
            std::fs::remove_file(&path).unwrap();
            assert_eq!(*mapped, bytes[..]);
        }
        assert!(Mapped::open(&folder.path().join("none")).is_err());
    }
}
