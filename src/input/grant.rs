//! Grants as administrators send them.

use std::sync::LazyLock;

use entity::value::{Access, Role, Timestamp};

use super::account::{AccountBy, account_by};
use super::key::UnitKey;
use super::{Input, key, scalar};

/// Where a grant holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantScope {
    /// Everywhere.
    pub everything: Option<bool>,
    /// In a division, by code.
    pub division_code: Option<String>,
    /// In a unit and below it, by natural key.
    pub unit: Option<UnitKey>,
    /// In a unit and below it, by id.
    pub unit_id: Option<String>,
}

/// A grant to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantGive {
    /// To whom.
    pub account: Option<AccountBy>,
    /// What it makes the account.
    pub role: Option<Role>,
    /// Whether only to look.
    pub access: Option<Access>,
    /// Where.
    pub scope: Option<GrantScope>,
    /// The first fiscal year.
    pub first_year: Option<i32>,
    /// The last fiscal year.
    pub last_year: Option<i32>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A grant to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrantTake {
    /// Its public id.
    pub id: Option<String>,
}

fn scope() -> &'static Input<GrantScope> {
    static INPUT: LazyLock<Input<GrantScope>> = LazyLock::new(|| {
        Input::new("GrantScopeInput", "Where a grant holds.")
            .one_of()
            .value("everything: Boolean", "True: everywhere.", scalar::truth, |scope: &mut GrantScope| {
                &mut scope.everything
            })
            .text("divisionCode: String", "In this division.", key::CODE, |scope| &mut scope.division_code)
            .object("unit: UnitKeyInput", "In this unit and every unit below it.", key::unit, |scope| &mut scope.unit)
            .text("unitId: ID", "The same by the id of the unit.", key::CODE, |scope| &mut scope.unit_id)
    });
    &INPUT
}

/// `GrantGiveInput`.
pub fn give() -> &'static Input<GrantGive> {
    static INPUT: LazyLock<Input<GrantGive>> = LazyLock::new(|| {
        Input::new("GrantGiveInput", "A role to give to an account.")
            .object("account: AccountBy!", "To whom; never oneself.", account_by, |row: &mut GrantGive| {
                &mut row.account
            })
            .value(
                "role: Role!",
                "What it makes the account; it must go with the duty of the account.",
                scalar::code,
                |row| &mut row.role,
            )
            .value("access: GrantAccess! = CAPTURE", "Whether only to look.", scalar::code, |row| &mut row.access)
            .object("scope: GrantScopeInput!", "Where.", scope, |row| &mut row.scope)
            .int(
                "fiscalYearFirst: Int",
                "The first fiscal year that it reaches; all before when absent.",
                key::YEARS.0,
                key::YEARS.1,
                |row| &mut row.first_year,
            )
            .int(
                "fiscalYearLast: Int",
                "The last fiscal year that it reaches; all after when absent.",
                key::YEARS.0,
                key::YEARS.1,
                |row| &mut row.last_year,
            )
            .value("expiresAt: DateTime", "When it ends by itself; never when absent.", scalar::time, |row| {
                &mut row.expires_at
            })
            .client_mutation_id()
    });
    &INPUT
}

/// `GrantTakeInput`.
pub fn take() -> &'static Input<GrantTake> {
    static INPUT: LazyLock<Input<GrantTake>> = LazyLock::new(|| {
        Input::new("GrantTakeInput", "A grant to take; it acts from the next request on.")
            .text("id: ID!", "Which grant.", key::CODE, |row: &mut GrantTake| &mut row.id)
            .client_mutation_id()
    });
    &INPUT
}
