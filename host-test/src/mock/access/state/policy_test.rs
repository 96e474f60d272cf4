//! The policy tester, and what it knows of logins.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::mock::ids::hex_id;

/// The things that a person's last login and its request showed beside the address. No answer shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastLogin {
    /// The id of the identity provider.
    pub provider: String,
    /// The rules about the login, the device or the network that the request met, as they stand in
    /// groups and policies. It met no other rules of that sort.
    pub meets: Vec<Value>,
}

/// The policy tester: the tests that were asked for, and how it behaves.
#[derive(Clone, Debug, Default)]
pub struct PolicyTester {
    /// The number of times that a test answers that it is still at work.
    pub polls: u64,
    /// The word of a test that has ended, in the place of `complete`: `exceeded time`, `blocked`, or one
    /// that no page documents.
    pub ends: Option<String>,
    /// The answers that are given for users, by their ids, whatever is right: `approved`, `blocked`,
    /// `error`, or a word that no page documents.
    pub lies: BTreeMap<String, String>,
    tests: BTreeMap<String, PolicyTest>,
}

/// A test doesn't change an account, so two of them that were tested differently are the same.
impl PartialEq for PolicyTester {
    fn eq(&self, other: &PolicyTester) -> bool {
        let PolicyTester { polls, ends, lies, tests: _ } = self;
        (polls, ends, lies) == (&other.polls, &other.ends, &other.lies)
    }
}

/// A test of policies. It judged everybody when it was asked for.
#[derive(Clone, Debug)]
pub(in crate::mock::access) struct PolicyTest {
    /// Each user's answer, in the order of the users.
    pub results: Vec<TestedUser>,
    /// The number of times that somebody asked how far it is.
    asked: u64,
}

/// The verdict of a test on a user.
#[derive(Clone, Debug)]
pub(in crate::mock::access) struct TestedUser {
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub status: String,
}

impl PolicyTester {
    /// Keeps the results of a test. Returns its id: Cloudflare's document calls it a UUID, and shows 64 hex
    /// digits.
    pub(in crate::mock::access) fn begin(&mut self, results: Vec<TestedUser>) -> String {
        let number = self.tests.len().to_string();
        let id = format!("{}{}", hex_id(&["policy test", &number]), hex_id(&["test of policies", &number]));
        self.tests.insert(id.clone(), PolicyTest { results, asked: 0 });
        id
    }

    pub(in crate::mock::access) fn test(&self, id: &str) -> Option<&PolicyTest> {
        self.tests.get(id)
    }

    /// Counts that somebody asked how far a test is.
    pub(in crate::mock::access) fn asked(&mut self, id: &str) {
        if let Some(test) = self.tests.get_mut(id) {
            test.asked = test.asked.saturating_add(1);
        }
    }

    /// Returns the word for a test's state, and the users whom it has judged by now. It judges some with
    /// each time that somebody asks, and nobody any more when it has ended in another way.
    pub(in crate::mock::access) fn progress<'a>(
        &'a self,
        test: &'a PolicyTest,
    ) -> (&'a str, &'a [TestedUser]) {
        let is_over = test.asked > self.polls;
        let word = match &self.ends {
            _ if !is_over => "processing",
            None => "complete",
            Some(word) => word,
        };
        let all = test.results.len();
        let part = test.asked.min(self.polls).saturating_mul(all as u64) / self.polls.saturating_add(1);
        let judged = if word == "complete" { all } else { usize::try_from(part).unwrap_or(all).min(all) };
        (word, &test.results[..judged])
    }
}
