//! Accounts and grants, and that a token acts with the grants of the moment.

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use entity::id::{AccountId, DivisionId, UnitId};
use entity::value::{Access, AccountKind, Duty, Role, Timestamp};
use entity::{account, account_grant, division, unit};
use jixiao::auth::bearer::Bearer;
use jixiao::auth::keyset::KeySet;
use jixiao::auth::ring::KeyRing;
use jixiao::auth::token::{NewToken, TokenChecker, TokenIssuer};
use jixiao::auth::{Account, Authenticate, Caller, Grant, Scope, Years};
use jixiao::db::{DatabaseSettings, Db};
use jixiao::error::{AppError, AppResult, ErrorCode};
use jixiao::service::account as accounts;
use jixiao::service::work::{Origin, Work};
use sea_orm::{ActiveValue, EntityTrait, IntoActiveModel};
use tempfile::TempDir;

const THEN: Timestamp = Timestamp(1_790_000_000_000_000);
const LATER: Timestamp = Timestamp(1_790_000_060_000_000);

/// A migrated database with nothing in it; it lives as long as the folder.
async fn database() -> (TempDir, Db) {
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/test.sqlite", folder.path().display());
    let db = Db::connect(&DatabaseSettings::at(url)).await.unwrap();
    db.migrate().await.unwrap();
    (folder, db)
}

fn operator() -> Caller {
    Caller::operator()
}

fn on(role: Role, scope: Scope) -> Grant {
    Grant::new(role, scope)
}

/// Does the work of a command of the operator at a time.
async fn work<T>(db: &Db, clock: fn() -> Timestamp, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
    work_of(db, &operator(), clock, task).await
}

async fn work_of<T>(
    db: &Db,
    caller: &Caller,
    clock: fn() -> Timestamp,
    task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>,
) -> AppResult<T> {
    let origin = Origin::of("test");
    db.write(async |tx| Work::within(tx, caller, &origin, clock, &task).await).await
}

async fn add(db: &Db, name: &str) -> AppResult<Account> {
    work(db, || THEN, async |work| accounts::add(work, name, Duty::Business).await).await
}

async fn grant(db: &Db, account: AccountId, grant: &Grant) -> AppResult<()> {
    work(db, || THEN, async |work| accounts::grant(work, account, grant, None).await.map(drop)).await
}

async fn revoke(db: &Db, account: AccountId, grant: &Grant) -> AppResult<()> {
    work(db, || THEN, async |work| accounts::revoke(work, account, grant.role, &grant.scope).await).await
}

async fn disable(db: &Db, account: AccountId, clock: fn() -> Timestamp) -> AppResult<()> {
    work(db, clock, async |work| accounts::disable(work, account).await).await
}

async fn grants_of(db: &Db, subject: &str) -> Option<Vec<Grant>> {
    accounts::by_subject(db.read(), subject, LATER).await.unwrap().map(|caller| caller.grants().to_vec())
}

/// Division 130304 with one unit.
async fn division_and_unit(db: &Db) -> UnitId {
    let (division, unit) = (DivisionId::new(), UnitId::new());
    let division = division::ActiveModel {
        id: ActiveValue::Set(division),
        code: ActiveValue::Set("130304".to_owned()),
        name: ActiveValue::Set(None),
        version: ActiveValue::Set(1),
        created_at: ActiveValue::Set(THEN),
        updated_at: ActiveValue::Set(THEN),
    };
    let row = unit::ActiveModel {
        id: ActiveValue::Set(unit),
        division_code: ActiveValue::Set("130304".to_owned()),
        code: ActiveValue::Set("450002".to_owned()),
        name: ActiveValue::Set("单位".to_owned()),
        level: ActiveValue::Set(None),
        parent_id: ActiveValue::Set(None),
        version: ActiveValue::Set(1),
        created_at: ActiveValue::Set(THEN),
        updated_at: ActiveValue::Set(THEN),
    };
    db.write(async |tx| {
        division::Entity::insert(division.clone()).exec_without_returning(tx).await?;
        unit::Entity::insert(row.clone()).exec_without_returning(tx).await?;
        Ok(())
    })
    .await
    .unwrap();
    unit
}

fn code<T>(result: AppResult<T>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[tokio::test]
async fn names_are_unique_and_of_one_form() {
    let (_folder, db) = database().await;
    let longest = "a".repeat(64);
    for good in ["reader", "a", "0", "a.b_c-9", longest.as_str()] {
        assert_eq!(add(&db, good).await.unwrap().name, good);
    }
    let taken = add(&db, "reader").await.unwrap_err();
    assert_eq!((taken.code(), taken.message()), (ErrorCode::Conflict, "There is already an account `reader`."));
    let id = AccountId::new().public();
    for bad in ["", "Reader", "a b", "a/b", "a\0b", "读者", &format!("{longest}a"), id.as_str()] {
        assert_eq!(code(add(&db, bad).await), Some(ErrorCode::BadUserInput), "{bad:?}");
    }
    assert_eq!(accounts::list(db.read(), &operator()).await.unwrap().len(), 5);
}

#[tokio::test]
async fn grants_are_on_everything_a_division_or_a_unit() {
    let (_folder, db) = database().await;
    let unit = division_and_unit(&db).await;
    let id = add(&db, "editor").await.unwrap().id;
    let grants = [
        on(Role::Finance, Scope::Everything),
        on(Role::UnitEditor, Scope::Division("130304".to_owned())),
        on(Role::UnitEditor, Scope::Unit(unit)),
        on(Role::Finance, Scope::Unit(unit)),
    ];
    for one in &grants {
        grant(&db, id, one).await.unwrap();
        let again = grant(&db, id, one).await.unwrap_err();
        assert_eq!((again.code(), again.message()), (ErrorCode::Conflict, "The account has this grant already."));
    }
    assert_eq!(grants_of(&db, "editor").await.unwrap(), grants);
    for (position, one) in grants.iter().enumerate() {
        revoke(&db, id, one).await.unwrap();
        assert_eq!(grants_of(&db, "editor").await.unwrap(), grants[position + 1..]);
        assert_eq!(code(revoke(&db, id, one).await), Some(ErrorCode::NotFound));
    }
}

#[tokio::test]
async fn a_grant_needs_its_account_and_its_place() {
    let (_folder, db) = database().await;
    let id = add(&db, "editor").await.unwrap().id;
    let everything = on(Role::Finance, Scope::Everything);
    let message = |error: AppError| {
        assert_eq!(error.code(), ErrorCode::NotFound);
        error.message().to_owned()
    };
    let unknown = grant(&db, AccountId::new(), &everything).await.unwrap_err();
    assert_eq!(message(unknown), "There is no such account.");
    let nowhere = grant(&db, id, &on(Role::Finance, Scope::Division("1".to_owned()))).await.unwrap_err();
    assert_eq!(message(nowhere), "There is no division `1`.");
    let nobody = grant(&db, id, &on(Role::Finance, Scope::Unit(UnitId::new()))).await.unwrap_err();
    assert_eq!(message(nobody), "There is no such unit.");
    assert_eq!(grants_of(&db, "editor").await.unwrap(), []);
}

#[tokio::test]
async fn the_table_refuses_a_division_and_a_unit_at_once() {
    let (_folder, db) = database().await;
    let unit = division_and_unit(&db).await;
    let id = add(&db, "editor").await.unwrap().id;
    grant(&db, id, &on(Role::Finance, Scope::Unit(unit))).await.unwrap();
    let both =
        account_grant::ActiveModel { division_code: ActiveValue::Set(Some("130304".to_owned())), ..Default::default() };
    let changed = db.write(async |tx| Ok(account_grant::Entity::update_many().set(both.clone()).exec(tx).await?)).await;
    assert!(changed.is_err(), "{changed:?}");
}

#[tokio::test]
async fn a_subject_is_an_id_or_a_name() {
    let (_folder, db) = database().await;
    let account = add(&db, "reader").await.unwrap();
    for subject in ["reader", &account.id.public()] {
        let caller = accounts::by_subject(db.read(), subject, LATER).await.unwrap().unwrap();
        assert_eq!(caller.identity(), Some(&account));
    }
    for stranger in ["", "Reader", "reader ", "read", "a\0", &AccountId::new().public()] {
        assert_eq!(grants_of(&db, stranger).await, None, "{stranger:?}");
    }
}

#[tokio::test]
async fn a_disabled_account_is_nobody_and_is_disabled_once() {
    let (_folder, db) = database().await;
    let id = add(&db, "reader").await.unwrap().id;
    disable(&db, id, || LATER).await.unwrap();
    disable(&db, id, || Timestamp(LATER.0 + 1)).await.unwrap();
    assert_eq!(grants_of(&db, "reader").await, None);
    assert_eq!(grants_of(&db, &id.public()).await, None);
    let row = accounts::get_by_name(db.read(), &operator(), "reader").await.unwrap();
    let expected = account::Model {
        id,
        name: "reader".to_owned(),
        kind: AccountKind::Person,
        duty: Duty::Business,
        external_subject: None,
        disabled_at: Some(LATER),
        version: 2,
        created_at: THEN,
        updated_at: LATER,
    };
    assert_eq!(row, expected);
    assert_eq!(code(disable(&db, AccountId::new(), || LATER).await), Some(ErrorCode::NotFound));
}

#[tokio::test]
async fn accounts_are_listed_by_name_with_their_grants() {
    let (_folder, db) = database().await;
    let everything = on(Role::Finance, Scope::Everything);
    add(&db, "b").await.unwrap();
    let a = add(&db, "a").await.unwrap().id;
    grant(&db, a, &everything).await.unwrap();
    let listed = accounts::list(db.read(), &operator()).await.unwrap();
    let listed: Vec<(&str, &[Grant])> =
        listed.iter().map(|(row, grants)| (row.name.as_str(), grants.as_slice())).collect();
    assert_eq!(listed, [("a", &[everything][..]), ("b", &[])]);
    let nobody = accounts::get_by_name(db.read(), &operator(), "c").await;
    assert_eq!(code(nobody), Some(ErrorCode::NotFound));
}

#[tokio::test]
async fn only_administrators_of_everything_manage_accounts() {
    let (_folder, db) = database().await;
    let account = add(&db, "reader").await.unwrap();
    let everything = on(Role::Finance, Scope::Everything);
    let with = |role, scope| Caller::account(account.clone(), vec![on(role, scope)]);
    for (caller, refusal) in [
        (Caller::anonymous(), ErrorCode::Unauthenticated),
        (with(Role::Finance, Scope::Everything), ErrorCode::Forbidden),
        (with(Role::UnitEditor, Scope::Everything), ErrorCode::Forbidden),
        (with(Role::Service, Scope::Everything), ErrorCode::Forbidden),
        (with(Role::SysAdmin, Scope::Division("130304".to_owned())), ErrorCode::Forbidden),
        (with(Role::SecAdmin, Scope::Unit(UnitId::new())), ErrorCode::Forbidden),
    ] {
        let caller = &caller;
        let id = account.id;
        let tried = [
            code(work_of(&db, caller, || THEN, async |work| accounts::add(work, "x", Duty::Business).await).await),
            code(work_of(&db, caller, || THEN, async |work| accounts::grant(work, id, &everything, None).await).await),
            code(
                work_of(
                    &db,
                    caller,
                    || THEN,
                    async |work| accounts::revoke(work, id, everything.role, &everything.scope).await,
                )
                .await,
            ),
            code(work_of(&db, caller, || THEN, async |work| accounts::disable(work, id).await).await),
            code(accounts::list(db.read(), caller).await),
            code(accounts::get_by_name(db.read(), caller, "reader").await),
        ];
        assert_eq!(tried, [Some(refusal); 6], "{caller:?}");
    }
    for role in [Role::SysAdmin, Role::SecAdmin, Role::Auditor] {
        assert!(accounts::list(db.read(), &with(role, Scope::Everything)).await.is_ok());
    }
}

#[tokio::test]
async fn a_token_acts_with_the_grants_of_the_moment() {
    let (folder, db) = database().await;
    let keys = folder.path().join("keys");
    let ring = Arc::new(KeyRing::open(&keys, "jixiao").unwrap());
    let checker = Arc::new(TokenChecker::new(KeySet::of(Arc::clone(&ring)), "jixiao"));
    let bearer = Bearer::new(checker, db.read().clone(), Arc::default(), || THEN);
    let account = add(&db, "reader").await.unwrap();
    let token =
        TokenIssuer::new(ring, "jixiao").issue(&NewToken::of(account.id, Duration::from_secs(900)), THEN).unwrap();
    let header = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    let headers = HeaderMap::from_iter([(AUTHORIZATION, header)]);
    let everything = on(Role::Finance, Scope::Everything);

    assert_eq!(bearer.caller(&headers).await.unwrap().grants(), []);
    grant(&db, account.id, &everything).await.unwrap();
    let caller = bearer.caller(&headers).await.unwrap();
    assert_eq!((caller.identity(), caller.grants()), (Some(&account), &[everything.clone()][..]));
    revoke(&db, account.id, &everything).await.unwrap();
    assert_eq!(bearer.caller(&headers).await.unwrap().grants(), []);
    disable(&db, account.id, || LATER).await.unwrap();
    let refused = bearer.caller(&headers).await.unwrap_err();
    let forged = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer x"))]);
    let bad = bearer.caller(&forged).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (bad.code(), bad.message()));
}

#[tokio::test]
async fn an_account_has_roles_of_its_duty_only() {
    let (_folder, db) = database().await;
    for duty in Duty::ALL {
        let name = duty.code().to_lowercase().replace('_', "-");
        let id = work(&db, || THEN, async |work| accounts::add(work, &name, *duty).await).await.unwrap().id;
        for role in Role::ALL {
            let given = grant(&db, id, &on(*role, Scope::Everything)).await;
            let expected = (accounts::duty_of(*role) != Some(*duty)).then_some(ErrorCode::BadUserInput);
            assert_eq!(code(given), expected, "{duty:?} {role:?}");
        }
    }
}

#[tokio::test]
async fn the_table_itself_keeps_the_administrators_apart() {
    let (_folder, db) = database().await;
    let id = work(&db, || THEN, async |work| accounts::add(work, "sys", Duty::SysAdmin).await).await.unwrap().id;
    let row = |duty: Duty, role: Role| account_grant::Model {
        id: entity::id::AccountGrantId::new(),
        account_id: id,
        duty,
        role,
        access: Access::Capture,
        division_code: None,
        unit_id: None,
        first_year: None,
        last_year: None,
        expires_at: None,
        version: 1,
        created_at: THEN,
        updated_at: THEN,
    };
    for duty in Duty::ALL {
        for role in Role::ALL {
            let row = row(*duty, *role).into_active_model();
            let stored = db
                .write(async |tx| Ok(account_grant::Entity::insert(row.clone()).exec_without_returning(tx).await?))
                .await;
            let fits = (*duty, *role) == (Duty::SysAdmin, Role::SysAdmin);
            assert_eq!(stored.is_ok(), fits, "{duty:?} {role:?}");
        }
    }
    let turned = account::ActiveModel { duty: ActiveValue::Set(Duty::Auditor), ..Default::default() };
    let turned = db.write(async |tx| Ok(account::Entity::update_many().set(turned.clone()).exec(tx).await?)).await;
    assert!(turned.is_err(), "an account with grants changed its duty");
}

#[tokio::test]
async fn a_grant_ends_at_its_time_and_has_years_in_order() {
    let (_folder, db) = database().await;
    let id = add(&db, "editor").await.unwrap().id;
    let years = |first, last| Years { first, last };
    let backwards = on(Role::Finance, Scope::Everything).of_years(years(Some(2027), Some(2026)));
    assert_eq!(code(grant(&db, id, &backwards).await), Some(ErrorCode::BadUserInput));
    let one = on(Role::Finance, Scope::Everything).of_years(years(Some(2026), None));
    let until = async |work: &mut Work<'_>| accounts::grant(work, id, &one, Some(LATER)).await;
    work(&db, || THEN, until).await.unwrap();
    let at = async |now| accounts::by_subject(db.read(), "editor", now).await.unwrap().unwrap().grants().to_vec();
    assert_eq!(at(Timestamp(LATER.0 - 1)).await, [one]);
    assert_eq!(at(LATER).await, []);
}
