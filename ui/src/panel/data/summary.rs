//! What stands under a column's name.

use flowloom_studio::ColumnProfile;

use crate::format;
use crate::table::Summary;

pub(super) fn of(profile: &ColumnProfile) -> Option<Summary> {
    let distinct = profile.distinct?;
    Some(Summary::Words(format!("{} distinct", format::count(distinct))))
}
