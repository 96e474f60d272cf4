//! Encryption: whose certificates are trusted, and what is said of the others.

use crate::authorities::Authorities;
use crate::issuer::issuer;
use crate::network_failure::{NetworkCause, NetworkFailure};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError,
    PeerIncompatible, SignatureScheme,
};
use std::sync::Arc;

/// The most characters of a text from the network that a message shows.
const SHOWN: usize = 100;
/// The most names of a certificate that a message shows.
const NAMES: usize = 4;

/// Makes a client of TLS that trusts the machine's authorities and these.
pub(crate) fn client(authorities: &Authorities) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let extra = authorities.certificates().iter().cloned();
    let machine = rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(&provider))?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    // `dangerous` is rustls' word for any verifier that isn't its own. This one accepts nothing that
    // the machine's doesn't.
    Ok(config
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { machine }))
        .with_no_client_auth())
}

/// The machine's verifier. It also notes who issued a certificate whose authority is unknown.
#[derive(Debug)]
struct Verifier {
    machine: rustls_platform_verifier::Verifier,
}

/// The error for a certificate of an unknown authority. The server gets the alert
/// `certificate_unknown` for it, where rustls' own error would give `unknown_ca`.
#[derive(Debug, thiserror::Error)]
#[error("the certificate's authority isn't known")]
struct UnknownAuthority {
    issuer: Option<String>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.machine.verify_server_cert(certificate, intermediates, name, ocsp, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                // The last certificate that the server sent is the closest to the authority.
                let last = intermediates.last().unwrap_or(certificate);
                let unknown = UnknownAuthority { issuer: issuer(last) };
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(unknown))))
            }
            error => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.machine.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.machine.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.machine.supported_verify_schemes()
    }
}

/// Describes a machine whose authorities can't be read.
pub(crate) fn no_authority(error: &Error) -> NetworkFailure {
    let said = match error {
        Error::General(said) => said.clone(),
        error => error.to_string(),
    };
    let message = format!(
        "this machine has no certificate authority that could be trusted ({}). If the variable SSL_CERT_FILE \
         or SSL_CERT_DIR is set, what it names must exist and have certificates in PEM form",
        shown(&said)
    );
    NetworkFailure { cause: NetworkCause::NoAuthority, message }
}

/// Describes why TLS with a host failed.
pub(crate) fn failure(error: &Error, host: &str) -> NetworkFailure {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(other)))
            if other.downcast_ref::<UnknownAuthority>().is_some() =>
        {
            let issuer = other.downcast_ref::<UnknownAuthority>().and_then(|other| other.issuer.as_deref());
            let named = issuer.map(|issuer| format!(": {}", shown(issuer))).unwrap_or_default();
            let message = format!(
                "the certificate of {host} is from an authority that this machine doesn't trust{named}"
            );
            NetworkFailure { cause: NetworkCause::UnknownAuthority, message }
        }
        Error::InvalidCertificate(fault) => {
            let message = format!("the certificate of {host} {}", of_certificate(fault, host));
            NetworkFailure { cause: NetworkCause::Certificate, message }
        }
        error => NetworkFailure { cause: NetworkCause::Tls, message: of_protocol(error, host) },
    }
}

/// Describes why a connection broke that had been encrypted: a request may have been sent.
pub(crate) fn broken(error: &Error, host: &str) -> NetworkFailure {
    let message = match error {
        Error::AlertReceived(_) => of_protocol(error, host),
        error => format!("the encrypted connection to {host} broke: {}", shown(&error.to_string())),
    };
    NetworkFailure { cause: NetworkCause::Tls, message }
}

fn of_certificate(fault: &CertificateError, host: &str) -> String {
    match fault {
        CertificateError::ExpiredContext { time, not_after } => {
            format!("expired on {}; this machine's clock says {}", Date(*not_after), Date(*time))
        }
        CertificateError::Expired => "has expired, or this machine's clock is wrong".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => {
            format!("isn't valid before {}; this machine's clock says {}", Date(*not_before), Date(*time))
        }
        CertificateError::NotValidYet => "isn't valid yet, or this machine's clock is wrong".to_owned(),
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            format!("is for {}, not for {host}", names(presented))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("is not for {host}")
        }
        CertificateError::Revoked => "was revoked".to_owned(),
        CertificateError::BadSignature => "isn't signed by the authority that it names".to_owned(),
        CertificateError::Other(OtherError(other)) => {
            // The type is of a crate that this one doesn't have, so its text decides.
            match other.to_string().as_str() {
                "CaUsedAsEndEntity" => "is that of an authority, and can't be a server's".to_owned(),
                text => format!("can't be accepted: {}", shown(text)),
            }
        }
        fault => format!("can't be accepted: {}", shown(&fault.to_string())),
    }
}

/// The names of a certificate, which rustls writes as `DnsName("another.example")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        shown(inner.unwrap_or(name).trim_matches('"'))
    };
    let mut names = presented.iter().take(NAMES).map(bare).collect::<Vec<_>>().join(", ");
    if presented.len() > NAMES {
        names += &format!(" and {} more names", presented.len() - NAMES);
    }
    names
}

fn of_protocol(error: &Error, host: &str) -> String {
    const OLD: &str = "this program speaks 1.2 and 1.3, and older ones aren't safe";
    match error {
        Error::InvalidMessage(_) => {
            format!("{host} doesn't answer in TLS: at this port there may be a server of plain HTTP")
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion)
        | Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => format!("{host} speaks no version of TLS that can be used: {OLD}"),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            format!("{host} wants a certificate of its client, and this program has none")
        }
        Error::AlertReceived(alert) => format!("{host} ended the encryption with the alert {alert:?}"),
        error => format!("encryption with {host} couldn't be agreed on: {}", shown(&error.to_string())),
    }
}

/// Makes a text from the network short and safe to show.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for sign in text.chars().take(SHOWN) {
        // Quotes and backslashes are harmless; `escape_debug` knows which signs are invisible.
        match sign {
            '"' | '\'' | '\\' => shown.push(sign),
            sign => shown.extend(sign.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// A moment, as `2026-11-27 16:40 UTC`.
struct Date(UnixTime);

impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const DAY: u64 = 24 * 60 * 60;
        let seconds = self.0.as_secs();
        let (year, month, day) = civil(seconds / DAY);
        let (hour, minute) = (seconds % DAY / 3600, seconds % 3600 / 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }
}

/// The year, the month and the day of the nth day since 1970.
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>
fn civil(days: u64) -> (u64, u64, u64) {
    // Years begin with March here, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HOST: &str = "api.example.com";

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    fn said(error: Error) -> (NetworkCause, String) {
        let NetworkFailure { cause, message } = failure(&error, HOST);
        (cause, message)
    }

    #[test]
    fn a_date_is_that_of_the_calendar() {
        for (seconds, date) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_772_323_199, "2026-02-28 23:59 UTC"),
            (1_772_323_200, "2026-03-01 00:00 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(Date(at(seconds)).to_string(), date, "{seconds}");
        }
    }

    #[test]
    fn a_certificate_is_named_for_what_it_is() {
        let (time, other) = (at(1_772_323_200), at(951_782_400));
        let of = |fault| said(Error::InvalidCertificate(fault));
        for (fault, message) in [
            (
                CertificateError::ExpiredContext { time, not_after: other },
                "expired on 2000-02-29 00:00 UTC; this machine's clock says 2026-03-01 00:00 UTC",
            ),
            (
                CertificateError::NotValidYetContext { time: other, not_before: time },
                "isn't valid before 2026-03-01 00:00 UTC; this machine's clock says 2000-02-29 00:00 UTC",
            ),
            (CertificateError::NotValidForName, "is not for api.example.com"),
            (CertificateError::Revoked, "was revoked"),
        ] {
            assert_eq!(
                of(fault),
                (NetworkCause::Certificate, format!("the certificate of api.example.com {message}"))
            );
        }
    }

    #[test]
    fn names_from_the_network_are_short_and_harmless() {
        let expected = ServerName::try_from(HOST).unwrap();
        let of = |presented: &[&str]| {
            let presented = presented.iter().map(|&name| name.to_owned()).collect();
            let expected = expected.clone();
            said(Error::InvalidCertificate(CertificateError::NotValidForNameContext { expected, presented }))
                .1
        };
        let one = of(&["DnsName(\"another.example\")"]);
        assert_eq!(one, "the certificate of api.example.com is for another.example, not for api.example.com");
        let hostile = of(&["DnsName(\"a\u{1b}[2J\n\")", &"x".repeat(5_000)]);
        assert!(hostile.chars().all(|c| !c.is_control()) && hostile.len() < 400, "{hostile}");
        let many = of(&["DnsName(\"*.example\")"; 100]);
        assert!(many.contains("*.example, *.example and 96 more names, not for"), "{many}");
    }

    #[test]
    fn an_unknown_issuer_is_named() {
        let of = |issuer: Option<&str>| {
            let unknown = UnknownAuthority { issuer: issuer.map(str::to_owned) };
            let other = CertificateError::Other(OtherError(Arc::new(unknown)));
            said(Error::InvalidCertificate(other))
        };
        let start = "the certificate of api.example.com is from an authority that this machine doesn't trust";
        assert_eq!(of(None), (NetworkCause::UnknownAuthority, start.to_owned()));
        assert_eq!(of(Some("Northwind\u{7}")).1, format!("{start}: Northwind\\u{{7}}"));
        assert_eq!(of(Some("a\u{202e}b\u{200b}\n")).1, format!("{start}: a\\u{{202e}}b\\u{{200b}}\\n"));
        // No sign that people use is written in another way.
        for name in [r#"O'Brien "Root" CA"#, r"CORP\CA", "Zürich Löwen 株式会社"] {
            assert_eq!(of(Some(name)).1, format!("{start}: {name}"));
        }
    }
}
