//! Grants as baton's messages, and their rows. There can be a million of them, so what the holders of a grant
//! share is encoded and bound once, and no message is put together that is only encoded and thrown away.

use super::messages::{
    Any, Grant, GrantImmutable, GrantMetadata, GrantSource, GrantSources, Kind, ListValue, Named, Struct,
    Value,
};
use super::records::object;
use super::schema::INSERT_GRANT;
use cloudflare_zero_trust::contract::{self, Alternative, Basis};
use cloudflare_zero_trust::kinds::MEMBER_SLUG;
use cloudflare_zero_trust::model;
use cloudflare_zero_trust::output::SinkError;
use cloudflare_zero_trust::roles::Rule;
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use rusqlite::{Statement, Transaction};

/// Adds grants, the holders of one after those of another.
pub(super) struct Rows<'t> {
    insert: Statement<'t>,
    entitlement: String,
    shared: Shared,
    /// The buffers of a row.
    id: String,
    data: Vec<u8>,
}

impl Rows<'_> {
    pub(super) fn of<'t>(
        transaction: &'t Transaction<'_>,
        sync_id: &str,
        now: &str,
    ) -> rusqlite::Result<Rows<'t>> {
        let mut insert = transaction.prepare(INSERT_GRANT)?;
        insert.raw_bind_parameter(8, sync_id)?;
        insert.raw_bind_parameter(9, now)?;
        let shared = Shared { before: Vec::new(), behind: Vec::new() };
        Ok(Rows { insert, entitlement: String::new(), shared, id: String::new(), data: Vec::new() })
    }

    /// Begins the holders of an entitlement. What is bound here stays bound for each of them.
    pub(super) fn begin(
        &mut self,
        entitlement: &str,
        on: &contract::ResourceId,
        shared: Shared,
    ) -> rusqlite::Result<()> {
        self.insert.raw_bind_parameter(1, &on.kind)?;
        self.insert.raw_bind_parameter(2, &on.id)?;
        self.insert.raw_bind_parameter(3, entitlement)?;
        entitlement.clone_into(&mut self.entitlement);
        self.shared = shared;
        Ok(())
    }

    /// Adds the row of a holder.
    pub(super) fn add(&mut self, kind: &str, id: &str) -> rusqlite::Result<()> {
        self.id.clear();
        self.id.extend([self.entitlement.as_str(), ":", kind, ":", id]);
        self.shared.whole(kind, id, &self.id, &mut self.data);
        self.insert.raw_bind_parameter(4, kind)?;
        self.insert.raw_bind_parameter(5, id)?;
        self.insert.raw_bind_parameter(6, &self.id)?;
        self.insert.raw_bind_parameter(7, self.data.as_slice())?;
        self.insert.raw_execute().map(|_| ())
    }
}

/// A grant without its principal and its id, encoded once for all who hold it. It refers to the entitlement
/// and the principal by their ids alone.
pub(super) struct Shared {
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Shared {
    pub(super) fn of(from: &contract::Grant, on: &contract::ResourceId) -> Result<Shared, SinkError> {
        let mut behind = metadata(from)?;
        if !from.revocable {
            immutable(&mut behind);
        }
        if let Some(sources) = sources(from) {
            behind.extend(Grant { sources: Some(sources), ..Grant::default() }.encode_to_vec());
        }
        Ok(Shared { before: before(&from.entitlement, on), behind })
    }

    /// A grant that nobody can revoke, and that says nothing else.
    pub(super) fn immutable(entitlement: &str, on: &contract::ResourceId) -> Shared {
        let mut behind = Vec::new();
        immutable(&mut behind);
        Shared { before: before(entitlement, on), behind }
    }

    /// Writes the whole grant in the place of what was written before. The fields stand in the order of their
    /// numbers, as if it were encoded at once: entitlement, principal, id, annotations, sources.
    fn whole(&self, kind: &str, principal: &str, id: &str, to: &mut Vec<u8>) {
        to.clear();
        to.extend(&self.before);
        nested(to, 2, |resource| resource_id(resource, kind, principal));
        text(to, 3, id);
        to.extend(&self.behind);
    }
}

/// Writes a message as a field of another one.
fn nested(to: &mut Vec<u8>, tag: u32, write: impl FnOnce(&mut Vec<u8>)) {
    encode_key(tag, WireType::LengthDelimited, to);
    let start = to.len();
    write(to);
    // The length is known only now, and stands in front.
    let end = to.len();
    encode_varint((end - start) as u64, to);
    let length = to.len() - end;
    to[start..].rotate_right(length);
}

/// Writes a text. An empty one is left out, as the protocol has it.
fn text(to: &mut Vec<u8>, tag: u32, text: &str) {
    if !text.is_empty() {
        nested(to, tag, |to| to.extend(text.as_bytes()));
    }
}

/// Writes the id of a resource, as the first field of it.
fn resource_id(to: &mut Vec<u8>, kind: &str, id: &str) {
    nested(to, 1, |to| {
        text(to, 1, kind);
        text(to, 2, id);
    });
}

/// Returns the first field of a grant, its entitlement.
fn before(entitlement: &str, on: &contract::ResourceId) -> Vec<u8> {
    let mut before = Vec::new();
    nested(&mut before, 1, |of| {
        nested(of, 1, |resource| resource_id(resource, &on.kind, &on.id));
        text(of, 2, entitlement);
    });
    before
}

/// Writes an annotation of a grant.
fn annotation<M: Named>(to: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    nested(to, 4, |any| {
        nested(any, 1, |url| url.extend([Any::PREFIX, M::NAME].concat().as_bytes()));
        write(any);
    });
}

fn immutable(to: &mut Vec<u8>) {
    annotation::<GrantImmutable>(to, |_| {});
}

/// Returns the annotation with basis, conditions and extra, under the names that JSON Lines have.
fn metadata(from: &contract::Grant) -> Result<Vec<u8>, SinkError> {
    let conditions: Result<Vec<Kind>, _> = from.conditions.iter().map(|it| alternative(it, from)).collect();
    let conditions = conditions?;
    let extra = object(&from.extra, "extra", || from.entitlement.clone())?;
    let mut metadata = Vec::new();
    annotation::<GrantMetadata>(&mut metadata, |any| {
        nested(any, 2, |metadata| {
            nested(metadata, 1, |of| {
                let values = |list: &mut Vec<u8>| from.basis.iter().for_each(|it| basis(list, it));
                field(of, "basis", |value| nested(value, LIST, values));
                if !conditions.is_empty() {
                    let conditions = Value { kind: Some(list(conditions.into_iter())) };
                    field(of, "conditions", |value| value.extend(conditions.encode_to_vec()));
                }
                if !extra.is_empty() {
                    let extra = Value { kind: Some(Kind::Struct(extra.into())) };
                    field(of, "extra", |value| value.extend(extra.encode_to_vec()));
                }
            });
        });
    });
    Ok(metadata)
}

/// The numbers of a `Value`'s fields.
const NULL: u32 = 1;
const STRING: u32 = 3;
const STRUCT: u32 = 5;
const LIST: u32 = 6;

/// Writes a field of a `Struct`. Its fields come in the order of their names.
fn field(to: &mut Vec<u8>, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
    nested(to, 1, |entry| {
        text(entry, 1, name);
        nested(entry, 2, write);
    });
}

/// Writes a basis as a value of a list.
fn basis(to: &mut Vec<u8>, from: &Basis) {
    // A value that is there is written, though it is empty.
    let string = |text: &str, to: &mut Vec<u8>| nested(to, STRING, |to| to.extend(text.as_bytes()));
    nested(to, 1, |value| {
        nested(value, STRUCT, |of| {
            field(of, "rule", |to| string(&from.rule, to));
            field(of, "through", |to| match &from.through {
                Some(through) => nested(to, STRUCT, |of| {
                    field(of, "id", |to| string(&through.id, to));
                    field(of, "kind", |to| string(&through.kind, to));
                }),
                None => {
                    encode_key(NULL, WireType::Varint, to);
                    encode_varint(0, to);
                }
            });
            field(of, "value", |to| string(&from.value, to));
        });
    });
}

/// Returns the entitlements that a grant comes from, where user groups pass it on. Without a source,
/// baton takes a grant as a direct one.
fn sources(from: &contract::Grant) -> Option<GrantSources> {
    let passes_on = |of: &Basis| of.rule == Rule::UserGroup.word();
    let source = |of: &Basis| match passes_on(of) {
        true => format!("{}:{}:{MEMBER_SLUG}", model::Kind::UserGroup, of.value),
        false => from.entitlement.clone(),
    };
    // No user group is in another one.
    let of = |basis| (source(basis), GrantSource { is_direct: true });
    from.basis.iter().any(passes_on).then(|| GrantSources { sources: from.basis.iter().map(of).collect() })
}

fn alternative(of: &Alternative, grant: &contract::Grant) -> Result<Kind, SinkError> {
    let mut alternative = Struct::default();
    for (key, rules) in [("any_of", &of.any_of), ("all_of", &of.all_of), ("none_of", &of.none_of)] {
        let rules: Result<Vec<_>, _> =
            rules.iter().map(|rule| object(rule, "conditions", || grant.entitlement.clone())).collect();
        let rules = rules?.into_iter().map(|rule| Kind::Struct(rule.into()));
        alternative.fields.insert(key.to_owned(), Value { kind: Some(list(rules)) });
    }
    Ok(Kind::Struct(alternative))
}

fn list(items: impl Iterator<Item = Kind>) -> Kind {
    Kind::List(ListValue { values: items.map(|kind| Value { kind: Some(kind) }).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(kind: &str, id: &str) -> contract::ResourceId {
        contract::ResourceId { kind: kind.to_owned(), id: id.to_owned() }
    }

    fn grant(basis: Vec<Basis>) -> contract::Grant {
        contract::Grant {
            entitlement: "role:r1:assigned".to_owned(),
            principals: vec![id("member", "m1")],
            basis,
            conditions: Vec::new(),
            revocable: false,
            extra: "{}".to_owned(),
        }
    }

    fn because(rule: &str, value: &str) -> Basis {
        Basis { rule: rule.to_owned(), value: value.to_owned(), through: None }
    }

    #[test]
    fn a_grant_through_user_groups_has_them_as_sources() {
        let of = |rules: &[(&str, &str)]| {
            let grant = grant(rules.iter().map(|(rule, value)| because(rule, value)).collect());
            sources(&grant).map(|sources| sources.sources.into_keys().collect::<Vec<_>>())
        };
        assert_eq!(of(&[("role", "r1")]), None);
        let inherited = ["user-group:g1:member".to_owned(), "user-group:g2:member".to_owned()];
        assert_eq!(of(&[("user_group", "g2"), ("user_group", "g1")]).unwrap(), inherited);
        let both = ["role:r1:assigned".to_owned(), "user-group:g1:member".to_owned()];
        assert_eq!(of(&[("policy", "p1"), ("user_group", "g1")]).unwrap(), both);
    }

    #[test]
    fn a_grant_in_parts_has_the_bytes_of_one_that_is_encoded_at_once() {
        let through = Basis { through: Some(id("policy", "p1")), ..because("email", "") };
        let conditions = vec![Alternative {
            any_of: vec![r#"{"geo":{"country_code":"CH"}}"#.to_owned()],
            all_of: Vec::new(),
            none_of: vec![r#"{"ip":{"ip":"203.0.113.0/24"}}"#.to_owned()],
        }];
        // The length of a length: one, two and three bytes.
        let long = [50, 200, 20_000].map(|count| because("user_group", &"g".repeat(count)));
        let with_all =
            contract::Grant { conditions, extra: r#"{"expected":true}"#.to_owned(), ..grant(vec![]) };
        for grant in [grant(vec![through]), grant(long.to_vec()), grant(Vec::new()), with_all] {
            let on = id("role", "r1");
            let mut bytes = Vec::new();
            let shared = Shared::of(&grant, &on).unwrap();
            shared.whole("member", "of somebody else", "another id", &mut bytes);
            shared.whole("member", "m1", "role:r1:assigned:member:m1", &mut bytes);
            let whole = Grant::decode(bytes.as_slice()).unwrap();
            assert_eq!(whole.encode_to_vec(), bytes);
            let named = |id: &contract::ResourceId| Some(super::super::records::named_resource(id));
            assert_eq!(whole.principal, named(&grant.principals[0]));
            let entitlement = whole.entitlement.as_ref().unwrap();
            assert_eq!((&entitlement.resource, &entitlement.id), (&named(&on), &grant.entitlement));
            assert_eq!(whole.id, "role:r1:assigned:member:m1");
            let [metadata, immutable] = whole.annotations.as_slice() else { panic!("{whole:?}") };
            assert_eq!(*immutable, Any::of(&GrantImmutable {}));
            let metadata_of = GrantMetadata::decode(metadata.value.as_slice()).unwrap();
            assert_eq!(Any::of(&metadata_of), *metadata);
            let fields = metadata_of.metadata.unwrap().fields;
            let told: Vec<&str> = fields.keys().map(String::as_str).collect();
            let all = ["basis", "conditions", "extra"];
            assert_eq!(told, if grant.conditions.is_empty() { &all[..1] } else { &all[..] });
            let Some(Kind::List(basis)) = &fields["basis"].kind else { panic!("{fields:?}") };
            let expected = |of: &Basis| {
                let through = of.through.as_ref().map(|it| serde_json::json!({"kind": it.kind, "id": it.id}));
                Value::from(serde_json::json!({"rule": of.rule, "value": of.value, "through": through}))
            };
            assert_eq!(basis.values, grant.basis.iter().map(expected).collect::<Vec<_>>());
            assert_eq!(whole.sources.is_some(), grant.basis.iter().any(|of| of.rule == "user_group"));
        }
    }
}
