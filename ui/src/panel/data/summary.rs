//! What stands under a column's name.

use flowloom_studio::ColumnProfile;

use crate::format;
use crate::table::Summary;

/// A histogram where there is one, else how many values differ.
pub(super) fn of(profile: &ColumnProfile) -> Option<Summary> {
    if profile.histogram.len() > 1 {
        return Some(Summary::Bars(profile.histogram.iter().map(|count| *count as f32).collect()));
    }
    let distinct = profile.distinct?;
    Some(Summary::Words(format!("{} distinct", format::count(distinct))))
}
