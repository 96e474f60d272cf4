//! Conversions between the core's types and the contract's, for reads and the manifest.

use super::{connection, sync, types};
use crate::cloudflare::endpoint::POLICIES_TEST;
use crate::cloudflare::permission;
use crate::error::{Error, ErrorKind};
use crate::json::Object;
use crate::kinds;
use crate::lifecycle::{STEP_TYPES, StepType};
use crate::model::{self, Kind};
use crate::settings::manifest;
use crate::validate::{Check, Right, Validation};

/// An empty JSON object.
const NOTHING: &str = "{}";

impl From<Error> for types::Error {
    fn from(error: Error) -> Self {
        let error = error.into_failure();
        types::Error {
            kind: error.kind.into(),
            message: error.message,
            code: error.code,
            http_status: error.http_status,
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
            about: error.about,
            details: error.details,
        }
    }
}

impl From<ErrorKind> for types::ErrorKind {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidSettings => Self::InvalidSettings,
            ErrorKind::InvalidArgument => Self::InvalidArgument,
            ErrorKind::InvalidCursor => Self::InvalidCursor,
            ErrorKind::Unauthenticated => Self::Unauthenticated,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::Conflict => Self::Conflict,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Indeterminate => Self::Indeterminate,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::InvalidResponse => Self::InvalidResponse,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::Internal => Self::Internal,
        }
    }
}

impl From<model::ResourceId> for types::ResourceId {
    fn from(id: model::ResourceId) -> Self {
        Self { kind: id.kind.as_str().to_owned(), id: id.id }
    }
}

impl From<model::Account> for types::Account {
    fn from(account: model::Account) -> Self {
        let status = match account.status {
            model::AccountStatus::Enabled => types::AccountStatus::Enabled,
            model::AccountStatus::Disabled => types::AccountStatus::Disabled,
            model::AccountStatus::Pending => types::AccountStatus::Pending,
            model::AccountStatus::Unknown => types::AccountStatus::Unknown,
        };
        Self { email: account.email, login: account.login, status, last_login: account.last_login }
    }
}

impl From<model::Resource> for types::Resource {
    fn from(resource: model::Resource) -> Self {
        Self {
            id: resource.id.into(),
            parent: resource.parent.map(Into::into),
            display_name: resource.display_name,
            account: resource.account.map(Into::into),
            profile: resource.profile,
        }
    }
}

impl From<model::Entitlement> for types::Entitlement {
    fn from(entitlement: model::Entitlement) -> Self {
        Self {
            id: entitlement.id,
            on: entitlement.on.into(),
            slug: entitlement.slug.to_owned(),
            display_name: entitlement.display_name,
            description: entitlement.description,
            grantable_to: entitlement.grantable_to.iter().map(ToString::to_string).collect(),
            extra: entitlement.extra,
        }
    }
}

impl From<model::Alternative> for types::Alternative {
    fn from(alternative: model::Alternative) -> Self {
        Self { any_of: alternative.any_of, all_of: alternative.all_of, none_of: alternative.none_of }
    }
}

impl From<model::Grant> for types::Grant {
    fn from(grant: model::Grant) -> Self {
        let basis = grant.basis.into_iter().map(|basis| types::Basis {
            rule: basis.rule,
            value: basis.value,
            through: basis.through.map(Into::into),
        });
        Self {
            entitlement: grant.entitlement,
            principals: grant.principals.into_iter().map(Into::into).collect(),
            basis: basis.collect(),
            conditions: grant.conditions.into_iter().map(Into::into).collect(),
            revocable: grant.revocable,
            extra: grant.extra,
        }
    }
}

impl From<model::Warning> for types::Warning {
    fn from(warning: model::Warning) -> Self {
        Self {
            code: warning.code.word().to_owned(),
            about: warning.about.map(Into::into),
            message: warning.message,
            incomplete: warning.incomplete,
        }
    }
}

impl From<model::RateLimit> for types::RateLimit {
    fn from(limit: model::RateLimit) -> Self {
        Self { remaining: limit.remaining, resets_in_ms: limit.resets_in_ms }
    }
}

impl From<model::Page> for sync::Page {
    fn from(page: model::Page) -> Self {
        Self {
            resources: page.resources.into_iter().map(Into::into).collect(),
            entitlements: page.entitlements.into_iter().map(Into::into).collect(),
            grants: page.grants.into_iter().map(Into::into).collect(),
            warnings: page.warnings.into_iter().map(Into::into).collect(),
            progress: sync::Progress {
                phase: page.progress.phase.to_owned(),
                done: page.progress.done,
                total: page.progress.total,
            },
            requests: page.requests,
            rate_limit: page.rate_limit.map(Into::into),
            next: page.next,
        }
    }
}

impl From<Validation> for connection::Validation {
    fn from(validation: Validation) -> Self {
        Self {
            checks: validation.checks.into_iter().map(Into::into).collect(),
            steps: validation
                .steps
                .into_iter()
                .map(|(step, right)| connection::StepCheck { step: step.to_owned(), right: right.into() })
                .collect(),
            warnings: validation.warnings.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Check> for connection::Check {
    fn from(check: Check) -> Self {
        Self {
            resource_type: check.kind.to_string(),
            read: check.read.map_err(Into::into),
            change: check.change.map(Into::into),
        }
    }
}

impl From<Right> for connection::Right {
    fn from(right: Right) -> Self {
        match right {
            Right::Granted => Self::Granted,
            Right::Missing(error) => Self::Missing(error.into()),
            Right::Unknown(error) => Self::Unknown(error.into()),
        }
    }
}

/// The manifest, in the contract's types.
pub fn manifest() -> connection::Manifest {
    connection::Manifest {
        id: manifest::ID.to_owned(),
        display_name: manifest::DISPLAY_NAME.to_owned(),
        version: manifest::VERSION.to_owned(),
        documentation_url: manifest::DOCUMENTATION_URL.to_owned(),
        origins: vec![manifest::ORIGIN.to_owned()],
        fields: manifest::FIELDS.iter().map(field).collect(),
        auth_methods: manifest::AUTH_METHODS.iter().map(auth_method).collect(),
        resource_types: Kind::ALL.map(resource_type).into(),
        steps: STEP_TYPES.iter().filter(|_| manifest::MANAGES).map(step_type).collect(),
        extra: extra(),
    }
}

/// The permission that a comparison takes: it is for no kind and no step.
fn extra() -> String {
    if !manifest::PROVISIONS {
        return NOTHING.to_owned();
    }
    let permission = Object::default().with_text("permission", Some(POLICIES_TEST));
    Object::default().with("verification", &permission.end()).end()
}

fn field(field: &manifest::Field) -> connection::Field {
    connection::Field {
        id: field.id.to_owned(),
        label: field.label.to_owned(),
        help: field.help.to_owned(),
        format: field.format.as_str().to_owned(),
        choices: Vec::new(),
        secret: field.secret,
        required: field.required,
        default: field.default.map(str::to_owned),
        operator_only: field.operator_only,
    }
}

fn auth_method(method: &manifest::AuthMethod) -> connection::AuthMethod {
    connection::AuthMethod {
        id: method.id.to_owned(),
        label: method.label.to_owned(),
        help: method.help.to_owned(),
        fields: method.fields.iter().map(field).collect(),
    }
}

fn resource_type(kind: Kind) -> connection::ResourceType {
    let row = kinds::row(kind);
    connection::ResourceType {
        id: kind.to_string(),
        display_name: row.display_name.to_owned(),
        traits: row.traits.iter().map(|&word| word.to_owned()).collect(),
        can_sync: true,
        opt_in: row.is_opt_in,
        can_provision: row.can_provision() && manifest::PROVISIONS,
        permissions: row
            .permissions
            .iter()
            .filter(|of| manifest::PROVISIONS || !of.provision_only)
            .map(|of| needed(of.name, of.provision_only, of.without))
            .collect(),
    }
}

fn step_type(step: &StepType) -> connection::StepType {
    connection::StepType {
        id: step.id.to_owned(),
        display_name: step.display_name.to_owned(),
        resource_types: step.permissions.iter().map(|(kind, _)| kind.to_string()).collect(),
        permissions: step.permissions.iter().map(|(_, name)| needed(name, true, "")).collect(),
    }
}

fn needed(name: &str, provision_only: bool, without: &str) -> connection::Permission {
    connection::Permission {
        name: name.to_owned(),
        also: permission::also(name).iter().map(|&name| name.to_owned()).collect(),
        provision_only,
        without: without.to_owned(),
    }
}
