//! Stands in for `flowloom_ui`'s application until it lands.
use std::path::PathBuf;
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(dead_code, reason = "stand-in")]
pub(crate) enum Wish {
    PickFile { token: u64, title: String, filters: Vec<Filter>, folder: Option<PathBuf> },
    PickFolder { token: u64, title: String, folder: Option<PathBuf> },
    PickSave { token: u64, title: String, name: String, filters: Vec<Filter>, folder: Option<PathBuf> },
    Reveal(PathBuf),
    Notify { title: String, body: String },
    Title(String),
    NewWindow(Option<PathBuf>),
    Close,
    Quit,
}
pub(crate) type Filter = (String, Vec<String>);
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Picked { token: u64, path: Option<PathBuf> },
}
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Setup {
    pub open: Vec<PathBuf>,
    pub is_demo: bool,
}
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
