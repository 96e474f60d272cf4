//! The state of an Access group that a write replaces: every field of Cloudflare's answer, in its
//! order, byte for byte. A write replaces the whole group, so a field that is left out is lost
//! (OpenAPI: PUT /accounts/{account_id}/access/groups/{group_id}; that it is cleared is inferred).

use super::comparable::{comparable_rule, is_same};
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::group::Group;
use crate::cloudflare::item::Item;
use crate::json::{entries, has_key_twice, items, list, quoted};
use crate::provision::errors::shortened;
use crate::provision::write::State;
use crate::records;
use crate::rules::{Rule, RuleSet};
use crate::sorted::{Set, sort};
use serde_json::value::RawValue;

/// The fields that Cloudflare sets itself (OpenAPI: GET
/// /accounts/{account_id}/access/groups/{group_id}; `uid` is inferred). They aren't sent back, and
/// aren't compared.
const NOT_OURS: [&str; 4] = ["id", "uid", "created_at", "updated_at"];
const NAME: &str = "name";
const INCLUDE: &str = "include";
const SECTIONS: [&str; 3] = [INCLUDE, "exclude", "require"];
/// It is a boolean in requests, and an array of rules in some answers (OpenAPI: GET
/// /accounts/{account_id}/access/groups).
const IS_DEFAULT: &str = "is_default";

/// A group with all of its raw fields.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The fields that a write sends back, in the order of the answer.
    fields: Vec<(String, Box<RawValue>)>,
    /// The group's name.
    pub name: String,
    /// The rules as membership sees them.
    pub rules: RuleSet,
    account_id: String,
}

impl Document {
    /// Returns the group with its include changed: without the `email` rules of the addresses that
    /// `taken` accepts, and with one more rule for each of the addresses in `added`. Everything else
    /// stays as it is, byte for byte.
    pub fn with_include(
        &self,
        taken: impl Fn(&str) -> bool,
        added: &[impl AsRef<str>],
    ) -> Result<Self, String> {
        let stays = |rule: &&RawValue| !matches!(self.rule(rule), Rule::Email(address) if taken(&address));
        let rules = self.section(INCLUDE)?;
        let kept = rules.into_iter().filter(stays).map(|rule| rule.get().to_owned());
        let mut rules: Vec<String> = kept.collect();
        rules.extend(added.iter().map(|address| email_rule(address.as_ref())));
        self.with_field(INCLUDE, list(&rules))
    }

    /// Returns the group with another name. Everything else stays as it is, byte for byte.
    pub fn with_name(&self, name: &str) -> Result<Self, String> {
        self.with_field(NAME, quoted(name))
    }

    fn with_field(&self, field: &str, value: String) -> Result<Self, String> {
        let raw = |text| RawValue::from_string(text).map_err(|_| "it can't be put together again".to_owned());
        let value = raw(value)?;
        let mut fields = self.fields.clone();
        match fields.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value,
            None => fields.push((field.to_owned(), value)),
        }
        // Membership is known by the group's id, which isn't sent.
        let id = raw(quoted(self.rules.id()))?;
        let whole = raw(object([("id", &*id)].into_iter().chain(borrowed(&fields))))?;
        Self::read(&whole, &self.account_id)
    }

    /// Returns the fields as the JSON object that a write sends.
    pub fn text(&self) -> String {
        object(borrowed(&self.fields))
    }

    fn rule(&self, raw: &RawValue) -> Rule {
        Rule::parse(raw, &self.account_id)
    }

    fn field(&self, name: &str) -> Option<&RawValue> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| &**value)
            .filter(|value| value.get() != "null")
    }

    fn section(&self, name: &str) -> Result<Vec<&RawValue>, String> {
        let Some(raw) = self.field(name) else { return Ok(Vec::new()) };
        items(raw.get()).ok_or_else(|| format!("its {name} is no list of rules"))
    }

    /// Describes the rules that one of two sections of the same name has and the other hasn't, if
    /// there are any.
    fn section_differs(&self, found: &Self, name: &str) -> Option<String> {
        let rules = |document: &Self| -> Vec<String> {
            let mut rules: Vec<_> = document
                .section(name)
                .unwrap_or_default()
                .iter()
                .map(|rule| document.comparable(rule))
                .collect();
            sort(&mut rules);
            rules
        };
        let (mut missing, mut more) = (rules(self), rules(found));
        more.retain(|rule| match missing.binary_search(rule) {
            Ok(at) => {
                missing.remove(at);
                false
            }
            Err(_) => true,
        });
        let describe = |what: &str, rules: &[String]| {
            let (first, others) = rules.split_first()?;
            let rest = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            Some(format!("{name} {what} {}{rest}", shortened(first)))
        };
        let texts = [describe("lacks", &missing), describe("also has", &more)];
        joined(texts.into_iter().flatten())
    }

    /// Describes which of these fields aren't the same in another document, if any aren't.
    fn fields_differ<'a>(&self, found: &Self, fields: impl Iterator<Item = &'a str>) -> Option<String> {
        let fields: Set<&str> = fields.collect();
        joined(fields.into_iter().filter_map(|name| {
            if SECTIONS.contains(&name) {
                self.section_differs(found, name)
            } else {
                (!is_same(self.field(name), found.field(name)))
                    .then(|| format!("{} is another one", shortened(name)))
            }
        }))
    }

    /// Returns a text for a rule that is the same for equal rules: as `comparable_rule`, and the case
    /// of an address doesn't matter either.
    fn comparable(&self, rule: &RawValue) -> String {
        let text = comparable_rule(rule);
        match self.rule(rule) {
            Rule::Email(address) if text == email_rule(&address) => email_rule(&address.to_ascii_lowercase()),
            _ => text,
        }
    }
}

impl State for Document {
    fn write(&self) -> &'static Write {
        &Write::REPLACE_GROUP
    }

    fn read(raw: &RawValue, account_id: &str) -> Result<Self, String> {
        let group = Group::read(raw, account_id).map_err(|fault| fault.why)?;
        let name = group.name.ok_or("it has no name")?;
        let rules = records::group::rule_set(&group.id, group.sections, account_id);
        let fields = entries(raw.get()).ok_or("a field of it has no readable name")?;
        if has_key_twice(&fields) {
            return Err("a field stands in it twice".to_owned());
        }
        let is_boolean = |value: &RawValue| matches!(value.get(), "true" | "false");
        let is_ours =
            |name: &str, value| !NOT_OURS.contains(&name) && (name != IS_DEFAULT || is_boolean(value));
        let fields = fields.into_iter().filter(|(name, value)| is_ours(name, value));
        let fields = fields.map(|(name, value)| (name.into_owned(), value.to_owned())).collect();
        Ok(Self { fields, name, rules, account_id: account_id.to_owned() })
    }

    const WHY_NOT_TAKEN: &'static str =
        "The account's own settings, or something else that manages the group, can be the reason.";

    fn is_of(&self, object: &Object) -> bool {
        self.rules.id() == object.id.as_str()
    }

    fn body(&self) -> Option<String> {
        Some(self.text())
    }

    fn differs(&self, found: &Self) -> Option<String> {
        self.fields_differ(found, names(self).chain(names(found)))
    }

    fn lacks(&self, found: &Self) -> Option<String> {
        // These mean something, also where they weren't sent.
        self.fields_differ(found, names(self).chain(SECTIONS).chain([IS_DEFAULT]))
    }
}

/// Lists the names of a document's fields.
fn names(document: &Document) -> impl Iterator<Item = &str> {
    document.fields.iter().map(|(name, _)| name.as_str())
}

/// Joins texts, if there are any.
fn joined(texts: impl Iterator<Item = String>) -> Option<String> {
    let mut all = String::new();
    for text in texts {
        if !all.is_empty() {
            all.push_str("; ");
        }
        all.push_str(&text);
    }
    (!all.is_empty()).then_some(all)
}

/// The rule for one address.
pub(super) fn email_rule(address: &str) -> String {
    Rule::text("email", "email", address)
}

fn borrowed(fields: &[(String, Box<RawValue>)]) -> impl Iterator<Item = (&str, &RawValue)> {
    fields.iter().map(|(name, value)| (name.as_str(), &**value))
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, &'a RawValue)>) -> String {
    let mut all = Vec::new();
    for (name, value) in fields {
        all.push([&quoted(name), ":", value.get()].concat());
    }
    ["{", &all.join(","), "}"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Document, String> {
        Document::read(&RawValue::from_string(text.to_owned()).unwrap(), &"0".repeat(32))
    }

    const GROUP: &str = concat!(
        r#"{"id":"g","uid":"u","created_at":"t","updated_at":"t","#,
        r#""zeta":{"b": 1,"a":1e400},"name":"G \u00e9","#,
        r#""include":[{"email":{"email":"Ann@corp.example","note":null}},"#,
        r#"{"email":{"email":"Bo@corp.example"}},"#,
        r#"{"quantum_badge":{"level":1.00}},{"everyone":{}}],"#,
        r#""exclude":null,"require":[ {"ip":{"ip":"10.0.0.0/8"}} ],"is_default":[],"#,
        r#""alpha":true,"empty":"","deep":{"a":1,"b":[]}}"#,
    );

    #[test]
    fn everything_else_goes_back_as_it_came() {
        let group = document(GROUP).unwrap();
        assert_eq!(
            group.text(),
            concat!(
                r#"{"zeta":{"b": 1,"a":1e400},"name":"G \u00e9","#,
                r#""include":[{"email":{"email":"Ann@corp.example","note":null}},"#,
                r#"{"email":{"email":"Bo@corp.example"}},"#,
                r#"{"quantum_badge":{"level":1.00}},{"everyone":{}}],"#,
                r#""exclude":null,"require":[ {"ip":{"ip":"10.0.0.0/8"}} ],"alpha":true,"#,
                r#""empty":"","deep":{"a":1,"b":[]}}"#,
            )
        );
        let taken = group
            .with_include(|address| address.eq_ignore_ascii_case("ann@CORP.example"), &["bob@corp.example"])
            .unwrap();
        assert_eq!(
            taken.text(),
            concat!(
                r#"{"zeta":{"b": 1,"a":1e400},"name":"G \u00e9","#,
                r#""include":[{"email":{"email":"Bo@corp.example"}},{"quantum_badge":{"level":1.00}},"#,
                r#"{"everyone":{}},{"email":{"email":"bob@corp.example"}}],"#,
                r#""exclude":null,"require":[ {"ip":{"ip":"10.0.0.0/8"}} ],"alpha":true,"#,
                r#""empty":"","deep":{"a":1,"b":[]}}"#,
            )
        );
        assert_eq!(taken.rules.id(), "g");
        let renamed = group.with_name("A \"name\"\u{e9}").unwrap();
        let name = (r#""name":"G \u00e9""#, "\"name\":\"A \\\"name\\\"\u{e9}\"");
        assert_eq!(renamed.text(), group.text().replace(name.0, name.1));
        assert_eq!((renamed.rules.id(), renamed.name.as_str()), ("g", "A \"name\"\u{e9}"));
        let default = document(r#"{"id":"g","name":"n","is_default":false}"#).unwrap();
        assert_eq!(
            default.with_include(|_| false, &["a@b"]).unwrap().text(),
            r#"{"name":"n","is_default":false,"include":[{"email":{"email":"a@b"}}]}"#
        );
    }

    #[test]
    fn what_can_not_be_written_back_is_no_document() {
        for bad in [
            "7",
            r#"{"name":"n"}"#,
            r#"{"id":"g"}"#,
            r#"{"id":"g","name":" "}"#,
            r#"{"id":"g","name":"n","include":{}}"#,
            r#"{"id":"g","name":"n","alpha":1,"alpha":2}"#,
            r#"{"id":"g","name":"n","include":[],"include":[]}"#,
        ] {
            assert!(document(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_field_that_was_not_sent_lacks_nothing() {
        let sent = document(GROUP).unwrap();
        let lacks = |from: &str, to: &str| {
            assert!(GROUP.contains(from), "{from}");
            sent.lacks(&document(&GROUP.replace(from, to)).unwrap())
        };
        for more in [r#""version":2"#, r#""more":{}"#, r#""more":0"#, r#""more":[1]"#] {
            assert_eq!(lacks(r#""alpha":true"#, &format!(r#""alpha":true,{more}"#)), None, "{more}");
        }
        for (from, to, told) in [
            (r#""alpha":true"#, r#""alpha":2"#, "alpha is another one"),
            (r#","alpha":true"#, "", "alpha is another one"),
            (r#""empty":"""#, r#""empty":"x""#, "empty is another one"),
            (r#"{"a":1,"b":[]}"#, r#"{"a":1,"b":[],"c":1}"#, "deep is another one"),
            (r#","exclude":null"#, r#","exclude":[{"everyone":{}}]"#, r#"exclude also has {"everyone":{}}"#),
            (r#",{"everyone":{}}"#, "", r#"include lacks {"everyone":{}}"#),
        ] {
            let lacks = lacks(from, &format!("{to}{}", if to.is_empty() { "" } else { r#","version":2"# }));
            assert_eq!(lacks.as_deref(), Some(told), "{to}");
        }
        let without = document(r#"{"id":"g","name":"n"}"#).unwrap();
        let with = document(r#"{"id":"g","name":"n","require":[{"everyone":{}}]}"#).unwrap();
        assert_eq!(without.lacks(&with).as_deref(), Some(r#"require also has {"everyone":{}}"#));
        let is_default = document(r#"{"id":"g","name":"n","is_default":true}"#).unwrap();
        assert_eq!(without.lacks(&is_default).as_deref(), Some("is_default is another one"));
        let null = document(r#"{"id":"g","name":"n","beta":null}"#).unwrap();
        let set = document(r#"{"id":"g","name":"n","beta":5}"#).unwrap();
        assert_eq!(null.lacks(&set).as_deref(), Some("beta is another one"));
    }

    #[test]
    fn what_differs_is_told() {
        let sent = document(GROUP).unwrap();
        let differs = |from: &str, to: &str| {
            assert!(GROUP.contains(from), "{from}");
            sent.differs(&document(&GROUP.replace(from, to)).unwrap())
        };
        for (from, to) in [
            (r#","note":null"#, ""),
            (r#","note":null"#, r#","note":false,"more":[]"#),
            (r#""alpha":true"#, r#""alpha":true,"beta":null"#),
            (r#""alpha":true"#, r#""alpha":true,"beta":false"#),
            (r#""alpha":true"#, r#""alpha":true,"beta":[]"#),
            (r#""alpha":true"#, r#""alpha":true,"beta":"""#),
            (r#","empty":"""#, ""),
            (r#","deep":{"a":1,"b":[]}"#, r#","deep":{"a":1,"c":"","d":null}"#),
            (r#""updated_at":"t""#, r#""updated_at":"later""#),
            (r#""exclude":null"#, r#""exclude":[]"#),
            (r#"example"}},{"quantum"#, r#"example"},"common_name":null},{"quantum"#),
            (r#"example"}},{"quantum"#, r#"example"},"common_name":{"common_name":null}},{"quantum"#),
            (r#"{"everyone":{}}]"#, r#"{"everyone":{},"geo":null,"ip":{"ip":null}}]"#),
            ("Bo@corp.example", "bo@CORP.example"),
            (r#""exclude":null,"#, ""),
            (r#""is_default":[],"#, r#""is_default":null,"#),
            (r#"{"everyone":{}}]"#, r#"{"everyone":{ }}]"#),
            (
                r#"{"quantum_badge":{"level":1.00}},{"everyone":{}}"#,
                r#"{"everyone":{}},{"quantum_badge":{"level":1.0}}"#,
            ),
        ] {
            assert_eq!(differs(from, to), None, "{from} {to}");
        }
        for (from, to, told) in [
            ("G \\u00e9", "H", "name is another one"),
            (r#""alpha":true"#, r#""alpha":false"#, "alpha is another one"),
            (r#","alpha":true"#, "", "alpha is another one"),
            (r#""alpha":true"#, r#""alpha":true,"beta":1"#, "beta is another one"),
            (r#""alpha":true"#, r#""alpha":true,"beta":0"#, "beta is another one"),
            (r#""alpha":true"#, r#""alpha":true,"beta":{}"#, "beta is another one"),
            (r#","empty":"""#, r#","empty":false"#, "empty is another one"),
            (
                r#"{"everyone":{}}]"#,
                r#"{"everyone":{},"geo":{}}]"#,
                r#"include lacks {"everyone":{}}; include also has {"everyone":{},"geo":{}}"#,
            ),
            (
                r#"{"everyone":{}}]"#,
                r#"{"everyone":null,"geo":null}]"#,
                r#"include lacks {"everyone":{}}; include also has {}"#,
            ),
            (r#""a":1,"b":[]"#, r#""a":2"#, "deep is another one"),
            ("1e400", "1e401", "zeta is another one"),
            (
                r#","note":null"#,
                r#","note":true"#,
                concat!(
                    r#"include lacks {"email":{"email":"ann@corp.example"}}; "#,
                    r#"include also has {"email":{"email":"Ann@corp.example","note":true}}"#,
                ),
            ),
            (r#",{"everyone":{}}"#, "", r#"include lacks {"everyone":{}}"#),
            (
                r#",{"quantum_badge":{"level":1.00}},{"everyone":{}}"#,
                "",
                r#"include lacks {"everyone":{}} and 1 more"#,
            ),
            (
                r#""exclude":null"#,
                r#""exclude":[{"geo":{"country_code":"US"}}]"#,
                r#"exclude also has {"geo":{"country_code":"US"}}"#,
            ),
            (
                r#"10.0.0.0/8"#,
                "10.0.0.0/9",
                r#"require lacks {"ip":{"ip":"10.0.0.0/8"}}; require also has {"ip":{"ip":"10.0.0.0/9"}}"#,
            ),
            (
                r#"{"everyone":{}}"#,
                r#"{"everyone":{}},{"everyone":{}}"#,
                r#"include also has {"everyone":{}}"#,
            ),
        ] {
            assert_eq!(differs(from, to).as_deref(), Some(told));
        }
    }
}
