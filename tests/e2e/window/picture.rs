//! Pixels of a window.

use std::collections::BTreeMap;

/// Red, green and blue, row by row.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    /// From a file in PPM: `P6`, width, height and 255, then the bytes.
    pub(crate) fn parse(ppm: &[u8]) -> Option<Self> {
        let mut at = 0;
        let mut word = || {
            let start = at + ppm.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
            let length = ppm[start..].iter().position(u8::is_ascii_whitespace)?;
            at = start + length;
            std::str::from_utf8(&ppm[start..at]).ok()
        };
        let (kind, width, height, most) = (word()?, word()?, word()?, word()?);
        let (width, height) = (width.parse().ok()?, height.parse().ok()?);
        let rgb = ppm.get(at + 1..)?.to_vec();
        (kind == "P6" && most == "255" && rgb.len() == width * height * 3).then_some(Self {
            width,
            height,
            rgb,
        })
    }

    fn pixels(&self) -> impl Iterator<Item = [u8; 3]> {
        self.rgb.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]])
    }

    /// How many colours it has.
    pub(crate) fn colours(&self) -> usize {
        self.histogram().len()
    }

    fn histogram(&self) -> BTreeMap<[u8; 3], usize> {
        let mut counts = BTreeMap::new();
        for pixel in self.pixels() {
            *counts.entry(pixel).or_insert(0) += 1;
        }
        counts
    }

    /// The share of its most frequent colour.
    pub(crate) fn plainness(&self) -> f64 {
        let most = self.histogram().into_values().max().unwrap_or_default();
        most as f64 / (self.width * self.height).max(1) as f64
    }

    /// The share of pixels that are not as in `other`; all when the sizes differ.
    pub(crate) fn difference(&self, other: &Self) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 1.0;
        }
        let unlike = self.pixels().zip(other.pixels()).filter(|(one, other)| one != other).count();
        unlike as f64 / (self.width * self.height).max(1) as f64
    }

    /// The part at `x`, `y`, as far as it is inside.
    pub(crate) fn part(&self, [x, y, width, height]: [usize; 4]) -> Self {
        let (right, bottom) = ((x + width).min(self.width), (y + height).min(self.height));
        let rows = (y.min(bottom)..bottom)
            .map(|row| (row * self.width + x.min(right)) * 3..(row * self.width + right) * 3);
        let rgb = rows.flat_map(|row| self.rgb[row].to_vec()).collect();
        Self { width: right - x.min(right), height: bottom - y.min(bottom), rgb }
    }
}
