//! Ids, addresses and the words for them, as the values of arguments. What was typed isn't repeated: a secret
//! can stand there by mistake.

use super::near::nearest;
use crate::cloudflare::id::Id;
use crate::contract::ResourceId;
use crate::identities::plain_address;
use crate::kinds;
use crate::model::Kind;
use crate::provision::target::scoped_id;
use crate::rules::is_address;

/// The kinds that are accounts of people.
pub(super) const ACCOUNTS: [Kind; 2] = [Kind::User, Kind::Member];

/// Other words for kinds, as people type them.
const OTHER_WORDS: [(&str, Kind); 8] = [
    ("application", Kind::App),
    ("account-member", Kind::Member),
    ("invitation", Kind::Member),
    ("person", Kind::User),
    ("address", Kind::Email),
    ("mail", Kind::Email),
    ("idp", Kind::IdentityProvider),
    ("token", Kind::ServiceToken),
];

/// Parses `KIND:ID`, the value of an argument. An id may contain colons. The kind is checked here,
/// because the connector names one that it doesn't know. [`check_form`] checks the id, unless a name
/// can stand for it.
pub(super) fn resource_id(text: &str) -> Result<ResourceId, String> {
    match text.split_once(':') {
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
            check_kind(kind)?;
            Ok(ResourceId { kind: kind.to_owned(), id: id.to_owned() })
        }
        _ if text.contains('@') => {
            Err("it is not KIND:ID; before an address write email:, as in email:somebody@…".to_owned())
        }
        _ => {
            Err("it is not KIND:ID, as in group:… or app:…; sync --ids shows the ids beside the names"
                .to_owned())
        }
    }
}

/// Parses `KIND:ID` as [`resource_id`] does, where no name can stand for the id.
pub(super) fn exact_id(text: &str) -> Result<ResourceId, String> {
    let id = resource_id(text)?;
    check_form(&id)?;
    Ok(id)
}

/// Checks that there is such a kind.
fn check_kind(word: &str) -> Result<(), String> {
    if Kind::parse(word).is_some() {
        return Ok(());
    }
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word).map(|(_, kind)| kind.as_str());
    let meant = other.or_else(|| nearest(word, Kind::ALL.into_iter().map(Kind::as_str), 1).pop());
    let meant = meant.map(|meant| format!("perhaps you mean {meant}:…; ")).unwrap_or_default();
    let all = Kind::ALL.map(Kind::as_str).join(", ");
    Err(format!("there is no such kind; {meant}the kinds are {all}"))
}

/// Checks that a text can be the id of its kind, before anything is asked.
pub(super) fn check_form(asked_for: &ResourceId) -> Result<(), String> {
    let ResourceId { kind, id } = asked_for;
    let is_one = match Kind::parse(kind) {
        Some(Kind::Email) => is_address(id),
        Some(Kind::ScopedRole) => scoped_id(id).is_some(),
        _ => Id::asked(id).is_some(),
    };
    if is_one {
        return Ok(());
    }
    Err(match kind.as_str() {
        "email" => "it is not one address, as in email:somebody@…".to_owned(),
        _ if plain_address(id).is_some() => {
            format!("it is not the id of a {kind}, but an address, as in email:somebody@…")
        }
        _ => format!("it doesn't have the form of an id of the kind {kind}"),
    })
}

/// Begins a text with a capital letter.
pub(super) fn sentence(told: &str) -> String {
    let mut sentence: Vec<char> = told.chars().collect();
    sentence.iter_mut().take(1).for_each(|first| *first = first.to_ascii_uppercase());
    sentence.into_iter().collect()
}

/// Parses `KIND:ID` as [`resource_id`] does, of a kind that can hold something.
pub(super) fn principal_id(text: &str) -> Result<ResourceId, String> {
    let id = resource_id(text)?;
    let holders = kinds::principals();
    if holders.clone().all(|kind| kind.as_str() != id.kind) {
        let holders: Vec<&str> = holders.map(Kind::as_str).collect();
        return Err(format!("such a thing holds nothing; what does is {}", holders.join(", ")));
    }
    Ok(id)
}

/// Parses `KIND:ID` as [`resource_id`] does, of a kind whose rules Cloudflare tests.
pub(super) fn tested_id(text: &str) -> Result<ResourceId, String> {
    let id = resource_id(text)?;
    match Kind::parse(&id.kind) {
        Some(Kind::App | Kind::Group) => Ok(id),
        _ => Err("it takes app:… or group:…: Cloudflare tests nothing else".to_owned()),
    }
}

/// Parses an address, the value of an argument.
pub(super) fn address(text: &str) -> Result<String, String> {
    match text.strip_prefix("email:") {
        Some(_) => Err("it is no address, as in somebody@…: write it without email:".to_owned()),
        None if plain_address(text).is_some() => Ok(text.to_owned()),
        None if text.contains('@') => Err("it is no plain address in ASCII, as in somebody@…".to_owned()),
        None => Err("it is no address, as in somebody@…".to_owned()),
    }
}

/// Parses a person, the value of an argument: an address, or an account as [`resource_id`] does.
pub(super) fn person(text: &str) -> Result<ResourceId, String> {
    let takes = || {
        "it is neither an address nor an account, as in somebody@…, user:… or member:…; with --names, a \
         name can stand for the id, as in \"user:Some name\""
            .to_owned()
    };
    match text.split_once(':') {
        Some(("email", of)) => address(of),
        Some((kind, id)) if !kind.is_empty() && !id.is_empty() => {
            check_kind(kind)?;
            let is_account = Kind::parse(kind).is_some_and(|kind| ACCOUNTS.contains(&kind));
            let id = ResourceId { kind: kind.to_owned(), id: id.to_owned() };
            return is_account.then_some(id).ok_or_else(takes);
        }
        None if text.contains('@') => address(text),
        _ => return Err(takes()),
    }
    .map(|address| ResourceId { kind: Kind::Email.to_string(), id: address })
}

/// Parses an account that is to be removed, the value of an argument, as [`resource_id`] does.
pub(super) fn account(text: &str) -> Result<ResourceId, String> {
    of_kinds(text, &ACCOUNTS, "offboard removes all accounts of an address")
}

/// Parses a user, the value of an argument, as [`resource_id`] does.
pub(super) fn user(text: &str) -> Result<ResourceId, String> {
    of_kinds(text, &[Kind::User], "offboard frees the seat too, where somebody leaves")
}

/// Parses `KIND:ID` of some kinds. `of_address` says what can be done with an address in its place.
fn of_kinds(text: &str, kinds: &[Kind], of_address: &str) -> Result<ResourceId, String> {
    let takes = || kinds.iter().map(|kind| format!("{kind}:…")).collect::<Vec<_>>().join(" or ");
    let (kind, id) = text.split_once(':').unwrap_or(("", text));
    if plain_address(id).is_some() {
        return Err(format!(
            "an address is no account: give {}; offboard ADDRESS --dry-run shows the accounts that have it, \
             and {of_address}",
            takes()
        ));
    }
    if kind.is_empty() || id.is_empty() {
        return Err(format!(
            "it is not {}; sync --ids shows the ids beside the names; with --names, a name can stand for the \
             id, as in \"user:Some name\"",
            takes()
        ));
    }
    check_kind(kind)?;
    match Kind::parse(kind).filter(|kind| kinds.contains(kind)) {
        Some(kind) => Ok(ResourceId { kind: kind.to_string(), id: id.to_owned() }),
        None => Err(format!("it takes {}", takes())),
    }
}

/// Parses a role, the value of an argument: its id alone, `role:ID` or `scoped-role:ID`, also with the slug
/// of the entitlement.
pub(super) fn role(text: &str) -> Result<ResourceId, String> {
    let slug = format!(":{}", kinds::ASSIGNED_SLUG);
    let (kind, id) = match text.split_once(':') {
        Some((kind, id)) => (Kind::parse(kind), id),
        None => (Some(Kind::Role), text),
    };
    match (kind, id.strip_suffix(&slug).unwrap_or(id)) {
        (Some(kind @ (Kind::Role | Kind::ScopedRole)), id) if !id.is_empty() => {
            Ok(ResourceId { kind: kind.to_string(), id: id.to_owned() })
        }
        _ => Err("it is not the id of a role, nor scoped-role:ID; sync --ids shows the ids beside the names"
            .to_owned()),
    }
}

/// Checks the form of an entitlement's id, the value of an argument: `KIND:ID:SLUG`.
pub(super) fn entitlement_id(text: &str) -> Result<String, String> {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    match text.split_once(':').and_then(|(kind, rest)| Some((kind, rest.rsplit_once(':')?))) {
        Some((kind, (id, slug))) if is_word(kind) && !id.is_empty() && is_word(slug) => Ok(text.to_owned()),
        _ => Err("it is not the id of an entitlement, as in group:…:member or role:…:assigned".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "33666b9c79b9a5273fc7344ff42f953d";
    const UUID: &str = "f3b9c7de-8f0a-4a27-9c7e-2a5b6f0e1d11";

    fn of(kind: &str, id: &str) -> ResourceId {
        ResourceId { kind: kind.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn an_entitlement_has_three_parts() {
        for text in ["group:g1:member", "role:33666b9c79b9a5273fc7344ff42f953d:assigned", "app:a:b:may-open"]
        {
            assert_eq!(entitlement_id(text).as_deref(), Ok(text));
        }
        for text in
            ["", "e", "group:g1", "group::member", ":g1:member", "group:g1:", "GROUP:g1:member", "g1:g1:g1"]
        {
            assert!(entitlement_id(text).unwrap_err().contains("group:…:member"), "{text}");
        }
    }

    #[test]
    fn a_person_is_an_address_or_an_account() {
        for (text, kind, id) in [
            ("ann@corp.example", "email", "ann@corp.example"),
            ("email:ann@corp.example", "email", "ann@corp.example"),
            ("user:3f5a", "user", "3f5a"),
            ("user:Ann Lee", "user", "Ann Lee"),
            ("member:a@b", "member", "a@b"),
        ] {
            let read = person(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for (text, told) in [
            ("", "neither an address nor an account"),
            ("ann", "as in somebody@…, user:… or member:…; with --names"),
            ("Helena Brandt", "as in \"user:Some name\""),
            ("user:", "neither an address nor an account"),
            ("group:g1", "neither an address nor an account"),
            ("usr:1", "perhaps you mean user:…; "),
            ("hunter2:1", "there is no such kind; the kinds are identity-provider, group, "),
            ("odd:name@corp.example", "there is no such kind; the kinds are "),
            ("ann@", "no plain address in ASCII"),
            ("email:ann", "it is no address"),
        ] {
            let said = person(text).unwrap_err();
            assert!(said.contains(told) && !said.contains("hunter2"), "{text}: {said}");
        }
        assert_eq!(address("ann@corp.example").as_deref(), Ok("ann@corp.example"));
        for (text, told) in [
            ("user:1", "it is no address"),
            ("email:ann@corp.example", "write it without email:"),
            ("a b@corp.example", "no plain address in ASCII"),
            ("zoë@corp.example", "no plain address in ASCII"),
        ] {
            assert!(address(text).unwrap_err().contains(told), "{text}");
        }
    }

    #[test]
    fn an_account_is_no_address() {
        for (text, kind, id) in [("user:u1", "user", "u1"), ("member:Ann Lee", "member", "Ann Lee")] {
            assert_eq!(account(text).map(|read| (read.kind, read.id)), Ok((kind.to_owned(), id.to_owned())));
        }
        for (text, told) in [
            ("ann@corp.example", "give user:… or member:…; offboard ADDRESS --dry-run shows the accounts"),
            ("email:ann@corp.example", "an address is no account"),
            ("user:ann@corp.example", "an address is no account"),
            ("Ann Lee", "it is not user:… or member:…; sync --ids"),
            ("user:", "it is not user:… or member:…"),
            ("group:g1", "it takes user:… or member:…"),
            ("usr:1", "perhaps you mean user:…"),
        ] {
            let said = account(text).unwrap_err();
            assert!(said.contains(told) && !said.contains("email:"), "{text}: {said}");
        }
        assert!(user("user:u1").is_ok());
        for (text, told) in [
            ("ann@corp.example", "give user:…; offboard ADDRESS --dry-run shows"),
            ("email:ann@corp.example", "an address is no account"),
            ("member:m1", "it takes user:…"),
        ] {
            let said = user(text).unwrap_err();
            assert!(said.contains(told) && !said.contains("member:…"), "{text}: {said}");
        }
    }

    #[test]
    fn a_role_is_an_id_or_has_its_kind() {
        for (text, kind, id) in [
            ("r1", "role", "r1"),
            ("role:r1", "role", "r1"),
            ("role:r1:assigned", "role", "r1"),
            ("scoped-role:p1-z1", "scoped-role", "p1-z1"),
            ("scoped-role:p1-z1:assigned", "scoped-role", "p1-z1"),
            ("role:Audit: Viewer", "role", "Audit: Viewer"),
        ] {
            let read = role(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for text in ["", "role:", "group:g1:member", "hunter2:r1", "role::assigned"] {
            assert!(!role(text).unwrap_err().contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn an_id_may_hold_what_separates_it_from_its_kind() {
        for (text, kind, id) in [
            ("user:3f5a", "user", "3f5a"),
            ("email:a:b@corp.example", "email", "a:b@corp.example"),
            ("email:::", "email", "::"),
            ("email: ", "email", " "),
        ] {
            let read = resource_id(text).unwrap();
            assert_eq!((read.kind.as_str(), read.id.as_str()), (kind, id), "{text}");
        }
        for text in ["", ":", "user", "user:", ":3f5a", "ann@corp.example"] {
            assert!(resource_id(text).unwrap_err().contains("KIND:ID"), "{text}");
        }
        assert_eq!(
            resource_id("hunter2:1").unwrap_err(),
            "there is no such kind; the kinds are identity-provider, group, policy, app, role, user-group, \
             scoped-role, service-token, member, user, email"
        );
    }

    #[test]
    fn a_kind_that_was_meant_is_named() {
        for (text, meant) in [
            ("application:Payroll", "app"),
            ("usr:1", "user"),
            ("users:1", "user"),
            ("apps:1", "app"),
            ("Group:1", "group"),
            ("invitation:1", "member"),
            ("servicetoken:1", "service-token"),
            ("mail:a@b", "email"),
        ] {
            let said = resource_id(text).unwrap_err();
            assert!(said.contains(&format!("kind; perhaps you mean {meant}:…; the kinds are ")), "{said}");
        }
    }

    #[test]
    fn the_form_of_an_id_is_that_of_its_kind() {
        for id in [
            of("user", UUID),
            of("member", HEX),
            of("user", "0a0a"),
            of("scoped-role", &format!("{HEX}-{HEX}")),
            of("email", "ann@corp.example"),
        ] {
            assert_eq!(check_form(&id), Ok(()), "{id:?}");
        }
        for (id, told) in [
            (of("app", "Pay roll"), "doesn't have the form of an id of the kind app"),
            (of("user", "bad!"), "doesn't have the form of an id of the kind user"),
            (of("user", "ann@corp.example"), "not the id of a user, but an address"),
            (of("scoped-role", HEX), "doesn't have the form of an id of the kind scoped-role"),
            (of("email", "ann"), "not one address"),
        ] {
            let said = check_form(&id).unwrap_err();
            assert!(said.contains(told), "{id:?}: {said}");
        }
        assert!(
            exact_id("user:Ann Lee").is_err() && exact_id("usr:1").is_err() && exact_id("user:1").is_ok()
        );
    }
}
