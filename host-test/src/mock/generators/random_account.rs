//! Accounts from a seed. The same seed and size always make the same account.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, json};

use crate::mock::access::{AccessUser, Group};
use crate::mock::account::Account;
use crate::mock::gateway::List;
use crate::mock::iam::{Member, MemberUser, Role};
use crate::mock::ids::uuid;

use super::random::{capitalised, flipped, hex, pick, shuffle, time};
use super::random_rules::{self, Material};
use super::role::{SUPER_ADMINISTRATOR, named_role, super_administrator};

/// The exact numbers of objects in a generated account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Access users. Half of the members are users too, if there are enough users.
    pub users: usize,
    pub members: usize,
    /// Cloudflare allows 300.
    /// <https://developers.cloudflare.com/cloudflare-one/account-limits/>
    pub groups: usize,
    /// Roles that the list shows. One member also has *Super Administrator*, which the list doesn't
    /// show.
    pub roles: usize,
}

impl Account {
    /// Generates an account of exactly this size, with everything that makes an account hard to
    /// read, if there is room:
    ///
    /// - with 5 members or more: accepted, pending and rejected members, a policy on less than the
    ///   account, and a policy that no role explains;
    /// - with 22 groups or more: every rule kind, nesting, cycles with and without an exclude,
    ///   references to missing objects, lists, hollow selectors, rules that nobody understands,
    ///   non-ASCII values, and addresses of strangers. With fewer groups, some of these, by the seed;
    /// - with 20 users or more: mixed case addresses, and a user without an address.
    ///
    /// The other groups have the memberships that companies have: mostly domains and some hundred
    /// addresses, some with nested groups, lists and conditions. An account of 50,000 users and 300
    /// groups has about a million memberships.
    pub fn generate(seed: u64, size: Size) -> Account {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let domains: Vec<String> =
            (0..(size.users / 50).clamp(3, 40)).map(|number| format!("team{number:02}.example")).collect();
        let mut account = Account {
            id: hex(&mut rng),
            name: format!("Generated {seed}"),
            roles: (0..size.roles).map(|number| role(&mut rng, number)).collect(),
            unlisted_roles: vec![super_administrator()],
            ..Account::default()
        };
        account.users = (0..size.users).map(|number| user(&mut rng, number, &domains)).collect();
        for number in 0..size.members {
            let member = member(&mut rng, number, size, &account, &domains);
            account.members.push(member);
        }
        if size.groups > 0 {
            account.lists = lists(&mut rng, size, &account);
        }
        account.groups = groups(&mut rng, size, &account, &domains);
        account
    }
}

const ROLES: [&str; 16] = [
    "Administrator",
    "Administrator Read Only",
    "Analytics",
    "Audit Logs Viewer",
    "Billing",
    "Cache Purge",
    "Cloudflare Access",
    "Cloudflare Gateway",
    "Cloudflare R2 Admin",
    "Cloudflare Workers Admin",
    "Cloudflare Zero Trust",
    "Cloudflare Zero Trust Read Only",
    "DNS",
    "Firewall",
    "Load Balancer",
    "Log Share",
];

fn role(rng: &mut ChaCha8Rng, number: usize) -> Role {
    let name = match number / ROLES.len() {
        0 => ROLES[number].to_owned(),
        round => format!("{} {}", ROLES[number % ROLES.len()], round + 1),
    };
    named_role(hex(rng), &name, &format!("What {name} may do."))
}

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Grace", "Hana", "Igor", "Jonas", "Kim", "Lucía",
    "Malik", "Nora", "Olu", "Priya", "Quentin", "Rosa", "Sanna", "Tomás", "Uma", "Viktor", "Wen", "Zoë",
];
const LAST_NAMES: [&str; 20] = [
    "Abe", "Berg", "Costa", "Diaz", "Engel", "Fischer", "Garcia", "Haddad", "Ivanov", "Jansen", "Kowalski",
    "Larsen", "Müller", "Nguyen", "Okafor", "Park", "Rossi", "Silva", "Tanaka", "Weber",
];

/// Returns a name, and an address that the number makes unique.
fn person(rng: &mut ChaCha8Rng, number: usize, domain: &str) -> (&'static str, &'static str, String) {
    let (first, last) = (*pick(rng, &FIRST_NAMES), *pick(rng, &LAST_NAMES));
    let ascii =
        |name: &str| name.to_lowercase().chars().filter(char::is_ascii_alphabetic).collect::<String>();
    (first, last, format!("{}.{}{number}@{domain}", ascii(first), ascii(last)))
}

fn user(rng: &mut ChaCha8Rng, number: usize, domains: &[String]) -> AccessUser {
    let domain = pick(rng, domains).clone();
    let (first, last, address) = person(rng, number, &domain);
    let id = uuid(&hex(rng));
    let seat = rng.random_bool(0.9);
    let email = match number % 20 {
        7 => Some(capitalised(&address)),
        13 => Some(address.to_ascii_uppercase()),
        // Only one, since nobody can look for a person without an address.
        _ if number == 19 => None,
        _ => Some(address),
    };
    AccessUser {
        uid: Some(id.clone()),
        id,
        name: (number % 50 != 11).then(|| format!("{first} {last}")),
        email,
        access_seat: Some(seat),
        gateway_seat: Some(seat && rng.random_bool(0.5)),
        seat_uid: Some(uuid(&hex(rng))),
        active_device_count: Some(rng.random_range(0..4)),
        last_successful_login: (number % 9 != 4).then(|| time(rng, 2026)),
        created_at: Some(time(rng, 2024)),
        updated_at: Some(time(rng, 2026)),
    }
}

/// Makes a member. The first members are one of each sort.
fn member(rng: &mut ChaCha8Rng, number: usize, size: Size, account: &Account, domains: &[String]) -> Member {
    let status = match number {
        1 => "pending",
        2 => "rejected",
        0 | 3 | 4 => "accepted",
        _ => match rng.random_range(0..20) {
            0..2 => "pending",
            2 => "rejected",
            _ => "accepted",
        },
    };
    let id = hex(rng);
    let domain = pick(rng, domains).clone();
    let (first, last, own) = person(rng, size.users + number, &domain);
    let as_user = account.users.get(number).filter(|_| number < size.members.div_ceil(2));
    let email = as_user.and_then(|user| user.email.clone()).unwrap_or(own);

    let mut roles = Vec::new();
    if number == 0 {
        roles.push(SUPER_ADMINISTRATOR.to_owned());
    } else if !account.roles.is_empty() {
        roles.extend((0..rng.random_range(1..4)).map(|_| pick(rng, &account.roles).id.clone()));
        roles.sort();
        roles.dedup();
    }
    let known = roles.iter().filter_map(|id| account.role(id));
    let mut policies: Vec<_> = known.map(|role| account.account_wide_policy(&id, role)).collect();
    let zone = format!("com.cloudflare.api.account.zone.{}", hex(rng));
    if (number == 3 || number % 23 == 22) && !roles.is_empty() {
        policies.extend(account.role(&roles[0]).map(|role| account.policy(&id, role, &zone)));
    }
    if number == 4 || number % 23 == 21 {
        let domain_dns = named_role(hex(rng), "Domain DNS", "");
        policies.push(account.policy(&id, &domain_dns, &zone));
    }
    let user = MemberUser {
        id: (status == "accepted").then(|| hex(rng)),
        email: Some(email.clone()),
        first_name: (status == "accepted").then(|| first.to_owned()),
        last_name: (status == "accepted").then(|| last.to_owned()),
        two_factor_authentication_enabled: status == "accepted" && rng.random_bool(0.7),
    };
    Member {
        id,
        status: status.into(),
        email: Some(email),
        user: Some(user),
        roles,
        policies,
        ..Member::default()
    }
}

/// Makes an empty list, an IP list, and lists of users and strangers. The first of the latter is
/// longer than a page if there are enough users.
fn lists(rng: &mut ChaCha8Rng, size: Size, account: &Account) -> Vec<List> {
    let mut list = |kind: &str, items: Vec<String>| {
        let (id, created_at) = (uuid(&hex(rng)), time(rng, 2025));
        let name = format!("{kind} list {}", &id[..8]);
        List { id, name, description: String::new(), kind: kind.into(), items, created_at }
    };
    let mut all =
        vec![list("EMAIL", Vec::new()), list("IP", vec!["192.0.2.0/24".into(), "198.51.100.7".into()])];
    for number in 0..1 + size.groups / 20 {
        let length = if number == 0 { 1500 } else { 40 };
        let step = (size.users / length).max(1);
        let of_users = account.users.iter().skip(number).step_by(step).take(length);
        let mut items: Vec<_> = of_users.filter_map(|user| user.email.as_deref().map(flipped)).collect();
        items.push(format!("listed{number}@partner.example"));
        items.push(format!("Listed{number}.Again@Partner.example"));
        all.push(list("EMAIL", items));
    }
    all
}

fn groups(rng: &mut ChaCha8Rng, size: Size, account: &Account, domains: &[String]) -> Vec<Group> {
    let mut groups: Vec<Group> = (0..size.groups)
        .map(|number| Group {
            id: uuid(&hex(rng)),
            name: format!("Group {number:03}"),
            created_at: Some(time(rng, 2025)),
            updated_at: Some(time(rng, 2026)),
            extra: if number % 5 == 0 {
                Map::from_iter([("is_default".into(), json!(false))])
            } else {
                Map::new()
            },
            ..Group::default()
        })
        .collect();
    let ids: Vec<String> = groups.iter().map(|group| group.id.clone()).collect();
    let mut material = Material { rng, account, domains, ids };
    let mut features = random_rules::FEATURES.to_vec();
    if groups.len() < features.len() {
        shuffle(material.rng, &mut features);
        features.truncate(groups.len());
    }
    let special = features.len();
    for (at, group) in groups.iter_mut().enumerate() {
        random_rules::everyday(&mut material, at, if at < special { 8 } else { 600 }, group);
    }
    for (at, feature) in features.into_iter().enumerate() {
        feature(&mut material, &mut groups, at);
    }
    groups
}
