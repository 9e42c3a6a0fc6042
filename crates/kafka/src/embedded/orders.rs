//! Order events, the same every time: what the demo and the tests read.

use std::fmt::Write as _;

/// One order event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The message's key.
    pub customer: String,
    /// Milliseconds since 1970; one order every 1.5 s on average.
    pub created_at_ms: i64,
    /// The message's value: `order_id`, `customer`, `amount`, `currency`, `status`, `created_at`,
    /// `items`, `priority`; about 150 bytes.
    pub json: String,
}

/// The first `count` order events of a made-up shop, from 2026-01-01 on.
pub fn orders(count: usize) -> impl Iterator<Item = Order> {
    const START_MS: i64 = 1_767_225_600_000;
    let mut random = SplitMix(7);
    let mut created_at_ms = START_MS;
    (0..count).map(move |index| {
        created_at_ms += random.below(3000) as i64;
        order(index, created_at_ms, &mut random)
    })
}

fn order(index: usize, created_at_ms: i64, random: &mut SplitMix) -> Order {
    const CURRENCIES: [&str; 4] = ["EUR", "USD", "GBP", "CHF"];
    const STATES: [&str; 5] = ["created", "paid", "shipped", "delivered", "cancelled"];
    let customer = format!("cust-{:04}", random.below(2000));
    let cents = 100 + random.below(50_000);
    let currency = CURRENCIES[random.below(CURRENCIES.len() as u64) as usize];
    let status = STATES[random.below(STATES.len() as u64) as usize];
    let items = 1 + random.below(9);
    let priority = random.below(10) == 0;
    let mut json = String::with_capacity(160);
    let written = write!(
        json,
        r#"{{"order_id":{},"customer":"{customer}","amount":{}.{:02},"currency":"{currency}","status":"{status}","created_at":"{}","items":{items},"priority":{priority}}}"#,
        1 + index,
        cents / 100,
        cents % 100,
        iso_8601(created_at_ms),
    );
    debug_assert!(written.is_ok(), "writing to a string does not fail");
    Order { customer, created_at_ms, json }
}

/// `2026-01-01T00:00:00Z`; the civil calendar by Howard Hinnant's `civil_from_days`.
fn iso_8601(time_ms: i64) -> String {
    let (days, ms) = (time_ms.div_euclid(86_400_000), time_ms.rem_euclid(86_400_000));
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Steele, Lea and Flood's `SplitMix64`: small, fast, and the same on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_every_time() {
        let first: Vec<_> = orders(500).collect();
        assert_eq!(first, orders(500).collect::<Vec<_>>());
        for order in &first {
            let value: serde_json::Value = serde_json::from_str(&order.json).unwrap();
            assert_eq!(value.as_object().unwrap().len(), 8);
            assert_eq!(value["customer"], order.customer.as_str());
            assert!((135..=165).contains(&order.json.len()), "{}", order.json);
        }
    }

    #[test]
    fn times_are_iso_8601() {
        assert_eq!(iso_8601(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso_8601(1_767_225_600_000), "2026-01-01T00:00:00Z");
        assert_eq!(iso_8601(1_709_210_096_789), "2024-02-29T12:34:56Z");
    }
}
