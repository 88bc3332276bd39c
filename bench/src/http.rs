//! As much HTTP as it takes to post JSON; an answer that broke off is an error.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::{Done, Failure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
    /// Whether the connection ends with it.
    is_last: bool,
}

/// Sends a request on a connection of its own; `headers` are whole lines.
///
/// # Errors
/// When there is no whole answer.
pub fn send(to: SocketAddr, method: &str, path: &str, headers: &[String], body: &[u8]) -> Done<Answer> {
    let headers = [headers, &["Connection: close".to_owned()]].concat();
    Connection::to(to).send(method, path, &headers, body)
}

/// A connection that stays open until an answer says that it is the last one.
pub struct Connection {
    to: SocketAddr,
    open: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// A connection to an address, opened by its first request.
    pub fn to(to: SocketAddr) -> Self {
        Self { to, open: None }
    }

    /// Sends a request; `headers` are whole lines. Nothing is sent twice: when the service has closed the connection under the
    /// request, that is an error.
    ///
    /// # Errors
    /// When there is no whole answer. The next request opens another connection.
    pub fn send(&mut self, method: &str, path: &str, headers: &[String], body: &[u8]) -> Done<Answer> {
        let mut stream = match self.open.take() {
            Some(open) if is_open(&open)? => open,
            Some(_) | None => open(self.to)?,
        };
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let answer = read(&mut stream)?;
        if !answer.is_last {
            self.open = Some(stream);
        }
        Ok(answer)
    }
}

/// Whether the service has not closed a connection that is idle, as every client looks before it uses one again.
fn is_open(stream: &BufReader<TcpStream>) -> Done<bool> {
    let stream = stream.get_ref();
    stream.set_nonblocking(true)?;
    let waits = stream.peek(&mut [0]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
    stream.set_nonblocking(false)?;
    Ok(waits)
}

fn open(to: SocketAddr) -> Done<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(BufReader::new(stream))
}

fn read(stream: &mut impl BufRead) -> Done<Answer> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status = line.split(' ').nth(1).ok_or("the answer broke off in its head")?.parse()?;
    let (mut length, mut is_last) = (None, false);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let Some(header) = line.strip_suffix("\r\n") else {
            return Err(Failure::from("the answer broke off in its head"));
        };
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or("a header has no name")?;
        if name.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse()?);
        }
        is_last |= name.eq_ignore_ascii_case("connection") && value.trim().eq_ignore_ascii_case("close");
    }
    let mut body = vec![0; length.ok_or("the answer does not say its length")?];
    stream.read_exact(&mut body).map_err(|_| "the answer broke off in its body")?;
    Ok(Answer { status, body: String::from_utf8(body)?, is_last })
}
