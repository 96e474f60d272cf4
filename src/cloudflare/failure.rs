//! The meaning of a failed request: its kind in the contract, and what a person can do. One table
//! decides it; [`advice`](super::advice) has the words that depend on the request.
//!
//! Sources: *troubleshooting* stands for the error codes on
//! <https://developers.cloudflare.com/fundamentals/api/troubleshooting/>, and *limits* for
//! <https://developers.cloudflare.com/fundamentals/api/reference/limits/>. The name of a repository with a
//! number is an issue on GitHub that shows the answer.

use super::envelope::ApiError;
use super::transport::{Cut, Method, TransportError};
use crate::error::ErrorKind;
use std::ops::RangeInclusive;

#[cfg(test)]
mod tests;

/// The answer that a failure came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The API refused a read, before anything else of the account was read with the same credentials.
    FirstRead,
    /// The API refused a read. Something else of the account was read.
    Read,
    /// The API refused a page of a list. A page before it was just read with the same credentials.
    NextPage,
    /// The API refused a write, which comes after reads that were answered well.
    Write,
    /// The answer to a read doesn't have the API's form. It may come from a proxy.
    Strange,
    /// The same for a write, which comes after reads that were answered well.
    StrangeToWrite,
    /// The same for a read before which nothing was read, from a `base-url` that doesn't end as the
    /// API's address does.
    Elsewhere,
    /// Cloudflare's edge answered, and the API didn't see the request.
    Edge,
    /// The body has an encoding that wasn't asked for, so it can't be read.
    Encoded,
    /// An answer that is longer than the limit.
    TooLong,
}
use Answer::{Edge, Elsewhere, Encoded, FirstRead, NextPage, Read, Strange, StrangeToWrite, TooLong, Write};

/// The advice at the end of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// These words.
    Words(&'static str),
    /// The permission that the request takes.
    GivePermission,
    /// The permission, and the account.
    GivePermissionOrAccount,
    /// The permission, the account, and the addresses that the token may be used from.
    GivePermissionOrAccountOrAddress,
    /// The permission that the write takes, and the role that the owner of the credentials needs.
    GivePermissionOrRole,
    /// The form of the credentials: what they look like.
    CorrectForm,
    /// The address of the API that may be meant.
    GivePath,
}
use Advice::Words;

/// A sign by which a row recognises an answer.
enum Sign {
    /// The status is one of these.
    Status(RangeInclusive<u16>),
    /// The status says that the server fails.
    Failing,
    /// An error has this code.
    Code(i64),
    /// An error's message has these words, in any case of letters.
    Said(&'static str),
    /// An error has this code, and its message has these words.
    CodeSaid(i64, &'static str),
}
use Sign::{Code, CodeSaid, Failing, Said, Status};

impl Sign {
    fn is_on(&self, status: u16, errors: &[ApiError]) -> bool {
        let says = |error: &ApiError, words: &str| error.message.to_ascii_lowercase().contains(words);
        match self {
            Status(statuses) => statuses.contains(&status),
            Failing => is_failing(status),
            Code(code) => errors.iter().any(|error| error.code == Some(*code)),
            Said(words) => errors.iter().any(|error| says(error, words)),
            CodeSaid(code, words) => {
                errors.iter().any(|error| error.code == Some(*code) && says(error, words))
            }
        }
    }
}

/// A row of the table. It is for answers of one of the kinds `of` that have one of the signs.
struct Row {
    of: &'static [Answer],
    signs: &'static [Sign],
    kind: ErrorKind,
    advice: Advice,
    passes: bool,
}

impl Row {
    /// Returns the row for a failure that mostly passes when it is asked once more.
    const fn passing(self) -> Self {
        Self { passes: true, ..self }
    }
}

const fn row(of: &'static [Answer], signs: &'static [Sign], kind: ErrorKind, advice: Advice) -> Row {
    Row { of, signs, kind, advice, passes: false }
}

/// Whether a status says that the server fails, which a later attempt may not meet. Source: HTTP,
/// RFC 9110, 15.5.9 and 15.6.
pub const fn is_failing(status: u16) -> bool {
    matches!(status, 408 | 500..)
}

/// A refusal by the API itself.
const REFUSED: &[Answer] = &[FirstRead, Read, NextPage, Write];
const READS: &[Answer] = &[FirstRead, Read, NextPage];
const OTHERS: &[Answer] = &[Strange, StrangeToWrite, Elsewhere, Edge, Encoded, TooLong];
const ALL: &[Answer] =
    &[FirstRead, Read, NextPage, Write, Strange, StrangeToWrite, Elsewhere, Edge, Encoded, TooLong];
const ANY: &[Sign] = &[Status(0..=u16::MAX)];
const LATER: Advice = Words("Try again later.");

/// The advice where the credentials may be good, but not from this address.
pub const NOT_FROM_HERE: Advice = Words(
    "These credentials may not be used from the address that Cloudflare names here, which is the one that \
     this host goes out with. Allow it (a token has that under Client IP Address Filtering), or go out with \
     an address that is allowed (a proxy, a VPN or IPv6 can change it).",
);

/// The first row that is for an answer counts.
const TABLE: &[Row] = &[
    // Limits: 429, and then every call for five minutes.
    row(
        REFUSED,
        &[Status(429..=429)],
        ErrorKind::RateLimited,
        Words("The limit on these credentials is used up. Try again later."),
    ),
    row(OTHERS, &[Status(429..=429)], ErrorKind::RateLimited, LATER),
    row(ALL, &[Failing], ErrorKind::Unavailable, LATER),
    // Inferred from the message, which is `access.api.error.not_enabled`.
    row(
        REFUSED,
        &[Code(9999), Said("not_enabled")],
        ErrorKind::NotFound,
        Words(
            "Zero Trust is not set up in this account: open Zero Trust in the Cloudflare dashboard once and \
             choose a plan, or read only roles and members.",
        ),
    ),
    // jeessy2/ddns-go#1341. The filter is described at
    // <https://developers.cloudflare.com/fundamentals/api/how-to/restrict-tokens/>. It is true of every
    // request from here, as with credentials that aren't valid, so it has their kind.
    row(REFUSED, &[CodeSaid(9109, "from location")], ErrorKind::Unauthenticated, NOT_FROM_HERE),
    // HTTP: RFC 9110, 15.5.11. An API that Cloudflare has ended answers so (inferred from the
    // deprecations, <https://developers.cloudflare.com/fundamentals/api/reference/deprecations/>).
    row(
        REFUSED,
        &[Status(410..=410)],
        ErrorKind::NotFound,
        Words(
            "Cloudflare has taken this part of its API away. Use a newer version of this connector, or leave \
             this kind out.",
        ),
    ),
    // jeessy2/ddns-go#916 (6111, the header of a token) and cloudflare/cloudflare-typescript#161 (6103,
    // the header of a key). They stand in the chain behind 6003.
    row(REFUSED, &[Code(6103), Code(6111)], ErrorKind::Unauthenticated, Advice::CorrectForm),
    // The words are those of terraform-provider-cloudflare's acceptance tests of members and user groups.
    row(
        &[Write],
        &[Said("dsr enabled")],
        ErrorKind::Refused,
        Words(
            "Domain-scoped roles (DSR) are not enabled for this person's Cloudflare login, so they can be in \
             no user group and hold no role on a part of the account. Cloudflare's API doesn't show that \
             setting: ask Cloudflare's support. Nothing was written.",
        ),
    ),
    // <https://developers.cloudflare.com/fundamentals/account/account-security/scim-setup/>: a group of
    // an identity provider is changed there. The words of the refusal are inferred.
    row(
        &[Write],
        &[Said("identity provider"), Said("managed by")],
        ErrorKind::Refused,
        Words("Your identity provider manages this (SCIM): make the change there. Nothing was written."),
    ),
    // mrrfv/cloudflare-gateway-pihole-scripts#43 and octodns/octodns-cloudflare#108: good credentials are
    // refused for a moment, in the middle of other requests. The rows of 10000 after a read stand before
    // that of 401, because it comes with either status (inferred).
    row(
        &[NextPage],
        &[Code(10000)],
        ErrorKind::Unavailable,
        Words(
            "The same credentials could just read a page before this one, so it mostly passes. Try again \
             later.",
        ),
    )
    .passing(),
    row(&[Read], &[Code(10000)], ErrorKind::PermissionDenied, Advice::GivePermission),
    row(&[Write], &[Code(10000)], ErrorKind::PermissionDenied, Advice::GivePermissionOrRole),
    // Troubleshooting: 1000 invalid token, 6003 invalid headers, 9103 unknown key or email, 9106 and
    // 9107 missing ones. They come with 400, 401 and 403. 9109 with these words: jeessy2/ddns-go#890.
    row(
        REFUSED,
        &[
            Status(401..=401),
            Code(1000),
            Code(6003),
            Code(9103),
            Code(9106),
            Code(9107),
            CodeSaid(9109, "invalid access token"),
        ],
        ErrorKind::Unauthenticated,
        Words("Cloudflare doesn't know these credentials, or they are disabled or expired. Give valid ones."),
    ),
    // Troubleshooting: 10000 authentication error. cloudflare/workers-sdk#3582 and
    // cloudflare/terraform-provider-cloudflare#3292: it also says that a permission is missing, and that
    // the token may not be used from here. The account is inferred.
    row(&[FirstRead], &[Code(10000)], ErrorKind::PermissionDenied, Advice::GivePermissionOrAccountOrAddress),
    // Inferred: the token was good for reads. Who may change members stands on
    // <https://developers.cloudflare.com/fundamentals/manage-members/manage/>.
    row(
        &[Write],
        &[Status(403..=403), Code(9109)],
        ErrorKind::PermissionDenied,
        Advice::GivePermissionOrRole,
    ),
    // Troubleshooting: 9109 unauthorized to access the resource, which may be another account's.
    row(
        &[FirstRead],
        &[Status(403..=403), Code(9109)],
        ErrorKind::PermissionDenied,
        Advice::GivePermissionOrAccount,
    ),
    row(
        &[Read, NextPage],
        &[Status(403..=403), Code(9109)],
        ErrorKind::PermissionDenied,
        Advice::GivePermission,
    ),
    // Troubleshooting: 7003, could not route to the path, with 400 or 404.
    row(
        REFUSED,
        &[Status(404..=404), Code(7003)],
        ErrorKind::NotFound,
        Words(
            "It doesn't exist. Check the account ID, and the rule or command that names it. Read again to \
             get the current ids.",
        ),
    ),
    // HTTP: RFC 9110, 15.5.10.
    row(REFUSED, &[Status(409..=409)], ErrorKind::Conflict, Words("Read again, then decide.")),
    // Inferred: any other 4xx is about what was sent.
    row(&[Write], &[Status(400..=499)], ErrorKind::Refused, Words("Nothing was written.")),
    row(
        READS,
        &[Status(400..=499)],
        ErrorKind::InvalidResponse,
        Words("Cloudflare refused the request as it stands. Report it."),
    ),
    // The changelog of 2026-03-11, <https://developers.cloudflare.com/changelog/>: errors 1xxx are the
    // edge's. Who looks for them is inferred.
    row(
        &[Edge],
        ANY,
        ErrorKind::InvalidResponse,
        Words(
            "Cloudflare's edge stopped the request before the API saw it. If base-url is an address in a \
             zone of yours, look for the Ray ID in its security events. Otherwise go out with another \
             address, or ask Cloudflare's support with the Ray ID.",
        ),
    ),
    // HTTP: RFC 9110, 12.5.3. An identity was asked for.
    row(
        &[Encoded],
        ANY,
        ErrorKind::InvalidResponse,
        Words(
            "That wasn't asked for, so something between here and Cloudflare, such as a proxy or a gateway, \
             did it: let it pass the answers of Cloudflare's API as they are.",
        ),
    ),
    // <https://developers.cloudflare.com/api/>: the API is below /client/v4.
    row(&[Elsewhere], &[Status(0..=399), Status(404..=405)], ErrorKind::InvalidResponse, Advice::GivePath),
    row(
        &[StrangeToWrite],
        &[Status(300..=499)],
        ErrorKind::InvalidResponse,
        Words(
            "Something between here and Cloudflare refuses writes: let it pass POST, PUT, PATCH and \
             DELETE requests to Cloudflare's API.",
        ),
    ),
    row(
        &[Strange],
        &[Status(300..=399)],
        ErrorKind::InvalidResponse,
        Words(
            "Redirects aren't followed. Check base-url, and whether a login portal or a gateway is in \
             between.",
        ),
    ),
    row(REFUSED, ANY, ErrorKind::InvalidResponse, Words("Try again, and report it if it stays.")),
    row(
        &[Strange, StrangeToWrite, Elsewhere],
        ANY,
        ErrorKind::InvalidResponse,
        Words(
            "Check base-url. If it is right, something in between answered, such as a proxy, a gateway or a \
             login portal: let it pass requests to Cloudflare's API.",
        ),
    ),
];

/// The meaning of an answer that no row is for: one that is too long.
const OTHERWISE: (ErrorKind, Advice) =
    (ErrorKind::InvalidResponse, Words("Check that base-url is Cloudflare's API, and report it if it is."));

/// Returns the meaning of an answer with this status and these errors.
pub fn of_answer(answer: Answer, status: u16, errors: &[ApiError]) -> (ErrorKind, Advice) {
    row_for(answer, status, errors).map_or(OTHERWISE, |row| (row.kind, row.advice))
}

/// Whether an answer with this status and these errors is a failure that mostly passes when it is
/// asked once more.
pub fn passes(answer: Answer, status: u16, errors: &[ApiError]) -> bool {
    row_for(answer, status, errors).is_some_and(|row| row.passes)
}

fn row_for(answer: Answer, status: u16, errors: &[ApiError]) -> Option<&'static Row> {
    let is_for =
        |row: &&Row| row.of.contains(&answer) && row.signs.iter().any(|sign| sign.is_on(status, errors));
    TABLE.iter().find(is_for)
}

/// Returns the meaning of an answer to a request of this method that didn't come, or not whole.
pub fn of_transport(error: &TransportError, method: Method) -> (ErrorKind, Advice) {
    let advice = match error {
        TransportError::CutShort { why: Cut::TooLarge(_), came } => {
            return of_answer(TooLong, came.status, &[]);
        }
        TransportError::Connection(_) | TransportError::BrokenOff(_) => {
            Words("Check that the host reaches Cloudflare, and its proxy if it uses one, and try again.")
        }
        // The words of the TLS libraries don't reach a component. Our host's own options are an example.
        TransportError::Certificate => Words(
            "If a proxy here inspects TLS, give the host the certificate of its authority (with host-test: \
             --ca-file or SSL_CERT_FILE). Otherwise check base-url, the host's clock, and who answers there. \
             It was tried once, and nothing was sent.",
        ),
        // A write is alone under way.
        TransportError::CutShort { why: Cut::Slow, .. } if method != Method::Get => {
            Words("The server, or something on the way, holds the answer back: try again later.")
        }
        TransportError::CutShort { why: Cut::Slow, .. } => Words(
            "If the line is slow, let fewer pages be under way at once (read-ahead). Otherwise the server, \
             or something on the way, holds the answer back: try again later.",
        ),
        TransportError::Timeout(_) | TransportError::BrokenAnswer(_) | TransportError::CutShort { .. } => {
            LATER
        }
        TransportError::Denied => Words(
            "What runs this component, or its proxy, refuses it: let both pass requests to the host and port \
             of base-url (or else to the manifest's origins).",
        ),
    };
    (ErrorKind::Unavailable, advice)
}
