//! One account.

use super::Failed;
use super::accounts::name;
use super::state::{self, State};
use super::table::{self, Format};
use crate::engine::Engine;
use clap::Args;
use serde_json::Value;

/// The options of `fleet status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// The account's name
    #[arg(value_parser = name)]
    account: String,
    /// The form of the output. Without it, a table on a terminal, and jsonl elsewhere
    #[arg(long, value_enum)]
    format: Option<Format>,
}

impl Status {
    pub(super) async fn run(self, engine: &Engine) -> Result<(), Failed> {
        let client = engine.connect().await?;
        let state = state::of(&client, &self.account).await?;
        match Format::or_suitable(self.format) {
            Format::Jsonl => table::write(Format::Jsonl, &[], &[state], |_| Vec::new())?,
            Format::Table => {
                let rows = rows(&state)?;
                table::write(Format::Table, &["", ""], &rows, |(name, value)| {
                    vec![name.clone(), value.clone()]
                })?;
            }
        }
        Ok(())
    }
}

/// Returns each fact with its name, those of the last sync after those of the account.
fn rows(state: &State) -> Result<Vec<(String, String)>, serde_json::Error> {
    let mut rows = Vec::new();
    let Value::Object(mut facts) = serde_json::to_value(state)? else { return Ok(rows) };
    let last = facts.remove("last");
    for facts in [Some(Value::Object(facts)), last].into_iter().flatten() {
        let Value::Object(facts) = facts else { continue };
        for (name, value) in facts {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Bool(is) => if is { "yes" } else { "no" }.to_owned(),
                other => other.to_string(),
            };
            rows.push((name.replace('_', " "), text));
        }
    }
    Ok(rows)
}
