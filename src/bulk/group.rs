//! Reading a file on a thread of its own, one group of chunks and one chunk more ahead of what is applied.
//!
//! Chunks are bounded by rows and by bytes of the file, so that memory does not grow with the file. The same file gives the
//! same chunks every time, wherever the reading began.

use std::path::PathBuf;
use std::sync::Arc;

use entity::bulk_operation;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::apply::{Position, Row, Rows, Source, Unread};
use crate::error::{AppError, AppResult};

/// Rows of a chunk.
const CHUNK_ROWS: usize = 500;
/// Bytes of the file after which a chunk is full.
const CHUNK_BYTES: u64 = 1 << 20;
/// Chunks of a group that is rehearsed.
pub const REHEARSED_CHUNKS: usize = 10;
/// Bytes of the file after which a group is full.
const GROUP_BYTES: u64 = 4 << 20;

/// One line of a chunk.
#[derive(Debug)]
pub enum Entry {
    /// The next of the chunk's rows.
    Row,
    /// A row that could not be read.
    Unread(Unread),
}

/// Rows that are applied together.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The rows that were read.
    pub rows: Vec<Row>,
    /// All lines in the order of the file.
    pub entries: Vec<Entry>,
}

/// Chunks that are worked through in one transaction.
#[derive(Debug)]
pub struct Group {
    /// The chunks.
    pub chunks: Vec<Chunk>,
    /// Where the next group begins.
    pub position: Position,
    /// Whether there is nothing behind it.
    pub is_last: bool,
}

enum Message {
    Group(Group),
    End,
    Failed(AppError),
}

/// The groups of a file.
pub struct Groups(Receiver<Message>);

impl Groups {
    /// Begins to read at a place.
    pub fn read(
        source: Arc<dyn Source>,
        file: PathBuf,
        operation: bulk_operation::Model,
        from: Option<Position>,
        chunks: usize,
    ) -> Self {
        let (sender, receiver) = channel(1);
        tokio::task::spawn_blocking(move || {
            let rows = source.open(&file, &operation, from.as_ref());
            let last = rows.and_then(|mut rows| read_all(rows.as_mut(), chunks, &sender));
            // Nobody listens any more when the operation was given back.
            let _ = sender.blocking_send(match last {
                Ok(()) => Message::End,
                Err(error) => Message::Failed(error),
            });
        });
        Self(receiver)
    }

    /// The next group; none at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub async fn next(&mut self) -> AppResult<Option<Group>> {
        match self.0.recv().await {
            Some(Message::Group(group)) => Ok(Some(group)),
            Some(Message::End) => Ok(None),
            Some(Message::Failed(error)) => Err(error),
            None => Err(AppError::internal("the thread that reads a file has ended")),
        }
    }
}

fn read_all(rows: &mut dyn Rows, chunks: usize, sender: &Sender<Message>) -> AppResult<()> {
    let (mut group, mut begin) = (Vec::new(), rows.position().bytes);
    let mut chunk = read_chunk(rows)?;
    loop {
        let behind = rows.position();
        let next = read_chunk(rows)?;
        let is_last = next.entries.is_empty();
        if !chunk.entries.is_empty() {
            group.push(chunk);
        }
        let full = group.len() >= chunks || behind.bytes.saturating_sub(begin) >= GROUP_BYTES;
        if full || is_last {
            // What follows the last row holds nothing.
            let position = if is_last { rows.position() } else { behind };
            begin = position.bytes;
            let group = Group { chunks: std::mem::take(&mut group), position, is_last };
            if sender.blocking_send(Message::Group(group)).is_err() || is_last {
                return Ok(());
            }
        }
        chunk = next;
    }
}

/// The next chunk; empty at the end of the file.
fn read_chunk(rows: &mut dyn Rows) -> AppResult<Chunk> {
    let (mut chunk, begin) = (Chunk::default(), rows.position().bytes);
    while chunk.entries.len() < CHUNK_ROWS && rows.position().bytes.saturating_sub(begin) < CHUNK_BYTES {
        match rows.next()? {
            None => break,
            Some(Ok(row)) => {
                chunk.rows.push(row);
                chunk.entries.push(Entry::Row);
            }
            Some(Err(unread)) => chunk.entries.push(Entry::Unread(unread)),
        }
    }
    Ok(chunk)
}
