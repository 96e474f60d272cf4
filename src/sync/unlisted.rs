//! The roles and scoped roles that no list of Cloudflare has.

use super::cursor::Cursor;
use super::phase::Phase;
use super::tail::Tail;
use crate::cloudflare::came::short_digest_of;
use crate::model::ResourceId;
use crate::sorted::Map;

/// The most that a session remembers: more than any account has. Those beyond it are emitted again, which
/// does no harm.
const MOST: usize = 20_000;
/// The most that a cursor has room for.
const MOST_IN_CURSOR: usize = 375;

/// The roles and scoped roles that were emitted because somebody holds them.
#[derive(Default)]
pub struct Unlisted {
    /// Short digests of their ids, each with the beginning of the page that it was emitted on.
    known: Map<u64, Place>,
    count: usize,
    at: Place,
}

/// The phase, the upstream page, and the place in it.
type Place = (usize, u32, u32, u32);

impl Unlisted {
    /// Begins the page at this cursor. What was emitted on it or behind it counts as not emitted: the same
    /// cursor returns the same page again.
    pub fn begin(&mut self, at: &Cursor) {
        let phase = Phase::all().take_while(|&phase| phase != at.phase).count();
        self.at = (phase, at.at.page, at.item, at.grant);
        let before = std::mem::take(&mut self.known).into_iter().filter(|(_, place)| *place < self.at);
        self.known = before.collect();
        self.known.extend(at.unlisted.digests().iter().map(|&digest| (digest, Place::default())));
        self.count = self.known.iter().count();
    }

    /// Notes one. Returns whether it wasn't emitted yet.
    pub fn is_new(&mut self, id: &ResourceId) -> bool {
        let digest = digest_of(id);
        if self.known.contains_key(&digest) {
            return false;
        }
        if self.count < MOST {
            self.known.insert(digest, self.at);
            self.count += 1;
        }
        true
    }

    /// Whether one was emitted, whatever the case of the letters in its id.
    pub fn has(&self, id: &ResourceId) -> bool {
        self.known.contains_key(&digest_of(id))
    }

    /// Returns as many as a cursor has room for.
    pub fn tail(&self) -> Tail {
        Tail::new(self.known.iter().take(MOST_IN_CURSOR).map(|(&digest, _)| digest))
    }
}

fn digest_of(id: &ResourceId) -> u64 {
    short_digest_of(&id.to_string().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::paging::Position;
    use crate::model::Kind;

    fn id(number: usize) -> ResourceId {
        ResourceId::new(Kind::ScopedRole, format!("P{number}"))
    }

    fn at(phase: Phase, page: u32, item: u32) -> Cursor {
        Cursor { at: Position { page, ..Position::START }, item, ..Cursor::at_phase(phase) }
    }

    #[test]
    fn one_is_new_once_and_again_where_its_page_is_asked_for_again() {
        let (groups, members) = (Phase::Of(Kind::UserGroup), Phase::Of(Kind::Member));
        let mut unlisted = Unlisted::default();
        for (cursor, number, is_new) in [
            (at(groups, 1, 0), 1, true),
            (at(groups, 1, 3), 1, false),
            (at(members, 1, 0), 1, false),
            (at(members, 1, 0), 2, true),
            (at(members, 2, 0), 2, false),
            (at(members, 1, 0), 2, true),
            (at(members, 1, 0), 1, false),
            (at(groups, 1, 0), 1, true),
        ] {
            unlisted.begin(&cursor);
            assert_eq!(unlisted.is_new(&id(number)), is_new, "{cursor:?} {number}");
            assert!(unlisted.has(&ResourceId::new(Kind::ScopedRole, format!("p{number}"))));
            assert!(!unlisted.has(&ResourceId::new(Kind::Role, format!("p{number}"))));
        }
    }

    #[test]
    fn a_cursor_tells_another_session_and_memory_is_bounded() {
        let mut unlisted = Unlisted::default();
        assert!((0..MOST + 9).all(|number| unlisted.is_new(&id(number))));
        assert!(!unlisted.is_new(&id(0)) && unlisted.is_new(&id(MOST + 1)));
        let tail = unlisted.tail();
        let told = Tail::parse(&tail.text(usize::MAX)).unwrap();
        assert_eq!(told.digests().len(), MOST_IN_CURSOR);
        let mut other = Unlisted::default();
        other.begin(&Cursor { unlisted: told, ..at(Phase::Of(Kind::Member), 2, 0) });
        assert_eq!((0..MOST).filter(|&number| other.has(&id(number))).count(), MOST_IN_CURSOR);
        assert_eq!(other.tail(), tail);
    }
}
