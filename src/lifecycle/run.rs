//! Does the steps of a call.

use super::asked::{Address, Extra, Invite, NewUser, Planned};
use super::members::{self, Members};
use super::owner::Owner;
use super::step::{Options, Step, check_count};
use super::{sessions, users};
use crate::cloudflare::client::Client;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::error::{Error, Result};
use crate::model::Kind;
use crate::provision::call::Call;
use crate::provision::errors::refused;
use crate::provision::roles::roster::Roster;
use crate::provision::target::PrincipalRef;
use crate::provision::{self, Outcome, Report};
use crate::sorted::{Set, sort_by};
use crate::validate::{Rights, rights};

/// Does steps, or plans them.
pub fn apply<T: Transport>(client: &mut Client<T>, steps: &[Step], options: &Options) -> Report {
    client.begin_call();
    client.forget_ahead();
    let mut call = begin(client, steps.len(), options);
    match check_count(steps.len()).and_then(|()| Extra::read(&options.extra)) {
        Ok(extra) => {
            let mut planned = Vec::new();
            for (index, step) in steps.iter().enumerate() {
                match Planned::read(step) {
                    Ok(step) => planned.push((index, step)),
                    Err(error) => call.settle(index, Err(error)),
                }
            }
            refuse_contradictions(&mut call, &mut planned);
            let mut run = Run::new(options, extra);
            run.learn_own(&mut call, &planned);
            run.steps(&mut call, planned, Roster::default());
        }
        Err(error) => (0..steps.len()).for_each(|index| call.settle(index, Err(error.clone()))),
    }
    call.into_report()
}

/// Removes a member who has nothing in the account but these roles, each by its id. Whoever has more stays.
#[cfg(feature = "standalone")]
pub(crate) fn end_membership<T: Transport>(
    client: &mut Client<T>,
    member: &Id,
    roles: Set<String>,
) -> Report {
    client.begin_call();
    client.forget_ahead();
    let options = Options::default();
    let mut call = begin(client, 1, &options);
    let run = Run { has_only: Some(roles), ..Run::new(&options, Extra::default()) };
    run.steps(&mut call, vec![(0, Planned::RemoveMember(member.clone()))], Roster::default());
    call.into_report()
}

/// Begins a call with so many parts.
pub(super) fn begin<'c, T: Transport>(
    client: &'c mut Client<T>,
    parts: usize,
    options: &Options,
) -> Call<'c, T> {
    let options = provision::Options { dry_run: options.dry_run, ..provision::Options::default() };
    let mut call = Call::new(client, parts, &options);
    call.if_it_gives = [
        "An offboarding gives nothing: once somebody has looked at that, provision.apply takes them out with \
         allow-gains",
        ".",
    ];
    call
}

/// A step, and its place in the call.
type Placed = (usize, Planned);

/// The steps of a call while they are done.
pub(super) struct Run {
    allow_own: bool,
    extra: Extra,
    /// The owner of the credentials, once a removal asked for it.
    owner: Option<Owner>,
    /// The owner's memberships, as far as they are known and may end: they end last.
    pub own: Set<Id>,
    /// The ids of the roles beside which a member who is removed may have nothing; `None` if it may be
    /// anything.
    has_only: Option<Set<String>>,
    /// The rights of the credentials, once a plan asked for them.
    rights: Option<Rights>,
}

impl Run {
    /// Begins.
    pub fn new(options: &Options, extra: Extra) -> Self {
        Self {
            allow_own: options.allow_own,
            extra,
            owner: None,
            own: Set::default(),
            has_only: None,
            rights: None,
        }
    }

    fn owner<T: Transport>(&mut self, call: &mut Call<'_, T>) -> &Owner {
        self.owner.get_or_insert_with(|| Owner::ask(call.client))
    }

    /// Checks that the membership of the person with this address, which is in lower case, may end. Returns
    /// whether the credentials end with it.
    ///
    /// # Errors
    /// `refused`: the person owns the credentials of this session.
    pub fn check_owner<T: Transport>(&mut self, call: &mut Call<'_, T>, address: &str) -> Result<bool> {
        let is_owner = *self.owner(call) == Owner::Address(address.to_owned());
        if self.allow_own || !is_owner {
            return Ok(is_owner);
        }
        let why = "This person owns the credentials of this session, which would stop working before \
                   everything is done. Use those of somebody else, or set allow-own.";
        Err(refused(why))
    }

    /// Finds out which of the members whom steps remove own the credentials, if that is allowed: nothing can
    /// be done after those.
    fn learn_own<T: Transport>(&mut self, call: &mut Call<'_, T>, steps: &[Placed]) {
        let member = |step: &Planned| match step {
            Planned::RemoveMember(id) => Some(id.clone()),
            _ => None,
        };
        let members: Vec<Id> = steps.iter().filter_map(|(_, step)| member(step)).collect();
        if !self.allow_own || members.is_empty() || steps.len() == 1 {
            return;
        }
        let Owner::Address(owner) = self.owner(call).clone() else { return };
        let named: Vec<PrincipalRef> = members.iter().cloned().map(PrincipalRef::Member).collect();
        call.people.learn(call.client, named.iter());
        let is_own = |named: &PrincipalRef| {
            let principal = call.people.principal(named);
            principal.is_ok_and(|principal| principal.address_key() == Some(owner.as_str()))
        };
        self.own =
            members.into_iter().zip(&named).filter(|(_, named)| is_own(named)).map(|it| it.0).collect();
    }

    /// Withdraws what these changes of a call plan, if the credentials are known to lack the permission that
    /// they take: that is the result of each that would write something, and the writes behind the first
    /// `written`. Returns whether that was so.
    pub fn may_not<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        permission: &'static str,
        written: usize,
        changes: impl Iterator<Item = usize>,
    ) -> bool {
        let planned: Vec<usize> = changes.filter(|&index| call.is_planned(index)).collect();
        let Some(error) = planned.first().and_then(|_| self.missing(call, permission, "this change")) else {
            return false;
        };
        planned.into_iter().for_each(|index| call.withdraw(index, &error));
        call.forget_recorded(written);
        true
    }

    /// Returns the error for what takes this permission, if the credentials are known to lack it. Only a plan
    /// asks: everything else is told by the upstream.
    fn missing<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        permission: &'static str,
        what: &str,
    ) -> Option<Error> {
        self.rights.get_or_insert_with(|| rights(call.client)).missing(permission, what)
    }

    /// Does steps, and settles all of them. Returns what is known of members then.
    pub fn steps<T: Transport>(
        mut self,
        call: &mut Call<'_, T>,
        mut steps: Vec<Placed>,
        mut roster: Roster,
    ) -> Roster {
        let is_own = |step: &Planned| matches!(step, Planned::RemoveMember(id) if self.own.contains(id));
        let place = |step: &Planned| (is_own(step), step.rank());
        sort_by(&mut steps, |(_, one), (_, other)| place(one).cmp(&place(other)));
        let (first, repeated) = apart(steps);
        let members = match learn(call, &mut roster, &first) {
            Ok(members) => members,
            Err((error, concerned)) => {
                for (index, step) in first.iter().filter(|(_, step)| concerned(step)) {
                    call.settle(*index, Err(error.clone().or_about(step.about().to_string())));
                }
                Members::default()
            }
        };
        for (index, step) in &first {
            if !call.is_settled(*index) {
                let outcome = self.step(call, &mut roster, *index, step, &members);
                let about = step.about().to_string();
                call.settle(*index, outcome.map_err(|error| error.or_about(about)));
            }
        }
        for (index, same_as) in repeated {
            let result = call.result(same_as);
            call.settle(index, result);
        }
        roster
    }

    fn step<T: Transport>(
        &mut self,
        call: &mut Call<'_, T>,
        roster: &mut Roster,
        index: usize,
        step: &Planned,
        members: &Members,
    ) -> Result<Outcome> {
        let kind = step.kind();
        if let Some(stopped) = call.stopped(kind) {
            return Err(stopped);
        }
        let written = call.recorded();
        let outcome = match step {
            Planned::Invite(step) => members::invite(call, roster, index, step, members),
            Planned::AddUser(step) => users::add(call, step),
            Planned::EndSessions(person) => sessions::end(call, person, self.extra.devices),
            Planned::FreeSeat(id) => users::free_seat(call, id),
            Planned::RemoveMember(id) => {
                let owner = self.owner(call).clone();
                members::remove(call, roster, id, &owner, self.allow_own, self.has_only.as_ref())
            }
            Planned::RemoveUser(id) => users::remove(call, id),
        };
        call.note(kind, outcome.as_ref().err());
        let is_planned = outcome.as_ref().is_ok_and(|outcome| outcome.status == provision::Status::Planned);
        // A plan that the credentials couldn't carry out says so.
        match if is_planned { self.missing(call, step.permission(), "this step") } else { None } {
            Some(error) => {
                call.forget_recorded(written);
                Err(error)
            }
            None => outcome,
        }
    }
}

/// Separates the steps that repeat an earlier one: each with the place of that.
fn apart(steps: Vec<Placed>) -> (Vec<Placed>, Vec<(usize, usize)>) {
    let (mut first, mut repeated): (Vec<Placed>, Vec<_>) = (Vec::new(), Vec::new());
    for (index, step) in steps {
        match first.iter().find(|(_, earlier)| *earlier == step) {
            Some((same_as, _)) => repeated.push((index, *same_as)),
            None => first.push((index, step)),
        }
    }
    (first, repeated)
}

/// The steps that can't be done, after a failure to learn something.
type Concerned = fn(&Planned) -> bool;

/// Reads what several steps need, before anything is written.
fn learn<T: Transport>(
    call: &mut Call<'_, T>,
    roster: &mut Roster,
    steps: &[Placed],
) -> std::result::Result<Members, (Error, Concerned)> {
    let leavers: Set<Id> = steps
        .iter()
        .filter_map(|(_, step)| if let Planned::RemoveMember(id) = step { Some(id.clone()) } else { None })
        .collect();
    if !leavers.is_empty() {
        let is_removal: Concerned = |step| matches!(step, Planned::RemoveMember(_));
        roster.learn_leavers(call, &leavers).map_err(|error| (error, is_removal))?;
    }
    let mut given = Vec::new();
    let mut addresses = Set::default();
    for (index, step) in steps {
        if let Planned::Invite(Invite { address, roles, .. }) = step {
            given.extend(roles.iter().map(|(kind, id)| (*index, *kind, id.clone())));
            addresses.insert(address.key.clone());
        }
    }
    if addresses.is_empty() {
        return Ok(Members::default());
    }
    let is_invitation: Concerned = |step| matches!(step, Planned::Invite(_));
    let members = members::find(call, &addresses).map_err(|error| (error, is_invitation))?;
    roster.learn_given(call, given).map_err(|error| (error, is_invitation))?;
    Ok(members)
}

/// Refuses steps of one call that contradict each other: two about the same address that aren't the same,
/// and one that lets somebody in whose account another one removes.
fn refuse_contradictions<T: Transport>(call: &mut Call<'_, T>, steps: &mut Vec<Placed>) {
    let comes = |step: &Planned| match step {
        Planned::Invite(Invite { address, .. }) => Some((Kind::Member, address.clone())),
        Planned::AddUser(NewUser { address, .. }) => Some((Kind::User, address.clone())),
        _ => None,
    };
    if !steps.iter().any(|(_, step)| comes(step).is_some()) {
        return;
    }
    let goes = |step: &Planned| match step {
        Planned::RemoveMember(id) => Some(PrincipalRef::Member(id.clone())),
        Planned::RemoveUser(id) => Some(PrincipalRef::User(id.clone())),
        _ => None,
    };
    let leavers: Vec<PrincipalRef> = steps.iter().filter_map(|(_, step)| goes(step)).collect();
    call.people.learn(call.client, leavers.iter());
    let about = |step: &Planned| {
        comes(step).or_else(|| {
            let principal = call.people.principal(&goes(step)?).ok()?;
            let key = principal.address_key()?.to_owned();
            Some((principal.id.kind, Address { given: key.clone(), key }))
        })
    };
    let all: Vec<Option<(Kind, Address)>> = steps.iter().map(|(_, step)| about(step)).collect();
    let is_opposed = |at: usize, (_, step): &Placed| {
        let Some(of) = all.get(at).and_then(Option::as_ref) else { return false };
        let mut others = steps.iter().zip(&all);
        others.any(|((_, other), about)| {
            about.as_ref() == Some(of) && other != step && (comes(step).is_some() || comes(other).is_some())
        })
    };
    let opposed: Vec<bool> = steps.iter().enumerate().map(|(at, step)| is_opposed(at, step)).collect();
    let mut opposed = opposed.into_iter();
    steps.retain(|(index, step)| {
        let is_opposed = opposed.next().unwrap_or_default();
        if is_opposed {
            let why = "Another step of the same call is about the same address, and contradicts this one. \
                       Neither was done: ask for one of them.";
            call.settle(*index, Err(refused(why).about(step.about().to_string())));
        }
        !is_opposed
    });
}
