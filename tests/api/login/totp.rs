//! One-time codes: setting them up, and that none is taken twice.

use entity::value::Role;
use jixiao::auth::seal::SealingKey;
use jixiao::auth::totp::Secret;
use jixiao::error::ErrorCode;
use jixiao::service::account;
use jixiao::service::work::Work;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::world::{OTHER_PASSWORD, PASSWORD, World, code, from, pass, proof, refused, secret};

/// Sets up codes of a person that has none.
async fn set_up(world: &World, name: &str) -> Secret {
    let offered = world.login.enroll_totp(&proof(name, PASSWORD, None), &from()).await.ok().unwrap();
    let secret = secret(&offered.secret);
    let first = proof(name, PASSWORD, Some(code(&secret)));
    assert!(world.login.confirm_totp(&first, &from()).await.is_ok());
    secret
}

#[tokio::test]
async fn codes_are_needed_as_soon_as_the_first_is_confirmed() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let offered = world.login.enroll_totp(&proof("lin", PASSWORD, None), &from()).await.ok().unwrap();
    assert!(offered.address.starts_with("otpauth://totp/jixiao:lin?secret="), "{}", offered.address);
    assert!(offered.address.contains(&offered.secret));
    let secret = secret(&offered.secret);
    let session = world.sign_in("lin", PASSWORD).await.expect("an offer changes nothing");

    let wrong = proof("lin", PASSWORD, Some("000000".to_owned()));
    assert_eq!(refused(world.login.confirm_totp(&wrong, &from()).await), Some(ErrorCode::Unauthenticated));
    let other_password = proof("lin", OTHER_PASSWORD, Some(code(&secret)));
    assert_eq!(refused(world.login.confirm_totp(&other_password, &from()).await), Some(ErrorCode::Unauthenticated));
    let first = proof("lin", PASSWORD, Some(code(&secret)));
    assert!(world.login.confirm_totp(&first, &from()).await.is_ok());

    assert!(world.refresh(&session.refresh).await.is_err(), "sessions from before have ended");
    assert_eq!(refused(world.sign_in("lin", PASSWORD).await), Some(ErrorCode::Unauthenticated));
    assert_eq!(refused(world.sign_in_with("lin", code(&secret)).await), Some(ErrorCode::Unauthenticated), "used");
    pass(30);
    assert!(world.sign_in_with("lin", code(&secret)).await.is_ok());
    assert_eq!(refused(world.login.confirm_totp(&first, &from()).await), Some(ErrorCode::Unauthenticated));
}

#[tokio::test]
async fn a_code_is_taken_once_and_no_older_one_after_it() {
    let world = World::new().await;
    let secret = world.add_administrator("root").await;
    let beside = world.beside().await;
    let now = code(&secret);
    pass(30);
    let next = code(&secret);
    assert!(world.sign_in_with("root", next.clone()).await.is_ok());
    for used in [next.clone(), now] {
        assert_eq!(refused(beside.sign_in_with("root", used).await), Some(ErrorCode::Unauthenticated));
    }
    pass(60);
    assert_eq!(refused(world.sign_in_with("root", next).await), Some(ErrorCode::Unauthenticated));
    assert!(world.sign_in_with("root", code(&secret)).await.is_ok());
}

#[tokio::test]
async fn of_two_uses_of_a_code_at_one_moment_one_succeeds() {
    let world = World::new().await;
    let secret = world.add_administrator("root").await;
    let beside = world.beside().await;
    for _ in 0..4 {
        let now = code(&secret);
        let both = tokio::join!(world.sign_in_with("root", now.clone()), beside.sign_in_with("root", now));
        let done = [both.0.is_ok(), both.1.is_ok()];
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
        pass(30);
    }
}

#[tokio::test]
async fn wrong_codes_are_failures_like_wrong_passwords() {
    let world = World::new().await;
    let secret = world.add_administrator("root").await;
    for wrong in ["", "000000", "12345", "1234567", "abcdef"] {
        assert_eq!(refused(world.sign_in_with("root", wrong.to_owned()).await), Some(ErrorCode::Unauthenticated));
    }
    assert_eq!(refused(world.sign_in_with("root", code(&secret)).await), None, "locked");
}

#[tokio::test]
async fn a_new_secret_needs_a_code_of_the_old_one() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let old = set_up(&world, "lin").await;
    pass(30);
    let without = world.login.enroll_totp(&proof("lin", PASSWORD, None), &from()).await;
    assert_eq!(refused(without), Some(ErrorCode::Unauthenticated));
    let with = proof("lin", PASSWORD, Some(code(&old)));
    let offered = world.login.enroll_totp(&with, &from()).await.ok().unwrap();
    let new = secret(&offered.secret);
    pass(30);
    assert!(world.sign_in_with("lin", code(&old)).await.is_ok(), "the old one holds until the new one is confirmed");
    pass(30);
    let of_old = proof("lin", PASSWORD, Some(code(&old)));
    assert_eq!(refused(world.login.confirm_totp(&of_old, &from()).await), Some(ErrorCode::Unauthenticated));
    let first = proof("lin", PASSWORD, Some(code(&new)));
    assert!(world.login.confirm_totp(&first, &from()).await.is_ok());
    pass(30);
    assert_eq!(refused(world.sign_in_with("lin", code(&old)).await), Some(ErrorCode::Unauthenticated));
    assert!(world.sign_in_with("lin", code(&new)).await.is_ok());
}

#[tokio::test]
async fn an_administrator_without_codes_is_told_to_set_them_up() {
    let world = World::new().await;
    world.add_candidate("lin").await;
    let granted = world.work(async |work: &mut Work<'_>| {
        let lin = account::get_by_name(work.tx, work.caller, "lin").await?;
        let grant = jixiao::auth::Grant::new(Role::SysAdmin, jixiao::auth::Scope::Everything);
        account::grant(work, lin.id, &grant, None).await
    });
    granted.await.unwrap();
    for _ in 0..6 {
        assert_eq!(refused(world.sign_in("lin", PASSWORD).await), Some(ErrorCode::Forbidden));
    }
    let secret = set_up(&world, "lin").await;
    pass(30);
    assert!(world.sign_in_with("lin", code(&secret)).await.is_ok());
}

#[tokio::test]
async fn the_secret_is_sealed_for_its_account() {
    let world = World::new().await;
    let secret = world.add_administrator("root").await;
    world.add_reader("lin").await;
    let root = account::get_by_name(world.db.read(), &jixiao::auth::Caller::operator(), "root").await.unwrap();
    let of_root = entity::credential::Column::AccountId.eq(root.id);
    let row = entity::credential::Entity::find().filter(of_root).one(world.db.read()).await.unwrap().unwrap();
    let sealed = row.totp_secret.unwrap();
    assert!(!sealed.windows(4).any(|part| secret.bytes().windows(4).any(|secret| secret == part)));
    let key = SealingKey::open_or_create(world.keys.path()).unwrap();
    assert_eq!(key.open(&sealed, &root.id.public()).unwrap(), secret.bytes());
    // Put into another row it opens nothing.
    let moved = world.db.write(async |tx| {
        let update = entity::credential::Entity::update_many()
            .col_expr(entity::credential::Column::TotpSecret, sea_orm::sea_query::Expr::val(sealed.clone()));
        Ok(update.exec(tx).await?)
    });
    moved.await.unwrap();
    assert_eq!(refused(world.sign_in_with("lin", code(&secret)).await), Some(ErrorCode::Internal));
}
