//! Indicator levels (一级指标, 二级指标): a code table with the national systems of `domain.md` 2.1.
//!
//! Local wording is added by imports as rows of the regime `LOCAL` without a code. The keys of the national rows are
//! constants, so that a public id means the same level in every installation.

use sea_orm_migration::prelude::{
    DbErr, Index, MigrationName, MigrationTrait, Query, SchemaManager, Table, async_trait,
};
use sea_orm_migration::sea_orm::prelude::Uuid;

use crate::column::{drop_tables, index, int, key, reference, stamps, text};

/// See the module.
pub struct Migration;

/// When this table was made: 2026-11-22T00:00:00Z in microseconds.
const SEEDED_AT: i64 = 1_795_305_600_000_000;

/// Regime, code, code of the level above, Chinese and English name; order is the printed order.
const LEVELS: &[(&str, &str, Option<&str>, &str, &str)] = &[
    ("R2015", "1", None, "产出指标", "Output"),
    ("R2015", "11", Some("1"), "数量指标", "Quantity"),
    ("R2015", "12", Some("1"), "质量指标", "Quality"),
    ("R2015", "13", Some("1"), "时效指标", "Timeliness"),
    ("R2015", "14", Some("1"), "成本指标", "Cost"),
    ("R2015", "2", None, "效益指标", "Benefit"),
    ("R2015", "21", Some("2"), "经济效益指标", "Economic benefit"),
    ("R2015", "22", Some("2"), "社会效益指标", "Social benefit"),
    ("R2015", "23", Some("2"), "生态效益指标", "Ecological benefit"),
    ("R2015", "24", Some("2"), "可持续影响指标", "Lasting effect"),
    ("R2015", "3", None, "满意度指标", "Satisfaction"),
    ("R2015", "31", Some("3"), "服务对象满意度指标", "Satisfaction of those served"),
    ("R2021", "4", None, "成本指标", "Cost"),
    ("R2021", "41", Some("4"), "经济成本指标", "Economic cost"),
    ("R2021", "42", Some("4"), "社会成本指标", "Social cost"),
    ("R2021", "43", Some("4"), "生态环境成本指标", "Ecological cost"),
    ("R2021", "1", None, "产出指标", "Output"),
    ("R2021", "11", Some("1"), "数量指标", "Quantity"),
    ("R2021", "12", Some("1"), "质量指标", "Quality"),
    ("R2021", "13", Some("1"), "时效指标", "Timeliness"),
    ("R2021", "2", None, "效益指标", "Benefit"),
    ("R2021", "21", Some("2"), "经济效益指标", "Economic benefit"),
    ("R2021", "22", Some("2"), "社会效益指标", "Social benefit"),
    ("R2021", "23", Some("2"), "生态效益指标", "Ecological benefit"),
    ("R2021", "24", Some("2"), "可持续影响指标", "Lasting effect"),
    ("R2021", "3", None, "满意度指标", "Satisfaction"),
    ("R2021", "31", Some("3"), "服务对象满意度指标", "Satisfaction of those served"),
    ("WHOLE_DEPARTMENT", "D1", None, "运行成本", "Operating cost"),
    ("WHOLE_DEPARTMENT", "D2", None, "管理效率", "Management efficiency"),
    ("WHOLE_DEPARTMENT", "D3", None, "履职效能", "Fulfilment of duties"),
    ("WHOLE_DEPARTMENT", "D4", None, "社会效应", "Social effect"),
    ("WHOLE_DEPARTMENT", "D5", None, "可持续发展能力", "Capacity for lasting development"),
    ("WHOLE_DEPARTMENT", "D6", None, "服务对象满意度", "Satisfaction of those served"),
    ("CENTRAL_INVESTMENT", "C1", None, "实施效果指标", "Effect of implementation"),
    ("CENTRAL_INVESTMENT", "C11", Some("C1"), "产出指标", "Output"),
    ("CENTRAL_INVESTMENT", "C12", Some("C1"), "效益指标", "Benefit"),
    ("CENTRAL_INVESTMENT", "C13", Some("C1"), "满意度指标", "Satisfaction"),
    ("CENTRAL_INVESTMENT", "C2", None, "过程管理指标", "Management of the process"),
    ("CENTRAL_INVESTMENT", "C21", Some("C2"), "计划管理", "Planning"),
    ("CENTRAL_INVESTMENT", "C22", Some("C2"), "资金管理", "Funds"),
    ("CENTRAL_INVESTMENT", "C23", Some("C2"), "项目管理", "Project management"),
    ("CENTRAL_INVESTMENT", "C24", Some("C2"), "监督检查", "Supervision"),
];

/// The key of the n-th national level: a UUIDv7 of the day the table was made, numbered.
fn level_key(n: usize) -> Uuid {
    Uuid::from_u128(0x019d_0000_0000_7000_8000_0000_0000_0000 + n as u128)
}

fn position(regime: &str, code: &str) -> Option<usize> {
    LEVELS.iter().position(|level| level.0 == regime && level.1 == code)
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
                        .col(text(manager, "code"))
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
        manager
            .create_index(
                Index::create()
                    .name("indicator_level_regime_code")
                    .table("indicator_level")
                    .col("regime")
                    .col("code")
                    .unique()
                    .take(),
            )
            .await?;

        let mut seed = Query::insert();
        seed.into_table("indicator_level").columns([
            "id",
            "regime",
            "code",
            "parent_id",
            "ordinal",
            "name_zh",
            "name_en",
            "version",
            "created_at",
            "updated_at",
        ]);
        for (n, (regime, code, parent, zh, en)) in LEVELS.iter().enumerate() {
            let parent = parent.and_then(|code| position(regime, code)).map(level_key);
            seed.values_panic([
                level_key(n).into(),
                (*regime).into(),
                (*code).into(),
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
