//! A number divided over partitions.

/// Divides `total` as evenly as what is `available` allows; the first get what does not divide.
pub(crate) fn shares(available: &[u64], total: u64) -> Vec<u64> {
    let mut order: Vec<_> = (0..available.len()).collect();
    order.sort_by_key(|index| (available[*index], std::cmp::Reverse(*index)));
    let mut given = vec![0; available.len()];
    let mut left = total;
    for (done, index) in order.iter().enumerate() {
        let takers = (order.len() - done) as u64;
        given[*index] = available[*index].min(left / takers);
        left -= given[*index];
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_shared_evenly_and_fully() {
        assert_eq!(shares(&[10, 10, 10], 10), [4, 3, 3]);
        assert_eq!(shares(&[1, 100, 100], 101), [1, 50, 50]);
        assert_eq!(shares(&[5, 0, 5], 100), [5, 0, 5]);
        assert_eq!(shares(&[], 100), [0; 0]);
        assert_eq!(shares(&[3, 3], 1), [1, 0]);
    }
}
