//! Logins: what Access does when a person comes to an application.

use serde_json::{Value, json};

use super::rules::{Asking, Kind, Lists, Principal, Reach, Setting, Shown};
use crate::mock::{Account, LastLogin};

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
/// The last login stays known: a policy test judges by it.
pub fn log_in(account: &mut Account, application: &str, visitor: &Visitor) -> Entry {
    match answer(account, application, visitor) {
        Answer::Open => Entry::Open,
        Answer::In => {
            let user = account.let_in(&visitor.address, application);
            let login = LastLogin { provider: visitor.provider.clone(), meets: visitor.meets.clone() };
            account.last_logins.insert(user.clone(), login);
            Entry::LetIn { user }
        }
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
    let shown = Shown {
        provider: &visitor.provider,
        meets: &visitor.meets,
        is_member: account.is_accepted_member(&visitor.address),
    };
    let mut app = account.whole_application_json(application);
    for policy in app["policies"].as_array_mut().into_iter().flatten() {
        shown.decide(policy);
        if visitor.is_approved {
            policy["approval_required"] = false.into();
        }
    }
    let mut groups: Vec<Value> = account.groups.iter().map(|group| json!(group)).collect();
    groups.iter_mut().for_each(|group| shown.decide(group));
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
