//! Cloudflare's verdict beside ours. The policy tester judges the last login of everybody who has ever logged
//! in; here each verdict is compared with what the rules say of the person.
//!
//! - `tested` knows what is sent: the policies of an application, or one that lets in a group. Both sides
//!   judge the same policies.
//! - `agreement` compares one claim with one verdict.
//! - The groups and lists that the tester looks up by itself can change between the read and the test. So a
//!   verdict that can't be is believed only if they say the same before the test and after it: the cursor
//!   has the digest of what was read before.

mod agreement;
mod cursor;
mod tested;

pub use agreement::{Agreement, Claim};

use crate::cloudflare::came::Came;
use crate::cloudflare::client::Client;
use crate::cloudflare::endpoint::Write;
use crate::cloudflare::id::Id;
use crate::cloudflare::listing::{self, Ahead, AnyListed, Entry};
use crate::cloudflare::paging::Position;
use crate::cloudflare::policy_test::{self, Judged, State, Verdict};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::Facts;
use crate::model::{Alternative, Kind, RateLimit, ResourceId, Warning};
use crate::records::warnings;
use crate::rules::{Scratch, Value};
use cursor::{Cursor, Stage, binding, cannot_go_on};
use std::rc::Rc;
use tested::Known;

/// A person whom Cloudflare judged, and what we say of them.
#[derive(Debug)]
#[allow(missing_docs, reason = "documented in wit/verification.wit")]
pub struct Compared {
    pub user: ResourceId,
    pub address: String,
    pub display_name: String,
    pub claim: Claim,
    pub expected: Option<bool>,
    pub conditions: Vec<Alternative>,
    pub verdict: Verdict,
    pub agreement: Agreement,
}

/// A bounded part of a comparison.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "documented in wit/verification.wit")]
pub struct Comparison {
    pub people: Vec<Compared>,
    pub wait_ms: Option<u32>,
    pub total: Option<u32>,
    pub warnings: Vec<Warning>,
    pub requests: u32,
    pub rate_limit: Option<RateLimit>,
    pub next: Option<String>,
}

/// What a session remembers of the comparison that it is in the middle of. It is a cache: another session
/// reads again what the cursor rests on.
#[derive(Default)]
pub struct Verification {
    /// The test that the rest is about.
    test: Option<Id>,
    /// The rules as they were before the test, if this session began it.
    before: Option<Known>,
    /// The rules as they are since the test.
    after: Option<Known>,
    /// The people who came so far.
    came: Came,
    scratch: Scratch,
}

/// The bytes of people after which a part ends. It is the bound of a page of a sync.
const LONGEST: usize = 1 << 20;
/// The first wait for a test, in milliseconds. Each is twice as long as the one before.
const FIRST_WAIT: u32 = 1_000;
/// The number of waits that are longer than the one before: the longest is 16 seconds.
const MOST_DOUBLED: u32 = 4;

impl Verification {
    /// Begins a comparison without a cursor, or continues the one that the cursor is of.
    ///
    /// # Errors
    /// The contract lists them at `verification.compare`.
    pub fn compare<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
        cursor: Option<&str>,
    ) -> Result<Comparison> {
        client.begin_call();
        tested::check(subject)?;
        let bound = binding(client.settings(), subject);
        let (mut out, next) = match cursor {
            None => self.begin(client, facts, subject)?,
            Some(text) => {
                let at = Cursor::decode(text, bound)?;
                at.check_facts(facts.digest())?;
                self.go_on(client, facts, subject, at)?
            }
        };
        out.next = next.map(|next| next.encode(bound));
        (out.requests, out.rate_limit) = (client.requests(), client.rate_limit());
        Ok(out)
    }

    /// Reads the rules, and sends the policies.
    fn begin<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
    ) -> Result<(Comparison, Option<Cursor>)> {
        *self = Self::default();
        let mut known = Known::read(client, facts, subject)?;
        let warnings = known.warnings(subject);
        let began = client.question(&Write::TEST_POLICIES, "test policies", &known.body())?;
        let test = policy_test::begun(&began).map_err(not_understood)?;
        let at = Cursor {
            test: test.clone(),
            stage: Stage::Running(0),
            policies: known.policies,
            rules: known.rules.digest,
            facts: facts.digest(),
        };
        (self.test, self.before) = (Some(test), Some(known));
        Ok((Comparison { wait_ms: Some(FIRST_WAIT), warnings, ..Comparison::default() }, Some(at)))
    }

    fn go_on<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
        at: Cursor,
    ) -> Result<(Comparison, Option<Cursor>)> {
        if self.test.as_ref() != Some(&at.test) {
            *self = Self { test: Some(at.test.clone()), ..Self::default() };
        }
        match at.stage {
            Stage::Running(asked) => is_done(client, at, asked),
            Stage::Judged(place, item) => self.page(client, facts, subject, at, place, item),
        }
    }

    /// Compares the people of one page of verdicts.
    fn page<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
        at: Cursor,
        place: Position,
        item: u32,
    ) -> Result<(Comparison, Option<Cursor>)> {
        if self.before.is_none() {
            after(&mut self.after, client, facts, subject, &at)?;
        }
        let list = policy_test::users(&at.test);
        if item == 0 {
            self.came.begin(&list, place.page, &[]);
        } else {
            // The page comes a second time, and what is on it isn't new.
            self.came = Came::default();
        }
        let came = &mut self.came;
        let read = AnyListed::read::<Judged>;
        let page = listing::load_with(client, &list, place, Ahead::Unsent, came, &|_, _| false, read);
        let page = page.map_err(is_gone)?;
        let mut out = Comparison { total: page.verdict.total, ..Comparison::default() };
        if item == 0 {
            out.warnings.extend(
                page.not_understood()
                    .map(|(place, fault)| warnings::not_understood(Kind::User, list.noun, place, fault)),
            );
            out.warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
        }
        let mut next = page.verdict.next.map(|next| Stage::Judged(next, 0));
        let mut bytes = 0;
        for (number, entry) in page.items.into_iter().enumerate().skip(item as usize) {
            let Entry::New(judged) = entry else { continue };
            let Some(judged) = judged.into::<Judged>() else { continue };
            if bytes >= LONGEST {
                next = Some(Stage::Judged(place, number as u32));
                break;
            }
            let person = self.compared(client, facts, subject, &at, &judged)?;
            bytes += size(&person);
            out.people.push(person);
        }
        Ok((out, next.map(|stage| Cursor { stage, ..at })))
    }

    fn compared<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
        at: &Cursor,
        judged: &Judged,
    ) -> Result<Compared> {
        let Self { before, after: kept, scratch, .. } = self;
        let verdict = judged.verdict;
        let is_original = before.is_some();
        let known = match before {
            Some(before) => before,
            None => after(kept, client, facts, subject, at)?,
        };
        let opinion = known.opinion(&judged.email, scratch);
        let mut agreement = Agreement::of(opinion.value, opinion.expected, verdict);
        let person = Compared {
            user: ResourceId::new(Kind::User, judged.id.as_str()),
            address: judged.email.clone(),
            display_name: judged.name.clone().unwrap_or_else(|| judged.email.clone()),
            claim: opinion.value.into(),
            expected: opinion.expected.map(|value| value != Value::No),
            conditions: opinion.conditions,
            verdict,
            agreement,
        };
        if agreement == Agreement::Impossible {
            let now = after(kept, client, facts, subject, at)?;
            let opinion = now.opinion(&judged.email, scratch);
            let still = Agreement::of(opinion.value, opinion.expected, verdict) == Agreement::Impossible;
            // Without the rules of before, only their digest says that they were the same.
            if !still || !is_original && now.rules.digest != at.rules {
                agreement = Agreement::Changed;
            }
        }
        Ok(Compared { agreement, ..person })
    }
}

/// Returns the rules as they are since the test. They are read once.
fn after<'k, T: Transport>(
    kept: &'k mut Option<Known>,
    client: &mut Client<T>,
    facts: &Rc<Facts>,
    subject: &ResourceId,
    at: &Cursor,
) -> Result<&'k Known> {
    const CHANGED: &str = "the policies that were sent aren't those of now";
    let known = match kept.take() {
        Some(known) => known,
        None => Known::read(client, facts, subject).map_err(|error| match error.kind {
            ErrorKind::NotFound | ErrorKind::InvalidArgument => cannot_go_on(CHANGED),
            _ => error,
        })?,
    };
    if known.policies != at.policies {
        return Err(cannot_go_on(CHANGED));
    }
    Ok(kept.insert(known))
}

/// Asks whether a test is done, after it was asked so many times before.
fn is_done<T: Transport>(
    client: &mut Client<T>,
    at: Cursor,
    asked: u32,
) -> Result<(Comparison, Option<Cursor>)> {
    let raw = client.one(&policy_test::COLLECTION.object(at.test.clone())).map_err(is_gone)?;
    let State { status, total } = State::read(&raw).map_err(not_understood)?;
    let out = Comparison { total, ..Comparison::default() };
    match status.as_str() {
        "complete" => Ok((out, Some(Cursor { stage: Stage::Judged(Position::START, 0), ..at }))),
        "processing" => {
            let wait_ms = Some(FIRST_WAIT << (asked + 1).min(MOST_DOUBLED));
            let stage = Stage::Running(asked.saturating_add(1));
            Ok((Comparison { wait_ms, ..out }, Some(Cursor { stage, ..at })))
        }
        "exceeded time" => {
            let message = "Cloudflare gave this policy test up, because it took too long (its state is \
                           \u{201c}exceeded time\u{201d}). Start again at a time when fewer people \
                           log in, or test the groups of the rules one by one.";
            let mut error = Error::new(ErrorKind::Unavailable, message);
            error.retryable = false;
            Err(error)
        }
        "blocked" => {
            let message = "Cloudflare doesn't let this policy test run (its state is \
                           \u{201c}blocked\u{201d}), and doesn't say why. Wait until no other test of this \
                           account is running, and start again.";
            Err(Error::new(ErrorKind::Refused, message))
        }
        _ => Err(not_understood("its state is none that is known")),
    }
}

/// Turns the failure to find a test into one of the cursor.
fn is_gone(error: Error) -> Error {
    match error.kind {
        ErrorKind::NotFound => cannot_go_on("Cloudflare doesn't have the policy test any more"),
        _ => error,
    }
}

fn not_understood(why: &str) -> Error {
    let message = format!("What Cloudflare says of the policy test can't be understood: {why}. Start again.");
    Error::new(ErrorKind::InvalidResponse, message)
}

/// Returns about how many bytes a person takes in a part.
fn size(person: &Compared) -> usize {
    let rules = person.conditions.iter().flat_map(|it| it.any_of.iter().chain(&it.all_of).chain(&it.none_of));
    200 + person.address.len() + person.display_name.len() + rules.map(|rule| rule.len() + 8).sum::<usize>()
}

#[cfg(test)]
mod tests;
