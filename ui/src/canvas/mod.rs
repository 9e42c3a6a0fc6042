//! The canvas: nodes and wires on egui's painter.

/// What the canvas remembers of a flow between frames: pan, zoom, gestures.
#[derive(Debug, Default)]
pub struct CanvasState {}
