//! The invariants of the whole database hold for what imports store, and each notices the damage that is planted for it.

use entity::value::{Duty, Role};
use jixiao::auth::{Caller, Grant, Scope};
use jixiao::service::account;
use jixiao::service::invariants::{self, Outcome};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::support::database::{vandal, work};
use crate::support::world::World;

/// What a damage does, and the invariants that it breaks.
struct Damage {
    sql: &'static str,
    breaks: &'static [&'static str],
}

/// Damage that both databases can take.
const DAMAGES: &[Damage] = &[
    Damage {
        sql: "UPDATE project SET budget = fiscal_funds + 5001, other_funds = 0
              WHERE id IN (SELECT id FROM project WHERE fiscal_funds IS NOT NULL LIMIT 1)",
        breaks: &["budget_is_the_sum_of_its_funds"],
    },
    Damage {
        sql: "UPDATE project SET budget = fiscal_funds + 1, other_funds = NULL, source_id = NULL
              WHERE id IN (SELECT id FROM project WHERE fiscal_funds IS NOT NULL LIMIT 1)",
        breaks: &["budget_is_the_sum_of_its_funds"],
    },
    Damage {
        sql: "UPDATE plan_point SET percent = -1
              WHERE id IN (SELECT id FROM plan_point WHERE month = 12 AND percent IS NOT NULL LIMIT 1)",
        breaks: &["plans_never_fall"],
    },
    Damage {
        sql: "UPDATE plan_point SET amount = 9000000000000000
              WHERE id IN (SELECT id FROM plan_point WHERE month = 3 AND amount IS NOT NULL LIMIT 1)",
        breaks: &["plans_never_fall"],
    },
    Damage {
        sql: "UPDATE indicator SET value = NULL
              WHERE id IN (SELECT id FROM indicator WHERE target_kind = 'QUANTITY' LIMIT 1)",
        breaks: &["targets_fit_their_kind"],
    },
    Damage {
        sql: "DELETE FROM unit_closure WHERE descendant_id IN (SELECT id FROM unit WHERE division_code = '130304')",
        breaks: &["closure_is_the_unit_tree"],
    },
    Damage {
        sql: "INSERT INTO unit_closure (ancestor_id, descendant_id, depth)
              SELECT upper.id, lower.id, 2 FROM unit AS upper, unit AS lower WHERE upper.division_code = '130916'
              AND lower.division_code = '130304'",
        breaks: &["closure_is_the_unit_tree"],
    },
    Damage {
        sql: "UPDATE unit SET parent_id = id WHERE division_code = '130304'",
        breaks: &["closure_is_the_unit_tree"],
    },
    Damage {
        sql: "UPDATE indicator SET fiscal_year = 1999
              WHERE id IN (SELECT id FROM indicator WHERE id NOT IN
                  (SELECT indicator_id FROM finding WHERE indicator_id IS NOT NULL) LIMIT 1)",
        breaks: &["parts_carry_what_their_whole_has", "kept_numbers_are_counted"],
    },
    Damage {
        sql: "UPDATE plan_point SET unit_id = (SELECT id FROM unit WHERE division_code = '130304')
              WHERE id IN (SELECT id FROM plan_point WHERE division_code = '130916' LIMIT 1)",
        breaks: &["parts_carry_what_their_whole_has"],
    },
    Damage {
        sql: "UPDATE finding SET fiscal_year = 1999 WHERE id IN (SELECT id FROM finding LIMIT 1)",
        breaks: &["findings_point_into_their_scope"],
    },
    Damage {
        sql: "UPDATE finding SET project_id = NULL
              WHERE id IN (SELECT id FROM finding WHERE indicator_id IS NOT NULL LIMIT 1)",
        breaks: &["findings_point_into_their_scope"],
    },
    Damage {
        sql: "UPDATE indicator_count SET number = number + 1 WHERE division_code = '130304'",
        breaks: &["kept_numbers_are_counted"],
    },
    Damage { sql: "DELETE FROM account WHERE name = 'reader'", breaks: &["no_orphans", "sqlite_foreign_keys_hold"] },
    Damage { sql: "DELETE FROM division WHERE code = '130304'", breaks: &["no_orphans", "sqlite_foreign_keys_hold"] },
    Damage {
        sql: "DROP INDEX plan_point_plan_id_month;
              UPDATE plan_point SET month = 6, percent = NULL, amount = NULL WHERE month IN (6, 10)",
        breaks: &["natural_keys_are_unique"],
    },
    Damage { sql: "UPDATE unit SET version = 0 WHERE division_code = '130304'", breaks: &["versions_count_from_one"] },
    Damage {
        sql: "UPDATE source_document SET updated_at = created_at - 1 WHERE division_code = '130304'",
        breaks: &["changes_follow_creation"],
    },
    Damage {
        sql: "DELETE FROM audit_entry WHERE chain = '130304' AND seq = 3;
              DELETE FROM change WHERE chain = '130304' AND audit_seq = 3",
        breaks: &["audit_chains_are_dense"],
    },
    Damage { sql: "DELETE FROM audit_head WHERE chain = '130304'", breaks: &["audit_heads_agree"] },
    Damage { sql: "DELETE FROM change WHERE chain = '130304' AND audit_seq = 3", breaks: &["changes_are_audited"] },
    Damage {
        sql: "UPDATE change SET audit_seq = audit_seq + 1000 WHERE chain = '130304' AND audit_seq > 3",
        breaks: &["changes_are_audited"],
    },
];

/// Damage to the file of SQLite.
const SQLITE_DAMAGES: &[Damage] = &[Damage {
    sql: "PRAGMA ignore_check_constraints = ON;
          UPDATE account_grant SET division_code = '130304', unit_id = (SELECT id FROM unit LIMIT 1);
          PRAGMA ignore_check_constraints = OFF",
    breaks: &["sqlite_file_is_whole"],
}];

/// The real disclosures and an account with a grant.
async fn world() -> World {
    let world = World::with_disclosures().await;
    let grant = Grant::view(Role::Finance, Scope::Everything);
    let made = work(&world.db, async |work| {
        let reader = account::add(work, "reader", Duty::Business).await?;
        account::grant(work, reader.id, &grant, None).await
    });
    made.await.unwrap();
    world
}

/// The names of the invariants that do not hold, with the keys that are named first.
async fn broken(db: &DatabaseConnection) -> Vec<(&'static str, Vec<String>)> {
    let mut broken = Vec::new();
    for invariant in invariants::of(db) {
        match invariants::check(db, &Caller::operator(), &invariant).await.unwrap() {
            Outcome::Holds => {}
            Outcome::Broken { rows, first } => {
                assert!(rows >= first.len() as u64 && !first.is_empty(), "{}: {rows} {first:?}", invariant.name);
                broken.push((invariant.name, first));
            }
        }
    }
    broken
}

#[tokio::test]
async fn all_hold_for_imported_documents_and_each_notices_its_damage() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    assert_eq!(broken(&db).await, []);
    let sqlite = db.get_database_backend() == DbBackend::Sqlite;
    let damages = DAMAGES.iter().chain(SQLITE_DAMAGES.iter().filter(|_| sqlite));
    let mut noticed = Vec::new();
    for Damage { sql, breaks } in damages {
        db.execute_unprepared("BEGIN").await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
        let found: Vec<&str> = broken(&db).await.into_iter().map(|(name, _)| name).collect();
        db.execute_unprepared("ROLLBACK").await.unwrap();
        let expected: Vec<&str> = breaks.iter().copied().filter(|name| sqlite || !name.starts_with("sqlite")).collect();
        assert_eq!(found, expected, "{sql}");
        noticed.extend(found);
    }
    assert_eq!(broken(&db).await, []);
    for invariant in invariants::of(&db) {
        assert!(noticed.contains(&invariant.name), "no damage is planted for {}", invariant.name);
    }
}

#[tokio::test]
async fn offending_rows_are_counted_and_the_first_are_named() {
    let world = world().await;
    let db = vandal(world.database_url()).await;
    db.execute_unprepared("UPDATE project SET version = 0").await.unwrap();
    let named = broken(&db).await;
    let [("versions_count_from_one", first)] = named.as_slice() else { panic!("{named:?}") };
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|key| key.starts_with("prj_")), "{first:?}");
}

#[tokio::test]
async fn only_administrators_check() {
    let world = World::empty().await;
    let invariants = invariants::of(world.db.read());
    let reader = crate::support::world::reader();
    let refused = invariants::check(world.db.read(), &reader, &invariants[0]).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "FORBIDDEN");
}
