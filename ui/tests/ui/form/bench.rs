//! A settings panel with a session behind it: what it asks for is carried out after each frame.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Frame, Key, Modifiers, Theme, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use flowloom_flow::NodeId;
use flowloom_studio::{Command, Limits, Reply, Session};
use flowloom_ui::doc::Doc;
use flowloom_ui::panel::settings::{self, SettingsState};
use flowloom_ui::request::{PickFor, Request, Requests};
use flowloom_ui::theme::Tokens;
use serde_json::{Map, Value as Json};

const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct State {
    pub(crate) session: Session,
    pub(crate) doc: Doc,
    panel: SettingsState,
    /// Questions to the outside are asked, not only noted.
    pub(crate) has_outside: bool,
    /// What was asked for and is no edit.
    pub(crate) asked: Vec<Request>,
}

/// A panel on screen.
pub(crate) struct Bench {
    pub(crate) ui: Harness<'static, State>,
}

/// How a panel is shown.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) width: f32,
    pub(crate) height: f32,
    pub(crate) theme: Theme,
    pub(crate) scale: f32,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 328.0, height: 3200.0, theme: Theme::Dark, scale: 1.0 }
    }
}

impl Bench {
    /// The panel of `node` in the flow that is written in `flow`.
    pub(crate) fn of(flow: &str, node: &str) -> Self {
        Self::look(flow, Some(node), Look::default())
    }

    pub(crate) fn look(flow: &str, node: Option<&str>, look: Look) -> Self {
        let mut session = Session::new(Limits::default());
        let command = Command::Recover { text: flow.to_owned(), path: None, folder: ".".into() };
        let key = match session.send(command) {
            Ok(Reply::Opened { flow, .. }) => flow,
            Ok(_) => panic!("a flow opens"),
            Err(problems) => panic!("{problems:?}"),
        };
        let mut doc = Doc::new(&mut session, key).expect("a document");
        doc.selection = node.into_iter().map(NodeId::nearest).collect();
        let state =
            State { session, doc, panel: SettingsState::default(), has_outside: false, asked: Vec::new() };
        let ui = Harness::builder()
            .with_size(Vec2::new(look.width, look.height))
            .with_pixels_per_point(look.scale)
            .with_theme(look.theme)
            .with_context_setup(flowloom_ui::install)
            .with_step_dt(0.05)
            .build_ui_state(frame, state);
        let mut bench = Self { ui };
        bench.settle();
        bench
    }

    /// Frames until everything is worked out and nothing moves.
    pub(crate) fn settle(&mut self) {
        let until = Instant::now() + DEADLINE;
        self.ui.run_steps(4);
        while !self.ui.state().doc.is_compiled() || self.ui.state().doc.is_busy() {
            assert!(Instant::now() < until, "the flow was not compiled, or no answer came, in time");
            std::thread::yield_now();
            self.ui.step();
        }
        self.ui.run_steps(3);
        self.ui.check_accessibility();
    }

    pub(crate) fn find<'a>(&'a self, label: &'a str) -> Node<'a> {
        let all: Vec<_> = self.ui.query_all_by_label(label).collect();
        let mut controls: Vec<_> =
            all.into_iter().filter(|node| node.accesskit_node().role() != Role::Label).collect();
        assert!(controls.len() == 1, "{} controls are called `{label}`:\n{}", controls.len(), self.labels());
        controls.remove(0)
    }

    /// A text field; sections and switches may be called the same.
    pub(crate) fn field<'a>(&'a self, label: &'a str) -> Node<'a> {
        let is_field = |node: &Node<'_>| {
            matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
        };
        let mut fields: Vec<_> = self.ui.query_all_by_label(label).filter(is_field).collect();
        assert!(fields.len() == 1, "{} fields are called `{label}`:\n{}", fields.len(), self.labels());
        fields.remove(0)
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.ui.query_all_by_label(label).next().is_some()
    }

    /// Whether something on screen says `text`, as a part of what it says.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.ui.query_all_by_label_contains(text).next().is_some()
    }

    pub(crate) fn labels(&self) -> String {
        let all = self.ui.root().children_recursive().filter_map(|node| {
            let node = node.accesskit_node();
            let name = node.label().or_else(|| node.value())?;
            Some(format!("{:?} {name}", node.role()))
        });
        all.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn click(&mut self, label: &str) -> &mut Self {
        self.find(label).click();
        self.settle();
        self
    }

    /// An entry of the list that is open.
    pub(crate) fn pick(&mut self, entry: &str) -> &mut Self {
        if self.has("Find in the list") {
            self.fill("Find in the list", entry);
        }
        self.ui.get_by_role_and_label(Role::ListBoxOption, entry).click();
        self.settle();
        self
    }

    /// Opens the list of `label` and picks `entry`.
    pub(crate) fn choose(&mut self, label: &str, entry: &str) -> &mut Self {
        self.click(label).pick(entry)
    }

    pub(crate) fn text(&self, label: &str) -> String {
        self.field(label).value().unwrap_or_default()
    }

    /// Types over what is in a field.
    pub(crate) fn fill(&mut self, label: &str, text: &str) -> &mut Self {
        self.field(label).click();
        self.settle();
        self.press(Modifiers::COMMAND, Key::A);
        self.type_text(text)
    }

    /// Types each letter in a frame of its own, as people do.
    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        if text.is_empty() {
            self.press(Modifiers::NONE, Key::Backspace);
        }
        for letter in text.chars() {
            self.ui.event(egui::Event::Text(letter.to_string()));
            self.ui.run_steps(1);
        }
        self.settle();
        self
    }

    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) -> &mut Self {
        self.ui.key_press_modifiers(modifiers, key);
        self.settle();
        self
    }

    pub(crate) fn key(&mut self, key: Key) -> &mut Self {
        self.press(Modifiers::NONE, key)
    }

    pub(crate) fn undo(&mut self) -> &mut Self {
        let state = self.ui.state_mut();
        let flow = state.doc.key;
        state.session.send(Command::Undo { flow }).map(drop).expect("undone");
        state.doc.follow(&mut state.session).expect("followed");
        self.settle();
        self
    }

    pub(crate) fn settings(&self, node: &str) -> Map<String, Json> {
        self.ui.state().doc.flow.nodes[&NodeId::nearest(node)].settings.clone()
    }

    /// One setting as the flow has it; null: it is the default.
    pub(crate) fn setting(&self, node: &str, key: &str) -> Json {
        self.settings(node).get(key).cloned().unwrap_or_default()
    }

    /// Everything that reaches out of the panel.
    pub(crate) fn overflow(&self, width: f32) -> Vec<String> {
        let all = self.ui.root().children_recursive().filter_map(|node| {
            let bounds = node.accesskit_node().raw_bounds()?;
            let rect = node.rect();
            let is_text = node.accesskit_node().role() == Role::TextRun;
            let is_out = !is_text && (rect.right() > width + 0.5 || rect.left() < -0.5);
            let name = node.accesskit_node().label().or_else(|| node.accesskit_node().value());
            is_out.then(|| format!("{:?} {name:?} {rect:?} {bounds:?}", node.accesskit_node().role()))
        });
        all.collect()
    }

    /// A picture, where `FLOWLOOM_SHOTS` names a folder for it.
    pub(crate) fn shoot(&mut self, name: &str) {
        if let Some(folder) = std::env::var_os("FLOWLOOM_SHOTS") {
            let image = self.ui.render().expect("a picture");
            image.save(std::path::Path::new(&folder).join(format!("{name}.png"))).expect("saved");
        }
    }
}

fn frame(ui: &mut egui::Ui, state: &mut State) {
    state.doc.poll(&mut state.session);
    let mut out = Requests::default();
    let fill = Tokens::of(ui).panel;
    Frame::new().fill(fill).show(ui, |ui| {
        settings::show(ui, &state.doc, &mut state.panel, &mut out);
        state.panel.settle(ui.ctx(), Some(state.doc.key), &mut out);
    });
    for request in out.take() {
        carry_out(state, request);
    }
}

fn carry_out(state: &mut State, request: Request) {
    let flow = state.doc.key;
    let commands = match request {
        Request::Edit(edits) => {
            let edit = |edit| Command::Edit { flow, edit, gesture: Some("step".to_owned()) };
            edits.into_iter().map(edit).chain([Command::EndGesture { flow }]).collect()
        }
        Request::EditDuring { flow, edit, gesture } => {
            vec![Command::Edit { flow, edit, gesture: Some(gesture) }]
        }
        Request::EndGesture(flow) => vec![Command::EndGesture { flow }],
        Request::Suggest { node, key } if state.has_outside => {
            state.doc.suggest(&mut state.session, node, key).expect("asked");
            Vec::new()
        }
        Request::Facts { node, key, of } if state.has_outside => {
            state.doc.look_up(&mut state.session, node, key, of).expect("asked");
            Vec::new()
        }
        Request::Infer(node) if state.has_outside => {
            state.doc.infer(&mut state.session, node).expect("asked");
            Vec::new()
        }
        Request::Select(nodes) => {
            state.doc.selection = nodes;
            Vec::new()
        }
        Request::TakePicked { what: PickFor::Node(node), key } => {
            state.doc.picked.remove(&(node, key));
            Vec::new()
        }
        other => {
            state.asked.push(other);
            Vec::new()
        }
    };
    for command in commands {
        if let Err(problems) = state.session.send(command) {
            panic!("{problems:?}");
        }
        state.doc.follow(&mut state.session).expect("followed");
    }
}
