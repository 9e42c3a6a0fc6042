//! A window of canvas and palette on a real session, driven by label, pointer and key.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Theme, Vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, HarnessBuilder};
use flowloom_flow::{Flow, NodeId, file};
use flowloom_studio::{Command, FlowKey, Limits, Reply, Session, registry};
use flowloom_ui::canvas;
use flowloom_ui::doc::{Doc, Goal};
use flowloom_ui::panel::palette::{self, PaletteState};
use flowloom_ui::request::{About, Request, Requests};

/// What a window's owner would hold.
pub(crate) struct Stage {
    session: Session,
    pub(crate) doc: Doc,
    palette: PaletteState,
    recent: Vec<String>,
    pub(crate) has_palette: bool,
    pub(crate) menus: Vec<About>,
    pub(crate) told: Vec<String>,
    /// Edits that came in one request, in order.
    pub(crate) steps: Vec<usize>,
}

impl Stage {
    pub(crate) fn new(flow: Flow) -> Self {
        let mut session = Session::new(Limits::default());
        let key = opened(&mut session, flow);
        let doc = Doc::new(&mut session, key).expect("an open flow");
        Self {
            session,
            doc,
            palette: PaletteState::default(),
            recent: Vec::new(),
            has_palette: true,
            menus: Vec::new(),
            told: Vec::new(),
            steps: Vec::new(),
        }
    }

    pub(crate) fn ui(&mut self, ui: &mut egui::Ui) {
        self.doc.poll(&mut self.session);
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.doc.canvas.escape();
        }
        let mut out = Requests::default();
        if self.has_palette {
            let frame = egui::Frame::new().inner_margin(12.0).fill(ui.visuals().panel_fill);
            egui::Panel::left("palette").exact_size(216.0).frame(frame).show(ui, |ui| {
                palette::show(ui, Some(&self.doc), &mut self.palette, false, &mut out);
            });
        }
        egui::CentralPanel::default().frame(egui::Frame::NONE).show(ui, |ui| {
            let look = canvas::Look { registry: registry(), has_minimap: true, recent: &self.recent };
            canvas::show(ui, &mut self.doc, &look, &mut out);
        });
        for request in out.take() {
            self.carry_out(request);
        }
    }

    fn carry_out(&mut self, request: Request) {
        match request {
            Request::Edit(edits) => {
                self.steps.push(edits.len());
                for edit in edits {
                    let gesture = Some("one request".to_owned());
                    self.send(Command::Edit { flow: self.doc.key, edit, gesture });
                }
                self.send(Command::EndGesture { flow: self.doc.key });
            }
            Request::Select(selection) => {
                self.doc.selection = selection;
                self.doc.selection.retain(|id| self.doc.flow.nodes.contains_key(id));
            }
            Request::Look { node, port } => self.doc.shown = Some((node, port)),
            Request::ContextMenu { about, .. } => self.menus.push(about),
            Request::Tell(problem) => self.told.push(problem.to_string()),
            other => self.told.push(format!("{other:?}")),
        }
    }

    fn send(&mut self, command: Command) {
        if let Err(problems) = self.session.send(command) {
            self.told.extend(problems.iter().map(ToString::to_string));
        }
        self.doc.follow(&mut self.session).expect("the flow is open");
    }

    pub(crate) fn undo(&mut self) {
        self.send(Command::Undo { flow: self.doc.key });
    }

    pub(crate) fn preview(&mut self) {
        self.doc.start(&mut self.session, Goal::Preview(None)).expect("a preview starts");
    }

    /// Wires as `from.port>to.port`, in the order of the file.
    pub(crate) fn wires(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (id, node) in &self.doc.flow.nodes {
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

    pub(crate) fn nodes(&self) -> Vec<&str> {
        self.doc.flow.nodes.keys().map(NodeId::as_str).collect()
    }

    pub(crate) fn selected(&self) -> Vec<&str> {
        self.doc.selection.iter().map(NodeId::as_str).collect()
    }

    pub(crate) fn at(&self, node: &str) -> [i32; 2] {
        self.doc.flow.nodes[node].at.expect("a place")
    }
}

fn opened(session: &mut Session, flow: Flow) -> FlowKey {
    match session.send(Command::New { flow, folder: PathBuf::from(env!("CARGO_MANIFEST_DIR")) }) {
        Ok(Reply::Opened { flow, .. }) => flow,
        _ => panic!("a new flow opens"),
    }
}

/// The flow of `nodes:` lines of a flow file.
pub(crate) fn flow(nodes: &str) -> Flow {
    file::load(&format!("flowloom: 1\nnodes:\n{nodes}")).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A driven window.
pub(crate) struct Window<'a>(pub(crate) Harness<'a, Stage>);

pub(crate) fn builder() -> HarnessBuilder<Stage> {
    Harness::builder()
        .with_size(Vec2::new(1_100.0, 640.0))
        .with_max_steps(64)
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(flowloom_ui::install)
}

impl Window<'_> {
    pub(crate) fn open(flow: Flow) -> Self {
        Self::build(flow, builder())
    }

    pub(crate) fn build(flow: Flow, builder: HarnessBuilder<Stage>) -> Self {
        let mut window = Self(builder.build_ui_state(|ui, stage: &mut Stage| stage.ui(ui), Stage::new(flow)));
        window.until("compiled", |stage| stage.doc.is_compiled());
        window
    }

    pub(crate) fn themed(flow: Flow, theme: Theme, scale: f32) -> Self {
        Self::build(flow, builder().with_theme(theme).with_pixels_per_point(scale).wgpu())
    }

    pub(crate) fn stage(&self) -> &Stage {
        self.0.state()
    }

    pub(crate) fn settle(&mut self) {
        self.0.run_steps(3);
    }

    /// Draws frames until something holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Stage) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !holds(self.0.state()) {
            assert!(Instant::now() < end, "never {what}");
            self.0.step();
            std::thread::yield_now();
        }
        self.settle();
    }

    /// Middle of what has a label that contains `label`.
    pub(crate) fn find(&self, label: &str) -> Pos2 {
        self.0.get_by_label(label).rect().center()
    }

    /// The node whose label starts with its title.
    pub(crate) fn node(&self, title: &str) -> Pos2 {
        let start = format!("{title}, ");
        self.0.get_by(move |node| node.label().is_some_and(|label| label.starts_with(&start))).rect().center()
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.0.query_by_label(label).is_some()
    }

    pub(crate) fn press(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers, pressed: bool) {
        self.0.event_modifiers(Event::PointerButton { pos: at, button, pressed, modifiers }, modifiers);
    }

    pub(crate) fn hover(&mut self, at: Pos2) {
        self.0.event(Event::PointerMoved(at));
        self.settle();
    }

    pub(crate) fn click_with(&mut self, at: Pos2, button: PointerButton, modifiers: Modifiers) {
        self.0.event(Event::PointerMoved(at));
        self.0.step();
        self.press(at, button, modifiers, true);
        self.0.step();
        self.press(at, button, modifiers, false);
        self.settle();
    }

    pub(crate) fn click(&mut self, at: Pos2) {
        self.click_with(at, PointerButton::Primary, Modifiers::NONE);
    }

    pub(crate) fn double_click(&mut self, at: Pos2) {
        self.0.event(Event::PointerMoved(at));
        for pressed in [true, false, true, false] {
            self.press(at, PointerButton::Primary, Modifiers::NONE, pressed);
            self.0.step();
        }
        self.settle();
    }

    /// Down, along, and not yet up.
    pub(crate) fn drag_to(&mut self, from: Pos2, to: Pos2, button: PointerButton, modifiers: Modifiers) {
        self.0.event(Event::PointerMoved(from));
        self.0.step();
        self.press(from, button, modifiers, true);
        self.0.step();
        for share in [0.3, 0.7, 1.0] {
            self.0.event_modifiers(Event::PointerMoved(from.lerp(to, share)), modifiers);
            self.0.step();
        }
        self.0.step();
    }

    pub(crate) fn drop_at(&mut self, at: Pos2) {
        self.press(at, PointerButton::Primary, Modifiers::NONE, false);
        self.settle();
    }

    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_to(from, to, PointerButton::Primary, Modifiers::NONE);
        self.drop_at(to);
    }

    pub(crate) fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.0.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.0.event(Event::Text(text.to_owned()));
        self.settle();
    }

    /// Writes what is drawn to `$FLOWLOOM_SHOTS/NAME.png`, where that is set.
    pub(crate) fn shot(&mut self, name: &str) {
        let Ok(folder) = std::env::var("FLOWLOOM_SHOTS") else { return };
        let image = self.0.render().expect("drawn");
        image.save(PathBuf::from(folder).join(format!("{name}.png"))).expect("written");
    }
}
