//! Sessions: refresh tokens that are used once, and all the ways in which a session ends.

use std::time::Duration;

use entity::value::Role;
use jixiao::auth::{Grant, Scope};
use jixiao::error::{AppResult, ErrorCode};
use jixiao::login::Tokens;
use jixiao::service::{account, session};

use super::world::{HOUR, MINUTE, PASSWORD, World, claims, clock, code, from, pass};
use crate::support::database::{names, number};

fn is_over(result: AppResult<Tokens>) -> bool {
    match result {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.code(), ErrorCode::Unauthenticated);
            assert_eq!(error.message(), "The session is over; sign in again.");
            true
        }
    }
}

/// Why sessions ended, in the order of their beginning.
async fn ends(world: &World) -> Vec<String> {
    names(world.db.read(), "SELECT COALESCE(ended_by, '-') FROM session ORDER BY id").await
}

#[tokio::test]
async fn each_token_gives_the_next_for_8_hours_in_one_session() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let mut tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let sid = claims(&tokens.access)["sid"].clone();
    for _ in 0..16 {
        pass(30 * MINUTE - 1);
        let next = world.refresh(&tokens.refresh).await.ok().unwrap();
        assert_ne!(next.refresh, tokens.refresh);
        assert_eq!(claims(&next.access)["sid"], sid);
        assert!(world.caller(&next.access).await.is_ok());
        tokens = next;
    }
    // 16 seconds before the end no token lives longer than that.
    assert_eq!((tokens.access_life, tokens.refresh_life), (Duration::from_secs(16), Duration::from_secs(16)));
    pass(16);
    assert!(is_over(world.refresh(&tokens.refresh).await));
}

#[tokio::test]
async fn a_token_that_was_not_used_for_30_minutes_is_too_old() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    pass(30 * MINUTE - 1);
    let tokens = world.refresh(&tokens.refresh).await.ok().unwrap();
    pass(30 * MINUTE);
    assert!(is_over(world.refresh(&tokens.refresh).await));
}

#[tokio::test]
async fn a_token_that_comes_twice_ends_the_session_in_every_process() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let stolen = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let other = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let beside = world.beside().await;
    let owner = world.refresh(&stolen.refresh).await.ok().unwrap();
    assert!(is_over(beside.refresh(&stolen.refresh).await));
    assert!(is_over(world.refresh(&owner.refresh).await), "nobody can tell who has the copy");
    assert_eq!(ends(&world).await, ["REUSE", "-"]);
    assert!(beside.refresh(&other.refresh).await.is_ok(), "other sessions go on");
}

#[tokio::test]
async fn of_two_uses_at_one_moment_one_succeeds_at_the_most() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let beside = world.beside().await;
    for _ in 0..5 {
        let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
        let (one, two) = tokio::join!(world.refresh(&tokens.refresh), beside.refresh(&tokens.refresh));
        let next: Vec<Tokens> = [one, two].into_iter().filter_map(Result::ok).collect();
        assert_eq!(next.len(), 1);
        assert!(is_over(world.refresh(&next[0].refresh).await));
    }
    assert_eq!(ends(&world).await, ["REUSE"; 5]);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let hash = names(world.db.read(), "SELECT hash FROM refresh_token").await.remove(0);
    let sid = claims(&tokens.access)["sid"].as_str().unwrap().to_owned();
    let longer = format!("{}A", tokens.refresh);
    for wrong in ["", "x", &hash, &sid, &tokens.access, &longer, &tokens.refresh[1..]] {
        assert!(is_over(world.refresh(wrong).await), "{wrong}");
    }
    assert_eq!(ends(&world).await, ["-"], "a guess ends no session");
    assert!(world.caller(&tokens.refresh).await.is_err(), "a refresh token is no access token");
}

#[tokio::test]
async fn signing_out_ends_one_session_once() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let first = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let next = world.refresh(&first.refresh).await.ok().unwrap();
    let other = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    for token in [&next.refresh, &next.refresh, "nonsense"] {
        world.login.logout(token, &from()).await.unwrap();
    }
    assert!(is_over(world.refresh(&next.refresh).await));
    assert!(is_over(world.refresh(&first.refresh).await));
    assert_eq!(ends(&world).await, ["LOGOUT", "-"]);
    // Who has only an old token can still sign out.
    let newer = world.refresh(&other.refresh).await.ok().unwrap();
    world.login.logout(&other.refresh, &from()).await.unwrap();
    assert!(is_over(world.refresh(&newer.refresh).await));
    assert_eq!(ends(&world).await, ["LOGOUT", "LOGOUT"]);
}

#[tokio::test]
async fn the_access_tokens_of_a_session_end_with_it() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let beside = world.beside().await;
    let gone = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let stolen = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let stays = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    world.login.logout(&gone.refresh, &from()).await.unwrap();
    world.refresh(&stolen.refresh).await.ok().unwrap();
    assert!(is_over(world.refresh(&stolen.refresh).await));
    assert!(world.caller(&gone.access).await.is_err() && world.caller(&stolen.access).await.is_err());
    // Another process looks twice a second.
    assert!(beside.caller(&gone.access).await.is_ok());
    beside.revocations.refresh().await.unwrap();
    assert!(beside.caller(&gone.access).await.is_err() && beside.caller(&stolen.access).await.is_err());
    assert!(world.caller(&stays.access).await.is_ok() && beside.caller(&stays.access).await.is_ok());
}

#[tokio::test]
async fn a_disabled_account_cannot_go_on() {
    let world = World::new().await;
    world.add_reader("lin").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    world.disable("lin").await;
    assert!(is_over(world.refresh(&tokens.refresh).await));
    assert!(world.caller(&tokens.access).await.is_err());
}

#[tokio::test]
async fn who_becomes_an_administrator_has_to_sign_in_with_a_code() {
    let world = World::new().await;
    world.add_candidate("lin").await;
    let secret = world.add_administrator("root").await;
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    let granted = world.work(async |work| {
        let lin = account::get_by_name(work.tx, work.caller, "lin").await?;
        account::grant(work, lin.id, &Grant::new(Role::SysAdmin, Scope::Everything), None).await
    });
    granted.await.unwrap();
    assert!(is_over(world.refresh(&tokens.refresh).await));
    let tokens = world.sign_in_with("root", code(&secret)).await.ok().unwrap();
    assert!(world.refresh(&tokens.refresh).await.is_ok());
}

#[tokio::test]
async fn sessions_that_are_over_are_deleted_after_a_day() {
    let world = World::new().await;
    world.add_reader("lin").await;
    world.sign_in("lin", PASSWORD).await.ok().unwrap();
    pass(31 * HOUR);
    let tokens = world.sign_in("lin", PASSWORD).await.ok().unwrap();
    pass(HOUR / 4);
    session::sweep(&world.db, clock()).await.unwrap();
    assert_eq!(number(world.db.read(), "SELECT count(*) FROM session").await, 2);
    pass(HOUR);
    session::sweep(&world.db, clock()).await.unwrap();
    assert_eq!(number(world.db.read(), "SELECT count(*) FROM session").await, 1);
    assert_eq!(number(world.db.read(), "SELECT count(*) FROM refresh_token").await, 1);
    drop(tokens);
}
