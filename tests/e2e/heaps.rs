//! Heaps that the C library made for single threads: what they once held stays with the process.

/// What glibc reserves for a heap of a thread, and aligns it to.
const SIZE: u64 = 64 << 20;

/// How many there are in `maps`, the text of `/proc/PID/maps`: each begins where its first bytes can be written, and its
/// rest is kept back.
pub(crate) fn of_threads(maps: &str) -> usize {
    let areas: Vec<(u64, u64, &str)> = maps.lines().filter_map(area).collect();
    let is_heap = |pair: &&[(u64, u64, &str)]| {
        let [(start, middle, "rw-p"), (next, end, "---p")] = **pair else { return false };
        middle == next && start % SIZE == 0 && end - start == SIZE
    };
    areas.windows(2).filter(is_heap).count()
}

/// Start, end and rights in `7f10a4000000-7f10a4021000 rw-p 00000000 00:00 0`.
fn area(line: &str) -> Option<(u64, u64, &str)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    Some((address(start)?, address(end)?, words.next()?))
}

#[test]
fn heaps_are_told_from_other_memory() {
    let maps = "7f10a4000000-7f10a4021000 rw-p 00000000 00:00 0 \n\
                7f10a4021000-7f10a8000000 ---p 00000000 00:00 0 \n\
                7f10b0000000-7f10b4000000 rw-p 00000000 00:00 0 \n\
                7f10b4000000-7f10b8000000 ---p 00000000 00:00 0 \n\
                7f10c0000000-7f10c0001000 r--p 00000000 fe:00 17 /usr/lib/libc.so.6\n";
    assert_eq!(of_threads(maps), 1);
}
