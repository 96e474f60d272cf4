//! Writes of a group: a PUT keeps every byte but the person's own rules.

use super::memory::{Memory, none, one, page};
use super::{lines, settings};
use cloudflare_zero_trust::cloudflare::client::Client;
use cloudflare_zero_trust::cloudflare::id::Id;
use cloudflare_zero_trust::cloudflare::transport::{Method, Request};
use cloudflare_zero_trust::provision::{Change, Operation, Options, Status, apply};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::fmt;

/// Runs one input. The first line is `+address` or `-address`, a grant or a revoke. The group as
/// Cloudflare has it follows after an empty line.
pub fn run(data: &[u8]) {
    let Some((head, group)) = lines::split(data) else { return };
    let Some((operation, address)) = head.split_at_checked(1) else { return };
    let Ok(group) = str::from_utf8(group) else { return };
    // An answer can't have any other group.
    if RawValue::from_string(group.to_owned()).is_err() {
        return;
    }
    let operation = if operation == "-" { Operation::Revoke } else { Operation::Grant };
    let id =
        serde_json::from_str::<Value>(group).ok().and_then(|group| group["id"].as_str().map(str::to_owned));
    let id = id.filter(|id| Id::parse(id).is_some()).unwrap_or_else(|| "g".to_owned());

    let there = RefCell::new(group.to_owned());
    let sent = RefCell::new(Vec::new());
    let list = format!("/client/v4/accounts/{}/access/groups", super::ACCOUNT);
    let alone = format!("{list}/{id}");
    let upstream = |request: &Request| {
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        if request.method == Method::Put {
            assert_eq!(path, alone, "what is written is another thing");
            let body = request.body.clone().unwrap_or_default();
            let inside = body.trim().strip_prefix('{').expect("an object");
            let comma = if inside == "}" { "" } else { "," };
            *there.borrow_mut() = format!("{{\"id\":\"{id}\"{comma}{inside}");
            sent.borrow_mut().push(body);
        }
        match path {
            _ if path == list => page(&[&there.borrow()]),
            _ if path == alone => one(&there.borrow()),
            _ if path.ends_with("/members") => page(&[]),
            _ => none(),
        }
    };
    let change = Change {
        operation,
        entitlement: format!("group:{id}:member"),
        principal_kind: "email".to_owned(),
        principal_id: address.to_owned(),
    };
    let run = |dry_run| {
        let mut client = Client::new(settings(), Memory(&upstream));
        let options = Options { dry_run, allow_gains: true, extra: String::new() };
        apply(&mut client, &Default::default(), std::slice::from_ref(&change), &options)
    };

    let planned = run(true);
    assert!(sent.borrow().is_empty(), "a plan that writes");
    let report = run(false);
    let (Some(Ok(plan)), Some(Ok(outcome))) = (planned.results.first(), report.results.first()) else {
        assert!(
            sent.borrow().is_empty() && planned.results[0].is_err() && report.results[0].is_err(),
            "{report:?}"
        );
        return;
    };
    let [write] = report.writes.as_slice() else {
        assert!(
            sent.borrow().is_empty()
                && outcome.status == Status::Unchanged
                && plan.status == Status::Unchanged
        );
        return;
    };
    assert_eq!((outcome.status, plan.status), (Status::Applied, Status::Planned));
    assert_eq!(
        sent.borrow().as_slice(),
        std::slice::from_ref(&write.after),
        "sent once, and as it was reported"
    );
    assert_eq!(planned.writes[0].after, write.after);
    check(group, &write.after, operation, &address.to_ascii_lowercase());
    // The change is done: the same again changes nothing.
    sent.borrow_mut().clear();
    assert!(
        run(false).results[0].as_ref().is_ok_and(|again| again.status == Status::Unchanged),
        "{}",
        write.after
    );
    assert!(sent.borrow().is_empty());
}

fn check(before: &str, after: &str, operation: Operation, address: &str) {
    let Fields(mut expected) = serde_json::from_str(before).expect("it was taken");
    let Fields(after) = serde_json::from_str(after).expect("it was sent");
    expected.retain(|(name, value)| {
        let is_ours = !["id", "uid", "created_at", "updated_at"].contains(&name.as_str());
        is_ours && (name != "is_default" || matches!(value.get(), "true" | "false"))
    });
    if !expected.iter().any(|(name, _)| name == "include") {
        expected.push(("include".to_owned(), RawValue::from_string("[]".to_owned()).expect("it is JSON")));
    }
    assert_eq!(after.len(), expected.len());
    for ((name, value), (expected_name, expected)) in after.iter().zip(&expected) {
        assert_eq!(name, expected_name);
        if name != "include" {
            assert_eq!(value.get(), expected.get(), "{name}");
            continue;
        }
        let mut rules = rules(expected);
        match operation {
            Operation::Grant => rules.push(format!(r#"{{"email":{{"email":"{address}"}}}}"#)),
            Operation::Revoke => rules.retain(|rule| !is_own(rule, address)),
        }
        assert_eq!(self::rules(value), rules);
    }
}

fn rules(section: &RawValue) -> Vec<String> {
    let rules: Option<Vec<&RawValue>> = serde_json::from_str(section.get()).expect("a list of rules");
    rules.into_iter().flatten().map(|rule| rule.get().to_owned()).collect()
}

fn is_own(rule: &str, address: &str) -> bool {
    let rule: Value = serde_json::from_str(rule).unwrap_or_default();
    let only = rule.as_object().is_some_and(|rule| rule.len() == 1);
    only && rule["email"]["email"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(address))
}

/// An object's raw fields, in order.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}
