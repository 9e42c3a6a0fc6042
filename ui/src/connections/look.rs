//! What the view's parts have in common: icons of kinds, where connections come from.

use egui::{Color32, Rect, Ui, Vec2};
use flowloom_studio::connections::{Group, Listed, Origin};

use crate::icon;
use crate::theme::{Tokens, tint};

/// In the order of the list.
pub(super) const GROUPS: [Group; 3] = [Group::Streams, Group::Databases, Group::Storage];

fn color(tokens: &Tokens, group: Option<Group>) -> Color32 {
    match group {
        Some(Group::Streams) => tokens.source,
        Some(Group::Databases) => tokens.transform,
        Some(Group::Storage) => tokens.aggregate,
        None => tokens.faint,
    }
}

/// The icon of the kind `id` on a tint of its group's colour.
pub(super) fn tile(ui: &Ui, id: &str, group: Option<Group>, rect: Rect) {
    let color = color(Tokens::of(ui), group);
    ui.painter().rect_filled(rect, rect.width() / 4.0, tint(color));
    let name = format!("connections/{id}");
    let name = if icon::exists(&name) { name } else { "connections/other".to_owned() };
    let glyph = (rect.width() * 0.56).round();
    icon::paint(ui.painter(), &name, Rect::from_center_size(rect.center(), Vec2::splat(glyph)), color);
}

/// Where a connection stands among the groups; what is of none comes last.
pub(super) fn order(listed: &Listed) -> usize {
    let group = listed.card.map(|card| card.group);
    GROUPS.iter().position(|each| Some(*each) == group).unwrap_or(GROUPS.len())
}

/// A word for where it comes from; empty: from the store.
pub(super) fn badge(origin: &Origin) -> &'static str {
    match origin {
        Origin::Store => "",
        Origin::Environment(_) => "environment",
        Origin::File(_) => "file",
    }
}

/// Why it cannot be changed here.
pub(super) fn whence(listed: &Listed) -> String {
    let place = match &listed.origin {
        Origin::Store => return String::new(),
        Origin::Environment(variable) => format!("The environment writes it (`{variable}`)"),
        Origin::File(path) => format!("It is written in `{}`", path.display()),
    };
    match &listed.problem {
        Some(_) => format!("{place}: mend it there"),
        None => format!("{place}: it can be used and tried here, not changed"),
    }
}

#[cfg(test)]
mod tests {
    use flowloom_studio::connections::KINDS;

    #[test]
    fn every_kind_has_an_icon_of_its_own() {
        let without = KINDS.iter().map(|kind| kind.card.id);
        let without: Vec<_> =
            without.filter(|id| !crate::icon::exists(&format!("connections/{id}"))).collect();
        assert!(without.is_empty(), "draw icons/connections/{without:?}.svg");
    }
}
