//! Objects that are known and not wanted: only their keys are looked at, for those that are not known.
//!
//! So that what is reported, kept and refused of a message does not depend on the columns wanted.

use std::ops::Range;

use arrow::datatypes::{DataType, Fields};

use super::Drift;
use super::cursor::Cursor;
use super::keys::{ITEM, Keys, Place, Target, below};
use super::reason::{Parsed, Reason};

/// What is known of a field that is not wanted. Values of other kinds than expected are passed over.
pub(crate) struct Watch {
    name: Box<str>,
    shape: Shape,
    /// The object around it in which it was met last, and which kept values are its own.
    last: (u64, usize),
    kept: Range<usize>,
}

enum Shape {
    Object(Box<Members>),
    List(Box<Self>),
}

struct Members {
    keys: Keys,
    watched: Vec<Watch>,
}

/// What each key of `known` names that is not among the wanted ones, and the objects among them.
pub(crate) fn unwanted<'a>(
    path: &str,
    known: &'a Fields,
    is_wanted: impl Fn(&str) -> bool,
) -> (Vec<(&'a str, Target)>, Vec<Watch>) {
    let mut targets = Vec::new();
    let mut watched = Vec::new();
    for field in known.iter().filter(|field| !is_wanted(field.name())) {
        let name = field.name().as_str();
        match Shape::new(&below(path, name), field.data_type()) {
            Some(shape) => {
                targets.push((name, Target::Watched(watched.len())));
                watched.push(Watch { name: name.into(), shape, last: (0, 0), kept: 0..0 });
            }
            None => targets.push((name, Target::Known)),
        }
    }
    (targets, watched)
}

impl Watch {
    /// Takes the value at the cursor, of the object that began at `object`.
    pub(crate) fn read(&mut self, object: usize, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let Some(met) = cursor.met() else { return cursor.skip() };
        let here = (met.message(), object);
        if self.last == here {
            met.forget(self.kept.clone());
        }
        let from = met.count();
        self.shape.read(cursor).map_err(|reason| reason.within(&self.name))?;
        self.last = here;
        self.kept = from..cursor.kept();
        Ok(())
    }

    pub(crate) fn uncount(&mut self, message: u64) {
        let members = self.shape.members();
        members.keys.uncount(message);
        members.watched.iter_mut().for_each(|watch| watch.uncount(message));
    }

    pub(crate) fn drift(&mut self, into: &mut Drift) {
        let members = self.shape.members();
        members.keys.drift(into);
        members.watched.iter_mut().for_each(|watch| watch.drift(into));
    }
}

impl Shape {
    /// None where there are no keys to look at.
    fn new(path: &str, known: &DataType) -> Option<Self> {
        match known {
            DataType::Struct(fields) => {
                let (targets, watched) = unwanted(path, fields, |_| false);
                let keys = Keys::new(path, targets.into_iter());
                Some(Self::Object(Box::new(Members { keys, watched })))
            }
            DataType::List(item) | DataType::LargeList(item) => {
                let items = Self::new(&format!("{path}{ITEM}"), item.data_type())?;
                Some(Self::List(Box::new(items)))
            }
            _ => None,
        }
    }

    fn members(&mut self) -> &mut Members {
        match self {
            Self::Object(members) => members,
            Self::List(items) => items.members(),
        }
    }

    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match (self, cursor.peek()) {
            (Self::Object(members), Some(b'{')) => members.read(cursor),
            (Self::List(items), Some(b'[')) => {
                if cursor.open(b']')? {
                    cursor.enter_list();
                    loop {
                        cursor.next_item();
                        items.read(cursor).map_err(|reason: Reason| reason.within("[]"))?;
                        if !cursor.more(b']')? {
                            break;
                        }
                    }
                    cursor.leave_list();
                    cursor.close();
                }
                Ok(())
            }
            _ => cursor.skip(),
        }
    }
}

impl Members {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let object = cursor.at();
        if cursor.open(b'}')? {
            let mut place = Place::default();
            loop {
                match self.keys.read(cursor, &mut place)? {
                    Target::Watched(index) => self.watched[index].read(object, cursor)?,
                    Target::Unknown(index) => self.keys.unknown(index, object, cursor)?,
                    Target::Stray => self.keys.stray(cursor)?,
                    Target::Known | Target::Child(_) => cursor.skip()?,
                }
                if !cursor.more(b'}')? {
                    break;
                }
            }
            cursor.close();
        }
        Ok(())
    }
}
