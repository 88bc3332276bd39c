//! The mutations of grants: what accounts may do, and where.

use entity::account_grant;
use entity::id::{AccountGrantId, UnitId};
use entity::value::{Access, Role};

use super::account::{each, named};
use super::result::{Places, result, unread};
use crate::auth::{Grant, Scope, Years};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::account_grant::AccountGrant;
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::input::grant::{self as input, GrantGive, GrantScope, GrantTake};
use crate::input::key::UnitKey;
use crate::service::account::grant::{grant, revoke_by_id};
use crate::service::work::Work;
use crate::service::write::{Outcome, Row, RowResult};
use crate::service::{division, unit};

impl Noun for AccountGrant {
    type Entity = account_grant::Entity;
    const KEY: account_grant::Column = account_grant::Column::Id;
}

const PLACES: Places = &[
    ("account", &["account"]),
    ("ownGrant", &["account"]),
    ("duty", &["role"]),
    ("years", &["fiscalYearLast"]),
    ("scope", &["scope"]),
    ("division", &["scope", "unit", "divisionCode"]),
];
const OF_TAKING: Places = &[("grant", &["id"]), ("lastAdministrator", &["id"])];

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<AccountGrant, _>(
            "grantGive: GrantGivePayload",
            "Gives an account a role somewhere; it acts from the next request on.",
            input::give,
            |work, rows, _| Box::pin(each(work, rows, give)),
        )
        .single::<AccountGrant, _>(
            "grantTake: GrantTakePayload",
            "Takes a grant; it acts from the next request on.",
            input::take,
            |work, rows, _| Box::pin(each(work, rows, take)),
        )
}

async fn give(work: &mut Work<'_>, row: &Row<GrantGive>) -> AppResult<RowResult> {
    let given = async |work: &mut Work<'_>| {
        let input = &row.input;
        let account = named(work, input.account.as_ref()).await?;
        let scope = scope(work, input.scope.as_ref()).await?;
        let given = Grant {
            // A role that is absent has its mistake already.
            role: input.role.unwrap_or(Role::Public),
            scope,
            access: input.access.unwrap_or(Access::Capture),
            years: Years { first: input.first_year, last: input.last_year },
        };
        let made = grant(work, account.id, &given, input.expires_at).await?;
        Ok((made.id.0, None, Outcome::Created))
    };
    result(given(work).await, row, PLACES)
}

fn no_scope(message: String, zh: String) -> AppError {
    AppError::new(ErrorCode::NotFound, message).explained("scope", zh)
}

/// The scope that an input names. Whether there is such a division is for the giving to know.
async fn scope(work: &Work<'_>, scope: Option<&GrantScope>) -> AppResult<Scope> {
    let scope = scope.cloned().unwrap_or_default();
    match scope {
        GrantScope { everything: Some(true), .. } => Ok(Scope::Everything),
        GrantScope { division_code: Some(code), .. } => Ok(Scope::Division(code)),
        GrantScope { unit_id: Some(id), .. } => match UnitId::parse(&id) {
            Some(id) => Ok(Scope::Unit(id)),
            None => Err(no_scope("There is no such unit.".to_owned(), "没有此单位。".to_owned())),
        },
        GrantScope { unit: Some(UnitKey { division_code, code: Some(code) }), .. } => {
            let division = match division_code {
                Some(division) => division,
                None => division::only(work).await?.ok_or_else(|| {
                    let message = "There are several divisions, or none: name the divisionCode.";
                    let zh = "有多个财政区划或尚无财政区划：请给出 divisionCode。";
                    AppError::bad_input(message).explained("division", zh)
                })?,
            };
            let found = unit::find(work.tx, &division, &code).await?;
            let missing = || {
                let (message, zh) =
                    (format!("There is no unit `{division}/{code}`."), format!("没有单位“{division}/{code}”。"));
                no_scope(message, zh)
            };
            found.map(|unit| Scope::Unit(unit.id)).ok_or_else(missing)
        }
        GrantScope { .. } => {
            let message = "Say where: `everything: true`, a division, or a unit.";
            Err(AppError::bad_input(message).explained("scope", "请指明范围：everything: true、财政区划或单位。"))
        }
    }
}

async fn take(work: &mut Work<'_>, row: &Row<GrantTake>) -> AppResult<RowResult> {
    let Some(id) = &row.input.id else { return Ok(unread(row)) };
    let taken = revoke_by_id(work, AccountGrantId::parse(id).unwrap_or_default()).await;
    let deleted = taken.map(|taken| (taken.id.0, Some(taken.version), Outcome::Deleted));
    let mut result = result(deleted, row, OF_TAKING)?;
    // What is gone is not shown.
    result.id = None;
    Ok(result)
}
