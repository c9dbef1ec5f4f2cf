//! Pickles, as far as `torch.save` writes them. Nothing in them is run: what a pickle would call is kept as a name with its arguments.
//!
//! Every value has a place in one list and is referred to by its number, so that what is told once and used a million times stays one value.

use std::borrow::Cow;
use std::collections::HashMap;

/// The number of a value.
pub(super) type Id = usize;

/// Values that are remembered at most; a checkpoint with its optimizer has some ten thousand.
const MOST: usize = 4_000_000;

/// A value of a pickle.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// Numbers with a fraction, bytes, None: nothing that a tensor's description needs.
    Other,
    /// Truth values are integers in Python, too.
    Int(i64),
    Text(Cow<'a, str>),
    /// Module and name.
    Class(Cow<'a, str>, Cow<'a, str>),
    /// A tuple, a list or a set.
    Items(Vec<Id>),
    /// A plain or ordered dictionary.
    Dict(Vec<(Id, Id)>),
    /// What calling a class or a function would make.
    Made(Box<Made>),
    /// What a persistent identifier stands for.
    Kept(Id),
}

/// A call that is not made, and what is put into its result afterwards.
#[derive(Debug)]
pub(super) struct Made {
    pub of: Id,
    pub with: Id,
    pub items: Vec<Id>,
    pub dict: Vec<(Id, Id)>,
    pub state: Option<Id>,
}

/// One pickle's values; `root` is the one it stands for.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    pub values: Vec<Value<'a>>,
    pub root: Id,
    /// Bytes up to the pickle's end.
    pub len: usize,
}

impl<'a> Pickle<'a> {
    /// Reads the pickle that `bytes` begin with.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut machine = Machine {
            bytes,
            at: 0,
            values: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            copied: 0,
        };
        let root = machine.run()?;
        Ok(Pickle { values: machine.values, root, len: machine.at })
    }

    pub fn get(&self, id: Id) -> &Value<'a> {
        &self.values[id]
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn size(&self, id: Id) -> Option<usize> {
        match self.get(id) {
            Value::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The parts of a tuple or a list.
    pub fn items(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Items(items) => Some(items),
            _ => None,
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value<'a>>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    /// Items copied from one value to another, which no short pickle may do for ever.
    copied: usize,
}

const CUT: &str = "its description of the tensors ends too early";
const TORN: &str = "its description of the tensors is damaged";

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Id, String> {
        loop {
            let op = self.take(1)?[0];
            match op {
                0x80 => {
                    let version = self.take(1)?[0];
                    if version > 5 {
                        return Err(format!(
                            "it is a pickle of protocol {version}, and 5 is the newest known here"
                        ));
                    }
                }
                0x95 => drop(self.take(8)?),
                b'.' => return self.pop(),
                b'(' => self.marks.push(self.stack.len()),
                b'0' => {
                    if self.marks.last() == Some(&self.stack.len()) {
                        self.marks.pop();
                    } else {
                        self.pop()?;
                    }
                }
                b'1' => drop(self.down_to_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'g' | b'h' | b'j' | b'p' | b'q' | b'r' | 0x94 => self.remember(op)?,
                b'a' | b'e' | b'b' | b's' | b'u' | 0x90 => self.put_in(op)?,
                b'R' | b'Q' | b'P' | b'i' | b'o' | 0x81 | 0x92 | 0x93 | b'c' => self.call(op)?,
                _ => {
                    let value = self.literal(op)?;
                    self.push(value)?;
                }
            }
        }
    }

    /// A value that the pickle spells out, or makes of what lies on the stack.
    fn literal(&mut self, op: u8) -> Result<Value<'a>, String> {
        Ok(match op {
            b'N' => Value::Other,
            0x88 => Value::Int(1),
            0x89 => Value::Int(0),
            b'F' => {
                self.line()?;
                Value::Other
            }
            b'G' => {
                self.take(8)?;
                Value::Other
            }
            b'I' | b'L' => {
                let text = text(self.line()?)?;
                // A number too large for 64 bits is no size.
                text.trim_end_matches('L').parse().map_or(Value::Other, Value::Int)
            }
            b'J' => Value::Int(i32::from_le_bytes(self.array()?).into()),
            b'K' => Value::Int(self.take(1)?[0].into()),
            b'M' => Value::Int(u16::from_le_bytes(self.array()?).into()),
            0x8a => {
                let n = self.take(1)?[0].into();
                integer(self.take(n)?)
            }
            0x8b => {
                let n = self.length::<4>()?;
                integer(self.take(n)?)
            }
            b'V' => Value::Text(unescaped(self.line()?)),
            b'S' => Value::Text(text(self.line()?)?.trim_matches(['\'', '"']).to_owned().into()),
            b'X' => self.words::<4>()?,
            0x8c => self.words::<1>()?,
            0x8d => self.words::<8>()?,
            // Strings of Python 2 are bytes that usually hold text.
            b'U' => self.words_or_bytes::<1>()?,
            b'T' => self.words_or_bytes::<4>()?,
            b'C' => self.skip::<1>()?,
            b'B' => self.skip::<4>()?,
            0x8e | 0x96 => self.skip::<8>()?,
            b')' | b']' | 0x8f => Value::Items(Vec::new()),
            b'}' => Value::Dict(Vec::new()),
            b't' | b'l' | 0x91 => Value::Items(self.down_to_mark()?),
            b'd' => Value::Dict(pairs(&self.down_to_mark()?)?),
            0x85 => Value::Items(self.last::<1>()?.to_vec()),
            0x86 => Value::Items(self.last::<2>()?.to_vec()),
            0x87 => Value::Items(self.last::<3>()?.to_vec()),
            op => return Err(format!("{TORN} (byte {op:#04x} at {})", self.at - 1)),
        })
    }

    /// Puts the top of the stack into memory, or fetches from there.
    fn remember(&mut self, op: u8) -> Result<(), String> {
        let key = match op {
            b'g' | b'p' => text(self.line()?)?.trim().parse().map_err(|_| TORN.to_owned())?,
            b'h' | b'q' => self.take(1)?[0].into(),
            b'j' | b'r' => u32::from_le_bytes(self.array()?).into(),
            _ => self.memo.len() as u64,
        };
        if matches!(op, b'g' | b'h' | b'j') {
            let id = *self.memo.get(&key).ok_or(TORN)?;
            self.stack.push(id);
        } else {
            let id = self.top()?;
            self.memo.insert(key, id);
        }
        Ok(())
    }

    /// Adds to the list, dictionary or object on the stack.
    fn put_in(&mut self, op: u8) -> Result<(), String> {
        let more = match op {
            b'a' | b'b' => self.last::<1>()?.to_vec(),
            b's' => self.last::<2>()?.to_vec(),
            _ => self.down_to_mark()?,
        };
        let into = self.top()?;
        match (op, &mut self.values[into]) {
            (b'b', Value::Made(made)) => made.state = Some(more[0]),
            // An ordered dictionary may have attributes of its own (torch keeps versions there): no tensors.
            (b'b', _) => {}
            (b's' | b'u', Value::Dict(dict)) => dict.extend(pairs(&more)?),
            (b's' | b'u', Value::Made(made)) => made.dict.extend(pairs(&more)?),
            (b'a' | b'e' | 0x90, Value::Items(items)) => items.extend(more),
            (b'a' | b'e' | 0x90, Value::Made(made)) => made.items.extend(more),
            _ => return Err(TORN.to_owned()),
        }
        Ok(())
    }

    /// Classes, and calls of them.
    fn call(&mut self, op: u8) -> Result<(), String> {
        let value = match op {
            b'c' => Value::Class(text(self.line()?)?.into(), text(self.line()?)?.into()),
            0x93 => {
                let [module, name] = self.last()?;
                let text = |id: Id| match &self.values[id] {
                    Value::Text(text) => Ok(text.clone()),
                    _ => Err(TORN.to_owned()),
                };
                Value::Class(text(module)?, text(name)?)
            }
            b'Q' => Value::Kept(self.pop()?),
            b'P' => {
                let id = Value::Text(text(self.line()?)?.into());
                self.push(id)?;
                Value::Kept(self.pop()?)
            }
            b'i' => {
                let class = Value::Class(text(self.line()?)?.into(), text(self.line()?)?.into());
                let with = Value::Items(self.down_to_mark()?);
                self.push(class)?;
                self.push(with)?;
                let [of, with] = self.last()?;
                self.made(of, with)?
            }
            b'o' => {
                let parts = self.down_to_mark()?;
                let (of, with) = parts.split_first().ok_or(TORN)?;
                let (of, with) = (*of, Value::Items(with.to_vec()));
                self.push(with)?;
                let with = self.pop()?;
                self.made(of, with)?
            }
            0x92 => {
                let [of, with, _] = self.last()?;
                self.made(of, with)?
            }
            _ => {
                let [of, with] = self.last()?;
                self.made(of, with)?
            }
        };
        self.push(value)
    }

    /// A call's result: dictionaries, sets and shapes are made, of all else the call is kept.
    fn made(&mut self, of: Id, with: Id) -> Result<Value<'a>, String> {
        if let (Value::Class(module, name), Value::Items(with)) = (&self.values[of], &self.values[with]) {
            let first = with.first().map(|&id| &self.values[id]);
            let copied = match first {
                Some(Value::Items(items)) => items.len(),
                _ => 0,
            };
            let value = match (&**module, &**name, first) {
                _ if self.copied + copied > MOST => return Err(TORN.to_owned()),
                ("collections", "OrderedDict", Some(Value::Items(items))) => {
                    let pair = |&id: &Id| match &self.values[id] {
                        Value::Items(pair) if pair.len() == 2 => Some((pair[0], pair[1])),
                        _ => None,
                    };
                    Some(Value::Dict(items.iter().filter_map(pair).collect()))
                }
                ("collections", "OrderedDict" | "defaultdict", _)
                | ("builtins" | "__builtin__", "dict", None) => Some(Value::Dict(Vec::new())),
                ("torch", "Size", Some(Value::Items(items)))
                | (
                    "builtins" | "__builtin__",
                    "set" | "frozenset" | "list" | "tuple",
                    Some(Value::Items(items)),
                ) => Some(Value::Items(items.clone())),
                _ => None,
            };
            if let Some(value) = value {
                self.copied += copied;
                return Ok(value);
            }
        }
        Ok(Value::Made(Box::new(Made { of, with, items: Vec::new(), dict: Vec::new(), state: None })))
    }

    fn push(&mut self, value: Value<'a>) -> Result<(), String> {
        if self.values.len() >= MOST {
            return Err(format!("its description of the tensors has more than {MOST} parts"));
        }
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    fn top(&self) -> Result<Id, String> {
        match self.stack.last() {
            Some(&id) if self.marks.last() != Some(&self.stack.len()) => Ok(id),
            _ => Err(TORN.to_owned()),
        }
    }

    fn pop(&mut self) -> Result<Id, String> {
        let id = self.top()?;
        self.stack.pop();
        Ok(id)
    }

    /// The last `N` of the stack, taken off it, the deepest first.
    fn last<const N: usize>(&mut self) -> Result<[Id; N], String> {
        let mut ids = [0; N];
        for id in ids.iter_mut().rev() {
            *id = self.pop()?;
        }
        Ok(ids)
    }

    fn down_to_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.marks.pop().ok_or(TORN)?;
        Ok(self.stack.split_off(mark))
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(n).filter(|&end| end <= self.bytes.len()).ok_or(CUT)?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| CUT.to_owned())
    }

    /// A length of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<usize, String> {
        let mut all = [0; 8];
        all[..N].copy_from_slice(self.take(N)?);
        usize::try_from(u64::from_le_bytes(all)).map_err(|_| CUT.to_owned())
    }

    fn words<const N: usize>(&mut self) -> Result<Value<'a>, String> {
        let n = self.length::<N>()?;
        Ok(Value::Text(String::from_utf8_lossy(self.take(n)?)))
    }

    fn words_or_bytes<const N: usize>(&mut self) -> Result<Value<'a>, String> {
        let n = self.length::<N>()?;
        Ok(std::str::from_utf8(self.take(n)?).map_or(Value::Other, |text| Value::Text(text.into())))
    }

    fn skip<const N: usize>(&mut self) -> Result<Value<'a>, String> {
        let n = self.length::<N>()?;
        self.take(n)?;
        Ok(Value::Other)
    }

    /// Up to the line's end, which is taken, too.
    fn line(&mut self) -> Result<&'a [u8], String> {
        let n = self.bytes[self.at..].iter().position(|&b| b == b'\n').ok_or(CUT)?;
        let line = self.take(n)?;
        self.at += 1;
        Ok(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| TORN.to_owned())
}

fn pairs(ids: &[Id]) -> Result<Vec<(Id, Id)>, String> {
    let (pairs, rest) = ids.as_chunks::<2>();
    if rest.is_empty() {
        Ok(pairs.iter().map(|&[key, value]| (key, value)).collect())
    } else {
        Err(TORN.to_owned())
    }
}

/// Python's two's complement of any length; what needs more than 64 bits is no size.
fn integer(bytes: &[u8]) -> Value<'static> {
    let fill = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
    let mut all = [fill; 8];
    let (low, high) = bytes.split_at(bytes.len().min(8));
    all[..low.len()].copy_from_slice(low);
    let n = i64::from_le_bytes(all);
    if high.iter().all(|&b| b == fill) && (high.is_empty() || (n < 0) == (fill == 0xff)) {
        Value::Int(n)
    } else {
        Value::Other
    }
}

/// Protocol 0's text: Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
fn unescaped(line: &[u8]) -> Cow<'static, str> {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((&b, tail)) = rest.split_first() {
        let digits = match (b, tail.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let escaped = tail
            .get(1..=digits)
            .filter(|_| digits > 0)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u32::from_str_radix(hex, 16).ok())
            .and_then(char::from_u32);
        if let Some(c) = escaped {
            text.push(c);
            rest = &tail[1 + digits..];
        } else {
            text.push(char::from(b));
            rest = tail;
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_length() {
        let of = |bytes: &[u8]| match integer(bytes) {
            Value::Int(n) => Some(n),
            _ => None,
        };
        assert_eq!(of(&[]), Some(0));
        assert_eq!(of(&[0xff]), Some(-1));
        assert_eq!(of(&[0xff, 0]), Some(255));
        assert_eq!(of(&[0, 0, 0, 0, 0, 0, 0, 0x80, 0]), None);
        assert_eq!(of(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), Some(1));
        assert_eq!(of(&[1, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }

    #[test]
    fn every_beginning_of_a_pickle_is_an_error_and_no_panic() {
        // {"a": 1, "b": [1.5, True, None], "d": {"e": "f"}} in protocol 4
        let whole = b"\x80\x04}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94]\x94(G?\xf8\x00\x00\x00\x00\x00\x00\x88Ne\x8c\x01d\x94}\x94\x8c\x01e\x94\x8c\x01f\x94su.";
        let pickle = Pickle::read(whole).unwrap();
        assert_eq!(pickle.len, whole.len());
        assert!(matches!(pickle.get(pickle.root), Value::Dict(dict) if dict.len() == 3));
        for n in 0..whole.len() {
            assert!(Pickle::read(&whole[..n]).is_err(), "{n}");
        }
        // Every byte changed to every other: an error or another value, never a panic.
        for at in 0..whole.len() {
            let mut changed = whole.to_vec();
            for b in 0..=255 {
                changed[at] = b;
                let _ = Pickle::read(&changed);
            }
        }
    }

    #[test]
    fn text_of_protocol_0() {
        assert_eq!(unescaped(b"\xe9t\xe9 \\u6a21 \\u12"), "\u{e9}t\u{e9} \u{6a21} \\u12");
    }
}
