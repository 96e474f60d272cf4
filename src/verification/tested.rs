//! What is tested: the policies that are sent, and what the same ones say of a person.

use crate::apps::{Decision, Tested};
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::digest::Digest;
use crate::error::{Error, ErrorKind, Result};
use crate::identities::Facts;
use crate::json::{Object, list, quoted};
use crate::model::{Alternative, Kind, ResourceId, Warning, WarningCode};
use crate::records;
use crate::rules::{Rule, RuleSet, Scratch, Section, Standing, Subject, Value};
use crate::sync::{Reader, Rules};
use std::rc::Rc;

/// The rules as they were read once, and what is tested of them.
pub struct Known {
    pub rules: Rules,
    subject: Of,
    /// The digest of the policies that are sent.
    pub policies: u64,
}

enum Of {
    /// The place of a group.
    Group(usize),
    /// The policies of an application.
    App(Tested),
}

/// What the rules say of a person.
pub struct Opinion {
    pub value: Value,
    pub expected: Option<Value>,
    pub conditions: Vec<Alternative>,
}

/// Checks that a resource of this kind is gated by rules, and that this can be its id.
///
/// # Errors
/// `invalid-argument`. The id isn't repeated: a secret can stand there by mistake.
pub fn check(subject: &ResourceId) -> Result<()> {
    let wrong = match subject.kind {
        Kind::Group | Kind::App if Id::asked(&subject.id).is_some() => return Ok(()),
        Kind::Group | Kind::App => "This is not the id of a group or an app.",
        _ => "Cloudflare judges nobody by this kind of resource. Name a group or an app.",
    };
    Err(Error::argument("subject", wrong))
}

impl Known {
    /// Reads the rules, and finds what is tested of them.
    ///
    /// # Errors
    /// They can't be read; `not-found`; nothing can be tested.
    pub fn read<T: Transport>(
        client: &mut Client<T>,
        facts: &Rc<Facts>,
        subject: &ResourceId,
    ) -> Result<Self> {
        let rules = Reader::rules(client, facts, subject.kind)?;
        let membership = &rules.membership;
        let is_it = |id: &str| id.eq_ignore_ascii_case(&subject.id);
        let of = match &rules.applications {
            None => membership.group_ids().position(is_it).map(Of::Group),
            Some(apps) => {
                let place = apps.all().iter().position(|app| is_it(&app.id));
                place.map(|place| Of::App(apps.tested(place, membership)))
            }
        };
        let Some(of) = of else {
            let message = format!("There is no {} with this id in this account.", subject.kind);
            return Err(Error::new(ErrorKind::NotFound, message).about("subject"));
        };
        if let Of::App(tested) = &of
            && !tested.has_allow()
        {
            let about_it = |it: &&Warning| it.about.as_ref().is_some_and(|about| is_it(&about.id));
            let gap = rules.warnings.iter().find(about_it).map_or("", |gap| &gap.message);
            let message = "There is nothing to test: no policy of this application lets people in by a \
                           login, which is what Cloudflare's policy tester judges. ";
            return Err(Error::argument("subject", [message, gap].concat().trim_end()));
        }
        let mut known = Self { rules, subject: of, policies: 0 };
        known.policies = Digest::new().with(&known.body()).finish();
        Ok(known)
    }

    /// Returns the body that has the policies tested.
    pub fn body(&self) -> String {
        let membership = &self.rules.membership;
        let policies: Vec<String> = match &self.subject {
            Of::Group(place) => {
                let id = membership.group(*place).map(RuleSet::id).unwrap_or_default();
                vec![policy(id, "allow", [list(&[Rule::text("group", "id", id)]), list(&[]), list(&[])])]
            }
            Of::App(tested) => {
                let policies = tested.policies(membership);
                let texts = |rules: &RuleSet, section| {
                    list(&rules.texts(section).map(|text| text.into_owned()).collect::<Vec<_>>())
                };
                policies
                    .map(|(decision, rules)| {
                        policy(rules.id(), decision, Section::ALL.map(|section| texts(rules, section)))
                    })
                    .collect()
            }
        };
        Object::default().with("policies", &list(&policies)).end()
    }

    /// Takes the warnings about what is missing, and about policies that aren't tested.
    pub fn warnings(&mut self, subject: &ResourceId) -> Vec<Warning> {
        let mut warnings = std::mem::take(&mut self.rules.warnings);
        if let Of::App(tested) = &self.subject {
            for (id, decision) in tested.left_out() {
                warnings.push(not_tested(subject, id, decision));
            }
        }
        warnings
    }

    /// Returns what the rules say of the person with this address. Nothing is said of a standing as account
    /// member: a login may show another identity, and the tester knows users.
    pub fn opinion(&self, address: &str, scratch: &mut Scratch) -> Opinion {
        let subject = Subject::Person { address: Some(address), standing: Standing::None };
        let evaluation = self.rules.membership.evaluate(subject, [], scratch);
        let opinion = match &self.subject {
            Of::Group(place) => evaluation.opinion(*place),
            Of::App(tested) => tested.opinion(&evaluation),
        };
        Opinion {
            value: opinion.value,
            expected: opinion.expected,
            conditions: opinion.conditions.iter().map(records::alternative).collect(),
        }
    }
}

/// Returns a policy as the tester takes it. Its name is its id, which is nobody's secret.
fn policy(id: &str, decision: &str, [include, exclude, require]: [String; 3]) -> String {
    Object::default()
        .with("name", &quoted(id))
        .with("decision", &quoted(decision))
        .with("include", &include)
        .with("exclude", &exclude)
        .with("require", &require)
        .end()
}

/// Warns of a policy that isn't tested.
fn not_tested(app: &ResourceId, policy: &str, decision: &Decision) -> Warning {
    let incomplete = !matches!(decision, Decision::Bypass | Decision::NonIdentity);
    let why = if incomplete {
        "can't be read or understood"
    } else {
        "lets in without a login, and Cloudflare's policy tester judges logins"
    };
    let message = format!("The policy {policy} {why}. It is left out of the claims and of the verdicts.");
    Warning { incomplete, ..Warning::new(WarningCode::PolicyNotTested, Some(app.clone()), message) }
}
