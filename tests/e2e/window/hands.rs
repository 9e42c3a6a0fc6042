//! Pointer, wheel and keys reach the studio, once each.

use super::desktop::Desktop;
use super::reader::Reader;
use super::studio::Home;
use crate::eventually::eventually;

const SEARCH: &str = "Search or run a command";

#[test]
fn letters_beyond_ascii_arrive_once_and_the_wheel_zooms() {
    let desktop = Desktop::start();
    let home = Home::new();
    let studio = home.start(&desktop, &["--demo"]);
    let reader = Reader::start(&desktop);
    eventually("a screen reader finds the palette's filter", || reader.find("Filter"));
    let calm = studio.settled();
    studio.wheel([600, 500], 3);
    studio.until("the wheel zooms", |picture| picture.difference(&calm) > 0.005);

    studio.key("ctrl+k");
    // The toolbar has a button of nearly the same name, which has no text.
    let typed = || {
        let fields = reader.items().into_iter().filter(|item| item.name == SEARCH);
        fields.filter_map(|item| reader.text(&item)).collect::<Vec<String>>()
    };
    eventually("the command palette opens", || (!typed().is_empty()).then_some(()));
    // The field has the focus from the palette's second frame on.
    studio.settled();
    let mut wanted = String::new();
    for letter in ["é", "ü", "a"] {
        studio.type_(letter);
        wanted.push_str(letter);
        let what = format!("the field has `{wanted}`");
        eventually(&what, || typed().contains(&wanted).then_some(()));
    }
}
