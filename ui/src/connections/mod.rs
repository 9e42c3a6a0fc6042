//! The connections of this person, in front of the flow: a list at the left, and at the right the one that is looked at.
//!
//! [`View`] draws, and keeps what is typed and not saved. What a click asks for comes back as a [`Want`] once the frame
//! is drawn, and whatever takes time is a job of the session. Only `crate::app` calls it.

mod asked;
mod head;
mod list;
mod look;
mod new;
mod page;
mod shown;
mod testing;
mod topics;
mod want;

use std::path::PathBuf;

use egui::{CentralPanel, Frame, Margin, Panel, Rect, RichText, Ui};
use flowloom_flow::Problem;
use flowloom_studio::connections::{Answer, Ask, Entry, Listed, Use};
use flowloom_studio::{Session, connections::Preset};

use crate::action::{Action, Keymap};
use crate::form::chrome;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{Empty, empty};
use asked::Asked;
use shown::Shown;

/// Below this width the list is narrower and a test stands under the form.
const NARROW: f32 = 1_080.0;

/// What a person wants here.
#[derive(Debug)]
pub enum Want {
    /// Elsewhere; asks first where changes would be lost.
    Go(Go),
    Save,
    Revert,
    /// Reads the list again.
    Read,
    Test,
    Cancel,
    Duplicate,
    Delete,
    Decided(Decision),
}

/// Where to, from the connection that is looked at.
#[derive(Clone, Debug)]
pub enum Go {
    /// Back to the flow.
    Close,
    /// Back to the flow, and does this there.
    Act(Action),
    /// The window closes.
    Window,
    Show(String),
    /// Choosing a kind.
    New,
    /// Choosing what one of this kind starts from.
    Kind(&'static Entry),
    Make(&'static Entry, Option<&'static Preset>),
}

/// Something to decide on in a dialog.
#[derive(Clone, Debug)]
pub enum Question {
    Unsaved { name: String },
    Remove { name: String, uses: Vec<Use> },
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Save,
    Discard,
    Remove,
}

/// What is at the right.
#[derive(Default)]
enum Right {
    #[default]
    Nothing,
    Kinds,
    Presets(&'static Entry),
    One(Box<Shown>),
}

/// The view.
#[derive(Default)]
pub struct View {
    is_open: bool,
    all: Vec<Listed>,
    /// The list has been read once.
    is_read: bool,
    /// Why it could not be read.
    problems: Vec<Problem>,
    query: String,
    right: Right,
    listing: Asked,
    reading: Asked,
    /// Saving, copying and deleting.
    changing: Asked,
    using: Asked,
    /// Where to go once changes are saved or given up.
    then: Option<Go>,
    /// Shown once the list has it.
    next: Option<String>,
    removing: Option<String>,
    openings: u64,
}

impl View {
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether closing would lose something.
    pub fn is_dirty(&self) -> bool {
        self.shown().is_some_and(Shown::is_dirty)
    }

    /// Whether something was asked and not answered; a test does not count.
    pub fn is_busy(&self) -> bool {
        let is_asking = [&self.listing, &self.reading, &self.changing, &self.using];
        let is_asking = is_asking.iter().any(|asked| asked.is_coming());
        is_asking || self.shown().is_some_and(Shown::is_looking)
    }

    fn shown(&self) -> Option<&Shown> {
        match &self.right {
            Right::One(shown) => Some(shown),
            _ => None,
        }
    }

    fn shown_mut(&mut self) -> Option<&mut Shown> {
        match &mut self.right {
            Right::One(shown) => Some(shown),
            _ => None,
        }
    }

    /// Comes to the front.
    pub fn open(&mut self, session: &mut Session, out: &mut Requests) {
        self.is_open = true;
        self.list(session, out);
    }

    /// A question was not answered: everything stays as it is.
    pub fn stay(&mut self) {
        self.then = None;
        self.removing = None;
    }

    /// The file that was picked for a setting of the connection that was opened as `serial`.
    pub fn set_picked(&mut self, serial: u64, key: String, path: PathBuf) {
        if let Some(shown) = self.shown_mut().filter(|shown| shown.serial == serial) {
            shown.picked = Some((key, path));
        }
    }

    /// The form has taken it.
    pub fn take_picked(&mut self) {
        if let Some(shown) = self.shown_mut() {
            shown.picked = None;
        }
    }

    fn list(&mut self, session: &mut Session, out: &mut Requests) {
        if let Err(problems) = self.listing.ask(session, Ask::List) {
            tell(problems, out);
        }
    }

    /// Takes in what came since the last frame; whether something is still under way.
    pub fn poll(&mut self, session: &mut Session, out: &mut Requests) -> bool {
        match self.listing.poll() {
            Some(Ok(Answer::List(all))) => self.listed(all, session, out),
            Some(Err(problems)) if self.is_read => tell(problems, out),
            Some(Err(problems)) => self.problems = problems,
            _ => {}
        }
        match self.reading.poll() {
            Some(Ok(Answer::Draft(draft))) => self.read(draft),
            Some(Err(problems)) => {
                if let Some(shown) = self.shown_mut() {
                    shown.problems = problems;
                }
            }
            _ => {}
        }
        match self.using.poll() {
            Some(Ok(Answer::Uses(uses))) => {
                if let Some(name) = self.removing.clone() {
                    out.push(Request::Ask(Question::Remove { name, uses }));
                }
            }
            Some(Err(problems)) => tell(problems, out),
            _ => {}
        }
        self.changed(session, out);
        let is_going_on = self.shown_mut().is_some_and(|shown| shown.poll(session));
        is_going_on || self.is_busy()
    }

    /// Draws the view; where list and connection are.
    pub fn ui(&mut self, ui: &mut Ui, keymap: &Keymap, out: &mut Requests) -> [Rect; 2] {
        let is_narrow = ui.available_width() < NARROW;
        let frame = Frame::new().fill(Tokens::of(ui).panel);
        let pad = Margin::symmetric(space::PADDING as i8, 0);
        let bar = Panel::top("connections bar").exact_size(space::TOOLBAR).resizable(false);
        bar.frame(frame.inner_margin(pad)).show(ui, |ui| {
            ui.horizontal_centered(|ui| bar_of(ui, keymap, out));
        });
        let list = Panel::left("connections list").resizable(false);
        let list = list.exact_size(if is_narrow { 232.0 } else { 288.0 });
        let shown = self.shown().and_then(Shown::name).map(str::to_owned);
        let margin = Margin::symmetric(space::PADDING as i8, 10);
        let list = list.frame(frame.inner_margin(margin)).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            list::show(ui, &self.all, &mut self.query, shown.as_deref(), out);
        });
        let right = CentralPanel::default().frame(frame).show(ui, |ui| match &mut self.right {
            Right::Kinds => new::kinds(ui, out),
            Right::Presets(kind) => new::presets(ui, kind, out),
            Right::One(shown) => page::show(ui, shown, &self.all, keymap, out),
            Right::Nothing if !self.problems.is_empty() => unread(ui, &self.problems, out),
            Right::Nothing if self.is_read && self.all.is_empty() => nothing(ui, out),
            Right::Nothing => {}
        });
        [list.response.rect, right.response.rect]
    }
}

fn bar_of(ui: &mut Ui, keymap: &Keymap, out: &mut Requests) {
    ui.label(RichText::new("Connections").font(theme::title()));
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let close = tool::icon_button_enabled(ui, "ui/close", "Close connections", true);
        let keys = keymap.text(Action::Connections);
        if close.on_hover_text(format!("Back to the flow (Esc, {keys})")).clicked() {
            out.push(Request::Connections(Want::Go(Go::Close)));
        }
        let new = tool::button(ui, Some("ui/add"), "New connection", None, ButtonLook::Framed, true);
        if new.clicked() {
            out.push(Request::Connections(Want::Go(Go::New)));
        }
    });
}

/// The list cannot be read.
fn unread(ui: &mut Ui, problems: &[Problem], out: &mut Requests) {
    Frame::new().inner_margin(20).show(ui, |ui| {
        for problem in problems {
            chrome::problem(ui, problem);
        }
        ui.add_space(2.0 * space::GRID);
        if tool::button(ui, Some("ui/refresh"), "Read again", None, ButtonLook::Framed, true).clicked() {
            out.push(Request::Connections(Want::Read));
        }
    });
}

/// There is none yet.
fn nothing(ui: &mut Ui, out: &mut Requests) {
    let words = Empty {
        icon: "ui/plug",
        title: "No connections yet",
        text: "Connect once, by name; flows carry the name, never the password",
        is_error: false,
    };
    empty(ui, &words, |ui| {
        ui.add_space(4.0);
        if tool::button(ui, Some("ui/add"), "Add a connection", None, ButtonLook::Primary, true).clicked() {
            out.push(Request::Connections(Want::Go(Go::New)));
        }
    });
}

fn tell(problems: Vec<Problem>, out: &mut Requests) {
    for problem in problems {
        out.push(Request::Tell(problem));
    }
}
