//! The applications of an account as they are read, with the policies of each. Some may be missing from
//! the list of applications: this knows which, and where to ask for them.

use super::policy;
use crate::apps::{Application, Attached, Decision, Gate};
use crate::cloudflare::app::{self, App};
use crate::cloudflare::id::Id;
use crate::cloudflare::policy::Policy;
use crate::digest::Digest;
use crate::rules::RuleSet;
use crate::sorted::{Map, Set};

/// The applications and policies that were read so far.
#[derive(Default)]
pub struct KnownApps {
    apps: Vec<KnownApp>,
    policies: Map<Id, KnownPolicy>,
    /// The application of each policy that belongs to one, and isn't reusable.
    owners: Map<Id, Id>,
    digest: u64,
}

struct KnownApp {
    id: Id,
    kind: String,
    name: Option<String>,
    application: Application,
    /// Whether the policies were asked for, after the list of applications didn't have all of them.
    is_asked: bool,
}

struct KnownPolicy {
    decision: Decision,
    approval: Option<String>,
    rules: RuleSet,
}

/// Everything that decides who reaches which application, apart from groups and lists.
#[derive(Default)]
pub struct Gathered {
    /// The applications.
    pub applications: Vec<Application>,
    /// The rules of the policies that one of them has.
    pub rules: Vec<RuleSet>,
    /// The names of the applications that have one, by their ids.
    pub names: Map<String, String>,
}

/// Something that has to be asked for beside the list of applications.
pub enum Missing {
    /// All policies of this application.
    PoliciesOf(Id),
    /// All reusable policies.
    Reusable,
}

impl KnownApps {
    /// Adds a policy of the list of reusable ones. The rules are taken from it.
    pub fn add_policy(&mut self, policy: &mut Policy, account_id: &str) {
        self.note(policy, None, account_id);
    }

    /// Adds an application and the policies that it contains. The rules are taken from these.
    pub fn add_app(&mut self, app: &mut App, account_id: &str) {
        let kind = app.kind.clone().unwrap_or_default();
        let policies = app.policies.as_deref_mut().map(|attached| self.attach(&app.id, attached, account_id));
        let application = Application {
            id: app.id.as_str().to_owned(),
            gate: Gate::of(&kind, policies.as_deref()),
            policies,
            allowed_idps: std::mem::take(&mut app.allowed_idps),
        };
        self.digest = self.digest.wrapping_add(application.digest());
        let (id, name) = (app.id.clone(), app.name.clone());
        self.apps.push(KnownApp { id, kind, name, application, is_asked: false });
    }

    /// Returns what has to be asked for next, or `None` if nothing is missing, or all that is was asked
    /// for. `has_reusable` says that the list of reusable policies was read.
    pub fn missing(&self, has_reusable: bool) -> Option<Missing> {
        let app = self.lacking(false)?;
        let may_be_listed = !has_reusable && self.unknown(app).next().is_some();
        Some(if may_be_listed { Missing::Reusable } else { Missing::PoliciesOf(app.id.clone()) })
    }

    /// Returns the application to ask for its policies next, as [`KnownApps::missing`] does. The answer
    /// has the reusable policies too, so that others may be complete with it. Policies that gate nothing
    /// are missing only where `all` are wanted.
    pub fn missing_of(&self, all: bool) -> Option<Id> {
        self.lacking(all).map(|app| app.id.clone())
    }

    fn lacking(&self, all: bool) -> Option<&KnownApp> {
        let matters = |app: &&KnownApp| !app.is_asked && (all || app.application.gate.is_by_policies());
        let unasked = || self.apps.iter().filter(matters);
        let without = unasked().find(|app| app.application.policies.is_none());
        without.or_else(|| unasked().find(|app| self.unknown(app).next().is_some()))
    }

    /// Adds all policies of an application that were asked for; `None` if they can't be read.
    pub fn found_policies(&mut self, of: &Id, found: Option<Vec<Attached>>) {
        let Some(app) = self.apps.iter_mut().find(|app| app.id == *of) else { return };
        app.is_asked = true;
        let listed = app.application.policies.take();
        let has = |found: &[Attached], id: &str| found.iter().any(|it| it.id.eq_ignore_ascii_case(id));
        let is_whole = |found: &Vec<Attached>| listed.iter().flatten().all(|it| has(found, &it.id));
        // Ids alone are more than nothing, and than an answer that lacks one of them.
        app.application.policies = found.filter(is_whole).or(listed);
        self.digest = self.digest.wrapping_add(app.application.digest());
    }

    /// Adds policies that an application has, and takes their rules. Returns how it has them.
    pub fn attach(&mut self, app: &Id, policies: &mut [app::Attached], account_id: &str) -> Vec<Attached> {
        let attach = |policy: &mut app::Attached| {
            if let Some(whole) = &mut policy.policy {
                self.note(whole, Some(app), account_id);
            }
            Attached {
                id: policy.id.as_str().to_owned(),
                // The policy itself tells it, once all are known.
                decision: Decision::Unknown(String::new()),
                precedence: policy.precedence,
                approval: None,
            }
        };
        policies.iter_mut().map(attach).collect()
    }

    /// Whether this policy is known, and not by its id alone.
    pub fn knows(&self, policy: &Id) -> bool {
        self.policies.contains_key(policy)
    }

    /// Returns the application that a policy belongs to, unless the policy is reusable. The id is found in
    /// any case.
    pub fn owner_of(&self, policy: &str) -> Option<&Id> {
        let is_it = |known: &Id| known.as_str().eq_ignore_ascii_case(policy);
        self.owners.iter().find(|(known, _)| is_it(known)).map(|(_, app)| app)
    }

    /// Whether a policy belongs to this application, and isn't reusable.
    pub fn is_own(&self, policy: &Id, app: &Id) -> bool {
        self.owners.get(policy) == Some(app)
    }

    /// Returns the policies of an application that aren't known. Of an application whose policies aren't
    /// known at all, there is none.
    pub fn unknown_of(&self, app: &Id) -> impl Iterator<Item = Id> {
        let app = self.apps.iter().find(|known| known.id == *app);
        app.into_iter().flat_map(|app| self.unknown(app))
    }

    /// Returns a digest of everything so far.
    pub const fn digest(&self) -> u64 {
        self.digest
    }

    /// Takes everything that decides who reaches which application. The digest stays, and so does what
    /// is known of owners.
    pub fn gather(&mut self) -> Gathered {
        let mut gathered = Gathered::default();
        let mut attached: Set<Id> = Set::default();
        for KnownApp { kind, name, mut application, .. } in std::mem::take(&mut self.apps) {
            for policy in application.policies.iter_mut().flatten() {
                if let Some(id) = Id::parse(&policy.id)
                    && let Some(known) = self.policies.get(&id)
                {
                    policy.decision = known.decision.clone();
                    policy.approval.clone_from(&known.approval);
                    attached.insert(id);
                }
            }
            if let Some(name) = name {
                gathered.names.insert(application.id.clone(), name);
            }
            let gate = Gate::of(&kind, application.policies.as_deref());
            gathered.applications.push(Application { gate, ..application });
        }
        let policies = std::mem::take(&mut self.policies).into_iter();
        let attached = policies.filter(|(id, _)| attached.contains(id));
        gathered.rules.extend(attached.map(|(_, known)| known.rules));
        gathered
    }

    fn unknown<'k>(&'k self, app: &'k KnownApp) -> impl Iterator<Item = Id> + 'k {
        let ids = app.application.policies.iter().flatten().filter_map(|policy| Id::parse(&policy.id));
        ids.filter(|id| !self.knows(id))
    }

    /// Adds a policy, unless it is known: applications contain reusable ones too.
    fn note(&mut self, policy: &mut Policy, owner: Option<&Id>, account_id: &str) {
        if self.knows(&policy.id) {
            return;
        }
        let decision = Decision::parse(policy.decision.as_deref().unwrap_or_default());
        let rules = policy::rule_set(policy, &decision, account_id);
        let digest = Digest::new().with(policy.id.as_str()).with(decision.word());
        let digest = digest.with(policy.approval.as_deref().unwrap_or_default()).finish();
        self.digest = self.digest.wrapping_add(digest).wrapping_add(rules.digest());
        let known = KnownPolicy { decision, approval: policy.approval.clone(), rules };
        self.policies.insert(policy.id.clone(), known);
        if let Some(app) = owner {
            self.owners.insert(policy.id.clone(), app.clone());
        }
    }
}
