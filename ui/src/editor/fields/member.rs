//! Changes of fields that a row asks for: members of structs taken out, set, made columns of, brought back.

use std::collections::HashSet;

use flowloom_flow::FieldFacts;
use flowloom_flow::value::{FieldPath, FieldSpec, parse_dtype, show_dtype};
use polars::prelude::{DataType, Field};

use super::tree;

/// The members that `keys` lead to, through structs and lists.
fn members_mut<'d>(dtype: &'d mut DataType, keys: &[String]) -> Option<&'d mut Vec<Field>> {
    let mut at = dtype;
    let mut keys = keys.iter();
    loop {
        match at {
            DataType::List(item) => at = item,
            DataType::Struct(members) => match keys.next() {
                None => return Some(members),
                Some(key) => at = &mut members.iter_mut().find(|member| member.name == key.as_str())?.dtype,
            },
            _ => return None,
        }
    }
}

/// Changes the members around the last of `steps`.
fn change<R>(
    field: &mut FieldSpec,
    steps: &[String],
    with: impl FnOnce(&mut Vec<Field>, &str) -> R,
) -> Option<R> {
    let mut dtype = parse_dtype(&field.dtype).ok()?;
    let (last, above) = steps.split_last()?;
    let done = with(members_mut(&mut dtype, above)?, last);
    field.dtype = show_dtype(&dtype);
    Some(done)
}

/// Takes a member out; whether the field has nothing left, so that it goes as well.
pub(super) fn remove(field: &mut FieldSpec, steps: &[String]) -> bool {
    change(field, steps, |members, key| members.retain(|member| member.name != key));
    let mut above = steps;
    // A struct without members is nothing that a table can show.
    while let Some((_, outer)) = above.split_last() {
        let Ok(mut dtype) = parse_dtype(&field.dtype) else { return false };
        if members_mut(&mut dtype, outer).is_none_or(|members| !members.is_empty()) {
            return false;
        }
        if outer.is_empty() {
            return true;
        }
        change(field, outer, |members, key| members.retain(|member| member.name != key));
        above = outer;
    }
    false
}

/// Gives a member another type; one that cannot be read is not taken.
pub(super) fn set(field: &mut FieldSpec, steps: &[String], dtype: &str) {
    let Ok(dtype) = parse_dtype(dtype) else { return };
    change(field, steps, |members, key| {
        if let Some(member) = members.iter_mut().find(|member| member.name == key) {
            member.dtype = dtype;
        }
    });
}

/// A column of `name`, or of the longest names around it that nobody has.
fn column(fields: &[FieldSpec], path: &[String], dtype: String) -> FieldSpec {
    let names: HashSet<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let mut from = path.len().saturating_sub(1);
    let mut name = path[from..].join("_");
    while names.contains(name.as_str()) && from > 0 {
        from -= 1;
        name = path[from..].join("_");
    }
    let mut n = 2;
    let stem = name.clone();
    while names.contains(name.as_str()) {
        name = format!("{stem}_{n}");
        n += 1;
    }
    let mut field = FieldSpec::new(name, dtype);
    field.set_path(&FieldPath(path.to_vec()));
    field
}

/// Makes one member of field `i` a column after it.
pub(super) fn lift(fields: &mut Vec<FieldSpec>, i: usize, steps: &[String]) {
    let Ok(path) = fields[i].path() else { return };
    let find = |members: &mut Vec<Field>, key: &str| {
        members.iter().find(|member| member.name == key).map(|member| show_dtype(&member.dtype))
    };
    let Some(Some(dtype)) = change(&mut fields[i], steps, find) else { return };
    let is_empty = remove(&mut fields[i], steps);
    let path: Vec<String> = path.0.iter().chain(steps).cloned().collect();
    let parent = is_empty.then(|| fields.remove(i));
    let column = column(fields, &path, dtype);
    fields.insert(if parent.is_some() { i } else { i + 1 }, column);
}

/// Puts a column for each member of field `i` in its place.
pub(super) fn flatten(fields: &mut Vec<FieldSpec>, i: usize) {
    let (Ok(path), Ok(DataType::Struct(members))) = (fields[i].path(), parse_dtype(&fields[i].dtype)) else {
        return;
    };
    fields.remove(i);
    for (n, member) in members.iter().enumerate() {
        let path = path.child(member.name.as_str());
        let column = column(fields, &path.0, show_dtype(&member.dtype));
        fields.insert(i + n, column);
    }
}

/// Reads what the sample has at `path`: a field of its own, where the sample has it, or a member of the struct that is
/// read already.
pub(super) fn read(fields: &mut Vec<FieldSpec>, facts: &[FieldFacts], path: &[String]) {
    let Some(found) = tree::at(facts, path) else { return };
    let [key] = path else {
        // The field that reads the outermost struct around it.
        let holds = |field: &FieldSpec| {
            let around = field.path().ok()?.0;
            (path.len() > around.len() && path.starts_with(&around)).then_some(around.len())
        };
        let holder = fields.iter().enumerate().filter_map(|(i, field)| Some((holds(field)?, i))).max();
        let (Some((length, i)), Ok(dtype)) = (holder, parse_dtype(&found.dtype)) else { return };
        change(&mut fields[i], &path[length..], |members, key| members.push(Field::new(key.into(), dtype)));
        return;
    };
    let order = |key: &str| facts.iter().position(|facts| facts.key == key);
    let place = order(key);
    let before = fields.iter().rposition(|field| {
        let keys = field.path().map(|path| path.0).unwrap_or_default();
        keys.first().and_then(|first| order(first)).is_some_and(|at| Some(at) < place)
    });
    let mut column = column(fields, path, found.dtype.clone());
    column.encoding = found.encoding;
    fields.insert(before.map_or(0, |before| before + 1), column);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(path: &str) -> Vec<String> {
        path.split('.').map(str::to_owned).collect()
    }

    fn shown(fields: &[FieldSpec]) -> Vec<String> {
        let field = |field: &FieldSpec| {
            let from = field.from.as_deref().map(|from| format!(" from {from}")).unwrap_or_default();
            format!("{}: {}{from}", field.name, field.dtype)
        };
        fields.iter().map(field).collect()
    }

    #[test]
    fn members_are_set_removed_and_gone_with_the_last() {
        let mut field = FieldSpec::new("c", "Struct{a: Int64, l: List(Struct{b: String})}");
        set(&mut field, &keys("l.b"), "Float64");
        assert_eq!(field.dtype, "Struct{a: Int64, l: List(Struct{b: Float64})}");
        set(&mut field, &keys("a"), "no type");
        assert!(!remove(&mut field, &keys("l.b")));
        assert_eq!(field.dtype, "Struct{a: Int64}", "the list had nothing left");
        assert!(remove(&mut field, &keys("a")));
    }

    #[test]
    fn members_become_columns_with_names_of_their_own() {
        let mut fields = vec![
            FieldSpec::new("id", "Int64"),
            FieldSpec::new("c", "Struct{id: String, n: Struct{x: Date}}"),
        ];
        lift(&mut fields, 1, &keys("n.x"));
        assert_eq!(shown(&fields), ["id: Int64", "c: Struct{id: String}", "x: Date from c.n.x"]);
        flatten(&mut fields, 1);
        assert_eq!(shown(&fields), ["id: Int64", "c_id: String from c.id", "x: Date from c.n.x"]);
        let mut only = vec![FieldSpec::new("a.b", "Struct{c: Int64}")];
        lift(&mut only, 0, &keys("c"));
        assert_eq!(shown(&only), ["c: Int64 from \"a.b\".c"], "the struct went with its last member");
    }

    #[test]
    fn what_was_dropped_comes_back_where_it_stood() {
        let of = |key: &str, dtype: &str, children| FieldFacts {
            key: key.to_owned(),
            dtype: dtype.to_owned(),
            children,
            ..FieldFacts::default()
        };
        let inner = vec![of("x", "Int64", Vec::new()), of("y", "String", Vec::new())];
        let facts =
            [of("a", "Int64", Vec::new()), of("b", "Boolean", Vec::new()), of("s", "Struct{…}", inner)];
        let mut fields = vec![FieldSpec::new("a", "Int64"), FieldSpec::new("s", "Struct{x: Int64}")];
        read(&mut fields, &facts, &keys("b"));
        read(&mut fields, &facts, &keys("s.y"));
        assert_eq!(shown(&fields), ["a: Int64", "b: Boolean", "s: Struct{x: Int64, y: String}"]);
    }
}
