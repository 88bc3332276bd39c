//! The audit: chained entries of what was done by whom, and the head of each chain.

use sea_orm_migration::prelude::{
    ColumnDef, DbErr, Index, MigrationName, MigrationTrait, SchemaManager, Table, async_trait,
};
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::append_only::{dismiss, prepare, refuse_delete, refuse_update};
use crate::column::{drop_tables, index, int, key, long, text};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000200_audit"
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
                Table::create()
                    .table("audit_entry")
                    .col(text(manager, "chain").not_null())
                    .col(long("seq").not_null())
                    .col(long("at").not_null())
                    .col(key("actor_id"))
                    .col(text(manager, "actor_name").not_null())
                    .col(text(manager, "on_behalf_of"))
                    .col(text(manager, "client"))
                    .col(text(manager, "request_id"))
                    .col(text(manager, "action").not_null())
                    .col(text(manager, "kind").not_null())
                    .col(text(manager, "entity_type").not_null())
                    .col(key("entity_id").not_null())
                    .col(text(manager, "division_code"))
                    .col(key("unit_id"))
                    .col(int("version").not_null())
                    .col(long("changed_at").not_null())
                    .col(text(manager, "diff").not_null())
                    .col(text(manager, "result").not_null())
                    .col(text(manager, "alg").not_null())
                    .col(bytes("prev").not_null())
                    .col(bytes("hash").not_null())
                    .primary_key(Index::create().col("chain").col("seq"))
                    .take(),
            )
            .await?;
        index(manager, "audit_entry", &["entity_id", "seq"]).await?;
        manager
            .create_table(
                Table::create()
                    .table("audit_head")
                    .col(text(manager, "chain").not_null().primary_key())
                    .col(long("seq").not_null())
                    .col(long("at").not_null())
                    .col(bytes("hash").not_null())
                    .take(),
            )
            .await?;
        prepare(manager).await?;
        refuse_update(manager, "audit_entry").await?;
        refuse_delete(manager, "audit_entry").await?;
        refuse_delete(manager, "audit_head").await?;
        refuse_step_back(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["audit_head", "audit_entry"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION refuse_step_back()").await?;
        }
        dismiss(manager).await
    }
}

fn bytes(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.blob();
    column
}

/// A head goes forward only.
async fn refuse_step_back(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DbBackend::Sqlite => {
            "CREATE TRIGGER audit_head_refuse_step_back BEFORE UPDATE ON audit_head \
             WHEN NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq \
             BEGIN SELECT RAISE(ABORT, 'audit_head goes forward only'); END"
        }
        _ => {
            "CREATE FUNCTION refuse_step_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             RAISE EXCEPTION '% goes forward only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$; \
             CREATE TRIGGER audit_head_refuse_step_back BEFORE UPDATE ON audit_head FOR EACH ROW \
             WHEN (NEW.chain <> OLD.chain OR NEW.seq <= OLD.seq) EXECUTE FUNCTION refuse_step_back()"
        }
    };
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}
