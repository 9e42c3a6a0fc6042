//! What a certificate says, in words.

use std::fmt::Write as _;
use std::net::IpAddr;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509Ref};

/// Days before its end from when on a certificate is worth a warning.
pub(super) const SOON_DAYS: i32 = 30;

/// Who a certificate is of, in a word or two: the common name, else the organisation, else all of it.
pub(super) fn name(name: &X509NameRef) -> String {
    for nid in [Nid::COMMONNAME, Nid::ORGANIZATIONALUNITNAME, Nid::ORGANIZATIONNAME] {
        if let Some(text) = name.entries_by_nid(nid).next().and_then(|entry| entry.data().to_string().ok()) {
            return text;
        }
    }
    let mut all = String::new();
    for entry in name.entries() {
        let (key, value) = (entry.object().nid().short_name().unwrap_or("?"), entry.data().to_string());
        let separator = if all.is_empty() { "" } else { ", " };
        if write!(all, "{separator}{key}={}", value.unwrap_or_default()).is_err() {
            break;
        }
    }
    if all.is_empty() { "nobody".to_owned() } else { all }
}

/// The hosts that a certificate is for.
pub(super) fn hosts(certificate: &X509Ref) -> Vec<String> {
    let mut hosts = Vec::new();
    for alternative in certificate.subject_alt_names().into_iter().flatten() {
        if let Some(host) = alternative.dnsname() {
            hosts.push(host.to_owned());
        } else if let Some(bytes) = alternative.ipaddress() {
            let four: Option<[u8; 4]> = bytes.try_into().ok();
            let sixteen: Option<[u8; 16]> = bytes.try_into().ok();
            hosts.extend(four.map(IpAddr::from).or(sixteen.map(IpAddr::from)).map(|ip| ip.to_string()));
        }
    }
    if hosts.is_empty() {
        hosts.push(name(certificate.subject_name()));
    }
    hosts
}

/// `2036-11-19`.
pub(super) fn date(time: &Asn1TimeRef) -> String {
    let days = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time)).map(|diff| i64::from(diff.days));
    // A time that OpenSSL cannot compare it can still print.
    days.map_or_else(|_error| time.to_string(), iso)
}

/// Days from now until then; negative when it is over.
pub(super) fn days_until(time: &Asn1TimeRef) -> Option<i32> {
    let diff = Asn1Time::days_from_now(0).and_then(|now| now.diff(time)).ok()?;
    Some(if diff.days == 0 && diff.secs < 0 { -1 } else { diff.days })
}

/// `in 12 days`.
pub(super) fn in_days(days: i32) -> String {
    match days {
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    }
}

/// Days since 1970 as a date of the Gregorian calendar (Howard Hinnant, `civil_from_days`).
fn iso(days: i64) -> String {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        for (days, expected) in
            [(0, "1970-01-01"), (19_782, "2024-02-29"), (20_777, "2026-11-20"), (-1, "1969-12-31")]
        {
            assert_eq!(iso(days), expected);
        }
    }
}
