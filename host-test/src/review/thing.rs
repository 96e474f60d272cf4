//! A resource, as a review keeps it.

use super::kinds::{self, kind};
use cloudflare_zero_trust::contract::{Account, AccountStatus, Resource};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A resource. Of a person only some facts are kept, because there are many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Thing {
    pub(crate) kind: u8,
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
    /// The place of the resource that it belongs to.
    pub(crate) parent: Option<u32>,
    /// The address as Cloudflare spells it; empty if there is none.
    pub(crate) email: Box<str>,
    pub(crate) status: Status,
    /// The seconds since 1970; 0 if it isn't known, or there was none.
    pub(crate) last_login: u32,
    pub(crate) created: u32,
    pub(crate) two_factor: Known,
    pub(crate) seat: Known,
    /// JSON; empty for people.
    pub(crate) profile: Box<str>,
}

/// The status of an account, by its number in the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Status {
    #[default]
    NoAccount,
    Enabled,
    Disabled,
    Pending,
    Unknown,
}

/// A fact that may not be known, by its number in the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Known {
    #[default]
    Unknown,
    No,
    Yes,
}

impl From<Option<bool>> for Known {
    fn from(value: Option<bool>) -> Known {
        match value {
            None => Known::Unknown,
            Some(false) => Known::No,
            Some(true) => Known::Yes,
        }
    }
}

/// The parts of a profile that findings rest on.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    two_factor_authentication_enabled: Option<bool>,
    access_seat: Option<bool>,
    gateway_seat: Option<bool>,
    created_at: Option<String>,
    created_on: Option<String>,
}

impl Thing {
    pub(crate) fn of(resource: &Resource, number: u8) -> Thing {
        let facts: Facts = serde_json::from_str(&resource.profile).unwrap_or_default();
        let is_person = kind(number).is_person;
        let account = resource.account.as_ref();
        let status = account.map_or(Status::NoAccount, |account| match account.status {
            // Nobody has the address: there is no account.
            _ if number == kinds::EMAIL => Status::NoAccount,
            AccountStatus::Enabled => Status::Enabled,
            AccountStatus::Disabled => Status::Disabled,
            AccountStatus::Pending => Status::Pending,
            AccountStatus::Unknown => Status::Unknown,
        });
        let text = |of: fn(&Account) -> Option<&String>| account.and_then(of).map_or("", String::as_str);
        let seats = [facts.access_seat, facts.gateway_seat];
        let seat = match seats {
            [None, None] => None,
            _ => Some(seats.contains(&Some(true))),
        };
        Thing {
            kind: number,
            id: resource.id.id.as_str().into(),
            name: resource.display_name.as_str().into(),
            parent: None,
            email: text(|account| account.email.as_ref()).into(),
            status,
            last_login: seconds(text(|account| account.last_login.as_ref())),
            created: seconds(facts.created_at.or(facts.created_on).as_deref().unwrap_or_default()),
            two_factor: facts.two_factor_authentication_enabled.into(),
            seat: seat.into(),
            profile: if is_person { "".into() } else { resource.profile.as_str().into() },
        }
    }

    /// A resource of which only the id is known.
    pub(crate) fn unknown(number: u8, id: &str) -> Thing {
        Thing { kind: number, id: id.into(), name: id.into(), ..Thing::default() }
    }

    /// Returns the address in lower case, which stands for a person.
    pub(crate) fn address(&self) -> Option<String> {
        let is_there = !self.email.is_empty() && kind(self.kind).is_person;
        is_there.then(|| self.email.to_ascii_lowercase())
    }
}

/// Returns a time as seconds since 1970, or 0 if it is none. Cloudflare's zero time means never (inferred).
pub(crate) fn seconds(time: &str) -> u32 {
    let time = OffsetDateTime::parse(time, &Rfc3339).ok();
    time.and_then(|time| u32::try_from(time.unix_timestamp()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflare_zero_trust::contract::ResourceId;

    #[test]
    fn times_are_seconds_and_the_zero_time_is_none() {
        for (time, expected) in [
            ("1970-01-02T00:00:00Z", 86_400),
            ("2026-11-20T07:58:03.114Z", 1_795_161_483),
            ("2026-11-20T08:58:03+01:00", 1_795_161_483),
            ("0001-01-01T00:00:00Z", 0),
            ("", 0),
            ("yesterday", 0),
        ] {
            assert_eq!(seconds(time), expected, "{time}");
        }
    }

    #[test]
    fn of_a_person_facts_are_kept_and_of_a_thing_the_profile() {
        let resource = |kind: &str, profile: &str| Resource {
            id: ResourceId { kind: kind.to_owned(), id: "1".to_owned() },
            parent: None,
            display_name: "Ann".to_owned(),
            account: Some(Account {
                email: Some("Ann@Corp.example".to_owned()),
                login: None,
                status: AccountStatus::Pending,
                last_login: Some("1970-01-02T00:00:00Z".to_owned()),
            }),
            profile: profile.to_owned(),
        };
        let profile = r#"{"two_factor_authentication_enabled":false,"access_seat":false,"gateway_seat":true,
            "created_at":"1970-01-02T00:00:00Z"}"#;
        let member = Thing::of(&resource("member", profile), kinds::MEMBER);
        assert_eq!(member.address().as_deref(), Some("ann@corp.example"));
        assert_eq!((member.two_factor, member.seat, member.status), (Known::No, Known::Yes, Status::Pending));
        assert_eq!((member.last_login, member.created, &*member.profile), (86_400, 86_400, ""));
        let email = Thing::of(&resource("email", "{}"), kinds::EMAIL);
        assert_eq!((email.status, email.two_factor, email.seat), Default::default());
        assert_eq!(&*Thing::of(&resource("app", "{}"), kinds::APP).profile, "{}");
    }
}
