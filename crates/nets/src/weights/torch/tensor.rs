//! The tensors that a pickle describes: their names, and which part of which storage they are.

use safetensors::Dtype;

use super::pickle::{Id, Made, Pickle, Value};

/// Parts that are looked at in all, and bytes of all names together, before a file is taken for a trap.
const MOST_STEPS: usize = 4_000_000;
/// See [`MOST_STEPS`].
const MOST_NAMES: usize = 64 << 20;
/// Axes of a tensor at most.
const MOST_AXES: usize = 64;
/// Deeper nesting is not looked into.
const DEEPEST: usize = 100;

/// The tables that a pickled `torch.nn.Module` keeps its tensors and children in.
const TABLES: [&str; 3] = ["_parameters", "_buffers", "_modules"];

/// The type of a tensor's elements.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// One that a storage holds one by one.
    Known(Dtype),
    /// Complex, quantised, sparse and so on: torch's name.
    Foreign(String),
}

/// A row of elements of one type in the file.
#[derive(Debug, Clone)]
pub(super) struct Storage {
    pub key: String,
    /// None where the storage is of bytes.
    pub kind: Option<Kind>,
    /// Elements, or bytes where there is no type.
    pub count: usize,
    /// The part of it that may be used: from, to.
    pub part: (usize, usize),
}

/// A tensor as the pickle describes it.
#[derive(Debug)]
pub(super) struct Described {
    pub kind: Kind,
    pub shape: Vec<usize>,
    pub stride: Vec<usize>,
    /// The first element's place in the storage, in elements.
    pub start: usize,
    /// None where the values are of a kind that has no plain storage.
    pub storage: Option<Storage>,
}

/// Every tensor below the pickle's root with its name: the keys that lead to it, joined by dots.
///
/// # Errors
/// What is wrong with a description.
pub(super) fn described(pickle: &Pickle) -> Result<Vec<(String, Described)>, String> {
    let mut walk = Walk { pickle, found: Vec::new(), above: Vec::new(), steps: 0, names: 0 };
    walk.visit(pickle.root, &mut String::new())?;
    Ok(walk.found)
}

struct Walk<'p, 'a> {
    pickle: &'p Pickle<'a>,
    found: Vec<(String, Described)>,
    /// The values that hold the one looked at: what holds itself is not followed.
    above: Vec<Id>,
    steps: usize,
    names: usize,
}

impl Walk<'_, '_> {
    fn visit(&mut self, id: Id, path: &mut String) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err("its tensors are nested without end".to_owned());
        }
        if self.above.len() >= DEEPEST || self.above.contains(&id) {
            return Ok(());
        }
        self.above.push(id);
        match self.pickle.get(id) {
            Value::Dict(dict) => self.entries(dict, path)?,
            Value::Items(items) => self.list(items, path)?,
            Value::Made(made) => self.object(made, path)?,
            _ => {}
        }
        self.above.pop();
        Ok(())
    }

    fn entries(&mut self, dict: &[(Id, Id)], path: &mut String) -> Result<(), String> {
        for &(key, value) in dict {
            match self.pickle.get(key) {
                Value::Text(key) => self.below(key, value, path)?,
                Value::Int(key) => self.below(&key.to_string(), value, path)?,
                // A key that is an object gives no name.
                _ => {}
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Id], path: &mut String) -> Result<(), String> {
        items.iter().enumerate().try_for_each(|(i, &item)| self.below(&i.to_string(), item, path))
    }

    fn below(&mut self, key: &str, id: Id, path: &mut String) -> Result<(), String> {
        // Most of what a checkpoint holds beside its weights are plain numbers.
        if !matches!(self.pickle.get(id), Value::Dict(_) | Value::Items(_) | Value::Made(_)) {
            return Ok(());
        }
        let length = path.len();
        if length > 0 {
            path.push('.');
        }
        path.push_str(key);
        let done = self.visit(id, path);
        path.truncate(length);
        done
    }

    fn object(&mut self, made: &Made, path: &mut String) -> Result<(), String> {
        if let Value::Class(module, name) = self.pickle.get(made.of) {
            let with = self.pickle.items(made.with).unwrap_or_default();
            match (&**module, &**name) {
                ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                    return with.first().map_or(Ok(()), |&data| self.visit(data, path));
                }
                // A tensor of a class of its own: (function, class, arguments, state).
                ("torch._tensor", "_rebuild_from_type_v2") if with.len() > 2 => {
                    let inner =
                        Made { of: with[0], with: with[2], items: Vec::new(), dict: Vec::new(), state: None };
                    return self.object(&inner, path);
                }
                ("torch._utils", name) if name.starts_with("_rebuild_") => {
                    let tensor = tensor(self.pickle, name, with)?;
                    self.names += path.len();
                    if self.names > MOST_NAMES {
                        return Err("its tensors' names have no end".to_owned());
                    }
                    self.found.push((path.clone(), tensor));
                    return Ok(());
                }
                _ => {}
            }
        }
        self.entries(&made.dict, path)?;
        self.list(&made.items, path)?;
        let Some(Value::Dict(state)) = made.state.map(|state| self.pickle.get(state)) else { return Ok(()) };
        let named = |table: &str| {
            state.iter().rev().find(|(key, _)| self.pickle.text(*key) == Some(table)).map(|(_, value)| *value)
        };
        let tables = TABLES.map(|table| match named(table).map(|id| self.pickle.get(id)) {
            Some(Value::Dict(dict)) => Some(dict),
            _ => None,
        });
        let [Some(parameters), Some(buffers), Some(children)] = tables else {
            return self.entries(state, path);
        };
        // As state_dict() does: buffers that are not to be kept are left out.
        let passing = named("_non_persistent_buffers_set");
        let passing = passing.and_then(|id| self.pickle.items(id)).unwrap_or_default();
        let passing: Vec<&str> = passing.iter().filter_map(|&id| self.pickle.text(id)).collect();
        let kept: Vec<(Id, Id)> = buffers
            .iter()
            .filter(|(key, _)| self.pickle.text(*key).is_none_or(|name| !passing.contains(&name)))
            .copied()
            .collect();
        self.entries(parameters, path)?;
        self.entries(&kept, path)?;
        self.entries(children, path)
    }
}

/// The tensor that a call of one of torch's `_rebuild_…` functions makes.
fn tensor(pickle: &Pickle, function: &str, with: &[Id]) -> Result<Described, String> {
    let known = matches!(function, "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3");
    if !known {
        // _rebuild_sparse_tensor, _rebuild_qtensor, _rebuild_nested_tensor …
        let name = function.trim_start_matches("_rebuild_").to_owned();
        let kind = Kind::Foreign(name);
        return Ok(Described { kind, shape: Vec::new(), stride: Vec::new(), start: 0, storage: None });
    }
    let torn = || "a tensor's description is damaged".to_owned();
    let [stored, start, shape, stride, ..] = with else { return Err(torn()) };
    let sizes = |id: &Id| -> Option<Vec<usize>> {
        let items = pickle.items(*id).filter(|items| items.len() <= MOST_AXES)?;
        items.iter().map(|&size| pickle.size(size)).collect()
    };
    let (Some(start), Some(shape), Some(stride)) = (pickle.size(*start), sizes(shape), sizes(stride)) else {
        return Err(torn());
    };
    let storage = match pickle.get(*stored) {
        Value::Kept(id) => storage(pickle, *id).ok_or_else(torn)?,
        // A tensor in a plain pickle carries its storage as a file in the file.
        Value::Made(_) => return Err("pickle.dump wrote it and not torch.save".to_owned()),
        _ => return Err(torn()),
    };
    let told = with.get(6).filter(|_| function == "_rebuild_tensor_v3").map(|&id| pickle.get(id));
    let kind = match (told, &storage.kind) {
        (Some(Value::Class(_, name)), None) => of_dtype(name),
        (Some(Value::Class(_, name)), Some(kind)) if of_dtype(name) == *kind => kind.clone(),
        (None, Some(kind)) => kind.clone(),
        _ => return Err(torn()),
    };
    if shape.len() != stride.len() {
        return Err(torn());
    }
    let marks = with.get(if function == "_rebuild_tensor_v3" { 7 } else { 6 });
    let kind = match marks.and_then(|&id| mark(pickle, id)) {
        Some(mark) => Kind::Foreign(mark.to_owned()),
        None => kind,
    };
    Ok(Described { kind, shape, stride, start, storage: Some(storage) })
}

/// The mark of a view whose values are not those that its storage holds: torch writes them as they lie and says what to do with them.
fn mark(pickle: &Pickle, id: Id) -> Option<&'static str> {
    let Value::Dict(entries) = pickle.get(id) else { return None };
    let is_set = |name: &str| {
        entries.iter().any(|&(key, value)| {
            pickle.text(key) == Some(name) && matches!(pickle.get(value), Value::Int(set) if *set != 0)
        })
    };
    [("neg", "negative view"), ("conj", "conjugate view")]
        .into_iter()
        .find_map(|(key, mark)| is_set(key).then_some(mark))
}

/// What `("storage", type, key, device, count)` stands for, of old files with `(key, from, count)` of a part of it behind.
fn storage(pickle: &Pickle, id: Id) -> Option<Storage> {
    let [tag, class, key, _, count, part @ ..] = pickle.items(id)? else { return None };
    if pickle.text(*tag) != Some("storage") {
        return None;
    }
    let (Value::Class(_, name) | Value::Text(name)) = pickle.get(*class) else { return None };
    let kind = of_storage(name);
    let key = match pickle.get(*key) {
        Value::Text(key) => key.to_string(),
        Value::Int(key) => key.to_string(),
        _ => return None,
    };
    let count = pickle.size(*count)?;
    let part = match part.first().and_then(|&part| pickle.items(part)) {
        Some(&[_, from, size]) => {
            let from = pickle.size(from)?;
            (from, from.checked_add(pickle.size(size)?).filter(|&to| to <= count)?)
        }
        _ => (0, count),
    };
    Some(Storage { key, kind, count, part })
}

fn of_storage(name: &str) -> Option<Kind> {
    let dtype = match name {
        "UntypedStorage" => return None,
        "FloatStorage" => Dtype::F32,
        "DoubleStorage" => Dtype::F64,
        "HalfStorage" => Dtype::F16,
        "BFloat16Storage" => Dtype::BF16,
        "LongStorage" => Dtype::I64,
        "IntStorage" => Dtype::I32,
        "ShortStorage" => Dtype::I16,
        "CharStorage" => Dtype::I8,
        "ByteStorage" => Dtype::U8,
        "BoolStorage" => Dtype::BOOL,
        name => return Some(Kind::Foreign(name.trim_end_matches("Storage").to_owned())),
    };
    Some(Kind::Known(dtype))
}

fn of_dtype(name: &str) -> Kind {
    Kind::Known(match name {
        "float32" | "float" => Dtype::F32,
        "float64" | "double" => Dtype::F64,
        "float16" | "half" => Dtype::F16,
        "bfloat16" => Dtype::BF16,
        "int64" | "long" => Dtype::I64,
        "int32" | "int" => Dtype::I32,
        "int16" | "short" => Dtype::I16,
        "int8" => Dtype::I8,
        "uint8" => Dtype::U8,
        "uint16" => Dtype::U16,
        "uint32" => Dtype::U32,
        "uint64" => Dtype::U64,
        "bool" => Dtype::BOOL,
        name => return Kind::Foreign(name.to_owned()),
    })
}
