//! Every fault at every request of each step and of an offboarding, before and after it takes effect: the
//! report is true of the mock's state, or says that the state isn't known, and the same call again ends in
//! the same state.

use crate::{METHODS, PRIYA, Setup, accounts, add_user, end_sessions, free_seat, id, invite, really, remove};
use connector_host::contract::lifecycle::{Action, Certainty, Offboarding, Outcome, Step};
use connector_host::contract::{Error, ErrorKind};
use connector_host::{Host, HostError};
use host_test::mock::{Account, DEMO_KEY, DEMO_TOKEN, Effect, Fault, Operation, Options, Place, Recorded};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The number of scenarios at once: most of a scenario is waiting.
const AT_ONCE: usize = 16;

/// The calls that are swept.
#[derive(Clone, Debug)]
pub enum Asked {
    Steps(Vec<Step>),
    Offboard(String),
}

/// The end of one part of a call: its step or the word of the part, and the result.
type Ended = (Action, Result<Outcome, Error>);

struct Observed {
    ended: Result<Vec<Ended>, Error>,
    remaining: Vec<(Certainty, String)>,
    account: Account,
    sent: Vec<Recorded>,
    shown: String,
}

pub fn calls(account: &Account) -> Vec<Asked> {
    let (Some(user), Some(member)) = accounts(account, PRIYA) else { panic!() };
    let role = format!("role:{}:assigned", account.roles[0].id);
    vec![
        Asked::Steps(vec![invite("eve@northwind.example", &[&role]), add_user("eve@northwind.example")]),
        Asked::Steps(vec![
            end_sessions(&format!("email:{PRIYA}")),
            free_seat(&format!("user:{user}")),
            remove(&format!("member:{member}")),
            remove(&format!("user:{user}")),
        ]),
        Asked::Offboard(format!("email:{PRIYA}")),
    ]
}

fn effects() -> Vec<Effect> {
    let status = |status, code| Effect::Status {
        status,
        code,
        message: format!("you sent {DEMO_TOKEN} {DEMO_KEY}"),
        headers: Vec::new(),
    };
    vec![
        status(403, 10000),
        status(401, 10000),
        status(429, 971),
        status(500, 1),
        status(400, 1003),
        status(404, 1003),
        Effect::Html { status: 403 },
        Effect::Html { status: 502 },
        Effect::Empty { status: 200 },
        Effect::Redirect { location: "https://login.example/".to_owned() },
        Effect::Reset { at: Place::BeforeHead },
        Effect::Reset { at: Place::InBody },
        Effect::CutOff,
    ]
}

async fn observe(host: &Host, method: &str, asked: &Asked, account: Account, faults: Vec<Fault>) -> Observed {
    let behaviour = Options { faults, ..Options::default() };
    let mock = host_test::mock::Mock::start(account, behaviour).await.unwrap();
    let setup = Setup { mock, host: host.clone() };
    let mut session = setup.session(method).await;
    let observed = match asked {
        Asked::Steps(steps) => {
            let report = session.apply_steps(steps, &really()).await.unwrap();
            let ended = steps.iter().cloned().map(Action::Step).zip(report.results.clone()).collect();
            (Ok(ended), Vec::new(), format!("{report:?}"))
        }
        Asked::Offboard(person) => match session.offboard(&id(person), &[], &really()).await {
            Ok(offboarding) => {
                let shown = format!("{offboarding:?}");
                let Offboarding { parts, remaining, .. } = offboarding;
                let ended = parts.into_iter().map(|part| (part.action, part.outcome)).collect();
                let remaining = remaining
                    .into_iter()
                    .map(|way| (way.certainty, way.into.as_ref().map(crate::shown).unwrap_or_default()));
                (Ok(ended), remaining.collect(), shown)
            }
            Err(HostError::Connector(error)) => (Err((*error).clone()), Vec::new(), format!("{error:?}")),
            Err(HostError::Network { error, .. }) => {
                (Err((*error).clone()), Vec::new(), format!("{error:?}"))
            }
            Err(error) => panic!("{error}"),
        },
    };
    // What is deleted is gone in the end.
    setup.mock.change(Account::finish_deletions);
    let (ended, remaining, shown) = observed;
    Observed { ended, remaining, account: setup.mock.account(), sent: setup.mock.requests(), shown }
}

/// Whether the effect of a part is there.
fn is_done(account: &Account, action: &Action) -> bool {
    match action {
        Action::Step(Step::Invite(of)) => accounts(account, &of.address).1.is_some(),
        Action::Step(Step::AddUser(of)) => accounts(account, &of.address).0.is_some(),
        Action::Step(Step::EndSessions(_)) => account.sessions_of(PRIYA).is_empty(),
        Action::Step(Step::FreeSeat(of)) => {
            let user = account.users.iter().find(|user| user.id == of.id);
            user.is_none_or(|user| user.access_seat != Some(true) && user.gateway_seat != Some(true))
        }
        Action::Step(Step::Remove(of)) if of.kind == "user" => account.users.iter().all(|it| it.id != of.id),
        Action::Step(Step::Remove(of)) => account.members.iter().all(|member| member.id != of.id),
        Action::Change(change) => {
            let id = change.entitlement.split(':').nth(1).unwrap();
            match account.user_groups.iter().find(|group| group.id == id) {
                Some(group) => !group.members.contains(&change.principal.id),
                None => {
                    let group = account.groups.iter().find(|group| group.id == id).unwrap();
                    let own = serde_json::json!({ "email": { "email": PRIYA } });
                    !group.include.iter().flatten().any(|rule| *rule == own)
                }
            }
        }
    }
}

/// Returns what a call decides of an account.
pub fn state(account: &Account) -> String {
    let mut members: Vec<_> =
        account.members.iter().map(|it| (it.address().map(str::to_owned), it.roles.clone())).collect();
    members.sort();
    let mut users: Vec<_> =
        account.users.iter().map(|user| (user.email.clone(), user.access_seat, user.gateway_seat)).collect();
    users.sort();
    let groups: Vec<_> = account.groups.iter().map(|group| (&group.id, &group.include)).collect();
    let user_groups: Vec<_> = account.user_groups.iter().map(|group| (&group.id, &group.members)).collect();
    let sessions: BTreeSet<&str> = account.sessions.iter().map(|session| session.user.as_str()).collect();
    format!("{members:?} {users:?} {groups:?} {user_groups:?} {sessions:?}")
}

/// Lists what isn't true of a call.
fn judge(before: &Account, observed: &Observed) -> Vec<String> {
    let mut wrong = Vec::new();
    for secret in [DEMO_TOKEN, DEMO_KEY] {
        if observed.shown.contains(secret) {
            wrong.push("a secret shows".to_owned());
        }
    }
    let ended = match &observed.ended {
        Ok(ended) => ended,
        Err(_) => {
            if state(&observed.account) != state(before) {
                wrong.push("it failed as a whole, and something was written".to_owned());
            }
            return wrong;
        }
    };
    let has_member = accounts(&observed.account, PRIYA).1.is_some();
    for (action, outcome) in ended {
        let (is, was) = (is_done(&observed.account, action), is_done(before, action));
        let goes_anyway = match action {
            // Who isn't a member any more has left all groups, and a removed user has no sessions.
            Action::Change(change) => change.principal.kind == "member" && !has_member,
            Action::Step(Step::EndSessions(_) | Step::FreeSeat(_)) => {
                accounts(&observed.account, PRIYA).0.is_none()
            }
            Action::Step(_) => false,
        };
        match outcome {
            Ok(_) if is => {}
            Ok(outcome) => wrong.push(format!("{action:?}: {outcome:?}, and it isn't so")),
            Err(error) if error.kind == ErrorKind::Indeterminate || goes_anyway || is == was => {}
            Err(error) => wrong.push(format!("{action:?}: {error:?}, and it is done")),
        }
    }
    // Nobody is called out who isn't.
    let is_told = |id: &str| {
        let mut ways = observed.remaining.iter();
        ways.any(|(certainty, into)| {
            *certainty == Certainty::NotKnown || *certainty == Certainty::Certain && into == id
        })
    };
    let is_offboarding = ended.iter().any(|(action, _)| matches!(action, Action::Change(_)));
    if let (true, Some(member)) = (is_offboarding, accounts(&observed.account, PRIYA).1)
        && !is_told(&format!("member:{member}"))
    {
        wrong.push(format!("the membership stays, and isn't told: {:?}", observed.remaining));
    }
    wrong
}

/// Returns the faults at each request of an undisturbed run, before and after it takes effect.
fn faults(sent: &[Recorded]) -> Vec<Fault> {
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut faults = Vec::new();
    for request in sent {
        let path = request.path.clone();
        let nth = seen.entry((request.method.clone(), path.clone())).or_default();
        *nth += 1;
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        let on = Operation {
            method: Some(request.method.clone()),
            route: None,
            id: Some(last),
            page: None,
            attempt: Some(*nth),
        };
        // No read shows at once whether these took effect.
        let is_unseen =
            request.method == "DELETE" && path.contains("/access/users/") || path.ends_with("/revoke_user");
        for effect in effects() {
            let is = |code| matches!(effect, Effect::Status { status, .. } if status == code);
            // If the API says that something isn't there, it isn't.
            if is(404) && request.method == "GET" {
                continue;
            }
            let carried_out: &[Option<bool>] = match request.method.as_str() {
                "GET" => &[None],
                // The limit is looked at before a request is served.
                _ if is(429) => &[Some(false)],
                // Where no read shows it, the API's own refusal is believed.
                _ if is_unseen && (is(400) || is(401) || is(403)) => &[Some(false)],
                _ => &[Some(false), Some(true)],
            };
            for carried_out in carried_out {
                let (on, effect) = (on.clone(), effect.clone());
                faults.push(Fault { on, effect, carried_out: *carried_out });
            }
        }
    }
    faults
}

#[tokio::test]
async fn a_report_is_true_whatever_goes_wrong_and_the_same_call_ends_in_the_same_state() {
    let host = crate::host().await;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let (mut running, mut count) = (JoinSet::new(), 0_usize);
    let account = Account::company();
    for asked in calls(&account) {
        let usual = observe(&host, "api-token", &asked, account.clone(), Vec::new()).await;
        assert!(usual.ended.as_ref().unwrap().iter().all(|(_, outcome)| outcome.is_ok()), "{}", usual.shown);
        assert_eq!(judge(&account, &usual), Vec::<String>::new());
        let expected = Arc::new(state(&usual.account));
        let all = faults(&usual.sent);
        // A long call takes a part of its scenarios: the part drifts, so that no effect is skipped.
        let skip = all.len() / 300 + 1;
        for (at, fault) in all.into_iter().enumerate() {
            if (at + at / 13) % skip != 0 {
                continue;
            }
            count += 1;
            let method = METHODS[count % 2];
            let (host, room, expected) = (host.clone(), Arc::clone(&room), Arc::clone(&expected));
            let (account, asked) = (account.clone(), asked.clone());
            running.spawn(async move {
                let _turn = room.acquire_owned().await.unwrap();
                let observed = observe(&host, method, &asked, account.clone(), vec![fault.clone()]).await;
                let mut wrong = judge(&account, &observed);
                let again = observe(&host, method, &asked, observed.account.clone(), Vec::new()).await;
                let is_well = |(_, outcome): &Ended| outcome.is_ok();
                if !again.ended.as_ref().is_ok_and(|ended| ended.iter().all(is_well)) {
                    wrong.push(format!("again: {}", again.shown));
                }
                if state(&again.account) != *expected {
                    wrong.push("again: it ends in another state".to_owned());
                }
                (!wrong.is_empty())
                    .then(|| format!("{asked:?}, {method}: {fault:?}\n  {}", wrong.join("\n  ")))
            });
        }
    }
    let wrong: Vec<String> = running.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert!(count > 400, "{count} scenarios");
}
