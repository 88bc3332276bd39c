//! What signing in leaves behind: no secret as it was, and a record of who did it.

use jixiao::auth::Caller;
use jixiao::auth::password::Password;
use jixiao::error::AppError;
use jixiao::service::audit::{self, Fault};
use jixiao::service::invariants::{self, Outcome};

use super::world::{OTHER_PASSWORD, PASSWORD, World, code, from, pass, proof};
use crate::support::database::{names, rows};
use crate::support::dump;

#[tokio::test]
async fn the_database_holds_no_secret_as_it_was() {
    let world = World::new().await;
    let app = world.add_administrator("root").await;
    let open = world.invite("root").await;
    let tokens = world.sign_in_with("root", code(&app)).await.ok().unwrap();
    let next = world.refresh(&tokens.refresh).await.ok().unwrap();
    let _failed = world.sign_in("tea under the old bridge", PASSWORD).await;
    let dump = dump::tables(world.db.read()).await;
    let hex: String = app.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let all: Vec<&String> = dump.values().flatten().collect();
    assert!(all.iter().any(|row| row.contains("argon2id")), "the rows are looked at");
    for secret in [PASSWORD, &open, &tokens.refresh, &next.refresh, &next.access, &app.base32(), &hex] {
        let holding: Vec<&&String> =
            all.iter().filter(|row| row.to_lowercase().contains(&secret.to_lowercase())).collect();
        assert!(holding.is_empty(), "{secret}: {holding:?}");
    }
}

#[tokio::test]
async fn the_audit_tells_who_signed_in_and_changed_what() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let tokens = world.refresh(&tokens.refresh).await.ok().unwrap();
    pass(1);
    world.login.logout(&tokens.refresh, &from()).await.unwrap();
    let new = Password::new(OTHER_PASSWORD);
    assert!(world.login.change_password(&proof("lin", PASSWORD, None), &new, &from()).await.is_ok());
    let told =
        rows::<(String, String)>(world.db.read(), "SELECT action, actor_name FROM audit_entry ORDER BY seq").await;
    let told: Vec<(&str, &str)> = told.iter().map(|(action, actor)| (action.as_str(), actor.as_str())).collect();
    assert_eq!(
        told,
        [
            // Made and invited by the operator.
            ("test", "operator"),
            ("test", "operator"),
            ("auth/activate", "lin"),
            // To go on in a session is no news.
            ("auth/login", "lin"),
            ("auth/logout", "lin"),
            ("auth/password", "lin"),
        ]
    );
    let said = names(world.db.read(), "SELECT diff FROM audit_entry WHERE action = 'auth/login'").await;
    assert!(said[0].contains("203.0.113.1") && said[0].contains("\"session\""), "{said:?}");
    let said = names(world.db.read(), "SELECT diff FROM audit_entry WHERE action = 'auth/logout'").await;
    assert!(said[0].contains("LOGOUT"), "{said:?}");
    let all = names(world.db.read(), "SELECT diff FROM audit_entry").await.join("\n");
    assert!(!all.contains("argon2") && !all.to_lowercase().contains("hash"), "{all}");

    let caller = Caller::operator();
    let mut faults = Vec::new();
    let mut print = |fault: Fault| {
        faults.push(fault.to_string());
        Ok::<_, AppError>(())
    };
    let verified = audit::verify(world.db.read(), &caller, &[], &mut print).await.unwrap();
    assert_eq!(verified.faults, 0, "{faults:?}");
    for invariant in invariants::of(world.db.read()) {
        let outcome = invariants::check(world.db.read(), &caller, &invariant).await.unwrap();
        assert!(matches!(outcome, Outcome::Holds), "{}", invariant.name);
    }
}
