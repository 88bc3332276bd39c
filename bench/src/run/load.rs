//! Clients that ask as fast as they are answered, each over one connection that stays open.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::operations::COUNTER;
use crate::{Done, Failure};

/// The bytes of some requests to one address.
pub struct Requests {
    address: SocketAddr,
    /// Each with the place of its counter, where it has one.
    bytes: Vec<(Vec<u8>, Option<usize>)>,
}

impl Requests {
    /// Posts of JSON; `headers` are whole lines.
    pub fn new<'a>(address: SocketAddr, path: &str, headers: &str, bodies: impl Iterator<Item = &'a [u8]>) -> Self {
        let bytes = bodies.map(|body| {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
                 Content-Length: {}\r\n\r\n",
                body.len()
            );
            let bytes = [head.as_bytes(), body].concat();
            let counter = bytes.windows(COUNTER.len()).position(|window| window == COUNTER.as_bytes());
            (bytes, counter)
        });
        Self { address, bytes: bytes.collect() }
    }
}

/// What became of some requests.
#[derive(Debug, Default)]
pub struct Load {
    /// How long each took, in microseconds.
    pub latencies: Vec<u32>,
    /// How long all took together.
    pub elapsed: Duration,
    /// Bytes of the bodies.
    pub bytes: u64,
}

impl Load {
    /// Asks for some time.
    ///
    /// # Errors
    /// When an answer is no success.
    pub async fn run(requests: &Requests, connections: usize, time: Duration) -> Done<Self> {
        let mut clients = JoinSet::new();
        let began = Instant::now();
        let end = began + time;
        for number in 0..connections {
            let stream = TcpStream::connect(requests.address).await?;
            stream.set_nodelay(true)?;
            let step = requests.bytes.len() / connections.max(1);
            let mut bytes = requests.bytes.clone();
            bytes.rotate_left(number * step);
            clients.spawn(client(stream, bytes, end));
        }
        let mut load = Self::default();
        while let Some(done) = clients.join_next().await {
            let (latencies, bytes) = done??;
            load.latencies.extend(latencies);
            load.bytes += bytes;
        }
        load.elapsed = began.elapsed();
        Ok(load)
    }
}

/// A number that no other request of this process has had.
fn count() -> u32 {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

async fn client(
    mut stream: TcpStream,
    mut requests: Vec<(Vec<u8>, Option<usize>)>,
    end: Instant,
) -> Done<(Vec<u32>, u64)> {
    let mut latencies = Vec::new();
    let mut total = 0;
    let mut buffer = vec![0; 1 << 20];
    for place in (0..requests.len()).cycle() {
        let began = Instant::now();
        if began >= end {
            break;
        }
        let (request, counter) = &mut requests[place];
        if let Some(counter) = *counter {
            let digits = format!("{:08}", count());
            request[counter..counter + COUNTER.len()].copy_from_slice(digits.as_bytes());
        }
        stream.write_all(request).await?;
        total += answer(&mut stream, &mut buffer).await?;
        latencies.push(u32::try_from(began.elapsed().as_micros())?);
    }
    Ok((latencies, total))
}

/// Reads one answer and gives the length of its body.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Done<u64> {
    let mut read = 0;
    let mut whole = None;
    loop {
        if read == buffer.len() {
            buffer.resize(read * 2, 0);
        }
        let more = stream.read(&mut buffer[read..]).await?;
        if more == 0 {
            return Err(Failure::from("the answer broke off"));
        }
        read += more;
        if whole.is_none()
            && let Some(head) = buffer[..read].windows(4).position(|end| end == b"\r\n\r\n")
        {
            let text = std::str::from_utf8(&buffer[..head])?;
            if !text.starts_with("HTTP/1.1 200") {
                return Err(Failure::from(String::from_utf8_lossy(&buffer[..read]).into_owned()));
            }
            let length = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
            });
            let length = length.ok_or("the answer does not say its length")??;
            whole = Some((head + 4 + length, length));
        }
        if let Some((end, length)) = whole
            && read >= end
        {
            return Ok(length as u64);
        }
    }
}
