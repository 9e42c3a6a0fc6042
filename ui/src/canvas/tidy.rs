//! Laying a flow out from left to right: layers by the longest path, few crossings, straight wires.
//!
//! After Sugiyama's method: layering, ordering by barycentres with the best order kept, and heights that
//! are for each layer the least-squares answer to where its neighbours pull (isotonic regression).

use std::collections::BTreeSet;

use egui::{Pos2, Rect, Vec2};
use flowloom_flow::{Edit, Flow, NodeId, Registry};

use super::geometry::{self, GAP, GRID};
use super::scene::{Item, Link, Scene};
use layers::Graph;

#[path = "layers.rs"]
mod layers;

/// Where a whole flow begins.
const START: Pos2 = Pos2::new(40.0, 40.0);

/// Places the nodes of `selection`; all of them where it is empty, or one node, which has nothing to be laid out by.
pub fn tidy(flow: &Flow, registry: Registry, selection: &BTreeSet<NodeId>) -> Edit {
    let is_whole = selection.len() < 2;
    let mut scene = Scene::default();
    // Without fonts: letters of a name are about that wide.
    let measure = |name: &str| name.chars().count() as f32 * 7.2;
    scene.follow(&std::sync::Arc::new(flow.clone()), registry, measure);
    let chosen: Vec<usize> = (0..scene.items.len())
        .filter(|item| is_whole || selection.contains(&scene.items[*item].id))
        .collect();
    let start = if is_whole {
        START
    } else {
        chosen.iter().fold(Rect::NOTHING, |all, item| all.union(scene.items[*item].rect)).min
    };
    let places = arrange(&scene.items, &scene.links, &chosen);
    let at = chosen
        .iter()
        .zip(places)
        .map(|(item, place)| {
            (scene.items[*item].id.clone(), geometry::whole(geometry::snapped(start + place.to_vec2())))
        })
        .collect();
    Edit::PlaceNodes { at }
}

/// Gives nodes that have no place one: a whole flow is laid out; a few new nodes go right of what they read.
pub(super) fn place_missing(items: &mut [Item], links: &[Link], is_placed: &[bool]) {
    let chosen: Vec<usize> = (0..items.len()).filter(|item| !is_placed[*item]).collect();
    let taken = (0..items.len())
        .filter(|item| is_placed[*item])
        .fold(Rect::NOTHING, |all, item| all.union(items[item].rect));
    let places = arrange(items, links, &chosen);
    let start = if taken.is_positive() {
        let beside = links
            .iter()
            .filter(|link| is_placed[link.from] && !is_placed[link.to])
            .map(|link| items[link.from].rect)
            .reduce(Rect::union);
        match beside {
            Some(rect) => Pos2::new(taken.right() + GAP.x, rect.top()),
            None => Pos2::new(taken.left(), taken.bottom() + 2.0 * GAP.y),
        }
    } else {
        START
    };
    for (item, place) in chosen.into_iter().zip(places) {
        let rect = &mut items[item].rect;
        *rect = Rect::from_min_size(geometry::snapped(start + place.to_vec2()), rect.size());
    }
}

/// Places of `chosen` from the origin on, in the same order. Parts without a wire between them lie under each other.
fn arrange(items: &[Item], links: &[Link], chosen: &[usize]) -> Vec<Pos2> {
    let mut local = vec![usize::MAX; items.len()];
    for (at, item) in chosen.iter().enumerate() {
        local[*item] = at;
    }
    let edges: Vec<layers::Edge> = links
        .iter()
        .filter(|link| local[link.from] != usize::MAX && local[link.to] != usize::MAX)
        .map(|link| layers::Edge {
            from: local[link.from],
            to: local[link.to],
            from_y: geometry::row_y(link.from_port),
            to_y: geometry::row_y(link.to_port),
        })
        .collect();
    let sizes: Vec<Vec2> = chosen.iter().map(|item| items[*item].rect.size()).collect();
    let mut places = vec![Pos2::ZERO; chosen.len()];
    let mut top = 0.0;
    for part in parts(chosen.len(), &edges) {
        let mut graph = Graph::new(&part, &edges, &sizes);
        let laid = graph.lay_out(GAP);
        let height = part.iter().zip(&laid).map(|(node, place)| place.y + sizes[*node].y).fold(0.0, f32::max);
        for (node, place) in part.iter().zip(laid) {
            places[*node] = place + Vec2::Y * top;
        }
        top = ((top + height + 2.0 * GAP.y) / GRID).ceil() * GRID;
    }
    places
}

/// Nodes that wires hold together, each part in ascending order, parts by their first node.
fn parts(nodes: usize, edges: &[layers::Edge]) -> Vec<Vec<usize>> {
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while root[at] != at {
            root[at] = root[root[at]];
            at = root[at];
        }
        at
    }
    let mut root: Vec<usize> = (0..nodes).collect();
    for edge in edges {
        let (a, b) = (find(&mut root, edge.from), find(&mut root, edge.to));
        root[a.max(b)] = a.min(b);
    }
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for node in 0..nodes {
        let at = find(&mut root, node);
        found[at].push(node);
    }
    found.retain(|part| !part.is_empty());
    found
}

#[cfg(test)]
#[path = "tidy_tests.rs"]
mod tests;
