//! The contract's records as baton's messages.

use super::super::baton::{Trait, shrinks};
use super::messages::{
    Aliases, Any, AppFlag, AppTrait, CapabilityPermission, CapabilityPermissions, Entitlement, Grant,
    GrantImmutable, GrantMetadata, GrantSource, GrantSources, GroupTrait, Kind, ListValue, Purpose, Resource,
    ResourceId, ResourceStatus, ResourceType, RoleTrait, SecretTrait, SkipSyncAnomalyDetection, Status,
    Struct, Value,
};
use super::people;
use super::resource_types::ResourceTypes;
use super::times;
use cloudflare_zero_trust::contract::{self, Alternative, Basis};
use cloudflare_zero_trust::kinds::MEMBER_SLUG;
use cloudflare_zero_trust::model;
use cloudflare_zero_trust::output::SinkError;
use cloudflare_zero_trust::roles::Rule;
use prost::Message;
use serde_json::Map;
use std::io;

type Json = serde_json::Value;

fn has_trait(of: &contract::ResourceType, wanted: Trait) -> bool {
    of.traits.iter().any(|word| Trait::of_word(word) == Some(wanted))
}

/// Returns a resource type as other messages refer to it.
pub(super) fn named(of: &contract::ResourceType) -> ResourceType {
    ResourceType {
        id: of.id.clone(),
        display_name: of.display_name.clone(),
        traits: of.traits.iter().filter_map(|word| Trait::of_word(word)).map(|of| of as i32).collect(),
        annotations: Vec::new(),
    }
}

pub(super) fn resource_type(of: &contract::ResourceType) -> ResourceType {
    let permission = |of: &contract::Permission| CapabilityPermission { permission: of.name.clone() };
    let permissions = CapabilityPermissions { permissions: of.permissions.iter().map(permission).collect() };
    let mut annotations = vec![Any::of(&permissions)];
    if shrinks(&of.id) {
        annotations.push(Any::of(&SkipSyncAnomalyDetection {}));
    }
    ResourceType { annotations, ..named(of) }
}

impl From<&contract::ResourceId> for ResourceId {
    fn from(id: &contract::ResourceId) -> Self {
        ResourceId { resource_type: id.kind.clone(), resource: id.id.clone() }
    }
}

pub(super) fn named_resource(id: &contract::ResourceId) -> Resource {
    Resource { id: Some(id.into()), ..Resource::default() }
}

/// Converts a resource. Profile, status and the time at which it was made are in the trait, and also in the
/// resource itself, where baton keeps the first two since its SDK 0.20: readers find them in either place.
pub(super) fn resource(
    from: &contract::Resource,
    of: Option<&contract::ResourceType>,
) -> Result<Resource, SinkError> {
    let mut profile = object(&from.profile, "profile", || format!("{}:{}", from.id.kind, from.id.id))?;
    let has = |wanted| of.is_some_and(|of| has_trait(of, wanted));
    let mut status = None;
    let mut annotations = Vec::new();
    let aliases = people::aliases(&from.id, &profile);
    if !aliases.is_empty() {
        annotations.push(Any::of(&Aliases { ids: aliases }));
    }
    if has(Trait::User) || from.account.is_some() {
        people::complete_profile(&mut profile, from);
        let user = people::user_trait(from.account.as_ref(), &profile);
        status.clone_from(&user.status);
        annotations.push(Any::of(&user));
    }
    if has(Trait::Group) {
        annotations.push(Any::of(&GroupTrait { profile: Some(profile.clone().into()) }));
    }
    if has(Trait::Role) {
        annotations.push(Any::of(&RoleTrait { profile: Some(profile.clone().into()) }));
    }
    if has(Trait::App) {
        annotations.push(Any::of(&app_trait(&profile)));
    }
    if has(Trait::Secret) {
        annotations.push(Any::of(&secret_trait(&profile)));
        // The trait has no field for it.
        status = profile.get("enabled").and_then(Json::as_bool).map(|is_enabled| {
            let status = if is_enabled { ResourceStatus::Enabled } else { ResourceStatus::Disabled };
            Status { status: status.into(), details: String::new() }
        });
    }
    Ok(Resource {
        id: Some((&from.id).into()),
        parent_resource_id: from.parent.as_ref().map(Into::into),
        display_name: from.display_name.clone(),
        annotations,
        created_at: times::created(&profile),
        profile: Some(profile.into()),
        status,
    })
}

/// Converts an application's profile. The flags are those that Cloudflare's fields answer.
fn app_trait(profile: &Map<String, Json>) -> AppTrait {
    let is = |key: &str, value: Json| profile.get(key) == Some(&value);
    let known = [
        (AppFlag::Hidden, is("app_launcher_visible", false.into())),
        (AppFlag::Bookmark, is("type", "bookmark".into())),
    ];
    let flags = known.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag.into()));
    AppTrait { profile: Some(profile.clone().into()), flags: flags.collect() }
}

/// Converts the profile of a secret. Nobody owns a service token, so the trait's fields for an
/// identity stay empty.
fn secret_trait(profile: &Map<String, Json>) -> SecretTrait {
    SecretTrait {
        profile: Some(profile.clone().into()),
        created_at: times::created(profile),
        expires_at: times::of_profile(profile, "expires_at"),
        last_used_at: times::of_profile(profile, "last_seen_at"),
    }
}

/// Converts an entitlement. Of the resource that it is held on, only the fields that name it are
/// kept. No message of baton's has a place for `extra`, so it is a plain object among the annotations.
pub(super) fn entitlement(
    from: &contract::Entitlement,
    on: Option<Resource>,
    resource_types: &ResourceTypes,
) -> Result<Entitlement, SinkError> {
    let grantable_to = |kind: &String| match resource_types.find(kind) {
        Some(of) => named(of),
        None => ResourceType { id: kind.clone(), ..ResourceType::default() },
    };
    let on = on.map(|on| Resource {
        annotations: Vec::new(),
        profile: None,
        status: None,
        created_at: None,
        ..on
    });
    let extra = object(&from.extra, "extra", || from.id.clone())?;
    Ok(Entitlement {
        resource: Some(on.unwrap_or_else(|| named_resource(&from.on))),
        id: from.id.clone(),
        display_name: from.display_name.clone(),
        description: from.description.clone(),
        grantable_to: from.grantable_to.iter().map(grantable_to).collect(),
        annotations: if extra.is_empty() { Vec::new() } else { vec![Any::of(&Struct::from(extra))] },
        purpose: Purpose::Assignment.into(),
        slug: from.slug.clone(),
    })
}

/// A grant without its principal and its id, encoded once for all who hold it. There can be a million
/// holders, so a grant refers to the entitlement and the principal by their ids alone.
pub(super) struct Shared {
    before: Vec<u8>,
    behind: Vec<u8>,
}

impl Shared {
    pub(super) fn of(from: &contract::Grant, on: &contract::ResourceId) -> Result<Shared, SinkError> {
        let metadata = GrantMetadata { metadata: Some(metadata(from)?) };
        let mut annotations = vec![Any::of(&metadata)];
        if !from.revocable {
            annotations.push(Any::of(&GrantImmutable {}));
        }
        let entitlement = Entitlement {
            resource: Some(named_resource(on)),
            id: from.entitlement.clone(),
            ..Entitlement::default()
        };
        let before = Grant { entitlement: Some(entitlement), ..Grant::default() };
        let behind = Grant { annotations, sources: sources(from), ..Grant::default() };
        Ok(Shared { before: before.encode_to_vec(), behind: behind.encode_to_vec() })
    }

    /// Returns the whole grant, encoded. The fields stand in the order of their numbers, as if it were
    /// encoded at once: entitlement, principal, id, annotations, sources.
    pub(super) fn whole(&self, principal: &contract::ResourceId, id: &str) -> Vec<u8> {
        let own = Grant { principal: Some(named_resource(principal)), id: id.to_owned(), ..Grant::default() };
        [&self.before[..], &own.encode_to_vec(), &self.behind].concat()
    }
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

/// Converts basis, conditions and extra, under the names that JSON Lines have.
fn metadata(from: &contract::Grant) -> Result<Struct, SinkError> {
    let mut metadata = Struct::default();
    let mut add = |key: &str, kind| metadata.fields.insert(key.to_owned(), Value { kind: Some(kind) });
    add("basis", list(from.basis.iter().map(basis)));
    if !from.conditions.is_empty() {
        let alternatives = from.conditions.iter().map(|it| alternative(it, from));
        add("conditions", list(alternatives.collect::<Result<Vec<_>, _>>()?.into_iter()));
    }
    let extra = object(&from.extra, "extra", || from.entitlement.clone())?;
    if !extra.is_empty() {
        add("extra", Kind::Struct(extra.into()));
    }
    Ok(metadata)
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

fn basis(from: &Basis) -> Kind {
    let text = |text: &String| Kind::String(text.clone());
    let through = from
        .through
        .as_ref()
        .map_or(Kind::Null(0), |through| fields([("kind", text(&through.kind)), ("id", text(&through.id))]));
    fields([("rule", text(&from.rule)), ("value", text(&from.value)), ("through", through)])
}

fn fields<const N: usize>(fields: [(&str, Kind); N]) -> Kind {
    let field = |(key, kind): (&str, Kind)| (key.to_owned(), Value { kind: Some(kind) });
    Kind::Struct(Struct { fields: fields.into_iter().map(field).collect() })
}

fn object(
    text: &str,
    field: &'static str,
    of: impl FnOnce() -> String,
) -> Result<Map<String, Json>, SinkError> {
    serde_json::from_str(text).map_err(|error| SinkError::NotJson {
        field,
        of: of(),
        reason: error.to_string(),
    })
}

/// Reads the resource that an entitlement is held on out of its id, `<kind>:<resource id>:<slug>`.
/// Only the resource's id may contain colons.
pub(super) fn held_on(entitlement: &str) -> io::Result<contract::ResourceId> {
    let parts = entitlement.split_once(':').and_then(|(kind, rest)| Some((kind, rest.rsplit_once(':')?.0)));
    match parts {
        Some((kind, id)) => Ok(contract::ResourceId { kind: kind.to_owned(), id: id.to_owned() }),
        None => {
            let problem = format!("the connector gave an entitlement's id that is none: {entitlement:?}");
            Err(io::Error::new(io::ErrorKind::InvalidData, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples;
    use super::*;

    #[test]
    fn a_grant_through_user_groups_has_them_as_sources() {
        let of = |rules: &[(&str, &str)]| {
            let basis = |&(rule, value): &(&str, &str)| Basis {
                rule: rule.to_owned(),
                value: value.to_owned(),
                through: None,
            };
            let grant = contract::Grant {
                entitlement: "role:r1:assigned".to_owned(),
                principals: Vec::new(),
                basis: rules.iter().map(basis).collect(),
                conditions: Vec::new(),
                revocable: false,
                extra: "{}".to_owned(),
            };
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
        let id = |kind: &str, id: &str| contract::ResourceId { kind: kind.to_owned(), id: id.to_owned() };
        let basis = Basis { rule: "user_group".to_owned(), value: "g1".to_owned(), through: None };
        let grant = contract::Grant {
            entitlement: "role:r1:assigned".to_owned(),
            principals: vec![id("member", "m1")],
            basis: vec![basis],
            conditions: Vec::new(),
            revocable: false,
            extra: "{}".to_owned(),
        };
        let shared = Shared::of(&grant, &id("role", "r1")).unwrap();
        let bytes = shared.whole(&grant.principals[0], "role:r1:assigned:member:m1");
        let whole = Grant::decode(bytes.as_slice()).unwrap();
        assert_eq!(whole.encode_to_vec(), bytes);
        assert_eq!(whole.principal, Some(named_resource(&grant.principals[0])));
        assert_eq!((whole.id.as_str(), whole.annotations.len()), ("role:r1:assigned:member:m1", 2));
        assert!(whole.entitlement.is_some() && whole.sources.is_some());
    }

    #[test]
    fn a_secret_says_when_it_was_made_and_used_and_when_it_ends() {
        let profile = |json: Json| json.as_object().unwrap().clone();
        let secret = secret_trait(&profile(serde_json::json!({
            "created_at": "1970-01-01T00:00:01Z", "expires_at": "1970-01-01T00:00:03Z",
            "last_seen_at": "1970-01-01T00:00:02Z",
        })));
        let times = [secret.created_at, secret.last_used_at, secret.expires_at];
        assert_eq!(times.map(|time| time.unwrap().seconds), [1, 2, 3]);
        for no_time in [serde_json::json!("0001-01-01T00:00:00Z"), serde_json::json!(7), Json::Null] {
            let secret = secret_trait(&profile(serde_json::json!({ "expires_at": no_time })));
            assert_eq!(secret.expires_at, None, "{no_time}");
        }
    }

    #[test]
    fn an_application_has_the_flags_that_cloudflare_tells() {
        for (profile, flags) in [
            (serde_json::json!({ "type": "bookmark", "app_launcher_visible": false }), vec![1, 5]),
            (serde_json::json!({ "type": "saas", "app_launcher_visible": true }), vec![]),
            (serde_json::json!({}), vec![]),
        ] {
            assert_eq!(app_trait(profile.as_object().unwrap()).flags, flags, "{profile}");
        }
    }

    #[test]
    fn what_an_entitlement_is_held_on_may_have_colons_in_its_id() {
        for (id, kind, on) in [("group:g1:member", "group", "g1"), ("app:a:b:c:owner", "app", "a:b:c")] {
            let held = held_on(id).unwrap();
            assert_eq!((held.kind.as_str(), held.id.as_str()), (kind, on));
        }
        for id in ["", "group", "group:member"] {
            assert!(held_on(id).is_err(), "{id}");
        }
    }

    #[test]
    fn what_is_no_object_is_an_error_that_says_where() {
        let bad = contract::Resource { profile: "[]".to_owned(), ..samples::group("g1", "One") };
        let error = resource(&bad, None).unwrap_err().to_string();
        assert!(error.contains("profile of group:g1"), "{error}");
    }
}
