//! Where a read goes on: small, opaque, without a secret, and good in another session.

use super::selection::Selection;
use crate::cloudflare::id::Id;
use crate::cloudflare::paging::Position;
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::model::{Kind, ResourceId};
use crate::settings::Settings;

/// What is read, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Access groups.
    Groups,
    /// The lists of addresses that rules name.
    Lists,
    /// What a person should know of the rules; asks nothing.
    Rules,
    /// Roles.
    Roles,
    /// Account members.
    Members,
    /// Access users.
    Users,
    /// Addresses that no member and no user has.
    Emails,
}

impl Phase {
    /// In the order of a read, with the letter in a cursor and the word in `progress.phase`.
    const ALL: [(Phase, &'static str, &'static str); 7] = [
        (Phase::Groups, "g", "groups"),
        (Phase::Lists, "l", "lists"),
        (Phase::Rules, "x", "rules"),
        (Phase::Roles, "r", "roles"),
        (Phase::Members, "m", "members"),
        (Phase::Users, "u", "users"),
        (Phase::Emails, "e", "emails"),
    ];

    /// The phases behind this one.
    pub fn later(self) -> impl Iterator<Item = Phase> {
        Self::ALL.into_iter().map(|(phase, ..)| phase).filter(move |&phase| phase > self)
    }

    /// Whether a read of this selection can come to this phase.
    pub const fn is_of(self, selection: Selection) -> bool {
        match self {
            Phase::Groups => selection.reads(Kind::Group),
            Phase::Lists | Phase::Rules => selection.needs_membership(),
            Phase::Roles => selection.reads(Kind::Role),
            Phase::Members => selection.reads(Kind::Member),
            Phase::Users => selection.reads(Kind::User),
            Phase::Emails => selection.reads(Kind::Email),
        }
    }

    /// For `progress.phase`.
    pub const fn word(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// A place in a read, before decoding one string of printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What is being read.
    pub phase: Phase,
    /// The upstream page.
    pub at: Position,
    /// In the phase of lists: which one.
    pub list: u32,
    /// Items of that page that are done.
    pub item: u32,
    /// How much of the next item is done: its resource, then its grants.
    pub grant: u32,
    /// Of the groups and lists that were read before this place, which all grants rest on.
    pub digest: u64,
    /// Of what is done of the page.
    pub done: u64,
    /// Roles that members hold, that the list of roles doesn't have, and that were given already.
    pub unlisted: Vec<Id>,
    /// Of people: digests of the last ids of the page before. Where one of them has moved to this
    /// page since, another session knows it.
    pub tail: Vec<u64>,
}

/// The first word of every cursor; another form of cursor gets another one.
const FORM: &str = "czt2";
/// The longest cursor, in bytes, as the contract says.
const LONGEST: usize = 4096;
/// More unlisted roles than any account has, as bytes in a cursor; what is beyond is given again,
/// which does no harm.
const LONGEST_UNLISTED: usize = 3000;

impl Cursor {
    /// The beginning of a phase.
    pub fn at_phase(phase: Phase) -> Self {
        Self {
            phase,
            at: Position::START,
            list: 0,
            item: 0,
            grant: 0,
            digest: 0,
            done: 0,
            unlisted: Vec::new(),
            tail: Vec::new(),
        }
    }

    /// As a string, bound to what `bound` stands for.
    pub fn encode(&self, bound: Binding) -> String {
        let (_, letter, _) = Phase::ALL[self.phase as usize];
        let Position { page, before, total, moved } = self.at;
        let total = total.map_or("-".to_owned(), |total| total.to_string());
        let mut room = LONGEST_UNLISTED;
        let unlisted = self.unlisted.iter().map(Id::as_str).take_while(|id| {
            let fits = room > id.len();
            room = room.saturating_sub(id.len() + 1);
            fits
        });
        let unlisted: Vec<&str> = unlisted.collect();
        let body = format!(
            "{FORM}.{letter}.{page}.{before}.{total}.{moved}.{list}.{item}.{grant}.{digest:016x}.{done:016x}.{unlisted}.{tail}.{binding:016x}",
            moved = u8::from(moved),
            list = self.list,
            item = self.item,
            grant = self.grant,
            digest = self.digest,
            done = self.done,
            unlisted = unlisted.join("_"),
            tail = self.tail.iter().map(|digest| format!("{digest:016x}")).collect::<Vec<_>>().join("_"),
            binding = bound.0,
        );
        let checksum = Digest::new().with(&body).finish();
        format!("{body}.{checksum:016x}")
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// `invalid-cursor`: it is damaged, or of another account or selection.
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
            total,
            moved,
            list,
            item,
            grant,
            digest,
            done,
            unlisted,
            tail,
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
        let phase = Phase::ALL.into_iter().find(|(_, known, _)| *known == letter).ok_or_else(damaged)?.0;
        if !phase.is_of(selection) {
            return Err(damaged());
        }
        let cursor = Self {
            phase,
            at: Position {
                page: number(page).and_then(|page| if page == 0 { Err(damaged()) } else { Ok(page) })?,
                before: number(before)?,
                total: if total == "-" { None } else { Some(number(total)?) },
                moved: moved == "1",
            },
            list: number(list)?,
            item: number(item)?,
            grant: number(grant)?,
            digest: hex(digest)?,
            done: hex(done)?,
            unlisted: if unlisted.is_empty() {
                Vec::new()
            } else {
                unlisted.split('_').map(|id| Id::parse(id).ok_or_else(damaged)).collect::<Result<_>>()?
            },
            tail: if tail.is_empty() {
                Vec::new()
            } else {
                tail.split('_').map(hex).collect::<Result<_>>()?
            },
        };
        // A number has one spelling, and a list an end.
        if cursor.encode(bound) == text { Ok(cursor) } else { Err(damaged()) }
    }
}

/// What a cursor belongs to: the account, the kinds, and the one resource where it is only that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding(u64);

impl Binding {
    /// Stands for these.
    pub fn of(settings: &Settings, selection: Selection, only: Option<&ResourceId>) -> Self {
        let base = &settings.base_url;
        let digest = Digest::new()
            .with(&settings.account_id)
            .with(base.scheme.as_str())
            .with(&base.authority)
            .with(&base.path)
            .with(&selection.bits().to_string());
        let digest = match only {
            Some(only) => digest.with(only.kind.as_str()).with(&only.id),
            None => digest,
        };
        Self(digest.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::sync::learned::TAIL;

    fn settings(account: &str) -> Settings {
        let given = [("account-id", account), ("api-token", "canary-secret")];
        Settings::parse("api-token", given.map(|(id, value)| (id.to_owned(), value.to_owned())).to_vec())
            .unwrap()
    }

    fn cursor() -> Cursor {
        Cursor {
            phase: Phase::Members,
            at: Position { page: 7, before: 300, total: Some(412), moved: true },
            list: 0,
            item: 12,
            grant: 34,
            digest: u64::MAX,
            done: 7,
            unlisted: vec![Id::parse("33666b9c79b9a5273fc7344ff42f953d").unwrap()],
            tail: vec![0, u64::MAX],
        }
    }

    #[test]
    fn there_and_back() {
        let (settings, all) = (settings(&"a".repeat(32)), Selection::of(&Kind::ALL));
        let start = Phase::Groups.later().chain([Phase::Groups]).map(Cursor::at_phase);
        for cursor in start.chain([cursor()]) {
            let bound = Binding::of(&settings, all, None);
            let text = cursor.encode(bound);
            assert_eq!(Cursor::decode(&text, bound, all).unwrap(), cursor, "{text}");
            assert!(
                text.len() < 320
                    && text.bytes().all(|byte| byte.is_ascii_graphic())
                    && !text.contains("canary")
            );
        }
    }

    #[test]
    fn foreign_and_damaged_ones_are_refused() {
        let (ours, all) = (settings(&"a".repeat(32)), Selection::of(&Kind::ALL));
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
        refused(&text, &settings(&"b".repeat(32)), all);
        refused(&text, &ours, Selection::of(&[Kind::Group]));
        let mut elsewhere = ours.clone();
        elsewhere.base_url.authority = "127.0.0.1:1".to_owned();
        refused(&text, &elsewhere, all);
        for at in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            refused(&String::from_utf8(damaged).unwrap(), &ours, all);
            refused(&text[..at], &ours, all);
        }
        // With a checksum that is right, and not as it is written.
        for (from, to) in
            [(".7.300.", ".+7.300."), (".7.300.", ".07.300."), (".1.0.12.", ".2.0.12."), ("0007.", "7.")]
        {
            let body = text.rsplit_once('.').unwrap().0.replacen(from, to, 1);
            let odd = format!("{body}.{:016x}", Digest::new().with(&body).finish());
            assert_ne!(odd, text, "{from}");
            refused(&odd, &ours, all);
        }
        // Well formed, and of a phase that such a read doesn't come to.
        let roles = Selection::of(&[Kind::Role]);
        refused(&Cursor::at_phase(Phase::Emails).encode(Binding::of(&ours, roles, None)), &ours, roles);
        refused(&format!("{text}x"), &ours, all);
        refused("\u{1F600}.\u{1F600}", &ours, all);
    }

    #[test]
    fn phases_in_their_order() {
        let all: Vec<Phase> = [Phase::Groups].into_iter().chain(Phase::Groups.later()).collect();
        let words: Vec<&str> = all.iter().map(|phase| phase.word()).collect();
        assert_eq!(words, ["groups", "lists", "rules", "roles", "members", "users", "emails"]);
        assert_eq!(Phase::Users.later().collect::<Vec<_>>(), [Phase::Emails]);
    }

    #[test]
    fn as_many_unlisted_roles_as_there_is_room_for() {
        let (ours, all) = (settings(&"a".repeat(32)), Selection::of(&Kind::ALL));
        let bound = Binding::of(&ours, all, None);
        for (length, fit) in [(64, 46), (1, 1500)] {
            let ids = vec![Id::parse(&"r".repeat(length)).unwrap(); 2000];
            let text = Cursor { unlisted: ids, ..cursor() }.encode(bound);
            assert_eq!(Cursor::decode(&text, bound, all).unwrap().unlisted.len(), fit);
        }
    }

    #[test]
    fn many_unlisted_roles_do_not_swell_it() {
        let ids = (0..1000).map(|n| Id::parse(&format!("{n:064}")).unwrap()).collect();
        let text = Cursor { unlisted: ids, tail: vec![u64::MAX; TAIL], ..cursor() }.encode(Binding::of(
            &settings(&"a".repeat(32)),
            Selection::of(&Kind::ALL),
            None,
        ));
        assert!(text.len() <= LONGEST, "{} bytes", text.len());
    }
}
