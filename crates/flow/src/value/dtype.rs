//! Data types as users write them, which is nearly as Polars' Python prints them.
//!
//! Case and a few names of other systems are forgiven (`integer`, `text`, `bool`); what is shown is
//! always one spelling, so that a flow file diffs by line.

use polars::prelude::{DataType, Field, TimeUnit, TimeZone};

use crate::{Problem, nearest};

/// Types without arguments: canonical name, type, other names that are understood.
const PLAIN: &[(&str, DataType, &[&str])] = &[
    ("Binary", DataType::Binary, &["Blob", "Bytes", "Bytea", "Varbinary"]),
    ("Boolean", DataType::Boolean, &["Bool"]),
    ("Date", DataType::Date, &[]),
    ("Float32", DataType::Float32, &["Real"]),
    ("Float64", DataType::Float64, &["Double", "Float", "Number"]),
    ("Int16", DataType::Int16, &["Smallint"]),
    ("Int32", DataType::Int32, &[]),
    ("Int64", DataType::Int64, &["Bigint", "Int", "Integer", "Long"]),
    ("Int8", DataType::Int8, &["Tinyint"]),
    ("Null", DataType::Null, &[]),
    ("String", DataType::String, &["Str", "Text", "Utf8", "Varchar"]),
    ("Time", DataType::Time, &[]),
    ("UInt16", DataType::UInt16, &[]),
    ("UInt32", DataType::UInt32, &[]),
    ("UInt64", DataType::UInt64, &[]),
    ("UInt8", DataType::UInt8, &[]),
];

/// Types with arguments, as an example of each.
const NESTED: &[(&str, &str)] = &[
    ("Array", "Array(Int64, 3)"),
    ("Datetime", "Datetime(us, UTC)"),
    ("Decimal", "Decimal(10, 2)"),
    ("Duration", "Duration(us)"),
    ("List", "List(Int64)"),
    ("Struct", "Struct{a: Int64, b: String}"),
];

const UNITS: &[(&str, TimeUnit)] =
    &[("ms", TimeUnit::Milliseconds), ("us", TimeUnit::Microseconds), ("ns", TimeUnit::Nanoseconds)];

/// Deeper types than any message has would only exhaust the stack.
const MAX_DEPTH: usize = 64;

/// `Int64`, `String`, `Datetime(us, UTC)`, `Decimal(10, 2)`, `List(Int64)`, `Struct{a: Int64, "b c": String}`.
pub fn parse_dtype(text: &str) -> Result<DataType, Problem> {
    let mut parser = Parser { text, at: 0 };
    let dtype = parser.dtype(0)?;
    match parser.rest() {
        "" => Ok(dtype),
        rest => Err(Problem::user(format!(
            "`{text}` is not a type: `{}` ends it, but `{rest}` follows",
            show_dtype(&dtype)
        ))),
    }
}

/// The text that [`parse_dtype`] reads. Types that no setting can name (categories) are shown by Polars' name.
pub fn show_dtype(dtype: &DataType) -> String {
    match dtype {
        DataType::Datetime(unit, None) => format!("Datetime({unit})", unit = unit_name(*unit)),
        DataType::Datetime(unit, Some(zone)) => format!("Datetime({}, {zone})", unit_name(*unit)),
        DataType::Duration(unit) => format!("Duration({})", unit_name(*unit)),
        DataType::Decimal(precision, scale) => format!("Decimal({precision}, {scale})"),
        DataType::List(inner) => format!("List({})", show_dtype(inner)),
        DataType::Array(inner, width) => format!("Array({}, {width})", show_dtype(inner)),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{}: {}", show_name(&field.name), show_dtype(&field.dtype)))
                .collect();
            format!("Struct{{{}}}", fields.join(", "))
        }
        _ => plain_name(dtype),
    }
}

pub(super) fn plain_name(dtype: &DataType) -> String {
    match PLAIN.iter().find(|(_, plain, _)| plain == dtype) {
        Some((name, ..)) => (*name).to_owned(),
        None => dtype.to_string(),
    }
}

pub(super) fn unit_name(unit: TimeUnit) -> &'static str {
    UNITS.iter().find(|(_, each)| *each == unit).map_or("us", |(name, _)| name)
}

/// A field's name as it stands, or in double quotes where it would not be read back.
fn show_name(name: &str) -> String {
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quote(name) }
}

/// In double quotes, as [`parse_dtype`] reads it.
fn quote(name: &str) -> String {
    let mut quoted = String::from("\"");
    for c in name.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// What a name may have without quotes.
fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$' | '/')
}

/// Recursive descent over a type's text.
struct Parser<'a> {
    text: &'a str,
    /// Byte offset of what is not read yet.
    at: usize,
}

impl<'a> Parser<'a> {
    fn dtype(&mut self, depth: usize) -> Result<DataType, Problem> {
        if depth > MAX_DEPTH {
            return Err(self.wrong(format!("it is nested more than {MAX_DEPTH} levels deep")));
        }
        let name = self.word();
        if name.is_empty() {
            return Err(self.expected("a type"));
        }
        if let Some((canonical, _)) = NESTED.iter().find(|(nested, _)| nested.eq_ignore_ascii_case(name)) {
            return self.nested(canonical, depth);
        }
        let is_called = |other: &&str| other.eq_ignore_ascii_case(name);
        match PLAIN.iter().find(|(plain, _, others)| is_called(plain) || others.iter().any(is_called)) {
            Some((_, dtype, _)) => Ok(dtype.clone()),
            None if name.eq_ignore_ascii_case("Timestamp") => self.nested("Datetime", depth),
            None => Err(self.unknown(name)),
        }
    }

    fn nested(&mut self, name: &str, depth: usize) -> Result<DataType, Problem> {
        let dtype = match name {
            "Struct" => return self.structure(depth),
            "Datetime" | "Duration" if !self.eat('(') => {
                return Ok(match name {
                    "Datetime" => DataType::Datetime(TimeUnit::Microseconds, None),
                    _ => DataType::Duration(TimeUnit::Microseconds),
                });
            }
            "Datetime" => {
                let unit = self.unit()?;
                let zone = if self.eat(',') { self.zone()? } else { None };
                DataType::Datetime(unit, zone)
            }
            "Duration" => DataType::Duration(self.unit()?),
            "Decimal" => {
                self.expect('(')?;
                let precision = self.count("a precision")?;
                let scale = if self.eat(',') { self.count("a scale")? } else { 0 };
                if !(1..=38).contains(&precision) || scale > precision {
                    return Err(self.wrong(format!(
                        "a precision of {precision} and a scale of {scale} do not fit; \
                         the precision is 1 to 38 digits, the scale at most that"
                    )));
                }
                DataType::Decimal(precision, scale)
            }
            "Array" => {
                self.expect('(')?;
                let inner = self.dtype(depth + 1)?;
                self.expect(',')?;
                DataType::Array(Box::new(inner), self.count("a width")?)
            }
            _ => {
                self.expect('(')?;
                DataType::List(Box::new(self.dtype(depth + 1)?))
            }
        };
        self.expect(')')?;
        Ok(dtype)
    }

    fn structure(&mut self, depth: usize) -> Result<DataType, Problem> {
        self.expect('{')?;
        let mut fields: Vec<Field> = Vec::new();
        while !self.eat('}') {
            if !fields.is_empty() {
                self.expect(',')?;
            }
            let name = self.name()?;
            if fields.iter().any(|field| field.name.as_str() == name) {
                return Err(self.wrong(format!("field `{name}` stands twice")));
            }
            self.expect(':')?;
            fields.push(Field::new(name.into(), self.dtype(depth + 1)?));
        }
        Ok(DataType::Struct(fields))
    }

    fn unit(&mut self) -> Result<TimeUnit, Problem> {
        let word = self.word();
        match UNITS.iter().find(|(name, _)| *name == word) {
            Some((_, unit)) => Ok(*unit),
            None if matches!(word, "µs" | "μs") => Ok(TimeUnit::Microseconds),
            None => Err(self.wrong(format!("`{word}` is not a unit of time")).hint("use `ms`, `us` or `ns`")),
        }
    }

    fn zone(&mut self) -> Result<Option<TimeZone>, Problem> {
        let rest = self.rest();
        let end = rest.find([',', ')']).unwrap_or(rest.len());
        let name = rest[..end].trim().trim_matches('"');
        self.at = self.text.len() - rest.len() + end;
        if name.is_empty() {
            return Err(self.expected("a time zone"));
        }
        if name == "*" {
            return Err(self.wrong("`*` is not a time zone"));
        }
        TimeZone::opt_try_new(Some(name)).map_err(|error| {
            self.wrong(format!("`{name}` is not a time zone"))
                .hint("use a name of the IANA database: `UTC`, `Europe/Berlin`")
                .source(error)
        })
    }

    fn count(&mut self, what: &str) -> Result<usize, Problem> {
        let word = self.word();
        word.parse().map_err(|_not_a_number| match word {
            "" => self.expected(what),
            _ => self.wrong(format!("`{word}` is not {what}")),
        })
    }

    /// A field's name, bare or in double quotes.
    fn name(&mut self) -> Result<String, Problem> {
        if !self.eat('"') {
            return match self.word() {
                "" => Err(self.expected("a field name")),
                word => Ok(word.to_owned()),
            };
        }
        let mut name = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += i + 1;
                    return Ok(name);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => name.push('\n'),
                    Some((_, 'r')) => name.push('\r'),
                    Some((_, 't')) => name.push('\t'),
                    Some((_, escaped)) => name.push(escaped),
                    None => break,
                },
                _ => name.push(c),
            }
        }
        Err(self.wrong("the quotes of a field name are not closed"))
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.trim_end()
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), Problem> {
        if self.eat(c) { Ok(()) } else { Err(self.expected(&format!("`{c}`"))) }
    }

    fn expected(&mut self, what: &str) -> Problem {
        let text = self.text;
        let problem = match self.rest() {
            "" if text.trim().is_empty() => Problem::user("a type is missing"),
            "" => self.wrong(format!("it ends where {what} is expected")),
            rest => self.wrong(format!("{what} is expected before `{rest}`")),
        };
        let started = text.split(|c| !is_bare(c)).find(|word| !word.is_empty()).unwrap_or_default();
        match NESTED.iter().find(|(nested, _)| nested.eq_ignore_ascii_case(started)) {
            Some((_, example)) => problem.hint(format!("write it as `{example}`")),
            None => problem,
        }
    }

    fn wrong(&self, why: impl AsRef<str>) -> Problem {
        // A type may be as long as a message's whole schema.
        const LONGEST: usize = 80;
        let mut text: String = self.text.chars().take(LONGEST).collect();
        if text.len() < self.text.len() {
            text.push('…');
        }
        Problem::user(format!("`{text}` is not a type: {}", why.as_ref()))
    }

    fn unknown(&self, name: &str) -> Problem {
        let problem = if self.text.trim() == name {
            Problem::user(format!("`{name}` is not a type"))
        } else {
            self.wrong(format!("`{name}` is unknown"))
        };
        let lower = name.to_lowercase();
        let names = || PLAIN.iter().map(|(name, ..)| *name).chain(NESTED.iter().map(|(name, _)| *name));
        let lowered: Vec<String> = names().map(str::to_lowercase).collect();
        let close = nearest(&lower, lowered.iter().map(String::as_str));
        match close.and_then(|close| names().find(|name| name.eq_ignore_ascii_case(close))) {
            Some(close) => problem.hint(format!("did you mean `{close}`?")),
            None => problem
                .hint("common types are `Int64`, `Float64`, `String`, `Boolean`, `Date`, `Datetime(us)`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type for each seed, nested up to three levels, with names that need quotes.
    fn made_up(seed: &mut u64, depth: usize) -> DataType {
        let mut roll = |sides: u64| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 33) % sides
        };
        let zones = [None, Some("UTC"), Some("Europe/Berlin"), Some("Etc/GMT+3")];
        match roll(if depth < 3 { 10 } else { 7 }) {
            0..=3 => PLAIN[roll(PLAIN.len() as u64) as usize].1.clone(),
            4 => {
                let zone = TimeZone::opt_try_new(zones[roll(4) as usize]).unwrap();
                DataType::Datetime(UNITS[roll(3) as usize].1, zone)
            }
            5 => DataType::Duration(UNITS[roll(3) as usize].1),
            6 => {
                let precision = 1 + roll(38) as usize;
                DataType::Decimal(precision, roll(precision as u64 + 1) as usize)
            }
            7 => DataType::List(Box::new(made_up(seed, depth + 1))),
            8 => {
                let width = roll(5) as usize;
                DataType::Array(Box::new(made_up(seed, depth + 1)), width)
            }
            _ => {
                let names =
                    ["a", "order id", "Größe", "a\"b\\c", "x: Int64, y", "", "tab\tnew\nline", "d-e.f@g"];
                let start = roll(8) as usize;
                let fields = (0..roll(4) as usize)
                    .map(|i| Field::new(names[(start + i) % 8].into(), made_up(seed, depth + 1)));
                DataType::Struct(fields.collect())
            }
        }
    }

    #[test]
    fn every_type_is_read_as_it_is_shown() {
        let mut seed = 7;
        for _ in 0..2_000 {
            let dtype = made_up(&mut seed, 0);
            let shown = show_dtype(&dtype);
            assert_eq!(parse_dtype(&shown).unwrap(), dtype, "{shown}");
        }
    }

    #[test]
    fn other_spellings_are_understood_and_shown_as_one() {
        for (typed, shown) in [
            (" int64 ", "Int64"),
            ("Integer", "Int64"),
            ("text", "String"),
            ("double", "Float64"),
            ("BOOL", "Boolean"),
            ("datetime", "Datetime(us)"),
            ("timestamp(ms,utc)", "Datetime(ms, UTC)"),
            ("Datetime( ns , \"Europe/Berlin\" )", "Datetime(ns, Europe/Berlin)"),
            ("Duration", "Duration(us)"),
            ("Decimal(12)", "Decimal(12, 0)"),
            ("list( List(date))", "List(List(Date))"),
            ("Struct{a:Int64,\"b c\" : Struct{}}", "Struct{a: Int64, \"b c\": Struct{}}"),
        ] {
            assert_eq!(show_dtype(&parse_dtype(typed).unwrap()), shown);
        }
    }

    #[test]
    fn a_wrong_type_is_explained() {
        let told = |text: &str| parse_dtype(text).unwrap_err().to_string();
        assert_eq!(told(""), "a type is missing");
        assert_eq!(told("Sting"), "`Sting` is not a type; did you mean `String`?");
        assert_eq!(
            told("List(flot64)"),
            "`List(flot64)` is not a type: `flot64` is unknown; did you mean `Float64`?"
        );
        assert_eq!(
            told("Money"),
            "`Money` is not a type; common types are `Int64`, `Float64`, `String`, `Boolean`, `Date`, `Datetime(us)`"
        );
        assert_eq!(told("Int64 Int64"), "`Int64 Int64` is not a type: `Int64` ends it, but `Int64` follows");
        assert_eq!(
            told("List"),
            "`List` is not a type: it ends where `(` is expected; write it as `List(Int64)`"
        );
        assert_eq!(
            told("Datetime(s)"),
            "`Datetime(s)` is not a type: `s` is not a unit of time; use `ms`, `us` or `ns`"
        );
        assert_eq!(
            told("Datetime(us, Berlin)"),
            "`Datetime(us, Berlin)` is not a type: `Berlin` is not a time zone; \
             use a name of the IANA database: `UTC`, `Europe/Berlin`"
        );
        assert!(told("Decimal(40, 2)").contains("a precision of 40 and a scale of 2 do not fit"));
        assert!(told("Struct{a: Int64, a: Date}").contains("field `a` stands twice"));
        assert!(told("Struct{\"a: Int64}").contains("the quotes of a field name are not closed"));
        assert!(told(&"List(".repeat(100_000)).contains("nested more than 64 levels deep"));
    }
}
