//! The errors of a store, and of a run in it.

use object_store::path::Path;
use std::path::PathBuf;

/// A failure of a store, or a run that isn't as it was written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text names no store.
    #[error("{place:?} can't be a store: {why}")]
    Place {
        /// The text.
        place: String,
        /// The reason.
        why: String,
    },
    /// The store didn't do what was asked.
    #[error("{doing} {path} failed: {why}. Look at the store, and at the access to it")]
    Failed {
        /// The attempt.
        doing: &'static str,
        /// The object or folder.
        path: String,
        /// The answer.
        why: String,
    },
    /// A folder of an old run can't be removed.
    #[error("removing {directory:?} failed: {error}. Look at who may write there")]
    Remove {
        /// The folder.
        directory: PathBuf,
        /// The answer.
        error: std::io::Error,
    },
    /// A page can't be compressed.
    #[error("compressing page {number} of {run} failed: {error}")]
    Compress {
        /// The account and the run.
        run: String,
        /// The page.
        number: u32,
        /// The answer.
        error: std::io::Error,
    },
    /// The account has no complete run.
    #[error(
        "{account} has no complete run in the store. Wait for its first one, or look at the account's name"
    )]
    NoRun {
        /// The account.
        account: String,
    },
    /// The run isn't complete.
    #[error("the run {run} isn't complete, or isn't in the store: it has no manifest.json. Read another one")]
    NotComplete {
        /// The account and the run.
        run: String,
    },
    /// A manifest isn't one.
    #[error("{path} isn't the manifest of its run: {why}. Read another run, and sync again")]
    Manifest {
        /// The object.
        path: String,
        /// The reason.
        why: String,
    },
    /// A page isn't there.
    #[error("page {number} of {run} is missing. Read another run, and sync again")]
    Missing {
        /// The account and the run.
        run: String,
        /// The page.
        number: u32,
    },
    /// A page has another size than it was written with.
    #[error("page {number} of {run} has {found} bytes and not {written}. Read another run, and sync again")]
    Size {
        /// The account and the run.
        run: String,
        /// The page.
        number: u32,
        /// Its size.
        found: u64,
        /// The size in the manifest.
        written: u64,
    },
    /// The pages aren't those that were written, or not in their order.
    #[error(
        "the pages of {run} aren't those that were written: their digest is another one. Read another run, \
             and sync again"
    )]
    Changed {
        /// The account and the run.
        run: String,
    },
    /// A page changed while it was read.
    #[error("page {number} of {run} changed while it was read. Read it again")]
    ChangedNow {
        /// The account and the run.
        run: String,
        /// The page.
        number: u32,
    },
    /// A page isn't compressed text.
    #[error("page {number} of {run} can't be decompressed: {error}. Read another run, and sync again")]
    Decompress {
        /// The account and the run.
        run: String,
        /// The page.
        number: u32,
        /// The answer.
        error: std::io::Error,
    },
}

/// Names what was tried.
pub(super) fn failed(doing: &'static str, path: &Path) -> impl FnOnce(object_store::Error) -> StoreError {
    let path = path.to_string();
    move |error| StoreError::Failed { doing, path, why: said(&error) }
}

/// Returns the store's own words. The answer of an S3 server can repeat what it was sent, a session's token
/// too, so of such an answer only the code and the message are taken.
fn said(error: &object_store::Error) -> String {
    let text = error.to_string();
    let Some(at) = text.find("<?xml").or_else(|| text.find("<Error")) else { return shortened(&text) };
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', ':']);
    match (part("Code"), part("Message")) {
        (Some(code), Some(message)) => shortened(&format!("{before}: {code}: {message}")),
        (Some(code), None) => shortened(&format!("{before}: {code}")),
        _ => shortened(before),
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 600;
    let text = text.trim().trim_end_matches('.');
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_repeats_what_it_was_sent_is_not_repeated() {
        let source = "Client error with status 400 Bad Request: <?xml version=\"1.0\"?><Error>\
                      <Code>InvalidToken</Code><Message>The token is malformed.</Message>\
                      <Token-0>canary</Token-0></Error>";
        let error = object_store::Error::Generic { store: "S3", source: source.into() };
        let said = failed("listing", &Path::from("a/b"))(error).to_string();
        assert!(!said.contains("canary"), "{said}");
        assert!(said.contains("listing a/b failed"), "{said}");
        assert!(said.contains("InvalidToken: The token is malformed."), "{said}");
    }
}
