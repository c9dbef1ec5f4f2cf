//! Files as `torch.save` writes them, made by hand: its archive byte for byte, and pickles of what a test wants in them.

/// A value in a checkpoint.
pub enum Node {
    /// A dictionary with texts for keys.
    Dict(Vec<(String, Node)>),
    /// A tensor that is a part of a storage.
    Tensor(Part),
    /// Any opcodes that leave one value.
    Raw(Vec<u8>),
}

/// A tensor by its storage.
#[derive(Clone)]
pub struct Part {
    pub storage: usize,
    /// "Float", "Half", "Long" ….
    pub kind: &'static str,
    /// Elements of the storage, as the pickle says.
    pub count: i64,
    pub offset: i64,
    pub shape: Vec<i64>,
    pub stride: Vec<i64>,
}

impl Part {
    /// A whole storage of `f32`.
    pub fn whole(storage: usize, shape: &[i64]) -> Self {
        let mut stride = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            stride[axis - 1] = stride[axis] * shape[axis];
        }
        let count = shape.iter().product();
        Part { storage, kind: "Float", count, offset: 0, shape: shape.to_vec(), stride }
    }
}

/// A dictionary of tensors.
pub fn dict<const N: usize>(entries: [(&str, Node); N]) -> Node {
    Node::Dict(entries.into_iter().map(|(key, node)| (key.to_owned(), node)).collect())
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn int(out: &mut Vec<u8>, n: i64) {
    out.extend([0x8a, 8]);
    out.extend(n.to_le_bytes());
}

fn tuple(out: &mut Vec<u8>, numbers: &[i64]) {
    out.push(b'(');
    for &n in numbers {
        int(out, n);
    }
    out.push(b't');
}

fn write(out: &mut Vec<u8>, node: &Node) {
    match node {
        Node::Dict(entries) => {
            out.extend(b"}(");
            for (key, node) in entries {
                text(out, key);
                write(out, node);
            }
            out.push(b'u');
        }
        Node::Tensor(part) => {
            out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            text(out, "storage");
            out.extend(format!("ctorch\n{}Storage\n", part.kind).bytes());
            text(out, &part.storage.to_string());
            text(out, "cpu");
            int(out, part.count);
            out.extend(b"tQ");
            int(out, part.offset);
            tuple(out, &part.shape);
            tuple(out, &part.stride);
            out.extend(b"\x89ccollections\nOrderedDict\n)RtR");
        }
        Node::Raw(bytes) => out.extend(bytes),
    }
}

/// A pickle of the value.
pub fn pickle(node: &Node) -> Vec<u8> {
    let mut out = b"\x80\x02".to_vec();
    write(&mut out, node);
    out.push(b'.');
    out
}

/// What `torch.save` writes of a value and its storages to a file called `stem`.
pub fn save(stem: &str, node: &Node, storages: &[Vec<u8>]) -> Vec<u8> {
    let mut entries =
        vec![("data.pkl".to_owned(), pickle(node)), ("byteorder".to_owned(), b"little".to_vec())];
    entries.extend(storages.iter().enumerate().map(|(i, bytes)| (format!("data/{i}"), bytes.clone())));
    entries.push(("version".to_owned(), b"3\n".to_vec()));
    archive(stem, &entries)
}

/// The numbers' bytes.
pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The archive that torch makes of these entries: each begins at a multiple of 64 bytes and has its lengths behind it, and the end
/// record has those of the 64-bit format before it, which it does not need.
pub fn archive(stem: &str, entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let (name, at) = (format!("{stem}/{name}"), out.len() as u32);
        let crc = crc32fast::hash(bytes);
        let padding = out.len().wrapping_add(30 + name.len() + 4).next_multiple_of(64)
            - (out.len() + 30 + name.len() + 4);
        let lengths = [crc, bytes.len() as u32, bytes.len() as u32].map(u32::to_le_bytes).concat();
        let names = [(name.len() as u16).to_le_bytes(), ((padding + 4) as u16).to_le_bytes()].concat();
        out.extend(b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0");
        out.extend([0; 12]);
        out.extend(&names);
        out.extend(name.bytes());
        out.extend(b"FB");
        out.extend((padding as u16).to_le_bytes());
        out.extend(vec![b'Z'; padding]);
        out.extend(bytes);
        out.extend(b"PK\x07\x08");
        out.extend(&lengths);

        directory.extend(b"PK\x01\x02\0\0\0\0\x08\x08\0\0\0\0\0\0");
        directory.extend(&lengths);
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (count, len, at) = (entries.len() as u64, directory.len() as u64, out.len() as u64);
    let end = at + len;
    out.extend(directory);
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([0x1e, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for n in [count, count, len, at] {
        out.extend(n.to_le_bytes());
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(end.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(b"PK\x05\x06\0\0\0\0");
    for n in [count, count] {
        out.extend((n as u16).to_le_bytes());
    }
    for n in [len, at] {
        out.extend((n as u32).to_le_bytes());
    }
    out.extend([0, 0]);
    out
}

/// The entries of an archive that torch wrote, without its stem.
pub fn entries(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    let u32_at = |at: usize| u16_at(at) | u16_at(at + 2) << 16;
    let end = file.len() - 22;
    let (mut at, mut all) = (u32_at(end + 16), Vec::new());
    for _ in 0..u16_at(end + 10) {
        let (len, header, name) = (u32_at(at + 20), u32_at(at + 42), u16_at(at + 28));
        let text = String::from_utf8(file[at + 46..at + 46 + name].to_vec()).unwrap();
        let data = header + 30 + u16_at(header + 26) + u16_at(header + 28);
        all.push((text.split_once('/').unwrap().1.to_owned(), file[data..data + len].to_vec()));
        at += 46 + name + u16_at(at + 30) + u16_at(at + 32);
    }
    all
}
