//! The addresses that groups and allow policies include, and which of them have a member or a user.

use crate::rules::{Included, Membership};
use std::ops::Range;

/// The addresses that groups and allow policies include, and which of them somebody has. A session that
/// begins in the middle knows it of a part alone: of the one that its cursor has marks for.
#[derive(Default)]
pub struct Matched {
    /// The addresses, sorted. The place of an address is its place here.
    pub included: Vec<Included>,
    /// Whether somebody has the address, by its number.
    has_account: Vec<bool>,
    /// The places of which it is known, as soon as all people are read.
    known: Range<usize>,
}

impl Matched {
    /// Begins before the first member.
    pub fn new(membership: &Membership) -> Self {
        let included = membership.included();
        Self { has_account: vec![false; membership.addresses()], known: 0..included.len(), included }
    }

    /// Forgets who has an address, and begins again before the first member.
    pub fn begin(&mut self) {
        self.has_account.fill(false);
        self.known = 0..self.included.len();
    }

    /// Continues from the marks of the places from this one on.
    pub fn restore(&mut self, from: usize, marks: &Marks) {
        self.has_account.fill(false);
        let mut end = from;
        for (&address, is_marked) in self.included.iter().skip(from).zip(marks.bits()) {
            if let Some(has_account) = self.has_account.get_mut(address.number()) {
                *has_account = is_marked;
            }
            end += 1;
        }
        self.known = from..end;
    }

    /// Notes that somebody has this address.
    pub fn mark(&mut self, address: &str, membership: &Membership) {
        let number = membership.number_of(address);
        if let Some(has_account) = number.and_then(|number| self.has_account.get_mut(number)) {
            *has_account = true;
        }
    }

    /// Whether nobody has this address.
    pub fn is_unmatched(&self, address: Included) -> bool {
        self.has_account.get(address.number()) == Some(&false)
    }

    /// Whether it is known who has the address at this place, as soon as all people are read. Behind
    /// the last address, there is nothing to know.
    pub fn knows(&self, place: usize) -> bool {
        self.known.contains(&place) || place >= self.included.len()
    }

    /// Returns the marks of the places that are known, from this one on: as many as a cursor can
    /// hold.
    pub fn marks(&self, from: usize) -> Marks {
        if !self.known.contains(&from) {
            return Marks::default();
        }
        let known = self.included.get(from..self.known.end).unwrap_or_default();
        // A sign that isn't full would say something of places that aren't known.
        let is_last = self.known.end == self.included.len();
        let signs = known.chunks(Marks::BITS).filter(|bits| is_last || bits.len() == Marks::BITS);
        Marks(
            signs
                .take(Marks::MOST)
                .map(|bits| {
                    let value = bits.iter().rev().fold(0, |value: usize, &address| {
                        value << 1 | usize::from(!self.is_unmatched(address))
                    });
                    Marks::SIGNS.get(value).copied().map_or('?', char::from)
                })
                .collect(),
        )
    }
}

/// Marks in a cursor: which addresses of a row have a member or a user. One sign stands for six of
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks(String);

impl Marks {
    /// The number of bits of a sign.
    pub const BITS: usize = 6;
    /// The signs, by their values.
    pub const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /// The most signs: more than a cursor has room for.
    const MOST: usize = 4096;

    /// Reads marks, if the text is of their signs.
    pub fn parse(text: &str) -> Option<Self> {
        text.bytes().all(|sign| Self::SIGNS.contains(&sign)).then(|| Self(text.to_owned()))
    }

    /// The number of signs.
    pub fn signs(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known of any place.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text, or its beginning of at most so many signs: marks of fewer places.
    pub fn text(&self, most: usize) -> &str {
        self.0.get(..most).unwrap_or(&self.0)
    }

    /// Whether each address has an account, in order. The bits behind the last address say nothing.
    fn bits(&self) -> impl Iterator<Item = bool> {
        let values = self.0.bytes().filter_map(|sign| Self::SIGNS.iter().position(|&known| known == sign));
        values.flat_map(|value| (0..Self::BITS).map(move |bit| value >> bit & 1 == 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, ResourceId};
    use crate::rules::{Lists, RuleSet};
    use serde_json::value::RawValue;

    /// A group that includes so many addresses.
    fn membership(addresses: usize) -> Membership {
        let rule = |n| format!(r#"{{"email":{{"email":"{n:05}@corp.example"}}}}"#);
        let include = (0..addresses).map(|n| RawValue::from_string(rule(n)).unwrap()).collect();
        let group = ResourceId::new(Kind::Group, "g");
        Membership::new(
            vec![RuleSet::new(group, [include, vec![], vec![]], "a")],
            Lists::default(),
            Default::default(),
        )
    }

    fn marked(matched: &Matched) -> Vec<usize> {
        let known = matched.included.iter().enumerate();
        known.filter(|&(_, &it)| !matched.is_unmatched(it)).map(|(place, _)| place).collect()
    }

    #[test]
    fn marks_go_there_and_back() {
        let membership = membership(20);
        let mut matched = Matched::new(&membership);
        for n in [0, 5, 6, 13, 19] {
            matched.mark(&format!("{n:05}@CORP.example"), &membership);
        }
        matched.mark("eve@corp.example", &membership);
        assert_eq!(marked(&matched), [0, 5, 6, 13, 19]);
        for (from, most, known, expected) in [
            (0, 9, 0..20, vec![0, 5, 6, 13, 19]),
            (5, 9, 5..20, vec![5, 6, 13, 19]),
            (0, 2, 0..12, vec![0, 5, 6]),
            (5, 1, 5..11, vec![5, 6]),
            (19, 9, 19..20, vec![19]),
            (0, 0, 0..0, vec![]),
        ] {
            let text = matched.marks(from).text(most).to_owned();
            let mut other = Matched::new(&membership);
            other.mark("00001@corp.example", &membership);
            other.restore(from, &Marks::parse(&text).unwrap());
            assert_eq!(marked(&other), expected, "from {from}, {most} signs: {text}");
            let knows: Vec<usize> = (0..20).filter(|&place| other.knows(place)).collect();
            assert_eq!(knows, known.clone().collect::<Vec<_>>());
            assert!(other.knows(20), "there is nothing behind the last one");
            assert_eq!(other.marks(known.start).text(99), text, "the same marks again");
        }
        matched.begin();
        assert_eq!((marked(&matched), matched.knows(19)), (vec![], true));
    }

    #[test]
    fn a_part_that_is_known_says_nothing_of_the_rest() {
        let membership = membership(20);
        let mut matched = Matched::new(&membership);
        matched.restore(0, &Marks::parse("AA").unwrap());
        assert_eq!(matched.marks(3).text(99).len(), 1, "six places of the nine that are known");
        assert_eq!(matched.marks(7).text(99), "", "five places are known, and a sign has six");
        assert_eq!(matched.marks(12), Marks::default());
        assert_eq!(Marks::parse("A+"), None);
    }
}
