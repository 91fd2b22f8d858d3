//! TLS to PostgreSQL, as `sslmode`, `sslrootcert`, `sslcert` and `sslkey` in a server's address ask for it. They are named
//! and meant as by PostgreSQL's own clients, but that a certificate is held against the machine's authorities where no
//! others are named.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use postgres::config::SslMode;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Result};

/// In place of a file: the authorities that the machine trusts.
const SYSTEM: &str = "system";

/// What an address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    mode: Mode,
    /// Files: the authorities, our own certificate and its key.
    authorities: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

/// The values of `sslmode`, the weakest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
enum Mode {
    Disable,
    /// If the server can. Whoever answers is believed.
    #[default]
    Prefer,
    /// Whoever answers is believed, unless authorities are named.
    Require,
    /// The certificate is of an authority, whatever its name.
    VerifyCa,
    /// The certificate is of an authority and names the server.
    VerifyFull,
}

/// Takes what concerns TLS out of an address: what the driver understands of it stays.
pub(super) fn split(url: &str) -> Result<(String, Wanted)> {
    let mut wanted = Wanted::default();
    // As the driver reads it: whatever stands before an `@` is a name and a password, a `?` in them too.
    let begin = url.find('@').unwrap_or_default();
    let Some((address, query)) = url[begin..].split_once('?') else { return Ok((url.to_owned(), wanted)) };
    let address = &url[..begin + address.len()];
    let mut rest: Vec<&str> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !["sslmode", "sslrootcert", "sslcert", "sslkey"].contains(&name) {
            rest.push(pair);
            continue;
        }
        let value: Cow<'_, str> = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| Error::other(format!("postgres address: {name} is no UTF-8")))?;
        let file = || Some(value.clone().into_owned()).filter(|path| !path.is_empty());
        match name {
            "sslmode" => wanted.mode = mode(&value)?,
            "sslrootcert" => wanted.authorities = file(),
            "sslcert" => wanted.certificate = file(),
            _ => wanted.key = file(),
        }
    }
    if wanted.authorities.as_deref() == Some(SYSTEM) {
        // Whoever names the machine's authorities wants them to be asked, and any server has a certificate of theirs.
        wanted = Wanted { authorities: None, mode: Mode::VerifyFull, ..wanted };
    }
    let address = match rest.is_empty() {
        true => address.to_owned(),
        false => format!("{address}?{}", rest.join("&")),
    };
    Ok((address, wanted))
}

fn mode(name: &str) -> Result<Mode> {
    match name {
        "disable" => Ok(Mode::Disable),
        "allow" | "prefer" => Ok(Mode::Prefer),
        "require" => Ok(Mode::Require),
        "verify-ca" => Ok(Mode::VerifyCa),
        "verify-full" => Ok(Mode::VerifyFull),
        _ => {
            Err(Error::other("postgres address: sslmode is disable, allow, prefer, require, verify-ca or verify-full"))
        }
    }
}

/// Whether a connection was not opened because the two sides do not agree on TLS, or on the certificates.
pub(super) fn disagreed(error: &postgres::Error) -> bool {
    // The driver has no name for this kind but its words.
    if !error.to_string().contains("TLS handshake") {
        return false;
    }
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_none_or(|cause| {
        cause.kind() == ErrorKind::InvalidInput || cause.get_ref().is_some_and(|cause| cause.is::<rustls::Error>())
    })
}

impl Wanted {
    /// Plain text.
    pub(super) fn nothing() -> Wanted {
        Wanted { mode: Mode::Disable, ..Wanted::default() }
    }

    /// The same in the driver's terms.
    pub(super) fn mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        }
    }

    /// Reads the files and makes what opens connections; nothing where there is to be no TLS.
    pub(super) fn connector(&self) -> Result<Option<MakeRustlsConnect>> {
        if self.mode == Mode::Disable {
            return Ok(None);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| unusable("TLS", &e))?;
        let trust = Trust { verifier: self.verifier(&provider)?, mode: self.mode, provider };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(trust));
        let mut config = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|e| unusable(key, &e))?;
                builder.with_client_auth_cert(chain, key).map_err(|e| unusable(certificate, &e))?
            }
            (None, None) => builder.with_no_client_auth(),
            _ => return Err(Error::other("postgres address: sslcert and sslkey belong together")),
        };
        // What a server wants to hear that is spoken to without being asked first (`sslnegotiation=direct`).
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Some(MakeRustlsConnect::new(config)))
    }

    /// Whom certificates are held against; nothing where whoever answers is believed.
    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Option<Verifier>> {
        if self.mode < Mode::VerifyCa && self.authorities.is_none() {
            return Ok(None);
        }
        let known = match &self.authorities {
            Some(path) => certificates(path)?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(known.iter().cloned());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let authorities = builder.build().map_err(|e| unusable("the authorities for PostgreSQL", &e))?;
        Ok(Some(Verifier { authorities, known }))
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let found = read.map_err(|e| unusable(path, &e))?;
    match found.is_empty() {
        true => Err(Error::other(format!("{path} holds no certificate"))),
        false => Ok(found),
    }
}

fn unusable(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::other(format!("{what}: {error}"))
}

/// Decides about a server's certificate.
#[derive(Debug)]
struct Trust {
    verifier: Option<Verifier>,
    mode: Mode,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    /// Where no authority says otherwise, one of these is trusted as it is: a server that signs for itself.
    known: Vec<CertificateDer<'static>>,
}

impl Trust {
    fn check(
        &self,
        verifier: &Verifier,
        shown: (&CertificateDer<'_>, &[CertificateDer<'_>]),
        name: &ServerName<'_>,
        (stapled, now): (&[u8], UnixTime),
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let (own, between) = shown;
        match verifier.authorities.verify_server_cert(own, between, name, stapled, now) {
            // The name is looked at last, so that all else was right.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if self.mode < Mode::VerifyFull => Ok(ServerCertVerified::assertion()),
            // No authority of ours signed it, or it is that of an authority itself.
            Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if verifier.known.contains(own) =>
            {
                if self.mode == Mode::VerifyFull {
                    rustls::client::verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                }
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        match &self.verifier {
            Some(verifier) => self.check(verifier, (own, between), name, (stapled, now)),
            None => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, own, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, own, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
