//! Random rules of every kind that decides membership, and of some unknown kinds.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
pub const ADDRESSES: [&str; 6] = [
    "ann@corp.example",
    "Bob@CORP.example",
    "eve@other.example",
    "x@corp.example@other.example",
    "kim@other.example",
    "kim",
];

/// Returns a configuration with fixed cases, so that a failure is the same everywhere.
/// `PROPTEST_RNG_SEED` chooses other cases, `PROPTEST_CASES` more.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { asked.rng_seed };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..asked }
}

/// Whether a rule names this one address. Kinds that are null, or that have only nulls in them, don't
/// count.
pub fn is_own(rule: &Value, address: &str) -> bool {
    let says_nothing = |kind: &Value| {
        let fields = kind.as_object().filter(|fields| !fields.is_empty());
        kind.is_null() || fields.is_some_and(|fields| fields.values().all(Value::is_null))
    };
    let is_only = rule
        .as_object()
        .is_some_and(|kinds| kinds.iter().all(|(kind, value)| kind == "email" || says_nothing(value)));
    is_only && rule["email"]["email"].as_str().is_some_and(|named| named.eq_ignore_ascii_case(address))
}

/// Makes a rule that Cloudflare would accept. It may name the groups `<group>0` to `<group>5`, one
/// that doesn't exist, and these lists.
pub fn rule(group: char, lists: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let nested = prop_oneof![8 => 0..6usize, 1 => Just(9usize)]
        .prop_map(move |n| json!({"group": {"id": format!("{group}{n}")}}));
    let email = (prop::sample::select(ADDRESSES.to_vec()), any::<bool>()).prop_map(|(address, upper)| {
        let spelled = if upper { address.to_ascii_uppercase() } else { address.to_owned() };
        json!({"email": {"email": spelled}})
    });
    let list = prop::sample::select(lists).prop_map(|id| json!({"email_list": {"id": id}}));
    let other = prop::sample::select(vec![
        json!({"everyone": {}}),
        json!({"email_domain": {"domain": "CORP.example"}}),
        json!({"email_domain": {"domain": "other.example"}}),
        json!({"email_domain": {"domain": "example"}}),
        json!({"cloudflare_account_member": {}}),
        json!({"cloudflare_account_member": {"account_id": ACCOUNT.to_uppercase()}}),
        json!({"cloudflare_account_member": {"account_id": "f".repeat(32)}}),
        json!({"ip": {"ip": "203.0.113.0/24"}}),
        json!({"okta": {"name": "Eng", "identity_provider_id": "idp"}}),
        json!({"common_name": {"common_name": null}}),
        json!({"okta": {"name": null, "identity_provider_id": "idp"}}),
        json!({"email": {"email": "eve@other.example"}, "common_name": {"common_name": null}}),
        json!({"email": {"email": "ann@corp.example"}, "certificate": null}),
        json!({"quantum_badge": {"level": 7.5, "of": [null, {"z": 1, "a": "\u{e9}"}]}}),
        json!({"email": {"email": "\u{212a}im@corp.example"}}),
        json!({"email": {"email": 5}}),
        json!({"everyone": {}, "email": {"email": "ann@corp.example"}}),
        json!({}),
    ]);
    let unclear = prop_oneof![
        2 => prop::sample::select(ADDRESS_TEXTS.to_vec()).prop_map(|text| json!({"email": {"email": text}})),
        1 => prop::sample::select(DOMAIN_TEXTS.to_vec())
            .prop_map(|text| json!({"email_domain": {"domain": text}})),
    ];
    prop_oneof![8 => nested, 8 => email, 2 => list, 6 => other, 3 => unclear]
}

/// Texts that people write where one address belongs.
const ADDRESS_TEXTS: [&str; 24] = [
    "\u{a0}ann@corp.example",
    "ann@corp.example\u{ff0c}eve@other.example",
    "\u{feff}Kim@other.example\u{3001}",
    "eve@other.example/bob@corp.example",
    "ann@corp.example|kim@other.example",
    "bob@corp.example&EVE@other.example",
    "email:ann@corp.example",
    "SMTP:kim@other.example",
    "x|ann@corp.example",
    "/ann@corp.example/",
    "ann@*.corp.example",
    "corp.example",
    " ann@corp.example",
    "Bob@corp.example ",
    "ann@corp.example, eve@other.example",
    "EVE@other.example;bob@corp.example",
    "kim@other.example ann@corp.example bob@corp.example",
    "mailto:ann@corp.example",
    "Kim Lee <kim@other.example>",
    "x@corp.example@other.example.",
    "*@corp.example",
    "eve@other.example,@corp.example",
    "not an address",
    "@",
];

/// Texts that people write where one domain belongs.
const DOMAIN_TEXTS: [&str; 13] = [
    "*corp.example",
    "*example",
    "https://corp.example/",
    "other.example|corp.example",
    "\u{200b}Corp.example",
    "@corp.example",
    "*@Other.example",
    " corp.example",
    "other.example.",
    "corp.example, @other.example",
    "*.example",
    ".Corp.example",
    "@@corp.example",
];
