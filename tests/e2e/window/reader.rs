//! What a screen reader knows of the window, asked on AT-SPI's bus as one would.

use super::desktop::Desktop;
use crate::eventually::eventually;

const LAUNCHER: &str = "org.a11y.Bus";
const REGISTRY: &str = "org.a11y.atspi.Registry";
const ROOT: &str = "/org/a11y/atspi/accessible/root";

/// A screen reader that is switched on.
pub(crate) struct Reader<'a> {
    desktop: &'a Desktop,
    bus: String,
}

/// Something with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) name: String,
    application: String,
    path: String,
}

impl<'a> Reader<'a> {
    pub(crate) fn start(desktop: &'a Desktop) -> Self {
        let launcher = ["call", "--session", "-d", LAUNCHER, "-o", "/org/a11y/bus", "-m"];
        let call = |rest: &[&str]| desktop.tell("gdbus", &[&launcher, rest].concat());
        call(&["org.freedesktop.DBus.Properties.Set", "org.a11y.Status", "IsEnabled", "<true>"]);
        let bus = call(&["org.a11y.Bus.GetAddress"]);
        Self { desktop, bus: bus.trim_start_matches("('").trim_end_matches("',)").to_owned() }
    }

    fn call(&self, to: &str, path: &str, method: &str, args: &[&str]) -> Result<String, String> {
        let call = ["call", "--address", &self.bus, "-d", to, "-o", path, "-m", method];
        self.desktop.ask("gdbus", &[&call, args].concat())
    }

    /// Everything in all windows that has a name.
    pub(crate) fn items(&self) -> Vec<Item> {
        let Ok(applications) = self.call(REGISTRY, ROOT, "org.a11y.atspi.Accessible.GetChildren", &[]) else {
            return Vec::new();
        };
        let applications = quoted(&applications).into_iter().filter(|text| text.starts_with(':'));
        applications.flat_map(|application| self.items_of(&application)).collect()
    }

    fn items_of(&self, application: &str) -> Vec<Item> {
        let cache = "/org/a11y/atspi/cache";
        let Ok(items) = self.call(application, cache, "org.a11y.atspi.Cache.GetItems", &[]) else {
            return Vec::new();
        };
        // Each begins with its own address, and has its name behind the list of its interfaces.
        let items = items.split("((").skip(1).filter_map(|item| {
            let path = quoted(item).into_iter().find(|text| text.starts_with('/'))?;
            let (_, rest) = item.split_once("'], ").or_else(|| item.split_once("@as [], "))?;
            let name = quoted(rest).into_iter().next().filter(|name| !name.is_empty())?;
            Some(Item { name, application: application.to_owned(), path })
        });
        items.collect()
    }

    /// The first thing of this name.
    pub(crate) fn find(&self, name: &str) -> Option<Item> {
        self.items().into_iter().find(|item| item.name == name)
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, name: &str) -> Item {
        eventually(&format!("a screen reader finds `{name}`"), || self.find(name))
    }

    /// As [`Reader::wait_for`], by how the name starts.
    #[track_caller]
    pub(crate) fn wait_for_start(&self, start: &str) -> Item {
        eventually(&format!("a screen reader finds `{start}…`"), || self.find_start(start))
    }

    fn find_start(&self, start: &str) -> Option<Item> {
        self.items().into_iter().find(|item| item.name.starts_with(start))
    }

    /// The middle of what has this name, once it stays where it is.
    #[track_caller]
    pub(crate) fn place(&self, name: &str) -> [i32; 2] {
        self.still(&format!("`{name}` comes to rest"), || self.find(name))
    }

    /// As [`Reader::place`], by how the name starts.
    #[track_caller]
    pub(crate) fn place_of_start(&self, start: &str) -> [i32; 2] {
        self.still(&format!("`{start}…` comes to rest"), || self.find_start(start))
    }

    #[track_caller]
    fn still(&self, what: &str, find: impl Fn() -> Option<Item>) -> [i32; 2] {
        let mut last = None;
        let [x, y, width, height] = eventually(what, || {
            let now = self.extents(&find()?);
            let is_still = now == last;
            last = now;
            now.filter(|_| is_still)
        });
        [x + width / 2, y + height / 2]
    }

    /// Where it is within its window: x, y, width and height in pixels.
    fn extents(&self, item: &Item) -> Option<[i32; 4]> {
        let window = "1";
        let method = "org.a11y.atspi.Component.GetExtents";
        let answer = self.call(&item.application, &item.path, method, &[window]).ok()?;
        let numbers = answer.trim_matches(|c: char| !c.is_ascii_digit() && c != '-').split(", ");
        let numbers: Vec<i32> = numbers.filter_map(|number| number.parse().ok()).collect();
        numbers.try_into().ok()
    }

    /// The text of a text field.
    pub(crate) fn text(&self, item: &Item) -> Option<String> {
        let method = "org.a11y.atspi.Text.GetText";
        let answer = self.call(&item.application, &item.path, method, &["0", "--", "-1"]).ok()?;
        quoted(&answer).into_iter().next()
    }
}

/// The strings in what `gdbus` prints; one with an apostrophe in it stands in double quotes.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.chars();
    while let Some(quote) = rest.find(|c| matches!(c, '\'' | '"')) {
        let mut string = String::new();
        while let Some(c) = rest.next() {
            match c {
                '\\' => string.extend(rest.next()),
                c if c == quote => break,
                c => string.push(c),
            }
        }
        found.push(string);
    }
    found
}

#[test]
fn strings_are_read_from_what_gdbus_prints() {
    assert_eq!(
        quoted(r#"([(':1.2', objectpath '/a/b'), ("don't", 3, 'it\'s')],)"#),
        [":1.2", "/a/b", "don't", "it's"]
    );
}
