//! Where connections come in: an address that this process takes, or a socket that it was given.
//!
//! A socket from systemd (`LISTEN_FDS`) outlives the process. What comes between the end of one process and the start of
//! the next waits in its queue, so that a restart refuses nobody.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use listenfd::ListenFd;
use tokio::net::TcpListener;

use super::StartError;
use crate::config::Settings;

/// A socket that listens.
#[derive(Debug)]
pub struct Door {
    /// The socket. Connections wait until [`super::serve`] accepts them.
    pub listener: TcpListener,
    /// Whether who started this process holds it as well, and gives it to the next one.
    pub handed_over: bool,
}

impl Door {
    /// The address at which it listens.
    pub fn address(&self, settings: &Settings) -> SocketAddr {
        self.listener.local_addr().unwrap_or(settings.listen)
    }
}

/// Takes the socket that this process was given, or the address of the settings.
///
/// # Errors
/// When more than one socket or none of TCP was given, and when the address is taken or not one of this machine.
pub async fn listen(settings: &Settings) -> Result<Door, StartError> {
    let mut given = ListenFd::from_env();
    match given.len() {
        0 => {}
        1 => {
            let listener = given.take_tcp_listener(0).and_then(take).map_err(StartError::Socket)?;
            return Ok(Door { listener, handed_over: true });
        }
        sockets => {
            return Err(StartError::Socket(io::Error::other(format!(
                "{sockets} sockets were given, and one is taken"
            ))));
        }
    }
    let listener = bind(settings.listen, "JIXIAO_LISTEN").await?;
    Ok(Door { listener, handed_over: false })
}

fn take(listener: Option<std::net::TcpListener>) -> io::Result<TcpListener> {
    let listener = listener.ok_or(ErrorKind::NotFound)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Takes an address that a variable names.
pub(super) async fn bind(address: SocketAddr, variable: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => StartError::Taken { address, variable },
        _ => StartError::Listen { address, variable, source },
    })
}
