//! Opening a connection to an address that was judged, with TLS where the origin speaks it.

use super::Failure;
use crate::guard::{Origin, Place};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// While further addresses are left, one that does not answer is given no longer than this.
const PER_ADDRESS: Duration = Duration::from_millis(1_500);

/// Which certificate authorities are trusted.
#[derive(Clone, Debug, Default)]
pub enum Roots {
    /// Those of the machine, so that a company's own authority works once it is installed there.
    #[default]
    System,
    /// Only these.
    Only(Vec<CertificateDer<'static>>),
}

/// Opens connections.
pub struct Connector {
    tls: TlsConnector,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    /// Loads the trusted certificates.
    pub fn new(roots: &Roots) -> Connector {
        let mut store = RootCertStore::empty();
        match roots {
            Roots::System => {
                let found = rustls_native_certs::load_native_certs();
                let (added, _) = store.add_parsable_certificates(found.certs);
                if added == 0 {
                    tracing::error!(
                        "no certificate authority is installed on this machine, so no https receiver can be called"
                    );
                }
            }
            Roots::Only(certificates) => {
                store.add_parsable_certificates(certificates.iter().cloned());
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports the versions rustls itself calls safe");
        let config = builder.with_root_certificates(store).with_no_client_auth();
        Connector { tls: TlsConnector::from(Arc::new(config)) }
    }

    /// Tries the addresses one after another. The caller's timeout bounds it all.
    pub async fn connect(&self, origin: &Origin, addresses: &[SocketAddr]) -> Result<Stream, Failure> {
        let tcp = dial(addresses).await?;
        // A request is one write; waiting for more to fill a packet only delays it.
        let _ = tcp.set_nodelay(true);
        if !origin.tls {
            return Ok(Stream::Plain(tcp));
        }
        let name = match &origin.host {
            Place::Name(name) => {
                ServerName::try_from(name.trim_end_matches('.').to_string()).map_err(|e| Failure::Tls(e.to_string()))?
            }
            Place::Address(address) => ServerName::IpAddress((*address).into()),
        };
        let tls = self.tls.connect(name, tcp).await.map_err(|e| Failure::Tls(e.to_string()))?;
        Ok(Stream::Tls(Box::new(tls)))
    }
}

async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut last = Failure::Connect("no address".into());
    for (i, address) in addresses.iter().enumerate() {
        let attempt = TcpStream::connect(address);
        let outcome = if i + 1 < addresses.len() {
            tokio::time::timeout(PER_ADDRESS, attempt).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        } else {
            attempt.await
        };
        match outcome {
            Ok(stream) => return Ok(stream),
            Err(e) if is_exhaustion(&e, address) => return Err(Failure::Exhausted(e.to_string())),
            Err(e) => last = Failure::Connect(format!("{address}: {e}")),
        }
    }
    Err(last)
}

/// Out of file descriptors (of the process, of the system), of local ports, or of memory. For IPv6 the same error as for
/// ports says that this machine has no address of that kind, and then the next address is to be tried.
fn is_exhaustion(error: &io::Error, address: &SocketAddr) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    match error.kind() {
        io::ErrorKind::AddrNotAvailable => address.is_ipv4(),
        io::ErrorKind::OutOfMemory => true,
        _ => matches!(error.raw_os_error(), Some(EMFILE | ENFILE)),
    }
}

/// A connection with or without TLS.
pub enum Stream {
    /// Without.
    Plain(TcpStream),
    /// With.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Stream::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.is_write_vectored(),
            Stream::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_ipv6_is_not_out_of_ports() {
        let error = io::Error::from(io::ErrorKind::AddrNotAvailable);
        assert!(is_exhaustion(&error, &"192.0.2.1:443".parse().unwrap()));
        assert!(!is_exhaustion(&error, &"[2001:db8::1]:443".parse().unwrap()));
        assert!(is_exhaustion(&io::Error::from_raw_os_error(24), &"[2001:db8::1]:443".parse().unwrap()));
    }
}
