//! Connections to other services, and TLS on them: who answers must have a certificate of a public authority, or of the operator's own.

use std::io;
use std::path::Path;
use std::sync::Arc;

use hyper::Uri;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use crate::error::{AppError, AppResult};

/// Bytes to and from a service, encrypted or not.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the service at an address of http or https; `authority` as in [`Tls::to`].
///
/// # Errors
/// When nobody answers there, or not who should.
pub async fn connect(address: &Uri, authority: Option<&Path>) -> io::Result<Box<dyn Stream>> {
    let host = address.host().ok_or_else(|| io::Error::other("the address names no host"))?.trim_matches(['[', ']']);
    let encrypted = address.scheme_str() == Some("https");
    let stream = TcpStream::connect((host, address.port_u16().unwrap_or(if encrypted { 443 } else { 80 }))).await?;
    if encrypted {
        return Tls::to(host, authority).map_err(io::Error::other)?.wrap(stream).await;
    }
    Ok(Box::new(stream))
}

/// How connections to one service are encrypted.
pub struct Tls {
    connector: TlsConnector,
    host: ServerName<'static>,
}

impl Tls {
    /// For the service at `host`; `authority` is a PEM file with the certificates of an authority of one's own, which then
    /// is the only one that is trusted.
    ///
    /// # Errors
    /// When the host has no form of a name, and when the file cannot be read or holds no certificate.
    pub fn to(host: &str, authority: Option<&Path>) -> AppResult<Self> {
        let bad = |message: String| AppError::bad_input(message);
        let mut roots = RootCertStore::empty();
        match authority {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                let wrong = || bad(format!("{} is no PEM file with certificates.", file.display()));
                for certificate in CertificateDer::pem_file_iter(file).map_err(|_| wrong())? {
                    roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
                }
                if roots.is_empty() {
                    return Err(wrong());
                }
            }
        }
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(AppError::internal)?.with_root_certificates(roots).with_no_client_auth();
        let host = ServerName::try_from(host.to_owned()).map_err(|_| bad(format!("{host} is no name of a host.")))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), host })
    }

    /// Encrypts a connection.
    ///
    /// # Errors
    /// When the other side is not who it should be.
    pub async fn wrap(&self, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.connector.connect(self.host.clone(), stream).await?))
    }
}
