//! YAML as a tree that remembers lines.
//!
//! A flow file is one document of maps, lists and scalars. Tags, anchors and aliases are refused: they would
//! be lost on saving. Keys that stand twice are refused: one of them would be lost on reading.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_json::{Map, Value};

use super::scalar;
use crate::Problem;

/// Deeper files are refused, so that no file overflows the stack.
const MAX_DEPTH: usize = 100;

/// A YAML node and the line it starts on, from 1.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) line: usize,
    pub(super) data: Data,
}

#[derive(Clone, Debug)]
pub(super) enum Data {
    /// A value and how it was written, so that `name: 2024` can still be text.
    Scalar(Value, String),
    List(Vec<Tree>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Line of the key.
    pub(super) line: usize,
    pub(super) value: Tree,
}

impl Tree {
    pub(super) fn is_null(&self) -> bool {
        matches!(self.data, Data::Scalar(Value::Null, _))
    }

    pub(super) fn into_value(self) -> Value {
        match self.data {
            Data::Scalar(value, _) => value,
            Data::List(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Data::Map(entries) => Value::Object(
                entries.into_iter().map(|entry| (entry.key, entry.value.into_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// What it is, for messages: `a list`.
    pub(super) fn noun(&self) -> &'static str {
        match &self.data {
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
            Data::Scalar(Value::Null, _) => "nothing",
            Data::Scalar(Value::Bool(_), _) => "a truth value",
            Data::Scalar(Value::Number(_), _) => "a number",
            Data::Scalar(..) => "text",
        }
    }
}

/// The one document in `text`. An empty one is null.
pub(super) fn parse(text: &str) -> Result<Tree, Vec<Problem>> {
    let mut building = Building::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => building.take(event, span.start)?,
            Err(error) => return Err(vec![syntax(&error)]),
        }
    }
    if building.problems.is_empty() {
        Ok(building.root.unwrap_or(Tree { line: 1, data: Data::Scalar(Value::Null, String::new()) }))
    } else {
        Err(building.problems)
    }
}

fn syntax(error: &saphyr_parser::ScanError) -> Problem {
    Problem::user(format!("this is not YAML: {}", error.info()))
        .hint("look at the indentation, the quotes and the colons of this line and the one before")
        .at_line(error.marker().line().max(1))
        .source(error.clone())
}

/// A list or map whose end has not come yet.
struct Open {
    tree: Tree,
    /// In a map: the key whose value comes next.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct Building {
    root: Option<Tree>,
    open: Vec<Open>,
    problems: Vec<Problem>,
}

impl Building {
    /// Fails at once only where going on makes no sense; other problems are collected.
    fn take(&mut self, event: Event<'_>, at: Marker) -> Result<(), Vec<Problem>> {
        let line = at.line();
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                return Err(vec![
                    Problem::user("the file has a second document")
                        .hint("remove the line `---` and what follows; a flow is one document")
                        .at_line(line),
                ]);
            }
            Event::Alias(_) => {
                self.refuse(line, "an alias (`*name`)", "write the value out");
                self.put(Tree { line, data: Data::Scalar(Value::Null, String::new()) });
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_marks(line, anchor, tag.is_some());
                let value = match style {
                    ScalarStyle::Plain => scalar::resolve(&text),
                    _ => Value::String(text.to_string()),
                };
                self.put(Tree { line, data: Data::Scalar(value, text.into_owned()) });
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_marks(line, anchor, tag.is_some());
                self.start(Tree { line, data: Data::List(Vec::new()) })?;
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_marks(line, anchor, tag.is_some());
                self.start(Tree { line, data: Data::Map(Vec::new()) })?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.put(open.tree);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, tree: Tree) -> Result<(), Vec<Problem>> {
        if self.open.len() >= MAX_DEPTH {
            let problem = Problem::user(format!("lists and maps are nested deeper than {MAX_DEPTH} levels"));
            return Err(vec![problem.at_line(tree.line)]);
        }
        self.open.push(Open { tree, key: None });
        Ok(())
    }

    fn put(&mut self, tree: Tree) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(tree);
            return;
        };
        match (&mut open.tree.data, open.key.take()) {
            (Data::List(items), _) => items.push(tree),
            (Data::Map(entries), Some((key, line))) => match entries.iter().find(|entry| entry.key == key) {
                None => entries.push(Entry { key, line, value: tree }),
                Some(first) => self.problems.push(
                    Problem::user(format!("`{key}` stands here twice, first on line {}", first.line))
                        .hint("remove or rename one of them")
                        .at_line(line),
                ),
            },
            (Data::Map(_), None) => {
                let Data::Scalar(_, text) = tree.data else {
                    let problem = Problem::user(format!("{} cannot be a key", tree.noun()));
                    self.problems
                        .push(problem.hint("quote text that starts with a bracket").at_line(tree.line));
                    open.key = Some((String::new(), tree.line));
                    return;
                };
                open.key = Some((text, tree.line));
            }
            (Data::Scalar(..), _) => {}
        }
    }

    fn refuse_marks(&mut self, line: usize, anchor: usize, has_tag: bool) {
        if anchor > 0 {
            self.refuse(line, "an anchor (`&name`)", "remove it, or quote text that starts with `&`");
        }
        if has_tag {
            self.refuse(line, "a tag (`!name`)", "remove it, or quote text that starts with `!`");
        }
    }

    fn refuse(&mut self, line: usize, what: &str, hint: &str) {
        self.problems.push(Problem::user(format!("a flow file cannot hold {what}")).hint(hint).at_line(line));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(text: &str) -> Vec<String> {
        parse(text).expect_err("wrong").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn values_and_lines_are_kept() {
        let tree = parse("a: 1\nb:\n  - x\n  - {c: '2'}\n1: ~\n").expect("YAML");
        let Data::Map(entries) = &tree.data else { panic!("a map") };
        assert_eq!(entries.iter().map(|entry| entry.line).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(tree.into_value(), json!({"a": 1, "b": ["x", {"c": "2"}], "1": null}));
    }

    #[test]
    fn what_would_be_lost_is_refused_all_at_once() {
        assert_eq!(
            problems("a: &x 1\nb: *x\nc: !t 2\na: 3\n"),
            [
                "line 1: a flow file cannot hold an anchor (`&name`); remove it, or quote text that starts with `&`",
                "line 2: a flow file cannot hold an alias (`*name`); write the value out",
                "line 3: a flow file cannot hold a tag (`!name`); remove it, or quote text that starts with `!`",
                "line 4: `a` stands here twice, first on line 1; remove or rename one of them",
            ]
        );
        assert!(problems("a: 1\n---\nb: 2\n")[0].starts_with("line 2: the file has a second document"));
        assert!(problems(&"[".repeat(200))[0].contains("nested deeper"));
        assert!(problems("a: [1\nb: 2\n")[0].contains("this is not YAML"));
    }

    #[test]
    fn an_empty_file_is_null() {
        assert!(parse("").expect("empty").is_null());
        assert!(parse("# only a comment\n").expect("empty").is_null());
    }
}
