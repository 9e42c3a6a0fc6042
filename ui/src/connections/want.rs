//! What becomes of wishes: the steps from one state of the view to the next.

use flowloom_studio::Session;
use flowloom_studio::connections::{Answer, Ask, Draft, Entry, Listed, Origin, Preset};

use super::shown::{Edited, Shown};
use super::{Decision, Go, Question, Right, View, Want, look, tell};
use crate::request::{Request, Requests};

impl View {
    /// Does what is wanted.
    pub fn want(&mut self, want: Want, session: &mut Session, out: &mut Requests) {
        match want {
            Want::Go(go) if self.is_dirty() => {
                let name = self.shown().and_then(|shown| shown.edited.as_ref());
                let name = name.map(|edited| edited.draft.name.clone()).unwrap_or_default();
                self.then = Some(go);
                out.push(Request::Ask(Question::Unsaved { name }));
            }
            Want::Go(go) => self.go(go, session, out),
            Want::Save | Want::Decided(Decision::Save) => self.save(session, out),
            Want::Revert => {
                self.revert();
                if matches!(self.right, Right::Nothing) {
                    self.list(session, out);
                }
            }
            Want::Read => self.list(session, out),
            Want::Test => self.test(session, out),
            Want::Cancel => {
                if let Some(shown) = self.shown_mut() {
                    shown.testing.cancel();
                }
            }
            Want::Duplicate => self.duplicate(session, out),
            Want::Delete => {
                let name = self.shown().filter(|shown| shown.is_stored()).and_then(Shown::name);
                let Some(name) = name.map(str::to_owned) else { return };
                self.removing = Some(name.clone());
                if let Err(problems) = self.using.ask(session, Ask::Uses { name }) {
                    tell(problems, out);
                }
            }
            Want::Decided(Decision::Discard) => {
                self.revert();
                if let Some(go) = self.then.take() {
                    self.go(go, session, out);
                }
            }
            Want::Decided(Decision::Remove) => {
                let Some(name) = self.removing.take() else { return };
                self.change(session, Ask::Remove { name }, out);
            }
        }
    }

    /// Esc: one level back.
    pub fn escape(&mut self, out: &mut Requests) {
        let go = match self.right {
            Right::Presets(_) => Go::New,
            Right::Kinds => self.first().map_or(Go::Close, Go::Show),
            _ => Go::Close,
        };
        out.push(Request::Connections(Want::Go(go)));
    }

    fn go(&mut self, go: Go, session: &mut Session, out: &mut Requests) {
        match go {
            Go::Close => self.close(),
            Go::Act(action) => {
                self.close();
                out.act(action);
            }
            Go::Window => {
                self.close();
                out.push(Request::CloseWindow);
            }
            Go::Show(name) => self.show(&name, session, out),
            Go::New => {
                self.leave();
                self.right = Right::Kinds;
            }
            Go::Kind(kind) if kind.card.presets.is_empty() => self.make(kind, None, out),
            Go::Kind(kind) => self.right = Right::Presets(kind),
            Go::Make(kind, preset) => self.make(kind, preset, out),
        }
    }

    /// The flow comes to the front again. What was typed is forgotten; what was looked at is found again.
    fn close(&mut self) {
        self.is_open = false;
        self.next = self.shown().and_then(Shown::name).map(str::to_owned);
        self.leave();
    }

    /// Nothing is at the right any more, and nothing of it goes on.
    fn leave(&mut self) {
        if let Some(shown) = self.shown_mut() {
            shown.leave();
        }
        self.reading.forget();
        self.right = Right::Nothing;
    }

    fn show(&mut self, name: &str, session: &mut Session, out: &mut Requests) {
        self.leave();
        let Some(listed) = self.all.iter().find(|listed| listed.name == name).cloned() else { return };
        let may_edit = listed.origin == Origin::Store && listed.problem.is_none();
        let shown = Shown::of(self.next_serial(), listed);
        self.right = Right::One(Box::new(shown));
        if may_edit && let Err(problems) = self.reading.ask(session, Ask::Draft { name: name.to_owned() }) {
            tell(problems, out);
        }
    }

    /// The one that the list begins with.
    fn first(&self) -> Option<String> {
        let first = self.all.iter().min_by_key(|listed| look::order(listed));
        first.map(|listed| listed.name.clone())
    }

    fn next_serial(&mut self) -> u64 {
        self.openings += 1;
        self.openings
    }

    fn make(&mut self, kind: &'static Entry, preset: Option<&'static Preset>, out: &mut Requests) {
        let settings = match preset {
            Some(preset) => kind.preset(preset),
            None => Ok((kind.new)()),
        };
        let settings = match settings {
            Ok(settings) => settings,
            Err(problem) => return out.push(Request::Tell(problem)),
        };
        self.leave();
        let name = self.free(preset.map_or(kind.card.id, |preset| preset.id));
        let draft = Draft { name, before: None, settings };
        let note = preset.map_or("", |preset| preset.note);
        let shown = Shown::new(self.next_serial(), draft, note);
        self.right = Right::One(Box::new(shown));
    }

    /// `name`, or as it is with a number where it is taken.
    fn free(&self, name: &str) -> String {
        let is_free = |name: &String| self.all.iter().all(|listed| listed.name != *name);
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }

    fn save(&mut self, session: &mut Session, out: &mut Requests) {
        let Some(shown) = self.shown_mut() else { return };
        let Some(edited) = &mut shown.edited else { return };
        if let Some(wrong) = edited.try_it() {
            shown.jump = Some(wrong);
            self.then = None;
            return;
        }
        let draft = edited.draft.clone();
        if draft.before.is_some() && !edited.is_dirty() {
            return;
        }
        edited.sent = Some(draft.clone());
        self.change(session, Ask::Keep { draft }, out);
    }

    fn change(&mut self, session: &mut Session, ask: Ask, out: &mut Requests) {
        if self.changing.is_coming() {
            return;
        }
        if let Err(problems) = self.changing.ask(session, ask) {
            self.then = None;
            tell(problems, out);
        }
    }

    /// As it was read; a new one is given up.
    fn revert(&mut self) {
        let Some(shown) = self.shown_mut() else { return };
        let Some(edited) = &mut shown.edited else { return };
        if edited.draft.before.is_none() {
            return self.leave();
        }
        *edited = Edited::new(edited.saved.clone(), edited.note);
        shown.testing.outdate();
        let serial = self.next_serial();
        if let Some(shown) = self.shown_mut() {
            shown.serial = serial;
        }
    }

    fn test(&mut self, session: &mut Session, out: &mut Requests) {
        let Some(shown) = self.shown_mut() else { return };
        let ask = match (&mut shown.edited, &shown.listed) {
            (Some(edited), _) => {
                // What is missing is told at its field and by the test itself.
                edited.try_it();
                Ask::Test { draft: edited.draft.clone() }
            }
            (None, Some(listed)) => Ask::TestNamed { name: listed.name.clone() },
            (None, None) => return,
        };
        if let Err(problems) = shown.testing.start(session, ask) {
            tell(problems, out);
        }
    }

    fn duplicate(&mut self, session: &mut Session, out: &mut Requests) {
        let Some(shown) = self.shown().filter(|shown| shown.is_stored() && !shown.is_dirty()) else { return };
        let Some(name) = shown.name().map(str::to_owned) else { return };
        let to = self.free(&format!("{name}_copy"));
        self.change(session, Ask::Duplicate { name, to }, out);
    }

    /// The list as it is now.
    pub(super) fn listed(&mut self, all: Vec<Listed>, session: &mut Session, out: &mut Requests) {
        self.is_read = true;
        self.problems.clear();
        self.all = all;
        let next = self.next.take();
        if let Right::One(shown) = &mut self.right {
            let name = shown.name().map(str::to_owned);
            let now = name.and_then(|name| self.all.iter().find(|listed| listed.name == name));
            if let Some(now) = now {
                shown.listed = Some(now.clone());
            }
        }
        let is_there = |name: &String| self.all.iter().any(|listed| listed.name == *name);
        let name = match (next.filter(is_there), &self.right) {
            (Some(name), _) => name,
            (None, Right::Nothing) => match self.first() {
                Some(first) => first,
                None => return,
            },
            (None, _) => return,
        };
        if self.is_open && self.shown().and_then(Shown::name) != Some(&name) {
            self.show(&name, session, out);
        }
    }

    /// A connection of the store as it can be edited.
    pub(super) fn read(&mut self, draft: Draft) {
        if let Some(shown) = self.shown_mut()
            && shown.name() == Some(&draft.name)
            && !shown.is_dirty()
        {
            shown.edited = Some(Edited::new(draft, ""));
        }
    }

    /// Something was kept, copied or removed, or not.
    pub(super) fn changed(&mut self, session: &mut Session, out: &mut Requests) {
        match self.changing.poll() {
            Some(Ok(Answer::Kept { name, notice })) => {
                if let Some(notice) = notice {
                    out.push(Request::Say(crate::format::sentence(&notice)));
                }
                self.kept(name, session, out);
            }
            Some(Ok(Answer::Removed { name })) => {
                out.push(Request::Say(format!("Deleted “{name}”")));
                self.leave();
                self.list(session, out);
            }
            Some(Err(problems)) => {
                self.then = None;
                match self.shown_mut().and_then(|shown| shown.edited.as_mut()) {
                    Some(edited) => edited.refused = problems,
                    None => tell(problems, out),
                }
            }
            _ => {}
        }
    }

    /// It is in the store: what was typed is forgotten, and read again without its secrets.
    fn kept(&mut self, name: String, session: &mut Session, out: &mut Requests) {
        if let Some(go) = self.then.take() {
            self.leave();
            self.next = match &go {
                Go::Show(next) => Some(next.clone()),
                _ => None,
            };
            self.list(session, out);
            return match go {
                Go::Show(_) => {}
                go => self.go(go, session, out),
            };
        }
        let shown = self
            .shown_mut()
            .filter(|shown| shown.edited.as_ref().is_some_and(|edited| edited.is_sent_as(&name)));
        if let Some(shown) = shown {
            shown.kept();
            if let Err(problems) = self.reading.ask(session, Ask::Draft { name }) {
                tell(problems, out);
            }
        } else {
            self.leave();
            self.next = Some(name);
        }
        self.list(session, out);
    }
}
