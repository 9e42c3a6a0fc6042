//! The studio in one window: open flows, panels around the canvas, and what carries requests out.
//! The program that owns the window calls [`App::ui`] for each frame and decides nothing else.

mod areas;
mod bars;
mod clipboard;
mod connections;
mod demo;
mod disk;
mod drafts;
mod files;
mod frame;
mod menu;
mod perform;
mod preferences;
mod toast;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use egui::{Context, Ui};
use flowloom_flow::Problem;
use flowloom_studio::demo::{Demo, Starting};
use flowloom_studio::{Command, Desk, Draft, FlowKey, Limits, Session};

use crate::action::{Env, Keymap};
use crate::connections::{Go, View, Want};
use crate::dialog::{Close, Dialog};
use crate::doc::{Doc, Ended};
use crate::panel;
use crate::request::{About, Request, Requests};
use crate::shell::{Answer, Setup, Wish};
use preferences::Preferences;
use toast::Toasts;

/// How often a window looks for news while something is under way.
const TICK: Duration = Duration::from_millis(33);

/// The studio in one window.
#[expect(clippy::struct_excessive_bools, reason = "each says another thing that a frame must not do twice")]
pub struct App {
    session: Session,
    docs: Vec<Doc>,
    front: usize,
    requests: Requests,
    keymap: Keymap,
    preferences: Preferences,
    /// The preferences that the store has.
    kept: Option<Preferences>,
    recent: Vec<PathBuf>,
    dialog: Option<Dialog>,
    connections: View,
    toasts: Toasts,
    panels: Panels,
    areas: areas::Areas,
    /// Where the context menu is and what it is about.
    menu: Option<(egui::Pos2, About)>,
    desk: Desk,
    /// Preferences, recent files and drafts have been read.
    is_loaded: bool,
    /// Unsaved work of a session that died, not decided on yet.
    found: VecDeque<Draft>,
    drafts: HashMap<FlowKey, drafts::Kept>,
    starting: Option<Starting>,
    demo: Option<Demo>,
    /// The sample flow that waits for, or uses, the embedded broker.
    sample: Option<FlowKey>,
    setup: Setup,
    /// Other windows are open.
    is_beside: bool,
    /// `None`: where this person's data is.
    home: Option<PathBuf>,
    wishes: Vec<Wish>,
    /// What an open dialog of the system is for, by its token.
    asked: HashMap<u64, files::Asked>,
    tokens: u64,
    title: String,
    /// The user has said what is to become of unsaved work.
    is_closing: bool,
    /// The next paste keeps incoming wires.
    is_wired_paste: bool,
    gestures: u64,
    /// Frames since a jump to a setting.
    jump_frames: u8,
    /// A text field had the keyboard when the last frame ended.
    was_typing: bool,
    /// Pan and zoom of flows as they were last closed, by path.
    views: BTreeMap<String, serde_json::Value>,
    disk: disk::Disk,
    /// Tabs that were ever asked for.
    places: u64,
}

/// View state of the panels.
#[derive(Default)]
struct Panels {
    palette: panel::palette::PaletteState,
    right: panel::right::RightState,
    bottom: panel::bottom::BottomState,
}

impl App {
    /// A window that opens what `setup` says as soon as it can, and keeps its data where this person's is.
    pub fn new(setup: Setup) -> Self {
        Self::with(setup, None, Session::new(Limits::default()), Desk::open())
    }

    /// As [`App::new`], with all its data in `home`: the key that locks secrets too, not in the system's keyring.
    pub fn in_home(setup: Setup, home: PathBuf) -> Self {
        let session = Session::new(Limits::default()).with_home(&home).without_keyring();
        let desk = Desk::open_in(home.clone());
        Self::with(setup, Some(home), session, desk)
    }

    /// A window beside others: what was open last is theirs, so without files it starts on a new flow.
    #[must_use]
    pub fn beside_others(self) -> Self {
        Self { is_beside: true, ..self }
    }

    fn with(setup: Setup, home: Option<PathBuf>, session: Session, desk: Desk) -> Self {
        Self {
            session,
            docs: Vec::new(),
            front: 0,
            requests: Requests::default(),
            keymap: Keymap::default(),
            preferences: Preferences::default(),
            kept: None,
            recent: Vec::new(),
            dialog: None,
            connections: View::default(),
            toasts: Toasts::default(),
            panels: Panels::default(),
            areas: areas::Areas::default(),
            menu: None,
            desk,
            is_loaded: false,
            found: VecDeque::new(),
            drafts: HashMap::new(),
            starting: None,
            demo: None,
            sample: None,
            setup,
            is_beside: false,
            home,
            wishes: Vec::new(),
            asked: HashMap::new(),
            tokens: 0,
            title: String::new(),
            is_closing: false,
            is_wired_paste: false,
            gestures: 0,
            jump_frames: 0,
            was_typing: false,
            views: BTreeMap::new(),
            disk: disk::Disk::default(),
            places: 0,
        }
    }

    /// Keeps every command from now on, see [`Session::record`].
    pub fn record(&mut self) {
        self.session.record();
    }

    /// Every command since [`App::record`].
    pub fn journal(&self) -> &[Command] {
        self.session.journal()
    }

    /// One frame.
    pub fn ui(&mut self, ui: &mut Ui) {
        self.poll(ui.ctx());
        self.keyboard(ui.ctx());
        self.frame(ui);
        self.carry_out(ui.ctx());
        self.finish(ui.ctx());
    }

    /// What the window's owner should do, since the last call.
    pub fn wishes(&mut self) -> Vec<Wish> {
        std::mem::take(&mut self.wishes)
    }

    /// A dialog of the system was answered.
    pub fn answer(&mut self, answer: Answer) {
        let Answer::Picked { token, path } = answer;
        if let Some((asked, path)) = self.asked.remove(&token).zip(path) {
            self.picked(asked, path);
        }
    }

    /// Files that another start of the program, or a drop on the window, hands over.
    pub fn open(&mut self, paths: Vec<PathBuf>) {
        for path in paths {
            self.load_file(path, disk::Then::Show);
        }
    }

    /// The window's cross was pressed: whether it may go at once. Where not, the user is asked.
    pub fn may_close(&mut self) -> bool {
        if self.connections.is_dirty() {
            self.requests.push(Request::Connections(Want::Go(Go::Window)));
            return false;
        }
        if self.is_closing || self.docs.iter().all(|doc| doc.is_saved) {
            return true;
        }
        if !self.waits_to_close(Close::Window) {
            self.dialog = Some(Dialog::close(self.unsaved(), None));
        }
        false
    }

    /// The window goes: nothing that matters stays in memory only.
    pub fn close(&mut self) {
        for at in 0..self.docs.len() {
            self.keep_view(at);
        }
        self.preferences.tabs = self.docs.iter().filter_map(|doc| doc.path.clone()).collect();
        self.write_preferences();
        let has_written = self.disk.writers().all(|job| job.settle(Duration::from_secs(2)));
        if !has_written {
            tracing::warn!("the window closed while a file was being written");
        }
        if !self.desk.flush(Duration::from_secs(2)) {
            tracing::warn!("preferences could not be written before the window closed");
        }
    }

    /// The flow in front.
    pub fn doc(&self) -> Option<&Doc> {
        self.docs.get(self.front)
    }

    /// Open flows in the order of their tabs.
    pub fn docs(&self) -> &[Doc] {
        &self.docs
    }

    /// Whether a file is being read or written.
    pub fn waits_for_disk(&self) -> bool {
        !self.disk.is_idle()
    }

    /// Whether something was asked about connections and not answered; a test of one does not count.
    pub fn waits_for_connections(&self) -> bool {
        self.connections.is_busy()
    }

    fn env(&self) -> Env<'_> {
        Env { doc: self.docs.get(self.front), tabs: self.docs.len() }
    }

    /// Tells the user, and the log of the flow in front.
    fn tell(&mut self, problem: Problem) {
        self.toasts.problem(&problem);
        if let Some(doc) = self.docs.get_mut(self.front) {
            doc.log.problem(problem);
        }
    }

    /// Tells the user, and the log of the flow that it is about.
    fn tell_all_of(&mut self, flow: FlowKey, problems: Vec<Problem>) {
        for problem in problems {
            self.toasts.problem(&problem);
            if let Some(doc) = self.docs.iter_mut().find(|doc| doc.key == flow) {
                doc.log.problem(problem);
            }
        }
    }

    fn tell_all(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.tell(problem);
        }
    }

    fn poll(&mut self, ctx: &Context) {
        self.load(ctx);
        self.poll_demo();
        let mut is_busy = self.starting.is_some() || !self.is_loaded;
        is_busy |= self.poll_disk();
        is_busy |= self.connections.poll(&mut self.session, &mut self.requests);
        for doc in &mut self.docs {
            is_busy |= doc.poll(&mut self.session);
        }
        self.sell();
        self.tell_ends(ctx);
        for problem in self.desk.problems() {
            self.tell(problem);
        }
        if let Some(dialog) = &mut self.dialog {
            is_busy |= dialog.poll();
        }
        if is_busy {
            ctx.request_repaint_after(TICK);
        }
    }

    /// A jump to a setting is over once its panel has been laid out; a second jump there scrolls again.
    fn forget_jump(&mut self) {
        let Some(doc) = self.docs.get_mut(self.front) else { return };
        if doc.field.is_none() {
            self.jump_frames = 0;
            return;
        }
        self.jump_frames += 1;
        if self.jump_frames > 3 {
            doc.field = None;
        }
    }

    /// Says how runs have ended: in the window, and beside it where nobody looks at it.
    fn tell_ends(&mut self, ctx: &Context) {
        let has_focus = ctx.input(|input| input.focused);
        for doc in &mut self.docs {
            let Some(Ended { words, why }) = doc.ended.take() else { continue };
            // Without the time that it took: of one cause there is one message, however often it is tried.
            let told = why.map(|why| Problem { message: format!("Run failed: {}", why.message), ..why });
            if !has_focus {
                let body = told.as_ref().map_or_else(|| words.clone(), |told| told.message.clone());
                self.wishes.push(Wish::Notify { title: doc.title(), body });
            }
            match &told {
                Some(told) => self.toasts.problem(told),
                None => self.toasts.info(words),
            }
        }
    }

    fn finish(&mut self, ctx: &Context) {
        self.forget_jump();
        let title = match self.doc() {
            Some(doc) => format!("{}{} – Flowloom", if doc.is_saved { "" } else { "• " }, doc.title()),
            None => "Flowloom".to_owned(),
        };
        if title != self.title {
            self.wishes.push(Wish::Title(title.clone()));
            self.title = title;
        }
        self.was_typing = ctx.text_edit_focused();
        self.keep_drafts(ctx);
        self.keep_preferences(ctx);
    }
}
