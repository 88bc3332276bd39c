//! Names and passwords: one answer to everything that is wrong, and changing one's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use entity::value::{Duty, Role};
use jixiao::auth::password::Password;
use jixiao::error::ErrorCode;
use jixiao::login::Denial;
use jixiao::service::account;

use super::world::{
    DAY, OTHER_PASSWORD, PASSWORD, World, claims, code, from, from_address, login_of, pass, proof, refused,
};

#[tokio::test]
async fn the_right_password_begins_a_session() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    assert_eq!(tokens.access_life, Duration::from_secs(900));
    assert_eq!(tokens.refresh_life, Duration::from_secs(1800));
    let caller = world.caller(&tokens.access).await.unwrap();
    assert_eq!(caller.identity().unwrap().name, "lin");
    assert_eq!(caller.grants().len(), 1);
    let said = claims(&tokens.access);
    assert!(said["sid"].as_str().is_some_and(|sid| sid.starts_with("ses_")), "{said}");
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 900);
    let again = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    assert_ne!(claims(&again.access)["sid"], said["sid"]);
}

fn message<T>(result: Result<T, Denial>) -> (ErrorCode, String) {
    match result {
        Err(Denial::Refused(error)) => (error.code(), error.message().to_owned()),
        _ => panic!("not refused"),
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let world = World::new().await;
    world.add_reader("lin").await;
    world.add_reader("gone").await;
    world.disable("gone").await;
    world.add("new", Role::Finance).await;
    let machine = world.work(async |work| account::add(work, "machine", Duty::Service).await);
    machine.await.unwrap();
    world.add_administrator("root").await;
    let mut answers = Vec::new();
    for (last, (name, password)) in [
        ("lin", OTHER_PASSWORD),
        ("lin", ""),
        ("lin", "tea under the old bridge "),
        ("nobody", PASSWORD),
        ("", ""),
        ("a\0b", PASSWORD),
        ("Lin", PASSWORD),
        ("gone", PASSWORD),
        ("new", PASSWORD),
        ("machine", PASSWORD),
        // An administrator, without a code.
        ("root", PASSWORD),
    ]
    .into_iter()
    .enumerate()
    {
        let from = from_address(u8::try_from(last).unwrap());
        answers.push(message(world.login.login(&proof(name, password, None), &from).await));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].0, ErrorCode::Unauthenticated);
}

/// How long one attempt took, and how many statements.
async fn work_of(world: &World, statements: &AtomicUsize, name: &str, last: u8) -> (Duration, usize) {
    let (began, before) = (Instant::now(), statements.load(Ordering::Relaxed));
    let answer = world.login.login(&proof(name, OTHER_PASSWORD, None), &from_address(last)).await;
    assert_eq!(refused(answer), Some(ErrorCode::Unauthenticated));
    (began.elapsed(), statements.load(Ordering::Relaxed) - before)
}

#[tokio::test]
async fn an_unknown_name_costs_the_same_work_as_a_wrong_password() {
    let world = World::new().await;
    for name in ["a", "b", "c", "d", "e"] {
        world.add_reader(name).await;
    }
    let statements = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&statements);
    let mut observed = world.beside().await;
    observed.db.observe(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let observed = World { login: login_of(&observed.db, &observed.keys, &observed.revocations), ..observed };
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (last, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let last = u8::try_from(last).unwrap();
        known.push(work_of(&observed, &statements, name, last).await);
        unknown.push(work_of(&observed, &statements, &format!("nobody-{name}"), last).await);
    }
    // One statement more looks for the credential of an account that is there; the hash takes the time.
    assert!(known.iter().all(|(_, count)| *count == known[0].1) && known[0].1 > 3, "{known:?}");
    assert!(unknown.iter().all(|(_, count)| *count + 1 == known[0].1), "{unknown:?}");
    let fastest = |all: &[(Duration, usize)]| all.iter().map(|(time, _)| *time).min().unwrap();
    let (known, unknown) = (fastest(&known), fastest(&unknown));
    assert!(unknown * 3 > known, "a name that nobody has is answered in {unknown:?}, a wrong password in {known:?}");
}

async fn change(world: &World, old: &str, new: &str) -> Result<(), Denial> {
    world.login.change_password(&proof("lin", old, None), &Password::new(new), &from()).await
}

#[tokio::test]
async fn a_changed_password_is_the_only_one_and_ends_all_sessions() {
    let world = World::new().await;
    world.add_reader("lin").await;
    world.add_reader("wang").await;
    let (one, two) = (world.sign_in("lin", PASSWORD).await, world.sign_in("lin", PASSWORD).await);
    let other = world.sign_in("wang", PASSWORD).await.ok().unwrap();
    assert!(change(&world, PASSWORD, OTHER_PASSWORD).await.is_ok());
    for tokens in [one, two] {
        let over = world.refresh(&tokens.ok().unwrap().refresh).await;
        assert_eq!(over.err().map(|error| error.code()), Some(ErrorCode::Unauthenticated));
    }
    assert!(world.refresh(&other.refresh).await.is_ok());
    assert_eq!(refused(world.sign_in("lin", PASSWORD).await), Some(ErrorCode::Unauthenticated));
    assert!(world.sign_in("lin", OTHER_PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_bad_new_password_changes_nothing_and_counts_for_no_failure() {
    let world = World::new().await;
    world.add_reader("lin").await;
    for bad in ["short", "Password1234", "tea under the lin bridge", PASSWORD] {
        for _ in 0..3 {
            assert_eq!(refused(change(&world, PASSWORD, bad).await), Some(ErrorCode::BadUserInput), "{bad}");
        }
    }
    assert_eq!(
        refused(change(&world, OTHER_PASSWORD, "nine red foxes at noon").await),
        Some(ErrorCode::Unauthenticated)
    );
    assert!(world.sign_in("lin", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn the_password_of_an_administrator_holds_for_90_days() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let secret = world.add_administrator("root").await;
    pass(90 * DAY - 31);
    assert!(world.sign_in_with("root", code(&secret)).await.is_ok());
    pass(31);
    // Right, and refused for its age: that is no failure, however often.
    for _ in 0..6 {
        assert_eq!(refused(world.sign_in_with("root", code(&secret)).await), Some(ErrorCode::Forbidden));
        pass(30);
    }
    assert!(world.sign_in("lin", PASSWORD).await.is_ok(), "others keep theirs");
    let proof = proof("root", PASSWORD, Some(code(&secret)));
    assert!(world.login.change_password(&proof, &Password::new(OTHER_PASSWORD), &from()).await.is_ok());
    pass(30);
    let proof = super::world::proof("root", OTHER_PASSWORD, Some(code(&secret)));
    assert!(world.login.login(&proof, &from()).await.is_ok());
}

#[tokio::test]
async fn a_password_that_changed_meanwhile_proves_nothing() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let beside = world.beside().await;
    // Two changes from the same old password: one of them finds it changed, or both passwords were right in turn.
    let (one, two) =
        tokio::join!(change(&world, PASSWORD, OTHER_PASSWORD), change(&beside, PASSWORD, "nine red foxes at noon"),);
    let done = [one.is_ok(), two.is_ok()];
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    let wrong = if done[0] { two } else { one };
    assert_eq!(refused(wrong), Some(ErrorCode::Unauthenticated));
}
