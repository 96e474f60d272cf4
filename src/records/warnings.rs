//! Warnings about lists and items. A warning that is incomplete says that data is missing.

use crate::cloudflare::id::Id;
use crate::cloudflare::item::NotUnderstood;
use crate::cloudflare::listing::{Address, AnyListed, Loaded, Page};
use crate::cloudflare::paging::Finding;
use crate::cloudflare::role::Role;
use crate::model::{Kind, ResourceId, Warning, WarningCode};
use crate::rules::RuleSet;

/// Warns of a list that moved while it was read, or ended early.
pub fn list_moved(what: &str, finding: Finding) -> Warning {
    let advice = match finding {
        Finding::Moved { .. } => "Read again to be sure.",
        Finding::Short { .. } => "Read again.",
    };
    let warning = Warning::new(WarningCode::ListMoved, None, format!("{} {advice}", finding.of(what)));
    Warning { incomplete: finding.is_gap(), ..warning }
}

/// Warns of an item of a list that can't be understood: a gap that must not look like a revocation.
pub fn not_understood(kind: Kind, what: &str, place: u32, item: &NotUnderstood) -> Warning {
    let about = item.id.as_ref().map(|id| ResourceId::new(kind, id.as_str()));
    let message = format!(
        "Item {place} of the {what} that Cloudflare lists can't be understood: {}. It is left out, \
             and so is what rests on it.",
        item.why
    );
    Warning::new(WarningCode::ItemNotUnderstood, about, message)
}

/// Warns of what is wrong with a page of the list of addresses with this id, which rules name.
pub fn of_items(list: &str, page: &Page<Address>) -> Vec<Warning> {
    of_page(Kind::Email, &["items of list ", list].concat(), page)
}

/// Warns of items of a page that can't be understood, and of a list that moved.
pub fn of_page(kind: Kind, what: &str, page: &Loaded<AnyListed>) -> Vec<Warning> {
    let odd = page.not_understood().map(|(place, fault)| not_understood(kind, what, place, fault));
    odd.chain(page.verdict.finding.map(|finding| list_moved(what, finding))).collect()
}

/// Warns of policies of an application that aren't known: those of which only the id is, or all of them.
pub fn policies_not_known(app: &Id, unknown: &[Id], why: &str) -> Warning {
    let unknown: Vec<&str> = unknown.iter().map(Id::as_str).collect();
    let which = match &unknown[..] {
        [] => "The policies of the application can't be read, so it is given without grants".to_owned(),
        ids => format!(
            "Policies of the application can't be read or understood ({}), so whomever they may match has no \
             grant on it, unless a policy before them decides",
            ids.join(", ")
        ),
    };
    let about = Some(ResourceId::new(Kind::App, app.as_str()));
    Warning::new(WarningCode::AppNotUnderstood, about, [&which, ". ", why].concat().trim_end().to_owned())
}

/// Warns of identity providers that can't be read.
pub fn providers_not_readable(why: &str) -> Warning {
    let message = format!(
        "The identity providers can't be read. Where an application accepts only some of them, its grants \
         have that as a condition, also if these are all that the account has. {why}"
    );
    Warning::new(WarningCode::ProvidersNotReadable, None, message)
}

/// Warns of identity providers that can't be read, so that their groups can't be told by their names.
pub fn providers_not_named(why: &str) -> Warning {
    let message = [
        "The identity providers can't be read, so their ids stand in the place of names, and their types \
         aren't known. ",
        why,
    ];
    Warning::new(WarningCode::ProvidersNotReadable, None, message.concat())
}

/// Warns of applications that can't be read, so that what only their policies name isn't known.
pub fn applications_not_readable(why: &str) -> Warning {
    let message = [
        "The applications can't be read, so groups of identity providers that only their policies name are \
         missing. ",
        why,
    ];
    Warning::new(WarningCode::ApplicationsNotSeen, None, message.concat())
}

/// Warns of user groups that can't be read, or of one whose members can't be.
pub fn user_groups_not_readable(group: Option<&Id>, why: &str) -> Warning {
    let (what, missing) = match group {
        Some(_) => ("The members of this user group", "it gives to them"),
        None => ("The user groups of the account", "members hold through user groups"),
    };
    let message =
        [what, " can't be read, so what ", missing, " is missing, and may be more than is shown. ", why]
            .concat();
    let about = group.map(|group| ResourceId::new(Kind::UserGroup, group.as_str()));
    Warning::new(WarningCode::UserGroupsNotReadable, about, message)
}

/// Warns of the end of the list of roles. `shown` are the roles that members show, and `gap` is the reason
/// why the permission groups can't be read, if they can't.
pub fn roles_moved(why: Option<&str>, shown: &[Role], gap: Option<&str>) -> Warning {
    /// The number of roles that the message names.
    const NAMED: usize = 20;
    let mut names: Vec<&str> =
        shown.iter().take(NAMED).map(|role| role.name.as_deref().unwrap_or(role.id.as_str())).collect();
    if shown.len() > NAMED {
        names.push("\u{2026}");
    }
    let kept = match &names[..] {
        [] => "No account member shows a role that keeps its id".to_owned(),
        names => ["The roles that account members show keep their ids: ", &names.join(", ")].concat(),
    };
    let groups = match gap {
        None => "Each other role has the id of its permission group: know it again by its name.".to_owned(),
        Some(why) => {
            ["The permission groups can't be read, so roles that nobody holds are missing. ", why].concat()
        }
    };
    let message =
        ["The list of roles can't be read any more. ", &kept, ". ", &groups, " ", why.unwrap_or_default()]
            .concat();
    let warning = Warning::new(WarningCode::RolesMoved, None, message.trim_end().to_owned());
    Warning { incomplete: gap.is_some(), ..warning }
}

/// Warns of a list that can't be read, and that rules of these groups and policies name.
pub fn list_not_readable<'r>(list: &str, rules: impl Iterator<Item = &'r RuleSet>, why: &str) -> Warning {
    let naming: Vec<&RuleSet> = rules.filter(|rules| rules.lists().any(|named| named == list)).collect();
    not_readable(list, &naming, why)
}

fn not_readable(list: &str, naming: &[&RuleSet], why: &str) -> Warning {
    /// The number of resources that a message names.
    const NAMED: usize = 5;
    let mut groups: Vec<String> =
        naming.iter().take(NAMED).map(|rules| rules.resource().to_string()).collect();
    if let Some(more @ 1..) = naming.len().checked_sub(NAMED) {
        groups.push(format!("{more} more"));
    }
    let message = format!(
        "The list {list:?} can't be read, so what it decides is left open. It is named by the rules of {}. \
         {why}",
        groups.join(", ")
    );
    let about = match naming {
        [only] => Some(only.resource().clone()),
        _ => None,
    };
    Warning::new(WarningCode::ListNotReadable, about, message)
}

/// Warns of a page that has changed since another session stopped in it.
pub fn page_changed(what: &str) -> Warning {
    let message = format!(
        "The list of {what} moved while it was read: a page of it is given again. Read again to be sure."
    );
    Warning::new(WarningCode::ListMoved, None, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    fn group(id: usize, list: &str) -> RuleSet {
        let rule = RawValue::from_string(format!(r#"{{"email_list":{{"id":"{list}"}}}}"#)).unwrap();
        let id = ResourceId::new(Kind::Group, format!("g{id}"));
        RuleSet::new(id, [vec![rule], Vec::new(), Vec::new()], "a")
    }

    #[test]
    fn the_groups_that_name_a_list_are_told() {
        let told = |count: usize| {
            let groups: Vec<_> = (0..count).map(|id| group(id, "l")).chain([group(99, "other")]).collect();
            list_not_readable("l", groups.iter(), "Because.")
        };
        let one = told(1);
        let message = "The list \"l\" can't be read, so what it decides is left open. It is named by the \
                       rules of group:g0. Because.";
        assert_eq!((one.message.as_str(), one.about), (message, Some(ResourceId::new(Kind::Group, "g0"))));
        let many = told(8);
        assert_eq!(many.about, None);
        let named = "rules of group:g0, group:g1, group:g2, group:g3, group:g4, 3 more. Because.";
        assert!(many.message.ends_with(named), "{}", many.message);
    }
}
