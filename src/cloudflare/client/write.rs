//! One write, and its fate.

use super::Client;
use crate::cloudflare::ask::Ask;
use crate::cloudflare::endpoint::{Object, Write};
use crate::cloudflare::envelope::Envelope;
use crate::cloudflare::rate_limit;
use crate::cloudflare::transport::Transport;
use crate::error::Error;
use serde_json::value::RawValue;

impl<T: Transport> Client<T> {
    /// Sends one write of an object. It is never repeated here: on 429 this waits within the call's
    /// time and returns [`Written::Waited`], and the caller must read the object again before it
    /// retries. `retries` counts earlier attempts.
    pub fn write(&mut self, write: &Write, one: &Object, body: Option<&str>, retries: u32) -> Written {
        let path = write.path(&self.settings.account_id, one);
        self.send_write(write, format!("change {one}"), &path, body, retries)
    }

    /// Sends one write that is of no object that is there: it makes one, or it is an action. `what` is a
    /// verb with its object, for a message. It is repeated as little as [`Client::write`] is.
    pub fn act(&mut self, write: &Write, what: String, body: &str, retries: u32) -> Written {
        let path = write.route.replacen("{}", &self.settings.account_id, 1);
        self.send_write(write, what, &path, Some(body), retries)
    }

    fn send_write(
        &mut self,
        write: &Write,
        what: String,
        path: &str,
        body: Option<&str>,
        retries: u32,
    ) -> Written {
        let ask = self.ask(what, write.permission, ["/", path].concat());
        let ask = Ask { method: write.method, owner: write.owner, ..ask };
        let sent = self.send(&ask, body);
        let answer = sent.and_then(|pending| self.transport.finish(pending, Object::BYTES));
        self.note_answer(&answer);
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let (unsent, is_slow) = (error.is_unsent(), error.is_slow());
                let error = ask.without_answer(&error);
                return if unsent {
                    Written::NotWritten(error)
                } else {
                    Written::Lost { error, may_come: true, may_repeat: !is_slow }
                };
            }
        };
        let error = match ask.envelope(&response) {
            Ok(envelope) => return Written::Confirmed(envelope.result.map(ToOwned::to_owned)),
            Err(error) => error,
        };
        if response.status == 429 && self.pause(retries, rate_limit::retry_after_ms(&response)) {
            return Written::Waited;
        }
        self.note_stopped(&error);
        let is_the_api = Envelope::parse(&response.body).is_ok();
        match response.status {
            // The limit is looked at before a request is served (the page on limits), and a read to be
            // sure would be one more request against it.
            429 => Written::NotWritten(error),
            // Something between that doesn't let a write through answers with a page or a redirect,
            // and would answer the same again.
            300..=407 | 409..=499 => Written::Refused(error),
            _ => Written::Lost { error, may_come: !is_the_api, may_repeat: true },
        }
    }
}

/// The fate of a write.
#[derive(Debug)]
pub enum Written {
    /// Cloudflare reports success, and mostly the object as it is now.
    Confirmed(Option<Box<RawValue>>),
    /// The write certainly isn't done.
    NotWritten(Error),
    /// The rate limit stopped the write, so it certainly isn't done. The wait is over, and it can be sent
    /// again.
    Waited,
    /// A refusal, of the API or of something between. It is no proof: something between can answer so
    /// for a request that it has passed on. A read shows whether the write is done.
    Refused(Error),
    /// The write may be done: the answer was lost, or isn't the API's.
    Lost {
        /// The failure that came instead of an answer.
        error: Error,
        /// Whether the write may also be done later, because the API didn't answer.
        may_come: bool,
        /// Whether a further attempt may bring an answer sooner. One that came too slowly would come so
        /// again, after half a minute.
        may_repeat: bool,
    },
}
