//! Changes and reports as the engine stores them: the contract's records, in JSON. They have addresses of
//! people in them, and no secret.

use cloudflare_zero_trust::contract as connector;
use serde::{Deserialize, Serialize};

/// The most bytes of a request, and of an answer. The engine takes 2 MiB of one.
pub const MOST_BYTES: usize = 1_500_000;

/// A record that is stored in place of the contract's, and the other way round.
trait To<T> {
    fn to(self) -> T;
}

impl<A: To<B>, B> To<Vec<B>> for Vec<A> {
    fn to(self) -> Vec<B> {
        self.into_iter().map(To::to).collect()
    }
}

impl<A: To<B>, B> To<Option<B>> for Option<A> {
    fn to(self) -> Option<B> {
        self.map(To::to)
    }
}

impl<A: To<B>, B, E: To<F>, F> To<Result<B, F>> for Result<A, E> {
    fn to(self) -> Result<B, F> {
        self.map(To::to).map_err(To::to)
    }
}

macro_rules! same {
    ($($type:ty),*) => {
        $(impl To<$type> for $type {
            fn to(self) -> $type {
                self
            }
        })*
    };
}

macro_rules! both_ways {
    ($name:ident) => {
        impl From<connector::$name> for $name {
            fn from(it: connector::$name) -> $name {
                it.to()
            }
        }

        impl From<$name> for connector::$name {
            fn from(it: $name) -> connector::$name {
                it.to()
            }
        }
    };
}

/// Records, with all their fields.
macro_rules! records {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => {
        $(#[doc = concat!("The contract's `", stringify!($name), "`.")]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "documented in the contract")]
        pub struct $name {
            $(pub $field: $type),*
        }

        impl To<$name> for connector::$name {
            fn to(self) -> $name {
                $name { $($field: self.$field.to()),* }
            }
        }

        impl To<connector::$name> for $name {
            fn to(self) -> connector::$name {
                connector::$name { $($field: self.$field.to()),* }
            }
        }

        both_ways!($name);)*
    };
}

/// Enums, with all their cases.
macro_rules! enums {
    ($($name:ident { $($case:ident),* $(,)? })*) => {
        $(#[doc = concat!("The contract's `", stringify!($name), "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "documented in the contract")]
        pub enum $name {
            $($case),*
        }

        impl To<$name> for connector::$name {
            fn to(self) -> $name {
                match self { $(connector::$name::$case => $name::$case),* }
            }
        }

        impl To<connector::$name> for $name {
            fn to(self) -> connector::$name {
                match self { $($name::$case => connector::$name::$case),* }
            }
        }

        both_ways!($name);)*
    };
}

same!(bool, u16, u32, String);

enums! {
    ErrorKind {
        InvalidSettings, InvalidArgument, InvalidCursor, Unauthenticated, PermissionDenied, NotFound,
        Conflict, Refused, Indeterminate, RateLimited, Unavailable, InvalidResponse, Unsupported,
        Internal,
    }
    Operation { Grant, Revoke }
    Status { Applied, Unchanged, Planned }
}

records! {
    ResourceId { kind: String, id: String }
    Basis { rule: String, value: String, through: Option<ResourceId> }
    Alternative { any_of: Vec<String>, all_of: Vec<String>, none_of: Vec<String> }
    Grant {
        entitlement: String,
        principals: Vec<ResourceId>,
        basis: Vec<Basis>,
        conditions: Vec<Alternative>,
        revocable: bool,
        extra: String,
    }
    Warning { code: String, about: Option<ResourceId>, message: String, incomplete: bool }
    RateLimit { remaining: u32, resets_in_ms: u32 }
    Error {
        kind: ErrorKind,
        message: String,
        code: Option<String>,
        http_status: Option<u16>,
        retryable: bool,
        retry_after_ms: Option<u32>,
        about: Option<String>,
        details: String,
    }
    Change { operation: Operation, entitlement: String, principal: ResourceId }
    Outcome { status: Status, detail: String, added: Vec<Grant>, removed: Vec<String> }
    Write { on: ResourceId, before: String, after: String }
    Report {
        results: Vec<Result<Outcome, Error>>,
        writes: Vec<Write>,
        warnings: Vec<Warning>,
        requests: u32,
        rate_limit: Option<RateLimit>,
    }
}

/// Returns the size of something in the engine.
#[must_use]
pub fn size(of: &impl Serialize) -> usize {
    serde_json::to_vec(of).map_or(usize::MAX, |json| json.len())
}

impl Report {
    /// Leaves out what the engine doesn't take, and says so: first the states before and after the writes,
    /// and then what each change gave and took. What became of each change stays.
    #[must_use]
    pub fn fitting(mut self, most: usize) -> Report {
        if size(&self) > most {
            for write in &mut self.writes {
                (write.before, write.after) = ("{}".to_owned(), "{}".to_owned());
            }
            self.leave_out("the states before and after each write");
        }
        if size(&self) > most {
            for outcome in self.results.iter_mut().flatten() {
                outcome.added.clear();
                outcome.removed.clear();
            }
            self.leave_out("what each change gave and took");
        }
        self
    }

    fn leave_out(&mut self, what: &str) {
        self.warnings.push(Warning {
            code: "report-shortened".to_owned(),
            about: None,
            message: format!(
                "The report is too long for the engine, so it lacks {what}. Make fewer changes in one call \
                 to see them."
            ),
            incomplete: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(changes: usize, state: usize) -> Report {
        let outcome = Outcome {
            status: Status::Applied,
            detail: "Added the address.".to_owned(),
            added: vec![Grant {
                entitlement: "group:1:member".to_owned(),
                principals: vec![ResourceId { kind: "email".to_owned(), id: "ann@corp.example".to_owned() }],
                basis: vec![Basis {
                    rule: "email".to_owned(),
                    value: "ann@corp.example".to_owned(),
                    through: None,
                }],
                conditions: vec![Alternative {
                    any_of: vec!["x".to_owned()],
                    all_of: vec![],
                    none_of: vec![],
                }],
                revocable: true,
                extra: "{}".to_owned(),
            }],
            removed: vec!["group:2:member".to_owned()],
        };
        let error = Error {
            kind: ErrorKind::PermissionDenied,
            message: "no".to_owned(),
            code: Some("10000".to_owned()),
            http_status: Some(403),
            retryable: false,
            retry_after_ms: None,
            about: Some("group:1".to_owned()),
            details: "{}".to_owned(),
        };
        let write = Write {
            on: ResourceId { kind: "group".to_owned(), id: "1".to_owned() },
            before: "x".repeat(state),
            after: "y".repeat(state),
        };
        Report {
            results: std::iter::repeat_n(Ok(outcome), changes).chain([Err(error)]).collect(),
            writes: vec![write],
            warnings: vec![],
            requests: 4,
            rate_limit: Some(RateLimit { remaining: 7, resets_in_ms: 1000 }),
        }
    }

    #[test]
    fn a_report_comes_back_as_it_was() {
        let stored = report(2, 10);
        let json = serde_json::to_string(&stored).unwrap();
        let back: Report = serde_json::from_str(&json).unwrap();
        assert_eq!(back, stored);
        assert_eq!(Report::from(connector::Report::from(back)), stored);
        assert!(json.contains(r#""kind":"permission-denied""#) && json.contains(r#""status":"applied""#));
    }

    #[test]
    fn what_is_too_long_is_left_out_and_each_result_stays() {
        let small = report(3, 10);
        assert_eq!(small.clone().fitting(10_000), small);

        let states = report(3, 10_000).fitting(10_000);
        assert_eq!((states.writes[0].before.as_str(), states.writes[0].after.as_str()), ("{}", "{}"));
        assert_eq!(states.results, small.results);
        assert_eq!(states.warnings.len(), 1);
        assert!(size(&states) <= 10_000);

        let many = report(50, 10_000).fitting(10_000);
        assert_eq!(many.results.len(), 51);
        assert!(many.results.iter().flatten().all(|it| it.status == Status::Applied && it.added.is_empty()));
        assert_eq!(many.results[50], small.results[3]);
        assert_eq!(many.warnings.len(), 2);
        assert!(size(&many) <= 10_000, "{}", size(&many));
    }
}
