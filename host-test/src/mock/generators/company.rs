//! A small account like a company's.

use serde_json::{Map, Value, json};

use crate::mock::access::{AccessUser, Group};
use crate::mock::account::Account;
use crate::mock::gateway::List;
use crate::mock::iam::{Member, MemberUser, Role};
use crate::mock::ids::{hex_id, uuid};

use super::company_apps;
use super::company_groups;
use super::company_logins;
use super::company_names::{DOMAIN, address, group_id, identity_provider, list_id, posture, zone};
use super::company_scim;
use super::role::{named_role, super_administrator};

const ACCOUNT: &str = "9f2c61d07be84a53a1d4c8e0b6f3275e";
/// Each person's name, address (without the company's domain), number of devices, and last login
/// (`""` for never).
const PEOPLE: [(&str, &str, u64, &str); 32] = [
    ("Ingrid Solheim", "ingrid.solheim", 3, "2026-11-20T07:58:03.114Z"),
    ("Marcus Adeyemi", "marcus.adeyemi", 2, "2026-11-20T08:02:44Z"),
    ("Helena Brandt", "helena.brandt", 2, "2026-11-19T16:41:12.5Z"),
    ("Priya Raman", "priya.raman", 3, "2026-11-20T06:15:29.90021Z"),
    ("Tomás Oliveira", "Tomas.Oliveira", 2, "2026-11-20T09:31:00Z"),
    ("Yuki Tanaka", "yuki.tanaka", 2, "2026-11-18T23:04:51.2Z"),
    ("Daniel Osei", "daniel.osei", 1, "2026-11-20T08:22:10Z"),
    ("Sofia Lindqvist", "sofia.lindqvist", 2, "2026-11-20T07:47:35.78Z"),
    ("Kim Larsen", "kim.larsen", 2, "2026-11-19T10:10:10Z"),
    ("Aisha Rahman", "aisha.rahman", 1, "2026-11-20T09:05:42.001Z"),
    ("Pieter de Vries", "pieter.devries", 2, "2026-11-17T13:36:20Z"),
    ("Noor Haddad", "noor.haddad", 1, "2026-11-20T08:55:00.4Z"),
    ("Lucas Moreau", "lucas.moreau", 2, "2026-11-14T17:20:31Z"),
    ("Grace Whitfield", "grace.whitfield", 2, "2026-11-20T08:12:08Z"),
    ("Emil Novák", "emil.novak", 1, "2026-11-13T12:00:59.999999Z"),
    ("Chiara Conti", "chiara.conti", 2, "2026-11-19T15:45:13Z"),
    ("Jonas Weber", "jonas.weber", 1, "2026-11-20T07:30:30.33Z"),
    ("Amara Nwosu", "amara.nwosu", 2, "2026-11-18T11:18:47Z"),
    ("Viktor Petrov", "viktor.petrov", 1, "2026-11-20T09:40:05Z"),
    ("Elif Kaya", "elif.kaya", 2, "2026-11-19T18:02:26.6Z"),
    ("Ben Carter", "ben.carter", 1, "2026-11-20T08:33:19Z"),
    ("Rosa Jiménez", "rosa.jimenez", 1, "2026-11-16T09:27:54Z"),
    ("Henrik Dahl", "henrik.dahl", 1, "2026-10-02T10:48:37.25Z"),
    ("Mei Chen", "mei.chen", 2, "2026-11-20T05:59:41Z"),
    ("Oscar Lund", "oscar.lund", 0, "2026-06-30T14:13:22Z"),
    ("Fatima Zahra", "fatima.zahra", 1, "2026-11-19T09:09:09.9Z"),
    ("Liam O'Connor", "liam.oconnor", 1, "2026-11-20T08:44:56Z"),
    ("Anna Kowalska", "anna.kowalska", 2, "2026-11-12T16:31:17Z"),
    ("Samuel Ortiz", "samuel.ortiz", 1, "2026-11-11T20:22:02.81Z"),
    ("Build Bot", "build-bot", 0, ""),
    ("Dana Whitlock", "dana@whitlock-consulting.example", 1, "2026-11-10T10:05:33Z"),
    ("Raj Mehta", "raj.mehta.dev@mail.example", 1, "2026-11-19T19:55:48.12Z"),
];

/// Some of Cloudflare's account roles, beside *Super Administrator*.
/// <https://developers.cloudflare.com/fundamentals/manage-members/roles/>
const ROLES: [(&str, &str); 9] = [
    ("Administrator", "Can access the full account, except for membership management and billing."),
    ("Administrator Read Only", "Can access the full account in read-only mode."),
    ("Audit Logs Viewer", "Can view audit logs."),
    ("Billing", "Can edit the account's billing profile and subscriptions."),
    ("Cloudflare Access", "Can edit Cloudflare Access policies."),
    ("Cloudflare Zero Trust", "Can edit Cloudflare Zero Trust."),
    ("Cloudflare Zero Trust Read Only", "Can access Cloudflare Zero Trust in read-only mode."),
    ("Cloudflare Workers Admin", "Can edit Cloudflare Workers, Pages, Durable Objects, KV and R2."),
    ("DNS", "Can edit DNS records."),
];

/// Each member's address (as in [`PEOPLE`]), status, and roles.
const MEMBERS: [(&str, &str, &[&str]); 15] = [
    ("ingrid.solheim", "accepted", &["Super Administrator - All Privileges"]),
    ("helena.brandt", "accepted", &["Super Administrator - All Privileges"]),
    ("priya.raman", "accepted", &["Administrator"]),
    ("Tomas.Oliveira", "accepted", &["Cloudflare Workers Admin", "DNS"]),
    ("yuki.tanaka", "accepted", &["Cloudflare Workers Admin"]),
    ("sofia.lindqvist", "accepted", &["Cloudflare Zero Trust", "Cloudflare Access", "Audit Logs Viewer"]),
    ("kim.larsen", "accepted", &["Cloudflare Zero Trust Read Only", "Audit Logs Viewer"]),
    ("grace.whitfield", "accepted", &["Billing"]),
    ("emil.novak", "accepted", &["Billing", "Administrator Read Only"]),
    ("daniel.osei", "accepted", &["DNS"]),
    ("mei.chen", "accepted", &["Administrator Read Only"]),
    ("ops@harbor-msp.example", "accepted", &[]),
    ("samuel.ortiz", "pending", &["Cloudflare Access"]),
    ("auditor@brightline-audit.example", "pending", &["Administrator Read Only", "Audit Logs Viewer"]),
    ("oscar.lund", "rejected", &["Administrator"]),
];

impl Account {
    /// Returns the account of Northwind Instruments: 32 Access users, 15 account members, 14
    /// groups, 10 roles, 3 user groups, 10 applications, 5 reusable policies, 2 identity providers
    /// and 2 service tokens, always the same ones. Whoever logged in on the last day has sessions.
    /// Priya Raman has something of everything that a leaver can have.
    pub fn company() -> Account {
        let mut account = Account {
            id: ACCOUNT.into(),
            name: "Northwind Instruments".into(),
            has_own_permission_ids: true,
            ..Account::default()
        };
        account.users = PEOPLE.iter().map(|person| user(*person)).collect();
        account.roles =
            ROLES.iter().map(|(name, about)| named_role(hex_id(&["role", name]), name, about)).collect();
        account.roles.insert(0, super_administrator());
        account.members = MEMBERS.iter().map(|entry| member(&account, *entry)).collect();
        company_groups::add(&mut account);
        account.lists = lists();
        account.groups = groups();
        company_apps::add(&mut account);
        company_scim::add(&mut account);
        company_logins::add(&mut account);
        account
    }
}

fn user((name, local, devices, login): (&str, &str, u64, &str)) -> AccessUser {
    let id = uuid(&hex_id(&["user", local]));
    AccessUser {
        uid: Some(id.clone()),
        id,
        name: Some(name.to_owned()),
        email: Some(address(local)),
        access_seat: Some(!login.is_empty()),
        gateway_seat: Some(devices > 0),
        seat_uid: Some(uuid(&hex_id(&["seat", local]))),
        active_device_count: Some(devices),
        last_successful_login: (!login.is_empty()).then(|| login.to_owned()),
        created_at: Some("2024-03-18T09:00:00Z".into()),
        updated_at: Some(if login.is_empty() { "2024-03-18T09:00:00Z" } else { login }.to_owned()),
    }
}

fn member(account: &Account, (local, status, roles): (&str, &str, &[&str])) -> Member {
    let id = hex_id(&["member", local]);
    let email = address(local);
    let held: Vec<&Role> = account.roles.iter().filter(|role| roles.contains(&role.name.as_str())).collect();
    let mut policies: Vec<_> = held.iter().map(|role| account.account_wide_policy(&id, role)).collect();
    match local {
        // The agency works on one zone only. Nobody gave that part of the account a name.
        "ops@harbor-msp.example" => {
            policies.extend(
                account
                    .roles
                    .iter()
                    .filter(|role| role.name == "DNS")
                    .map(|dns| account.zone_policy(&id, dns, &zone("shop.northwind.example"), None)),
            );
        }
        // Beside the role, a permission on one zone that no account role has the name of.
        "mei.chen" => {
            let shop = zone("shop.northwind.example");
            policies.push(account.zone_policy(&id, &company_groups::domain_dns(), &shop, None));
        }
        _ => {}
    }
    let name =
        PEOPLE.iter().find(|(_, known, ..)| *known == local).and_then(|(name, ..)| name.split_once(' '));
    let name = name.filter(|_| status == "accepted");
    let user = MemberUser {
        id: (status == "accepted").then(|| hex_id(&["login", local])),
        email: Some(email.clone()),
        first_name: name.map(|(first, _)| first.to_owned()),
        last_name: name.map(|(_, last)| last.to_owned()),
        two_factor_authentication_enabled: status == "accepted" && local != "daniel.osei",
    };
    let roles = held.iter().map(|role| role.id.clone()).collect();
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

const CONTRACTORS: &str = "Contractors 2026";

fn lists() -> Vec<List> {
    let list = |name: &str, kind: &str, description: &str, items: &[&str]| List {
        id: list_id(name),
        name: name.into(),
        description: description.into(),
        kind: kind.into(),
        items: items.iter().map(|item| (*item).to_owned()).collect(),
        created_at: "2026-01-12T10:30:00.5Z".into(),
    };
    let contractors = [
        "raj.mehta.dev@mail.example",
        "Dana@Whitlock-Consulting.example",
        "l.ferrara@studio-ferrara.example",
        "jo.park.design@mail.example",
    ];
    vec![
        list(CONTRACTORS, "EMAIL", "Reviewed every quarter", &contractors),
        list("Office networks", "IP", "Bergen and Lisbon", &["203.0.113.0/24", "198.51.100.0/25"]),
    ]
}

fn groups() -> Vec<Group> {
    let emails = |locals: &[&str]| -> Vec<Value> {
        locals.iter().map(|local| json!({ "email": { "email": address(local) } })).collect()
    };
    let inner = |name: &str| json!({ "group": { "id": group_id(name) } });
    let okta = |name: &str| json!({ "okta": { "name": name, "identity_provider_id": identity_provider() } });
    let bergen = json!({ "ip": { "ip": "203.0.113.0/24" } });
    let lisbon = json!({ "ip": { "ip": "198.51.100.0/25" } });
    let engineers = [
        "priya.raman",
        "Tomas.Oliveira",
        "yuki.tanaka",
        "daniel.osei",
        "noor.haddad",
        "lucas.moreau",
        "jonas.weber",
        "viktor.petrov",
        "build-bot",
    ];
    vec![
        group(
            "All staff",
            vec![json!({ "email_domain": { "domain": DOMAIN } })],
            vec![inner("Leavers")],
            vec![],
        ),
        group("Engineering", emails(&engineers), vec![], vec![]),
        group(
            "Platform on-call",
            emails(&["priya.raman", "TOMAS.OLIVEIRA", "yuki.tanaka", "daniel.osei"]),
            vec![],
            vec![inner("Engineering"), posture()],
        ),
        group(
            "Security team",
            emails(&["sofia.lindqvist", "kim.larsen", "helena.brandt"]),
            vec![],
            vec![json!({ "auth_method": { "auth_method": "mfa" } })],
        ),
        group(
            "Production access",
            vec![inner("Platform on-call"), inner("Security team"), inner("Break glass")],
            vec![inner("Contractors")],
            vec![],
        ),
        group(
            "Finance",
            emails(&[
                "grace.whitfield",
                "emil.novak",
                "chiara.conti",
                "external.audit@brightline-audit.example",
            ]),
            vec![],
            vec![json!({ "ip_list": { "id": list_id("Office networks") } })],
        ),
        group("People and legal", emails(&["amara.nwosu", "elif.kaya", "anna.kowalska"]), vec![], vec![]),
        group(
            "Sales",
            [
                vec![okta("Sales EMEA"), okta("Sales Americas")],
                emails(&["ben.carter", "rosa.jimenez", "henrik.dahl"]),
            ]
            .concat(),
            emails(&["henrik.dahl"]),
            vec![],
        ),
        group(
            "Customer support",
            emails(&["fatima.zahra", "liam.oconnor", "aisha.rahman", "pieter.devries", "new.starter"]),
            vec![json!({ "user_risk_score": { "user_risk_score": ["high"] } })],
            vec![],
        ),
        group(
            "Contractors",
            [
                vec![json!({ "email_list": { "id": list_id(CONTRACTORS) } })],
                emails(&["m.silva.freelance@mail.example"]),
            ]
            .concat(),
            emails(&["dana@whitlock-consulting.example"]),
            vec![],
        ),
        group(
            "Cloudflare administrators",
            vec![json!({ "cloudflare_account_member": { "account_id": ACCOUNT } })],
            vec![],
            vec![],
        ),
        group("Offices", vec![bergen, lisbon, json!({ "geo": { "country_code": "NO" } })], vec![], vec![]),
        group("Leavers", emails(&["oscar.lund", "tess.archer"]), vec![], vec![]),
        group("Break glass", emails(&["ingrid.solheim", "helena.brandt"]), vec![], vec![]),
    ]
}

fn group(name: &str, include: Vec<Value>, exclude: Vec<Value>, require: Vec<Value>) -> Group {
    Group {
        id: group_id(name),
        name: name.into(),
        include: Some(include),
        exclude: Some(exclude),
        require: Some(require),
        created_at: Some("2024-03-18T09:20:00Z".into()),
        updated_at: Some("2026-09-03T13:37:42.482Z".into()),
        extra: Map::from_iter([("is_default".into(), json!(false))]),
    }
}
