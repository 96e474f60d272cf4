//! Certificate authorities that a host trusts besides those of its machine.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use std::fmt;

/// Certificate authorities that are trusted in addition to those of the machine: a company's own, or
/// that of a gateway that inspects TLS. The default is none.
#[derive(Clone, Default)]
pub struct Authorities(Vec<CertificateDer<'static>>);

/// The reason why a file names no authorities. It repeats nothing that a private key is made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It has the binary form of a certificate.
    #[error(
        "it has no text: certificates are read in their PEM form, as text. If it is one in DER form, \
         `openssl x509 -inform der -in FILE -out FILE.pem` turns it into PEM"
    )]
    Binary,
    /// It is text in UTF-16, as some programs on Windows write it.
    #[error("it is text in UTF-16: save it as UTF-8 or ASCII")]
    Utf16,
    /// It has no certificate in it.
    #[error(
        "it has no certificate in PEM form, which begins with the line -----BEGIN CERTIFICATE-----{}",
        instead(.0)
    )]
    NoCertificate(
        /// The kinds of things that it has instead.
        Vec<String>,
    ),
    /// It is cut off, or damaged.
    #[error("its certificate number {0} is cut off or damaged")]
    Damaged(
        /// The number of the certificate, from 1.
        usize,
    ),
}

/// Names what a file has in place of certificates.
fn instead(found: &[String]) -> impl fmt::Display {
    fmt::from_fn(move |f| match found {
        [] => Ok(()),
        found => write!(f, ". It has: {}", found.join(", ")),
    })
}

impl Authorities {
    /// Reads certificates in PEM form, one or many. Whatever else is in the text is passed over.
    ///
    /// # Errors
    /// Fails if there is no certificate, or one that can't be read.
    pub fn from_pem(bytes: &[u8]) -> Result<Authorities, AuthoritiesError> {
        // An editor on Windows may have put a byte order mark before the first line, which would hide
        // that line from the parser.
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(AuthoritiesError::Empty);
        }
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(AuthoritiesError::Utf16);
        }
        let mut store = RootCertStore::empty();
        let mut read = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(bytes) {
            let damaged = AuthoritiesError::Damaged(read.len() + 1);
            let certificate = certificate.map_err(|error| match error {
                pem::Error::NoItemsFound => AuthoritiesError::NoCertificate(Vec::new()),
                _ => damaged.clone(),
            })?;
            store.add(certificate.clone()).map_err(|_| damaged)?;
            read.push(certificate);
        }
        match std::str::from_utf8(bytes) {
            _ if !read.is_empty() => Ok(Authorities(read)),
            Err(_) => Err(AuthoritiesError::Binary),
            Ok(text) => Err(AuthoritiesError::NoCertificate(labels(text))),
        }
    }

    /// The certificates of the authorities.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.0
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({} certificates)", self.0.len())
    }
}

/// The kinds of things that a text in PEM form contains, by their labels: `PRIVATE KEY`.
fn labels(text: &str) -> Vec<String> {
    const MOST: usize = 4;
    const LONGEST: usize = 40;
    let is_label = |label: &str| {
        (1..=LONGEST).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
    };
    let label = |line: &str| Some(line.trim().strip_prefix("-----BEGIN ")?.strip_suffix("-----")?.to_owned());
    let mut labels: Vec<String> =
        text.lines().filter_map(label).filter(|label| is_label(label)).take(MOST).collect();
    labels.dedup();
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use AuthoritiesError::{Binary, Damaged, Empty, NoCertificate, Utf16};

    /// A self-signed certificate for `localhost`.
    const PEM: &str = "-----BEGIN CERTIFICATE-----
MIIBvjCCAWOgAwIBAgIULyo66YXceyhOz8mJr5EAy8zxHnowCgYIKoZIzj0EAwIw
KDESMBAGA1UECgwJTm9ydGh3aW5kMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjYx
MTI4MTY0MDI5WhgPMjEyNjExMDQxNjQwMjlaMCgxEjAQBgNVBAoMCU5vcnRod2lu
ZDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
wZcm6C5QWtCfUqUDOdZ5h75U2hP8mmOxeFzgqs1NGuYpRIkVjh8V4dJzOO/VYg1I
TInKkCvjULLthQx1tgr/8aNpMGcwHQYDVR0OBBYEFAxtJrzpzfK5HcJLTCgXxKQd
KgCZMB8GA1UdIwQYMBaAFAxtJrzpzfK5HcJLTCgXxKQdKgCZMA8GA1UdEwEB/wQF
MAMBAf8wFAYDVR0RBA0wC4IJbG9jYWxob3N0MAoGCCqGSM49BAMCA0kAMEYCIQDc
5Cwxqagpt8Yo0cTnFIVrozELZ0EJb+lgC37i8NnKbQIhAJduy1wG+XGJemjl4O6T
PgqkgQB6gUXxKBGlS3VZ2sYB
-----END CERTIFICATE-----
";

    fn read(text: &str) -> Result<usize, AuthoritiesError> {
        Authorities::from_pem(text.as_bytes()).map(|authorities| authorities.0.len())
    }

    #[test]
    fn one_or_many_certificates_are_read_among_other_text() {
        assert_eq!(read(PEM), Ok(1));
        assert_eq!(read(&PEM.repeat(3)), Ok(3));
        assert_eq!(read(&format!("Northwind Root, 2026\n\n{PEM}\n# the next one\n{PEM}")), Ok(2));
        assert_eq!(read(&format!("\u{feff}{PEM}")), Ok(1), "a byte order mark");
        assert_eq!(read(&PEM.replace('\n', "\r\n")), Ok(1), "line ends of Windows");
        assert_eq!(read(&PEM.replace("\n", "\r\n\r\n")), Ok(1), "blank lines");
        let with_key = format!("{PEM}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        assert_eq!(read(&with_key), Ok(1));
    }

    #[test]
    fn what_names_no_authority_is_refused_for_what_it_is() {
        let none = |labels: &[&str]| {
            Err(NoCertificate(labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>()))
        };
        assert_eq!(read(""), Err(Empty));
        assert_eq!(read("\u{feff} \r\n"), Err(Empty));
        assert_eq!(read("hello"), none(&[]));
        let section = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        for label in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PKCS7", "TRUSTED CERTIFICATE"]
        {
            assert_eq!(read(&section(label)), none(&[label]));
        }
        assert_eq!(read(&section("A\u{1b}[2J")), none(&[]));
        assert_eq!(read(&section("CERTIFICATE")), Err(Damaged(1)), "it is no certificate");
        let half = &PEM[..PEM.len() / 2];
        assert_eq!(read(half), Err(Damaged(1)));
        assert_eq!(read(&format!("{PEM}{half}")), Err(Damaged(2)));
        assert_eq!(Authorities::from_pem(&[0x30, 0x82, 0x01, 0xff]).unwrap_err(), Binary);
        assert_eq!(Authorities::from_pem(b"\xff\xfe-\0-\0").unwrap_err(), Utf16);
    }

    #[test]
    fn an_error_shows_nothing_of_a_key() {
        let key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
        let error = read(key).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("c2Vj"), "{error}");
        assert!(error.to_string().ends_with("It has: PRIVATE KEY"), "{error}");
        let authorities = Authorities::from_pem(PEM.as_bytes()).unwrap();
        assert_eq!(format!("{authorities:?}"), "Authorities(1 certificates)");
    }
}
