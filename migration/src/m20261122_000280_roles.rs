//! Roles by duty, looking apart from entering, and grants for some years or until a day.
//!
//! An account has one duty, and a foreign key ties each of its grants to it: no account is two administrators, or an
//! administrator and somebody of the field, whatever a program does.
//!
//! What the former roles become: `READER` looks as `FINANCE` (a system: as `SERVICE`), `EDITOR` is `UNIT_EDITOR` (a system:
//! `SERVICE`), `ADMIN` is `FINANCE`. Administrators are made anew.

use sea_orm_migration::prelude::{
    ConnectionTrait, DbErr, Expr, ExprTrait, ForeignKey, ForeignKeyAction, Index, MigrationName, MigrationTrait,
    SchemaManager, SimpleExpr, Table, TableCreateStatement, async_trait,
};

use crate::column::{int, key, long, reference, stamps, text, unique};
use crate::m20261122_000100_accounts::{create_grants, index_grants};

/// See the module.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000280_roles"
    }
}

const DUTIES: [&str; 5] = ["BUSINESS", "SERVICE", "SYS_ADMIN", "SEC_ADMIN", "AUDITOR"];

/// Roles of the field, that accounts of persons may have together.
const BUSINESS: [&str; 4] = ["UNIT_EDITOR", "UNIT_APPROVER", "DEPARTMENT", "FINANCE"];

/// The grants of before as those of now, the further reaching first: what is the same now stays once.
const CARRY_OVER: &str = r#"
    INSERT INTO "account_grant" ("id", "account_id", "duty", "role", "access", "division_code", "unit_id", "version",
        "created_at", "updated_at")
    SELECT g."id", g."account_id", a."duty",
        CASE WHEN a."duty" = 'SERVICE' THEN 'SERVICE' WHEN g."role" = 'EDITOR' THEN 'UNIT_EDITOR' ELSE 'FINANCE' END,
        CASE WHEN g."role" = 'READER' THEN 'VIEW' ELSE 'CAPTURE' END,
        g."division_code", g."unit_id", g."version", g."created_at", g."updated_at"
    FROM "former_grant" g JOIN "account" a ON a."id" = g."account_id"
    WHERE g."role" IN ('ADMIN', 'EDITOR', 'READER')
    ORDER BY g."role", g."id"
    ON CONFLICT DO NOTHING"#;

/// And back: what only looks is `READER`, everything else of the field `EDITOR`.
const CARRY_BACK: &str = r#"
    INSERT INTO "account_grant" ("id", "account_id", "role", "division_code", "unit_id", "version", "created_at",
        "updated_at")
    SELECT "id", "account_id", CASE WHEN "access" = 'VIEW' THEN 'READER' ELSE 'EDITOR' END, "division_code", "unit_id",
        "version", "created_at", "updated_at"
    FROM "former_grant"
    WHERE "duty" IN ('BUSINESS', 'SERVICE')
    ORDER BY "id"
    ON CONFLICT DO NOTHING"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut duty = text(manager, "duty");
        duty.not_null().default("BUSINESS").check(Expr::col("duty").is_in(DUTIES));
        manager.alter_table(Table::alter().table("account").add_column(duty).take()).await?;
        let db = manager.get_connection();
        db.execute_unprepared(r#"UPDATE "account" SET "duty" = 'SERVICE' WHERE "kind" = 'SERVICE'"#).await?;
        unique(manager, "account", &["id", "duty"]).await?;

        set_aside(manager).await?;
        manager.create_table(grants(manager)).await?;
        index_grants(manager).await?;
        db.execute_unprepared(CARRY_OVER).await?;
        manager.drop_table(Table::drop().table(FORMER).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        set_aside(manager).await?;
        create_grants(manager).await?;
        manager.get_connection().execute_unprepared(CARRY_BACK).await?;
        manager.drop_table(Table::drop().table(FORMER).take()).await?;
        manager.drop_index(Index::drop().name("account_id_duty").table("account").to_owned()).await?;
        manager.alter_table(Table::alter().table("account").drop_column("duty").take()).await
    }
}

const FORMER: &str = "former_grant";

/// Gives the table of grants another name, and its indexes' names free.
async fn set_aside(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for index in [
        "account_grant_account_id_role",
        "account_grant_account_id_role_division_code",
        "account_grant_account_id_role_unit_id",
    ] {
        manager.drop_index(Index::drop().name(index).table("account_grant").to_owned()).await?;
    }
    manager.rename_table(Table::rename().table("account_grant", FORMER).take()).await
}

fn grants(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut account = ForeignKey::create()
        .from("account_grant", ("account_id", "duty"))
        .to("account", ("id", "duty"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    stamps(
        &mut Table::create()
            .table("account_grant")
            .col(key("id").not_null().primary_key())
            .col(key("account_id").not_null())
            .col(text(manager, "duty").not_null())
            .col(text(manager, "role").not_null())
            .col(text(manager, "access").not_null())
            .col(text(manager, "division_code"))
            .col(key("unit_id"))
            .col(int("first_year"))
            .col(int("last_year"))
            .col(long("expires_at"))
            .foreign_key(&mut account)
            .foreign_key(ForeignKey::create().from("account_grant", "division_code").to("division", "code"))
            .foreign_key(&mut reference("account_grant", "unit_id", "unit"))
            // A division, a unit, or neither: everything.
            .check(Expr::col("division_code").is_null().or(Expr::col("unit_id").is_null()))
            .check(role_of_the_duty())
            .check(Expr::col("access").is_in(["VIEW", "CAPTURE"]))
            .check(Expr::col("first_year").lte(Expr::col("last_year")))
            .take(),
    )
    .take()
}

/// People of the field have the roles of the field, everybody else the one role of the duty.
fn role_of_the_duty() -> SimpleExpr {
    let of_the_field = Expr::col("duty").eq("BUSINESS").and(Expr::col("role").is_in(BUSINESS));
    let of_the_duty = Expr::col("duty").ne("BUSINESS").and(Expr::col("role").eq(Expr::col("duty")));
    of_the_field.or(of_the_duty)
}
