//! `/v1/offboard`: everything is taken from a person who leaves.

use super::identities::{self, FactsOf};
use super::report::{self, Written};
use super::steps::How;
use crate::cloudflare::transport::Transport;
use crate::contract::ResourceId;
use crate::contract::lifecycle::Offboarding;
use crate::edge::environment::Environment;
use crate::edge::failure::{End, Failure};
use crate::edge::http::Answer;
use crate::edge::reply::Reply;
use crate::output::{IdLine, IdOf, Offboarded, SinkError, WayLine, no_credential};
use crate::session::Session;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    person: IdOf,
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    identities: Vec<FactsOf>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    allow_own: bool,
    #[serde(default)]
    devices: bool,
}

impl Body {
    /// Checks that the operator allows it, and that nothing in it looks like a credential.
    pub(super) fn check(self, environment: &Environment) -> Result<Self, Failure> {
        self.how().check(environment)?;
        let IdOf { kind, id } = &self.person;
        let checked = no_credential([("person.kind", kind.as_str()), ("person.id", id)]);
        match checked {
            Ok(()) => Ok(self),
            Err(problem) => Err(Failure::argument("person", format!("{problem}. Nothing was sent."))),
        }
    }

    fn how(&self) -> How {
        let Self { dry_run, allow_own, devices, .. } = *self;
        How { dry_run, allow_own, devices }
    }
}

/// The report. What remains stands first.
#[derive(Serialize)]
struct OffboardingOf<'a> {
    remaining: Vec<WayLine<'a>>,
    address: IdLine<'a>,
    accounts: Vec<IdLine<'a>>,
    parts: Vec<Box<RawValue>>,
    #[serde(flatten)]
    written: Written<'a>,
}

/// Takes everything from the person, and answers with what remains and what was done.
pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    body: Body,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let how = body.how();
    let Body { person, keep, identities, .. } = body;
    let ResourceId { kind, id } = person.into();
    let told = identities::tell(session, identities)?;
    let mut offboarding: Offboarding = session.offboard(&kind, &id, &keep, &how.options().into())?.into();
    offboarding.warnings.splice(..0, told.warnings);
    let offboarded = Offboarded::new(&offboarding, how.dry_run);
    let Offboarding { remaining, address, accounts, writes, warnings, requests, rate_limit, .. } =
        &offboarding;
    let reported = OffboardingOf {
        remaining: remaining.iter().map(WayLine::of).collect::<Result<_, SinkError>>()?,
        address: address.into(),
        accounts: accounts.iter().map(Into::into).collect(),
        parts: report::results(offboarded.applied())?,
        written: Written::of(writes, warnings, requests + told.requests, rate_limit.as_ref())?,
    };
    report::send(&reported, offboarded.applied(), reply)
}
