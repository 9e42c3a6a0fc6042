//! Pictures of every view in both themes, at 100 % and 150 %: `FLOWLOOM_SHOTS=folder` writes them for
//! people; without it the test still paints and walks through every view.

use egui::Vec2;
use flowloom_ui::Setup;
use tempfile::TempDir;

use super::Studio;

#[test]
fn every_view_paints_in_both_themes_and_scales() {
    for (theme, action) in [("dark", "Dark theme"), ("light", "Light theme")] {
        for (scale, percent) in scales() {
            let home = TempDir::new().expect("a folder");
            let size = Vec2::new(1440.0, 900.0);
            let mut studio = Studio::sized(home, Setup { open: Vec::new(), is_demo: true }, size, scale);
            studio.until("the embedded broker is up", |studio| studio.doc().waits_for.is_none());
            studio.settle();
            studio.run_command(action);
            let name = |view: &str| format!("{theme}_{percent}_{view}");
            studio.shot(&name("start"));
            studio.run_command("Preview");
            studio.finish();
            studio.shot(&name("preview"));
            for tab in ["Show the profile", "Show the log", "Show the runs", "Show the data"] {
                studio.run_command(tab);
                studio.shot(&name(&tab.replace(' ', "_").to_lowercase()));
            }
            for node in ["Orders", "Paid", "By currency", "Result"] {
                studio.run_command(&format!("Go to {node}"));
                studio.shot(&name(&format!("node_{node}")));
            }
            for dialog in ["Keyboard shortcuts…", "Export…", "About Flowloom"] {
                studio.run_command(dialog);
                studio.settle();
                studio.shot(&name(&format!("dialog_{}", dialog.trim_end_matches('…'))));
                studio.press(egui::Modifiers::NONE, egui::Key::Escape);
            }
        }
    }
}

/// Both scales for people; one where nobody looks, to save time.
fn scales() -> Vec<(f32, u32)> {
    let all = [(1.0, 100), (1.5, 150)];
    let count = if std::env::var_os("FLOWLOOM_SHOTS").is_some() { 2 } else { 1 };
    all[..count].to_vec()
}

#[test]
fn connections_paint_in_both_themes_and_sizes() {
    for (theme, action) in [("dark", "Dark theme"), ("light", "Light theme")] {
        for (name, size, scale) in
            [("wide", Vec2::new(1440.0, 900.0), 1.0), ("small", Vec2::new(900.0, 600.0), 1.5)]
        {
            let home = TempDir::new().expect("a folder");
            let path = home.path().join("flow.flow.yaml");
            std::fs::write(&path, super::ORDERS).expect("a flow file");
            let mut studio = Studio::sized(home, Setup { open: vec![path], is_demo: false }, size, scale);
            studio.run_command(action);
            let name = |view: &str| format!("connections_{theme}_{name}_{view}");
            super::connections::tour(&mut studio, &|studio, view| studio.shot(&name(view)));
        }
    }
}
