//! Grants as administrators see them.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::account_grant;
use entity::id::AccountGrantId;

use super::account::Account;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object, Step};
use super::engine::plan::{Keyed, Plan};
use super::text;
use super::unit::Unit;
use crate::service::relation::GRANT_ACCOUNT;

/// `AccountGrant`.
pub struct AccountGrant;

impl Object for AccountGrant {
    type Row = account_grant::Model;
    const NAME: &'static str = "AccountGrant";

    fn fields() -> &'static Fields<account_grant::Model> {
        static FIELDS: LazyLock<Fields<account_grant::Model>> = LazyLock::new(|| {
            Fields::<account_grant::Model>::new(
                "A role of an account on a part of the data; without division and unit it holds everywhere.",
            )
            .node(|grant| grant.id.public())
            .one::<Account, _>("account: Account!", "Whose grant it is.", GRANT_ACCOUNT)
            .value("role: Role!", "What it makes the account.", |grant| text::name(grant.role.code()))
            .value("access: GrantAccess!", "Whether only to look.", |grant| text::name(grant.access.code()))
            .value("divisionCode: String", "Code of the division it is limited to.", |grant| {
                text::text(&grant.division_code)
            })
            .value(
                "unitId: ID",
                "Id of the unit it is limited to, with every unit below; `unit` tells more to who may look at units.",
                |grant| grant.unit_id.map(|unit| unit.public()).into(),
            )
            .field("unit: Unit", "The unit it is limited to, with every unit below.", Vec::new(), |asked| {
                Ok(Step::Link(Box::new(Keyed::<account_grant::Model, entity::unit::Entity> {
                    key: |grant| grant.unit_id.map(|unit| unit.0),
                    column: entity::unit::Column::Id,
                    plan: Plan::compile::<Unit>(asked)?,
                })))
            })
            .value("fiscalYearFirst: Int", "The first fiscal year that it reaches; null for all before.", |grant| {
                grant.first_year.into()
            })
            .value("fiscalYearLast: Int", "The last fiscal year that it reaches; null for all after.", |grant| {
                grant.last_year.into()
            })
            .value("expiresAt: DateTime", "When it ends by itself; null for never.", |grant| {
                grant.expires_at.map_or(Value::Null, text::time)
            })
            .value("createdAt: DateTime!", "When it was given.", |grant| text::time(grant.created_at))
            .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |grant| Value::from(grant.version))
        });
        &FIELDS
    }
}

/// `AccountGrantFilter`.
pub fn filters() -> &'static Filters {
    static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
        use account_grant::Column;
        Filters::new("AccountGrantFilter", "Conditions on grants; all fields given must hold.")
            .id("id: IdFilter", "Id.", Column::Id, |id| AccountGrantId::parse(id).map(|id| id.0))
            .code("role: RoleFilter", "What it makes the account.", Column::Role)
            .code("access: GrantAccessFilter", "Whether only to look.", Column::Access)
            .text("divisionCode: StringFilter", "Code of the division it is limited to.", Column::DivisionCode)
            .id("unitId: IdFilter", "Id of the unit it is limited to.", Column::UnitId, |id| {
                entity::id::UnitId::parse(id).map(|id| id.0)
            })
            .int("fiscalYearFirst: IntFilter", "The first fiscal year that it reaches.", Column::FirstYear)
            .int("fiscalYearLast: IntFilter", "The last fiscal year that it reaches.", Column::LastYear)
            .time("expiresAt: DateTimeFilter", "When it ends by itself.", Column::ExpiresAt)
            .time("createdAt: DateTimeFilter", "When it was given.", Column::CreatedAt)
    });
    &FILTERS
}
