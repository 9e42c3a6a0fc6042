//! The flow as a program: looked at before a file is written.

use std::collections::BTreeMap;
use std::path::PathBuf;

use egui::{RichText, ScrollArea, TextEdit, Ui, Vec2};
use flowloom_flow::{Problem, Target};
use flowloom_studio::{Command, FlowKey, Job, Outcome, Reply, Session, Values};

use super::{Answered, DialogEnv, title};
use crate::doc::Doc;
use crate::theme::{self, Tokens, space};
use crate::widget::tool::{self, ButtonLook};

/// The dialog's state.
pub struct Export {
    flow: FlowKey,
    values: Values,
    target: Target,
    folder: String,
    stem: String,
    base: PathBuf,
    job: Option<Job>,
    files: BTreeMap<String, String>,
    shown: String,
    problems: Vec<Problem>,
    written: Option<Vec<PathBuf>>,
    /// The files are being written.
    is_waiting: bool,
}

impl Export {
    pub(super) fn new(doc: &Doc, session: &mut Session) -> Self {
        let base = doc
            .path
            .as_ref()
            .and_then(|path| path.parent())
            .map_or_else(|| PathBuf::from("."), PathBuf::from);
        let stem = flowloom_flow::NodeId::nearest(&doc.title()).as_str().to_owned();
        let mut export = Self {
            flow: doc.key,
            values: doc.values.clone(),
            target: Target::Python,
            folder: String::new(),
            stem,
            base,
            job: None,
            files: BTreeMap::new(),
            shown: String::new(),
            problems: Vec::new(),
            written: None,
            is_waiting: false,
        };
        export.ask(session);
        export
    }

    fn ask(&mut self, session: &mut Session) {
        self.written = None;
        self.folder = self
            .base
            .join(format!("{}_{}", self.stem, name(self.target).to_lowercase()))
            .display()
            .to_string();
        let ask = Command::ShowExport { flow: self.flow, target: self.target, values: self.values.clone() };
        match session.send(ask) {
            Ok(Reply::Job(job)) => self.job = Some(job),
            Ok(_) => {}
            Err(problems) => self.problems = problems,
        }
    }

    /// Whether the code is still being written.
    pub(super) fn poll(&mut self) -> bool {
        match self.job.as_ref().and_then(Job::outcome) {
            Some(Outcome::Project(project)) => {
                self.files = project.files.into_iter().collect();
                self.problems.clear();
                if !self.files.contains_key(&self.shown) {
                    let program = self.files.keys().find(|name| is_program(name));
                    self.shown = program.or_else(|| self.files.keys().next()).cloned().unwrap_or_default();
                }
                self.job = None;
            }
            Some(Outcome::Failed(problems)) => {
                self.files.clear();
                self.problems = problems;
                self.job = None;
            }
            Some(_) => self.job = None,
            None => {}
        }
        self.job.is_some()
    }

    /// Into a folder of its own in `folder`, which may hold other things; over an earlier export that was picked itself.
    pub fn set_folder(&mut self, folder: PathBuf) {
        let own = format!("{}_{}", self.stem, name(self.target).to_lowercase());
        let folder = if folder.ends_with(&own) { folder } else { folder.join(own) };
        self.folder = folder.display().to_string();
        self.written = None;
    }

    /// The files are being written; [`Export::done`] follows.
    pub fn wait(&mut self) {
        self.is_waiting = true;
        self.problems.clear();
    }

    /// Whether files of `flow` are being written.
    pub fn is_waiting(&self, flow: FlowKey) -> bool {
        self.is_waiting && self.flow == flow
    }

    /// What became of writing the files.
    pub fn done(&mut self, result: Result<Vec<PathBuf>, Vec<Problem>>) {
        self.is_waiting = false;
        match result {
            Ok(files) => {
                self.problems.clear();
                self.written = Some(files);
            }
            Err(problems) => self.problems = problems,
        }
    }

    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        _env: &DialogEnv<'_>,
        session: &mut Session,
    ) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        let screen = ui.ctx().content_rect().size();
        ui.set_width((screen.x - 120.0).clamp(480.0, 920.0));
        title(ui, "Export as a program");
        let mut answer = None;
        ui.horizontal(|ui| {
            for target in Target::ALL {
                let look = if target == self.target { ButtonLook::Primary } else { ButtonLook::Framed };
                if tool::button(ui, None, name(target), None, look, true).clicked() && self.target != target {
                    self.target = target;
                    self.ask(session);
                }
            }
            ui.add_space(8.0);
            let browse = 92.0;
            let field = TextEdit::singleline(&mut self.folder)
                .font(theme::mono())
                .desired_width(ui.available_width() - browse);
            let response = ui.add(field);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Folder"));
            if response.changed() {
                self.written = None;
            }
            if tool::button(ui, None, "Browse…", None, ButtonLook::Framed, true).clicked() {
                answer = Some(Answered::PickExportFolder);
            }
        });
        ui.add_space(8.0);
        self.code(ui, (screen.y - 320.0).clamp(160.0, 560.0));
        ui.add_space(8.0);
        for problem in &self.problems {
            ui.label(RichText::new(&problem.message).color(tokens.error));
            if let Some(hint) = &problem.hint {
                ui.label(RichText::new(hint).small().color(tokens.dim));
            }
        }
        if let Some(files) = &self.written {
            ui.label(
                RichText::new(format!("Wrote {} files to {}", files.len(), self.folder)).color(tokens.ok),
            );
        }
        ui.horizontal(|ui| {
            let is_on = !self.files.is_empty() && self.written.is_none() && !self.is_waiting;
            let export = tool::button(ui, Some("ui/export"), "Export", None, ButtonLook::Primary, is_on);
            let why = match (self.is_waiting, &self.written) {
                _ if is_on => "Writes the files into the folder",
                (true, _) => "It is being written",
                (false, Some(_)) => "It is written already",
                (false, None) => "There is no code to write",
            };
            if export.on_hover_text(why).clicked() {
                let (flow, target, folder) = (self.flow, self.target, PathBuf::from(&self.folder));
                answer = Some(Answered::Export { flow, target, folder });
            }
            if self.written.is_some()
                && tool::button(ui, Some("ui/folder"), "Show the folder", None, ButtonLook::Framed, true)
                    .clicked()
            {
                answer = Some(Answered::Reveal(PathBuf::from(&self.folder)));
            }
            if tool::button(ui, None, "Close", None, ButtonLook::Quiet, true).clicked() {
                answer = Some(Answered::Dismissed);
            }
        });
        answer
    }

    /// The files at the left, the chosen one's text at the right.
    fn code(&mut self, ui: &mut Ui, height: f32) {
        let tokens = Tokens::of(ui);
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(
                Vec2::new(170.0, height),
                egui::Layout::top_down_justified(egui::Align::Min),
                |ui| {
                    for name in self.files.keys() {
                        if ui
                            .selectable_label(*name == self.shown, RichText::new(name).font(theme::mono()))
                            .clicked()
                        {
                            self.shown.clone_from(name);
                        }
                    }
                },
            );
            let frame = egui::Frame::new()
                .fill(tokens.window)
                .stroke((1.0, tokens.line))
                .corner_radius(space::RADIUS)
                .inner_margin(10);
            frame.show(ui, |ui| {
                ui.set_min_size(Vec2::new(ui.available_width(), height - 20.0));
                let text = match (&self.job, self.files.get(&self.shown)) {
                    (_, Some(text)) => text.as_str(),
                    (Some(_), None) => "Writing the program…",
                    (None, None) => "This flow cannot be exported as it is; the reasons stand below",
                };
                ScrollArea::both().max_height(height - 20.0).auto_shrink(false).show(ui, |ui| {
                    let label =
                        egui::Label::new(RichText::new(text).font(theme::mono())).selectable(true).extend();
                    ui.add(label);
                });
            });
        });
    }
}

fn name(target: Target) -> &'static str {
    match target {
        Target::Python => "Python",
        Target::Rust => "Rust",
    }
}

/// Whether this file is the one to look at first.
fn is_program(name: &str) -> bool {
    let path = std::path::Path::new(name);
    path.extension().is_some_and(|end| end == "py") || path.ends_with("main.rs")
}
