//! Indicator levels (一级指标, 二级指标): a code table with the national regimes of `domain.md` 2.1.
//!
//! Local wording is added by imports as rows of the regime `LOCAL` without a code. The keys of the national rows are
//! constants, so that a public id means the same level in every installation.

use sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, Query, SchemaManager, Table, async_trait};
use sea_orm_migration::sea_orm::prelude::Uuid;

use crate::column::{drop_tables, index, int, key, reference, stamps, text, unique};

/// See the module.
pub struct Migration;

/// When this table was made: 2026-11-22T00:00:00Z in microseconds.
const SEEDED_AT: i64 = 1_795_305_600_000_000;

/// Regime, own code, national code, own code of the level above, Chinese and English name; order is the printed order.
type Level = (&'static str, &'static str, Option<&'static str>, Option<&'static str>, &'static str, &'static str);

const LEVELS: &[Level] = &[
    ("R2015", "R2015-1", Some("1"), None, "产出指标", "Output"),
    ("R2015", "R2015-11", Some("11"), Some("R2015-1"), "数量指标", "Quantity"),
    ("R2015", "R2015-12", Some("12"), Some("R2015-1"), "质量指标", "Quality"),
    ("R2015", "R2015-13", Some("13"), Some("R2015-1"), "时效指标", "Timeliness"),
    ("R2015", "R2015-14", Some("14"), Some("R2015-1"), "成本指标", "Cost"),
    ("R2015", "R2015-2", Some("2"), None, "效益指标", "Benefit"),
    ("R2015", "R2015-21", Some("21"), Some("R2015-2"), "经济效益指标", "Economic benefit"),
    ("R2015", "R2015-22", Some("22"), Some("R2015-2"), "社会效益指标", "Social benefit"),
    ("R2015", "R2015-23", Some("23"), Some("R2015-2"), "生态效益指标", "Ecological benefit"),
    ("R2015", "R2015-24", Some("24"), Some("R2015-2"), "可持续影响指标", "Sustained influence"),
    ("R2015", "R2015-3", Some("3"), None, "满意度指标", "Satisfaction"),
    ("R2015", "R2015-31", Some("31"), Some("R2015-3"), "服务对象满意度指标", "Satisfaction of those served"),
    ("R2021", "R2021-4", None, None, "成本指标", "Cost"),
    ("R2021", "R2021-41", None, Some("R2021-4"), "经济成本指标", "Economic cost"),
    ("R2021", "R2021-42", None, Some("R2021-4"), "社会成本指标", "Social cost"),
    ("R2021", "R2021-43", None, Some("R2021-4"), "生态环境成本指标", "Ecological and environmental cost"),
    ("R2021", "R2021-1", Some("1"), None, "产出指标", "Output"),
    ("R2021", "R2021-11", Some("11"), Some("R2021-1"), "数量指标", "Quantity"),
    ("R2021", "R2021-12", Some("12"), Some("R2021-1"), "质量指标", "Quality"),
    ("R2021", "R2021-13", Some("13"), Some("R2021-1"), "时效指标", "Timeliness"),
    ("R2021", "R2021-2", Some("2"), None, "效益指标", "Benefit"),
    ("R2021", "R2021-21", Some("21"), Some("R2021-2"), "经济效益指标", "Economic benefit"),
    ("R2021", "R2021-22", Some("22"), Some("R2021-2"), "社会效益指标", "Social benefit"),
    ("R2021", "R2021-23", Some("23"), Some("R2021-2"), "生态效益指标", "Ecological benefit"),
    ("R2021", "R2021-24", Some("24"), Some("R2021-2"), "可持续影响指标", "Sustained influence (used locally)"),
    ("R2021", "R2021-3", Some("3"), None, "满意度指标", "Satisfaction"),
    ("R2021", "R2021-31", Some("31"), Some("R2021-3"), "服务对象满意度指标", "Satisfaction of those served"),
    ("WHOLE_DEPARTMENT", "DEPT-1", None, None, "运行成本", "Running cost"),
    ("WHOLE_DEPARTMENT", "DEPT-2", None, None, "管理效率", "Efficiency of management"),
    ("WHOLE_DEPARTMENT", "DEPT-3", None, None, "履职效能", "Performance of duties"),
    ("WHOLE_DEPARTMENT", "DEPT-4", None, None, "社会效应", "Social effect"),
    ("WHOLE_DEPARTMENT", "DEPT-5", None, None, "可持续发展能力", "Capacity for sustained development"),
    ("WHOLE_DEPARTMENT", "DEPT-6", None, None, "服务对象满意度", "Satisfaction of those served"),
    ("CENTRAL_INVESTMENT", "INV-1", None, None, "实施效果指标", "Effect of implementation"),
    ("CENTRAL_INVESTMENT", "INV-11", None, Some("INV-1"), "产出指标", "Output"),
    ("CENTRAL_INVESTMENT", "INV-12", None, Some("INV-1"), "效益指标", "Benefit"),
    ("CENTRAL_INVESTMENT", "INV-13", None, Some("INV-1"), "满意度指标", "Satisfaction"),
    ("CENTRAL_INVESTMENT", "INV-2", None, None, "过程管理指标", "Management of the process"),
    ("CENTRAL_INVESTMENT", "INV-21", None, Some("INV-2"), "计划管理指标", "Management of the plan"),
    ("CENTRAL_INVESTMENT", "INV-22", None, Some("INV-2"), "资金管理指标", "Management of funds"),
    ("CENTRAL_INVESTMENT", "INV-23", None, Some("INV-2"), "项目管理指标", "Management of the project"),
    ("CENTRAL_INVESTMENT", "INV-24", None, Some("INV-2"), "监督检查指标", "Supervision and inspection"),
];

/// The key of the n-th national level: a UUIDv7 of the day the table was made, numbered.
fn level_key(n: usize) -> Uuid {
    Uuid::from_u128(0x019d_0000_0000_7000_8000_0000_0000_0000 + n as u128)
}

fn position(code: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.1 == code)
}

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000002_indicator_levels"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                stamps(
                    &mut Table::create()
                        .table("indicator_level")
                        .col(key("id").not_null().primary_key())
                        .col(text(manager, "regime").not_null())
                        .col(text(manager, "code").unique_key())
                        .col(text(manager, "standard_code"))
                        .col(int("rank").not_null())
                        .col(key("parent_id"))
                        .col(int("ordinal").not_null())
                        .col(text(manager, "name_zh").not_null())
                        .col(text(manager, "name_en"))
                        .foreign_key(&mut reference("indicator_level", "parent_id", "indicator_level"))
                        .take(),
                )
                .take(),
            )
            .await?;
        index(manager, "indicator_level", &["parent_id"]).await?;
        unique(manager, "indicator_level", &["regime", "rank", "name_zh"]).await?;

        let mut seed = Query::insert();
        seed.into_table("indicator_level").columns([
            "id",
            "regime",
            "code",
            "standard_code",
            "rank",
            "parent_id",
            "ordinal",
            "name_zh",
            "name_en",
            "version",
            "created_at",
            "updated_at",
        ]);
        for (n, (regime, code, standard, parent, zh, en)) in LEVELS.iter().enumerate() {
            let parent = parent.and_then(position).map(level_key);
            seed.values_panic([
                level_key(n).into(),
                (*regime).into(),
                (*code).into(),
                (*standard).into(),
                (if parent.is_none() { 1 } else { 2 }).into(),
                parent.into(),
                (n as i32 + 1).into(),
                (*zh).into(),
                (*en).into(),
                1.into(),
                SEEDED_AT.into(),
                SEEDED_AT.into(),
            ]);
        }
        manager.exec_stmt(seed).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["indicator_level"]).await
    }
}
