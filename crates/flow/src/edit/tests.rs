use serde_json::{Value, json};

use super::*;
use crate::sample_kinds::KINDS;
use crate::testing::Dice;
use crate::{History, file};

fn id(text: &str) -> NodeId {
    text.parse().expect("a node's name")
}

fn output(text: &str) -> Output {
    match text.split_once('.') {
        Some((node, port)) => Output { node: id(node), port: Some(port.to_owned()) },
        None => Output::first(id(text)),
    }
}

fn load(nodes: &str) -> Flow {
    let text = format!("flowloom: 1\nparameters:\n  n: {{default: 3}}\nnodes:\n{nodes}");
    file::load(&text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// `rows` a and b, `keep` k of a, `stack` s of k, k.reject and b.
fn flow() -> Flow {
    load(
        "  a: {kind: rows}
  b: {kind: rows}
  k: {kind: keep, version: 2, inputs: [a]}
  s: {kind: stack, inputs: [k, k.reject, b]}
",
    )
}

/// Wires of `node` as `port<node.port`.
fn wires(flow: &Flow, node: &str) -> Vec<String> {
    let wires = flow.nodes[node].inputs.iter();
    wires
        .map(|wire| {
            let port = wire.from.port.as_ref().map(|port| format!(".{port}")).unwrap_or_default();
            format!("{}<{}{port}", wire.port, wire.from.node)
        })
        .collect()
}

fn connect(from: &str, to: &str, port: Option<&str>, index: Option<usize>) -> Edit {
    Edit::Connect { from: output(from), to: id(to), port: port.map(str::to_owned), index }
}

fn refused(edit: &Edit, flow: &Flow) -> String {
    edit.apply(flow, KINDS).expect_err("refused").to_string()
}

#[test]
fn a_node_is_added_under_a_free_name_at_todays_version() {
    let add = |id: Option<NodeId>, kind: &str| Edit::AddNode {
        id,
        kind: kind.to_owned(),
        at: Some([1, 2]),
        settings: Map::new(),
    };
    let once = add(None, "keep").apply(&flow(), KINDS).expect("added");
    let twice = add(None, "keep").apply(&once, KINDS).expect("added");
    assert_eq!((twice.nodes["keep"].version, twice.nodes["keep_2"].at), (2, Some([1, 2])));
    assert_eq!(refused(&add(Some(id("k")), "keep"), &flow()), "there is a node `k` already; `k_2` is free");
    assert_eq!(refused(&add(None, "kep"), &flow()), "there is no kind `kep`; did you mean `keep`?");
}

#[test]
fn removing_heals_where_asked_and_never_doubles_rows() {
    let remove = |ids: &[&str], heal| {
        let ids = ids.iter().map(|text| id(text)).collect();
        Edit::RemoveNodes { ids, heal }.apply(&flow(), KINDS).expect("removed")
    };
    assert_eq!(wires(&remove(&["k"], false), "s"), ["in<b"]);
    assert_eq!(wires(&remove(&["k"], true), "s"), ["in<a", "in<b"]);
    assert_eq!(wires(&remove(&["a", "k", "a"], true), "s"), ["in<b"]);
    let edit = Edit::RemoveNodes { ids: vec![id("kk")], heal: false };
    assert_eq!(refused(&edit, &flow()), "there is no node `kk`; did you mean `k`?");
}

#[test]
fn a_wire_goes_to_the_first_free_input_and_replaces_where_one_fits() {
    let mut flow = load("  a: {kind: rows}\n  b: {kind: rows}\n  c: {kind: rows}\n  p: {kind: pair}\n");
    for (from, port, expected) in [
        ("a", Some("right"), vec!["right<a"]),
        ("b", None, vec!["left<b", "right<a"]),
        ("c", None, vec!["left<c", "right<a"]),
        ("b", Some("right"), vec!["left<c", "right<b"]),
    ] {
        flow = connect(from, "p", port, None).apply(&flow, KINDS).expect("connected");
        assert_eq!(wires(&flow, "p"), expected);
    }
}

#[test]
fn wires_of_one_port_have_an_order_that_connecting_changes() {
    let flow = flow();
    let after = |from, index| wires(&connect(from, "s", None, index).apply(&flow, KINDS).expect("done"), "s");
    assert_eq!(after("a", Some(1)), ["in<k", "in<a", "in<k.reject", "in<b"]);
    assert_eq!(after("a", None), ["in<k", "in<k.reject", "in<b", "in<a"]);
    assert_eq!(after("b", Some(0)), ["in<b", "in<k", "in<k.reject"]);
    assert_eq!(after("k.out", Some(9)), ["in<k.reject", "in<b", "in<k"]);
}

#[test]
fn wires_that_cannot_be_are_refused() {
    let flow = load("  a: {kind: rows}\n  k: {kind: keep, inputs: [l]}\n  l: {kind: keep, inputs: [a]}\n");
    for (from, to, port, why) in [
        ("k", "k", None, "k: `k` cannot take its own rows"),
        ("k", "l", None, "l: `k` takes rows from `l` already: the wires would form a cycle"),
        ("k", "a", None, "a: `a` is a source: it takes no rows"),
        ("a", "k", Some("inn"), "k: `k` has no input `inn`; did you mean `in`?"),
        ("l.rejct", "k", None, "`l` has no output `rejct`; did you mean `reject`?"),
        ("zzzz", "k", None, "there is no node `zzzz`"),
    ] {
        assert_eq!(refused(&connect(from, to, port, None), &flow), why);
    }
}

#[test]
fn a_wire_is_cut_by_either_name_of_its_output() {
    let cut = |from: &str| Edit::Disconnect { from: output(from), to: id("s"), port: "in".to_owned() };
    assert_eq!(wires(&cut("k.out").apply(&flow(), KINDS).expect("cut"), "s"), ["in<k.reject", "in<b"]);
    assert_eq!(wires(&cut("k.reject").apply(&flow(), KINDS).expect("cut"), "s"), ["in<k", "in<b"]);
    assert_eq!(refused(&cut("a"), &flow()), "s: there is no wire from `a` to `in` of `s`");
}

#[test]
fn new_settings_keep_what_the_panel_did_not_show() {
    let flow = load(
        "  k:
    kind: keep
    settings: {col: x, limit: '${n}', tags: ['${n}', b], future: [1]}
",
    );
    let set = |settings: Value| {
        let settings = settings.as_object().expect("a map").clone();
        let flow = Edit::SetSettings { id: id("k"), settings }.apply(&flow, KINDS).expect("set");
        assert_eq!(flow.nodes["k"].version, 2);
        Value::Object(flow.nodes["k"].settings.clone())
    };
    assert_eq!(
        set(json!({"column": "y", "limit": 3, "tags": [3, "c"]})),
        json!({"column": "y", "limit": "${n}", "tags": ["${n}", "c"], "future": [1]})
    );
    assert_eq!(set(json!({"limit": 4})), json!({"limit": 4, "future": [1]}));
}

#[test]
fn a_setting_whose_parameter_is_the_default_keeps_its_reference() {
    let mut flow = load("  k: {kind: keep, version: 2, settings: {limit: '${n}'}}\n");
    flow.parameters["n"].default = Some(json!(0));
    let edit = Edit::SetSettings { id: id("k"), settings: Map::new() };
    let flow = edit.apply(&flow, KINDS).expect("set");
    assert_eq!(Value::Object(flow.nodes["k"].settings.clone()), json!({"limit": "${n}"}));
}

#[test]
fn wires_follow_a_new_name() {
    let rename = |to: &str| Edit::RenameNode { id: id("k"), to: id(to) };
    let renamed = rename("kept").apply(&flow(), KINDS).expect("renamed");
    assert_eq!(wires(&renamed, "s"), ["in<kept", "in<kept.reject", "in<b"]);
    assert_eq!(renamed.nodes.get_index_of("kept"), Some(2));
    assert_eq!(refused(&rename("a"), &flow()), "there is a node `a` already; `a_2` is free");
    assert_eq!(rename("k").apply(&flow(), KINDS).expect("nothing"), flow());
}

#[test]
fn copies_are_wired_among_themselves() {
    let mut flow = flow();
    flow.nodes["k"].at = Some([10, 10]);
    let nodes: IndexMap<_, _> =
        ["k", "s"].into_iter().map(|name| (id(name), flow.nodes[name].clone())).collect();
    let edit = Edit::Paste { nodes, by: [5, -5] };
    let once = edit.apply(&flow, KINDS).expect("pasted");
    assert_eq!(wires(&once, "s_2"), ["in<k_2", "in<k_2.reject"]);
    assert_eq!((wires(&once, "k_2").len(), once.nodes["k_2"].at), (0, Some([15, 5])));
    let nodes = IndexMap::from([(id("k_2"), once.nodes["k_2"].clone())]);
    let twice = Edit::Paste { nodes, by: [0, 0] }.apply(&once, KINDS).expect("pasted");
    assert!(twice.nodes.contains_key("k_3"));
}

#[test]
fn edits_are_plain_data() {
    let edits = json!([
        {"edit": "add_node", "kind": "rows"},
        {"edit": "set_name", "name": "x"},
        {"edit": "set_parameter", "name": "p", "parameter": {"default": 1, "description": "", "rest": {}}},
        {"edit": "place_nodes", "at": {"rows": [1, 1]}},
        {"edit": "move_nodes", "ids": ["rows"], "by": [2, 3]},
        {"edit": "set_note", "id": "rows", "note": "n"},
        {"edit": "set_description", "description": "d"},
        {"edit": "remove_parameter", "name": "p"},
    ]);
    let edits: Vec<Edit> = serde_json::from_value(edits).expect("edits");
    let flow = edits.iter().fold(Flow::default(), |flow, edit| edit.apply(&flow, KINDS).expect("applied"));
    assert_eq!((flow.name.as_str(), flow.description.as_str(), flow.parameters.len()), ("x", "d", 0));
    assert_eq!((flow.nodes["rows"].at, flow.nodes["rows"].note.as_str()), (Some([3, 4]), "n"));
    let edit = Edit::SetParameter { name: "a b".to_owned(), parameter: Parameter::default() };
    assert!(refused(&edit, &flow).contains("cannot name a parameter"));
}

#[test]
fn a_renamed_parameter_takes_its_uses_along() {
    let edits = json!([
        {"edit": "set_parameter", "name": "day", "parameter": {"default": "monday"}},
        {"edit": "set_parameter", "name": "days", "parameter": {"default": 7}},
        {"edit": "add_node", "kind": "keep", "settings": {
            "column": "${day}", "limit": "${days}",
            "more": ["a ${day} of ${days}, $${day} costs $5", {"in": "${day}"}, "${day is no use"]
        }},
        {"edit": "rename_parameter", "name": "day", "to": "weekday"},
    ]);
    let edits: Vec<Edit> = serde_json::from_value(edits).expect("edits");
    let flow = edits.iter().fold(Flow::default(), |flow, edit| edit.apply(&flow, KINDS).expect("applied"));
    assert_eq!(flow.parameters.keys().collect::<Vec<_>>(), ["weekday", "days"]);
    let settings = &flow.nodes["keep"].settings;
    assert_eq!((&settings["column"], &settings["limit"]), (&json!("${weekday}"), &json!("${days}")));
    let more = json!(["a ${weekday} of ${days}, $${day} costs $5", {"in": "${weekday}"}, "${day is no use"]);
    assert_eq!(settings["more"], more);
    for (name, to, why) in
        [("dayz", "x", "did you mean `days`"), ("days", "weekday", "already"), ("days", "a b", "cannot name")]
    {
        let edit = Edit::RenameParameter { name: name.to_owned(), to: to.to_owned() };
        assert!(refused(&edit, &flow).contains(why), "{name} to {to}: {}", refused(&edit, &flow));
    }
}

fn random_edit(dice: &mut Dice, flow: &Flow) -> Edit {
    let name = {
        let mut names: Vec<NodeId> = flow.nodes.keys().cloned().collect();
        names.push(id("gone"));
        move |dice: &mut Dice| names[dice.below(names.len())].clone()
    };
    let by = [dice.below(9) as i32 - 4, dice.below(9) as i32];
    let word = dice.pick(&["yes", "a\nb", "${n}", " x", "1e5", ""]).to_owned();
    match dice.below(16) {
        0..=3 => {
            let kind = dice.pick(&["keep", "pair", "rows", "stack"]).to_owned();
            Edit::AddNode { id: None, kind, at: Some(by), settings: Map::new() }
        }
        4 => Edit::RemoveNodes { ids: vec![name(dice)], heal: dice.below(2) == 0 },
        5..=8 => {
            let port = dice.pick(&[None, Some("reject")]).map(str::to_owned);
            let from = Output { node: name(dice), port };
            Edit::Connect { from, to: name(dice), port: None, index: Some(dice.below(3)) }
        }
        9 => Edit::Disconnect { from: Output::first(name(dice)), to: name(dice), port: "in".to_owned() },
        10 => {
            let settings = json!({"column": word, "limit": dice.below(5)});
            Edit::SetSettings { id: name(dice), settings: settings.as_object().expect("a map").clone() }
        }
        11 => Edit::RenameNode { id: name(dice), to: flow.free_id("renamed") },
        12 => Edit::MoveNodes { ids: vec![name(dice)], by },
        13 => Edit::SetNote { id: name(dice), note: word },
        14 => Edit::SetParameter {
            name: "n".to_owned(),
            parameter: Parameter { default: Some(json!(word)), ..Parameter::default() },
        },
        _ => {
            let nodes = [name(dice), name(dice)].into_iter();
            let nodes = nodes.filter_map(|id| Some((id.clone(), flow.nodes.get(&id)?.clone()))).collect();
            Edit::Paste { nodes, by }
        }
    }
}

#[test]
fn a_long_script_is_undone_to_its_start_and_redone_to_its_end() {
    let mut dice = Dice::new(7);
    let mut history = History::new(flow());
    let mut applied = 0;
    for step in 0..1000 {
        let edit = random_edit(&mut dice, history.flow());
        let gesture = dice.pick(&[None, None, Some("drag")]);
        if history.edit_during(&edit, KINDS, gesture).is_ok() {
            applied += 1;
        }
        if step % 50 == 0 {
            let reloaded =
                file::load(&file::save(history.flow())).expect("every state can be saved and read");
            assert_eq!(reloaded, **history.flow());
        }
    }
    assert!(applied > 400, "{applied} edits applied");
    let end = history.flow().clone();
    let mut steps = 0;
    while history.undo() {
        steps += 1;
    }
    assert_eq!(file::save(history.flow()), file::save(&flow()));
    assert!(history.is_saved());
    while history.redo() {
        steps -= 1;
    }
    assert_eq!(steps, 0);
    assert_eq!(file::save(history.flow()), file::save(&end));
    assert_eq!(file::load(&file::save(&end)).expect("a flow"), *end);
}
