//! What projects and indicators are grouped by.

use std::sync::LazyLock;

use entity::indicator_count;

use super::{GroupedType, KeyField, Names, edge_fields, group_fields, id, level_of, name, page_fields};
use crate::graphql::engine::filter::Filters;
use crate::graphql::engine::object::Fields;
use crate::graphql::indicator::Indicator;
use crate::graphql::project::Project;
use crate::service::group::{Group, GroupPage, Key};
use crate::service::order::Cursor;

const FISCAL_YEAR: KeyField = KeyField { name: "FISCAL_YEAR", description: "Fiscal year.", key: Key::FiscalYear };
const DIVISION: KeyField =
    KeyField { name: "DIVISION", description: "Division; sorted by its code.", key: Key::Division };
const DEPARTMENT: KeyField = KeyField {
    name: "DEPARTMENT",
    description: "The unit at the top of the tree in which the unit stands; sorted by its id.",
    key: Key::Department,
};
const UNIT: KeyField = KeyField { name: "UNIT", description: "Unit; sorted by its id.", key: Key::Unit };
const RULE: KeyField = KeyField {
    name: "RULE",
    description: "Data-quality rule that noticed something: what several rules noticed is in the group of each of them.",
    key: Key::Rule,
};

impl GroupedType for Project {
    const NAMES: Names = Names {
        group: "ProjectGroup",
        edge: "ProjectGroupEdge",
        connection: "ProjectGroupConnection",
        key: "ProjectGroupKey",
        having: "ProjectGroupHaving",
        order: "ProjectGroupOrder",
        order_field: "ProjectGroupOrderField",
    };
    const KEYS: &'static [KeyField] = &[
        FISCAL_YEAR,
        DIVISION,
        DEPARTMENT,
        UNIT,
        KeyField { name: "FUNDING_KIND", description: "Where the money comes from.", key: Key::FundingKind },
        KeyField { name: "GOAL_LEVEL", description: "Project or special fund.", key: Key::GoalLevel },
        RULE,
    ];

    fn group() -> &'static Fields<Group> {
        static FIELDS: LazyLock<Fields<Group>> = LazyLock::new(|| {
            group_fields::<Project>("Projects that have the keys of `groupBy` in common, and what they come to.")
                .value(
                    "fundingKind: FundingKind",
                    "Where the money comes from; null for projects that state no funds, or where the groups are not made by it.",
                    |group| name(group, Key::FundingKind),
                )
                .value(
                    "goalLevel: GoalLevel",
                    "Project or special fund; null where the groups are not made by it.",
                    |group| name(group, Key::GoalLevel),
                )
        });
        &FIELDS
    }

    fn edge() -> &'static Fields<(Group, Cursor)> {
        static FIELDS: LazyLock<Fields<(Group, Cursor)>> = LazyLock::new(|| {
            edge_fields::<Project>("A group of projects and its place in a list.", "node: ProjectGroup!")
        });
        &FIELDS
    }

    fn page() -> &'static Fields<GroupPage> {
        static FIELDS: LazyLock<Fields<GroupPage>> = LazyLock::new(|| {
            let (edges, nodes) = ("edges: [ProjectGroupEdge!]!", "nodes: [ProjectGroup!]!");
            page_fields::<Project>("A page of groups of projects.", edges, nodes)
        });
        &FIELDS
    }
}

impl GroupedType for Indicator {
    const NAMES: Names = Names {
        group: "IndicatorGroup",
        edge: "IndicatorGroupEdge",
        connection: "IndicatorGroupConnection",
        key: "IndicatorGroupKey",
        having: "IndicatorGroupHaving",
        order: "IndicatorGroupOrder",
        order_field: "IndicatorGroupOrderField",
    };
    const KEYS: &'static [KeyField] = &[
        FISCAL_YEAR,
        DIVISION,
        DEPARTMENT,
        UNIT,
        KeyField { name: "LEVEL1", description: "First level; sorted by its id.", key: Key::Level1 },
        KeyField { name: "LEVEL2", description: "Second level; sorted by its id.", key: Key::Level2 },
        KeyField { name: "TARGET_KIND", description: "Form of the target.", key: Key::TargetKind },
        RULE,
    ];

    /// What holds for all indicators of a division and year.
    fn kept() -> Option<&'static Filters> {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use indicator_count::Column;
            Filters::new("IndicatorFilter", "As conditions on indicators.")
                .text("divisionCode: StringFilter", "Code of the fiscal division.", Column::DivisionCode)
                .int("fiscalYear: IntFilter", "Fiscal year.", Column::FiscalYear)
        });
        Some(&FILTERS)
    }

    fn group() -> &'static Fields<Group> {
        static FIELDS: LazyLock<Fields<Group>> = LazyLock::new(|| {
            group_fields::<Indicator>("Indicators that have the keys of `groupBy` in common, and what they come to.")
                .field(
                    "level1: IndicatorLevel",
                    "First level; null where the groups are not made by it.",
                    Vec::new(),
                    |asked| level_of(asked, |group| id(group, Key::Level1)),
                )
                .field(
                    "level2: IndicatorLevel",
                    "Second level; null for indicators without one, or where the groups are not made by it.",
                    Vec::new(),
                    |asked| level_of(asked, |group| id(group, Key::Level2)),
                )
                .value(
                    "targetKind: TargetKind",
                    "Form of the target; null where the groups are not made by it.",
                    |group| name(group, Key::TargetKind),
                )
        });
        &FIELDS
    }

    fn edge() -> &'static Fields<(Group, Cursor)> {
        static FIELDS: LazyLock<Fields<(Group, Cursor)>> = LazyLock::new(|| {
            edge_fields::<Indicator>("A group of indicators and its place in a list.", "node: IndicatorGroup!")
        });
        &FIELDS
    }

    fn page() -> &'static Fields<GroupPage> {
        static FIELDS: LazyLock<Fields<GroupPage>> = LazyLock::new(|| {
            let (edges, nodes) = ("edges: [IndicatorGroupEdge!]!", "nodes: [IndicatorGroup!]!");
            page_fields::<Indicator>("A page of groups of indicators.", edges, nodes)
        });
        &FIELDS
    }
}
