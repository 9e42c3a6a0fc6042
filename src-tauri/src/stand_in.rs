//! Stands in for the application until `flowloom_ui` has it.

use std::path::PathBuf;

use flowloom_ui::{Answer, Setup, Wish};

pub(crate) fn install(_: &egui::Context) {}
pub(crate) struct App {
    text: String,
    wishes: Vec<Wish>,
    log: String,
    zoom: f32,
    dirty: bool,
}
impl App {
    pub(crate) fn new(setup: Setup) -> Self {
        Self {
            text: String::new(),
            wishes: vec![Wish::Title(format!("{setup:?}"))],
            log: String::new(),
            zoom: 1.0,
            dirty: false,
        }
    }
    pub(crate) fn ui(&mut self, ui: &mut egui::Ui) {
        egui::Frame::central_panel(ui.style()).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            if ui.text_edit_singleline(&mut self.text).changed() {
                tracing::info!(text = self.text, "text");
            }
            ui.horizontal(|ui| {
                if ui.button("Open").clicked() {
                    self.wishes.push(Wish::PickFile {
                        token: 7,
                        title: "Open…".into(),
                        filters: vec![("Flows".into(), vec!["yaml".into()])],
                        folder: None,
                    });
                }
                if ui.button("Save").clicked() {
                    self.wishes.push(Wish::PickSave {
                        token: 8,
                        title: "Save…".into(),
                        name: "a.flow.yaml".into(),
                        filters: vec![],
                        folder: None,
                    });
                }
                if ui.button("Notify").clicked() {
                    self.wishes.push(Wish::Notify { title: "T".into(), body: "B".into() });
                }
                if ui.button("New window").clicked() {
                    self.wishes.push(Wish::NewWindow(None));
                }
                ui.checkbox(&mut self.dirty, "Dirty");
            });
            self.zoom += ui.input(|i| i.smooth_scroll_delta().y) * 0.1;
            ui.label(format!("zoom {} log {}", self.zoom, self.log));
            for e in ui.input(|i| i.events.clone()) {
                if !matches!(e, egui::Event::PointerMoved(_)) {
                    tracing::debug!("{e:?}");
                }
            }
        });
    }
    pub(crate) fn wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }
    pub(crate) fn answer(&mut self, answer: Answer) {
        tracing::info!("{answer:?}");
        self.log = format!("{answer:?}");
    }
    pub(crate) fn open(&mut self, paths: Vec<PathBuf>) {
        tracing::info!("{paths:?}");
        self.log = format!("{paths:?}");
    }
    pub(crate) fn may_close(&mut self) -> bool {
        !self.dirty
    }
    pub(crate) fn close(&mut self) {
        tracing::info!("close");
    }
}
