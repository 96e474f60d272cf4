//! Answers as they are written: one JSON object, or JSON Lines.

use super::failure::{End, ErrorLine, Failure};
use super::http::{Answer, Head};
use crate::output::escape_harmful;
use crate::scim::Problem;
use serde::Serialize;
use std::io::{self, Write};

const JSON: &str = "application/json";
const JSON_LINES: &str = "application/x-ndjson";
const SCIM: &str = "application/scim+json";

/// An answer on its way to the client.
pub(super) struct Reply<'a, A> {
    to: &'a mut A,
    head_only: bool,
    /// The status with which it has begun.
    status: Option<u16>,
    /// Whether failures are told as SCIM does it.
    is_scim: bool,
}

impl<'a, A: Answer> Reply<'a, A> {
    /// Prepares an answer. With `head_only`, its body isn't sent.
    pub(super) fn new(to: &'a mut A, head_only: bool) -> Self {
        Self { to, head_only, status: None, is_scim: false }
    }

    /// Says that the answer, and a failure, has the form that SCIM's clients read.
    pub(super) fn speak_scim(&mut self) {
        self.is_scim = true;
    }

    /// Sends a whole answer of SCIM with these headers, or one without a body.
    pub(super) fn scim(
        &mut self,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Option<&str>,
    ) -> io::Result<()> {
        self.whole(status, headers, body.unwrap_or_default())
    }

    /// Whether the client asked for the head alone.
    pub(super) fn is_head_only(&self) -> bool {
        self.head_only
    }

    pub(super) fn is_begun(&self) -> bool {
        self.status.is_some()
    }

    /// Returns the status with which it has begun.
    pub(super) fn status(&self) -> Option<u16> {
        self.status
    }

    /// Sends a whole answer.
    pub(super) fn json(&mut self, status: u16, body: &str) -> io::Result<()> {
        self.whole(status, Vec::new(), body)
    }

    /// Sends the head of an answer in JSON Lines.
    pub(super) fn begin_lines(&mut self) -> io::Result<()> {
        self.begin(200, JSON_LINES, Vec::new())
    }

    /// Sends a line.
    pub(super) fn line(&mut self, line: &impl Serialize) -> Result<(), End> {
        self.write_all(json(line)?.as_bytes())?;
        self.write_all(b"\n")?;
        Ok(self.flush()?)
    }

    /// Reports a failure: as the answer or, if that has begun, as its last line.
    pub(super) fn fail(&mut self, failure: &Failure) -> io::Result<()> {
        let headers = failure.header.iter().cloned().collect();
        if self.is_scim {
            let problem = Problem {
                status: failure.status,
                scim_type: failure.scim_type,
                detail: failure.error.message.clone(),
                retry_after: None,
            };
            return self.whole(failure.status, headers, &json(&problem.to_json())?);
        }
        let body = json(&ErrorLine::from(&*failure.error))?;
        if self.is_begun() {
            self.write_all(body.as_bytes())?;
            self.write_all(b"\n")?;
            return self.flush();
        }
        self.whole(failure.status, headers, &body)
    }

    fn whole(&mut self, status: u16, more: Vec<(&'static str, String)>, body: &str) -> io::Result<()> {
        // No length is announced: once it has that many bytes, a server closes the stream, and that
        // looks like a client that is gone.
        self.begin(status, if self.is_scim { SCIM } else { JSON }, more)?;
        if body.is_empty() {
            return self.flush();
        }
        self.write_all(body.trim_end().as_bytes())?;
        self.write_all(b"\n")?;
        self.flush()
    }

    fn begin(
        &mut self,
        status: u16,
        content_type: &str,
        more: Vec<(&'static str, String)>,
    ) -> io::Result<()> {
        self.status = Some(status);
        let common = [
            ("content-type", content_type.to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        self.to.begin(Head { status, headers: common.into_iter().chain(more).collect() })
    }
}

impl<A: Answer> Write for Reply<'_, A> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.head_only { Ok(bytes.len()) } else { self.to.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.head_only { Ok(()) } else { self.to.flush() }
    }
}

/// Returns a value as JSON on one line.
pub(super) fn json(value: &impl Serialize) -> io::Result<String> {
    Ok(escape_harmful(&serde_json::to_string(value)?).into_owned())
}
