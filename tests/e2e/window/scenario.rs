//! A person's first hour with the real program, from the sample flow to work that a crash did not take.

use std::fs;
use std::time::{Duration, Instant};

use super::desktop::Desktop;
use super::picture::Picture;
use super::reader::Reader;
use super::studio::{Home, Studio};
use crate::eventually::eventually;
use crate::rows::written;

const NOTE: &str = "About this node";
/// Written with keys of their own and with Alt Gr.
const FIRST: &str = "geprüft, é";
const SECOND: &str = ", später";

#[test]
fn from_the_demo_to_recovered_work() {
    let desktop = Desktop::start();
    let home = Home::new();
    let reader = Reader::start(&desktop);
    let studio = home.start(&desktop, &["--demo"]);
    reader.wait_for("Embedded broker");

    build(&studio, &reader);
    write_note(&studio, &reader, FIRST, FIRST);
    preview(&studio, &reader);
    run(&studio, &home);

    let flow = home.home.path().join("demo/orders_by_currency.flow.yaml");
    let has = |text: &str| fs::read_to_string(&flow).expect("the flow's file").contains(text).then_some(());
    studio.key("ctrl+s");
    eventually("the file has the note", || has(FIRST));
    let text = fs::read_to_string(&flow).expect("the flow's file");
    for wire in ["inputs: [by_currency]", "inputs: [unique]"] {
        assert!(text.contains(wire), "no {wire}: {text}");
    }

    resize_and_minimize(&studio);

    let both = format!("{FIRST}{SECOND}");
    write_note(&studio, &reader, SECOND, &both);
    let calm = studio.settled();
    studio.close();
    reader.wait_for_start("Save the changes to");
    studio.until("the question is over the window", |picture| picture.difference(&calm) > 0.05);
    studio.click(reader.place("Cancel"));
    eventually("the question goes", || reader.find("Cancel").is_none().then_some(()));
    eventually("the change is kept aside", || home.has_kept(&both).then_some(()));
    assert!(has(&both).is_none(), "the file was written without being asked to");
    studio.kill();

    let again = home.start(&desktop, &["--demo"]);
    reader.wait_for_start("Recover unsaved work on");
    again.click(reader.place("Recover"));
    reader.wait_for_start("Unique, ");
    again.settled();
    // On a busy machine a view at rest may still be on its way to the recovered flow, and the click misses the node.
    eventually("the note is back", || {
        again.click(reader.place_of_start("Unique, "));
        let clicked = Instant::now();
        let note = || reader.text(&reader.find(NOTE)?);
        while clicked.elapsed() < Duration::from_secs(5) {
            if note().is_some_and(|text| text == both) {
                return Some(());
            }
        }
        None
    });
    again.key("ctrl+s");
    eventually("the file has the change", || has(&both));
}

/// Puts a node from the palette before the file, and wires it by hand.
fn build(studio: &Studio<'_>, reader: &Reader<'_>) {
    let calm = studio.settled();
    let (from, to) = (reader.place_of_start("By currency, "), reader.place_of_start("Result, "));
    // Above: the overview is below.
    let free = [from[0].midpoint(to[0]), from[1] - 100];
    studio.drag(reader.place("Unique"), free);
    reader.wait_for_start("Unique, ");
    studio.until("the node is painted", |picture| picture.difference(&calm) > 0.005);
    for (out, into) in
        [("By currency output out", "Unique input in"), ("Unique output out", "Result input in")]
    {
        studio.drag(reader.place(out), reader.place(into));
    }
    for wire in ["Wire from By currency to Unique", "Wire from Unique to Result"] {
        reader.wait_for_start(wire);
    }
    assert!(reader.find("Wire from By currency to Result").is_none(), "an input has one wire");

    let calm = studio.settled();
    studio.wheel(free, 2);
    studio.until("the wheel zooms", |picture| picture.difference(&calm) > 0.005);
}

/// Types at the end of the selected node's note.
fn write_note(studio: &Studio<'_>, reader: &Reader<'_>, text: &str, whole: &str) {
    studio.click(reader.place(NOTE));
    studio.key("ctrl+End");
    studio.type_(text);
    eventually("the note has every letter once", || {
        (reader.text(&reader.find(NOTE)?)? == whole).then_some(())
    });
}

fn preview(studio: &Studio<'_>, reader: &Reader<'_>) {
    let calm = studio.settled();
    studio.key("ctrl+Return");
    reader.wait_for("EUR");
    let rows = studio.until("the rows are painted", |picture| picture.difference(&calm) > 0.01);
    let [x, y] = reader.place("EUR");
    let (x, y) = (x as usize, y as usize);
    assert!(rows.part([x - 40, y - 10, 80, 20]).colours() > 2, "no text where a cell is");
}

fn run(studio: &Studio<'_>, home: &Home) {
    let folder = home.home.path().join("demo/out");
    assert!(!folder.exists(), "a preview wrote a file");
    studio.key("ctrl+shift+Return");
    let file = "orders_by_currency.parquet";
    eventually("the file is written", || folder.join(file).exists().then_some(()));
    let rows = written(&folder);
    let rows = rows.get(file).expect("the file");
    let [schema, rows @ ..] = rows.as_slice() else { panic!("no schema") };
    assert!(schema.to_string().contains("revenue: Float64"), "{schema}");
    let mut currencies: Vec<&str> = rows.iter().filter_map(|row| row["currency"].as_str()).collect();
    currencies.sort_unstable();
    assert_eq!(currencies, ["CHF", "EUR", "GBP", "USD"]);
    let orders = |row: &serde_json::Value| row["orders"].as_u64().unwrap_or_default();
    assert!(rows.iter().all(|row| orders(row) > 100), "{rows:?}");
}

fn resize_and_minimize(studio: &Studio<'_>) {
    studio.resize([1200, 760]);
    let is_whole = |picture: &Picture| picture.plainness() < 0.95 && picture.colours() > 100;
    studio.until("the new size is painted", |picture| picture.width == 1200 && is_whole(picture));
    studio.minimize();
    studio.restore();
    // Notices come and go meanwhile and a text cursor blinks: it is painted whole again, whatever it says.
    studio.until("the window is painted again", is_whole);
}
