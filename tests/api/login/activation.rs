//! Invitations: used once, within a day, by the person that they are for.

use entity::value::{Duty, Role};
use jixiao::auth::password::Password;
use jixiao::auth::{Account, Caller, Grant, Scope};
use jixiao::error::{AppResult, ErrorCode};
use jixiao::login::Activation;
use jixiao::service::work::{Origin, Work};
use jixiao::service::{account, invitation};

use super::world::{DAY, OTHER_PASSWORD, PASSWORD, World, clock, code, from, pass, refused, secret};

async fn activate(world: &World, invitation: &str, password: &str, code: Option<String>) -> AppResult<String> {
    let password = Password::new(password);
    world.login.activate(&Activation { invitation: invitation.to_owned(), password, code }, &from()).await
}

fn error<T>(result: AppResult<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn an_invitation_is_used_once() {
    let world = World::new().await;
    world.add("lin", Role::Finance).await;
    let invitation = world.invite("lin").await;
    let opened = world.login.open_invitation(&invitation, &from()).await.ok().unwrap();
    assert_eq!((opened.account.as_str(), opened.totp_required), ("lin", false));
    assert_eq!(error(activate(&world, &invitation, "Password1234", None).await), Some(ErrorCode::BadUserInput));
    assert_eq!(activate(&world, &invitation, PASSWORD, None).await.unwrap(), "lin");
    assert!(world.sign_in("lin", PASSWORD).await.is_ok(), "no code is needed where none was given");
    assert_eq!(error(activate(&world, &invitation, OTHER_PASSWORD, None).await), Some(ErrorCode::NotFound));
    assert_eq!(error(world.login.open_invitation(&invitation, &from()).await), Some(ErrorCode::NotFound));
    for nonsense in ["", "x", &invitation[1..], &format!("{invitation}A")] {
        assert_eq!(error(activate(&world, nonsense, PASSWORD, None).await), Some(ErrorCode::NotFound));
    }
}

#[tokio::test]
async fn of_two_uses_at_one_moment_one_succeeds() {
    let world = World::new().await;
    world.add("lin", Role::Finance).await;
    let beside = world.beside().await;
    let invitation = world.invite("lin").await;
    let both = tokio::join!(
        activate(&world, &invitation, PASSWORD, None),
        activate(&beside, &invitation, OTHER_PASSWORD, None),
    );
    let (right, wrong, lost) = match both {
        (Ok(_), lost) => (PASSWORD, OTHER_PASSWORD, lost),
        (lost, Ok(_)) => (OTHER_PASSWORD, PASSWORD, lost),
        (one, two) => panic!("{one:?} {two:?}"),
    };
    assert_eq!(error(lost), Some(ErrorCode::NotFound));
    assert!(world.sign_in("lin", right).await.is_ok());
    assert_eq!(refused(world.sign_in("lin", wrong).await), Some(ErrorCode::Unauthenticated));
}

#[tokio::test]
async fn an_invitation_holds_for_a_day_and_until_the_next() {
    let world = World::new().await;
    world.add("lin", Role::Finance).await;
    let late = world.invite("lin").await;
    pass(DAY);
    assert_eq!(error(activate(&world, &late, PASSWORD, None).await), Some(ErrorCode::NotFound));
    let former = world.invite("lin").await;
    let newest = world.invite("lin").await;
    pass(DAY - 1);
    assert_eq!(error(activate(&world, &former, PASSWORD, None).await), Some(ErrorCode::NotFound));
    assert!(activate(&world, &newest, PASSWORD, None).await.is_ok());
    world.add("wang", Role::Finance).await;
    let disabled = world.invite("wang").await;
    world.disable("wang").await;
    assert_eq!(error(activate(&world, &disabled, PASSWORD, None).await), Some(ErrorCode::NotFound));
}

#[tokio::test]
async fn an_administrator_sets_up_codes_with_it() {
    let world = World::new().await;
    world.add("root", Role::SysAdmin).await;
    let invitation = world.invite("root").await;
    assert_eq!(error(activate(&world, &invitation, PASSWORD, None).await), Some(ErrorCode::BadUserInput));
    let unseen = activate(&world, &invitation, PASSWORD, Some("000000".to_owned())).await;
    assert_eq!(error(unseen), Some(ErrorCode::BadUserInput), "no secret was shown yet");
    let former = world.login.open_invitation(&invitation, &from()).await.ok().unwrap();
    let opened = world.login.open_invitation(&invitation, &from()).await.ok().unwrap();
    assert!(opened.totp_required);
    let (former, last) = (secret(&former.totp.secret), secret(&opened.totp.secret));
    let of_former = activate(&world, &invitation, PASSWORD, Some(code(&former))).await;
    assert_eq!(error(of_former), Some(ErrorCode::BadUserInput), "the last secret counts");
    let first = code(&last);
    assert!(activate(&world, &invitation, PASSWORD, Some(first.clone())).await.is_ok());
    assert_eq!(refused(world.sign_in_with("root", first).await), Some(ErrorCode::Unauthenticated), "it is used");
    pass(30);
    assert!(world.sign_in_with("root", code(&last)).await.is_ok());
}

#[tokio::test]
async fn it_recovers_what_was_lost_and_ends_what_was_before() {
    let world = World::new().await;
    let lost = world.add_administrator("root").await;
    let session = world.sign_in_with("root", code(&lost)).await.ok().unwrap();
    let invitation = world.invite("root").await;
    assert!(world.refresh(&session.refresh).await.is_ok(), "an invitation that nobody used changes nothing");
    let session = {
        pass(30);
        world.sign_in_with("root", code(&lost)).await.ok().unwrap()
    };
    let opened = world.login.open_invitation(&invitation, &from()).await.ok().unwrap();
    let new = secret(&opened.totp.secret);
    assert!(activate(&world, &invitation, PASSWORD, Some(code(&new))).await.is_ok());
    assert!(world.refresh(&session.refresh).await.is_err());
    pass(30);
    assert_eq!(refused(world.sign_in_with("root", code(&lost)).await), Some(ErrorCode::Unauthenticated));
    assert!(world.sign_in_with("root", code(&new)).await.is_ok());
}

#[tokio::test]
async fn only_people_are_invited_and_only_by_administrators() {
    let world = World::new().await;
    world.add("lin", Role::Finance).await;
    world.add("gone", Role::Finance).await;
    world.disable("gone").await;
    let machine = world.work(async |work| account::add(work, "machine", Duty::Service).await);
    machine.await.unwrap();
    for (name, code) in
        [("machine", ErrorCode::Conflict), ("gone", ErrorCode::Conflict), ("nobody", ErrorCode::NotFound)]
    {
        let invited = world.work(async |work| invitation::invite(work, name).await).await;
        assert_eq!(error(invited), Some(code), "{name}");
    }
    let account =
        Account { id: entity::id::AccountId::new(), name: "lin".to_owned(), kind: entity::value::AccountKind::Person };
    let as_editor = Caller::account(account, vec![Grant::new(Role::UnitEditor, Scope::Everything)]);
    for (caller, code) in [(as_editor, ErrorCode::Forbidden), (Caller::anonymous(), ErrorCode::Unauthenticated)] {
        let origin = Origin::of("test");
        let invited = world.db.write(async |tx| {
            let mut work = Work::begin(tx, &caller, &origin, clock);
            invitation::invite(&mut work, "lin").await
        });
        assert_eq!(error(invited.await), Some(code));
    }
}
