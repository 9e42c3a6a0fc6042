//! Milliseconds a frame of the data table costs while it scrolls over a million rows, layout and
//! tessellation: lines of tab-separated fields for `make bench`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::time::{Duration, Instant};

use egui::{Event, Modifiers, MouseWheelUnit, Pos2, RawInput, Rect, TouchPhase, Vec2};
use flowloom_ui::table::{self, Table, TableState};
use polars::prelude::{Column, DataFrame};

const SIZE: Vec2 = Vec2::new(1_200.0, 600.0);
const ROWS: usize = 1_000_000;
const FRAMES: u32 = 200;

/// Twenty columns: numbers, decimals, texts and flags.
fn rows(height: usize) -> DataFrame {
    let columns: Vec<Column> = (0..20)
        .map(|at| {
            let name = format!("column_{at}").into();
            match at % 4 {
                0 => Column::new(name, (0..height as i64).map(|row| row * 7).collect::<Vec<_>>()),
                1 => Column::new(name, (0..height).map(|row| row as f64 / 7.0).collect::<Vec<_>>()),
                2 => Column::new(
                    name,
                    (0..height).map(|row| format!("customer {}", row % 999)).collect::<Vec<_>>(),
                ),
                _ => Column::new(name, (0..height).map(|row| row % 3 == 0).collect::<Vec<_>>()),
            }
        })
        .collect();
    DataFrame::new(height, columns).expect("columns of one height")
}

fn main() {
    for height in [1_000, ROWS] {
        let rows = rows(height);
        for (what, delta) in [("idle", 0.0), ("scrolling", -900.0)] {
            let (mean, slowest) = measure(&rows, delta);
            println!("table, {height} rows, {what}\t{mean:.2} ms\tslowest {slowest:.2}\t\t≤ 4 ms");
        }
    }
}

/// Mean and slowest of many frames, each scrolled by `delta` points.
fn measure(rows: &DataFrame, delta: f32) -> (f64, f64) {
    let ctx = egui::Context::default();
    flowloom_ui::install(&ctx);
    let mut state = TableState::default();
    let took: Vec<f64> =
        (0..FRAMES).map(|at| frame(&ctx, rows, &mut state, at, delta).as_secs_f64() * 1e3).collect();
    let warm = &took[8..];
    (warm.iter().sum::<f64>() / warm.len() as f64, warm.iter().copied().fold(0.0, f64::max))
}

fn frame(ctx: &egui::Context, rows: &DataFrame, state: &mut TableState, at: u32, delta: f32) -> Duration {
    let mut events = vec![Event::PointerMoved((SIZE / 2.0).to_pos2())];
    if delta != 0.0 {
        events.push(Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: Vec2::new(0.0, delta),
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
            source: egui::MouseWheelSource::Wheel,
        });
    }
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
        time: Some(f64::from(at) / 60.0),
        events,
        ..RawInput::default()
    };
    let start = Instant::now();
    let mut output = ctx.run_ui(input, |ui| {
        drop(table::show(ui, &Table { name: "Rows", rows, summary: &|_| None }, state));
    });
    let meshes = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
    let took = start.elapsed();
    // Nobody paints the textures here.
    output.textures_delta.clear();
    assert!(!meshes.is_empty(), "something was drawn");
    took
}
