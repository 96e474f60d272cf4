//! The contract's records as baton's messages.

use super::super::baton::{Trait, shrinks};
use super::messages::{
    Aliases, Any, AppFlag, AppTrait, CapabilityPermission, CapabilityPermissions, Entitlement, GroupTrait,
    Purpose, Resource, ResourceId, ResourceStatus, ResourceType, RoleTrait, SecretTrait,
    SkipSyncAnomalyDetection, Status, Struct,
};
use super::people;
use super::resource_types::ResourceTypes;
use super::times;
use cloudflare_zero_trust::contract;
use cloudflare_zero_trust::output::SinkError;
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

/// Reads a text of the contract's that is a JSON object.
pub(super) fn object(
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
