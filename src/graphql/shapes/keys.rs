//! The inputs by which one object is named: its id, or its natural key.

use crate::graphql::engine::registry::Registrar;
use crate::graphql::engine::signature::Argument;
use crate::input::{Described, account, client, indicator, key};

/// Registers the look-up inputs.
pub fn register(registrar: &mut Registrar<'_>) {
    let tables: [&dyn Described; 6] = [
        key::unit(),
        key::project(),
        key::project_by(),
        indicator::indicator_key(),
        account::account_by(),
        client::client_by(),
    ];
    for key in tables {
        registrar.described(key);
    }
    let id = Argument::new("id: ID", "Its id.");
    registrar.input("DivisionBy", "Names one division.", &[id, Argument::new("code: String", "Its code.")], true);
    registrar.input("UnitBy", "Names one unit.", &[id, Argument::new("key: UnitKeyInput", "Its natural key.")], true);
    registrar.input(
        "IndicatorBy",
        "Names one indicator.",
        &[id, Argument::new("key: IndicatorKeyInput", "Its natural key.")],
        true,
    );
    registrar.input(
        "DepartmentGoalKeyInput",
        "Natural key of a department goal.",
        &[Argument::new("unit: UnitKeyInput!", "The unit."), Argument::new("fiscalYear: Int!", "Fiscal year.")],
        false,
    );
    registrar.input(
        "DepartmentGoalBy",
        "Names one department goal.",
        &[id, Argument::new("key: DepartmentGoalKeyInput", "Its natural key.")],
        true,
    );
    registrar.input("SourceDocumentBy", "Names one document.", &[id], true);
}
