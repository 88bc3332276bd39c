//! Failed attempts lock a name and an address for a while, in all processes.

use std::time::Duration;

use futures_util::future::join_all;
use jixiao::error::ErrorCode;
use jixiao::login::{Denial, Tokens};
use jixiao::service::lockout;

use super::world::{MINUTE, OTHER_PASSWORD, PASSWORD, World, clock, from_address, pass, proof, refused};
use crate::support::database::number;

async fn attempt(world: &World, name: &str, password: &str, last: u8) -> Result<Tokens, Denial> {
    world.login.login(&proof(name, password, None), &from_address(last)).await
}

async fn fail(world: &World, name: &str, last: u8) {
    assert_eq!(refused(attempt(world, name, OTHER_PASSWORD, last).await), Some(ErrorCode::Unauthenticated));
}

/// How long a locked one has to wait, in seconds.
async fn wait(world: &World, name: &str, password: &str, last: u8) -> u64 {
    match attempt(world, name, password, last).await {
        Err(Denial::Locked(wait)) => wait.as_secs(),
        Err(Denial::Refused(error)) => panic!("{error}"),
        Ok(_) => panic!("signed in"),
    }
}

#[tokio::test]
async fn five_failures_lock_a_name_for_15_minutes_known_or_not() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let beside = world.beside().await;
    for (name, right) in [("lin", true), ("nobody", false)] {
        // From five addresses, over fourteen minutes, in two processes.
        for last in 1..=5 {
            let process = if last % 2 == 0 { &world } else { &beside };
            fail(process, name, last).await;
            pass(3 * MINUTE + 29);
        }
        let left = 15 * 60 - (3 * 60 + 29);
        assert_eq!(wait(&world, name, PASSWORD, 9).await, left);
        assert_eq!(wait(&beside, name, OTHER_PASSWORD, 1).await, left);
        pass(i64::try_from(left).unwrap() - 1);
        assert_eq!(wait(&world, name, PASSWORD, 9).await, 1);
        pass(1);
        if right {
            assert!(attempt(&world, name, PASSWORD, 9).await.is_ok());
        } else {
            fail(&world, name, 9).await;
        }
    }
}

#[tokio::test]
async fn failures_further_apart_lock_nobody_and_success_forgets_them() {
    let world = World::new().await;
    world.add_reader("lin").await;
    for _ in 0..8 {
        fail(&world, "lin", 1).await;
        pass(3 * MINUTE + 45);
    }
    pass(15 * MINUTE);
    for _ in 0..3 {
        for _ in 0..4 {
            fail(&world, "lin", 2).await;
        }
        assert!(attempt(&world, "lin", PASSWORD, 3).await.is_ok());
    }
}

#[tokio::test]
async fn twenty_failures_lock_an_address_whatever_the_names() {
    let world = World::new().await;
    world.add_reader("lin").await;
    world.add_reader("wang").await;
    for number in 0..20 {
        fail(&world, &format!("guess-{number}"), 1).await;
        if number % 4 == 0 {
            // Signing in to one's own account between does not help.
            assert!(attempt(&world, "wang", PASSWORD, 1).await.is_ok());
        }
    }
    assert_eq!(wait(&world, "lin", PASSWORD, 1).await, 15 * 60);
    assert_eq!(wait(&world, "wang", PASSWORD, 1).await, 15 * 60);
    assert!(attempt(&world, "lin", PASSWORD, 2).await.is_ok(), "from elsewhere it goes on");
    pass(15 * MINUTE);
    assert!(attempt(&world, "lin", PASSWORD, 1).await.is_ok());
}

#[tokio::test]
async fn a_crowd_at_one_moment_gets_no_more_than_one_after_another() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let beside = world.beside().await;
    let attempts =
        (0..16).map(|number| attempt(if number % 2 == 0 { &world } else { &beside }, "lin", OTHER_PASSWORD, number));
    let answers = join_all(attempts).await;
    let mut examined = 0;
    for answer in answers {
        match answer {
            Ok(_) => panic!("signed in"),
            Err(Denial::Locked(wait)) => assert_eq!(wait, Duration::from_secs(900)),
            Err(Denial::Refused(error)) if error.code() == ErrorCode::Unauthenticated => examined += 1,
            // Too many at once: not looked at either.
            Err(Denial::Refused(error)) => assert_eq!(error.code(), ErrorCode::Unavailable, "{error}"),
        }
    }
    assert!((1..=5).contains(&examined), "{examined}");
}

#[tokio::test]
async fn a_lock_outlives_the_process_and_an_invitation_lifts_it() {
    let world = World::new().await;
    world.add_reader("lin").await;
    for _ in 0..5 {
        fail(&world, "lin", 1).await;
    }
    let restarted = world.beside().await;
    assert_eq!(wait(&restarted, "lin", PASSWORD, 2).await, 900);
    let activation = jixiao::login::Activation {
        invitation: world.invite("lin").await,
        password: jixiao::auth::password::Password::new(OTHER_PASSWORD),
        code: None,
    };
    world.login.activate(&activation, &from_address(2)).await.unwrap();
    assert!(attempt(&restarted, "lin", OTHER_PASSWORD, 2).await.is_ok());
}

#[tokio::test]
async fn old_failures_are_deleted_and_those_that_lock_stay() {
    let world = World::new().await;
    fail(&world, "old", 1).await;
    pass(31 * MINUTE);
    for _ in 0..5 {
        fail(&world, "new", 2).await;
    }
    lockout::sweep(&world.db, clock()).await.unwrap();
    assert_eq!(number(world.db.read(), "SELECT count(*) FROM login_failure").await, 10);
    assert_eq!(wait(&world, "new", PASSWORD, 3).await, 900);
}
