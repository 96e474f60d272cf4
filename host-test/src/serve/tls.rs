//! The service's own certificate.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// The reason why a certificate and a key can't be used. It repeats nothing of either.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsFault {
    /// The first file isn't as it should be.
    #[error("it has no certificate in PEM form, which begins with the line -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// A certificate can't be read.
    #[error("its certificate number {0} is cut off or damaged")]
    DamagedCertificate(usize),
    /// The second file isn't as it should be.
    #[error(
        "it has no private key in PEM form that can be used. An encrypted one can't be: `openssl pkey -in \
         FILE -out FILE.plain` decrypts it"
    )]
    NoKey,
    /// They don't belong together.
    #[error("it is not the key of the first certificate in the other file")]
    AnotherKey,
    /// rustls takes them for another reason not.
    #[error("the certificate and the key can't be used: {0}")]
    Unusable(String),
}

impl TlsFault {
    /// Whether the fault is in the file of the key.
    pub(crate) fn is_of_key(&self) -> bool {
        matches!(self, TlsFault::NoKey | TlsFault::AnotherKey)
    }
}

/// Makes an acceptor of a chain of certificates and its key, both in PEM form. It takes TLS 1.2 and 1.3.
pub(crate) fn acceptor(certificates: &[u8], key: &[u8]) -> Result<TlsAcceptor, TlsFault> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificates)
        .enumerate()
        .map(|(at, read)| read.map_err(|_| TlsFault::DamagedCertificate(at + 1)))
        .collect::<Result<_, _>>()?;
    if chain.is_empty() {
        return Err(TlsFault::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsFault::NoKey)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let unusable = |error: rustls::Error| TlsFault::Unusable(error.to_string());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => TlsFault::AnotherKey,
            error => unusable(error),
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    fn certified() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    #[test]
    fn a_chain_and_its_key_are_taken_and_each_fault_is_named() {
        let ((certificate, key), (_, other_key)) = (certified(), certified());
        let fault = |certificate: &str, key: &str| acceptor(certificate.as_bytes(), key.as_bytes()).err();
        assert_eq!(fault(&certificate, &key), None);
        assert_eq!(fault(&certificate.repeat(2), &key), None);
        assert_eq!(fault("", &key), Some(TlsFault::NoCertificate));
        assert_eq!(fault(&key, &key), Some(TlsFault::NoCertificate));
        assert_eq!(fault(&certificate[..certificate.len() / 2], &key), Some(TlsFault::DamagedCertificate(1)));
        assert_eq!(fault(&certificate, &certificate), Some(TlsFault::NoKey));
        assert_eq!(fault(&certificate, &other_key), Some(TlsFault::AnotherKey));
        let encrypted = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
        assert_eq!(fault(&certificate, &encrypted), Some(TlsFault::NoKey));
    }
}
