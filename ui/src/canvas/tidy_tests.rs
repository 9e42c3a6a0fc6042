use flowloom_flow::{FlowNode, Output, Wire};

use super::*;

/// Nodes of `filter`s by name; wires as `from>to` or `from.reject>to`.
fn flow(nodes: &[&str], wires: &[&str]) -> Flow {
    let node =
        |name: &&str| (NodeId::nearest(name), FlowNode { kind: "filter".to_owned(), ..FlowNode::default() });
    let mut flow = Flow { nodes: nodes.iter().map(node).collect(), ..Flow::default() };
    for wire in wires {
        let (from, to) = wire.split_once('>').expect("from>to");
        let (from, port) =
            from.split_once('.').map_or((from, None), |(from, port)| (from, Some(port.to_owned())));
        let wire = Wire { port: "in".to_owned(), from: Output { node: NodeId::nearest(from), port } };
        flow.nodes[to].inputs.push(wire);
    }
    flow
}

fn placed(flow: &Flow) -> Vec<(String, [i32; 2])> {
    match tidy(flow, flowloom_studio::registry(), &BTreeSet::new()) {
        Edit::PlaceNodes { at } => at.into_iter().map(|(id, at)| (id.to_string(), at)).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_chain_is_one_straight_row() {
    let places = placed(&flow(&["a", "b", "c"], &["a>b", "b>c"]));
    assert!(
        places.windows(2).all(|pair| pair[0].1[1] == pair[1].1[1] && pair[0].1[0] + 176 < pair[1].1[0]),
        "{places:?}"
    );
    assert_eq!(places[0].1, [40, 40]);
}

#[test]
fn the_second_output_goes_below_the_first() {
    let places = placed(&flow(&["a", "rejected", "passed"], &["a.reject>rejected", "a>passed"]));
    assert!(places[1].1[1] > places[2].1[1], "{places:?}");
}

#[test]
fn a_late_source_stands_next_to_what_reads_it() {
    let places = placed(&flow(&["a", "b", "c", "late"], &["a>b", "b>c", "late>c"]));
    assert_eq!(places[3].1[0], places[1].1[0], "{places:?}");
}

#[test]
fn nothing_overlaps_and_everything_goes_right() {
    let names: Vec<String> = (0..300).map(|number| format!("n{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wires: Vec<String> = (1..300)
        .map(|to| format!("n{}>n{to}", (to * 7) / 10))
        .chain((10..300).step_by(9).map(|to| format!("n{}>n{to}", to / 3)))
        .collect();
    let wires: Vec<&str> = wires.iter().map(String::as_str).collect();
    let flow = flow(&names, &wires);
    let places = placed(&flow);
    assert_eq!(places, placed(&flow), "the same flow, the same places");
    for (i, (a, at)) in places.iter().enumerate() {
        for (b, other) in &places[i + 1..] {
            let is_apart = (at[0] - other[0]).abs() >= 176 || (at[1] - other[1]).abs() >= 106;
            assert!(is_apart, "{a} at {at:?} and {b} at {other:?}");
        }
    }
    let x = |id: &NodeId| places.iter().find(|(name, _)| name == id.as_str()).map(|(_, at)| at[0]);
    for (id, node) in &flow.nodes {
        assert!(node.inputs.iter().all(|wire| x(&wire.from.node) < x(id)), "{id}");
    }
}

#[test]
fn crossings_are_undone() {
    let places =
        placed(&flow(&["s", "a", "b", "c", "x", "y", "z"], &["s>a", "s>b", "s>c", "a>z", "b>y", "c>x"]));
    let y = |name: &str| places.iter().find(|(each, _)| each == name).map(|(_, at)| at[1]);
    let first: Vec<_> = ["a", "b", "c"].map(y).to_vec();
    let second: Vec<_> = ["z", "y", "x"].map(y).to_vec();
    assert_eq!(first, second, "{places:?}");
}
