//! One connected part of a flow in layers.

use egui::{Pos2, Vec2};

/// Wires over more layers than this get no place kept free between the nodes.
const LONGEST: usize = 24;
const SWEEPS: usize = 8;

#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where it leaves and arrives, from the top of its nodes.
    pub(super) from_y: f32,
    pub(super) to_y: f32,
}

/// Real nodes first, in the order of the part; then places that long wires pass through.
pub(super) struct Graph {
    real: usize,
    sizes: Vec<Vec2>,
    layer: Vec<usize>,
    /// Of each node: neighbours before and behind, with both ends' heights.
    before: Vec<Vec<Edge>>,
    behind: Vec<Vec<Edge>>,
    layers: Vec<Vec<usize>>,
    order: Vec<usize>,
    y: Vec<f32>,
}

impl Graph {
    pub(super) fn new(part: &[usize], edges: &[Edge], sizes: &[Vec2]) -> Self {
        let mut local = vec![usize::MAX; sizes.len()];
        for (at, node) in part.iter().enumerate() {
            local[*node] = at;
        }
        let edges: Vec<Edge> = edges
            .iter()
            .filter(|edge| local[edge.from] != usize::MAX)
            .map(|edge| Edge { from: local[edge.from], to: local[edge.to], ..*edge })
            .collect();
        let layer = layering(part.len(), &edges);
        let mut graph = Self {
            real: part.len(),
            sizes: part.iter().map(|node| sizes[*node]).collect(),
            layer,
            before: vec![Vec::new(); part.len()],
            behind: vec![Vec::new(); part.len()],
            layers: Vec::new(),
            order: Vec::new(),
            y: Vec::new(),
        };
        for edge in edges {
            graph.thread(edge);
        }
        let count = graph.layer.iter().max().map_or(0, |last| last + 1);
        graph.layers = vec![Vec::new(); count];
        for (node, layer) in graph.layer.iter().enumerate() {
            graph.layers[*layer].push(node);
        }
        graph.order = vec![0; graph.layer.len()];
        graph.y = vec![0.0; graph.layer.len()];
        graph
    }

    /// Adds an edge, with a place in each layer that it passes.
    fn thread(&mut self, edge: Edge) {
        let (first, last) = (self.layer[edge.from], self.layer[edge.to]);
        let mut from = (edge.from, edge.from_y);
        if last > first + 1 && last - first <= LONGEST {
            for layer in first + 1..last {
                let place = self.layer.len();
                self.layer.push(layer);
                self.sizes.push(Vec2::ZERO);
                self.before.push(Vec::new());
                self.behind.push(Vec::new());
                self.join(Edge { from: from.0, to: place, from_y: from.1, to_y: 0.0 });
                from = (place, 0.0);
            }
        }
        self.join(Edge { from: from.0, to: edge.to, from_y: from.1, to_y: edge.to_y });
    }

    fn join(&mut self, edge: Edge) {
        self.behind[edge.from].push(edge);
        self.before[edge.to].push(edge);
    }

    /// The left top corner of each real node.
    pub(super) fn lay_out(&mut self, gap: Vec2) -> Vec<Pos2> {
        self.reduce_crossings();
        self.set_heights(gap.y);
        let mut x = 0.0;
        let mut lefts = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            lefts.push(x);
            x += layer.iter().map(|node| self.sizes[*node].x).fold(0.0, f32::max) + gap.x;
        }
        let top = self.y[..self.real].iter().copied().fold(f32::INFINITY, f32::min);
        (0..self.real).map(|node| Pos2::new(lefts[self.layer[node]], self.y[node] - top)).collect()
    }

    fn number(&mut self) {
        for layer in &self.layers {
            for (at, node) in layer.iter().enumerate() {
                self.order[*node] = at;
            }
        }
    }

    fn reduce_crossings(&mut self) {
        self.start_order();
        self.number();
        let mut best = (self.crossings(), self.layers.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let count = self.layers.len();
            for step in 1..count {
                let is_right = sweep % 2 == 0;
                let at = if is_right { step } else { count - 1 - step };
                self.sort_layer(at, is_right);
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.layers.clone());
            }
        }
        self.layers = best.1;
        self.number();
    }

    /// Depth first from the left, so that what belongs together starts together.
    fn start_order(&mut self) {
        let mut seen = vec![false; self.layer.len()];
        let mut layers = vec![Vec::new(); self.layers.len()];
        let starts: Vec<usize> = self.layers.iter().flatten().copied().collect();
        for start in starts {
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                if std::mem::replace(&mut seen[node], true) {
                    continue;
                }
                layers[self.layer[node]].push(node);
                let mut next: Vec<&Edge> = self.behind[node].iter().collect();
                next.sort_by(|a, b| b.from_y.total_cmp(&a.from_y));
                open.extend(next.into_iter().map(|edge| edge.to));
            }
        }
        self.layers = layers;
    }

    fn sort_layer(&mut self, at: usize, is_right: bool) {
        let mut keyed: Vec<(f32, usize)> = self.layers[at]
            .iter()
            .map(|node| {
                let pulls: Vec<f32> = if is_right {
                    self.before[*node]
                        .iter()
                        .map(|edge| self.order[edge.from] as f32 + edge.from_y / 1e4)
                        .collect()
                } else {
                    self.behind[*node]
                        .iter()
                        .map(|edge| self.order[edge.to] as f32 + edge.to_y / 1e4)
                        .collect()
                };
                let own = self.order[*node] as f32;
                let pull =
                    if pulls.is_empty() { own } else { pulls.iter().sum::<f32>() / pulls.len() as f32 };
                (pull, *node)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.layers[at] = keyed.into_iter().map(|(_, node)| node).collect();
        for (order, node) in self.layers[at].iter().enumerate() {
            self.order[*node] = order;
        }
    }

    /// Pairs of edges between neighbouring layers that cross: inversions, counted with a Fenwick tree.
    fn crossings(&self) -> usize {
        let mut total = 0;
        for layer in &self.layers {
            let mut ends: Vec<(usize, f32, usize, f32)> = layer
                .iter()
                .flat_map(|node| &self.behind[*node])
                .map(|edge| (self.order[edge.from], edge.from_y, self.order[edge.to], edge.to_y))
                .collect();
            ends.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
            let width = ends.iter().map(|end| end.2 + 1).max().unwrap_or(0);
            let mut tree = vec![0_usize; width + 1];
            for (seen, end) in ends.iter().enumerate() {
                let mut at = end.2 + 1;
                let mut not_above = 0;
                while at > 0 {
                    not_above += tree[at];
                    at &= at - 1;
                }
                total += seen - not_above;
                let mut at = end.2 + 1;
                while at <= width {
                    tree[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
        total
    }

    fn set_heights(&mut self, gap: f32) {
        for layer in &self.layers {
            let mut y = 0.0;
            for node in layer {
                self.y[*node] = y;
                y += self.sizes[*node].y + gap;
            }
        }
        let count = self.layers.len();
        for sweep in 0..SWEEPS {
            for step in 0..count {
                let at = if sweep % 2 == 0 { step } else { count - 1 - step };
                self.settle_layer(at, gap);
            }
        }
        let grid = super::GRID;
        for y in &mut self.y {
            *y = (*y / grid).round() * grid;
        }
        // Rounding may have brought neighbours a step too close.
        for layer in &self.layers {
            let mut free = f32::NEG_INFINITY;
            for node in layer {
                let step = ((free - self.y[*node]) / grid).ceil() * grid;
                self.y[*node] += step.max(0.0);
                free = self.y[*node] + self.sizes[*node].y + gap - grid;
            }
        }
    }

    /// Moves a layer's nodes to where their neighbours pull, in their order and with room between them.
    fn settle_layer(&mut self, at: usize, gap: f32) {
        // Blocks of nodes that touch: (sum of weighted wishes, weight, nodes).
        let mut blocks: Vec<(f32, f32, usize)> = Vec::new();
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(self.layers[at].len());
        for node in &self.layers[at] {
            let pulls = self.before[*node].iter().map(|edge| (edge, edge.from, edge.from_y - edge.to_y));
            let pulls =
                pulls.chain(self.behind[*node].iter().map(|edge| (edge, edge.to, edge.to_y - edge.from_y)));
            let (mut sum, mut weight) = (0.0, 0.0);
            for (edge, other, shift) in pulls {
                // Long wires are held straight; where a node has one neighbour, it follows it.
                let strength = if edge.from >= self.real || edge.to >= self.real { 2.0 } else { 1.0 };
                sum += strength * (self.y[other] + shift);
                weight += strength;
            }
            let (wish, weight) = if weight > 0.0 { (sum / weight, weight) } else { (self.y[*node], 0.1) };
            offsets.push(offset);
            blocks.push(((wish - offset) * weight, weight, 1));
            offset += self.sizes[*node].y + gap;
            while blocks.len() > 1 {
                let (last, before) = (blocks[blocks.len() - 1], blocks[blocks.len() - 2]);
                if before.0 / before.1 <= last.0 / last.1 {
                    break;
                }
                blocks.pop();
                let at = blocks.len() - 1;
                blocks[at] = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
            }
        }
        let mut next = 0;
        for (sum, weight, count) in blocks {
            for _ in 0..count {
                self.y[self.layers[at][next]] = sum / weight + offsets[next];
                next += 1;
            }
        }
    }
}

/// The longest path to each node; what has nothing before it moves next to what reads it first.
fn layering(nodes: usize, edges: &[Edge]) -> Vec<usize> {
    let mut into = vec![0_usize; nodes];
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for edge in edges {
        into[edge.to] += 1;
        behind[edge.from].push(edge.to);
    }
    let is_start: Vec<bool> = into.iter().map(|count| *count == 0).collect();
    let mut layer = vec![0_usize; nodes];
    let mut open: std::collections::VecDeque<usize> = (0..nodes).filter(|node| is_start[*node]).collect();
    while let Some(node) = open.pop_front() {
        for next in &behind[node] {
            layer[*next] = layer[*next].max(layer[node] + 1);
            into[*next] -= 1;
            if into[*next] == 0 {
                open.push_back(*next);
            }
        }
    }
    for node in (0..nodes).filter(|node| is_start[*node]) {
        if let Some(first) = behind[node].iter().map(|next| layer[*next]).min() {
            layer[node] = first.saturating_sub(1).max(layer[node]);
        }
    }
    layer
}
