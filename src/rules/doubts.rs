//! The parts of texts that aren't one address or one domain. A rule with such a text is open for
//! the people whom a part names.

use super::spelling::Part;
use super::texts::{Entry, Place, Texts};

/// The parts of texts, found by an address. Hardly any account has one.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// Each part, and the place of the text that it stands in. Parts of one text are neighbours.
    parts: Vec<(Box<str>, Place)>,
    addresses: Texts,
    domains: Texts,
    /// The domains of parts that mean everything below one.
    above: Texts,
}

/// The longest name of a domain, in bytes (RFC 1035, section 2.3.4).
const LONGEST_DOMAIN: usize = 255;

impl Doubts {
    /// Indexes the parts of the texts at some places.
    pub fn new<'t>(parts: impl Iterator<Item = (Part<'t>, Place)>) -> Self {
        let mut doubts = Self::default();
        let (mut addresses, mut domains, mut above) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (part, of)) in (0..).zip(parts) {
            let (text, entries) = match part {
                Part::Address(text) => (text, &mut addresses),
                Part::Domain(text) => (text, &mut domains),
                Part::Below(text) => (text, &mut above),
            };
            entries.push(Entry::new(text, Place::Part(number)));
            doubts.parts.push((text.into(), of));
        }
        doubts.addresses = Texts::new(addresses, &|at| doubts.text(at));
        doubts.domains = Texts::new(domains, &|at| doubts.text(at));
        doubts.above = Texts::new(above, &|at| doubts.text(at));
        doubts
    }

    fn part(&self, at: Place) -> Option<&(Box<str>, Place)> {
        let Place::Part(number) = at else { return None };
        self.parts.get(number as usize)
    }

    fn text(&self, at: Place) -> &str {
        self.part(at).map_or("", |(text, _)| text)
    }

    /// Whether there is no such text.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns the places of the texts of which a part names this address, maybe some of them
    /// repeatedly.
    pub fn about(&self, address: &str) -> Vec<Place> {
        let mut found = Vec::new();
        let mut add = |texts: &Texts, sought: &str| {
            let (_, entries) = texts.find(sought, &|at| self.text(at));
            found.extend(entries.iter().filter_map(|entry| self.part(entry.at)).map(|&(_, of)| of));
        };
        add(&self.addresses, address);
        if let Some((_, domain)) = address.rsplit_once('@') {
            add(&self.domains, domain);
            let stops = domain.match_indices('.').filter(|_| domain.len() <= LONGEST_DOMAIN);
            for above in stops.filter_map(|(at, stop)| domain.get(at + stop.len()..)) {
                add(&self.above, above);
            }
        }
        found
    }
}
