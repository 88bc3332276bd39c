//! Mutations of what the service itself keeps: uploads and operations.

use futures_util::future::BoxFuture;

use super::payload::{self, Noun};
use super::{Change, INPUT, Mutations, Written, client_mutation_id, row};
use crate::bulk::Bulk;
use crate::error::{AppError, AppResult};
use crate::input::{At, Described, Input};
use crate::service::work::Work;
use crate::service::write::{Outcome, Row, RowResult};

/// Does what a row says with the bulk operations of the service; only a row without mistakes comes here.
pub type Serve<T> = for<'a, 'w> fn(&'a mut Work<'w>, &'a Bulk, &'a Row<T>) -> BoxFuture<'a, AppResult<RowResult>>;

struct Served<T> {
    row: Row<T>,
    bulk: Option<Bulk>,
    client_mutation_id: Option<String>,
    serve: Serve<T>,
}

impl<T: Send + Sync> Change for Served<T> {
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>> {
        Box::pin(async move {
            let bulk = self.bulk.as_ref().ok_or_else(|| AppError::internal("a schema without bulk operations"))?;
            let result = match self.row.errors.as_slice() {
                [] => (self.serve)(work, bulk, &self.row).await?,
                errors => RowResult {
                    key: String::new(),
                    outcome: Outcome::Failed,
                    id: None,
                    seen: None,
                    errors: errors.to_vec(),
                },
            };
            let client_mutation_id = self.client_mutation_id.clone();
            Ok(Written { results: vec![result], client_mutation_id, ..Written::default() })
        })
    }

    fn equip(&mut self, bulk: &Bulk) {
        self.bulk = Some(bulk.clone());
    }

    fn committed(&self) {
        if let Some(bulk) = &self.bulk {
            bulk.wake();
        }
    }
}

impl Mutations {
    /// A mutation of one object of type `T` that the service itself keeps.
    #[must_use]
    pub fn served<T: Noun, I: Default + Send + Sync + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<I>,
        serve: Serve<I>,
    ) -> Self {
        let table = input();
        self.with((signature, description), table.name(), table, payload::single::<T>(), move |input, _, _| {
            let row = row(table, input, &At::ROOT.field(INPUT));
            Ok(Box::new(Served { row, bulk: None, client_mutation_id: client_mutation_id(input), serve }))
        })
    }
}
