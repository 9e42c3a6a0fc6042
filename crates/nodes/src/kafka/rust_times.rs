//! Lines of exported Rust programs that read times.

pub(super) const INSTANT: &str = r#"/// A time as 10^-`digits` seconds since 1970; numbers count 10^-`unit` seconds.
fn instant(written: &str, digits: u32, unit: u32) -> Result<i64, Box<dyn Error>> {
    let time = if written.starts_with('"') {
        parse_instant(&serde_json::from_str::<String>(written)?, digits)
    } else {
        scaled(written, i64::from(digits) - i64::from(unit))
    };
    time.ok_or_else(|| format!("expected a time, found {written}").into())
}"#;

pub(super) const PARSE_INSTANT: &str = r#"/// A time as RFC 3339 has it; seconds and offset may be missing.
fn parse_instant(text: &str, digits: u32) -> Option<i64> {
    let two = |text: &str, most: i64| match text.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9'] => text.parse().ok().filter(|number| *number <= most),
        _ => None,
    };
    let (day, clock) = text.split_at_checked(10)?;
    let days = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()? - NaiveDate::default();
    let clock = clock.strip_prefix(['T', 't', ' '])?;
    let (clock, zone) = clock.split_at(clock.find(['Z', 'z', '+', '-']).unwrap_or(clock.len()));
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) if clock.len() == 8 && !fraction.is_empty() => (clock, fraction),
        Some(_) => return None,
        None => (clock, ""),
    };
    let (hour, rest) = clock.split_once(':')?;
    let (minute, second) = rest.split_once(':').unwrap_or((rest, "00"));
    let away = match zone.strip_prefix(['+', '-']) {
        None if zone.len() > 1 => return None,
        None => 0,
        Some(away) => {
            let (hours, minutes) = away.split_at_checked(2)?;
            let minutes = minutes.strip_prefix(':').unwrap_or(minutes);
            let minutes = if away.len() == 2 { 0 } else { two(minutes, 59)? };
            let away = two(hours, 23)? * 3600 + minutes * 60;
            if zone.starts_with('-') { -away } else { away }
        }
    };
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let nanos: i128 = format!("{fraction:0<9}")[..9].parse().ok()?;
    let clock = two(hour, 23)? * 3600 + two(minute, 59)? * 60 + two(second, 60)?;
    let seconds = i128::from(days.num_days() * 86_400 + clock - away);
    let time = (seconds * 1_000_000_000 + nanos).div_euclid(10_i128.pow(9 - digits));
    i64::try_from(time).ok()
}"#;

pub(super) const SCALED: &str = r#"/// A number times 10^`power`, rounded down; no digit is lost on the way.
fn scaled(written: &str, power: i64) -> Option<i64> {
    let (number, exponent) = match written.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse().ok()?),
        None => (written, 0_i64),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let exponent = exponent.saturating_add(power - fraction.len() as i64);
    let power = 10_i128.checked_pow(u32::try_from(exponent.unsigned_abs()).ok()?);
    let value = match power {
        Some(power) if exponent >= 0 => digits.checked_mul(power)?,
        Some(power) => digits.div_euclid(power),
        None if digits == 0 || exponent < 0 => -i128::from(digits < 0),
        None => return None,
    };
    i64::try_from(value).ok()
}"#;
