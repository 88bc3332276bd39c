//! Whether the public sees a project or a department goal, and since when. What is there already stays a draft.

use sea_orm_migration::prelude::{
    DbErr, Expr, ExprTrait, MigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};

use crate::column::{long, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000281_publication"
    }
}

const TABLES: [&str; 4] = ["project", "project_history", "department_goal", "department_goal_history"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            let mut publication = text(manager, "publication");
            publication.not_null().default("DRAFT").check(Expr::col("publication").is_in(["DRAFT", "PUBLISHED"]));
            // SQLite adds one column at a time.
            for column in [publication, long("published_at")] {
                manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            for column in ["published_at", "publication"] {
                manager.alter_table(Table::alter().table(table).drop_column(column).take()).await?;
            }
        }
        Ok(())
    }
}
