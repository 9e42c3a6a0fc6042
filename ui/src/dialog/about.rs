//! What this is, and under which licences.

use egui::{Rect, RichText, Sense, Ui, Vec2};

use super::Answered;
use crate::theme::{self, Tokens};
use crate::widget::tool::{self, ButtonLook};

pub(super) fn ui(ui: &mut Ui) -> Option<Answered> {
    let tokens = Tokens::of(ui);
    ui.set_width(380.0);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(48.0), Sense::hover());
        crate::icon::paint_colored(
            ui.painter(),
            "flowloom",
            Rect::from_center_size(rect.center(), rect.size()),
        );
        ui.vertical(|ui| {
            ui.label(RichText::new("Flowloom").font(theme::title()));
            ui.label(RichText::new(concat!("Version ", env!("CARGO_PKG_VERSION"))).color(tokens.dim));
        });
    });
    ui.add_space(8.0);
    ui.label("A studio for Kafka pipelines that runs on this machine: no account, no server, no browser");
    ui.add_space(4.0);
    let licence = "MIT or Apache-2.0. Inter and JetBrains Mono under the SIL Open Font License";
    ui.label(RichText::new(licence).small().color(tokens.dim));
    ui.add_space(8.0);
    tool::button(ui, None, "Close", None, ButtonLook::Framed, true).clicked().then_some(Answered::Dismissed)
}
