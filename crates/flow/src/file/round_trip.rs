//! Whatever is saved loads to the very same flow: over arbitrary values, and over text that YAML tempts.

use std::time::Duration;

use serde_json::{Map, Number, Value, json};

use super::{load, parse, read, save, tree};
use crate::testing::Dice;
use crate::{Flow, FlowNode, Live, NodeId, Output, Parameter, Wire};

/// Text that some reader of YAML takes for something else.
const TEMPTING: &[&str] = &[
    "",
    " ",
    "  x",
    "x ",
    "~",
    "null",
    "Null",
    "true",
    "yes",
    "No",
    "on",
    "y",
    "1",
    "-1",
    "+1",
    "1e5",
    "0x1F",
    "0o7",
    "007",
    "1_000",
    ".5",
    "5.",
    "-.inf",
    ".nan",
    "1:30",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "=",
    "<<",
    "${x}",
    "$${x}",
    "a: b",
    "a:b",
    "a:",
    ":a",
    "a #b",
    "#a",
    "a#b",
    "- a",
    "-a",
    "-",
    "--",
    "---",
    "...",
    "? a",
    "?",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    ">=",
    "%a",
    "@a",
    "`a`",
    "'a'",
    "\"a\"",
    "it's",
    "say \"x\"",
    "\"it's\"",
    "a\\b",
    "[a]",
    "{a: b}",
    "a, b",
    "a]",
    "a}",
    ",",
    "\t",
    "\ta",
    "a\tb",
    "a\t",
    "\n",
    "\n\n",
    "a\n",
    "a\nb",
    "a\n\n",
    "a\n\nb\n",
    "\na",
    " a\nb",
    "a \nb",
    "a\n b",
    "a\n\tb",
    "a\r\nb",
    "a\rb",
    "a\n---\nb",
    "a\n...\n",
    "# a\n# b",
    "\0",
    "\u{7}",
    "\u{1b}[0m",
    "\u{7f}",
    "\u{85}",
    "a\u{85}b",
    "\u{a0}",
    "\u{2028}",
    "a\u{2029}b",
    "\u{feff}",
    "a\u{feff}",
    "\u{fffe}",
    "\u{ffff}",
    "größe",
    "日本語",
    "🦀",
    "\u{10ffff}",
    "e\u{301}",
    "\u{200b}",
];

/// What means something in YAML.
const MARKS: &[&str] = &[" ", "\n", ": ", " #", "'", "\"", "\\", "- ", "\t", ",", "{", "]"];

fn text(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => dice.pick(&["amount", "order_id", "paid orders", "a.b"]).to_string(),
        1 | 2 => dice.pick(TEMPTING).to_string(),
        _ => {
            let longest = if dice.below(40) == 0 { 1500 } else { 9 };
            let length = dice.below(longest);
            let mut text = String::new();
            for _ in 0..length {
                match dice.below(5) {
                    0 => text.push(char::from(dice.below(128) as u8)),
                    1 => text += dice.pick(MARKS),
                    2 => text.push(char::from_u32(dice.below(0x11_0000) as u32).unwrap_or('x')),
                    3 => text += dice.pick(TEMPTING),
                    _ => text.push(char::from(b'a' + dice.below(26) as u8)),
                }
            }
            text
        }
    }
}

fn value(dice: &mut Dice, depth: usize) -> Value {
    match dice.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(dice.below(2) == 0),
        2 => match dice.below(4) {
            0 => json!(dice.next() as i64),
            1 => json!(dice.next()),
            2 => Number::from_f64(f64::from_bits(dice.next())).map_or(json!(-0.0), Value::Number),
            _ => json!((dice.below(2000) as f64 - 1000.0) / 8.0),
        },
        3..=5 => Value::String(text(dice)),
        6 | 7 => (0..dice.below(4)).map(|_| value(dice, depth - 1)).collect(),
        _ => Value::Object(map(dice, depth - 1)),
    }
}

fn map(dice: &mut Dice, depth: usize) -> Map<String, Value> {
    (0..dice.below(4)).map(|_| (text(dice), value(dice, depth))).collect()
}

fn rest(dice: &mut Dice, known: &[&str]) -> Map<String, Value> {
    map(dice, 2).into_iter().filter(|(key, _)| !known.contains(&key.as_str())).collect()
}

fn flow(dice: &mut Dice) -> Flow {
    let mut flow = Flow {
        name: text(dice),
        description: text(dice),
        rest: rest(dice, read::FLOW_FIELDS),
        live: (dice.below(2) == 0).then(|| Live {
            every: Some(Duration::from_millis(100 + dice.below(100_000) as u64)),
            messages: (dice.below(2) == 0).then(|| 1 + dice.below(9_999) as u64),
            bytes: (dice.below(2) == 0).then(|| 1 + dice.below(9_999_999) as u64),
        }),
        ..Flow::default()
    };
    for name in ["topic", "yes", "n", "limit_2"].iter().take(dice.below(5)) {
        let default = (dice.below(2) == 0).then(|| value(dice, 2));
        let rest = rest(dice, read::PARAMETER_FIELDS);
        flow.parameters.insert((*name).to_owned(), Parameter { default, description: text(dice), rest });
    }
    for _ in 0..dice.below(5) {
        let id = flow.free_id(dice.pick(&["orders", "null", "y", "true", "off", "a_1"]));
        let kind = Some(text(dice)).filter(|kind| !kind.is_empty()).unwrap_or("filter".to_owned());
        let ids: Vec<NodeId> = flow.nodes.keys().cloned().collect();
        let mut inputs = Vec::new();
        for port in dice.pick(&[&["in"][..], &["left", "right"], &["in", "null"], &[]]) {
            for _ in 0..dice.below(3).min(ids.len()) {
                let port_name = (dice.below(2) == 0).then(|| dice.pick(&["reject", "no", "out"]).to_string());
                let from = Output { node: ids[dice.below(ids.len())].clone(), port: port_name };
                inputs.push(Wire { port: (*port).to_owned(), from });
            }
        }
        let node = FlowNode {
            kind,
            version: 1 + dice.below(3) as u32,
            inputs,
            settings: map(dice, 4),
            note: text(dice),
            at: (dice.below(2) == 0).then(|| [dice.next() as i32, dice.below(500) as i32]),
            rest: rest(dice, read::NODE_FIELDS),
        };
        flow.nodes.insert(id, node);
    }
    flow
}

/// Equality of JSON that tells 1 from 1.0 and keeps order.
fn exact(value: &Value) -> String {
    serde_json::to_string(value).expect("JSON")
}

#[test]
fn any_flow_survives_its_file() {
    let mut dice = Dice::new(1);
    for _ in 0..2000 {
        let flow = flow(&mut dice);
        let file = save(&flow);
        let loaded = match load(&file) {
            Ok(loaded) => loaded,
            Err(problems) => panic!("{problems:?}\n{file}"),
        };
        let (was, is) = (serde_json::to_value(&flow), serde_json::to_value(&loaded));
        assert_eq!(exact(&is.expect("JSON")), exact(&was.expect("JSON")), "\n{file}");
        assert_eq!(save(&loaded), file);
    }
}

#[test]
fn tempting_text_survives_everywhere_it_may_stand() {
    for text in TEMPTING {
        let settings = json!({
            "plain": text, *text: 1, "list": [text, 1], "items": [{"a": text}, {*text: [text]}, [text, [text]]],
            "deep": {*text: {*text: text}},
        });
        let node = FlowNode {
            kind: "table".to_owned(),
            settings: settings.as_object().expect("a map").clone(),
            ..FlowNode::default()
        };
        let mut flow = Flow::default();
        flow.nodes.insert(NodeId::nearest("n"), node);
        let file = save(&flow);
        assert_eq!(load(&file).unwrap_or_else(|problems| panic!("{problems:?}\n{file}")), flow, "\n{file}");
    }
}

#[test]
fn no_line_that_we_write_ends_in_blanks() {
    let mut dice = Dice::new(2);
    for _ in 0..500 {
        let file = save(&flow(&mut dice));
        assert!(file.lines().all(|line| !line.ends_with([' ', '\t'])), "{file}");
    }
}

#[test]
fn no_text_makes_the_reader_panic() {
    let mut dice = Dice::new(3);
    for _ in 0..1000 {
        let mut file = save(&flow(&mut dice));
        for _ in 0..=dice.below(4) {
            let at =
                (0..=dice.below(file.len() + 1)).rev().find(|at| file.is_char_boundary(*at)).unwrap_or(0);
            match dice.below(3) {
                0 => file.truncate(at),
                1 => file.insert_str(at, &text(&mut dice)),
                _ => file.insert_str(at, dice.pick(&["\n", "  ", "- ", ": ", "[", "}", "'", "*a ", "? "])),
            }
        }
        if let Err(problems) = parse(&file) {
            assert!(problems.iter().all(|problem| problem.at.line.is_some()), "{problems:?}\n{file}");
        }
    }
}

#[test]
fn a_later_format_is_reached_one_version_at_a_time() {
    fn rename(tree: &mut tree::Tree, from: &str, to: &str) {
        let tree::Data::Map(entries) = &mut tree.data else { return };
        for entry in entries.iter_mut().filter(|entry| entry.key == from) {
            entry.key = to.to_owned();
        }
    }
    let upgrades: [super::Upgrade; 2] = [
        |tree| {
            rename(tree, "title", "label");
            Ok(())
        },
        |tree| {
            rename(tree, "label", "name");
            Ok(())
        },
    ];
    let name =
        |text: &str| read::flow(tree::parse(text).expect("YAML"), &upgrades).expect("a flow").flow.name;
    assert_eq!(name("flowloom: 1\ntitle: x\n"), "x");
    assert_eq!(name("flowloom: 2\nlabel: x\n"), "x");
    assert_eq!(name("flowloom: 3\nname: x\n"), "x");
    let newer = read::flow(tree::parse("flowloom: 4\n").expect("YAML"), &upgrades).expect_err("newer");
    assert_eq!(
        newer[0].to_string(),
        "line 1: flowloom: this file was made by a newer Flowloom: it has version 4, this one reads up to 3; update Flowloom"
    );
}
