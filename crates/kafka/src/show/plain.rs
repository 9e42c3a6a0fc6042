//! Bytes as text, and as a hex dump.

use std::fmt::Write as _;

/// Bytes of a dump's line.
const WIDTH: usize = 16;

/// Length of a dump's line with its end.
const LINE: usize = 10 + WIDTH * 3 + 2 + WIDTH + 2;

/// Whether bytes are UTF-8 without the control characters that only binary data has.
pub(super) fn is_readable(bytes: &[u8]) -> bool {
    let plain = |byte: &u8| !matches!(byte, 0..=8 | 11 | 12 | 14..=26 | 28..=31 | 127);
    bytes.iter().all(plain) && simdutf8::basic::from_utf8(bytes).is_ok()
}

/// The text of `bytes`, at most about `limit` bytes of it, and what there is to know about it.
pub(super) fn text(bytes: &[u8], limit: usize) -> (String, Option<String>) {
    let valid = match simdutf8::compat::from_utf8(bytes) {
        Ok(_) => None,
        Err(error) => Some(error.valid_up_to()),
    };
    let cut = bytes.len() > limit;
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(limit)]);
    let mut text = String::with_capacity(shown.len());
    for letter in shown.chars() {
        match letter {
            '\n' | '\t' => text.push(letter),
            // Unicode has a picture for each of them.
            '\0'..='\u{1f}' => text.extend(char::from_u32(0x2400 + letter as u32)),
            '\u{7f}' => text.push('\u{2421}'),
            // These turn the direction of text around or are not seen at all.
            '\u{80}'..='\u{9f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => text.extend(letter.escape_unicode()),
            letter => text.push(letter),
        }
    }
    let note = match valid {
        Some(at) => Some(format!("not UTF-8: byte {at} begins no character")),
        None => cut.then(|| super::SHORTENED.to_owned()),
    };
    (text, note)
}

/// A hex dump of at most `limit` characters, and whether it was cut.
pub(super) fn hex(bytes: &[u8], limit: usize) -> (String, bool) {
    let most = limit / LINE * WIDTH;
    let shown = &bytes[..bytes.len().min(most)];
    let mut text = String::with_capacity(shown.len().div_ceil(WIDTH) * LINE);
    for (index, line) in shown.chunks(WIDTH).enumerate() {
        if index > 0 {
            text.push('\n');
        }
        // Writing into a string cannot fail.
        let _infallible = write!(text, "{:08x}  ", index * WIDTH);
        for place in 0..WIDTH {
            let _infallible = match line.get(place) {
                Some(byte) => write!(text, "{byte:02x} "),
                None => write!(text, "   "),
            };
        }
        text.push('|');
        text.extend(
            line.iter()
                .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' }),
        );
        text.push('|');
    }
    (text, shown.len() < bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_seen() {
        assert_eq!(
            text("a\0b\r\n\tü\u{202e}\u{7f}".as_bytes(), 99),
            ("a␀b␍\n\tü\\u{202e}␡".to_owned(), None)
        );
        let (shown, note) = text(b"ab\xffc", 99);
        assert_eq!(
            (shown.as_str(), note.as_deref()),
            ("ab\u{fffd}c", Some("not UTF-8: byte 2 begins no character"))
        );
    }

    #[test]
    fn a_dump_has_lines_of_sixteen() {
        let (text, cut) = hex(b"Hello, world\0\xff 123", 1000);
        let expected = "00000000  48 65 6c 6c 6f 2c 20 77 6f 72 6c 64 00 ff 20 31 |Hello, world.. 1|\n00000010  32 33                                           |23|";
        assert_eq!((text.as_str(), cut), (expected, false));
        let (text, cut) = hex(&vec![0; 100_000], 1000);
        assert!(cut && text.len() <= 1000);
        assert_eq!(hex(b"", 1000), (String::new(), false));
    }

    #[test]
    fn binary_is_told_from_text() {
        assert!(is_readable("grüße\r\n".as_bytes()) && is_readable(b"") && is_readable(b"\x1b[1m"));
        assert!(!is_readable(&5_u64.to_be_bytes()) && !is_readable(b"\xff"));
    }
}
