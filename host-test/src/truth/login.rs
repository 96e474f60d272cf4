//! Logins: what Access does when a person comes to an application.

use serde_json::{Value, json};

use super::rules::{Asking, Kind, Lists, Principal, Reach, Setting};
use crate::mock::Account;

/// A person who comes to an application, and what their request shows.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    pub address: String,
    /// The id of the identity provider that they log in with.
    pub provider: String,
    /// The rules about the login, the device or the network that the request meets, as they stand
    /// in groups and policies, for example `{"okta": {"name": "Sales", …}}`. It meets no other
    /// rules of that sort.
    pub meets: Vec<Value>,
    /// Whether somebody has approved it, where a policy asks for that.
    pub is_approved: bool,
}

/// The answer of an application to a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Everybody comes in, and nobody has to log in.
    Open,
    /// The person has a session now, and is this Access user.
    LetIn { user: String },
    /// No policy lets the person in.
    Refused,
}

/// The answer of an application's policies.
enum Answer {
    /// Nobody has to log in.
    Open,
    In,
    Out,
}

/// Lets a person log in to an application, by its id, if its policies say so: then there are a
/// session, a seat and a user, new ones if there were none. An application that doesn't exist lets
/// nobody in.
///
/// A request shows everything that a sync can't know, so its rules become *everyone* or *nobody*,
/// and the evaluator decides as it does for a sync. Whatever is open all the same lets nobody in.
pub fn log_in(account: &mut Account, application: &str, visitor: &Visitor) -> Entry {
    match answer(account, application, visitor) {
        Answer::Open => Entry::Open,
        Answer::In => Entry::LetIn { user: account.let_in(&visitor.address, application) },
        Answer::Out => Entry::Refused,
    }
}

fn answer(account: &Account, id: &str, visitor: &Visitor) -> Answer {
    let Some(application) = account.applications.iter().find(|application| application.id == id) else {
        return Answer::Out;
    };
    if application.is_shown_only() {
        return Answer::Open;
    }
    let settled = |set: &mut Value| settle(account, visitor, set);
    let mut app = account.whole_application_json(application);
    for policy in app["policies"].as_array_mut().into_iter().flatten() {
        settled(policy);
        if visitor.is_approved {
            policy["approval_required"] = false.into();
        }
    }
    let mut groups: Vec<Value> = account.groups.iter().map(|group| json!(group)).collect();
    groups.iter_mut().for_each(settled);
    let lists: Lists = account.lists.iter().map(|list| (list.id.clone(), Some(list.items.clone()))).collect();
    // Without them, the evaluator makes no condition of the providers.
    let allowed = app["allowed_idps"].take();
    let mut allowed = allowed.as_array().into_iter().flatten().peekable();
    let accepts = allowed.peek().is_none() || allowed.any(|id| *id == visitor.provider.as_str());
    let apps = [app];
    let setting = Setting::new(&account.id, &groups, &lists, None, &apps);
    if setting.exposures().get(id).is_some_and(|exposure| exposure.public) {
        return Answer::Open;
    }
    let person = Principal { kind: Kind::User, address: Some(visitor.address.clone()), status: None };
    match setting.apps(Asking::Person(&person)).remove(id) {
        Some(Reach::Granted(passage)) if passage.alternatives.is_empty() && accepts => Answer::In,
        _ => Answer::Out,
    }
}

/// Decides the rules of a group or of a policy that only a request decides.
fn settle(account: &Account, visitor: &Visitor, set: &mut Value) {
    // A rule that is met is no further demand, and one that isn't met excludes nobody.
    for (part, dropped) in [("include", false), ("require", true), ("exclude", false)] {
        let Some(rules) = set[part].as_array_mut() else { continue };
        rules.retain_mut(|rule| match meets(account, visitor, rule) {
            None => true,
            Some(met) if met == dropped => false,
            Some(met) => {
                *rule = if met { json!({ "everyone": {} }) } else { json!({ "ip": { "ip": "" } }) };
                true
            }
        });
    }
}

/// Returns whether the visitor's request meets a rule, or `None` for a rule that the evaluator
/// decides.
fn meets(account: &Account, visitor: &Visitor, rule: &Value) -> Option<bool> {
    if visitor.meets.contains(rule) {
        return Some(true);
    }
    let kind = rule.as_object().and_then(|rule| rule.keys().next()).map(String::as_str);
    match kind {
        Some("everyone" | "email" | "email_domain" | "email_list" | "group") => None,
        Some("login_method") => Some(rule["login_method"]["id"] == visitor.provider.as_str()),
        Some("cloudflare_account_member") => {
            let is_accepted = |address: &str| address.eq_ignore_ascii_case(&visitor.address);
            let mut members = account.members.iter().filter(|member| member.status == "accepted");
            Some(members.any(|member| member.address().is_some_and(is_accepted)))
        }
        _ => Some(false),
    }
}
