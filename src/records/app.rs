//! Access applications, and who reaches them.

use super::{alternative, extra, ids};
use crate::apps::{Access, Gate};
use crate::cloudflare::app::App;
use crate::kinds;
use crate::model::{Basis, Entitlement, Grant, Kind, Resource, ResourceId};

/// Returns the application as a resource.
pub fn resource(app: &App) -> Resource {
    Resource {
        id: ResourceId::new(Kind::App, app.id.as_str()),
        parent: None,
        display_name: app.name.as_deref().unwrap_or(app.id.as_str()).to_owned(),
        account: None,
        profile: app.profile.clone(),
    }
}

/// Returns the entitlement on the application with this id and name, if it is known what there is to
/// hold. `extra` says what opens it to nobody in particular.
pub fn entitlement(id: &str, name: &str, gate: Gate, extra: String) -> Option<Entitlement> {
    let slug = gate.slug()?;
    let (held, description) = match gate {
        Gate::Visible | Gate::ShownToAll => {
            ("Sees", "The application is shown. Nothing is protected by that: its address may be open.")
        }
        Gate::WhoeverLogsIn => ("Access to", "Whoever logs in has access."),
        _ => ("Access to", "The application's policies let the holder in."),
    };
    Some(Entitlement {
        id: ids::with_slug(Kind::App, id, slug),
        on: ResourceId::new(Kind::App, id),
        slug,
        display_name: [held, name].join(" "),
        description: description.to_owned(),
        grantable_to: kinds::row(Kind::App).holders(),
        extra,
    })
}

/// Returns the id of the entitlement on the application with this id, if it is known what there is to
/// hold.
pub fn entitlement_id(id: &str, gate: Gate) -> Option<String> {
    gate.slug().map(|slug| ids::with_slug(Kind::App, id, slug))
}

/// Returns the grant that lets a principal reach an application. A change of it is one of the groups, or
/// of the policies, that let the principal in.
pub fn grant(principal: &ResourceId, access: &Access<'_>) -> Grant {
    let basis = access.basis.iter().map(|through| Basis {
        rule: through.rule.to_owned(),
        value: through.value.to_owned(),
        through: Some(ResourceId::new(Kind::Policy, through.policy)),
    });
    Grant {
        entitlement: ids::with_slug(Kind::App, access.id, access.slug),
        principals: vec![principal.clone()],
        basis: basis.collect(),
        conditions: access.alternatives.iter().map(alternative).collect(),
        revocable: false,
        extra: extra(access.expected.as_ref()),
    }
}
