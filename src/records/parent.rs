//! The organization that the account belongs to: its members administer the account, and are in no list
//! of the account.

use crate::cloudflare::account::Parent;
use crate::model::{Warning, WarningCode};

/// Returns the warning about administrators who are in no list.
pub fn warning(parent: &Parent) -> Warning {
    Warning::new(WarningCode::ImplicitAdministrators, None, message(parent))
}

fn message(Parent { id, name }: &Parent) -> String {
    let which = match (name.as_str(), id.as_str()) {
        ("", id) => id.to_owned(),
        (name, "") => format!("\u{201c}{name}\u{201d}"),
        (name, id) => format!("\u{201c}{name}\u{201d} ({id})"),
    };
    // The only role in an organization:
    // <https://developers.cloudflare.com/fundamentals/organizations/limitations/>. A member with it manages
    // each account implicitly: the changelog of Cloudflare's documentation, 2026-04-06.
    format!(
        "The organization {which} manages this account. Its Organization Super Administrators are Super \
         Administrators of the account without being members of it, so neither the members nor the grants \
         of a sync show them. Review them in the organization."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organization_is_named_by_what_is_known_of_it() {
        for (id, name, which) in [
            ("o1", "Acme", "\u{201c}Acme\u{201d} (o1)"),
            ("o1", "", "o1"),
            ("", "Acme", "\u{201c}Acme\u{201d}"),
        ] {
            let parent = Parent { id: id.to_owned(), name: name.to_owned() };
            let expected = format!("The organization {which} manages this account.");
            assert!(message(&parent).starts_with(&expected), "{}", message(&parent));
        }
    }
}
