//! The rate limit in the headers of an answer.
//! Source: <https://developers.cloudflare.com/fundamentals/api/reference/limits/>.

use super::problem::Problem;
use super::transport::Response;
use crate::model::RateLimit;

/// Reads `Ratelimit: "default";r=50;t=30`, which has the requests that remain and the seconds until
/// they are renewed. Of several limits, the one with the fewest requests left counts.
pub fn of(response: &Response) -> Option<RateLimit> {
    let header = response.header("ratelimit")?;
    header.split(',').filter_map(parse_one).min_by_key(|limit| limit.remaining)
}

fn parse_one(policy: &str) -> Option<RateLimit> {
    let mut limit = (None, None);
    for parameter in policy.split(';').skip(1) {
        match parameter.trim().split_once('=') {
            Some(("r", remaining)) => limit.0 = remaining.parse().ok(),
            Some(("t", seconds)) => limit.1 = seconds.parse::<u32>().ok(),
            _ => {}
        }
    }
    Some(RateLimit { remaining: limit.0?, resets_in_ms: limit.1?.saturating_mul(1000) })
}

/// Returns the milliseconds that the server asks to wait: those of `retry-after`, which Cloudflare
/// states in seconds, or of a problem in the body; or else, if the limit is used up, those until it
/// is renewed.
pub fn retry_after_ms(response: &Response) -> Option<u32> {
    let asked = response.header("retry-after").and_then(|seconds| seconds.trim().parse::<u32>().ok());
    let in_body = || Problem::of(response)?.retry_after_ms;
    let renewed = || of(response).filter(|limit| response.status == 429 && limit.remaining == 0);
    asked
        .map(|seconds| seconds.saturating_mul(1000))
        .or_else(in_body)
        .or_else(|| Some(renewed()?.resets_in_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Response {
        Response { status: 200, headers: vec![(name.to_owned(), value.to_owned())], body: Vec::new() }
    }

    #[test]
    fn the_tightest_limit_counts() {
        let cases = [
            (r#""default";r=50;t=30"#, Some((50, 30_000))),
            (r#""burst";r=99;t=60, "default"; r=7; t=200"#, Some((7, 200_000))),
            (r#""default";r=0;t=4294967295"#, Some((0, u32::MAX))),
            (r#""default";r=50"#, None),
            (r#""default";r=-1;t=5"#, None),
            ("", None),
        ];
        for (header, expected) in cases {
            let expected = expected.map(|(remaining, resets_in_ms)| RateLimit { remaining, resets_in_ms });
            assert_eq!(of(&with("ratelimit", header)), expected, "{header}");
        }
    }

    #[test]
    fn retry_after_in_seconds_only() {
        assert_eq!(retry_after_ms(&with("retry-after", " 30 ")), Some(30_000));
        assert_eq!(retry_after_ms(&with("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")), None);
        assert_eq!(retry_after_ms(&with("retry-after", "99999999")), Some(u32::MAX));
    }

    #[test]
    fn the_header_counts_then_the_problem_then_the_limit() {
        let limit = r#""default";r=0;t=9"#;
        let problem = r#"{"title":"Error 1015","status":429,"retry_after":30}"#;
        for (retry_after, ratelimit, body, expected) in [
            (Some("7"), limit, problem, Some(7000)),
            (None, limit, problem, Some(30_000)),
            (Some("soon"), limit, problem, Some(30_000)),
            (None, limit, "<html>", Some(9000)),
            (None, "", problem, Some(30_000)),
            (None, "", "<html>", None),
        ] {
            let mut response = with("ratelimit", ratelimit);
            response.status = 429;
            response.body = body.as_bytes().to_vec();
            let header = retry_after.map(|value| ("retry-after".to_owned(), value.to_owned()));
            response.headers.extend(header);
            assert_eq!(retry_after_ms(&response), expected, "{retry_after:?} {ratelimit} {body}");
        }
    }
}
