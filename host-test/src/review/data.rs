//! The data of a review: what the page shows, as columns.

use super::columns::Writer;
use super::findings::Finding;
use super::head::Head;
use super::kinds::{self, APP, GROUP, KINDS, POLICY, PROVIDER, ROLE, TOKEN, USER_GROUP, kind};
use super::policy::is_for_whoever_logs_in;
use super::review::Review;
use super::since::Changes;
use super::thing::Thing;
use cloudflare_zero_trust::contract::{Alternative, Resource, ResourceId};
use cloudflare_zero_trust::output::is_public;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Lays a review out as columns.
pub(crate) fn lay_out(review: &Review, findings: &[Finding], changes: &Changes, head: &Head) -> Vec<u8> {
    let mut to = Writer::default();
    people(review, &mut to);
    resources(review, &mut to);
    entitlements(review, &mut to);
    grants(review, &mut to);
    for finding in findings {
        to.delta(&format!("finding.{}", finding.id), finding.rows.iter().copied());
    }
    changes.write(&mut to);
    to.finish(head.to_json(review, findings, changes))
}

/// Marks a row number that may be none: 0 is none.
fn or_none(place: Option<u32>) -> u32 {
    place.map_or(0, |place| place + 1)
}

fn people(review: &Review, to: &mut Writer) {
    to.text("person.address", review.people.iter().map(|it| it.address.as_str()));
    to.text("person.name", review.people.iter().map(|it| it.name.as_str()));
}

fn resources(review: &Review, to: &mut Writer) {
    let things = || review.things.iter();
    to.u8("resource.kind", things().map(|it| it.kind));
    to.text("resource.id", things().map(|it| &*it.id));
    to.text("resource.name", things().map(|it| &*it.name));
    to.u32("resource.person", review.person_of.iter().map(|of| or_none(*of)));
    to.text("resource.email", things().map(|it| &*it.email));
    to.u8("resource.status", things().map(|it| it.status as u8));
    to.u32("resource.last_login", things().map(|it| it.last_login));
    to.u32("resource.created", things().map(|it| it.created));
    to.u8("resource.two_factor", things().map(|it| it.two_factor as u8));
    to.u8("resource.seat", things().map(|it| it.seat as u8));
    to.u32("resource.parent", things().map(|it| or_none(it.parent)));
    to.words("resource.profile", things().map(|it| &*it.profile));
    let says: Vec<String> = things().map(|thing| says(review, thing)).collect();
    to.words("resource.says", says.iter().map(String::as_str));
}

fn entitlements(review: &Review, to: &mut Writer) {
    let all = || review.entitlements.iter();
    to.u32("entitlement.on", review.held_on.iter().copied());
    to.words("entitlement.slug", all().map(|it| it.slug.as_str()));
    to.text("entitlement.id", all().map(|it| it.id.as_str()));
    to.text("entitlement.name", all().map(|it| it.display_name.as_str()));
    let can_change = |kind: &str| {
        let types = &manifest().resource_types;
        types.iter().any(|of| of.id == kind && of.can_provision)
    };
    let changeable: Vec<&str> = KINDS.iter().map(|kind| kind.id).filter(|kind| can_change(kind)).collect();
    let is_changeable = |kind: &str| changeable.contains(&kind);
    to.u8("entitlement.provision", all().map(|it| u8::from(is_changeable(&it.on.kind))));
    let open: Vec<String> = all()
        .zip(&review.held_on)
        .map(|(entitlement, on)| {
            let app = review.thing(*on).filter(|thing| thing.kind == APP).map(resource);
            app.map(|app| review.wording.openings(entitlement, &app).join("\n")).unwrap_or_default()
        })
        .collect();
    to.words("entitlement.open", open.iter().map(String::as_str));
    to.u8("entitlement.public", all().map(|it| u8::from(is_public(it))));
    to.u8("entitlement.anyone", all().map(|it| u8::from(is_for_whoever_logs_in(&it.extra))));
}

fn manifest() -> cloudflare_zero_trust::contract::Manifest {
    cloudflare_zero_trust::contract::manifest()
}

fn grants(review: &Review, to: &mut Writer) {
    let all = || review.reasons.iter();
    to.u32("reason.entitlement", all().map(|it| it.entitlement));
    to.u8("reason.revocable", all().map(|it| u8::from(it.is_revocable)));
    to.u8("reason.kind", all().map(|it| it.kind));
    to.words("reason.basis", all().map(|it| it.basis.as_str()));
    to.words("reason.conditions", all().map(|it| it.conditions.as_str()));
    to.words("reason.expected", all().map(|it| it.expected.as_str()));
    to.words("reason.denied", all().map(|it| it.denied.as_str()));
    to.words("reason.instead", all().map(|it| it.instead.as_str()));
    to.u32("reason.mark", all().map(|it| it.mark));
    to.u32("reason.first", all().map(|it| it.first));
    to.u32("reason.count", all().map(|it| it.count));
    to.delta("grant.principal", review.grants.iter().copied());
}

/// Returns a thing as the resource that it was, without what isn't kept.
fn resource(thing: &Thing) -> Resource {
    Resource {
        id: ResourceId { kind: kind(thing.kind).id.to_owned(), id: thing.id.to_string() },
        parent: None,
        display_name: thing.name.to_string(),
        account: None,
        profile: thing.profile.to_string(),
    }
}

/// Rules of a group.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Rules {
    include: Vec<Box<RawValue>>,
    require: Vec<Box<RawValue>>,
    exclude: Vec<Box<RawValue>>,
}

/// Says in words what something is or does that is no person.
fn says(review: &Review, thing: &Thing) -> String {
    let text = |key: &str| {
        let profile: Value = serde_json::from_str(&thing.profile).unwrap_or_default();
        profile.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    match thing.kind {
        PROVIDER => text("type"),
        GROUP => {
            let rules: Rules = serde_json::from_str(&thing.profile).unwrap_or_default();
            let texts = |rules: Vec<Box<RawValue>>| rules.iter().map(|it| it.get().to_owned()).collect();
            let rules = Alternative {
                any_of: texts(rules.include),
                all_of: texts(rules.require),
                none_of: texts(rules.exclude),
            };
            review.wording.rules(&rules)
        }
        POLICY => match review.wording.policy(&thing.profile) {
            (action, rules) if rules.is_empty() => action,
            (action, rules) => format!("{action}: {rules}"),
        },
        APP => {
            let app = resource(thing);
            let policies = review.wording.policies_of(&app).into_iter();
            let policies =
                policies.map(|(id, does)| format!("{does} {}", review.wording.name("policy", &id)));
            let parts = [review.wording.application(&app), policies.collect::<Vec<_>>().join(", then ")];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(". Policies: ")
        }
        ROLE => text("description"),
        USER_GROUP => review.wording.account_policies(&thing.profile).join("; "),
        TOKEN => {
            let day = |time: String| time.split('T').next().unwrap_or_default().to_owned();
            let enabled = if thing.profile.contains(r#""enabled":false"#) { "disabled, " } else { "" };
            match (super::thing::seconds(&text("expires_at")), super::thing::seconds(&text("last_seen_at"))) {
                (0, _) if text("expires_at").is_empty() => format!("{enabled}its end isn't told"),
                (0, _) => format!("{enabled}never expires"),
                _ => format!("{enabled}expires {}", day(text("expires_at"))),
            }
        }
        kinds::SCOPED_ROLE => String::new(),
        _ => String::new(),
    }
}
