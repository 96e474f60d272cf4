//! Certificates that can't be trusted: each is named for what it is, after one attempt.

use crate::common::setup::host_with;
use crate::common::tls::{ANOTHER_NAME, Authority, Certificate, Offers, TlsFront};
use crate::encrypted::grant_to_new;
use crate::support::Encrypted;
use connector_host::contract::{ErrorKind, Options as ApplyOptions};
use connector_host::{Authorities, Config, HostError, NetworkCause, NetworkFailure, Session};

/// Reads, and returns the host's words for the failure.
async fn failure(session: &mut Session) -> NetworkFailure {
    let error = session.read(&[], None).await.unwrap_err();
    let shown = error.to_string();
    let HostError::Network { error, failure } = error else { panic!("no failure of the network: {error}") };
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert_eq!(shown, format!("{} ({failure})", error.message));
    assert_eq!(session.network_failure().as_ref(), Some(&failure));
    failure
}

#[tokio::test]
async fn each_bad_certificate_is_named_after_one_attempt() {
    for (certificate, cause, words) in [
        (Certificate::Expired, NetworkCause::Certificate, &["localhost expired on 20", "clock says 20"][..]),
        (Certificate::NotYetValid, NetworkCause::Certificate, &["localhost isn't valid before 20"]),
        (
            Certificate::ForAnotherName,
            NetworkCause::Certificate,
            &["the certificate of localhost is for another.example, not for localhost"],
        ),
    ] {
        for offers in [Offers::Http1, Offers::Http2] {
            let encrypted = Encrypted::new(certificate, offers).await;
            let found = failure(&mut encrypted.open().await).await;
            assert_eq!(found.cause, cause, "{certificate:?}");
            assert!(words.iter().all(|word| found.message.contains(word)), "{certificate:?}: {found}");
            assert_eq!(encrypted.front.accepted(), 1, "{certificate:?}");
            assert_eq!(encrypted.inner.mock.request_count(), 0);
        }
    }
    assert_eq!(ANOTHER_NAME, "another.example");
}

#[tokio::test]
async fn an_unknown_authority_is_named() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Both).await;
    let other = Authority::new("Another\u{1b}[2J Root");
    let config = other.server(Certificate::Good, Offers::Both);
    let front = TlsFront::start(encrypted.inner.mock.address(), config).await;
    let found = failure(&mut encrypted.open_at(&front.base_url()).await).await;
    assert_eq!(found.cause, NetworkCause::UnknownAuthority);
    assert_eq!(
        found.message,
        "the certificate of localhost is from an authority that this machine doesn't trust: \
         Another\\u{1b}[2J Root"
    );
    assert_eq!((front.accepted(), encrypted.inner.mock.request_count()), (1, 0));
}

#[tokio::test]
async fn an_authority_is_not_known_by_its_name_alone() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Both).await;
    let config = Authority::new("Northwind Root").server(Certificate::Good, Offers::Both);
    let front = TlsFront::start(encrypted.inner.mock.address(), config).await;
    let found = failure(&mut encrypted.open_at(&front.base_url()).await).await;
    assert!(found.message.starts_with("the certificate of localhost is"), "{found}");
    assert_eq!((front.accepted(), encrypted.inner.mock.request_count()), (1, 0));
}

#[tokio::test]
async fn each_of_many_authorities_counts() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Both).await;
    let others = [Authority::new("One"), Authority::new("Two")];
    let pem = [others[0].pem(), encrypted.authority.pem(), others[1].pem()].concat();
    let authorities = Authorities::from_pem(pem.as_bytes()).unwrap();
    let host = host_with(Config { authorities, ..Config::default() }).await;
    let encrypted =
        Encrypted { inner: crate::common::setup::HostAndMock { host, ..encrypted.inner }, ..encrypted };
    encrypted.inner.try_read_with(&encrypted.settings_at(&encrypted.front.base_url())).await.unwrap();
}

#[tokio::test]
async fn a_write_that_meets_a_bad_certificate_is_not_written() {
    // How many requests come before the write?
    let encrypted = Encrypted::new(Certificate::Good, Offers::Http1).await;
    let options = ApplyOptions { dry_run: false, allow_gains: false, extra: String::new() };
    let change = grant_to_new(&encrypted);
    encrypted.open().await.apply(std::slice::from_ref(&change), &options).await.unwrap();
    let before = encrypted.inner.mock.requests().iter().position(|request| request.method == "PUT").unwrap();

    for certificate in [Certificate::Expired, Certificate::NotYetValid, Certificate::ForAnotherName] {
        let encrypted = Encrypted::new(Certificate::Good, Offers::Http1).await;
        let (good, bad) =
            [Certificate::Good, certificate].map(|it| encrypted.authority.server(it, Offers::Http1)).into();
        let mut in_turn = vec![good; before];
        in_turn.push(bad);
        let front = TlsFront::start_in_turn(encrypted.inner.mock.address(), in_turn).await;
        let mut session = encrypted.open_at(&front.base_url()).await;
        let report = session.apply(&[grant_to_new(&encrypted)], &options).await.unwrap();
        let error = report.results[0].as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unavailable, "{certificate:?}: {error:?}");
        assert!(session.network_failure().is_some_and(|failure| failure.cause == NetworkCause::Certificate));
        assert_eq!(front.accepted(), before + 1, "{certificate:?}");
        let writes = encrypted.inner.mock.requests().iter().filter(|request| request.method == "PUT").count();
        assert_eq!(writes, 0, "{certificate:?}");
    }
}

#[tokio::test]
async fn an_answer_ends_what_is_said_of_an_earlier_failure() {
    let encrypted = Encrypted::new(Certificate::Good, Offers::Http1).await;
    let configs =
        [Certificate::Expired, Certificate::Good].map(|it| encrypted.authority.server(it, Offers::Http1));
    let front = TlsFront::start_in_turn(encrypted.inner.mock.address(), configs.into()).await;
    let mut session = encrypted.open_at(&front.base_url()).await;
    failure(&mut session).await;
    session.read(&[], None).await.unwrap();
    assert_eq!(session.network_failure(), None);
}
