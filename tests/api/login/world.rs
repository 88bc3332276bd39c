//! People who sign in to a service whose clock the test sets.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use aws_lc_rs::hmac;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::value::{Duty, Role, Timestamp};
use jixiao::auth::bearer::Bearer;
use jixiao::auth::keyset::KeySet;
use jixiao::auth::password::Password;
use jixiao::auth::ring::KeyRing;
use jixiao::auth::seal::SealingKey;
use jixiao::auth::token::{TokenChecker, TokenIssuer};
use jixiao::auth::totp::Secret;
use jixiao::auth::{Authenticate, Caller, Grant, Scope};
use jixiao::db::Db;
use jixiao::error::{AppResult, ErrorCode};
use jixiao::login::{Activation, Denial, From, Login, Proof, Tokens};
use jixiao::service::revocation::Revocations;
use jixiao::service::work::{Origin, Work};
use jixiao::service::{account, invitation};
use sea_orm::DatabaseConnection;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::database::{self, TestDatabase};

/// A good password of everybody, and another one.
pub const PASSWORD: &str = "tea under the old bridge";
pub const OTHER_PASSWORD: &str = "nine grey geese at noon";

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3600;
pub const DAY: i64 = 24 * HOUR;

const BEGIN: i64 = 1_800_000_000;

thread_local! {
    /// The time of the test of this thread, in seconds; its runtime does everything that asks for it here.
    static NOW: Cell<i64> = const { Cell::new(BEGIN) };
}

pub fn clock() -> Timestamp {
    Timestamp(NOW.get() * 1_000_000)
}

/// Lets time pass.
pub fn pass(seconds: i64) {
    NOW.set(NOW.get() + seconds);
}

/// A service with people.
pub struct World {
    pub db: Db,
    pub login: Login,
    /// What this process knows to be revoked.
    pub revocations: Revocations,
    pub keys: Arc<TempDir>,
    pub database: Arc<TestDatabase>,
}

impl World {
    pub async fn new() -> Self {
        NOW.set(BEGIN);
        let (database, db) = database::migrated().await;
        Self::over(Arc::new(database), db, Arc::new(TempDir::new().unwrap())).await
    }

    /// Another process on the same database and the same keys, as far as a test can make one.
    pub async fn beside(&self) -> Self {
        let db = Db::connect(&self.database.settings).await.unwrap();
        Self::over(Arc::clone(&self.database), db, Arc::clone(&self.keys)).await
    }

    async fn over(database: Arc<TestDatabase>, db: Db, keys: Arc<TempDir>) -> Self {
        let revocations = Revocations::read(&db, clock).await.unwrap();
        let login = login_of(&db, &keys, &revocations);
        Self { login, revocations, db, keys, database }
    }

    /// Work of the operator, at the time of the test.
    pub async fn work<T>(&self, task: impl AsyncFn(&mut Work<'_>) -> AppResult<T>) -> AppResult<T> {
        let (caller, origin) = (Caller::operator(), Origin::of("test"));
        self.db
            .write(async |tx| {
                let mut work = Work::begin(tx, &caller, &origin, clock);
                let given = task(&mut work).await?;
                work.finish().await?;
                Ok(given)
            })
            .await
    }

    pub async fn add(&self, name: &str, role: Role) {
        let grant = Grant::new(role, Scope::Everything);
        let duty = account::duty_of(role).expect("a role of an account");
        let made = self.work(async |work| {
            let made = account::add(work, name, duty).await?;
            account::grant(work, made.id, &grant, None).await
        });
        made.await.unwrap();
    }

    pub async fn disable(&self, name: &str) {
        let disabled = self.work(async |work| {
            let account = account::get_by_name(work.tx, work.caller, name).await?;
            account::disable(work, account.id).await
        });
        disabled.await.unwrap();
    }

    pub async fn invite(&self, name: &str) -> String {
        self.work(async |work| invitation::invite(work, name).await).await.unwrap()
    }

    /// Makes a person who reads everything and signs in with [`PASSWORD`].
    pub async fn add_reader(&self, name: &str) {
        self.add(name, Role::Finance).await;
        self.activate(name).await;
    }

    /// Makes a person who signs in with [`PASSWORD`] and may become an administrator of the system.
    pub async fn add_candidate(&self, name: &str) {
        self.work(async |work| account::add(work, name, Duty::SysAdmin).await).await.unwrap();
        self.activate(name).await;
    }

    async fn activate(&self, name: &str) {
        let activation =
            Activation { invitation: self.invite(name).await, password: Password::new(PASSWORD), code: None };
        self.login.activate(&activation, &from()).await.unwrap();
    }

    /// Makes an administrator who signs in with [`PASSWORD`] and codes of this secret.
    pub async fn add_administrator(&self, name: &str) -> Secret {
        self.add(name, Role::SysAdmin).await;
        let invitation = self.invite(name).await;
        let secret = secret(&self.login.open_invitation(&invitation, &from()).await.unwrap().totp.secret);
        let activation = Activation { invitation, password: Password::new(PASSWORD), code: Some(code(&secret)) };
        self.login.activate(&activation, &from()).await.unwrap();
        pass(30);
        secret
    }

    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Tokens, Denial> {
        self.login.login(&proof(name, password, None), &from()).await
    }

    pub async fn sign_in_with(&self, name: &str, code: String) -> Result<Tokens, Denial> {
        self.login.login(&proof(name, PASSWORD, Some(code)), &from()).await
    }

    pub async fn refresh(&self, token: &str) -> AppResult<Tokens> {
        self.login.refresh(token, &from()).await
    }

    /// Who an access token names.
    pub async fn caller(&self, access: &str) -> AppResult<Caller> {
        let checker = Arc::new(TokenChecker::new(KeySet::of(ring(&self.keys)), "jixiao"));
        let bearer: Bearer<DatabaseConnection> =
            Bearer::new(checker, self.db.read().clone(), self.revocations.set(), clock);
        let header = HeaderValue::from_str(&format!("Bearer {access}")).unwrap();
        bearer.caller(&HeaderMap::from_iter([(AUTHORIZATION, header)])).await
    }
}

fn ring(keys: &TempDir) -> Arc<KeyRing> {
    Arc::new(KeyRing::open(keys.path(), "jixiao").unwrap())
}

/// Signing in on a database, with the keys of a folder.
pub fn login_of(db: &Db, keys: &TempDir, revocations: &Revocations) -> Login {
    let issuer = TokenIssuer::new(ring(keys), "jixiao");
    let sealing = SealingKey::open_or_create(keys.path()).unwrap();
    Login::new(db.clone(), issuer, sealing, revocations.clone(), "jixiao", clock)
}

pub fn proof(name: &str, password: &str, code: Option<String>) -> Proof {
    Proof { name: name.to_owned(), password: Password::new(password), code }
}

pub fn from() -> From {
    from_address(1)
}

pub fn from_address(last: u8) -> From {
    From { address: IpAddr::V4(Ipv4Addr::new(203, 0, 113, last)), request_id: "test".to_owned() }
}

/// The secret that an app was told in base 32.
pub fn secret(base32: &str) -> Secret {
    let digit = |c: u8| b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == c).unwrap() as u64;
    let bytes = base32.as_bytes().chunks(8).flat_map(|chunk| {
        let bits = chunk.iter().fold(0_u64, |bits, c| bits << 5 | digit(*c));
        bits.to_be_bytes()[3..].to_vec()
    });
    Secret::of(bytes.collect())
}

/// The code that an app shows now.
pub fn code(secret: &Secret) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.bytes());
    let tag = hmac::sign(&key, &(clock().0 / 30_000_000).to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// What a token says.
pub fn claims(access: &str) -> Value {
    let part = access.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The code of a refusal; none for a lock.
pub fn refused<T>(result: Result<T, Denial>) -> Option<ErrorCode> {
    match result {
        Ok(_) => panic!("done"),
        Err(Denial::Locked(_)) => None,
        Err(Denial::Refused(error)) => Some(error.code()),
    }
}
