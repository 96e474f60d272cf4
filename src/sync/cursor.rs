//! The place where a sync continues: small, opaque, without a secret, and good in another session.

use super::matched::Marks;
use super::phase::Phase;
use super::selection::Selection;
use super::tail::Tail;
use crate::cloudflare::id::Id;
use crate::cloudflare::paging::Position;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::kinds;
use crate::model::{Kind, ResourceId};
use crate::settings::Settings;

/// A place in a sync. Encoded, it is one string of printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The phase.
    pub phase: Phase,
    /// The upstream page, in a phase that lists a collection; in the phase of emails, that of the
    /// people who are read again.
    pub at: Position,
    /// The number of the list, in the phase of lists; the number of answers that came, in that of missing
    /// policies; the place of the user group, in that of its members; the step, in that of names of roles.
    pub list: u32,
    /// The number of items of that page that are finished.
    pub item: u32,
    /// The number of records of the next item that were emitted: its resource, then its grants.
    pub grant: u32,
    /// The digest of everything that was read before this place and that grants rest on: groups, policies,
    /// applications, lists; roles, user groups and who is in these.
    pub digest: u64,
    /// The digest of the finished part of the page.
    pub done: u64,
    /// Short digests of the roles and scoped roles that were emitted because somebody holds them, though no
    /// list has them: as many as there is room for. The others are emitted again, which does no harm.
    pub unlisted: Tail,
    /// Where the holdings of an address are read: the account member who has it.
    pub member: Option<Id>,
    /// Digests of ids that came before, where a session doesn't keep all ids: the last ones of the
    /// page before, and of all pages as many as there is room for. They let another session recognise
    /// an item that comes again.
    pub tail: Tail,
    /// In the phase of emails: the people who are read again for their addresses, if there are such.
    pub people: Option<Kind>,
    /// Which of the included addresses the people before the page have: of all of them, or in the
    /// phase of emails of those from `item` on.
    pub marks: Marks,
    /// The number of pages that were read again for this place without an end, in the calls so far.
    pub prepared: u32,
    /// The number of sessions that were lost while they read again.
    pub lost: u32,
    /// The digest of the facts with which the read began; zero without facts.
    pub facts: u64,
}

/// The first word of each cursor. Another form of cursor gets another word.
const FORM: &str = "czt7";
/// The longest cursor that the contract allows, in bytes.
const LONGEST: usize = 4096;
/// The most signs of unlisted roles in a cursor.
const LONGEST_UNLISTED: usize = 3000;
/// The signs of marks that have room before digests of ids: as many as 3,072 addresses need. In the
/// phase of emails all of them do, because people are read again there for marks alone.
const FIRST_MARKS: usize = 512;

/// Checks that a read that began with facts of one digest continues with those of the other.
///
/// # Errors
/// `invalid-cursor`.
pub fn check_facts(began: u64, now: u64) -> Result<()> {
    let (began, advice) = match (began, now) {
        (began, now) if began == now => return Ok(()),
        (0, _) => ("without", "Go on without facts"),
        (_, 0) => ("with", "Give the same facts first"),
        // Only facts that rules name are kept.
        _ => {
            ("with other", "Unless rules name other groups by now, give the same facts again, and no others")
        }
    };
    let message = format!(
        "This cursor can't be taken up: the read began {began} facts about groups of identity providers. \
         {advice}, or start the read again without a cursor."
    );
    Err(Error::new(ErrorKind::InvalidCursor, message).about("cursor"))
}

impl Cursor {
    /// Returns the beginning of a phase.
    pub fn at_phase(phase: Phase) -> Self {
        Self {
            phase,
            at: Position::START,
            list: 0,
            item: 0,
            grant: 0,
            digest: 0,
            done: 0,
            unlisted: Tail::default(),
            member: None,
            tail: Tail::default(),
            people: None,
            marks: Marks::default(),
            prepared: 0,
            lost: 0,
            facts: 0,
        }
    }

    /// Checks that the read began with the facts that a session has, by their digest.
    ///
    /// # Errors
    /// `invalid-cursor`.
    pub fn check_facts(&self, facts: u64) -> Result<()> {
        check_facts(self.facts, facts)
    }

    /// The number of items of the phase that are done.
    pub fn done(&self) -> u32 {
        match self.phase {
            Phase::Policies | Phase::Lists | Phase::GroupMembers => self.list,
            Phase::Rules | Phase::Held | Phase::Of(Kind::Email) => self.item,
            Phase::Of(_) | Phase::Principal | Phase::RoleNames => self.at.before.saturating_add(self.item),
        }
    }

    /// Encodes the cursor as a string that belongs to `bound`.
    pub fn encode(&self, bound: Binding) -> String {
        let body = format!(
            "{FORM}.{letter}.{at}.{list}.{item}.{grant}.{digest:016x}.{done:016x}.{unlisted}.{member}.\
             {people}.{prepared}.{lost}.{facts:x}",
            letter = self.phase.letter(),
            at = self.at.text(),
            list = self.list,
            item = self.item,
            grant = self.grant,
            digest = self.digest,
            done = self.done,
            unlisted = self.unlisted.text(LONGEST_UNLISTED),
            member = self.member.as_ref().map_or("", Id::as_str),
            people = self.people.map_or("-", |kind| kinds::row(kind).letter),
            prepared = self.prepared,
            lost = self.lost,
            facts = self.facts,
        );
        // Three dots, the binding, another dot and the checksum.
        let room = LONGEST.saturating_sub(body.len() + 36);
        let first = if self.phase == Phase::Of(Kind::Email) { LONGEST } else { FIRST_MARKS };
        let tail = self.tail.text(room.saturating_sub(self.marks.signs().min(first)));
        let marks = self.marks.text(room.saturating_sub(tail.len()));
        let body = format!("{body}.{tail}.{marks}.{binding:016x}", binding = bound.0);
        let checksum = Digest::new().with(&body).finish();
        format!("{body}.{checksum:016x}")
    }

    /// Decodes a cursor.
    ///
    /// # Errors
    /// `invalid-cursor` where it is damaged, or belongs to another account or selection.
    pub fn decode(text: &str, bound: Binding, selection: Selection) -> Result<Self> {
        let damaged = || Error::cursor("it is damaged, or not one of this connector's");
        let (body, checksum) = text.rsplit_once('.').filter(|_| text.len() <= LONGEST).ok_or_else(damaged)?;
        if checksum != format!("{:016x}", Digest::new().with(body).finish()) {
            return Err(damaged());
        }
        let parts: Vec<&str> = body.split('.').collect();
        let &[
            FORM,
            letter,
            page,
            before,
            again,
            first,
            total,
            moved,
            list,
            item,
            grant,
            digest,
            done,
            unlisted,
            member,
            people,
            prepared,
            lost,
            facts,
            tail,
            marks,
            binding,
        ] = parts.as_slice()
        else {
            return Err(damaged());
        };
        if binding != format!("{:016x}", bound.0) {
            return Err(Error::cursor("it is of another account, or of a read of something else"));
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| damaged());
        let hex = |text: &str| u64::from_str_radix(text, 16).map_err(|_| damaged());
        let phase = Phase::with_letter(letter).ok_or_else(damaged)?;
        if !phase.is_of(selection) {
            return Err(damaged());
        }
        let cursor = Self {
            phase,
            at: Position::of_parts([page, before, again, first, total, moved])
                .filter(|at| at.page != 0)
                .ok_or_else(damaged)?,
            list: number(list)?,
            item: number(item)?,
            grant: number(grant)?,
            digest: hex(digest)?,
            done: hex(done)?,
            unlisted: Tail::parse(unlisted).ok_or_else(damaged)?,
            member: if member.is_empty() { None } else { Some(Id::parse(member).ok_or_else(damaged)?) },
            tail: Tail::parse(tail).ok_or_else(damaged)?,
            people: match people {
                "-" => None,
                letter => {
                    let of_people =
                        |kind: &Kind| kinds::row(*kind).collection.is_some_and(|it| it.has_people);
                    let mut kinds = Kind::ALL.into_iter().filter(of_people);
                    Some(kinds.find(|&kind| kinds::row(kind).letter == letter).ok_or_else(damaged)?)
                }
            },
            marks: Marks::parse(marks).ok_or_else(damaged)?,
            prepared: number(prepared)?,
            lost: number(lost)?,
            facts: hex(facts)?,
        };
        // Each number has one spelling, so each cursor has one too.
        if cursor.encode(bound) == text { Ok(cursor) } else { Err(damaged()) }
    }
}

/// The read that a cursor belongs to: of an account, of kinds, and of one resource where only that
/// one is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding(u64);

impl Binding {
    /// Returns the binding to these.
    pub fn of(settings: &Settings, selection: Selection, only: Option<&ResourceId>) -> Self {
        let base = &settings.base_url;
        let digest = Digest::new()
            .with(&settings.account_id)
            .with(base.scheme.as_str())
            .with(&base.authority)
            .with(&base.path)
            .with(&selection.bits().to_string());
        let digest = match only {
            // A resource is found in any case, and a host may go on with the upstream's own spelling.
            Some(only) => digest.with(only.kind.as_str()).with(&only.id.to_ascii_lowercase()),
            None => digest,
        };
        Self(digest.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudflare::came::{SAMPLE, SHORT_BITS};
    use crate::model::Kind;
    use crate::sync::upstream::TAIL;

    fn settings(account: &str) -> Settings {
        let given = [("account-id", account), ("api-token", "canary-secret")];
        Settings::parse("api-token", given.map(|(id, value)| (id.to_owned(), value.to_owned())).to_vec())
            .unwrap()
    }

    fn cursor() -> Cursor {
        Cursor {
            phase: Phase::Of(Kind::Member),
            at: Position { page: 7, before: 300, again: 2, first: Some(9), total: Some(412), moved: true },
            list: 0,
            item: 12,
            grant: 34,
            digest: u64::MAX,
            done: 7,
            unlisted: Tail::new([7]),
            member: Id::parse("33666b9c79b9a5273fc7344ff42f953d"),
            tail: Tail::new([0, (1 << SHORT_BITS) - 1]),
            people: Some(Kind::User),
            marks: Marks::parse("Az09-_").unwrap(),
            prepared: 32,
            lost: 1,
            facts: 0xfac7,
        }
    }

    #[test]
    fn there_and_back() {
        let (settings, all) = (settings(&"a".repeat(32)), Selection::of(Kind::ALL));
        let start = Phase::all().map(Cursor::at_phase);
        for cursor in start.chain([cursor()]) {
            let holds = matches!(cursor.phase, Phase::Principal | Phase::Held);
            let selection = if holds { Selection::of_holder(Kind::User) } else { all };
            let bound = Binding::of(&settings, selection, None);
            let text = cursor.encode(bound);
            assert_eq!(Cursor::decode(&text, bound, selection).unwrap(), cursor, "{text}");
            assert!(
                text.len() < 320
                    && text.bytes().all(|byte| byte.is_ascii_graphic())
                    && !text.contains("canary")
            );
        }
    }

    #[test]
    fn foreign_and_damaged_ones_are_refused() {
        let (ours, all) = (settings(&"a".repeat(32)), Selection::of(Kind::ALL));
        let text = cursor().encode(Binding::of(&ours, all, None));
        let refused_of = |text: &str, settings: &Settings, selection, only: Option<&ResourceId>| {
            let error = Cursor::decode(text, Binding::of(settings, selection, only), selection).unwrap_err();
            assert_eq!(
                (error.kind, error.about.as_deref()),
                (ErrorKind::InvalidCursor, Some("cursor")),
                "{text}"
            );
        };
        let refused =
            |text: &str, settings: &Settings, selection| refused_of(text, settings, selection, None);
        let one = |kind, id| ResourceId::new(kind, id);
        refused_of(&text, &ours, all, Some(&one(Kind::Group, "g")));
        let of_one = cursor().encode(Binding::of(&ours, all, Some(&one(Kind::Group, "g"))));
        for other in [None, Some(&one(Kind::Group, "h")), Some(&one(Kind::Role, "g"))] {
            refused_of(&of_one, &ours, all, other);
        }
        // A resource is found in any case, so its cursor goes on in any.
        let bound = Binding::of(&ours, all, Some(&one(Kind::Group, "G")));
        assert!(Cursor::decode(&of_one, bound, all).is_ok());
        refused(&text, &settings(&"b".repeat(32)), all);
        refused(&text, &ours, Selection::of([Kind::Group]));
        let mut elsewhere = ours.clone();
        elsewhere.base_url.authority = "127.0.0.1:1".to_owned();
        refused(&text, &elsewhere, all);
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            refused(&String::from_utf8(damaged).unwrap(), &ours, all);
            refused(&text[..at], &ours, all);
        }
        // The checksum is right, and the spelling isn't.
        for (from, to) in [
            (".7.300.", ".+7.300."),
            (".7.300.", ".07.300."),
            (".1.0.12.", ".2.0.12."),
            ("0007.", "7."),
            (".300.2.", ".300.02."),
        ] {
            let body = text.rsplit_once('.').unwrap().0.replacen(from, to, 1);
            let odd = format!("{body}.{:016x}", Digest::new().with(&body).finish());
            assert_ne!(odd, text, "{from}");
            refused(&odd, &ours, all);
        }
        // The cursor is well formed, and in a phase that such a sync doesn't come to.
        let roles = Selection::of([Kind::Role]);
        refused(
            &Cursor::at_phase(Phase::Of(Kind::Email)).encode(Binding::of(&ours, roles, None)),
            &ours,
            roles,
        );
        refused(&format!("{text}x"), &ours, all);
        refused("\u{1F600}.\u{1F600}", &ours, all);
    }

    #[test]
    fn as_many_unlisted_roles_as_there_is_room_for() {
        let (ours, all) = (settings(&"a".repeat(32)), Selection::of(Kind::ALL));
        let bound = Binding::of(&ours, all, None);
        for (given, fit) in [(374, 374), (375, 375), (2000, 375)] {
            let text = Cursor { unlisted: Tail::new(0..given), ..cursor() }.encode(bound);
            assert_eq!(Cursor::decode(&text, bound, all).unwrap().unlisted.digests().len(), fit);
        }
    }

    #[test]
    fn many_unlisted_roles_do_not_swell_it() {
        let ids = Tail::new(0..1000);
        let (ours, all) = (settings(&"a".repeat(32)), Selection::of(Kind::ALL));
        let bound = Binding::of(&ours, all, None);
        let tail = Tail::new(0..(TAIL + SAMPLE) as u64);
        // Digests of ids and marks share the room that is left.
        for (unlisted, marks, some) in
            [(ids, 9999, 50), (Tail::default(), 9999, 390), (Tail::default(), 60, 440)]
        {
            let marks = Marks::parse(&"A".repeat(marks)).unwrap();
            let cursor = Cursor { unlisted, tail: tail.clone(), marks: marks.clone(), ..cursor() };
            let full = cursor.encode(bound);
            assert!((LONGEST - 7..=LONGEST).contains(&full.len()), "{}", full.len());
            let kept = Cursor::decode(&full, bound, all).unwrap();
            assert!(kept.marks.signs() >= marks.signs().min(FIRST_MARKS));
            let digests = kept.tail.digests();
            assert!(digests.len() >= some && tail.digests().starts_with(digests), "{}", digests.len());
        }
    }
}
