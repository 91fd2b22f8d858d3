//! The client against a receiver with a certificate of its own authority. The certificates are made on the spot, so that
//! no key lies in the repository.

use super::tests::post;
use super::*;
use http_body_util::Empty;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, args: &str) -> bool {
    Command::new("openssl").current_dir(folder).args(args.split(' ')).output().is_ok_and(|done| done.status.success())
}

/// An authority and a certificate for `localhost`; `None` where there is no openssl to make them with.
fn certificates() -> Option<Folder> {
    let folder = Folder(std::env::temp_dir().join(format!("portico_tls_{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";
    let made = openssl(&folder.0, &format!("{key} -subj /CN=authority -keyout ca.key -out ca.pem"))
        && openssl(
            &folder.0,
            &format!(
                "{key} -subj /CN=receiver -CA ca.pem -CAkey ca.key -addext subjectAltName=DNS:localhost \
                 -addext basicConstraints=critical,CA:FALSE -keyout leaf.key -out leaf.pem"
            ),
        );
    if !made {
        eprintln!("=== TLS LEFT OUT of this test: there is no openssl 3 to make certificates with ===");
    }
    made.then_some(folder)
}

async fn receiver(folder: &Path) -> (u16, JoinSet<()>) {
    let chain = vec![CertificateDer::from_pem_file(folder.join("leaf.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(folder.join("leaf.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = versions.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            open.spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = service_fn(|_| async {
                    Ok::<_, std::convert::Infallible>(http::Response::new(Empty::<Bytes>::new()))
                });
                let builder = hyper::server::conn::http1::Builder::new();
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (port, server)
}

fn client(guard: Guard, roots: Roots) -> Client {
    Client::new(Options { guard, roots, ..Options::default() })
}

#[tokio::test]
async fn a_certificate_counts_for_its_name_and_by_its_authority_only() {
    let Some(folder) = certificates() else { return };
    let (port, _server) = receiver(&folder.0).await;
    let authority = Roots::Only(vec![CertificateDer::from_pem_file(folder.0.join("ca.pem")).unwrap()]);
    let inside = Guard { allow_private: true, allow_http: false };
    let named: Arc<str> = format!("https://localhost:{port}/hook").into();
    let numbered: Arc<str> = format!("https://127.0.0.1:{port}/hook").into();

    let trusting = client(inside, authority.clone());
    for _ in 0..3 {
        assert_eq!(trusting.send(0, &post(&named, "{}")).await.unwrap().status, 200);
    }
    assert!(matches!(trusting.send(0, &post(&numbered, "{}")).await, Err(Failure::Tls(_))), "another name");
    let stranger = client(inside, Roots::Only(Vec::new()));
    assert!(matches!(stranger.send(0, &post(&named, "{}")).await, Err(Failure::Tls(_))), "an unknown authority");
    let strict = client(Guard::default(), authority);
    assert!(matches!(strict.send(0, &post(&named, "{}")).await, Err(Failure::Refused(_))), "a private address");
}
