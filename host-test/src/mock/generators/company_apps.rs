//! The applications of the small company: who can reach payroll, and why.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::mock::access::{AccessPolicy, AccessUser, Application, IdentityProvider, ServiceToken, Session};
use crate::mock::account::Account;
use crate::mock::ids::{hex_id, uuid};
use crate::mock::secret::SECRET_INSIDE;

use super::company_names::{DOMAIN, address, group_id, identity_provider, mfa, one_time_pin, posture};

const CREATED: &str = "2024-03-18T09:40:00Z";
const UPDATED: &str = "2026-08-21T12:05:17.3Z";

/// Adds applications, reusable policies, identity providers, service tokens, and the sessions of
/// everybody who logged in on the last day.
pub(super) fn add(account: &mut Account) {
    account.identity_providers = identity_providers();
    account.service_tokens = service_tokens();
    account.policies = reusable();
    account.applications = applications();
    account.sessions = sessions(account);
}

/// Returns a session at the launcher for everybody who logged in on the last day, and two more for
/// Priya.
fn sessions(account: &Account) -> Vec<Session> {
    let logged_in = |user: &AccessUser| {
        let login = user.last_successful_login.as_deref().filter(|login| login.starts_with("2026-11-20"))?;
        OffsetDateTime::parse(login, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
    };
    let session = |user: &AccessUser, name: &str| {
        Some(Session {
            nonce: hex_id(&["session", &user.id, name])[..16].to_owned(),
            user: user.id.clone(),
            application: Application::new(name, "").id,
            began: logged_in(user)?,
        })
    };
    let priya = address("priya.raman");
    let hers = account.users.iter().filter(|user| user.has_address(&priya));
    let hers = hers.flat_map(|user| ["Git", "Production servers"].map(|name| session(user, name)));
    account.users.iter().map(|user| session(user, LAUNCHER)).chain(hers).flatten().collect()
}

const LAUNCHER: &str = "App Launcher";

fn identity_providers() -> Vec<IdentityProvider> {
    let provider = |id: String, name: &str, kind: &str, config: Value| IdentityProvider {
        id,
        name: Some(name.into()),
        kind: Some(kind.into()),
        extra: [("config".to_owned(), config)].into_iter().collect(),
    };
    let okta = json!({
        "client_id": "0oa1northwind",
        "client_secret": format!("{SECRET_INSIDE}-of-okta"),
        "okta_account": "https://northwind.okta.example",
    });
    // Okta ends sessions and frees seats of people whom the company deactivates there.
    let scim = json!({
        "enabled": true,
        "user_deprovision": true,
        "seat_deprovision": true,
        "secret": format!("{SECRET_INSIDE}-of-okta-scim"),
    });
    let mut okta = provider(identity_provider(), "Okta", "okta", okta);
    okta.extra.insert("scim_config".into(), scim);
    vec![okta, provider(one_time_pin(), "One-time PIN", "onetimepin", json!({}))]
}

fn token_id(name: &str) -> String {
    uuid(&hex_id(&["service token", name]))
}

fn service_tokens() -> Vec<ServiceToken> {
    let token = |name: &str, duration: &str, expires_at: &str, last_seen_at: &str| ServiceToken {
        id: token_id(name),
        client_id: Some(format!("{}.access", hex_id(&["client", name]))),
        name: Some(name.into()),
        duration: Some(duration.into()),
        enabled: Some(true),
        expires_at: Some(expires_at.into()),
        last_seen_at: Some(last_seen_at.into()),
        created_at: Some(CREATED.into()),
        updated_at: Some(CREATED.into()),
    };
    vec![
        token("Build and deploy", "forever", "2124-02-23T09:40:00Z", "2026-11-20T09:41:18.2Z"),
        token("Old backup job", "8760h", "2025-03-18T09:40:00Z", "2025-01-02T03:00:04Z"),
    ]
}

fn emails(locals: &[&str]) -> Vec<Value> {
    locals.iter().map(|local| json!({ "email": { "email": address(local) } })).collect()
}

fn groups(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({ "group": { "id": group_id(name) } })).collect()
}

fn countries(codes: &[&str]) -> Vec<Value> {
    codes.iter().map(|code| json!({ "geo": { "country_code": code } })).collect()
}

fn policy(name: &str, decision: &str, include: Vec<Value>) -> AccessPolicy {
    AccessPolicy {
        created_at: Some(CREATED.into()),
        updated_at: Some(UPDATED.into()),
        ..AccessPolicy::new(name, decision, include)
    }
}

const STAFF: &str = "Staff";
const NOBODY_WHO_LEFT: &str = "Nobody who left";
const CONTRACTORS: &str = "Contractors on their projects";
const DEPLOYS: &str = "Builds and deploys";

fn reusable() -> Vec<AccessPolicy> {
    vec![
        policy(STAFF, "allow", groups(&["All staff"])),
        policy(NOBODY_WHO_LEFT, "deny", groups(&["Leavers"])),
        policy(CONTRACTORS, "allow", groups(&["Contractors"])).requiring(vec![posture()]),
        policy(
            DEPLOYS,
            "non_identity",
            vec![json!({ "service_token": { "token_id": token_id("Build and deploy") } })],
        ),
        policy("Auditors of 2025", "allow", emails(&["external.audit@brightline-audit.example"])),
    ]
}

fn reusable_id(name: &str) -> String {
    AccessPolicy::new(name, "", Vec::new()).id
}

fn application(name: &str, kind: &str) -> Application {
    Application::new(name, kind).with("created_at", json!(CREATED)).with("updated_at", json!(UPDATED))
}

/// Makes an application in a browser, with its host below the company's domain.
fn web(name: &str, host: &str) -> Application {
    let domain = format!("{host}.{DOMAIN}");
    application(name, "self_hosted")
        .with("aud", json!(hex_id(&["audience", name]).repeat(2)))
        .with("domain", json!(domain))
        .with("destinations", json!([{ "type": "public", "uri": domain }]))
        .with("self_hosted_domains", json!([domain]))
        .with("session_duration", json!("24h"))
        .with("app_launcher_visible", json!(true))
}

fn applications() -> Vec<Application> {
    let mut payroll = web("Payroll", "payroll");
    payroll.allowed_idps = Some(vec![identity_provider()]);
    let audit = emails(&["external.audit@brightline-audit.example"]);
    let approvers = json!([{ "approvals_needed": 1, "email_addresses": [address("grace.whitfield")] }]);
    let payroll = payroll
        .with("session_duration", json!("30m"))
        .with("tags", json!(["finance", "personal data"]))
        .with_reusable(&reusable_id(NOBODY_WHO_LEFT), 1)
        .with_own(policy("Not from elsewhere", "deny", countries(&["KP", "RU"])), 2)
        .with_own(policy("Finance runs payroll", "allow", groups(&["Finance"])), 3)
        .with_own(
            policy("People team with a second factor", "allow", groups(&["People and legal"]))
                .requiring(vec![mfa()]),
            4,
        )
        .with_own(
            policy("Auditors whom Grace lets in", "allow", audit)
                .with("approval_required", json!(true))
                .with("approval_groups", approvers)
                .with("purpose_justification_required", json!(true)),
            5,
        );
    let wiki =
        web("Wiki", "wiki").with_reusable(&reusable_id(STAFF), 1).with_reusable(&reusable_id(CONTRACTORS), 2);
    let git = web("Git", "git")
        .with("tags", json!(["engineering"]))
        .with_reusable(&reusable_id(DEPLOYS), 1)
        .with_reusable(&reusable_id(NOBODY_WHO_LEFT), 2)
        .with_own(policy("Engineers", "allow", groups(&["Engineering"])), 3)
        .with_reusable(&reusable_id(CONTRACTORS), 4);
    let mut console = web("Admin console", "admin");
    console.allowed_idps = Some(vec![identity_provider()]);
    let console = console
        .with("session_duration", json!("15m"))
        .with_own(
            policy("Production, from managed devices", "allow", groups(&["Production access"]))
                .requiring(vec![mfa(), posture()])
                .with("isolation_required", json!(false)),
            1,
        )
        .with_own(policy("Break glass", "allow", groups(&["Break glass"])), 2);
    let status = web("Status page", "status")
        .with_own(policy("Anybody", "bypass", vec![json!({ "everyone": {} })]), 1);
    let saas_app = json!({
        "auth_type": "oidc",
        "client_id": hex_id(&["client", "Support desk"]),
        "client_secret": format!("{SECRET_INSIDE}-of-the-support-desk"),
        "redirect_uris": ["https://northwind.supportdesk.example/oauth"],
    });
    let scim_config = json!({
        "enabled": true,
        "remote_uri": "https://northwind.supportdesk.example/scim",
        "idp_uid": identity_provider(),
        "authentication": { "scheme": "oauthbearertoken", "token": format!("{SECRET_INSIDE}-of-scim") },
    });
    let desk = application("Support desk", "saas")
        .with("domain", json!("northwind.supportdesk.example"))
        .with("saas_app", saas_app)
        .with("scim_config", scim_config)
        .with_own(policy("Support", "allow", groups(&["Customer support"])), 1)
        .with_own(policy("Sales, to look", "allow", groups(&["Sales"])), 2);
    let handbook = application("Staff handbook", "bookmark")
        .with("domain", json!("handbook.northwind.example"))
        .with("app_launcher_visible", json!(true));
    let ssh = application("Production servers", "infrastructure")
        .with(
            "target_criteria",
            json!([{
                "protocol": "SSH",
                "port": 22,
                "target_attributes": { "hostname": ["prod-1", "prod-2"] },
            }]),
        )
        .with_own(
            policy("On-call engineers", "allow", emails(&["priya.raman", "yuki.tanaka", "daniel.osei"]))
                .requiring(vec![mfa()])
                .with(
                    "connection_rules",
                    json!({ "ssh": { "usernames": ["deploy", "root"], "allow_email_alias": false } }),
                ),
            None,
        );
    let launcher = application(LAUNCHER, "app_launcher")
        .with("domain", json!("northwindinstruments.cloudflareaccess.com"))
        .with_own(policy("Whoever logs in", "allow", vec![json!({ "everyone": {} })]), 1);
    let warp = application("Warp Login App", "warp")
        .with("domain", json!("northwindinstruments.cloudflareaccess.com/warp"))
        .with_reusable(&reusable_id(STAFF), 1);
    vec![payroll, wiki, git, console, status, desk, handbook, ssh, launcher, warp]
}
