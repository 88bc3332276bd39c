//! Mutations of everything that passes a filter.

use async_graphql::Value;
use futures_util::future::BoxFuture;
use serde_json::Value as Json;
use uuid::Uuid;

use super::bulk::{DRY_RUN, dry_run};
use super::payload::{self, Noun};
use super::{Change, INPUT, Mutations, Written, client_mutation_id, row};
use crate::auth::Caller;
use crate::error::{AppError, AppResult};
use crate::graphql::engine::argument::At as Place;
use crate::graphql::engine::connection::Connected;
use crate::graphql::engine::filter::Reading;
use crate::graphql::engine::registry::leak;
use crate::graphql::engine::signature::Argument;
use crate::input::{At, Described, Input, UserError, UserErrorCode, Words, key, scalar};
use crate::limits::ProfileLimits;
use crate::service::filter::Filter;
use crate::service::work::Work;
use crate::service::write::{Row, RowResult, found};

/// Gives the same fields to the objects with these keys, or writes nothing when one of them cannot have them.
pub type ApplyTo<T> =
    for<'a, 'w> fn(&'a mut Work<'w>, Vec<Uuid>, &'a Row<T>) -> BoxFuture<'a, AppResult<Vec<RowResult>>>;

struct UpdateWhere<N, T> {
    filter: Filter,
    expected: Result<i32, UserError>,
    set: Row<T>,
    most: u64,
    dry_run: bool,
    client_mutation_id: Option<String>,
    apply: ApplyTo<T>,
    noun: std::marker::PhantomData<fn() -> N>,
}

impl<N: Noun, T: Send + Sync> UpdateWhere<N, T> {
    /// What became of what was found, or why nothing is looked at.
    async fn results(&self, work: &mut Work<'_>) -> AppResult<Result<Vec<RowResult>, Vec<UserError>>> {
        let mut mistakes = self.set.errors.clone();
        mistakes.extend(self.expected.clone().err());
        let keys = found::found::<<N as Noun>::Entity>(work, &self.filter, N::KEY, self.most + 1).await?;
        if let Ok(expected) = &self.expected {
            mistakes.extend(self.mismatch(*expected, keys.len()));
        }
        if mistakes.is_empty() { (self.apply)(work, keys, &self.set).await.map(Ok) } else { Ok(Err(mistakes)) }
    }

    /// The mistake when another number of objects is found than was expected, or more than may be written at once.
    fn mismatch(&self, expected: i32, found: usize) -> Option<UserError> {
        let (most, expected_path) = (self.most, At::ROOT.field(INPUT));
        let (code, path, words) = if found as u64 > most {
            let words = Words::new(
                format!("The filter finds more than {most} objects, the most that can be written at once: narrow it."),
                format!("筛选结果超过一次可写入的上限{most}个：请缩小范围。"),
            );
            (UserErrorCode::OutOfRange, expected_path.field("filter").path(), words)
        } else if i64::from(expected) != found as i64 {
            let words = Words::new(
                format!("The filter finds {found} objects, not {expected}; nothing was written."),
                format!("筛选到{found}个对象，而不是{expected}个；未写入任何内容。"),
            );
            (UserErrorCode::CountMismatch, expected_path.field("expectedCount").path(), words)
        } else {
            return None;
        };
        Some(UserError::validation(code, path, "count", Some(&found.to_string()), words))
    }
}

impl<N: Noun, T: Send + Sync> Change for UpdateWhere<N, T> {
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>> {
        Box::pin(async move {
            let client_mutation_id = self.client_mutation_id.clone();
            let written = Written { client_mutation_id, ..Written::default() };
            Ok(match self.results(work).await? {
                Ok(results) => Written { results, ..written },
                Err(general) => Written { general, ..written },
            })
        })
    }

    fn is_rehearsal(&self) -> bool {
        self.dry_run
    }
}

impl Mutations {
    /// A mutation of every object of type `N` that passes a filter: `signature` is `nounsUpdateWhere: NounsUpdateWherePayload`,
    /// `fields` the table of what is set.
    #[must_use]
    pub fn update_where<N, T>(
        self,
        signature: &'static str,
        description: &'static str,
        fields: fn() -> &'static Input<T>,
        apply: ApplyTo<T>,
    ) -> Self
    where
        N: Noun + Connected<Entity = <N as Noun>::Entity>,
        T: Default + Send + Sync + 'static,
    {
        let table = fields();
        let (payload, row_result) = payload::bulk::<N>();
        let payload_name = signature.rsplit(": ").next().unwrap_or(signature);
        let name = leak(payload_name.replace("Payload", "Input"));
        let fields = vec![
            Argument::new(
                leak(format!("filter: {}!", N::filters().name)),
                "What is changed: all that passes this filter.",
            ),
            Argument::new(leak(format!("set: {}!", table.name())), "What it shall be."),
            Argument::new(
                "expectedCount: Int!",
                "How many objects the filter finds. When it finds another number, nothing is written.",
            ),
            Argument::new(DRY_RUN.0, DRY_RUN.1),
            Argument::new(key::CLIENT_MUTATION_ID.0, key::CLIENT_MUTATION_ID.1),
        ];
        let mut mutations = self.with((signature, description), name, table, payload, move |input, limits, caller| {
            let at = At::ROOT.field(INPUT);
            let nothing = Json::Null;
            let set = row(table, input.get("set").unwrap_or(&nothing), &at.field("set"));
            let expected = input.get("expectedCount").unwrap_or(&nothing);
            Ok(Box::new(UpdateWhere::<N, T> {
                filter: filter::<N>(input, limits, caller)?,
                expected: scalar::int(expected, &at.field("expectedCount"), 0, i32::MAX),
                set,
                most: limits.bulk_rows,
                dry_run: dry_run(input)?,
                client_mutation_id: client_mutation_id(input),
                apply,
                noun: std::marker::PhantomData,
            }))
        });
        if let Some(mutation) = mutations.0.last_mut() {
            mutation.own_input = Some((name, "What to change, and how, in one transaction.", fields));
            mutation.row_result = Some(row_result);
        }
        mutations
    }
}

/// The filter, which must be there: a change of everything is said by an empty one.
fn filter<N: Connected>(input: &Json, limits: &ProfileLimits, caller: &Caller) -> AppResult<Filter> {
    let sent = input.get("filter").cloned().unwrap_or_default();
    let value = Value::from_json(sent).map_err(AppError::internal)?;
    N::filters().read(&value, &Place::top(INPUT).field("filter"), &mut Reading::new(limits, caller), 1)
}
