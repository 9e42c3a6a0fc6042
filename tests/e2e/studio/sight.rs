//! What a person sees: labels and roles, and the flow as text.

use egui::accesskit::{Role, Toggled};
use egui::{Pos2, Shape};
use egui_kittest::Node;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flowloom_flow::NodeId;
use flowloom_ui::status::Status;

use super::Studio;

impl Studio {
    /// All labels on screen, for messages of failed tests.
    pub(crate) fn seen(&self) -> String {
        let all = self.harness.root();
        let mut labels: Vec<String> = all.children_recursive().filter_map(|node| words(&node)).collect();
        labels.dedup();
        labels.join(" | ")
    }

    #[track_caller]
    pub(crate) fn find<'a>(&'a self, label: &'a str) -> Node<'a> {
        match self.harness.query_all_by_label(label).next() {
            Some(node) => node,
            None => panic!("nothing is called {label:?} among: {}", self.seen()),
        }
    }

    /// Labels of everything that has this role, from the top.
    pub(crate) fn labels(&self, role: Role) -> Vec<String> {
        self.harness.query_all_by_role(role).filter_map(|node| node.accesskit_node().label()).collect()
    }

    /// What has this role, where several things have the same name.
    #[track_caller]
    pub(crate) fn find_role<'a>(&'a self, role: Role, label: &'a str) -> Node<'a> {
        match self.harness.query_all_by_role_and_label(role, label).next() {
            Some(node) => node,
            None => panic!("no {role:?} is called {label:?} among: {}", self.seen()),
        }
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub(crate) fn has_part(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    pub(crate) fn has_role(&self, role: Role, label: &str) -> bool {
        self.harness.query_all_by_role_and_label(role, label).next().is_some()
    }

    /// The text in a field, or the value of a drop-down.
    #[track_caller]
    pub(crate) fn value(&self, label: &str) -> String {
        self.find(label).value().unwrap_or_default()
    }

    /// Whether the tab of that name is the open one.
    #[track_caller]
    pub(crate) fn is_open(&self, tab: &str) -> bool {
        match self.harness.query_all_by_role_and_label(Role::Tab, tab).next() {
            Some(node) => node.accesskit_node().toggled() == Some(Toggled::True),
            None => panic!("no tab is called {tab:?} among: {}", self.seen()),
        }
    }

    /// The entry of an open menu; its keys stand behind its name.
    #[track_caller]
    pub(crate) fn entry<'a>(&'a self, name: &'a str) -> Node<'a> {
        match self.entries(name).next() {
            Some(node) => node,
            None => panic!("no menu entry is called {name:?} among: {}", self.seen()),
        }
    }

    pub(crate) fn has_entry(&self, name: &str) -> bool {
        self.entries(name).next().is_some()
    }

    fn entries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Node<'a>> {
        let has_keys = move |label: &str| label.strip_prefix(name).is_some_and(|keys| keys.starts_with(' '));
        let with_keys = self.harness.query_all_by(move |node| {
            node.role() == Role::Button && node.label().is_some_and(|label| has_keys(&label))
        });
        with_keys.chain(self.harness.query_all_by_role_and_label(Role::Button, name))
    }

    /// A tool of the toolbar: under the menus, over the canvas.
    #[track_caller]
    pub(crate) fn tool<'a>(&'a self, label: &'a str) -> Node<'a> {
        let (top, bottom) = (self.find("File").rect().bottom(), self.canvas().top());
        let mut found = self.harness.query_all_by_role_and_label(Role::Button, label);
        match found.find(|node| node.rect().top() > top && node.rect().bottom() < bottom) {
            Some(node) => node,
            None => panic!("no tool is called {label:?} among: {}", self.seen()),
        }
    }

    /// The middle of a node on the canvas, by its title.
    #[track_caller]
    pub(crate) fn node(&self, title: &str) -> Pos2 {
        self.told(title).rect().center()
    }

    /// What the canvas tells of a node.
    #[track_caller]
    pub(crate) fn told<'a>(&'a self, title: &'a str) -> Node<'a> {
        let start = format!("{title}, ");
        let found = self.harness.query_all_by(move |node| {
            node.role() == Role::GraphicsObject && node.label().is_some_and(|label| label.starts_with(&start))
        });
        match { found }.next() {
            Some(node) => node,
            None => panic!("no node is called {title:?} among: {}", self.seen()),
        }
    }

    /// The middle of a port or wire, by its whole name.
    #[track_caller]
    pub(crate) fn port(&self, name: &str) -> Pos2 {
        self.find(name).rect().center()
    }

    /// The middle of a wire, by its nodes' titles.
    #[track_caller]
    pub(crate) fn wire(&self, from: &str, to: &str) -> Pos2 {
        let (start, end) = (format!("Wire from {from}"), format!(" to {to}"));
        let found = self.harness.query_all_by(move |node| {
            node.label().is_some_and(|label| label.starts_with(&start) && label.contains(&end))
        });
        match { found }.next() {
            Some(node) => node.rect().center(),
            None => panic!("no wire goes from {from:?} to {to:?} among: {}", self.seen()),
        }
    }

    /// A point of the canvas with nothing near: under its middle.
    pub(crate) fn nowhere(&self) -> Pos2 {
        let canvas = self.canvas();
        Pos2::new(canvas.center().x, canvas.bottom() - 60.0)
    }

    /// Where the canvas is on screen.
    pub(crate) fn canvas(&self) -> egui::Rect {
        let found = self.harness.query_all_by(|node| {
            node.role() == Role::GraphicsDocument
                && node.label().is_some_and(|label| label.starts_with("Canvas"))
        });
        { found }.next().expect("a canvas").rect()
    }

    /// Whether these words are painted, as hints in hand and keys in lists are.
    pub(crate) fn paints(&self, part: &str) -> bool {
        self.harness.output().shapes.iter().any(|clipped| has_text(&clipped.shape, part))
    }

    /// Names of the nodes, in the order of the file.
    pub(crate) fn nodes(&self) -> Vec<&str> {
        self.flow().nodes.keys().map(NodeId::as_str).collect()
    }

    pub(crate) fn selected(&self) -> Vec<&str> {
        self.doc().selection.iter().map(NodeId::as_str).collect()
    }

    /// Wires as `from.port>to.port`, in the order of the file.
    pub(crate) fn wires(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (id, node) in &self.flow().nodes {
            for wire in &node.inputs {
                let from = match &wire.from.port {
                    Some(port) => format!("{}.{port}", wire.from.node),
                    None => wire.from.node.to_string(),
                };
                found.push(format!("{from}>{id}.{}", wire.port));
            }
        }
        found
    }

    #[track_caller]
    pub(crate) fn at(&self, node: &str) -> [i32; 2] {
        self.flow().nodes[node].at.expect("a place")
    }

    /// Each node's state, in the order of the file.
    pub(crate) fn states(&self) -> Vec<Status> {
        self.flow().nodes.keys().map(|id| self.doc().status(id)).collect()
    }

    /// Cells of the table that are in sight, row by row.
    pub(crate) fn cells(&self) -> Vec<String> {
        self.labels(Role::GridCell)
    }
}

/// A thing's name; of a text, what it says.
fn words(node: &Node<'_>) -> Option<String> {
    let node = node.accesskit_node();
    node.label().or_else(|| if node.role() == Role::Label { node.value() } else { None })
}

fn has_text(shape: &Shape, part: &str) -> bool {
    match shape {
        Shape::Text(text) => text.galley.text().contains(part),
        Shape::Vec(shapes) => shapes.iter().any(|shape| has_text(shape, part)),
        _ => false,
    }
}
