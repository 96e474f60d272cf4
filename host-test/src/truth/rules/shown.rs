//! The rules that a login and its request decide.
//!
//! A request shows everything that a sync can't know. So each rule about it becomes *everyone* or
//! *nobody*, and the evaluator decides as it does for a sync. Whatever is open all the same lets nobody
//! in.

use super::apps::{Asking, Reach, Setting};
use super::rule::Rule;
use super::vocabulary::{Lists, Principal};
use serde_json::{Value, json};

/// The things that a person's login and its request show beside the address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The id of the identity provider.
    pub provider: &'a str,
    /// The rules about the login, the device or the network that the request meets, as they stand in
    /// groups and policies. It meets no other rules of that sort.
    pub meets: &'a [Value],
    /// Whether the person is an accepted member of the account.
    pub is_member: bool,
}

impl Shown<'_> {
    /// Decides the rules of a group or of a policy that only a request decides.
    pub fn decide(&self, set: &mut Value) {
        // A rule that is met is no further demand, and one that isn't met excludes nobody.
        for (part, dropped) in [("include", false), ("require", true), ("exclude", false)] {
            let Some(rules) = set[part].as_array_mut() else { continue };
            rules.retain_mut(|rule| match self.meets(rule) {
                None => true,
                Some(met) if met == dropped => false,
                Some(met) => {
                    *rule = if met { json!({ "everyone": {} }) } else { json!({ "ip": { "ip": "" } }) };
                    true
                }
            });
        }
    }

    /// Whether a request can meet a rule that neither its provider nor its address decides.
    pub fn may_meet(rule: &Value) -> bool {
        let member = Shown { is_member: true, ..Shown::default() };
        member.meets(rule) == Some(false) && rule.get("login_method").is_none()
    }

    /// Returns whether the request meets a rule, or `None` for a rule that the evaluator decides.
    fn meets(&self, rule: &Value) -> Option<bool> {
        // No request meets a rule that matches nobody, and none decides what an address or a group does.
        if matches!(
            Rule::read(rule),
            Rule::Hollow | Rule::Everyone | Rule::Email(_) | Rule::Domain(_) | Rule::List(_) | Rule::Group(_)
        ) {
            return None;
        }
        if self.meets.contains(rule) {
            return Some(true);
        }
        let kind = rule.as_object().and_then(|rule| rule.keys().next()).map(String::as_str);
        match kind {
            Some("everyone" | "email" | "email_domain" | "email_list" | "group") => None,
            Some("login_method") => Some(rule["login_method"]["id"] == self.provider),
            Some("cloudflare_account_member") => Some(self.is_member),
            _ => Some(false),
        }
    }
}

/// Policies that are tested without an application, for people whose requests show the same.
pub struct Tested {
    groups: Vec<Value>,
    /// An application with nothing but these policies, in their order.
    apps: [Value; 1],
}

impl Tested {
    /// Takes groups and policies as the API returns them.
    pub fn new(groups: &[Value], policies: &[Value], shown: Shown) -> Tested {
        let [mut groups, mut policies] = [groups.to_vec(), policies.to_vec()];
        groups.iter_mut().chain(&mut policies).for_each(|set| shown.decide(set));
        for (at, policy) in policies.iter_mut().enumerate() {
            // Inline copies have neither ids nor precedence. Nobody approves of a test.
            policy["id"] = format!("tested {at}").into();
            policy["precedence"] = at.into();
            policy["approval_required"] = false.into();
        }
        let app = json!({ "id": "tested", "type": "self_hosted", "policies": policies });
        Tested { groups, apps: [app] }
    }

    /// Returns whether the policies let each of these people in.
    pub fn let_in(&self, account_id: &str, lists: &Lists, people: &[Principal]) -> Vec<bool> {
        let setting = Setting::new(account_id, &self.groups, lists, None, &self.apps);
        let is_in = |person: &Principal| {
            let reach = setting.apps(Asking::Person(person)).remove("tested");
            matches!(reach, Some(Reach::Granted(passage)) if passage.alternatives.is_empty())
        };
        people.iter().map(is_in).collect()
    }
}
