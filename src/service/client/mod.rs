//! Clients: the accounts of other systems that get tokens by themselves, with their scopes, secrets and keys.
//!
//! Managing them needs the right to give grants, since what a client shows opens what its account may do. How a client is found when it asks for a token stands in
//! [`directory`].

pub mod directory;

use std::collections::{BTreeSet, HashMap};
use std::slice;
use std::time::Duration;

use entity::id::{AccountId, ClientKeyId, ClientSecretId};
use entity::value::{AccountKind, Duty, Timestamp};
use entity::{account, client, client_key, client_secret};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::account as accounts;
use super::stored::{self, Change, Difference};
use super::work::Work;
use crate::auth::Caller;
use crate::auth::keyset::{PublicKey, public_keys};
use crate::auth::oauth::client::{fingerprint, new_secret};
use crate::auth::oauth::scope::{MAX_BYTES, is_for_clients};
use crate::auth::policy::Permission;
use crate::error::{AppError, AppResult, ErrorCode};

/// Most secrets of a client that are good at one time: the one in use and the one that follows it.
const MAX_SECRETS: usize = 2;

/// Most public keys of a client.
const MAX_KEYS: usize = 5;

/// Longest life of a secret.
pub const MAX_SECRET_LIFE: Duration = Duration::from_secs(400 * 24 * 3600);

/// A client with all it has.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its account.
    pub account: account::Model,
    /// The permissions that its tokens may have.
    pub scopes: BTreeSet<String>,
    /// Its secrets, also those that have ended.
    pub secrets: Vec<client_secret::Model>,
    /// Its public keys.
    pub keys: Vec<client_key::Model>,
}

/// Makes an account for a system, unless there is one of this name, and makes it a client.
///
/// # Errors
/// `BAD_USER_INPUT` for a name or a scope that is not possible, `CONFLICT` for the account of a person and for one that is a
/// client already.
pub async fn add(work: &mut Work<'_>, name: &str, scopes: &BTreeSet<String>) -> AppResult<AccountId> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let scopes = scope_list(scopes)?;
    let known = account::Entity::find().filter(account::Column::Name.eq(name)).one(work.tx).await?;
    let id = match known {
        None => accounts::add(work, name, Duty::Service).await?.id,
        Some(account) if account.kind == AccountKind::Service => account.id,
        Some(_) => {
            let message = format!("`{name}` is the account of a person; a client needs one of its own.");
            let zh = format!("“{name}”是个人账户；客户端须有自己的账户。");
            return Err(AppError::new(ErrorCode::Conflict, message).explained("system", zh));
        }
    };
    if client::Entity::find_by_id(id).one(work.tx).await?.is_some() {
        let error = AppError::new(ErrorCode::Conflict, format!("`{name}` is a client already."));
        return Err(error.explained("unique", format!("“{name}”已是客户端。")));
    }
    let row = client::Model { id, scopes, version: 1, created_at: work.now, updated_at: work.now };
    stored::insert(work, slice::from_ref(&row)).await?;
    Ok(id)
}

/// Gives a client other scopes; its tokens of before keep theirs until they end.
///
/// # Errors
/// `NOT_FOUND` for no client, `BAD_USER_INPUT` for a scope that is not possible.
pub async fn set_scopes(work: &mut Work<'_>, name: &str, scopes: &BTreeSet<String>) -> AppResult<()> {
    let known = hold(work, name).await?;
    let wanted = client::Model { scopes: scope_list(scopes)?, ..known.clone() };
    match Change::between(&known, wanted, work.now) {
        Some(change) => stored::update(work, &[change]).await,
        None => Ok(()),
    }
}

/// Makes a secret that lives for `life`, and gives it: it is told this once. Secrets that have ended are deleted.
///
/// # Errors
/// `NOT_FOUND` for no client, `CONFLICT` when it has two already, `BAD_USER_INPUT` for a life that is not 1 second to
/// [`MAX_SECRET_LIFE`].
pub async fn add_secret(work: &mut Work<'_>, name: &str, life: Duration) -> AppResult<String> {
    let client = hold(work, name).await?;
    if life < Duration::from_secs(1) || life > MAX_SECRET_LIFE {
        let error = AppError::bad_input("A secret lives 1 second to 400 days.");
        return Err(error.explained("secretLife", "密钥的有效期应为1秒至400天。"));
    }
    let known = secrets_of(work.tx, client.id).await?;
    let (ended, good): (Vec<_>, Vec<_>) = known.into_iter().partition(|secret| secret.expires_at <= work.now);
    if good.len() >= MAX_SECRETS {
        let message = format!("`{name}` has two secrets already: remove the one that nobody uses any more.");
        let zh = format!("“{name}”已有两个密钥：请先停用不再使用的一个。");
        return Err(AppError::new(ErrorCode::Conflict, message).explained("secrets", zh));
    }
    stored::delete(work, &ended).await?;
    let secret = new_secret()?;
    let micros = i64::try_from(life.as_micros()).unwrap_or(i64::MAX);
    let row = client_secret::Model {
        id: ClientSecretId::new(),
        client_id: client.id,
        digest: fingerprint(&secret),
        expires_at: Timestamp(work.now.0.saturating_add(micros)),
        version: 1,
        created_at: work.now,
        updated_at: work.now,
    };
    stored::insert(work, slice::from_ref(&row)).await?;
    Ok(secret)
}

/// Deletes a secret; it acts from the next request for a token on.
///
/// # Errors
/// `NOT_FOUND` when the client has no such secret.
pub async fn remove_secret(work: &mut Work<'_>, name: &str, secret: ClientSecretId) -> AppResult<()> {
    let client = hold(work, name).await?;
    let known = secrets_of(work.tx, client.id).await?.into_iter().find(|row| row.id == secret);
    let missing = || AppError::new(ErrorCode::NotFound, format!("`{name}` has no such secret."));
    let row = known.ok_or_else(|| missing().explained("secret", format!("“{name}”没有此密钥。")))?;
    stored::delete(work, slice::from_ref(&row)).await
}

/// Trusts public keys, given as a JWK set or a JWK, to sign for a client. Gives their names.
///
/// # Errors
/// `NOT_FOUND` for no client, `BAD_USER_INPUT` for what is no public key of a known algorithm, `CONFLICT` for a name that the
/// client has already and for more than five keys.
pub async fn add_keys(work: &mut Work<'_>, name: &str, json: &str) -> AppResult<Vec<String>> {
    let client = hold(work, name).await?;
    let new = readable_keys(json)?;
    let known = keys_of(work.tx, client.id).await?;
    if let Some(key) = new.iter().find(|key| known.iter().any(|known| known.kid == key.kid)) {
        let message = format!("`{name}` has a key `{}` already: remove that one first.", key.kid);
        return Err(AppError::new(ErrorCode::Conflict, message));
    }
    check_number(known.len() + new.len())?;
    let rows: Vec<client_key::Model> = new.into_iter().map(|key| key_row(&client, key, work.now)).collect();
    stored::insert(work, &rows).await?;
    Ok(rows.into_iter().map(|row| row.kid).collect())
}

/// Trusts these public keys of a client and no others, given as a JWK set or a JWK; none at all without.
///
/// # Errors
/// As [`add_keys`].
pub async fn set_keys(work: &mut Work<'_>, name: &str, json: Option<&str>) -> AppResult<()> {
    let client = hold(work, name).await?;
    let new = json.map(readable_keys).transpose()?.unwrap_or_default();
    check_number(new.len())?;
    let wanted = new.into_iter().map(|key| key_row(&client, key, work.now)).collect();
    let known = keys_of(work.tx, client.id).await?;
    Difference::between(known, wanted, |key| key.kid.clone(), work.now).write(work).await
}

fn readable_keys(json: &str) -> AppResult<Vec<PublicKey>> {
    public_keys(json).map_err(|problem| {
        let zh = format!("公钥无法使用：{problem}。");
        AppError::bad_input(format!("The keys cannot be used: {problem}.")).explained("jwks", zh)
    })
}

fn check_number(keys: usize) -> AppResult<()> {
    if keys <= MAX_KEYS {
        return Ok(());
    }
    let message = format!("A client has {MAX_KEYS} keys at the most; remove those that nobody uses any more.");
    let zh = format!("一个客户端最多有{MAX_KEYS}个公钥；请移除不再使用的公钥。");
    Err(AppError::new(ErrorCode::Conflict, message).explained("keys", zh))
}

fn key_row(client: &client::Model, PublicKey { kid, jwk, .. }: PublicKey, now: Timestamp) -> client_key::Model {
    let (id, client_id) = (ClientKeyId::new(), client.id);
    client_key::Model { id, client_id, kid, jwk, version: 1, created_at: now, updated_at: now }
}

/// Trusts a key no more, from the next request for a token on.
///
/// # Errors
/// `NOT_FOUND` when the client has no such key.
pub async fn remove_key(work: &mut Work<'_>, name: &str, kid: &str) -> AppResult<()> {
    let client = hold(work, name).await?;
    let known = keys_of(work.tx, client.id).await?.into_iter().find(|row| row.kid == kid);
    let row = known.ok_or_else(|| AppError::new(ErrorCode::NotFound, format!("`{name}` has no such key.")))?;
    stored::delete(work, slice::from_ref(&row)).await
}

/// All clients by name.
///
/// # Errors
/// `FORBIDDEN` for whom they are none of the business.
pub async fn list(db: &impl ConnectionTrait, caller: &Caller) -> AppResult<Vec<Client>> {
    caller.must_everywhere(Permission::AccountRead)?;
    let rows = client::Entity::find().all(db).await?;
    let mut scopes: HashMap<AccountId, BTreeSet<String>> =
        rows.into_iter().map(|row| (row.id, scope_set(&row.scopes))).collect();
    let mut secrets: HashMap<AccountId, Vec<client_secret::Model>> = HashMap::new();
    for row in client_secret::Entity::find().order_by_asc(client_secret::Column::Id).all(db).await? {
        secrets.entry(row.client_id).or_default().push(row);
    }
    let mut keys: HashMap<AccountId, Vec<client_key::Model>> = HashMap::new();
    for row in client_key::Entity::find().order_by_asc(client_key::Column::Id).all(db).await? {
        keys.entry(row.client_id).or_default().push(row);
    }
    let accounts = account::Entity::find()
        .filter(account::Column::Kind.eq(AccountKind::Service))
        .order_by_asc(account::Column::Name)
        .all(db)
        .await?;
    let with_all = accounts.into_iter().filter_map(|account| {
        Some(Client {
            scopes: scopes.remove(&account.id)?,
            secrets: secrets.remove(&account.id).unwrap_or_default(),
            keys: keys.remove(&account.id).unwrap_or_default(),
            account,
        })
    });
    Ok(with_all.collect())
}

/// The client of this name, held until the end of the work.
///
/// # Errors
/// `FORBIDDEN` for who may not give grants, `NOT_FOUND` when there is none.
pub async fn hold(work: &Work<'_>, name: &str) -> AppResult<client::Model> {
    work.caller.must_everywhere(Permission::GrantWrite)?;
    let account = accounts::get_by_name(work.tx, work.caller, name).await?;
    // Two who change a client at the same time take turns, so that its bounds hold.
    let row = client::Entity::find_by_id(account.id).lock_exclusive().one(work.tx).await?;
    row.ok_or_else(|| {
        let message = format!("`{name}` is no client; `jixiao client add` or `serviceClientCreate` makes one.");
        AppError::new(ErrorCode::NotFound, message).explained("client", format!("“{name}”不是客户端。"))
    })
}

async fn secrets_of(db: &impl ConnectionTrait, id: AccountId) -> AppResult<Vec<client_secret::Model>> {
    Ok(client_secret::Entity::find().filter(client_secret::Column::ClientId.eq(id)).all(db).await?)
}

async fn keys_of(db: &impl ConnectionTrait, id: AccountId) -> AppResult<Vec<client_key::Model>> {
    let keys = client_key::Entity::find().filter(client_key::Column::ClientId.eq(id));
    Ok(keys.order_by_asc(client_key::Column::Id).all(db).await?)
}

/// Scopes as they are stored.
fn scope_list(scopes: &BTreeSet<String>) -> AppResult<String> {
    if let Some(scope) = scopes.iter().find(|scope| !is_for_clients(scope)) {
        let message = format!(
            "`{scope}` is no scope of a client: that is a noun with read, write or run, e.g. project:read; systems neither \
             approve nor publish."
        );
        let zh = format!("“{scope}”不是客户端可用的授权范围：应为对象加 read、write 或 run，例如 project:read。");
        return Err(AppError::bad_input(message).explained("scope", zh));
    }
    let list = scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    if list.is_empty() || list.len() > MAX_BYTES {
        let message = format!("A client has 1 scope at least and {MAX_BYTES} bytes of them at the most.");
        let zh = format!("客户端至少有1个授权范围，总长不超过{MAX_BYTES}个字节。");
        return Err(AppError::bad_input(message).explained("scopes", zh));
    }
    Ok(list)
}

/// Scopes as they are stored, read again.
pub fn scope_set(list: &str) -> BTreeSet<String> {
    list.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}
