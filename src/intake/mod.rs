//! Files become writes: what is plugged into [`crate::bulk`] for each kind of file.
//!
//! Tables are read by [`crate::import::table`] and applied row by row through [`crate::service::write`], each row by the
//! input table of the mutation of its kind; so a row means in a file what it means in a request, and mistakes have the
//! same codes and words, with the cell or line beside the path. A published document is one row: it is taken whole.

mod disclosure;
mod options;
mod results;
mod rows;
mod scope;
mod source;
mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::value::BulkKind;

use crate::bulk::Handler;
use crate::import::FileStore;

pub use options::{BlankCells, IntakeOptions, ScopeOptions};
pub use results::workbook;
pub use template::{Template, XLSX, template};

/// What reads and applies the files of each kind; `files` keeps the originals of published documents.
pub fn handlers(files: FileStore) -> BTreeMap<BulkKind, Handler> {
    let tables = Handler { source: Arc::new(source::Tables), apply: Arc::new(rows::Tables) };
    let document = disclosure::Disclosures { files };
    let disclosures = Handler { source: Arc::new(disclosure::Whole), apply: Arc::new(document) };
    let kinds = [BulkKind::Projects, BulkKind::Indicators, BulkKind::Units, BulkKind::PlanPoints, BulkKind::Mixed];
    let mut handlers: BTreeMap<BulkKind, Handler> = kinds.into_iter().map(|kind| (kind, tables.clone())).collect();
    handlers.insert(BulkKind::Disclosure, disclosures);
    handlers
}
