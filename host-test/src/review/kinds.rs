//! The kinds of resources, as a review numbers them.

/// A kind of resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KindOf {
    /// The contract's word.
    pub(crate) id: &'static str,
    /// Its name, for one.
    pub(crate) one: &'static str,
    /// Its name, for many.
    pub(crate) many: &'static str,
    /// Whether its resources are people.
    pub(crate) is_person: bool,
}

const fn thing(id: &'static str, one: &'static str, many: &'static str) -> KindOf {
    KindOf { id, one, many, is_person: false }
}

const fn person(id: &'static str, one: &'static str, many: &'static str) -> KindOf {
    KindOf { id, one, many, is_person: true }
}

/// All kinds. Those of things come before those of people; otherwise the order is that of a sync. The place
/// of a kind is its number.
pub(crate) const KINDS: [KindOf; 11] = [
    thing("identity-provider", "identity provider", "identity providers"),
    thing("group", "Access group", "Access groups"),
    thing("policy", "Access policy", "Access policies"),
    thing("app", "application", "applications"),
    thing("role", "role", "roles"),
    thing("user-group", "user group", "user groups"),
    thing("scoped-role", "scoped role", "scoped roles"),
    thing("service-token", "service token", "service tokens"),
    person("member", "account member", "account members"),
    person("user", "Access user", "Access users"),
    person("email", "address without an account", "addresses without an account"),
];

pub(crate) const PROVIDER: u8 = 0;
pub(crate) const GROUP: u8 = 1;
pub(crate) const POLICY: u8 = 2;
pub(crate) const APP: u8 = 3;
pub(crate) const ROLE: u8 = 4;
pub(crate) const USER_GROUP: u8 = 5;
pub(crate) const SCOPED_ROLE: u8 = 6;
pub(crate) const TOKEN: u8 = 7;
pub(crate) const MEMBER: u8 = 8;
pub(crate) const USER: u8 = 9;
pub(crate) const EMAIL: u8 = 10;

/// Returns the number of a kind.
pub(crate) fn number(id: &str) -> Option<u8> {
    KINDS.iter().position(|kind| kind.id == id).and_then(|place| u8::try_from(place).ok())
}

/// Returns the kind with this number.
pub(crate) fn kind(number: u8) -> KindOf {
    KINDS.get(usize::from(number)).copied().unwrap_or(thing("", "", ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloudflare_zero_trust::model::Kind;

    #[test]
    fn they_are_those_of_the_contract_and_each_has_its_number() {
        assert_eq!(KINDS.map(|kind| kind.id), Kind::ALL.map(Kind::as_str));
        for (id, named) in [
            ("identity-provider", PROVIDER),
            ("group", GROUP),
            ("policy", POLICY),
            ("app", APP),
            ("role", ROLE),
            ("user-group", USER_GROUP),
            ("scoped-role", SCOPED_ROLE),
            ("service-token", TOKEN),
            ("member", MEMBER),
            ("user", USER),
            ("email", EMAIL),
        ] {
            assert_eq!((number(id), kind(named).id), (Some(named), id));
        }
        assert_eq!(number("new"), None);
    }
}
