//! The schema of Jixiao's database: one change a file, in order, the same source for SQLite and PostgreSQL.
//!
//! Never edit a file that has been released; add the next one.

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::MigratorTrait;

mod append_only;
mod column;
mod m20261122_000001_divisions_and_units;
mod m20261122_000002_indicator_levels;
mod m20261122_000003_source_documents;
mod m20261122_000004_department_goals;
mod m20261122_000005_projects;
mod m20261122_000006_spending_plans;
mod m20261122_000007_objectives_and_indicators;
mod m20261122_000008_findings;
mod m20261122_000100_accounts;
mod m20261122_000200_audit;
mod m20261122_000201_changes;
mod m20261122_000202_history;
mod m20261122_000220_uploads;
mod m20261122_000221_bulk_operations;
mod m20261122_000240_idempotency;
mod m20261122_000260_acknowledged_findings;
mod m20261122_000280_roles;
mod m20261122_000281_publication;
mod m20261122_000300_clients;
mod m20261122_000301_revocations;
mod m20261122_000320_credentials;
mod m20261122_000321_sessions;
mod m20261122_000322_login_failures;
mod m20261122_000323_external_subjects;
mod m20261122_000400_row_security;
mod m20261122_000420_division_lists;
mod m20261122_000430_indicator_count;
mod m20261122_000440_search;
pub mod row_security;

/// The ordered list of changes.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_divisions_and_units::Migration),
            Box::new(m20261122_000002_indicator_levels::Migration),
            Box::new(m20261122_000003_source_documents::Migration),
            Box::new(m20261122_000004_department_goals::Migration),
            Box::new(m20261122_000005_projects::Migration),
            Box::new(m20261122_000006_spending_plans::Migration),
            Box::new(m20261122_000007_objectives_and_indicators::Migration),
            Box::new(m20261122_000008_findings::Migration),
            Box::new(m20261122_000100_accounts::Migration),
            Box::new(m20261122_000200_audit::Migration),
            Box::new(m20261122_000201_changes::Migration),
            Box::new(m20261122_000202_history::Migration),
            Box::new(m20261122_000220_uploads::Migration),
            Box::new(m20261122_000221_bulk_operations::Migration),
            Box::new(m20261122_000240_idempotency::Migration),
            Box::new(m20261122_000260_acknowledged_findings::Migration),
            Box::new(m20261122_000280_roles::Migration),
            Box::new(m20261122_000281_publication::Migration),
            Box::new(m20261122_000300_clients::Migration),
            Box::new(m20261122_000301_revocations::Migration),
            Box::new(m20261122_000320_credentials::Migration),
            Box::new(m20261122_000321_sessions::Migration),
            Box::new(m20261122_000322_login_failures::Migration),
            Box::new(m20261122_000323_external_subjects::Migration),
            Box::new(m20261122_000400_row_security::Migration),
            Box::new(m20261122_000420_division_lists::Migration),
            Box::new(m20261122_000430_indicator_count::Migration),
            Box::new(m20261122_000440_search::Migration),
        ]
    }
}
