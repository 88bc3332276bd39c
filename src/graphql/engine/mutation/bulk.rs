//! Mutations of many objects.

use futures_util::future::BoxFuture;
use serde_json::Value as Json;

use super::payload::{self, Noun};
use super::{Apply, Change, INPUT, Mutations, Written, client_mutation_id, row};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::engine::registry::leak;
use crate::graphql::engine::signature::Argument;
use crate::input::{At, Described, Input, UserError, key, scalar};
use crate::lang::Lang;
use crate::limits::ProfileLimits;
use crate::service::work::Work;
use crate::service::write::{Atomicity, Row};

struct Bulk<T> {
    rows: Vec<Row<T>>,
    atomicity: Atomicity,
    dry_run: bool,
    client_mutation_id: Option<String>,
    apply: Apply<T>,
}

impl<T: Send + Sync> Change for Bulk<T> {
    fn apply<'a>(&'a self, work: &'a mut Work<'_>) -> BoxFuture<'a, AppResult<Written>> {
        Box::pin(async move {
            let results = (self.apply)(work, &self.rows, self.atomicity).await?;
            let client_mutation_id = self.client_mutation_id.clone();
            Ok(Written { results, atomicity: self.atomicity, client_mutation_id, ..Written::default() })
        })
    }

    fn is_rehearsal(&self) -> bool {
        self.dry_run
    }
}

impl Mutations {
    /// A mutation of many objects of type `T`: `signature` is `nounsVerb: NounsVerbPayload`, `input` the table of one row.
    #[must_use]
    pub fn bulk<T: Noun, I: Default + Send + Sync + 'static>(
        self,
        signature: &'static str,
        description: &'static str,
        input: fn() -> &'static Input<I>,
        apply: Apply<I>,
    ) -> Self {
        let table = input();
        let (payload, row_result) = payload::bulk::<T>();
        let payload_name = signature.rsplit(": ").next().unwrap_or(signature);
        let name = leak(payload_name.replace("Payload", "Input"));
        let fields = vec![
            Argument::new(
                leak(format!("rows: [{}!]!", table.name())),
                "The rows; more than `bulk_rows` of `service { limits }` are an error.",
            ),
            Argument::new("atomicity: Atomicity! = ALL", "What is written when some rows fail."),
            Argument::new(DRY_RUN.0, DRY_RUN.1),
            Argument::new(key::CLIENT_MUTATION_ID.0, key::CLIENT_MUTATION_ID.1),
        ];
        let mut mutations = self.with((signature, description), name, table, payload, move |input, limits, _| {
            let (atomicity, dry_run) = (atomicity(input)?, dry_run(input)?);
            let rows = rows(input, limits)?;
            let at = At::ROOT.field(INPUT);
            let at = at.field("rows");
            let rows = rows.iter().enumerate().map(|(index, json)| row(table, json, &at.entry(index))).collect();
            Ok(Box::new(Bulk { rows, atomicity, dry_run, client_mutation_id: client_mutation_id(input), apply }))
        });
        if let Some(mutation) = mutations.0.last_mut() {
            mutation.own_input = Some((name, "Rows to write, in one transaction.", fields));
            mutation.row_result = Some(row_result);
        }
        mutations
    }
}

/// Signature and description of `dryRun`.
pub const DRY_RUN: (&str, &str) =
    ("dryRun: Boolean! = false", "Tells what would be, and leaves nothing behind: the real run, rolled back.");

/// The rows of an input, as many as the caller may send at once.
fn rows<'a>(input: &'a Json, limits: &ProfileLimits) -> AppResult<&'a [Json]> {
    let rows = match input.get("rows") {
        Some(Json::Array(rows)) => rows.as_slice(),
        // One value alone counts as a list of one, as everywhere in GraphQL.
        Some(single) if !single.is_null() => std::slice::from_ref(single),
        _ => return Err(AppError::bad_input("`input.rows` must be a list.")),
    };
    if rows.len() as u64 > limits.bulk_rows {
        return Err(AppError::new(ErrorCode::CostLimit, limits.bulk_refusal(rows.len())));
    }
    Ok(rows)
}

fn atomicity(input: &Json) -> AppResult<Atomicity> {
    let at = At::ROOT.field("atomicity");
    let sent = input.get("atomicity").map(|value| scalar::name(value, &at, Atomicity::ALL));
    Ok(sent.transpose().map_err(refused)?.unwrap_or_default())
}

/// Whether `dryRun` is set.
pub fn dry_run(input: &Json) -> AppResult<bool> {
    let at = At::ROOT.field("dryRun");
    let sent = input.get("dryRun").map(|value| scalar::truth(value, &at));
    Ok(sent.transpose().map_err(refused)?.unwrap_or(false))
}

/// A mistake that makes the whole request unreadable.
fn refused(error: UserError) -> AppError {
    AppError::bad_input(format!("`{INPUT}.{}`: {}", error.path.join("."), error.message(Lang::En)))
}
