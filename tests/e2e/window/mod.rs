//! The real `flowloom-studio` on a display of its own, driven by pointer and keys and looked at by its pixels
//! and through AT-SPI, as a screen reader sees it.

mod desktop;
mod hands;
mod picture;
mod reader;
mod scenario;
mod shell;
mod start;
mod studio;
