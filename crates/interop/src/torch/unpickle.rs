//! The opcodes of a pickle, carried out as Python does: the reference of the tests.

/// What a pickle holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Text(String),
    Integer(u64),
    False,
    Global(String),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    /// A global called, or an object of it made, with what it was given.
    Made(String, Vec<Item>),
    /// An object and its attributes.
    Built(Box<Item>, Box<Item>),
    Persistent(Box<Item>),
    Mark,
}

/// The one item that is left.
pub(super) fn unpickled(bytes: &[u8]) -> Item {
    let (mut stack, mut at): (Vec<Item>, usize) = (Vec::new(), 2);
    assert_eq!(bytes[..2], [0x80, 2]);
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    loop {
        let op = bytes[at];
        at += 1;
        match op {
            b'c' => {
                let lines: Vec<&[u8]> = bytes[at..].splitn(3, |b| *b == b'\n').take(2).collect();
                at += lines[0].len() + lines[1].len() + 2;
                let parts = lines.iter().map(|line| std::str::from_utf8(line).unwrap());
                stack.push(Item::Global(parts.collect::<Vec<_>>().join(".")));
            }
            b'X' => {
                let end = at + 4 + number(at) as usize;
                stack.push(Item::Text(String::from_utf8(bytes[at + 4..end].to_vec()).unwrap()));
                at = end;
            }
            b'J' => {
                stack.push(Item::Integer(u64::from(number(at))));
                at += 4;
            }
            0x8a => {
                assert_eq!((bytes[at], bytes[at + 9]), (9, 0));
                stack.push(Item::Integer(u64::from_le_bytes(bytes[at + 1..at + 9].try_into().unwrap())));
                at += 10;
            }
            0x89 => stack.push(Item::False),
            b'(' => stack.push(Item::Mark),
            b')' => stack.push(Item::Tuple(vec![])),
            b'}' => stack.push(Item::Dict(vec![])),
            b't' => {
                let items = above_mark(&mut stack);
                stack.push(Item::Tuple(items));
            }
            b'u' => {
                let items = above_mark(&mut stack);
                let pairs = items.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
                match stack.pop() {
                    Some(Item::Dict(before)) => assert_eq!(before, []),
                    // An OrderedDict that was just made.
                    Some(Item::Made(name, given)) => {
                        assert_eq!((name.as_str(), given), ("collections.OrderedDict", vec![]));
                    }
                    other => panic!("no dictionary: {other:?}"),
                }
                stack.push(Item::Dict(pairs));
            }
            b'R' | 0x81 => {
                let (Some(Item::Tuple(given)), Some(Item::Global(name))) = (stack.pop(), stack.pop()) else {
                    panic!("nothing to call")
                };
                stack.push(Item::Made(name, given));
            }
            b'b' => {
                let (state, object) = (stack.pop().unwrap(), stack.pop().unwrap());
                stack.push(Item::Built(Box::new(object), Box::new(state)));
            }
            b'Q' => {
                let id = stack.pop().unwrap();
                stack.push(Item::Persistent(Box::new(id)));
            }
            b'.' => {
                assert_eq!((at, stack.len()), (bytes.len(), 1));
                return stack.remove(0);
            }
            other => panic!("opcode {other:#x}"),
        }
    }
}

fn above_mark(stack: &mut Vec<Item>) -> Vec<Item> {
    let mark = stack.iter().rposition(|item| *item == Item::Mark).unwrap();
    let items = stack.split_off(mark + 1);
    stack.pop();
    items
}
