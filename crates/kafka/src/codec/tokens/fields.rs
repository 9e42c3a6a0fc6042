//! Keys of objects and what each names, found by guessing that they come in the order in which they came last time.

use std::collections::HashMap;

use arrow::datatypes::{DataType, Fields};

use super::super::keys::{ITEM, LONGEST_UNKNOWN, below, shown};
use crate::codec::{Drift, EXTRA};

/// Keys remembered for one object beside the known ones; objects used as maps would fill the memory.
const MOST: usize = 1024;

/// What is looked for within a value.
#[derive(Default)]
pub(super) enum Node {
    /// Nothing: it is one value, or all that is in it is known.
    #[default]
    Leaf,
    Object(Box<Object>),
    /// The items of a list.
    Items(Box<Self>),
}

/// The keys of an object.
pub(super) struct Object {
    /// Where it stands in the message, with [`ITEM`] for the items of lists.
    path: Box<str>,
    pub(super) keys: Vec<Key>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// Keys that were met and are not known.
    strangers: usize,
}

pub(super) struct Key {
    pub(super) name: Box<[u8]>,
    pub(super) target: Target,
    pub(super) node: Node,
    /// The key that followed it last time.
    next: usize,
}

pub(super) enum Target {
    /// The wanted child with this index.
    Child(usize),
    /// A field that is known and not wanted.
    Known,
    /// No known field.
    Unknown(Box<Unknown>),
}

/// A key that no known field has.
pub(super) struct Unknown {
    /// With [`ITEM`].
    pub(super) path: String,
    pub(super) messages: u64,
    /// The last message that had it.
    pub(super) last: u64,
    pub(super) example: String,
}

impl Node {
    /// What is looked for in a message; `is_kept`: the column [`EXTRA`] is ours and no field's.
    pub(super) fn root(wanted: &Fields, known: &Fields, is_kept: bool) -> Self {
        Self::Object(Box::new(Object::new("", wanted, known, is_kept)))
    }

    /// What is looked for in a value that is wanted as one type, known as another.
    fn of(path: &str, wanted: Option<&DataType>, known: Option<&DataType>) -> Self {
        let items = |list: &DataType| match list {
            DataType::List(item) | DataType::LargeList(item) => Some(item.data_type().clone()),
            _ => None,
        };
        match (wanted, known) {
            (Some(DataType::Struct(wanted)), known) => {
                let known = if let Some(DataType::Struct(known)) = known { known } else { wanted };
                Self::Object(Box::new(Object::new(path, wanted, known, false)))
            }
            (None, Some(DataType::Struct(known))) => {
                Self::Object(Box::new(Object::new(path, &Fields::empty(), known, false)))
            }
            (wanted, known) => {
                let (wanted, known) = (wanted.and_then(items), known.and_then(items));
                if wanted.is_none() && known.is_none() {
                    return Self::Leaf;
                }
                match Self::of(&format!("{path}{ITEM}"), wanted.as_ref(), known.as_ref()) {
                    Self::Leaf if wanted.is_none() => Self::Leaf,
                    items => Self::Items(Box::new(items)),
                }
            }
        }
    }

    /// The message of this number is not a row after all.
    #[cold]
    pub(super) fn uncount(&mut self, message: u64) {
        self.each(&mut |unknown| {
            if unknown.last == message && unknown.messages > 0 {
                unknown.messages -= 1;
                unknown.last = 0;
            }
        });
    }

    /// Hands over what was counted since the last time.
    pub(super) fn drift(&mut self, drift: &mut Drift) {
        self.each(&mut |unknown| {
            if unknown.messages > 0 {
                let (messages, example) =
                    (std::mem::take(&mut unknown.messages), std::mem::take(&mut unknown.example));
                drift.count(&shown(&unknown.path), messages, example);
            }
        });
    }

    fn each(&mut self, call: &mut dyn FnMut(&mut Unknown)) {
        match self {
            Self::Leaf => {}
            Self::Items(items) => items.each(call),
            Self::Object(object) => {
                for key in &mut object.keys {
                    if let Target::Unknown(unknown) = &mut key.target {
                        call(unknown);
                    }
                    key.node.each(call);
                }
            }
        }
    }
}

impl Object {
    fn new(path: &str, wanted: &Fields, known: &Fields, is_kept: bool) -> Self {
        // The first is no key: it stands for the place before the first one.
        let start = Key { name: Box::default(), target: Target::Known, node: Node::Leaf, next: 1 };
        let mut object = Self { path: path.into(), keys: vec![start], by_name: HashMap::new(), strangers: 0 };
        let is_ours = |name: &str| is_kept && name == EXTRA;
        for (index, field) in wanted.iter().enumerate().filter(|(_, field)| !is_ours(field.name())) {
            let within = below(path, field.name());
            let known = known.find(field.name()).map(|(_, field)| field.data_type());
            let node = Node::of(&within, Some(field.data_type()), known);
            object.add(field.name().as_bytes(), Target::Child(index), node);
        }
        for field in known.iter().filter(|field| !is_ours(field.name())) {
            if wanted.find(field.name()).is_none() {
                let node = Node::of(&below(path, field.name()), None, Some(field.data_type()));
                object.add(field.name().as_bytes(), Target::Known, node);
            }
        }
        object
    }

    fn add(&mut self, name: &[u8], target: Target, node: Node) -> usize {
        let index = self.keys.len();
        self.keys.push(Key { name: name.into(), target, node, next: index + 1 });
        self.by_name.insert(name.into(), index);
        index
    }

    /// The path of a key in it.
    pub(super) fn below(&self, name: &[u8]) -> String {
        below(&self.path, &String::from_utf8_lossy(name))
    }

    /// The key `name` after the one at `place`, which becomes its place; none when it is unknown and too many are, or it is too long.
    #[inline]
    pub(super) fn find(&mut self, name: &[u8], place: &mut usize) -> Option<usize> {
        let guess = self.keys[*place].next;
        if let Some(key) = self.keys.get(guess)
            && *key.name == *name
        {
            *place = guess;
            return Some(guess);
        }
        self.look_up(name, place)
    }

    #[cold]
    fn look_up(&mut self, name: &[u8], place: &mut usize) -> Option<usize> {
        let index = match self.by_name.get(name) {
            Some(index) => *index,
            None if self.strangers < MOST && name.len() <= LONGEST_UNKNOWN => {
                self.strangers += 1;
                let path = self.below(name);
                let unknown = Unknown { path, messages: 0, last: 0, example: String::new() };
                self.add(name, Target::Unknown(Box::new(unknown)), Node::Leaf)
            }
            None => return None,
        };
        self.keys[*place].next = index;
        *place = index;
        Some(index)
    }
}
