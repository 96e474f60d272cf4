//! Applications from a seed: the objects around them, and the names, types and hosts that they have.
//! Their policies are in `workshop` and `policy_features`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::mock::access::{AccessPolicy, Application, AttachedPolicy, IdentityProvider, ServiceToken};
use crate::mock::account::Account;
use crate::mock::gateway::List;
use crate::mock::ids::uuid;
use crate::mock::secret::SECRET_INSIDE;

use super::policy_features::FEATURES;
use super::random::{hex, shuffle, time};
use super::random_rules::{Material, RULED_TOKEN};
use super::workshop::Workshop;

/// The exact numbers of objects around applications in a generated account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessSize {
    /// Cloudflare allows 500 of them, and of reusable policies; 50 identity providers and service tokens.
    /// <https://developers.cloudflare.com/cloudflare-one/account-limits/>
    pub applications: usize,
    /// Reusable policies. An application also has policies of its own.
    pub policies: usize,
    pub identity_providers: usize,
    pub service_tokens: usize,
}

/// The types of applications. Nobody knows the last one.
/// <https://developers.cloudflare.com/cloudflare-one/access-controls/applications/>
const TYPES: [&str; 16] = [
    "self_hosted",
    "saas",
    "infrastructure",
    "bookmark",
    "ssh",
    "vnc",
    "rdp",
    "app_launcher",
    "warp",
    "biso",
    "proxy_endpoint",
    "dash_sso",
    "mcp_portal",
    "mcp",
    "end_user",
    "holodeck",
];

const PROVIDERS: [&str; 14] = [
    "okta",
    "onetimepin",
    "azureAD",
    "saml",
    "oidc",
    "google",
    "google-apps",
    "github",
    "cloudflare",
    "centrify",
    "facebook",
    "linkedin",
    "onelogin",
    "yandex",
];

impl Account {
    /// Adds generated applications and what belongs to them, exactly so many, and two lists that only
    /// policies name. Nothing that is there changes. The same seed, size and account always make the
    /// same ones:
    ///
    /// - with 30 applications or more: every type and decision, every rule kind, approval, chosen identity
    ///   providers, nested groups, lists, precedence with ties and gaps and without numbers, and policies
    ///   that are embedded in every way. With fewer applications, some of these, by the seed;
    /// - with 4 service tokens or more: one that is disabled, one that has expired, one without an end.
    #[must_use]
    pub fn with_access(mut self, seed: u64, size: AccessSize) -> Account {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // Not the stream of the rest of the account.
        rng.set_stream(1);
        let providers: Vec<_> =
            (0..size.identity_providers).map(|number| provider(&mut rng, number)).collect();
        self.identity_providers.extend(providers);
        let tokens: Vec<_> = (0..size.service_tokens).map(|number| token(&mut rng, number)).collect();
        self.service_tokens.extend(tokens);
        if size.applications + size.policies > 0 {
            let more = lists(&mut rng, &self);
            self.lists.extend(more);
        }
        let domains: Vec<String> = (0..3).map(|number| format!("team{number:02}.example")).collect();
        let ids = self.groups.iter().map(|group| group.id.clone()).collect();
        let material = Material { rng: &mut rng, account: &self, domains: &domains, ids };
        let (policies, applications) = make(Workshop::new(material), size);
        self.policies.extend(policies);
        self.applications.extend(applications);
        self
    }
}

fn secret(rng: &mut ChaCha8Rng) -> String {
    format!("{SECRET_INSIDE}-{}", hex(rng))
}

fn provider(rng: &mut ChaCha8Rng, number: usize) -> IdentityProvider {
    let kind = PROVIDERS[number % PROVIDERS.len()];
    let mut extra = Map::new();
    extra.insert(
        "config".into(),
        match kind {
            "onetimepin" => json!({}),
            _ => json!({ "client_id": hex(rng), "client_secret": secret(rng) }),
        },
    );
    if number.is_multiple_of(3) {
        extra.insert("scim_config".into(), json!({ "enabled": true, "secret": secret(rng) }));
    }
    let id = uuid(&hex(rng));
    let name = (number % 7 != 5).then(|| format!("{kind} {number}"));
    IdentityProvider { id, name, kind: Some(kind.into()), extra }
}

/// Makes a token. The first have nothing unusual; the times of its end are far from any clock.
fn token(rng: &mut ChaCha8Rng, number: usize) -> ServiceToken {
    let (duration, expires_at) = match number % 5 {
        3 => ("8760h", Some("2021-05-06T07:08:09Z")),
        4 => ("forever", None),
        _ => ("876000h", Some("2124-05-06T07:08:09.5Z")),
    };
    let id = uuid(&hex(rng));
    ServiceToken {
        // Rules of generated groups name the first.
        id: if number == 0 { RULED_TOKEN.to_owned() } else { id },
        client_id: Some(format!("{}.access", hex(rng))),
        name: Some(format!("Token {number:02}")),
        duration: Some(duration.into()),
        enabled: match number % 5 {
            1 => None,
            2 => Some(false),
            _ => Some(true),
        },
        expires_at: expires_at.map(str::to_owned),
        last_seen_at: (number % 4 != 1).then(|| time(rng, 2026)),
        created_at: Some(time(rng, 2024)),
        updated_at: Some(time(rng, 2025)),
    }
}

/// Makes a list of some users and a stranger, and an empty one.
fn lists(rng: &mut ChaCha8Rng, account: &Account) -> Vec<List> {
    let mut list = |name: &str, items: Vec<String>| List {
        id: uuid(&hex(rng)),
        name: name.into(),
        description: "Only policies name it".into(),
        kind: "EMAIL".into(),
        items,
        created_at: "2026-02-03T04:05:06Z".into(),
    };
    let mut items: Vec<String> =
        account.users.iter().step_by(3).take(60).filter_map(|user| user.email.clone()).collect();
    items.push("Listed.By.A.Policy@partner.example".into());
    vec![list("For a policy", items), list("Nobody yet", Vec::new())]
}

/// Makes an application of this type, without policies.
fn bare(rng: &mut ChaCha8Rng, number: usize, kind: &str) -> Application {
    let id = uuid(&hex(rng));
    let host = format!("app{number:03}.team00.example");
    let application = Application {
        uid: (number % 11 != 10).then(|| id.clone()),
        id,
        name: (number % 29 != 28).then(|| format!("Application {number:03}")),
        kind: Some(kind.to_owned()),
        ..Application::default()
    };
    let mut application = application
        .with("aud", json!(format!("{}{}", hex(rng), hex(rng))))
        .with("created_at", json!(time(rng, 2025)))
        .with("updated_at", json!(time(rng, 2026)));
    if kind != "infrastructure" {
        application = application.with("session_duration", json!("24h"));
    }
    if number.is_multiple_of(4) {
        application = application.with("tags", json!(["generated", format!("tag {}", number % 3)]));
    }
    match kind {
        "saas" => application.with("saas_app", saas(rng, number)).with("scim_config", scim(rng)),
        "infrastructure" | "rdp" => application.with("target_criteria", targets(kind)),
        "mcp" => application
            .with("destinations", json!([{ "type": "via_mcp_server_portal", "mcp_server_id": host }])),
        "bookmark" | "app_launcher" | "warp" | "dash_sso" | "biso" => application.with("domain", json!(host)),
        _ => application
            .with("domain", json!(host))
            .with("destinations", destinations(number, &host))
            .with("self_hosted_domains", json!([host])),
    }
}

fn destinations(number: usize, host: &str) -> Value {
    match number % 3 {
        0 => json!([{ "type": "public", "uri": host }]),
        1 => json!([
            { "type": "public", "uri": host },
            { "type": "private", "cidr": "10.1.0.0/16", "port_range": "443", "l4_protocol": "tcp" },
        ]),
        _ => json!([{ "type": "worker", "worker_id": host }, { "type": "beamed", "to": { "deck": 7 } }]),
    }
}

fn targets(kind: &str) -> Value {
    let (protocol, port) = if kind == "rdp" { ("RDP", 3389) } else { ("SSH", 22) };
    json!([{ "protocol": protocol, "port": port, "target_attributes": { "hostname": ["bastion"] } }])
}

fn saas(rng: &mut ChaCha8Rng, number: usize) -> Value {
    if number.is_multiple_of(2) {
        json!({ "auth_type": "saml", "sp_entity_id": "desk.example", "private_key": secret(rng) })
    } else {
        json!({ "auth_type": "oidc", "client_id": hex(rng), "client_secret": secret(rng) })
    }
}

fn scim(rng: &mut ChaCha8Rng) -> Value {
    let authentication = json!({ "scheme": "httpbasic", "user": "scim", "password": secret(rng) });
    json!({
        "enabled": true,
        "idp_uid": uuid(&hex(rng)),
        "remote_uri": "https://desk.example/scim",
        "authentication": authentication,
    })
}

/// Returns the types in the order of the applications: one of each first, then mostly the first.
fn types(rng: &mut ChaCha8Rng, count: usize) -> Vec<&'static str> {
    let mut first = TYPES.to_vec();
    if count < first.len() {
        shuffle(rng, &mut first);
    }
    let more = (first.len()..count).map(|_| TYPES[rng.random_range(0..TYPES.len() * 3) % 5]);
    let mut types = first.clone();
    types.extend(more);
    types.truncate(count);
    types
}

/// Makes exactly as many reusable policies and applications.
fn make(mut shop: Workshop, size: AccessSize) -> (Vec<AccessPolicy>, Vec<Application>) {
    let policies: Vec<AccessPolicy> = (0..size.policies).map(|_| shop.everyday()).collect();
    shop.reusable = policies.iter().map(|policy| policy.id.clone()).collect();
    let kinds = types(shop.material.rng, size.applications);
    let mut features = FEATURES.to_vec();
    if size.applications < features.len() {
        shuffle(shop.material.rng, &mut features);
    }
    let mut applications = Vec::new();
    for (number, kind) in kinds.into_iter().enumerate() {
        let mut application = bare(shop.material.rng, number, kind);
        match features.get(number) {
            Some(feature) => feature(&mut shop, &mut application),
            None => shop.usual(&mut application),
        }
        if kind == "infrastructure" {
            as_infrastructure(&mut application);
        }
        applications.push(application);
    }
    (policies, applications)
}

/// Makes the application's policies what an infrastructure application takes: no precedence, and names of
/// users on the machines. What isn't *allow* stays, since a reader can't rely on its absence.
fn as_infrastructure(application: &mut Application) {
    for attached in &mut application.policies {
        attached.precedence = None;
        if let AttachedPolicy::Own(policy) = &mut attached.policy {
            let rules = json!({ "ssh": { "usernames": ["root", "deploy"], "allow_email_alias": true } });
            policy.extra.insert("connection_rules".into(), rules);
        }
    }
}
