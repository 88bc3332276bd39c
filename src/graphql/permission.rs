//! `viewer.can`: questions whether actions would be refused, answered together.

use std::sync::LazyLock;

use async_graphql::Value;
use futures_util::future::BoxFuture;

use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::json::{self, Texts};
use super::engine::object::{Fields, Linked, Object};
use super::engine::plan::Plan;
use super::engine::registry::Registrar;
use super::engine::signature::Argument;
use crate::auth::Caller;
use crate::error::AppResult;
use crate::service::permission::{self, Action, Check, Target};
use crate::service::read::Reader;

/// `PermissionAnswer`: an action, and whether it is allowed.
pub struct PermissionAnswer;

impl Object for PermissionAnswer {
    type Row = (Action, bool);
    const NAME: &'static str = "PermissionAnswer";

    fn fields() -> &'static Fields<Self::Row> {
        static FIELDS: LazyLock<Fields<(Action, bool)>> = LazyLock::new(|| {
            Fields::<(Action, bool)>::new("Whether an action would be refused.")
                .value("action: String!", "The action that was asked about.", |(action, _)| Value::from(action.name()))
                .value(
                    "allowed: Boolean!",
                    "False where the action would be refused, and where there is nothing that the caller may look at.",
                    |(_, allowed)| Value::from(*allowed),
                )
        });
        &FIELDS
    }
}

/// The arguments of `can`.
pub fn arguments() -> Vec<Argument> {
    let description = "The questions; more than `page_max` of `service { limits }` are an error.";
    vec![Argument::new("checks: [PermissionCheck!]!", description)]
}

/// Registers the inputs of `can`.
pub fn register(registrar: &mut Registrar<'_>) {
    registrar.input(
        "PermissionPlaceInput",
        "A place where something new shall be.",
        &[
            Argument::new("divisionCode: String!", "Code of the division."),
            Argument::new("unitCode: String", "Code of a unit of it; the whole division when absent."),
            Argument::new("fiscalYear: Int", "Fiscal year; any that the caller has rights for when absent."),
        ],
        false,
    );
    registrar.input(
        "PermissionTarget",
        "What an action is done to.",
        &[
            Argument::new("id: ID", "An object."),
            Argument::new("place: PermissionPlaceInput", "The place of something new."),
        ],
        true,
    );
    registrar.input(
        "PermissionCheck",
        "One question.",
        &[
            Argument::new(
                "action: String!",
                "The name of a mutation, e.g. `projectUpdate`, or of a permission, e.g. `project:write`.",
            ),
            Argument::new(
                "on: PermissionTarget",
                "What it is done to; whether it can be done to anything at all when absent.",
            ),
        ],
        false,
    );
}

fn check(value: &Value, at: &At) -> AppResult<Check> {
    let (mut action, mut target) = (None, None);
    for (name, value) in argument::fields(value, at)? {
        let at = at.field(name);
        match (name, value) {
            (_, Value::Null) => {}
            ("action", value) => {
                let name = argument::text(value, &at)?;
                let known = Action::from_name(&name);
                action = Some(known.ok_or_else(|| at.error("is neither the name of a mutation nor of a permission"))?);
            }
            (_, value) => target = Some(read_target(value, &at)?),
        }
    }
    let action = action.ok_or_else(|| at.field("action").error("must not be null"))?;
    Ok(Check { action, target })
}

fn read_target(value: &Value, at: &At) -> AppResult<Target> {
    let (name, value) = argument::one_of(value, at)?;
    let at = at.field(name);
    if name == "id" {
        return argument::text(value, &at).map(Target::Id);
    }
    let (mut division, mut unit, mut year) = (None, None, None);
    for (name, value) in argument::fields(value, &at)? {
        let at = at.field(name);
        match (name, value) {
            (_, Value::Null) => {}
            ("divisionCode", value) => division = Some(argument::text(value, &at)?),
            ("unitCode", value) => unit = Some(argument::text(value, &at)?),
            (_, value) => year = Some(argument::int(value, &at)?),
        }
    }
    let division = division.ok_or_else(|| at.field("divisionCode").error("must not be null"))?;
    Ok(Target::Place { division, unit, year })
}

/// The answers to the questions of a request.
pub struct Answers {
    checks: Vec<Check>,
    plan: Plan<(Action, bool)>,
}

impl Answers {
    /// Reads the questions.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for what cannot be asked, and for too many.
    pub fn compile(asked: &Asked<'_>) -> AppResult<Self> {
        let at = At::top("checks");
        let checks = argument::list(&asked.required("checks")?, &at, check)?;
        let most = asked.environment.limits.page_max;
        if checks.len() as u64 > most {
            return Err(at.error(&format!("may have {most} entries at the most")));
        }
        Ok(Self { checks, plan: Plan::compile::<PermissionAnswer>(asked)? })
    }
}

impl Linked<Caller> for Answers {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [Caller]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let allowed = permission::can(reader, &self.checks).await?;
            let answers: Vec<_> = self.checks.iter().map(|check| check.action).zip(allowed).collect();
            let answers = self.plan.render(reader, &answers).await?;
            let list = Texts::one(|out| json::list(out, answers.iter())).into_first();
            Ok(rows.iter().map(|_| list.as_slice()).collect())
        })
    }
}
