//! Mutations whose answer has a secret, shown this once: it is kept nowhere, so neither is the answer.

use futures_util::future::BoxFuture;

use super::payload::{self, Noun};
use super::{Change, INPUT, Mutations, Written, client_mutation_id, row};
use crate::error::AppResult;
use crate::graphql::text;
use crate::input::{At, Described, Input};
use crate::service::work::Work;
use crate::service::write::{Row, RowResult};

/// Does what a row says, and gives the secret that came of it.
pub type Tell<T> =
    for<'a, 'w> fn(&'a mut Work<'w>, &'a Row<T>) -> BoxFuture<'a, AppResult<(RowResult, Option<String>)>>;

struct Telling<T> {
    row: Row<T>,
    client_mutation_id: Option<String>,
    tell: Tell<T>,
}

impl<T: Send + Sync> Change for Telling<T> {
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>> {
        Box::pin(async move {
            let (result, secret) = (self.tell)(work, &self.row).await?;
            let client_mutation_id = self.client_mutation_id.clone();
            Ok(Written { results: vec![result], secret, client_mutation_id, ..Written::default() })
        })
    }

    fn tells_secret(&self) -> bool {
        true
    }
}

impl Mutations {
    /// A mutation of one object of type `T` whose payload has a secret: its signature and description.
    #[must_use]
    pub fn telling<T: Noun, I: Default + Send + Sync + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<I>,
        secret: (&'static str, &'static str),
        tell: Tell<I>,
    ) -> Self {
        let table = input();
        let payload = payload::single::<T>().value(secret.0, secret.1, |written: &Written| text::text(&written.secret));
        self.with((signature, description), table.name(), table, payload, move |input, _, _| {
            let row = row(table, input, &At::ROOT.field(INPUT));
            Ok(Box::new(Telling { row, client_mutation_id: client_mutation_id(input), tell }))
        })
    }
}
