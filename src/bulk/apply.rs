//! The two things that are plugged in for each kind of rows: how a file is read, and how rows are applied.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use entity::bulk_operation;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::AppResult;
use crate::input::UserError;
use crate::lang::Lang;
use crate::service::work::Work;
use crate::service::write::Outcome;

/// Where a row stands in its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Line of a text file, or row of a sheet, from 1.
    pub line: u64,
    /// Sheet of a workbook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// A row that was read.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands.
    pub place: Place,
    /// What it says, in the shape of the input of the mutation of its kind.
    pub value: Value,
    /// Where its parts stand; none when they all stand where the row does.
    pub parts: Option<Arc<dyn Parts>>,
}

/// Where the parts of a row stand in the file.
pub trait Parts: fmt::Debug + Send + Sync {
    /// The place of the value at a path below the row, as people name it: `项目!B7`, `line 17, column 预算数`.
    fn place_of(&self, path: &[String]) -> String;
}

impl Row {
    /// A mistake of this row with the place where it stands.
    pub fn fault(&self, error: &UserError) -> Fault {
        let place = match &self.parts {
            Some(parts) => parts.place_of(&error.path),
            None => self.place.to_string(),
        };
        Fault { place: Some(place), ..Fault::from(error) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sheet {
            Some(sheet) => write!(f, "{sheet}!{}", self.line),
            None => write!(f, "line {}", self.line),
        }
    }
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Unread {
    /// Where it stands.
    pub place: Place,
    /// Why not.
    pub faults: Vec<Fault>,
}

/// What a line of a file gives.
pub type Read = Result<Row, Unread>;

/// Something wrong with a row: a [`UserError`] as it stands in the files of results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Its code: the name of a [`crate::input::UserErrorCode`], or of an [`crate::error::ErrorCode`].
    pub code: String,
    /// Where in the row, from its root; numbers of list entries as text.
    pub path: Vec<String>,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// Where in the file: `line 17`, `line 17, column 预算数`, `项目!B7`; none for what has no place of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub place: Option<String>,
}

/// A place between two rows of a file, from which reading can go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Bytes of the file that lie before it, for telling how far it is.
    pub bytes: u64,
    /// What the source needs to go on.
    pub state: Value,
}

/// The rows of a file, one after the other.
pub trait Rows: Send {
    /// The next row; none at the end of the file. Blocks, and is called on a thread for that.
    ///
    /// # Errors
    /// When the file as a whole cannot be read on; what is wrong with one row is an [`Unread`].
    fn next(&mut self) -> AppResult<Option<Read>>;

    /// The place after the row that was given last; before the first, where the file was opened.
    fn position(&self) -> Position;
}

/// How the files of a kind are read. The same file gives the same rows every time.
pub trait Source: Send + Sync {
    /// Opens a file at its beginning, or at the place where an earlier reading was. Blocks.
    ///
    /// # Errors
    /// When the file is not of a known format; the message is for the client.
    fn open(&self, file: &Path, operation: &bulk_operation::Model, from: Option<&Position>)
    -> AppResult<Box<dyn Rows>>;

    /// Counts the rows, where that costs little. Blocks.
    ///
    /// # Errors
    /// As [`Source::open`].
    fn count(&self, _file: &Path, _operation: &bulk_operation::Model) -> AppResult<Option<u64>> {
        Ok(None)
    }
}

/// The Chinese words of an error that refuses a file, as the cause of an [`crate::error::AppError`] whose message are the
/// English ones.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InChinese(pub String);

impl From<&UserError> for Fault {
    fn from(error: &UserError) -> Self {
        Self {
            code: error.code.as_str().to_owned(),
            path: error.path.clone(),
            message: error.message(Lang::En).to_owned(),
            message_zh: error.message(Lang::Zh).to_owned(),
            place: None,
        }
    }
}

/// The answer to a row. It must depend on the row and on the stored data alone: no fresh ids, no times.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What became of it.
    pub outcome: Outcome,
    /// Its natural key in words; none when it has none.
    pub key: Option<String>,
    /// Why it was refused.
    pub faults: Vec<Fault>,
    /// The stored version that it was judged against; none when there was nothing. A preview is stale when it differs.
    pub seen: Option<i64>,
}

/// How the rows of a kind are applied.
pub trait Apply: Send + Sync {
    /// Applies rows, at most 500, through the unit of work, and gives an answer for each in their order.
    ///
    /// Runs again after a failure to serialise, and in a transaction that is rolled back for a dry run, so it must do
    /// nothing but use the work. `state` starts as null and is kept with the checkpoint.
    fn chunk<'a>(
        &'a self,
        work: &'a mut Work<'_>,
        operation: &'a bulk_operation::Model,
        rows: &'a [Row],
        state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>>;

    /// Whether these rows can be applied by work that puts new rows aside: nothing that is inserted for them is read again.
    fn can_set_aside(&self, _operation: &bulk_operation::Model, _rows: &[Row]) -> bool {
        false
    }

    /// Does what is left to do behind the last row, in the transaction of the last rows. `failed` rows of the file were
    /// refused. Gives an answer for everything that is no row of the file. It may be called again after it was done; then
    /// nothing is left.
    fn finish<'a>(
        &'a self,
        _work: &'a mut Work<'_>,
        _operation: &'a bulk_operation::Model,
        _failed: i64,
        _state: &'a mut Value,
    ) -> BoxFuture<'a, AppResult<Vec<Answer>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A kind of rows: how it is read, and how it is applied.
#[derive(Clone)]
pub struct Handler {
    /// Reads.
    pub source: Arc<dyn Source>,
    /// Applies.
    pub apply: Arc<dyn Apply>,
}
