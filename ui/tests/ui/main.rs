//! The panels and the canvas, each by itself, driven as a person would. One binary: each links Polars.

mod canvas;
mod form;
mod panels;
mod support;
