//! Carries out what was asked for in a frame: keys, panels, menus, palette.

use egui::{Context, ViewportCommand};
use flowloom_flow::{Edit, NodeId};
use flowloom_studio::Command;

use super::App;
use super::disk::Then;
use super::preferences::ThemeChoice;
use crate::action::{Action, Focus, Resolved};
use crate::canvas;
use crate::connections::{Go, Want};
use crate::dialog::{Answered, Close, Dialog};
use crate::doc::Goal;
use crate::panel::bottom::Tab;
use crate::request::{PickFor, Request};
use crate::shell::Wish;

impl App {
    /// Keys that no text field and no dialog wants.
    pub(super) fn keyboard(&mut self, ctx: &Context) {
        // A table with the keyboard moves and copies by the keys that a text field would take.
        let is_typing = ctx.text_edit_focused() || self.panels.bottom.owns_clipboard();
        if self.dialog.is_some() {
            return;
        }
        if self.connections.is_open() {
            self.connections_keyboard(ctx);
            return self.escape_key(ctx, ctx.text_edit_focused());
        }
        let focused = ctx.memory(egui::Memory::focused);
        let canvas = self.doc().map(|doc| canvas::id(doc.key));
        let focus = match focused {
            _ if is_typing => Focus::Text,
            Some(_) if focused != canvas => Focus::Widget,
            _ => Focus::Canvas,
        };
        for action in self.keymap.pressed(ctx, focus) {
            self.requests.act(action);
        }
        if !is_typing {
            self.clipboard_events(ctx);
        }
        self.escape_key(ctx, is_typing);
    }

    fn escape_key(&mut self, ctx: &Context, is_typing: bool) {
        // Esc takes the keyboard off a text field before this is asked, and closes what is open over the
        // window: it is theirs then.
        let is_theirs = is_typing || self.was_typing || egui::Popup::is_any_open(ctx);
        if !is_theirs && ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, egui::Key::Escape)) {
            self.escape();
        }
    }

    /// Unwinds one level: the menu, what the canvas is doing, the selection, at last the job.
    fn escape(&mut self) {
        if self.menu.take().is_some() {
            return;
        }
        if self.connections.is_open() {
            return self.connections.escape(&mut self.requests);
        }
        let Some(doc) = self.docs.get_mut(self.front) else { return };
        if doc.canvas.escape() || !std::mem::take(&mut doc.selection).is_empty() {
            return;
        }
        // A live run is there to stay while one does other things.
        if let Some(job) = doc.job.as_mut().filter(|job| job.live.is_none()) {
            job.stop();
        }
    }

    /// Carries out the frame's requests, in order.
    pub(super) fn carry_out(&mut self, ctx: &Context) {
        // What one request asks for in turn is carried out too, but never without end.
        for _ in 0..8 {
            let requests = self.requests.take();
            if requests.is_empty() {
                return;
            }
            for request in requests {
                self.request(ctx, request);
            }
            ctx.request_repaint();
        }
    }

    fn request(&mut self, ctx: &Context, request: Request) {
        match request {
            Request::Act(action) => self.act(ctx, action),
            Request::Edit(edits) => self.edit(edits),
            Request::EditDuring { flow, edit, gesture } => {
                self.send(Command::Edit { flow, edit, gesture: Some(gesture) });
            }
            Request::EndGesture(flow) => {
                if self.docs.iter().any(|doc| doc.key == flow) {
                    self.send(Command::EndGesture { flow });
                }
            }
            Request::Select(nodes) => self.select(nodes.into_iter().collect()),
            Request::Look { node, port } => {
                if let Some(doc) = self.docs.get_mut(self.front) {
                    doc.shown = Some((node, port));
                }
            }
            Request::Jump { node, field } => self.jump(node, field),
            Request::Suggest { node, key } => {
                if let Some(flow) = self.doc().map(|doc| doc.key) {
                    self.with_doc(flow, |doc, session| doc.suggest(session, node, key));
                }
            }
            Request::Infer(node) => {
                if let Some(flow) = self.doc().map(|doc| doc.key) {
                    self.with_doc(flow, |doc, session| doc.infer(session, node));
                }
            }
            Request::Facts { node, key, of } => {
                if let Some(flow) = self.doc().map(|doc| doc.key) {
                    self.with_doc(flow, |doc, session| doc.look_up(session, node, key, of));
                }
            }
            Request::StopInfer(node) => {
                if let Some(doc) = self.docs.get_mut(self.front) {
                    doc.stop_inferring(&node);
                }
            }
            Request::Locate(node) => {
                if let Some(flow) = self.doc().map(|doc| doc.key) {
                    self.with_doc(flow, |doc, session| doc.locate(session, node));
                }
            }
            Request::Reset(node) => {
                self.dialog = self.docs.get(self.front).map(|doc| Dialog::reset(doc, node));
            }
            Request::Pick(pick) => self.ask_setting(pick),
            Request::TakePicked { what: PickFor::Connection(_), .. } => self.connections.take_picked(),
            Request::TakePicked { what: PickFor::Node(node), key } => {
                if let Some(doc) = self.docs.get_mut(self.front) {
                    doc.picked.remove(&(node, key));
                }
            }
            Request::Open(path) => self.load_file(path, Then::Show),
            Request::ShowTab(key) => self.show_tab(key),
            Request::CloseTab(key) => self.close_tab(key),
            Request::ContextMenu { at, about } => self.menu = Some((at, about)),
            Request::Tell(problem) => self.tell(problem),
            Request::Say(words) => self.toasts.info(words),
            Request::Connections(want) => self.want(want),
            Request::Ask(question) => self.dialog = Some(Dialog::Connection(question)),
            Request::CloseWindow => {
                if self.may_close() {
                    self.close_window();
                }
            }
            Request::Copy(text) => ctx.copy_text(text),
            Request::Answered(answered) => self.answered(ctx, answered),
        }
    }

    /// Edits that are one step of undo. New kinds come first in the quick-add from now on; a node that
    /// was added is selected.
    pub(super) fn edit(&mut self, edits: Vec<Edit>) {
        let Some(doc) = self.doc() else { return };
        let (flow, before) = (doc.key, doc.flow.clone());
        self.gestures += 1;
        let gesture = format!("step {}", self.gestures);
        for edit in edits {
            if let Edit::AddNode { kind, .. } = &edit {
                self.preferences.added(kind);
            }
            if !self.send(Command::Edit { flow, edit, gesture: Some(gesture.clone()) }) {
                break;
            }
        }
        self.send(Command::EndGesture { flow });
        let Some(doc) = self.doc() else { return };
        let new: Vec<NodeId> =
            doc.flow.nodes.keys().filter(|id| !before.nodes.contains_key(*id)).cloned().collect();
        let is_rename = doc.flow.nodes.len() == before.nodes.len();
        if !new.is_empty() && (!is_rename || doc.selection.is_empty()) {
            self.select(new);
        }
    }

    /// Selects nodes; the only one's rows are shown.
    pub(super) fn select(&mut self, nodes: Vec<NodeId>) {
        let Some(doc) = self.docs.get_mut(self.front) else { return };
        if let [node] = nodes.as_slice()
            && doc.shown.as_ref().is_none_or(|(shown, _)| shown != node)
        {
            doc.shown = Some((node.clone(), 0));
        }
        let known = nodes.into_iter().filter(|id| doc.flow.nodes.contains_key(id));
        doc.selection = known.collect();
    }

    fn jump(&mut self, node: NodeId, field: Option<String>) {
        if !self.doc().is_some_and(|doc| doc.flow.nodes.contains_key(&node)) {
            return;
        }
        self.select(vec![node.clone()]);
        self.preferences.has_settings = true;
        self.panels.right.show_settings();
        if let Some(doc) = self.docs.get_mut(self.front) {
            doc.canvas.center_on(&node);
            doc.field = field.map(|field| (node, field));
        }
    }

    /// Does what an action says, or says why not.
    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        if self.connections.is_open() && !action.is_for_window() {
            // Of the flow: it comes to the front first.
            return self.want(Want::Go(Go::Act(action)));
        }
        match action.resolve(&self.env()) {
            Resolved::Off(reason) => self.toasts.info(format!("{}: {}", action.label(), lower_first(reason))),
            Resolved::Send(command) => {
                self.send(*command);
            }
            Resolved::Window => self.act_in_window(ctx, action),
        }
    }

    fn act_in_window(&mut self, ctx: &Context, action: Action) {
        match action {
            Action::NewFlow => self.new_flow(),
            Action::OpenFlow => self.ask_open(),
            Action::OpenSample => self.open_sample(),
            Action::NewWindow => self.wishes.push(Wish::NewWindow(None)),
            Action::Save | Action::SaveAs => match self.doc().map(|doc| (doc.key, doc.path.is_some())) {
                Some((flow, true)) if action == Action::Save => self.save_to(flow, None, None),
                Some((flow, _)) => self.ask_save(flow, None),
                None => {}
            },
            Action::Quit => {
                if self.may_close() {
                    self.wishes.push(Wish::Quit);
                }
            }
            Action::CloseTab => {
                if let Some(key) = self.doc().map(|doc| doc.key) {
                    self.close_tab(key);
                }
            }
            Action::NextTab => self.front = (self.front + 1) % self.docs.len().max(1),
            Action::PreviousTab => self.front = (self.front + self.docs.len() - 1) % self.docs.len().max(1),
            Action::Cut => ctx.send_viewport_cmd(ViewportCommand::RequestCut),
            Action::Copy => ctx.send_viewport_cmd(ViewportCommand::RequestCopy),
            Action::Paste => ctx.send_viewport_cmd(ViewportCommand::RequestPaste),
            Action::PasteWired => {
                self.is_wired_paste = true;
                ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
            }
            Action::Export => {
                if let Some(doc) = self.docs.get(self.front) {
                    self.dialog = Some(Dialog::export(doc, &mut self.session));
                }
            }
            Action::Connections => self.toggle_connections(),
            Action::CommandPalette => self.dialog = Some(Dialog::palette()),
            Action::Shortcuts => self.dialog = Some(Dialog::shortcuts()),
            Action::About => self.dialog = Some(Dialog::About),
            Action::Preview => self.start(Goal::Preview(None)),
            Action::PreviewHere => {
                let node = self.doc().and_then(|doc| doc.selection.first().cloned());
                self.start(Goal::Preview(node));
            }
            Action::Run => self.start(Goal::Run),
            Action::RunLive => self.dialog = self.docs.get(self.front).map(Dialog::live),
            Action::Stop => {
                if let Some(job) = self.docs.get_mut(self.front).and_then(|doc| doc.job.as_mut()) {
                    job.stop();
                }
            }
            _ => {
                self.act_on_view(ctx, action);
                self.act_on_canvas(action);
            }
        }
    }

    fn act_on_view(&mut self, ctx: &Context, action: Action) {
        let preferences = &mut self.preferences;
        match action {
            Action::TogglePalette => preferences.has_palette = !preferences.has_palette,
            Action::ToggleSettings => preferences.has_settings = !preferences.has_settings,
            Action::ToggleData => preferences.has_data = !preferences.has_data,
            Action::ToggleMinimap => preferences.has_minimap = !preferences.has_minimap,
            Action::ThemeSystem => preferences.theme = ThemeChoice::System,
            Action::ThemeDark => preferences.theme = ThemeChoice::Dark,
            Action::ThemeLight => preferences.theme = ThemeChoice::Light,
            Action::ScaleUp => preferences.scale_by(1.0),
            Action::ScaleDown => preferences.scale_by(-1.0),
            Action::ScaleReset => preferences.scale = 1.0,
            Action::NextArea => self.areas.step(ctx, true),
            Action::PreviousArea => self.areas.step(ctx, false),
            Action::ShowData => self.show_bottom(Tab::Data),
            Action::ShowProfile => self.show_bottom(Tab::Profile),
            Action::ShowLog => self.show_bottom(Tab::Log),
            Action::ShowRuns => self.show_bottom(Tab::Runs),
            _ => {}
        }
    }

    fn act_on_canvas(&mut self, action: Action) {
        let Some(doc) = self.docs.get_mut(self.front) else { return };
        let (flow, selection) = (&doc.flow, &doc.selection);
        match action {
            Action::ZoomIn => doc.canvas.zoom_in(),
            Action::ZoomOut => doc.canvas.zoom_out(),
            Action::ZoomReset => doc.canvas.zoom_reset(),
            Action::FitAll => doc.canvas.fit_all(),
            Action::FitSelection => doc.canvas.fit_selection(),
            Action::AddNode => doc.canvas.open_quick_add(),
            Action::Rename => {
                if let Some(id) = selection.first().cloned() {
                    doc.canvas.rename(&id);
                }
            }
            Action::SelectAll => doc.selection = flow.nodes.keys().cloned().collect(),
            Action::SelectNone => doc.selection.clear(),
            Action::SelectUpstream => {
                let above = flow.nodes.keys().filter(|id| selection.iter().any(|to| flow.reaches(id, to)));
                doc.selection = above.cloned().collect();
            }
            Action::SelectDownstream => {
                let below =
                    flow.nodes.keys().filter(|id| selection.iter().any(|from| flow.reaches(from, id)));
                doc.selection = below.cloned().collect();
            }
            Action::TidyUp => {
                let edit = canvas::tidy(flow, flowloom_studio::registry(), selection);
                self.edit(vec![edit]);
                if let Some(doc) = self.docs.get_mut(self.front) {
                    doc.canvas.fit_all();
                }
            }
            Action::Duplicate => self.duplicate(),
            _ => {}
        }
    }

    fn show_bottom(&mut self, tab: Tab) {
        self.preferences.has_data = true;
        self.panels.bottom.show_tab(tab);
    }

    fn start(&mut self, goal: Goal) {
        if let Some(flow) = self.doc().map(|doc| doc.key) {
            self.with_doc(flow, |doc, session| doc.start(session, goal));
        }
    }

    fn answered(&mut self, ctx: &Context, answered: Answered) {
        match answered {
            Answered::Dismissed => {
                self.dialog = None;
                self.connections.stay();
            }
            Answered::Connection(decision) => {
                self.dialog = None;
                self.want(Want::Decided(decision));
            }
            Answered::Act(action) => {
                self.dialog = None;
                self.act(ctx, action);
            }
            Answered::AddKind(kind) => {
                self.dialog = None;
                if let Some(doc) = self.doc() {
                    let center = doc.canvas.visible().center();
                    let at = Some([center.x as i32 - 88, center.y as i32 - 40]);
                    let settings = serde_json::Map::new();
                    self.edit(vec![Edit::AddNode { id: None, kind, at, settings }]);
                }
            }
            Answered::GoTo(node) => {
                self.dialog = None;
                self.jump(node, None);
            }
            Answered::Open(path) => {
                self.dialog = None;
                self.requests.push(Request::Open(path));
            }
            Answered::SaveAndClose(what) => {
                self.dialog = None;
                self.save_and_close(what);
            }
            Answered::CloseAnyway(what) => {
                self.dialog = None;
                match what {
                    Close::Tab(key) => self.drop_tab(key),
                    Close::Window => self.close_window(),
                }
            }
            Answered::Recover(is_wanted) => {
                self.dialog = None;
                self.decide_draft(is_wanted);
            }
            Answered::Live(live) => {
                self.dialog = None;
                let is_new = self.doc().is_some_and(|doc| doc.flow.live.unwrap_or_default() != live);
                if is_new {
                    self.edit(vec![Edit::SetLive { live: Some(live) }]);
                }
                self.start(Goal::Live(live));
            }
            Answered::HasReset { flow, node, reset } => {
                self.dialog = None;
                let words = crate::dialog::reset::summary(&reset).join("; ");
                let words = format!("The offsets of {} were moved: {}", reset.sync, lower_first(&words));
                self.with_doc(flow, |doc, session| {
                    doc.has_moved();
                    doc.log.info_at(&node, words.clone());
                    doc.locate(session, node)
                });
                self.toasts.info(words);
            }
            Answered::PickExportFolder => self.ask_export_folder(),
            Answered::Export { flow, target, folder } => self.export(flow, target, folder),
            Answered::Reveal(path) => self.wishes.push(Wish::Reveal(path)),
            Answered::SetKey { action, key } => {
                self.keymap.set(action, key);
                self.keep_keys(ctx);
            }
            Answered::ResetKey(action) => {
                self.keymap.reset(action);
                self.keep_keys(ctx);
            }
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
