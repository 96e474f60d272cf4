//! `/v1/apply`: grants and revokes.

use super::identities::{self, FactsOf};
use super::report;
use crate::cloudflare::transport::Transport;
use crate::contract::lifecycle::{Action, Report};
use crate::contract::{Change, Options};
use crate::edge::failure::{End, Failure};
use crate::edge::http::Answer;
use crate::edge::reply::Reply;
use crate::output::{Applied, ChangeLine};
use crate::provision::check_count;
use crate::session::Session;
use serde::Deserialize;

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    changes: Vec<ChangeLine>,
    #[serde(default)]
    identities: Vec<FactsOf>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    allow_gains: bool,
}

impl Body {
    /// Whether nothing is to be written.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}

/// Makes the changes, and answers with the report.
pub(super) fn answer<T: Transport, A: Answer>(
    session: &mut Session<T>,
    body: Body,
    reply: &mut Reply<'_, A>,
) -> Result<(), End> {
    let Body { changes, identities, dry_run, allow_gains } = body;
    check_count(changes.len())?;
    let changes = (1..).zip(changes).map(read).collect::<Result<Vec<Change>, Failure>>()?;
    let options = Options { dry_run, allow_gains, extra: String::new() };
    let told = identities::tell(session, identities)?;
    let mut report: Report = {
        let changes: Vec<_> = changes.iter().cloned().map(Into::into).collect();
        session.apply(&changes, &options.into()).into()
    };
    report.requests += told.requests;
    report.warnings.splice(..0, told.warnings);
    let changes: Vec<Action> = changes.into_iter().map(Action::Change).collect();
    report::answer(&Applied::new(&changes, &report, dry_run), &report, reply)
}

fn read((number, line): (usize, ChangeLine)) -> Result<Change, Failure> {
    line.try_into().map_err(|problem| {
        Failure::argument("changes", format!("Number {number} of the changes: {problem}. Nothing was sent."))
    })
}
