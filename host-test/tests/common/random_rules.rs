//! Rules at random, of every kind that decides membership and some that nobody knows.

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

/// Each run has the same cases, so that what fails here fails everywhere. `PROPTEST_RNG_SEED` asks
/// for others, `PROPTEST_CASES` for more.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let rng_seed = if asked.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { asked.rng_seed };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { cases };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..asked }
}

/// A rule that Cloudflare would take; it may name the groups `<group>0` to `<group>5`, one that
/// isn't there, and these lists.
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
        json!({"quantum_badge": {"level": 7.5, "of": [null, {"z": 1, "a": "\u{e9}"}]}}),
        json!({"email": {"email": "\u{212a}im@corp.example"}}),
        json!({"email": {"email": 5}}),
        json!({"everyone": {}, "email": {"email": "ann@corp.example"}}),
        json!({}),
    ]);
    prop_oneof![4 => nested, 4 => email, 1 => list, 3 => other]
}
