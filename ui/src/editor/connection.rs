//! A connection by name, picked from those of a fitting kind.

use egui::Ui;
use flowloom_flow::value::ConnectionName;

use super::Edit;
use crate::action::Action;
use crate::form::{At, Owner, chrome};
use crate::widget::dropdown::Dropdown;
use crate::widget::pick::{self, Entry, List};

/// No name of a connection has a space.
const MANAGE: &str = "manage connections";

impl Edit for ConnectionName {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let current = self.0.clone();
        let known = entries(at);
        let detail = known.iter().find(|entry| entry.value == current);
        let detail = detail.map(|entry| entry.detail.clone()).unwrap_or_default();
        let dropdown = Dropdown {
            empty: "Choose a connection",
            detail: &detail,
            is_wrong: at.is_wrong(""),
            ..Dropdown::new(at.id, at.label, &current)
        };
        let anchor = dropdown.show(ui);
        if anchor.clicked() && !pick::is_open(ui, &anchor) {
            at.suggest();
        }
        let (found, is_coming) = at.suggestions();
        let note = match (at.owner, found, is_coming) {
            (Owner::Node { .. }, None, _) | (_, _, true) => "Looking for connections…",
            (Owner::Node { .. }, Some(Err(_)), _) => "The connections cannot be read",
            _ if known.is_empty() => "There is no connection of this kind yet",
            _ => "",
        };
        let problems = found.and_then(Result::err).unwrap_or_default().to_vec();
        let is_picked = |value: &str| value == current;
        let list =
            List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: false, note };
        let rows = || {
            let nothing = Entry { label: "None".to_owned(), ..Entry::default() };
            let manage = Entry { label: "Manage connections…".to_owned(), ..Entry::new(MANAGE, "") };
            let nothing = (!current.is_empty()).then_some(nothing);
            let manage = matches!(at.owner, Owner::Node { .. }).then_some(manage);
            nothing.into_iter().chain(known).chain(manage).collect()
        };
        match pick::list(ui, &anchor, &list, rows) {
            Some(picked) if picked == MANAGE => at.out.act(Action::Connections),
            Some(picked) => self.0 = picked,
            None => {}
        }
        for problem in &problems {
            chrome::problem(ui, problem);
        }
    }
}

/// Connections that fit.
fn entries(at: &At<'_>) -> Vec<Entry> {
    match at.owner {
        // By convention a connection's setting that names another one is called as that one's kind.
        Owner::Connection(of) => {
            let fitting = of.listed.iter().filter(|listed| listed.kind == at.key);
            fitting.map(|listed| Entry::new(&listed.name, &listed.caption)).collect()
        }
        Owner::Node { .. } => {
            let (found, _) = at.suggestions();
            let found = found.and_then(Result::ok).unwrap_or_default();
            found.iter().map(|found| Entry::new(&found.value, &found.detail)).collect()
        }
    }
}
