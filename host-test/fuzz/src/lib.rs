//! The entry points of fuzzing. Each takes any bytes and panics if a promise doesn't hold.
//! `cargo test` runs them too, over the corpora.

pub mod answers;
pub mod cursor;
pub mod document;
pub mod edge;
pub mod envelope;
pub mod headers;
pub mod identities;
pub mod items;
mod lines;
pub mod membership;
mod memory;
pub mod reach;
pub mod scim;
pub mod settings;

/// The slow evaluator of memberships that syncs are compared with.
#[path = "../../src/truth/rules/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the mock uses it too")]
mod evaluator;

/// An entry point.
pub type Target = fn(&[u8]);

/// All entry points by the names of their corpora.
pub const TARGETS: [(&str, Target); 12] = [
    ("answers", answers::run),
    ("cursor", cursor::run),
    ("document", document::run),
    ("edge", edge::run),
    ("envelope", envelope::run),
    ("headers", headers::run),
    ("identities", identities::run),
    ("items", items::run),
    ("membership", membership::run),
    ("reach", reach::run),
    ("scim", scim::run),
    ("settings", settings::run),
];

const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";
/// The secret that may appear nowhere, unless the input itself has it.
const SECRET: &str = "canary-0123456789abcdef0123456789";

/// Returns the settings of a session that doesn't wait.
fn settings() -> cloudflare_zero_trust::settings::Settings {
    let given =
        [("account-id", ACCOUNT), ("api-token", SECRET), ("max-wait-seconds", "0"), ("read-ahead", "2")];
    let given = given.map(|(id, value)| (id.to_owned(), value.to_owned()));
    cloudflare_zero_trust::settings::Settings::parse("api-token", given.to_vec()).expect("they are right")
}
