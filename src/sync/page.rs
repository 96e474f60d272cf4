//! The page that is being filled.

use crate::apps::{Applications, Why};
use crate::model::{Basis, Entitlement, Grant, Kind, Page, Resource, ResourceId, Warning};
use crate::records;
use crate::rules::{Evaluation, Reason};

/// The weight at which a page is full, in bytes of its texts: small enough for every host, large
/// enough that the number of calls doesn't matter.
const FULL: usize = 1 << 20;
/// The weight of a record beside its texts.
const RECORD: usize = 64;

/// Whether a resource is the one that is wanted, in any case of letters.
fn is_same(only: &ResourceId, id: &ResourceId) -> bool {
    only.kind == id.kind && only.id.eq_ignore_ascii_case(&id.id)
}

/// Whether an entitlement is on the resource that is wanted.
fn is_on(wanted: &str, entitlement: &str) -> bool {
    entitlement.rsplit_once(':').is_some_and(|(on, _)| on.eq_ignore_ascii_case(wanted))
}

/// A page and its weight.
#[derive(Default)]
pub struct Output {
    /// The page that a host gets.
    pub page: Page,
    weight: usize,
    is_unbounded: bool,
    /// The one resource that is wanted, and how the ids of entitlements on it begin.
    only: Option<(ResourceId, String)>,
    shared: Shared<Reason>,
    shared_of_apps: Shared<Why>,
    /// Kept between calls to reuse their memory.
    reason: Reason,
    why: Why,
}

/// The reasons that people may share, each with the place of its grant on the page; by the place of the
/// group or application.
struct Shared<R>(Vec<Vec<(R, usize)>>);

impl<R> Default for Shared<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Clone + PartialEq> Shared<R> {
    /// The most reasons that are kept of a group or an application: it has a few that most people share,
    /// and any number of rare ones.
    const MOST: usize = 16;

    fn find(&self, of: usize, reason: &R) -> Option<usize> {
        self.0.get(of)?.iter().find(|(known, _)| known == reason).map(|&(_, place)| place)
    }

    fn add(&mut self, of: usize, reason: &R, place: usize) {
        if self.0.len() <= of {
            self.0.resize_with(of + 1, Vec::new);
        }
        if let Some(reasons) = self.0.get_mut(of)
            && reasons.len() < Self::MOST
        {
            reasons.push((reason.clone(), place));
        }
    }
}

impl Output {
    /// Returns an empty page: of everything, or of one resource and the grants of its entitlement.
    pub fn new(only: Option<ResourceId>) -> Self {
        let only = only.map(|only| {
            let on = only.to_string();
            (only, on)
        });
        Self { only, ..Self::default() }
    }

    /// Returns an empty page that is never full.
    pub fn unbounded() -> Self {
        Self { is_unbounded: true, ..Self::default() }
    }

    /// Whether the next record belongs on the next page.
    pub fn is_full(&self) -> bool {
        self.weight >= FULL && !self.is_unbounded
    }

    /// Emits a resource.
    pub fn resource(&mut self, resource: Resource) {
        if self.only.as_ref().is_some_and(|(only, _)| !is_same(only, &resource.id)) {
            return;
        }
        let account =
            resource.account.iter().flat_map(|account| [&account.email, &account.login, &account.last_login]);
        let account: usize = account.flatten().map(String::len).sum();
        self.weight +=
            RECORD + resource.id.id.len() + resource.display_name.len() + resource.profile.len() + account;
        self.page.resources.push(resource);
    }

    /// Emits an entitlement.
    pub fn entitlement(&mut self, entitlement: Entitlement) {
        if self.only.as_ref().is_some_and(|(only, _)| !is_same(only, &entitlement.on)) {
            return;
        }
        self.weight += RECORD
            + entitlement.id.len()
            + entitlement.display_name.len()
            + entitlement.description.len()
            + entitlement.extra.len();
        self.page.entitlements.push(entitlement);
    }

    /// Emits a grant.
    pub fn grant(&mut self, grant: Grant) {
        if self.only.as_ref().is_some_and(|(_, on)| !is_on(on, &grant.entitlement)) {
            return;
        }
        let through = |basis: &Basis| basis.through.as_ref().map_or(0, |through| through.id.len());
        let basis = grant.basis.iter().map(|basis| basis.rule.len() + basis.value.len() + through(basis));
        let basis: usize = basis.sum();
        let conditions = grant.conditions.iter().flat_map(|conditions| {
            [&conditions.any_of, &conditions.all_of, &conditions.none_of]
                .into_iter()
                .flatten()
                .map(String::len)
        });
        let principals: usize = grant.principals.iter().map(|principal| principal.id.len()).sum();
        // Most have nothing in it.
        let extra = grant.extra.len().saturating_sub("{}".len());
        self.weight +=
            RECORD + grant.entitlement.len() + principals + basis + conditions.sum::<usize>() + extra;
        self.page.grants.push(grant);
    }

    /// Emits the membership of somebody in the group at this place, if they are a member: in the
    /// grant of those who are members for the same reason.
    pub fn membership(&mut self, principal: &ResourceId, evaluation: &mut Evaluation<'_, '_>, group: usize) {
        let mut reason = std::mem::take(&mut self.reason);
        if evaluation.reason(group, &mut reason) {
            let shared = if reason.is_own { None } else { self.shared.find(group, &reason) };
            if !self.add_to(shared, principal) {
                let place = self.page.grants.len();
                if let Some(held) = evaluation.held_for(group, &reason) {
                    self.grant(records::group::grant(principal, &held));
                }
                if self.page.grants.len() > place && !reason.is_own {
                    self.shared.add(group, &reason, place);
                }
            }
        }
        self.reason = reason;
    }

    /// Returns whether somebody reaches the application at this place. The reason is kept for
    /// [`Output::access`].
    pub fn reaches(&mut self, apps: &Applications, evaluation: &Evaluation<'_, '_>, app: usize) -> bool {
        apps.reason(app, evaluation, &mut self.why)
    }

    /// Emits the access of somebody to the application that was asked for last: in the grant of those
    /// who have it for the same reason.
    pub fn access(
        &mut self,
        principal: &ResourceId,
        apps: &Applications,
        evaluation: &Evaluation<'_, '_>,
        app: usize,
    ) {
        let why = std::mem::take(&mut self.why);
        let shared = if why.is_own { None } else { self.shared_of_apps.find(app, &why) };
        if !self.add_to(shared, principal) {
            let place = self.page.grants.len();
            if let Some(access) = apps.access_for(app, evaluation, &why) {
                self.grant(records::app::grant(principal, &access));
            }
            if self.page.grants.len() > place && !why.is_own {
                self.shared_of_apps.add(app, &why, place);
            }
        }
        self.why = why;
    }

    /// Adds a principal to the grant at this place of the page. Returns whether there is one.
    fn add_to(&mut self, grant: Option<usize>, principal: &ResourceId) -> bool {
        let Some(grant) = grant.and_then(|place| self.page.grants.get_mut(place)) else { return false };
        self.weight += RECORD + principal.id.len();
        grant.principals.push(principal.clone());
        true
    }

    /// Emits a warning. Of one about another resource than the one that is wanted, only a gap
    /// matters, and of an application not even that: none rests on another one.
    pub fn warning(&mut self, warning: Warning) {
        let of_another =
            |about: &ResourceId| self.only.as_ref().is_some_and(|(only, _)| !is_same(only, about));
        let is_of_app = |about: &ResourceId| about.kind == Kind::App;
        let matters = warning.incomplete
            && !(self.only.as_ref().is_some_and(|(only, _)| is_of_app(only))
                && warning.about.as_ref().is_some_and(is_of_app));
        if !matters && warning.about.as_ref().is_some_and(of_another) {
            return;
        }
        self.weight += RECORD + warning.message.len();
        self.page.warnings.push(warning);
    }
}
