//! The part of a cursor that recognises people who come again.

use super::matched::Marks;
use crate::cloudflare::came::SHORT_BITS;

/// Short digests of ids that came before, as signs in a cursor. The beginning matters most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tail(Vec<u64>);

impl Tail {
    /// The number of signs of one digest, of six bits each.
    const SIGNS_EACH: usize = SHORT_BITS as usize / Marks::BITS;

    /// Returns a tail of these digests, each once.
    pub fn new(digests: impl IntoIterator<Item = u64>) -> Self {
        let mut known = crate::sorted::Set::default();
        Self(digests.into_iter().filter(|&digest| known.insert(digest)).collect())
    }

    /// The digests.
    pub fn digests(&self) -> &[u64] {
        &self.0
    }

    /// The text of as many digests as have room in so many signs.
    pub fn text(&self, most: usize) -> String {
        let digests = self.0.iter().take(most / Self::SIGNS_EACH);
        let signs = digests.flat_map(|digest| {
            (0..Self::SIGNS_EACH).rev().map(move |sign| digest >> (sign * Marks::BITS) & 63)
        });
        signs.filter_map(|value| Marks::SIGNS.get(value as usize)).copied().map(char::from).collect()
    }

    /// Reads a text, if it is one.
    pub fn parse(text: &str) -> Option<Self> {
        let digests = text.as_bytes().chunks(Self::SIGNS_EACH).map(|signs| {
            let value = |sign| Marks::SIGNS.iter().position(|&known| known == sign);
            let add = |digest: u64, &sign: &u8| Some(digest << Marks::BITS | value(sign)? as u64);
            signs.iter().try_fold(0, add).filter(|_| signs.len() == Self::SIGNS_EACH)
        });
        digests.collect::<Option<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_whole_or_in_part() {
        let digests: Vec<u64> = vec![(1 << SHORT_BITS) - 1, 0, 0x1234_5678_9abc];
        let tail = Tail::new(digests.iter().chain(&digests).copied());
        assert_eq!(tail.digests(), digests, "each once");
        for (room, fit) in [(0, 0), (7, 0), (8, 1), (23, 2), (24, 3), (4096, 3)] {
            let kept = Tail::parse(&tail.text(room)).unwrap();
            assert_eq!(kept.digests(), &digests[..fit], "{room}");
        }
        for odd in ["AAAAAAA", "AAAAAAAAA", "AAAAAAA.", "AAAAAAA\u{e4}"] {
            assert_eq!(Tail::parse(odd), None, "{odd}");
        }
    }
}
