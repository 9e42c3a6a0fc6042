//! JSON numbers, scanned once and turned into the column's type without loss or refused.

/// A number token: `±significand × 10^exponent`, and its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a> {
    pub(crate) text: &'a [u8],
    negative: bool,
    significand: u64,
    exponent: i32,
    /// The significand holds every digit, so no precision is lost in it.
    exact: bool,
}

/// Why a number does not fit an integer column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    Fraction,
    Range,
}

/// A `u64` holds any 19 digits.
const EXACT_DIGITS: usize = 19;

impl<'a> Number<'a> {
    /// The number at the start of `text`, if there is one; what follows is the caller's.
    #[inline]
    pub(crate) fn scan(text: &'a [u8]) -> Option<Self> {
        let negative = text.first() == Some(&b'-');
        let whole_at = usize::from(negative);
        let mut significand = 0;
        let mut at = digits(text, whole_at, &mut significand);
        let mut count = at - whole_at;
        if count == 0 || (count > 1 && text[whole_at] == b'0') {
            return None;
        }
        let mut exponent = 0;
        if text.get(at) == Some(&b'.') {
            let fraction_at = at + 1;
            at = digits(text, fraction_at, &mut significand);
            if at == fraction_at {
                return None;
            }
            count += at - fraction_at;
            exponent = -i32::try_from(at - fraction_at).ok()?;
        }
        if matches!(text.get(at), Some(b'e' | b'E')) {
            let sign = text.get(at + 1);
            let exponent_at = at + 1 + usize::from(matches!(sign, Some(b'+' | b'-')));
            let mut value = 0;
            at = digits(text, exponent_at, &mut value);
            if at == exponent_at {
                return None;
            }
            // 10^100000 is beyond every type, and the sum below cannot overflow.
            let value = if at - exponent_at > EXACT_DIGITS { 100_000 } else { value.min(100_000) as i32 };
            exponent += if sign == Some(&b'-') { -value } else { value };
        }
        let exact = count <= EXACT_DIGITS;
        Some(Self { text: &text[..at], negative, significand, exponent, exact })
    }

    /// The number as an integer; `1.0` and `1e3` are integers, `1.5` is not.
    #[inline]
    pub(crate) fn integer(&self) -> Result<i128, Unfit> {
        if self.exact && self.exponent == 0 {
            let value = i128::from(self.significand);
            return Ok(if self.negative { -value } else { value });
        }
        self.scaled_integer()
    }

    /// The nearest `f64`, unless it is beyond the type's range.
    #[inline]
    pub(crate) fn double(&self) -> Option<f64> {
        const LARGEST_EXACT: u64 = 1 << 53;
        // Clinger's fast path: both operands are exact, so the one rounding is the right one.
        if self.exact && self.significand <= LARGEST_EXACT && self.exponent.unsigned_abs() <= 22 {
            let magnitude = self.significand as f64;
            let power = POWERS_OF_TEN[self.exponent.unsigned_abs() as usize];
            let value = if self.exponent < 0 { magnitude / power } else { magnitude * power };
            return Some(if self.negative { -value } else { value });
        }
        self.utf8().parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// The nearest `f32`, unless it is beyond the type's range.
    #[inline]
    pub(crate) fn single(&self) -> Option<f32> {
        self.utf8().parse().ok().filter(|value: &f32| value.is_finite())
    }

    /// The number as `significand × 10^exponent`; none beyond 38 digits.
    pub(crate) fn decimal(&self) -> Option<(i128, i32)> {
        let (value, exponent) = if self.exact {
            (u128::from(self.significand), self.exponent)
        } else {
            self.long_significand().ok()?
        };
        let value = i128::try_from(value).ok()?;
        Some((if self.negative { -value } else { value }, exponent))
    }

    /// Written without a fraction and without an exponent.
    pub(crate) fn is_plain_integer(&self) -> bool {
        !self.text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
    }

    fn utf8(&self) -> &'a str {
        std::str::from_utf8(self.text).unwrap_or_default()
    }

    #[cold]
    fn scaled_integer(&self) -> Result<i128, Unfit> {
        let (mut value, mut exponent) =
            if self.exact { (u128::from(self.significand), self.exponent) } else { self.long_significand()? };
        while exponent < 0 && value.is_multiple_of(10) && value != 0 {
            value /= 10;
            exponent += 1;
        }
        if value == 0 {
            return Ok(0);
        }
        if exponent < 0 {
            return Err(Unfit::Fraction);
        }
        let value = 10_u128
            .checked_pow(exponent.unsigned_abs())
            .and_then(|power| value.checked_mul(power))
            .and_then(|value| i128::try_from(value).ok())
            .ok_or(Unfit::Range)?;
        Ok(if self.negative { -value } else { value })
    }

    /// The significand of more than 19 digits, without its trailing zeros, and its exponent.
    fn long_significand(&self) -> Result<(u128, i32), Unfit> {
        let mantissa = self.text.iter().take_while(|byte| !matches!(byte, b'e' | b'E'));
        let digits: Vec<u8> = mantissa.filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect();
        let zeros = digits.iter().rev().take_while(|digit| **digit == 0).count();
        let exponent = self.exponent.saturating_add(i32::try_from(zeros).unwrap_or(i32::MAX));
        let unfit = if exponent < 0 { Unfit::Fraction } else { Unfit::Range };
        let mut value = 0_u128;
        for digit in &digits[..digits.len() - zeros] {
            value =
                value.checked_mul(10).and_then(|value| value.checked_add((*digit).into())).ok_or(unfit)?;
        }
        Ok((value, exponent))
    }
}

/// Adds the digits from `at` to `value` (wrapping beyond 19 of them) and returns where they end.
#[inline]
fn digits(text: &[u8], mut at: usize, value: &mut u64) -> usize {
    while let Some(&byte) = text.get(at) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        *value = value.wrapping_mul(10).wrapping_add(digit.into());
        at += 1;
    }
    at
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        Number::scan(text.as_bytes()).unwrap()
    }

    #[test]
    fn integers_are_exact_or_refused() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("-7", -7),
            ("1.0", 1),
            ("1e3", 1000),
            ("1.50e1", 15),
            ("100e-2", 1),
            ("0.0e-400", 0),
            ("9223372036854775807", i128::from(i64::MAX)),
            ("-9223372036854775808", i128::from(i64::MIN)),
            ("18446744073709551615", i128::from(u64::MAX)),
            ("1.0000000000000000000000000000000000000000000000", 1),
            ("120000000000000000000000000000e-28", 12),
        ] {
            assert_eq!(number(text).integer(), Ok(value), "{text}");
        }
        for text in ["1.5", "0.1", "1e-1", "1.00000000000000000000000001"] {
            assert_eq!(number(text).integer(), Err(Unfit::Fraction), "{text}");
        }
        for text in ["1e400", "1e99999999999999999999999", "9".repeat(60).as_str()] {
            assert_eq!(number(text).integer(), Err(Unfit::Range), "{text}");
        }
    }

    #[test]
    fn doubles_round_as_the_standard_library_does() {
        for text in [
            "0",
            "-0",
            "1.5",
            "0.1",
            "123456.789",
            "1e22",
            "1e23",
            "9007199254740993",
            "5e-324",
            "1e-400",
            "3.141592653589793238462643",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(number(text).double().map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        assert_eq!(number("1e400").double(), None);
        assert_eq!(number("1e39").single(), None);
        assert_eq!(number("0.1").single(), Some(0.1));
    }

    #[test]
    fn the_grammar_is_json() {
        for text in ["", "-", "01", "1.", ".5", "+1", "1e", "1e+", "NaN", "-Infinity", "--1"] {
            assert!(Number::scan(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(number("12,3").text, b"12");
        assert!(number("12").is_plain_integer() && !number("1e2").is_plain_integer());
    }
}
