//! The contract's records as JSON objects, their fields in snake_case.

use super::error::error_kind;
use super::json::object;
use super::names::{grant_name, resource_name};
use super::sink::SinkError;
use crate::contract::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Error, Grant, Resource, ResourceId, Warning,
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A record on a line of its own. Grants have their own way: [`super::grant_lines`].
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Resource {
        id: IdLine<'a>,
        parent: Option<IdLine<'a>>,
        display_name: &'a str,
        account: Option<AccountLine<'a>>,
        profile: Cow<'a, RawValue>,
    },
    Entitlement {
        id: &'a str,
        on: IdLine<'a>,
        slug: &'a str,
        display_name: &'a str,
        description: &'a str,
        grantable_to: &'a [String],
        extra: Cow<'a, RawValue>,
    },
    Warning {
        code: &'a str,
        about: Option<IdLine<'a>>,
        message: &'a str,
        incomplete: bool,
    },
}

#[derive(Serialize)]
pub(crate) struct IdLine<'a> {
    kind: &'a str,
    id: &'a str,
}

#[derive(Serialize)]
pub(crate) struct AccountLine<'a> {
    email: Option<&'a str>,
    login: Option<&'a str>,
    status: &'static str,
    last_login: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct BasisLine<'a> {
    rule: &'a str,
    value: &'a str,
    through: Option<IdLine<'a>>,
}

#[derive(Serialize)]
pub(super) struct AlternativeLine<'a> {
    any_of: Vec<Cow<'a, RawValue>>,
    all_of: Vec<Cow<'a, RawValue>>,
    none_of: Vec<Cow<'a, RawValue>>,
}

/// The fields of an error. An object that embeds them says by its `type` that it is one.
#[derive(Serialize)]
pub(crate) struct ErrorFields<'a> {
    kind: &'static str,
    message: &'a str,
    code: Option<&'a str>,
    http_status: Option<u16>,
    retryable: bool,
    retry_after_ms: Option<u32>,
    about: Option<&'a str>,
    /// None if the details are no JSON object: the rest of the error must still be reported.
    details: Option<Cow<'a, RawValue>>,
}

impl<'a> Line<'a> {
    pub(super) fn of_resource(resource: &'a Resource) -> Result<Self, SinkError> {
        Ok(Line::Resource {
            id: (&resource.id).into(),
            parent: resource.parent.as_ref().map(Into::into),
            display_name: &resource.display_name,
            account: resource.account.as_ref().map(Into::into),
            profile: object(&resource.profile, "profile", || resource_name(&resource.id))?,
        })
    }

    pub(super) fn of_entitlement(entitlement: &'a Entitlement) -> Result<Self, SinkError> {
        Ok(Line::Entitlement {
            id: &entitlement.id,
            on: (&entitlement.on).into(),
            slug: &entitlement.slug,
            display_name: &entitlement.display_name,
            description: &entitlement.description,
            grantable_to: &entitlement.grantable_to,
            extra: object(&entitlement.extra, "extra", || entitlement.id.clone())?,
        })
    }

    pub(crate) fn of_warning(warning: &'a Warning) -> Self {
        Line::Warning {
            code: &warning.code,
            about: warning.about.as_ref().map(Into::into),
            message: &warning.message,
            incomplete: warning.incomplete,
        }
    }
}

impl<'a> AlternativeLine<'a> {
    /// Returns the alternatives of a grant; `None` where it holds always.
    pub(super) fn all(grant: &'a Grant) -> Result<Option<Vec<Self>>, SinkError> {
        Self::all_of(&grant.conditions, || grant_name(grant))
    }

    /// Returns alternatives; `None` if there are no conditions. `of` names what has them.
    pub(super) fn all_of(
        conditions: &'a [Alternative],
        of: impl Fn() -> String + Copy,
    ) -> Result<Option<Vec<Self>>, SinkError> {
        if conditions.is_empty() {
            return Ok(None);
        }
        conditions.iter().map(|alternative| Self::of(alternative, of)).collect::<Result<_, _>>().map(Some)
    }

    fn of(alternative: &'a Alternative, of: impl Fn() -> String + Copy) -> Result<Self, SinkError> {
        let objects = |rules: &'a [String]| -> Result<Vec<Cow<'a, RawValue>>, SinkError> {
            rules.iter().map(|rule| object(rule, "conditions", of)).collect()
        };
        Ok(AlternativeLine {
            any_of: objects(&alternative.any_of)?,
            all_of: objects(&alternative.all_of)?,
            none_of: objects(&alternative.none_of)?,
        })
    }
}

impl<'a> From<&'a ResourceId> for IdLine<'a> {
    fn from(id: &'a ResourceId) -> Self {
        IdLine { kind: &id.kind, id: &id.id }
    }
}

impl<'a> From<&'a Account> for AccountLine<'a> {
    fn from(account: &'a Account) -> Self {
        AccountLine {
            email: account.email.as_deref(),
            login: account.login.as_deref(),
            status: status(account.status),
            last_login: account.last_login.as_deref(),
        }
    }
}

impl<'a> From<&'a Basis> for BasisLine<'a> {
    fn from(basis: &'a Basis) -> Self {
        BasisLine { rule: &basis.rule, value: &basis.value, through: basis.through.as_ref().map(Into::into) }
    }
}

impl<'a> From<&'a Error> for ErrorFields<'a> {
    fn from(error: &'a Error) -> Self {
        ErrorFields {
            kind: error_kind(error.kind),
            message: &error.message,
            code: error.code.as_deref(),
            http_status: error.http_status,
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
            about: error.about.as_deref(),
            details: object(&error.details, "details", String::new).ok(),
        }
    }
}

/// Returns the contract's word for an account's status.
pub(super) fn status(status: AccountStatus) -> &'static str {
    match status {
        AccountStatus::Enabled => "enabled",
        AccountStatus::Disabled => "disabled",
        AccountStatus::Pending => "pending",
        AccountStatus::Unknown => "unknown",
    }
}
