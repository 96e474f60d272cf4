//! The state of an object as the upstream has it, and the difference between two states.

use super::json::escape_harmful;
use super::terminal::{Terminal, clean};
use serde_json::{Map, Value};
use similar::{Algorithm, ChangeTag, capture_diff_slices};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A JSON object, key by key. Each value is a list of lines.
pub(super) struct State(Vec<(String, Vec<String>)>);

impl State {
    /// Reads a JSON object. Any other text becomes one line without a key.
    pub(super) fn of(json: &str) -> State {
        match serde_json::from_str(json) {
            Ok(Value::Object(object)) => {
                State(in_order(object).into_iter().map(|(key, value)| (key, lines(&value))).collect())
            }
            _ => State(vec![(String::new(), vec![clean(json).into_owned()])]),
        }
    }

    fn get(&self, key: &str) -> &[String] {
        self.0.iter().find(|(known, _)| known == key).map_or(&[], |(_, lines)| lines)
    }

    /// Writes all keys and lines.
    pub(super) fn write(&self, terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
        for (key, lines) in &self.0 {
            writeln!(to, "  {}", terminal.plain(key))?;
            for line in lines {
                writeln!(to, "    {line}")?;
            }
        }
        Ok(())
    }

    /// Writes the difference to `after`. Lines that stay the same are counted.
    pub(super) fn write_changes(
        &self,
        after: &State,
        terminal: Terminal,
        to: &mut impl Write,
    ) -> io::Result<()> {
        let mut seen = BTreeSet::new();
        let keys = self.0.iter().chain(&after.0).map(|(key, _)| key).filter(|key| seen.insert(key.as_str()));
        let mut is_same = true;
        for key in keys {
            let (before, after) = (self.get(key), after.get(key));
            if before == after {
                continue;
            }
            is_same = false;
            writeln!(to, "    {}", terminal.plain(key))?;
            for operation in capture_diff_slices(Algorithm::Myers, before, after) {
                for (tag, lines) in operation.iter_slices(before, after) {
                    write_lines(tag, lines, terminal, to)?;
                }
            }
        }
        if is_same {
            writeln!(to, "    {}", terminal.faint("no difference"))?;
        }
        Ok(())
    }
}

fn write_lines(tag: ChangeTag, lines: &[String], terminal: Terminal, to: &mut impl Write) -> io::Result<()> {
    match tag {
        ChangeTag::Equal => writeln!(to, "      {}", terminal.faint(&format!("… {} unchanged", lines.len()))),
        ChangeTag::Delete => {
            lines.iter().try_for_each(|line| writeln!(to, "    {}", terminal.bad(&format!("- {line}"))))
        }
        ChangeTag::Insert => {
            lines.iter().try_for_each(|line| writeln!(to, "    {}", terminal.good(&format!("+ {line}"))))
        }
    }
}

/// Sorts the keys: the name first, then rules in the order of a group's page in Cloudflare's
/// dashboard, then roles, then the rest.
fn in_order(object: Map<String, Value>) -> Vec<(String, Value)> {
    const FIRST: [&str; 5] = ["name", "include", "exclude", "require", "roles"];
    let mut entries: Vec<_> = object.into_iter().collect();
    entries.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
    entries
}

/// Returns a line for each item of a list, and one line for any other value.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().map(line).collect(),
        other => vec![line(other)],
    }
}

/// Says what the policies in the profile of a member or a user group allow and deny, and where.
pub(super) fn account_policies(profile: &str) -> Vec<String> {
    let profile: Value = serde_json::from_str(profile).unwrap_or_default();
    let policies = profile.get("policies").and_then(Value::as_array).into_iter().flatten();
    policies.filter_map(account_policy).collect()
}

/// Shows an item as JSON. An item with a name and an id, for example a role, is shown by these, and a
/// policy by its decision too. A policy of a member or a user group has no name, and is shown by what it
/// allows or denies, and where.
fn line(item: &Value) -> String {
    if let Some(line) = account_policy(item) {
        return line;
    }
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(clean);
    match (text("name"), text("id")) {
        (Some(name), Some(id)) => match text("decision") {
            Some(decision) => format!("{name} ({id}): {decision}"),
            None => format!("{name} ({id})"),
        },
        _ => escape_harmful(&item.to_string()).into_owned(),
    }
}

/// Shows a policy of a member or a user group, if the item is one in the form that Cloudflare documents.
/// OpenAPI: the schema `iam_list_member_policy`.
fn account_policy(item: &Value) -> Option<String> {
    let list = |of: &'_ Value, key: &str| of.get(key).and_then(Value::as_array).cloned();
    let text =
        |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map(|text| clean(text).into_owned());
    let named = |of: &Value| text(of, "name").or_else(|| text(of, "id"));
    let scope = |of: &Value| {
        let scope = of.get("scope")?;
        let objects = list(scope, "objects")?;
        let objects = objects.iter().map(|object| text(object, "key")).collect::<Option<Vec<_>>>()?;
        let (key, name) = (text(scope, "key")?, text(of, "name"));
        Some(place(&key, &objects, name.as_deref()).unwrap_or_else(|| format!("{key} {}", objects.join(" "))))
    };
    let access = text(item, "access")?;
    let what = list(item, "permission_groups")?.iter().map(named).collect::<Option<Vec<_>>>()?;
    let on = list(item, "resource_groups")?;
    let on = on.iter().map(|of| scope(of).or_else(|| named(of))).collect::<Option<Vec<_>>>()?;
    let id = text(item, "id").map(|id| format!(" ({id})")).unwrap_or_default();
    Some(format!("{access}: {} on {}{id}", what.join(", "), on.join(", ")))
}

/// Names the part of an account that a scope is, if it is one of those that Cloudflare documents: the
/// account, a domain, or single Workers. The name of a resource group is that of its domain (inferred).
fn place(key: &str, objects: &[String], name: Option<&str>) -> Option<String> {
    const ACCOUNT: &str = "com.cloudflare.api.account.";
    let part = |key: &str| match key.strip_prefix(ACCOUNT)?.split_once('.') {
        Some((kind @ ("zone" | "worker"), id)) => Some(format!("{kind} {id}")),
        _ => None,
    };
    match objects {
        [all] if all == "*" => match key.strip_prefix(ACCOUNT)? {
            account if !account.contains('.') => Some("the whole account".to_owned()),
            _ => part(key)
                .map(|part| name.filter(|name| !name.starts_with(ACCOUNT)).map_or(part, str::to_owned)),
        },
        single => {
            let parts = single.iter().map(|key| part(key)).collect::<Option<Vec<_>>>()?;
            (!parts.is_empty()).then(|| parts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_of_a_member_is_what_it_allows_and_where() {
        let zone =
            r#"{"id":"r1","scope":{"key":"com.cloudflare.api.account.zone.abc","objects":[{"key":"*"}]}}"#;
        let policy = |groups: &str| {
            let policy = format!(
                r#"{{"id":"p1","access":"allow","resource_groups":{groups},
                    "permission_groups":[{{"id":"g1","name":"DNS"}},{{"id":"g2"}}]}}"#
            );
            line(&serde_json::from_str(&policy).unwrap())
        };
        let shown = "allow: DNS, g2 on zone abc, r2 (p1)";
        assert_eq!(policy(&format!(r#"[{zone},{{"id":"r2"}}]"#)), shown);
        let on = |name: &str, key: &str, objects: &str| {
            let scope = format!(r#"{{"key":"com.cloudflare.api.account{key}","objects":[{objects}]}}"#);
            policy(&format!(r#"[{{"id":"r1","name":"{name}","scope":{scope}}}]"#))
        };
        let account = "com.cloudflare.api.account";
        let worker = |id: &str| format!(r#"{{"key":"{account}.worker.{id}"}}"#);
        for (shown, part) in [
            (on("corp.example", ".zone.abc", r#"{"key":"*"}"#), "corp.example"),
            (on(&format!("{account}.zone.abc"), ".zone.abc", r#"{"key":"*"}"#), "zone abc"),
            (on("x", ".abc", r#"{"key":"*"}"#), "the whole account"),
            (on("x", ".abc", &[worker("w1"), worker("w2")].join(",")), "worker w1, worker w2"),
            (on("x", ".new.kind", r#"{"key":"*"}"#), "com.cloudflare.api.account.new.kind *"),
            (on("x", ".abc", r#"{"key":"odd"}"#), "com.cloudflare.api.account.abc odd"),
            (on("x", ".zone.abc", ""), "com.cloudflare.api.account.zone.abc "),
        ] {
            assert_eq!(shown, format!("allow: DNS, g2 on {part} (p1)"));
        }
        // A form that isn't known is shown as it is.
        for odd in ["[7]", "7", r#"[{"scope":{"key":7}}]"#] {
            assert!(policy(odd).starts_with('{'), "{odd}");
        }
    }

    fn changes(before: &str, after: &str, terminal: Terminal) -> String {
        let mut out = Vec::new();
        State::of(before).write_changes(&State::of(after), terminal, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rules_that_come_and_go_stand_in_their_section() {
        let group = |exclude: &str, last: &str| {
            let include = format!(r#"{{"email":{{"email":"a@x"}}}},{{"everyone":{{}}}},{last}"#);
            let require = r#"{"geo":{"country_code":"NO"}}"#;
            format!(r#"{{"exclude":[{exclude}],"include":[{include}],"require":[{require}]}}"#)
        };
        let before = group("", r#"{"email":{"email":"b@x"}}"#);
        let after = group(r#"{"email":{"email":"c@x"}}"#, r#"{"email":{"email":"d@x"}}"#);
        assert_eq!(
            changes(&before, &after, Terminal::file()),
            "    include\n      … 2 unchanged\n    - {\"email\":{\"email\":\"b@x\"}}\n    \
             + {\"email\":{\"email\":\"d@x\"}}\n    exclude\n    + {\"email\":{\"email\":\"c@x\"}}\n"
        );
    }

    #[test]
    fn roles_are_told_by_name_and_id() {
        let roles = |roles: &str| format!(r#"{{"id":"m1","roles":[{roles}]}}"#);
        let (dns, billing) =
            (r#"{"id":"r1","name":"DNS","permissions":{}}"#, r#"{"id":"r2","name":"Billing"}"#);
        assert_eq!(
            changes(&roles(dns), &roles(&format!("{dns},{billing}")), Terminal::file()),
            "    roles\n      … 1 unchanged\n    + Billing (r2)\n"
        );
    }

    #[test]
    fn what_is_gone_and_what_is_scalar_is_told() {
        assert_eq!(
            changes(
                r#"{"name":"A","include":[1],"x":null}"#,
                r#"{"name":"B","y":{"b":1,"a":2}}"#,
                Terminal::file()
            ),
            "    name\n    - \"A\"\n    + \"B\"\n    include\n    - 1\n    y\n    + {\"a\":2,\"b\":1}\n"
        );
        assert_eq!(changes(r#"{"a":[1]}"#, r#"{ "a": [ 1 ] }"#, Terminal::file()), "    no difference\n");
    }

    #[test]
    fn colour_is_for_terminals() {
        let shown = changes(r#"{"a":[1]}"#, r#"{"a":[2]}"#, Terminal::file().with_colour());
        assert!(
            shown.contains("\x1b[31m- 1\x1b[0m\n") && shown.contains("\x1b[32m+ 2\x1b[0m\n"),
            "{shown:?}"
        );
        assert!(!changes(r#"{"a":[1]}"#, r#"{"a":[2]}"#, Terminal::file()).contains('\x1b'));
    }

    #[test]
    fn nothing_of_it_acts_on_a_terminal() {
        let hostile = "{\"na\u{9b}me\":\"\\u001b[2J\\n+ forged\",\
             \"roles\":[{\"id\":\"\u{202e}\",\"name\":\"\\u001b[2J\\n\"}]}";
        for (before, after) in [(hostile, "{}"), ("{}", hostile), ("\x1b[2J", "\u{9b}\n"), (hostile, hostile)]
        {
            for terminal in [Terminal::file(), Terminal::file().with_colour()] {
                let shown = changes(before, after, terminal);
                let ours = shown
                    .replace("\x1b[31m", "")
                    .replace("\x1b[32m", "")
                    .replace("\x1b[2m", "")
                    .replace("\x1b[0m", "");
                assert!(
                    !ours.contains(|c: char| c != '\n' && (c.is_control() || c == '\u{202e}')),
                    "{shown:?}"
                );
                assert!(!ours.contains("\n+ forged"), "{shown:?}");
            }
        }
    }
}
