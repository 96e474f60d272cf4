//! The contract's types. They are those that the connector's own command line writes out, so that
//! both write the same; what wasmtime generates from `wit/` has the same fields, and becomes these
//! as it comes in.

mod generated {
    #![allow(missing_docs, reason = "the WIT files carry the documentation")]
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "connector",
        exports: { default: async },
    });
}

pub use cloudflare_zero_trust::contract::{
    Account, AccountStatus, AuthMethod, Basis, Change, Check, Conditions, Entitlement, Error, ErrorKind,
    Field, Grant, Manifest, Operation, Options, Outcome, Page, Permission, Progress, RateLimit, Report,
    Resource, ResourceId, ResourceType, Status, Warning, Write,
};
pub(super) use generated::exports::iga::connector::{connection, provision, sync};

use generated::exports::iga::connector::types;

/// A list, or an option, of what becomes the other.
macro_rules! each {
    ($of:expr) => {
        $of.into_iter().map(Into::into).collect()
    };
}

/// A record becomes the one with the same fields: `name` as it is, `name: into` as its type does,
/// `name: each` as its items do.
macro_rules! record {
    ($from:path => $to:ident { $($field:ident $(: $how:ident)?),* $(,)? }) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                $to { $($field: record!(@ from.$field $(, $how)?)),* }
            }
        }
    };
    (@ $value:expr) => { $value };
    (@ $value:expr, into) => { $value.into() };
    (@ $value:expr, option) => { $value.map(Into::into) };
    (@ $value:expr, each) => { each!($value) };
    (@ $value:expr, result) => { $value.map_err(Into::into) };
    (@ $value:expr, results) => {
        $value.into_iter().map(|result| result.map(Into::into).map_err(Into::into)).collect()
    };
}

/// An enum becomes the one with the same cases.
macro_rules! cases {
    ($from:path => $to:path { $($case:ident),* $(,)? }) => {
        impl From<$from> for $to {
            fn from(from: $from) -> Self {
                match from { $(<$from>::$case => <$to>::$case),* }
            }
        }
    };
}

cases!(types::AccountStatus => AccountStatus { Enabled, Disabled, Pending, Unknown });
cases!(types::ErrorKind => ErrorKind {
    InvalidSettings, InvalidArgument, InvalidCursor, Unauthenticated, PermissionDenied, NotFound, Conflict, Refused,
    Indeterminate, RateLimited, Unavailable, InvalidResponse, Unsupported, Internal,
});
cases!(provision::Status => Status { Applied, Unchanged, Planned });
cases!(Operation => provision::Operation { Grant, Revoke });

record!(types::ResourceId => ResourceId { kind, id });
record!(types::Account => Account { email, login, status: into, last_login });
record!(types::Resource => Resource { id: into, parent: option, display_name, account: option, profile });
record!(types::Entitlement => Entitlement { id, on: into, slug, display_name, description, grantable_to, extra });
record!(types::Basis => Basis { rule, value });
record!(types::Conditions => Conditions { any_of, all_of, none_of });
record!(types::Grant => Grant {
    entitlement, principals: each, basis: each, conditions: option, revocable, extra,
});
record!(types::Warning => Warning { code, about: option, message, incomplete });
record!(types::RateLimit => RateLimit { remaining, resets_in_ms });
record!(types::Error => Error {
    kind: into, message, code, http_status, retryable, retry_after_ms, about, details,
});

record!(sync::Progress => Progress { phase, done, total });
record!(sync::Page => Page {
    resources: each, entitlements: each, grants: each, warnings: each, progress: into, requests, rate_limit: option, next,
});

record!(connection::Field => Field { id, label, help, format, choices, secret, required, default, operator_only });
record!(connection::AuthMethod => AuthMethod { id, label, help, fields: each });
record!(connection::Permission => Permission { name, provision_only, without });
record!(connection::ResourceType => ResourceType {
    id, display_name, traits, can_sync, can_provision, permissions: each,
});
record!(connection::Manifest => Manifest {
    id, display_name, version, documentation_url, origins, fields: each, auth_methods: each, resource_types: each, extra,
});
record!(connection::Check => Check { resource_type, outcome: result });

record!(provision::Outcome => Outcome { status: into, detail, added: each, removed });
record!(provision::Write => Write { on: into, before, after });
record!(provision::Report => Report {
    results: results, writes: each, warnings: each, requests, rate_limit: option,
});

/// What goes in: a call borrows it.
pub(super) fn id(id: &ResourceId) -> types::ResourceId {
    types::ResourceId { kind: id.kind.clone(), id: id.id.clone() }
}

pub(super) fn changes(changes: &[Change]) -> Vec<provision::Change> {
    let change = |change: &Change| provision::Change {
        operation: change.operation.into(),
        entitlement: change.entitlement.clone(),
        principal: id(&change.principal),
    };
    changes.iter().map(change).collect()
}

pub(super) fn options(options: &Options) -> provision::Options {
    let Options { dry_run, allow_gains, extra } = options;
    provision::Options { dry_run: *dry_run, allow_gains: *allow_gains, extra: extra.clone() }
}
