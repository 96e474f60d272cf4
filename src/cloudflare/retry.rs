//! Retries: which failed requests are sent again, and after which wait. A GET changes nothing
//! upstream; a write is sent again only where it certainly did nothing.

use super::failure;
use super::rate_limit;
use super::transport::{Response, TransportError};

/// The most times that a request is sent again.
const MOST_RETRIES: u32 = 3;
/// Milliseconds before the first retry; each one after that waits twice as long.
const FIRST_WAIT: u32 = 500;

/// Returns `Some` if a request may succeed when it is sent again, with the milliseconds that the
/// server asks to wait.
///
/// A failed connection and the statuses 408, 429 and 5xx are worth a retry, whatever comes with them.
/// No other answer is, even one that broke off: a proxy may have cut it, and would cut it again. Nor
/// is one that came too slowly, because the wait for it was long already. The client asks once more
/// after a refusal in the middle of a list, whose meaning isn't decided here.
pub fn worth_retrying(answer: &Result<Response, TransportError>) -> Option<Option<u32>> {
    let response = match answer {
        Ok(response) => response,
        Err(TransportError::CutShort { came, .. }) => came,
        Err(TransportError::Connection(_) | TransportError::BrokenOff(_)) => return Some(None),
        Err(_) => return None,
    };
    let status = response.status;
    (status == 429 || failure::is_failing(status)).then(|| rate_limit::retry_after_ms(response))
}

/// The rest of a call's time for waiting.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    left_ms: u32,
}

impl Patience {
    /// The time of one call.
    pub const fn new(max_wait_seconds: u32) -> Self {
        Self { left_ms: max_wait_seconds.saturating_mul(1000) }
    }

    /// Returns the milliseconds to wait before a request is sent again, after `retries` earlier
    /// repetitions; `None`: give up. The server's wish counts. Without one, waits double, and `noise`
    /// takes up to a half off, so that many sessions don't come back at once.
    pub fn wait(&mut self, retries: u32, asked_ms: Option<u32>, noise: u64) -> Option<u32> {
        if retries >= MOST_RETRIES {
            return None;
        }
        let wait = asked_ms.unwrap_or_else(|| {
            let longest = FIRST_WAIT << retries;
            longest - (noise % u64::from(longest / 2)) as u32
        });
        self.left_ms = self.left_ms.checked_sub(wait)?;
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::super::transport::Cut;
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)]) -> Result<Response, TransportError> {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Response { status, headers, body: Vec::new() })
    }

    #[test]
    fn what_is_worth_retrying() {
        for status in [408, 429, 500, 502, 503, 599] {
            assert_eq!(worth_retrying(&answer(status, &[])), Some(None), "{status}");
        }
        for status in [200, 302, 400, 401, 403, 404, 409] {
            assert_eq!(worth_retrying(&answer(status, &[("retry-after", "1")])), None, "{status}");
        }
        assert_eq!(worth_retrying(&answer(429, &[("retry-after", "7")])), Some(Some(7000)));
        assert_eq!(worth_retrying(&Err(TransportError::Connection("refused".into()))), Some(None));
        assert_eq!(worth_retrying(&Err(TransportError::BrokenOff("reset".into()))), Some(None));
        for error in [
            TransportError::Timeout("late".into()),
            TransportError::Denied,
            TransportError::Certificate,
            TransportError::BrokenAnswer("cut off".into()),
        ] {
            assert_eq!(worth_retrying(&Err(error)), None);
        }
        for why in [Cut::Ended, Cut::Late, Cut::Slow, Cut::TooLarge(1)] {
            let cut = |status| {
                let came = Box::new(answer(status, &[("retry-after", "7")]).unwrap());
                worth_retrying(&Err(TransportError::CutShort { why, came }))
            };
            assert_eq!(
                [200, 403, 429, 503].map(cut),
                [None, None, Some(Some(7000)), Some(Some(7000))],
                "{why:?}"
            );
        }
    }

    #[test]
    fn waits_double_with_noise_and_end_after_three() {
        for noise in [0, 1, 249, 250, 12_345_678, u64::MAX] {
            let mut patience = Patience::new(300);
            for (retries, longest) in [(0, 500), (1, 1000), (2, 2000)] {
                let wait = patience.wait(retries, None, noise).unwrap();
                assert!((longest / 2..=longest).contains(&wait), "{wait} of {longest}");
            }
            assert_eq!(patience.wait(3, None, noise), None);
        }
    }

    #[test]
    fn a_call_waits_no_longer_than_it_may() {
        let mut patience = Patience::new(10);
        assert_eq!(patience.wait(0, Some(11_000), 0), None, "longer than the whole");
        assert_eq!(patience.wait(0, Some(6_000), 0), Some(6_000));
        assert_eq!(patience.wait(1, Some(6_000), 0), None, "longer than what is left");
        assert_eq!(patience.wait(1, Some(4_000), 0), Some(4_000));
        assert_eq!(Patience::new(0).wait(0, None, 0), None);
        assert_eq!(Patience::new(0).wait(0, Some(0), 0), Some(0));
    }
}
