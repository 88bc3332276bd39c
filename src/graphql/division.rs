//! Divisions (财政区划).

use std::sync::LazyLock;

use async_graphql::Value;
use entity::division;
use entity::id::DivisionId;

use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::text;
use super::unit::Unit;
use crate::service::relation::DIVISION_UNITS;

/// `Division`.
pub struct Division;

impl Object for Division {
    type Row = division::Model;
    const NAME: &'static str = "Division";

    fn fields() -> &'static Fields<division::Model> {
        static FIELDS: LazyLock<Fields<division::Model>> = LazyLock::new(|| {
            Fields::<division::Model>::new("A fiscal division (财政区划); unit codes are unique inside one.")
                .node(|division| division.id.public())
                .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |d| Value::from(d.version))
                .value("code: String!", "Code of up to 9 digits, e.g. `130304`.", |d| Value::from(d.code.as_str()))
                .value("name: String", "Name; null where it is not known.", |d| text::text(&d.name))
                .connection::<Unit, _>("units: UnitConnection!", "The units of the division.", DIVISION_UNITS)
                .value("createdAt: DateTime!", "When the row was made.", |d| text::time(d.created_at))
                .value("updatedAt: DateTime!", "When the row last changed.", |d| text::time(d.updated_at))
        });
        &FIELDS
    }
}

impl Connected for Division {
    type Entity = division::Entity;
    const AGGREGATE: &'static str = "DivisionAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            Filters::new("DivisionFilter", "Conditions on divisions; all fields given must hold.")
                .id("id: IdFilter", "Id.", division::Column::Id, |id| DivisionId::parse(id).map(|id| id.0))
                .text("code: StringFilter", "Code.", division::Column::Code)
                .text("name: StringFilter", "Name.", division::Column::Name)
                .many("units: UnitListFilter", "Its units.", DIVISION_UNITS, Unit::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<division::Column>] {
        &[
            OrderField { name: "CODE", description: "Code.", column: division::Column::Code },
            OrderField { name: "NAME", description: "Name, by code point.", column: division::Column::Name },
        ]
    }

    const DEFAULT_ORDER: &'static str = "code";

    fn default_order() -> &'static [division::Column] {
        &[division::Column::Code]
    }
}
