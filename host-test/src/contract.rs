//! Turns the host's records into the connector's, and back.
//!
//! Both crates generate the contract's types from the same WIT files, and know nothing of each
//! other. The connector's crate writes results for people and programs; the host's crate calls the
//! component.

use cloudflare_zero_trust::contract as connector;
use connector_host::contract as host;

/// A record of one crate that the other crate has too.
pub trait Translate {
    /// The other crate's type.
    type Into;

    /// Returns the same record in the other crate's type.
    fn translate(self) -> Self::Into;
}

impl<T: Translate> Translate for Vec<T> {
    type Into = Vec<T::Into>;

    fn translate(self) -> Self::Into {
        self.into_iter().map(T::translate).collect()
    }
}

impl<T: Translate> Translate for Option<T> {
    type Into = Option<T::Into>;

    fn translate(self) -> Self::Into {
        self.map(T::translate)
    }
}

impl<T: Translate, E: Translate> Translate for Result<T, E> {
    type Into = Result<T::Into, E::Into>;

    fn translate(self) -> Self::Into {
        self.map(T::translate).map_err(E::translate)
    }
}

/// Types that are the same in both crates.
macro_rules! same {
    ($($type:ty),*) => {
        $(impl Translate for $type {
            type Into = $type;

            fn translate(self) -> $type {
                self
            }
        })*
    };
}

/// Records, with all their fields.
macro_rules! records {
    ($($name:ident { $($field:ident),* $(,)? })*) => {
        $(records!(host::$name => connector::$name { $($field),* });
        records!(connector::$name => host::$name { $($field),* });)*
    };
    ($from:path => $into:path { $($field:ident),* }) => {
        impl Translate for $from {
            type Into = $into;

            fn translate(self) -> $into {
                $into { $($field: self.$field.translate()),* }
            }
        }
    };
}

/// Enums, with all their cases.
macro_rules! enums {
    ($($name:ident { $($case:ident),* $(,)? })*) => {
        $(enums!(host::$name => connector::$name { $($case),* });
        enums!(connector::$name => host::$name { $($case),* });)*
    };
    ($from:path => $into:path { $($case:ident),* }) => {
        impl Translate for $from {
            type Into = $into;

            fn translate(self) -> $into {
                match self { $(<$from>::$case => <$into>::$case),* }
            }
        }
    };
}

impl Translate for host::Right {
    type Into = connector::Right;

    fn translate(self) -> connector::Right {
        match self {
            host::Right::Granted => connector::Right::Granted,
            host::Right::Missing(error) => connector::Right::Missing(error.translate()),
            host::Right::Unknown(error) => connector::Right::Unknown(error.translate()),
        }
    }
}

impl Translate for connector::Right {
    type Into = host::Right;

    fn translate(self) -> host::Right {
        match self {
            connector::Right::Granted => host::Right::Granted,
            connector::Right::Missing(error) => host::Right::Missing(error.translate()),
            connector::Right::Unknown(error) => host::Right::Unknown(error.translate()),
        }
    }
}

impl Translate for connector::lifecycle::Step {
    type Into = host::lifecycle::Step;

    fn translate(self) -> host::lifecycle::Step {
        use host::lifecycle::{Invitation, NewUser, Step};
        match self {
            Self::Invite(connector::lifecycle::Invitation { address, entitlements, without_mail }) => {
                Step::Invite(Invitation { address, entitlements, without_mail })
            }
            Self::AddUser(connector::lifecycle::NewUser { address, name }) => {
                Step::AddUser(NewUser { address, name })
            }
            Self::EndSessions(of) => Step::EndSessions(of.translate()),
            Self::FreeSeat(of) => Step::FreeSeat(of.translate()),
            Self::Remove(of) => Step::Remove(of.translate()),
        }
    }
}

impl Translate for host::lifecycle::Step {
    type Into = connector::lifecycle::Step;

    fn translate(self) -> connector::lifecycle::Step {
        use connector::lifecycle::{Invitation, NewUser, Step};
        match self {
            Self::Invite(host::lifecycle::Invitation { address, entitlements, without_mail }) => {
                Step::Invite(Invitation { address, entitlements, without_mail })
            }
            Self::AddUser(host::lifecycle::NewUser { address, name }) => {
                Step::AddUser(NewUser { address, name })
            }
            Self::EndSessions(of) => Step::EndSessions(of.translate()),
            Self::FreeSeat(of) => Step::FreeSeat(of.translate()),
            Self::Remove(of) => Step::Remove(of.translate()),
        }
    }
}

impl Translate for host::lifecycle::Action {
    type Into = connector::lifecycle::Action;

    fn translate(self) -> connector::lifecycle::Action {
        match self {
            Self::Change(change) => connector::lifecycle::Action::Change(change.translate()),
            Self::Step(step) => connector::lifecycle::Action::Step(step.translate()),
        }
    }
}

same!((), bool, u16, u32, String);

enums! {
    AccountStatus { Enabled, Disabled, Pending, Unknown }
    ErrorKind {
        InvalidSettings, InvalidArgument, InvalidCursor, Unauthenticated, PermissionDenied, NotFound,
        Conflict, Refused, Indeterminate, RateLimited, Unavailable, InvalidResponse, Unsupported,
        Internal,
    }
    Operation { Grant, Revoke }
    Claim { Certain, Conditional, No }
    Verdict { Approved, Blocked, Error }
    Agreement { Agrees, Depends, Unexpected, Impossible, Changed, NotJudged }
    Status { Applied, Unchanged, Planned }
}

records! {
    ResourceId { kind, id }
    Account { email, login, status, last_login }
    Resource { id, parent, display_name, account, profile }
    Entitlement { id, on, slug, display_name, description, grantable_to, extra }
    Basis { rule, value, through }
    Alternative { any_of, all_of, none_of }
    Grant { entitlement, principals, basis, conditions, revocable, extra }
    Warning { code, about, message, incomplete }
    RateLimit { remaining, resets_in_ms }
    Error { kind, message, code, http_status, retryable, retry_after_ms, about, details }

    Progress { phase, done, total }
    Page { resources, entitlements, grants, warnings, progress, requests, rate_limit, next }

    ProviderGroup { provider, group }
    WantedGroup { group, rule, provider_name, provider_type, used_by }
    Demand { groups, warnings, requests, rate_limit }
    GroupFacts { group, addresses, source, as_of }
    PushedFacts { facts, warnings, more, requests, rate_limit }

    Field { id, label, help, format, choices, secret, required, default, operator_only }
    AuthMethod { id, label, help, fields }
    Permission { name, also, provision_only, without }
    ResourceType { id, display_name, traits, can_sync, opt_in, can_provision, permissions }
    Manifest {
        id, display_name, version, documentation_url, origins, fields, auth_methods, resource_types, steps,
        extra,
    }
    StepType { id, display_name, resource_types, permissions }
    StepCheck { step, right }
    Check { resource_type, read, change }
    Validation { checks, steps, warnings }

    Change { operation, entitlement, principal }
    Options { dry_run, allow_gains, extra }
    Outcome { status, detail, added, removed }
    Write { on, before, after }
    Report { results, writes, warnings, requests, rate_limit }

    Compared { user, address, display_name, claim, expected, conditions, verdict, agreement }
    Comparison { people, wait_ms, total, warnings, requests, rate_limit, next }
}

enums!(host::lifecycle::Certainty => connector::lifecycle::Certainty {
    NotKnown, Certain, Conditional, Open, Returning
});
records!(host::lifecycle::Outcome => connector::lifecycle::Outcome {
    status, detail, created, added, removed
});
records!(host::lifecycle::Report => connector::lifecycle::Report {
    results, writes, warnings, requests, rate_limit
});
records!(host::lifecycle::Part => connector::lifecycle::Part { word, action, outcome });
records!(host::lifecycle::Way => connector::lifecycle::Way { certainty, into, detail, by });
records!(host::lifecycle::Offboarding => connector::lifecycle::Offboarding {
    address, accounts, remaining, parts, writes, warnings, requests, rate_limit
});
records!(connector::lifecycle::Options => host::lifecycle::Options { dry_run, allow_own, extra });
