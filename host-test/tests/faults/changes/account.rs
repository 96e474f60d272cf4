//! A small account with something of everything that a change can lose, and the operations that are
//! disturbed on it.

use super::run::Auth;
use connector_host::contract::{Change, Operation as Way, ResourceId};
use host_test::mock::{
    AccessPolicy, AccessUser, Account, Application, Group, IdentityProvider, List, Member, MemberUser, Role,
    SUPER_ADMINISTRATOR, ServiceToken,
};
use serde_json::{Value, json};

/// The token or key, in a form that can be found where it shouldn't be.
pub const SECRET: &str = "canary-93be51c07a24";
pub const KEY_OWNER: &str = "admin@corp.example";

pub const EDITORS: usize = 0;
pub const GUESTS: usize = 1;
pub const READERS: usize = 2;
pub const WRITERS: usize = 3;

pub const DNS: usize = 0;
pub const BILLING: usize = 1;
pub const AUDIT: usize = 2;

pub const ANN: usize = 0;
pub const BOB: usize = 1;
pub const CID: usize = 2;

pub const DEV: usize = 2;
pub const NEW: usize = 3;

const NAMES: [&str; 3] = ["ann", "bob", "cid"];

fn uuid(what: usize, number: usize) -> String {
    format!("{what:08x}-0000-4000-a000-{number:012x}")
}

pub fn hex(what: usize, number: usize) -> String {
    format!("{:032x}", what << 32 | number)
}

pub fn group(number: usize) -> String {
    uuid(1, number)
}

pub fn role(number: usize) -> String {
    hex(3, number)
}

pub fn user(number: usize) -> String {
    uuid(4, number)
}

pub fn member(number: usize) -> String {
    hex(5, number)
}

/// Makes a rule for one address.
pub fn email(address: &str) -> Value {
    json!({"email": {"email": address}})
}

fn access_group(number: usize, name: &str, include: Value, exclude: Value, require: Value) -> Group {
    let rules = |rules: Value| rules.as_array().cloned();
    Group {
        id: group(number),
        name: name.to_owned(),
        include: rules(include),
        exclude: rules(exclude),
        require: rules(require),
        created_at: Some("2026-01-12T10:30:00Z".to_owned()),
        extra: [
            ("is_default".to_owned(), json!(false)),
            ("alpha".to_owned(), json!({"b": [1, null], "a": 2.50})),
        ]
        .into_iter()
        .collect(),
        ..Group::default()
    }
}

fn named_role(number: usize, name: &str) -> Role {
    Role {
        id: role(number),
        name: name.to_owned(),
        description: format!("What {name} may do"),
        permissions: json!({"dns": {"read": true}}),
    }
}

/// An application that one of the two identity providers and a group open.
fn payroll() -> Application {
    let people = vec![json!({"group": {"id": group(EDITORS)}})];
    let policy = AccessPolicy { id: uuid(8, 0), ..AccessPolicy::new("Payroll", "allow", people) };
    let bare = Application { id: uuid(7, 0), uid: None, ..Application::new("Payroll", "self_hosted") };
    Application { allowed_idps: Some(vec![uuid(10, 0)]), ..bare.with_own(policy, 1) }
}

/// Makes five groups, one inside another; three users; four members, two of them Super
/// Administrators; four roles; an application, and two identity providers.
pub fn account() -> Account {
    let strange = json!({"quantum_badge": {"level": 1.00}});
    let groups = vec![
        access_group(
            EDITORS,
            "Editors",
            json!([email("ann@corp.example"), strange, email("Bob@Corp.example")]),
            json!(null),
            json!([]),
        ),
        access_group(
            GUESTS,
            "Guests",
            json!([{"email_list": {"id": uuid(2, 0)}}, email("eve@else.example")]),
            json!(null),
            json!([]),
        ),
        access_group(
            READERS,
            "Readers",
            json!([email("dev@corp.example"), {"email_domain": {"domain": "readers.example"}}]),
            json!([]),
            json!([]),
        ),
        access_group(
            WRITERS,
            "Writers",
            json!([{"email_domain": {"domain": "writers.example"}}]),
            json!([email("nobody@corp.example")]),
            json!([]),
        ),
        access_group(4, "All who write", json!([{"group": {"id": group(WRITERS)}}]), json!([]), json!([])),
    ];
    let users = NAMES.iter().enumerate().map(|(number, name)| AccessUser {
        id: user(number),
        uid: Some(user(number)),
        name: Some((*name).to_owned()),
        email: Some(format!("{name}@corp.example")),
        ..AccessUser::default()
    });
    let superior = Role { id: SUPER_ADMINISTRATOR.to_owned(), ..named_role(9, "Super Administrator") };
    let mut account = Account {
        id: hex(9, 9),
        name: "Small".to_owned(),
        groups,
        users: users.collect(),
        roles: vec![named_role(DNS, "DNS"), named_role(BILLING, "Billing"), named_role(AUDIT, "Audit")],
        unlisted_roles: vec![superior.clone()],
        lists: vec![List {
            id: uuid(2, 0),
            name: "Guests".to_owned(),
            kind: "EMAIL".to_owned(),
            items: vec!["guest@else.example".to_owned()],
            created_at: "2026-11-20T07:58:03Z".to_owned(),
            ..List::default()
        }],
        applications: vec![payroll()],
        identity_providers: (0..2)
            .map(|number| IdentityProvider { id: uuid(10, number), ..IdentityProvider::default() })
            .collect(),
        service_tokens: vec![ServiceToken { id: uuid(11, 0), ..ServiceToken::default() }],
        ..Account::default()
    };
    let roles = account.roles.clone();
    let held: [(&str, &str, Vec<&Role>); 4] = [
        ("root", "accepted", vec![&superior, &roles[AUDIT]]),
        ("deputy", "accepted", vec![&superior, &roles[BILLING]]),
        ("dev", "accepted", vec![&roles[DNS], &roles[BILLING]]),
        ("new", "pending", vec![&roles[AUDIT]]),
    ];
    for (number, (name, status, held)) in held.into_iter().enumerate() {
        let (id, email) = (member(number), format!("{name}@corp.example"));
        let user =
            MemberUser { id: Some(hex(6, number)), email: Some(email.clone()), ..MemberUser::default() };
        account.members.push(Member {
            policies: held.iter().map(|role| account.account_wide_policy(&id, role)).collect(),
            roles: held.iter().map(|role| role.id.clone()).collect(),
            status: status.to_owned(),
            email: Some(email),
            user: Some(user),
            id,
            ..Member::default()
        });
    }
    account
}

/// One call of the contract.
#[derive(Clone, Debug)]
pub struct Operation {
    pub name: &'static str,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    Apply {
        changes: Vec<Change>,
        dry_run: bool,
    },
    Get(ResourceId),
    /// A check of these credentials.
    Validate(Auth),
}

impl Operation {
    pub fn changes(&self) -> &[Change] {
        match &self.what {
            What::Apply { changes, .. } => changes,
            What::Get(_) | What::Validate(_) => &[],
        }
    }

    /// Returns the way to authenticate, for an operation that is about it.
    pub fn auth(&self) -> Option<Auth> {
        match self.what {
            What::Validate(auth) => Some(auth),
            _ => None,
        }
    }

    pub fn writes(&self) -> bool {
        matches!(self.what, What::Apply { dry_run: false, .. })
    }
}

fn principal(kind: &str, id: &str) -> ResourceId {
    ResourceId { kind: kind.to_owned(), id: id.to_owned() }
}

/// Makes a change of a group.
pub fn in_group(operation: Way, number: usize, kind: &str, id: &str) -> Change {
    Change {
        operation,
        entitlement: format!("group:{}:member", group(number)),
        principal: principal(kind, id),
    }
}

/// Makes a change of a member's role.
pub fn of_role(operation: Way, role: &str, number: usize) -> Change {
    Change {
        operation,
        entitlement: format!("role:{role}:assigned"),
        principal: principal("member", &member(number)),
    }
}

/// Makes changes of the application for a user, a member and a service token, beside one of a group.
pub fn of_apps() -> Operation {
    let of_app = |operation, kind: &str, id: &str| Change {
        operation,
        entitlement: format!("app:{}:access", uuid(7, 0)),
        principal: principal(kind, id),
    };
    let changes = vec![
        of_app(Way::Revoke, "user", &user(BOB)),
        of_app(Way::Grant, "member", &member(DEV)),
        of_app(Way::Grant, "service-token", &uuid(11, 0)),
        in_group(Way::Grant, EDITORS, "user", &user(BOB)),
    ];
    Operation { name: "changes of an application", what: What::Apply { changes, dry_run: false } }
}

/// Makes changes with principals of all kinds, on groups and roles. One change has nothing to do.
fn batch() -> Vec<Change> {
    use Way::{Grant, Revoke};
    vec![
        in_group(Grant, EDITORS, "user", &user(CID)),
        in_group(Revoke, EDITORS, "user", &user(BOB)),
        in_group(Grant, GUESTS, "member", &member(DEV)),
        in_group(Revoke, READERS, "member", &member(DEV)),
        in_group(Grant, WRITERS, "email", "fay@else.example"),
        in_group(Grant, EDITORS, "user", &user(ANN)),
        of_role(Grant, &role(AUDIT), DEV),
        of_role(Revoke, &role(DNS), DEV),
        of_role(Grant, &role(BILLING), NEW),
        in_group(Grant, WRITERS, "member", &member(NEW)),
    ]
}

/// Returns the operations that are disturbed.
pub fn operations() -> Vec<Operation> {
    use Way::{Grant, Revoke};
    let apply =
        |name, changes: Vec<Change>| Operation { name, what: What::Apply { changes, dry_run: false } };
    let get = |name, kind: &str, id: &str| Operation { name, what: What::Get(principal(kind, id)) };
    let validate = |name, auth| Operation { name, what: What::Validate(auth) };
    vec![
        apply("grant a group to a user", vec![in_group(Grant, EDITORS, "user", &user(CID))]),
        apply("revoke a group from an address", vec![in_group(Revoke, GUESTS, "email", "eve@else.example")]),
        apply("grant a role", vec![of_role(Grant, &role(DNS), NEW)]),
        apply("revoke a role", vec![of_role(Revoke, SUPER_ADMINISTRATOR, 1)]),
        apply("a batch", batch()),
        Operation { name: "a dry run", what: What::Apply { changes: batch(), dry_run: true } },
        get("get a group", "group", &group(GUESTS)),
        get("get a role", "role", &role(DNS)),
        get("get a member", "member", &member(DEV)),
        get("get a user", "user", &user(ANN)),
        get("get an address", "email", "eve@else.example"),
        validate("validate a user's token", Auth::Token),
        validate("validate an account's token", Auth::AccountToken),
        validate("validate a key", Auth::Key),
    ]
}
