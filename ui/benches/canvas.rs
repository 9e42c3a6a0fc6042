//! Milliseconds a frame of the canvas costs, layout and tessellation: lines of tab-separated fields for `make bench`.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, TouchPhase, Vec2};
use flowloom_flow::{Flow, FlowNode, NodeId, Output, Wire};
use flowloom_studio::{Command, Limits, Reply, Session, registry};
use flowloom_ui::canvas::{self, View};
use flowloom_ui::doc::Doc;
use flowloom_ui::request::{Request, Requests};

const SIZE: Vec2 = Vec2::new(1_200.0, 800.0);
const FRAMES: u32 = 120;
const KINDS: [&str; 4] = ["filter", "sort", "formula", "select"];

/// Rows of filters and sorts; every seventh wire leads to another row.
fn flow(nodes: usize) -> Flow {
    let columns = (nodes as f64 * 1.5).sqrt().ceil() as usize;
    let name = |node: usize| NodeId::nearest(&format!("step {node}"));
    let node = |number: usize| {
        let (row, column) = (number / columns, number % columns);
        let other =
            if number.is_multiple_of(7) && row > 0 { number - columns - 1 } else { number.wrapping_sub(1) };
        let inputs = (column > 0)
            .then(|| Wire { port: "in".to_owned(), from: Output::first(name(other)) })
            .into_iter()
            .collect();
        let at = Some([column as i32 * 248, row as i32 * 144]);
        (
            name(number),
            FlowNode { kind: KINDS[number % KINDS.len()].to_owned(), inputs, at, ..FlowNode::default() },
        )
    };
    Flow { nodes: (0..nodes).map(node).collect(), ..Flow::default() }
}

struct Bench {
    session: Session,
    doc: Doc,
    ctx: egui::Context,
    time: f64,
}

impl Bench {
    fn new(nodes: usize) -> Self {
        let mut session = Session::new(Limits::default());
        let Ok(Reply::Opened { flow: key, .. }) =
            session.send(Command::New { flow: flow(nodes), folder: PathBuf::from(".") })
        else {
            panic!("a new flow opens")
        };
        let mut doc = Doc::new(&mut session, key).expect("an open flow");
        let end = Instant::now() + Duration::from_mins(2);
        while !doc.is_compiled() && Instant::now() < end {
            doc.poll(&mut session);
            std::thread::yield_now();
        }
        let ctx = egui::Context::default();
        flowloom_ui::install(&ctx);
        Self { session, doc, ctx, time: 0.0 }
    }

    fn frame(&mut self, events: Vec<Event>) -> Duration {
        self.time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        let Self { session, doc, ctx, .. } = self;
        let mut out = Requests::default();
        let start = Instant::now();
        let mut output = ctx.run_ui(input, |ui| {
            doc.poll(session);
            let look = canvas::Look { registry: registry(), has_minimap: true, recent: &[] };
            canvas::show(ui, doc, &look, &mut out);
        });
        let meshes = ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let took = start.elapsed();
        // Nobody paints the textures here.
        output.textures_delta.clear();
        assert!(!meshes.is_empty(), "something was drawn");
        for request in out.take() {
            if let Request::Select(selection) = request {
                doc.selection = selection;
            }
        }
        took
    }

    /// Mean and slowest of many frames.
    fn measure(&mut self, events: impl Fn(u32) -> Vec<Event>) -> (f64, f64) {
        for frame in 0..8 {
            self.frame(events(frame));
        }
        let took: Vec<f64> = (8..FRAMES).map(|frame| self.frame(events(frame)).as_secs_f64() * 1e3).collect();
        (took.iter().sum::<f64>() / took.len() as f64, took.iter().copied().fold(0.0, f64::max))
    }
}

fn main() {
    for nodes in [100, 1_000, 10_000] {
        let mut bench = Bench::new(nodes);
        for is_fitted in [true, false] {
            if is_fitted {
                bench.doc.canvas.fit_all();
            } else {
                bench.doc.canvas.set_view(View { center: [600.0, 400.0], zoom: 1.0 });
            }
            for what in ["idle", "panning", "dragging"] {
                let (mean, slowest) = run(&mut bench, what);
                let zoom = if is_fitted { "fitted" } else { "100 %" };
                let goal = if nodes > 1_000 { "≤ 8 ms" } else { "≤ 4 ms" };
                println!(
                    "canvas, {nodes} nodes, {zoom}, {what}\t{mean:.2} ms\tslowest {slowest:.2}\t\t{goal}"
                );
            }
        }
    }
}

fn run(bench: &mut Bench, what: &str) -> (f64, f64) {
    let button = |pos: Pos2, pressed: bool| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    let middle = (SIZE / 2.0).to_pos2();
    match what {
        "panning" => bench.measure(|frame| {
            let delta =
                Vec2::new(if frame % 40 < 20 { 7.0 } else { -7.0 }, 3.0 - f32::from(frame % 40 < 20) * 6.0);
            vec![
                Event::PointerMoved(middle),
                Event::MouseWheel {
                    unit: MouseWheelUnit::Point,
                    delta,
                    phase: TouchPhase::Move,
                    source: egui::MouseWheelSource::Unknown,
                    modifiers: Modifiers::NONE,
                },
            ]
        }),
        "dragging" => {
            let node = NodeId::nearest("step 0");
            bench.frame(Vec::new());
            let from = bench.doc.canvas.screen_rect(&node).map_or(middle, |rect| rect.center());
            bench.doc.selection = [node].into();
            bench.frame(vec![Event::PointerMoved(from)]);
            bench.frame(vec![button(from, true)]);
            let measured = bench.measure(|frame| {
                vec![Event::PointerMoved(from + Vec2::new(20.0 + (frame % 60) as f32, 10.0))]
            });
            bench.doc.canvas.escape();
            bench.frame(vec![button(from, false)]);
            measured
        }
        _ => bench.measure(|_| Vec::new()),
    }
}
