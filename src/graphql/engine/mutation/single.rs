//! Mutations of one object.

use futures_util::future::BoxFuture;

use super::payload::{self, Noun};
use super::{Apply, Change, INPUT, Mutations, Written, client_mutation_id, row};
use crate::error::AppResult;
use crate::input::{At, Described, Input};
use crate::service::work::Work;
use crate::service::write::{Atomicity, Row};

struct Single<T> {
    rows: [Row<T>; 1],
    client_mutation_id: Option<String>,
    apply: Apply<T>,
}

impl<T: Send + Sync> Change for Single<T> {
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>> {
        Box::pin(async move {
            work.writes_one();
            let results = (self.apply)(work, &self.rows, Atomicity::All).await?;
            Ok(Written { results, client_mutation_id: self.client_mutation_id.clone(), ..Written::default() })
        })
    }
}

impl Mutations {
    /// A mutation of one object of type `T`: `signature` is `nounVerb: NounVerbPayload`.
    #[must_use]
    pub fn single<T: Noun, I: Default + Send + Sync + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<I>,
        apply: Apply<I>,
    ) -> Self {
        let table = input();
        self.with((signature, description), table.name(), table, payload::single::<T>(), move |input, _, _| {
            let rows = [row(table, input, &At::ROOT.field(INPUT))];
            Ok(Box::new(Single { rows, client_mutation_id: client_mutation_id(input), apply }))
        })
    }
}
