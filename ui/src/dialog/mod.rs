//! Dialogs over everything: each is a value that draws itself and gives an answer, nothing more.

mod about;
mod close;
mod connection;
mod export;
mod live;
mod palette;
mod recover;
pub mod reset;
mod shortcuts;

use std::path::PathBuf;

use egui::{Frame, Id, Margin, Modal, Ui};
use flowloom_flow::{Live, NodeId, Registry, Reset, Target};
use flowloom_studio::{Draft, FlowKey, Session};

use crate::action::{Action, Env, Keymap, Shortcut};
use crate::connections::{Decision, Question};
use crate::doc::Doc;
use crate::theme::Tokens;
use crate::widget::tool::{self, ButtonLook};

pub use close::{Close, Unsaved};
pub use export::Export;

/// What dialogs look at.
pub struct DialogEnv<'a> {
    pub action: Env<'a>,
    pub keymap: &'a Keymap,
    pub registry: Registry,
    pub recent: &'a [PathBuf],
}

/// The dialog that is open.
pub enum Dialog {
    Palette(palette::Palette),
    Shortcuts(shortcuts::Shortcuts),
    Export(Export),
    Close(close::CloseDialog),
    Recover(recover::Recover),
    Connection(Question),
    Live(live::LiveDialog),
    Reset(Box<reset::ResetDialog>),
    About,
}

/// What a person decided in a dialog.
#[derive(Clone, Debug)]
pub enum Answered {
    Dismissed,
    Act(Action),
    /// Adds a node of this kind.
    AddKind(String),
    GoTo(NodeId),
    Open(PathBuf),
    SaveAndClose(Close),
    CloseAnyway(Close),
    /// Whether the found draft is wanted.
    Recover(bool),
    Connection(Decision),
    /// Runs the flow live.
    Live(Live),
    /// Offsets of a source were moved.
    HasReset {
        flow: FlowKey,
        node: NodeId,
        reset: Box<Reset>,
    },
    PickExportFolder,
    Export {
        flow: FlowKey,
        target: Target,
        folder: PathBuf,
    },
    Reveal(PathBuf),
    SetKey {
        action: Action,
        key: Option<Shortcut>,
    },
    ResetKey(Action),
}

impl Dialog {
    pub fn palette() -> Self {
        Self::Palette(palette::Palette::default())
    }

    pub fn shortcuts() -> Self {
        Self::Shortcuts(shortcuts::Shortcuts::default())
    }

    pub fn export(doc: &Doc, session: &mut Session) -> Self {
        Self::Export(Export::new(doc, session))
    }

    /// Asks what is to become of unsaved work: of one tab, or of all before the window closes.
    pub fn close(unsaved: Vec<Unsaved>, tab: Option<FlowKey>) -> Self {
        Self::Close(close::CloseDialog::new(unsaved, tab.map_or(Close::Window, Close::Tab)))
    }

    /// Offers unsaved work of a session that died; `found`: how many such pieces there are.
    pub fn recover(draft: &Draft, found: usize) -> Self {
        Self::Recover(recover::Recover::new(draft, found))
    }

    /// Asks when a live run of this flow reads its next batch.
    pub fn live(doc: &Doc) -> Self {
        Self::Live(live::LiveDialog::new(doc))
    }

    /// Moves the offsets of the source `node`.
    pub fn reset(doc: &Doc, node: NodeId) -> Self {
        Self::Reset(Box::new(reset::ResetDialog::new(doc, node)))
    }

    /// Takes in what came since the last frame; whether something is still under way.
    pub fn poll(&mut self) -> bool {
        match self {
            Self::Export(export) => export.poll(),
            Self::Reset(reset) => reset.poll(),
            _ => false,
        }
    }

    /// Draws the dialog; an answer where one was given.
    pub fn ui(&mut self, ui: &mut Ui, env: &DialogEnv<'_>, session: &mut Session) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        let mut frame = Frame::window(ui.style()).inner_margin(Margin::same(16));
        if matches!(self, Self::Palette(_)) {
            frame = frame.inner_margin(Margin::same(8));
        }
        let mut area = Modal::default_area(Id::unique("dialog"));
        if matches!(self, Self::Palette(_)) {
            area = area.anchor(egui::Align2::CENTER_TOP, [0.0, 96.0]);
        }
        let modal = Modal::new(Id::unique("dialog")).area(area).frame(frame).backdrop_color(tokens.veil);
        let shown = modal.show(ui.ctx(), |ui| match self {
            Self::Palette(palette) => palette.ui(ui, env),
            Self::Shortcuts(shortcuts) => shortcuts.ui(ui, env),
            Self::Export(export) => export.ui(ui, env, session),
            Self::Close(close) => close.ui(ui),
            Self::Recover(recover) => recover.ui(ui),
            Self::Connection(question) => connection::ui(ui, question),
            Self::Live(live) => live.ui(ui),
            Self::Reset(reset) => reset.ui(ui, session),
            Self::About => about::ui(ui),
        });
        let may_dismiss = !matches!(self, Self::Recover(_));
        let is_dismissed = may_dismiss && shown.should_close();
        shown.inner.or_else(|| is_dismissed.then_some(Answered::Dismissed))
    }
}

/// Buttons beside each other, the one that is meant first; the answer of the one that is clicked.
fn answers<const N: usize>(ui: &mut Ui, answers: [(&str, ButtonLook, Answered); N]) -> Option<Answered> {
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let clicked = |(label, look, answer)| {
            tool::button(ui, None, label, None, look, true).clicked().then_some(answer)
        };
        answers.map(clicked).into_iter().flatten().next()
    })
    .inner
}

/// A dialog's title.
fn title(ui: &mut Ui, text: &str) {
    ui.label(egui::RichText::new(text).font(crate::theme::title()));
    ui.add_space(6.0);
}
