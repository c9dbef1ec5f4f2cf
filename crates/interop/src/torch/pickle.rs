//! The opcodes of Python's pickle (protocol 2) that torch's files need.

/// A pickle that grows; [`end`](Pickle::end) gives its bytes.
pub(super) struct Pickle(Vec<u8>);

impl Pickle {
    pub fn new() -> Self {
        Self(vec![0x80, 2])
    }

    /// A global name: `collections`, `OrderedDict`. Neither holds a line break.
    pub fn global(&mut self, module: &str, name: &str) {
        self.0.extend(format!("c{module}\n{name}\n").into_bytes());
    }

    pub fn text(&mut self, text: &str) {
        self.0.push(b'X');
        // Names of tensors are below 4 GiB, or the header that they came from would have been refused.
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    /// As `BININT` where it fits, else as `LONG1`, little-endian with a sign.
    pub fn integer(&mut self, value: usize) {
        if let Ok(small) = i32::try_from(value) {
            self.0.push(b'J');
            self.0.extend(small.to_le_bytes());
        } else {
            self.0.extend([0x8a, 9]);
            self.0.extend((value as u64).to_le_bytes());
            self.0.push(0);
        }
    }

    pub fn no(&mut self) {
        self.0.push(0x89);
    }

    pub fn mark(&mut self) {
        self.0.push(b'(');
    }

    /// What lies above the mark, as a tuple.
    pub fn tuple(&mut self) {
        self.0.push(b't');
    }

    pub fn empty_tuple(&mut self) {
        self.0.push(b')');
    }

    pub fn empty_dict(&mut self) {
        self.0.push(b'}');
    }

    /// Keys and values above the mark go into the dictionary below it.
    pub fn set_items(&mut self) {
        self.0.push(b'u');
    }

    /// Calls what lies below a tuple.
    pub fn reduce(&mut self) {
        self.0.push(b'R');
    }

    /// A new object of the class below an empty tuple.
    pub fn new_object(&mut self) {
        self.0.push(0x81);
    }

    /// Gives the object below a dictionary its attributes.
    pub fn build(&mut self) {
        self.0.push(b'b');
    }

    /// The tuple on top names something outside of the pickle.
    pub fn persistent(&mut self) {
        self.0.push(b'Q');
    }

    pub fn end(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }
}
