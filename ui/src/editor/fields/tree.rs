//! The lines of the tree: fields, members of those that are open, and what the sample has that is not read.

use std::collections::HashSet;

use flowloom_flow::FieldFacts;
use flowloom_flow::value::{FieldSpec, parse_dtype, show_dtype};
use polars::prelude::{DataType, Field};

use super::State;

/// A line of the tree.
pub(super) struct Line {
    pub(super) what: What,
    pub(super) depth: usize,
    /// Keys from the message down to it.
    pub(super) path: Vec<String>,
    /// Its type as it is written; of a field, the field has it.
    pub(super) dtype: String,
    /// Whether there is something inside, and whether it is shown.
    pub(super) inside: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Field(usize),
    /// A member of a field's struct; no path leads into a list.
    Member {
        field: usize,
        in_list: bool,
    },
    /// The sample has it. `of`: the field that could have it as a member.
    Unread {
        of: Option<usize>,
    },
    /// The head of so many fields that are not read.
    Head(usize),
}

/// The members of a struct, or of the structs in a list; whether they are in a list.
pub(super) fn members(dtype: &DataType) -> Option<(&[Field], bool)> {
    match dtype {
        DataType::Struct(members) => Some((members, false)),
        DataType::List(item) => members(item).map(|(members, _)| (members, true)),
        _ => None,
    }
}

/// What the sample says of the field at `path`.
pub(super) fn at<'f>(facts: &'f [FieldFacts], path: &[String]) -> Option<&'f FieldFacts> {
    let (last, above) = path.split_last()?;
    let mut inside = facts;
    for key in above {
        inside = &inside.iter().find(|facts| facts.key == *key)?.children;
    }
    inside.iter().find(|facts| facts.key == *last)
}

pub(super) fn lines(fields: &[FieldSpec], facts: &[FieldFacts], state: &State) -> Vec<Line> {
    let query = state.query.trim().to_lowercase();
    let fits = |name: &str| query.is_empty() || name.to_lowercase().contains(&query);
    let mut lines = Vec::with_capacity(fields.len());
    let mut read = HashSet::new();
    for (i, field) in fields.iter().enumerate() {
        let path = field.path().map_or_else(|_| vec![field.name.clone()], |path| path.0);
        if let [key] = path.as_slice() {
            read.insert(key.clone());
        }
        if !fits(&field.name) && !field.from.as_deref().is_some_and(fits) {
            continue;
        }
        let has_inside = field.dtype.contains("Struct{");
        let is_open = has_inside && state.open.contains(&path);
        let line = Line {
            what: What::Field(i),
            depth: 0,
            path: path.clone(),
            dtype: String::new(),
            inside: has_inside.then_some(is_open),
        };
        lines.push(line);
        if is_open && let Ok(dtype) = parse_dtype(&field.dtype) {
            inside(&mut lines, i, &path, &dtype, at(facts, &path), state);
        }
    }
    let unread: Vec<&FieldFacts> =
        facts.iter().filter(|facts| !read.contains(&facts.key) && fits(&facts.key)).collect();
    if !unread.is_empty() {
        let line = |what, path, dtype| Line { what, depth: 0, path, dtype, inside: None };
        lines.push(line(What::Head(unread.len()), Vec::new(), String::new()));
        if state.is_unread_open || !query.is_empty() {
            let unread = unread.into_iter();
            lines.extend(
                unread.map(|facts| {
                    line(What::Unread { of: None }, vec![facts.key.clone()], facts.dtype.clone())
                }),
            );
        }
    }
    lines
}

/// What is inside of an open struct. By a list of what is still to be done: nesting may be deep.
fn inside(
    lines: &mut Vec<Line>,
    field: usize,
    path: &[String],
    dtype: &DataType,
    facts: Option<&FieldFacts>,
    state: &State,
) {
    struct Open<'a> {
        dtype: &'a DataType,
        facts: Option<&'a FieldFacts>,
        path: Vec<String>,
        in_list: bool,
        /// The next member.
        next: usize,
    }
    let mut open = vec![Open { dtype, facts, path: path.to_vec(), in_list: false, next: 0 }];
    while let Some(top) = open.last_mut() {
        let Some((all, of_list)) = members(top.dtype) else {
            open.pop();
            continue;
        };
        let in_list = top.in_list || of_list;
        let depth_path = top.path.clone();
        let Some(member) = all.get(top.next) else {
            let known: HashSet<&str> = all.iter().map(|member| member.name.as_str()).collect();
            let children = top.facts.map_or(&[][..], |facts| facts.children.as_slice());
            let depth = open.len();
            for child in children.iter().filter(|child| !known.contains(child.key.as_str())) {
                let mut path = depth_path.clone();
                path.push(child.key.clone());
                let what = What::Unread { of: Some(field) };
                lines.push(Line { what, depth, path, dtype: child.dtype.clone(), inside: None });
            }
            open.pop();
            continue;
        };
        top.next += 1;
        let mut path = depth_path;
        path.push(member.name.to_string());
        let facts =
            top.facts.and_then(|facts| facts.children.iter().find(|each| each.key == member.name.as_str()));
        let has_inside = members(&member.dtype).is_some();
        let is_open = has_inside && state.open.contains(&path);
        lines.push(Line {
            what: What::Member { field, in_list },
            depth: open.len(),
            path: path.clone(),
            dtype: show_dtype(&member.dtype),
            inside: has_inside.then_some(is_open),
        });
        if is_open {
            open.push(Open { dtype: &member.dtype, facts, path, in_list, next: 0 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(key: &str, dtype: &str, children: Vec<FieldFacts>) -> FieldFacts {
        FieldFacts { key: key.to_owned(), dtype: dtype.to_owned(), children, ..FieldFacts::default() }
    }

    fn shown(fields: &[FieldSpec], facts: &[FieldFacts], state: &State) -> Vec<String> {
        let line = |line: &Line| {
            let mark = match line.what {
                What::Field(_) => "",
                What::Member { in_list: false, .. } => "-",
                What::Member { in_list: true, .. } => "*",
                What::Unread { .. } => "+",
                What::Head(_) => "#",
            };
            format!("{}{mark}{}", " ".repeat(line.depth), line.path.join("."))
        };
        lines(fields, facts, state).iter().map(line).collect()
    }

    #[test]
    fn members_unread_fields_and_flattened_ones_have_their_place() {
        let fields = [
            FieldSpec::new("id", "Int64"),
            FieldSpec::new("customer", "Struct{name: String, tags: List(Struct{k: String})}"),
            FieldSpec { from: Some("address.city".to_owned()), ..FieldSpec::new("city", "String") },
        ];
        let tags = facts("tags", "List(Struct{k: String})", vec![facts("k", "String", Vec::new())]);
        let all = [
            facts("id", "Int64", Vec::new()),
            facts("customer", "Struct{…}", vec![facts("vip", "Boolean", Vec::new()), tags]),
            facts("address", "Struct{…}", Vec::new()),
            facts("late", "String", Vec::new()),
        ];
        let mut state = State::default();
        assert_eq!(shown(&fields, &all, &state), ["id", "customer", "address.city", "#"]);
        state.is_unread_open = true;
        let customer = vec!["customer".to_owned()];
        state.open.insert(customer.clone());
        state.open.insert(vec!["customer".to_owned(), "tags".to_owned()]);
        assert_eq!(
            shown(&fields, &all, &state),
            [
                "id",
                "customer",
                " -customer.name",
                " -customer.tags",
                "  *customer.tags.k",
                " +customer.vip",
                "address.city",
                "#",
                "+address",
                "+late"
            ]
        );
        state.query = "LATE".to_owned();
        assert_eq!(shown(&fields, &all, &state), ["#", "+late"]);
    }
}
