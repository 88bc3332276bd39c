//! What must hold at the end of every test that writes: the invariants of the whole database, and its audit.

use jixiao::auth::Caller;
use jixiao::error::AppError;
use jixiao::service::audit;
use jixiao::service::invariants::{self, Outcome};
use sea_orm::DatabaseConnection;

/// Fails the test where an invariant does not hold or the audit does not tell what is stored.
pub async fn holds(db: &DatabaseConnection) {
    let operator = Caller::operator();
    for invariant in invariants::of(db) {
        match invariants::check(db, &operator, &invariant).await.expect("a check that runs") {
            Outcome::Holds => {}
            Outcome::Broken { rows, first } => panic!("{} is broken by {rows} rows: {first:?}", invariant.name),
        }
    }
    let mut faults = Vec::new();
    audit::verify(db, &operator, &[], &mut |fault| {
        faults.push(fault.to_string());
        Ok::<_, AppError>(())
    })
    .await
    .expect("the audit can be read");
    assert_eq!(faults, [""; 0]);
}
