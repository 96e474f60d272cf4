//! Compares who reaches which application: the fold and its shortcuts give the same as the slow evaluator,
//! whatever the order of groups and applications.

use super::ACCOUNT;
use super::evaluator::{self, Asking, Conditions, Exposure, Held, Kind, Passage, Principal, Reach, Setting};
use super::membership::{condition, parsed, rule, told};
use cloudflare_zero_trust::apps::{Access, Applications, Search};
use cloudflare_zero_trust::cloudflare::app::App;
use cloudflare_zero_trust::cloudflare::item::Item;
use cloudflare_zero_trust::model::{self, ResourceId};
use cloudflare_zero_trust::records::known_apps::{Gathered, KnownApps};
use cloudflare_zero_trust::rules::{
    Alternative, Evaluation, Lists, Membership, RuleSet, Scratch, Standing, Subject, Value,
};
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// A policy of an application: its number among all, and the place that it says it has.
type Placed = (usize, Option<i64>);

type Rules = [Vec<Box<RawValue>>; 3];

/// The input: groups, applications with their policies, and who asks.
#[derive(Clone, Default)]
struct Input {
    groups: Vec<Rules>,
    policies: Vec<Policy>,
    apps: Vec<Application>,
    /// The ids of the identity providers; `None` if they can't be read.
    providers: Option<Vec<String>>,
    lists: evaluator::Lists,
    people: BTreeSet<String>,
    tokens: BTreeSet<String>,
}

#[derive(Clone, Default)]
struct Policy {
    decision: String,
    rules: Rules,
    /// The approvals that it asks for, if it asks for any.
    approvals: Option<u32>,
    /// Whether nothing but its id is known.
    is_by_id: bool,
}

#[derive(Clone, Default)]
struct Application {
    kind: String,
    /// The numbers of its policies, and their places; `None` if they aren't known.
    attached: Option<Vec<Placed>>,
    allowed: Vec<String>,
}

/// Runs one input. Its lines are: `#`, one more group; `!TYPE`, one more application (`!` alone: a
/// self-hosted one); `?DECISION 3`, one more policy of the last application, in place 3; `>0 3`, policy 0
/// in the last application too; `^2`, the last policy asks for two approvals; `<`, only its id is known;
/// `~`, the application's policies aren't known; `:0`, it accepts the identity provider 0; `;0`, the
/// account has that one; `$1`, service token 1. `+rule`, `-rule` or `&rule` is a rule of the last group or
/// policy. These, `@` and `=` are as `membership` has them, with `t1` for token 1 and `T` for any.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let input = Input::read(text);
    let told = Told::of(&input, false);
    told.check(&input);
    assert!(told == Told::of(&input, true), "the order of groups or applications matters");
    if let Some(turned) = input.with_policies_turned() {
        assert!(told == Told::of(&turned, false), "the order of policies matters, and all have places");
    }
    let closed = Told::of(&input.closed(), false);
    assert!(closed.people().all(|(_, apps)| apps.is_empty()), "a deny for everybody in front lets people in");
    assert!(closed.of_tokens().eq(told.of_tokens()), "a deny concerns tokens");
    let opened = Told::of(&input.opened(), false);
    for ((who, before), (_, after)) in told.people().zip(opened.people()) {
        let lost: Vec<&String> = before.keys().filter(|app| !after.contains_key(*app)).collect();
        assert!(lost.is_empty(), "an allow behind all others takes {lost:?} from {who}");
    }
}

impl Input {
    fn read(text: &str) -> Input {
        let mut input = Input::default();
        let mut is_group = true;
        for line in text.lines().take(120) {
            let Some((first, rest)) = line.split_at_checked(1) else { continue };
            match first {
                "#" if input.groups.len() < 6 => {
                    input.groups.push(Rules::default());
                    is_group = true;
                }
                "!" if input.apps.len() < 6 => {
                    let kind = if rest.is_empty() { "self_hosted" } else { rest };
                    input.apps.push(Application {
                        kind: kind.to_owned(),
                        attached: Some(Vec::new()),
                        allowed: Vec::new(),
                    });
                }
                "?" if input.policies.len() < 10 => {
                    let (decision, place) = rest.split_once(' ').unwrap_or((rest, ""));
                    input.attach(input.policies.len(), place);
                    input.policies.push(Policy { decision: decision.to_owned(), ..Policy::default() });
                    is_group = false;
                }
                ">" => {
                    let (number, place) = rest.split_once(' ').unwrap_or((rest, ""));
                    let number = number.parse().ok().filter(|number| *number < input.policies.len());
                    number.into_iter().for_each(|number| input.attach(number, place));
                }
                "^" => input.policies.last_mut().into_iter().for_each(|it| it.approvals = rest.parse().ok()),
                "<" => input.policies.last_mut().into_iter().for_each(|it| it.is_by_id = true),
                "~" => input.apps.last_mut().into_iter().for_each(|app| app.attached = None),
                ":" => input.apps.last_mut().into_iter().for_each(|app| app.allowed.extend(id(rest))),
                ";" => input.providers.get_or_insert_default().extend(id(rest)),
                "@" if input.people.len() < 5 => drop(input.people.insert(rest.to_owned())),
                "$" if input.tokens.len() < 3 => input.tokens.extend(id(rest)),
                "=" => {
                    if let Some((list, item)) = rest.split_at_checked(1) {
                        let items = input.lists.entry(list.to_owned()).or_insert_with(|| Some(Vec::new()));
                        let item = (!item.is_empty()).then(|| item.to_owned());
                        items.iter_mut().for_each(|items| items.extend(item.clone()));
                    }
                }
                "+" | "-" | "&" => {
                    let section = ["+", "-", "&"].iter().position(|sign| *sign == first).unwrap_or_default();
                    let rules = if is_group {
                        input.groups.last_mut()
                    } else {
                        input.policies.last_mut().map(|it| &mut it.rules)
                    };
                    if let (Some(rules), Some(rule)) = (rules, token_rule(rest).or_else(|| rule(rest))) {
                        rules[section].push(rule);
                    }
                }
                _ => {}
            }
        }
        input
    }

    /// Attaches a policy to the last application. The same one twice is one.
    fn attach(&mut self, number: usize, place: &str) {
        let attached = self.apps.last_mut().and_then(|app| app.attached.as_mut());
        if let Some(attached) = attached.filter(|all| all.iter().all(|(known, _)| *known != number)) {
            attached.push((number, place.parse().ok()));
        }
    }

    /// Returns the same input with all policies in the other order, if their places decide alone.
    fn with_policies_turned(&self) -> Option<Input> {
        let mut turned = self.clone();
        for attached in turned.apps.iter_mut().filter_map(|app| app.attached.as_mut()) {
            let places: BTreeSet<i64> = attached.iter().filter_map(|(_, place)| *place).collect();
            if places.len() < attached.len() {
                return None;
            }
            attached.reverse();
        }
        Some(turned)
    }

    /// Returns the same input with a policy for everybody, at its place in each application.
    fn with_everybody(&self, decision: &str, place: Option<i64>, at: fn(&[Placed]) -> usize) -> Input {
        let mut changed = self.clone();
        let number = changed.policies.len();
        let rules = [vec![rule("*").expect("it is one")], Vec::new(), Vec::new()];
        changed.policies.push(Policy { decision: decision.to_owned(), rules, ..Policy::default() });
        for attached in changed.apps.iter_mut().filter_map(|app| app.attached.as_mut()) {
            attached.insert(at(attached), (number, place));
        }
        changed
    }

    fn closed(&self) -> Input {
        self.with_everybody("deny", Some(i64::MIN), |_| 0)
    }

    fn opened(&self) -> Input {
        self.with_everybody("allow", None, <[_]>::len)
    }

    /// Returns an application as the API does. Its rules are as they came.
    fn app(&self, at: usize) -> String {
        let Application { kind, attached, allowed } = &self.apps[at];
        let policy = |&(number, place): &Placed| {
            let Policy { decision, rules, approvals, is_by_id } = &self.policies[number];
            let place = place.map(|place| format!(r#","precedence":{place}"#)).unwrap_or_default();
            if *is_by_id {
                return format!(r#"{{"id":"p{number}"{place}}}"#);
            }
            let [include, exclude, require] = rules
                .each_ref()
                .map(|rules| rules.iter().map(|rule| rule.get()).collect::<Vec<_>>().join(","));
            let approval = approvals.map(|needed| {
                format!(r#","approval_required":true,"approval_groups":[{{"approvals_needed":{needed}}}]"#)
            });
            let rules = format!(r#""include":[{include}],"exclude":[{exclude}],"require":[{require}]"#);
            let approval = approval.unwrap_or_default();
            format!(r#"{{"id":"p{number}","decision":{},{rules}{place}{approval}}}"#, json!(decision))
        };
        let policies = attached.iter().map(|all| all.iter().map(policy).collect::<Vec<_>>().join(","));
        let policies: String = policies.map(|all| format!(r#","policies":[{all}]"#)).collect();
        format!(r#"{{"id":"a{at}","type":{},"allowed_idps":{}{policies}}}"#, json!(kind), json!(allowed))
    }

    fn apps(&self) -> Vec<String> {
        (0..self.apps.len()).map(|at| self.app(at)).collect()
    }

    fn groups(&self) -> Vec<Json> {
        let of = |(at, rules): (usize, &Rules)| {
            let [include, exclude, require] = rules
                .each_ref()
                .map(|rules| rules.iter().map(|rule| parsed(rule.get())).collect::<Vec<Json>>());
            json!({"id": at.to_string(), "include": include, "exclude": exclude, "require": require})
        };
        self.groups.iter().enumerate().map(of).collect()
    }

    /// Reads everything as a sync does, groups and applications from the last to the first if `turned`.
    fn account(&self, turned: bool) -> (Membership, Applications) {
        let (mut apps, mut known) = (self.apps(), KnownApps::default());
        let mut sets: Vec<RuleSet> = Vec::new();
        for (at, rules) in self.groups.iter().enumerate() {
            sets.push(RuleSet::new(
                ResourceId::new(model::Kind::Group, at.to_string()),
                rules.clone(),
                ACCOUNT,
            ));
        }
        if turned {
            sets.reverse();
            apps.reverse();
        }
        for app in apps {
            let raw = RawValue::from_string(app).expect("it is JSON");
            known.add_app(&mut App::read(&raw, ACCOUNT).expect("it is an application"), ACCOUNT);
        }
        let Gathered { applications, rules, .. } = known.gather();
        sets.extend(rules);
        let lists = self.lists.iter();
        let lists: Lists = lists
            .map(|(id, items)| (id.clone(), items.as_ref().map(|items| items.iter().cloned().collect())))
            .collect();
        let membership = Membership::new(sets, lists, Default::default());
        let providers = self.providers.as_ref().map(|all| all.iter().cloned().collect());
        let applications = Applications::new(applications, providers, &membership);
        (membership, applications)
    }

    /// Lists those who ask: a subject, and the same one as the slow evaluator sees it.
    fn subjects(&self) -> Vec<(Subject<'_>, Option<Principal>)> {
        let standings = [
            (Standing::None, Kind::User, None),
            (Standing::Accepted, Kind::Member, Some("accepted")),
            (Standing::Rejected, Kind::Member, Some("rejected")),
        ];
        let addresses = self.people.iter().map(|address| Some(address.as_str())).chain([None]);
        let people = addresses.flat_map(|address| {
            standings.map(|(standing, kind, status)| {
                let (owned, status) = (address.map(str::to_owned), status.map(str::to_owned));
                (Subject::Person { address, standing }, Some(Principal { kind, address: owned, status }))
            })
        });
        people.chain(self.tokens.iter().map(|id| (Subject::Token(id), None))).collect()
    }
}

/// Returns a text that can be an id.
fn id(text: &str) -> Option<String> {
    let is_id = !text.is_empty() && text.len() < 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then(|| text.to_owned())
}

/// Returns a rule about service tokens.
fn token_rule(text: &str) -> Option<Box<RawValue>> {
    let rule = match text.split_at_checked(1)? {
        ("T", "") => json!({"any_valid_service_token": {}}),
        ("t", token) => json!({"service_token": {"token_id": id(token)?}}),
        _ => return None,
    };
    serde_json::value::to_raw_value(&rule).ok()
}

/// The applications that one subject reaches, by their ids.
type Reached = BTreeMap<String, Passage>;

/// Everything that the core says of an input.
#[derive(PartialEq)]
struct Told {
    /// By the subject.
    reached: Vec<(String, bool, Reached)>,
    /// The memberships of tokens.
    groups: Vec<BTreeMap<String, Held>>,
    exposures: BTreeMap<String, Exposure>,
    included: BTreeSet<String>,
}

impl Told {
    fn of(input: &Input, turned: bool) -> Told {
        let (membership, apps) = input.account(turned);
        let (mut scratch, mut search) = (Scratch::default(), Search::default());
        let (mut reached, mut groups) = (Vec::new(), Vec::new());
        for (subject, _) in input.subjects() {
            let evaluation = membership.evaluate(subject, [], &mut scratch);
            reached.push((
                format!("{subject:?}"),
                subject.is_person(),
                found(&apps, &evaluation, &mut search),
            ));
            if !subject.is_person() {
                groups.push(told(&membership, subject, &mut Scratch::default()));
            }
        }
        let all = apps.all().iter().enumerate();
        let exposures = all.map(|(at, app)| (app.id.clone(), exposure(&apps.extra(at, &membership))));
        let included = membership.included().into_iter();
        Told {
            reached,
            groups,
            exposures: exposures.collect(),
            included: included.map(|it| membership.included_address(it).to_ascii_lowercase()).collect(),
        }
    }

    fn people(&self) -> impl Iterator<Item = (&String, &Reached)> {
        self.reached.iter().filter(|(_, is_person, _)| *is_person).map(|(who, _, apps)| (who, apps))
    }

    fn of_tokens(&self) -> impl Iterator<Item = &Reached> {
        self.reached.iter().filter(|(_, is_person, _)| !is_person).map(|(.., apps)| apps)
    }

    /// Compares it with the slow evaluator.
    fn check(&self, input: &Input) {
        let (groups, apps) = (input.groups(), input.apps());
        let apps: Vec<Json> = apps.iter().map(|app| parsed(app)).collect();
        let slow = Setting::new(ACCOUNT, &groups, &input.lists, input.providers.as_deref(), &apps);
        let mut of_tokens = self.groups.iter();
        for ((subject, person), (who, _, reached)) in input.subjects().iter().zip(&self.reached) {
            let asking = match (subject, person) {
                (Subject::Token(id), _) => Asking::Token { id, is_valid: true },
                (_, Some(person)) => Asking::Person(person),
                _ => continue,
            };
            let granted = slow.apps(asking).into_iter().filter_map(|(app, reach)| match reach {
                Reach::Granted(passage) => Some((app, sorted(passage))),
                Reach::None | Reach::Undecided => None,
            });
            assert_eq!(*reached, granted.collect(), "{who}");
            if !subject.is_person() {
                let held = slow.groups(asking).into_iter().filter_map(|(id, held)| Some((id, held?)));
                assert_eq!(of_tokens.next(), Some(&held.collect()), "{who}");
            }
        }
        assert_eq!(self.exposures, slow.exposures());
        assert_eq!(self.included, slow.included_addresses());
    }
}

/// Returns what a subject reaches. Whether it is among the candidates makes no difference.
fn found(apps: &Applications, evaluation: &Evaluation<'_, '_>, search: &mut Search) -> Reached {
    let candidates = apps.candidates(evaluation, search);
    assert!(candidates.is_sorted_by(|a, b| a < b), "{candidates:?}");
    let mut reached = Reached::new();
    for at in 0..apps.all().len() {
        let access = apps.access(at, evaluation);
        let value = match &access {
            None => Value::No,
            Some(access) if access.alternatives.is_empty() => Value::Yes,
            Some(_) => Value::Open,
        };
        assert_eq!(apps.value(at, evaluation), value);
        assert!(access.is_none() || candidates.contains(&at), "no candidate: {at}");
        reached.extend(access.map(|access| (access.id.to_owned(), passage(&access))));
    }
    reached
}

fn passage(Access { basis, alternatives, .. }: &Access<'_>) -> Passage {
    let rules = |rules: &[std::borrow::Cow<'_, str>]| rules.iter().map(|rule| condition(rule)).collect();
    let alternative = |Alternative { any_of, all_of, none_of }: &Alternative<'_>| Conditions {
        any_of: rules(any_of),
        all_of: rules(all_of),
        none_of: rules(none_of),
    };
    let basis = basis.iter().map(|through| evaluator::Through {
        policy: through.policy.to_owned(),
        rule: through.rule.to_owned(),
        value: through.value.to_owned(),
    });
    sorted(Passage { alternatives: alternatives.iter().map(alternative).collect(), basis: basis.collect() })
}

/// Sorts the basis: the order of the rules of one policy means nothing.
fn sorted(mut passage: Passage) -> Passage {
    passage.basis.sort();
    passage
}

fn exposure(extra: &str) -> Exposure {
    let extra = parsed(extra);
    let open = |open: &Json| {
        let mut open = open.clone();
        for part in ["any_of", "all_of", "none_of"] {
            let rules = open[part].as_array().expect("a list of rules");
            open[part] = rules.iter().map(|rule| condition(&rule.to_string())).collect();
        }
        open
    };
    Exposure {
        open_to: extra["open_to"].as_array().into_iter().flatten().map(open).collect(),
        public: extra["public"] == true,
        whoever_logs_in: extra["whoever_logs_in"] == true,
    }
}
