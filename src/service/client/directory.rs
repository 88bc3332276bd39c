//! The clients as the token endpoint asks for them.

use entity::id::AccountId;
use entity::value::{AccountKind, Timestamp};
use entity::{account, client, client_assertion, client_secret};
use futures_util::future::BoxFuture;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter, TryInsertResult};

use super::{keys_of, scope_set, secrets_of};
use crate::auth::oauth::client::{Clients, StoredClient, fingerprint};
use crate::auth::revoked::Revoked;
use crate::clock::Clock;
use crate::db::{Db, Job};
use crate::error::AppResult;
use crate::service::revocation::{self, Revocations};
use crate::service::sweep;

/// The clients of a database.
pub struct Directory {
    db: Db,
    revocations: Revocations,
    clock: Clock,
}

impl Directory {
    /// The clients of `db`; what they revoke is in `revocations` at once.
    pub fn new(db: Db, revocations: Revocations, clock: Clock) -> Self {
        Self { db, revocations, clock }
    }

    async fn stored(&self, name: &str, now: Timestamp) -> AppResult<Option<StoredClient>> {
        let db = self.db.read();
        let account = account::Entity::find()
            .filter(account::Column::Name.eq(name))
            .filter(account::Column::Kind.eq(AccountKind::Service))
            .filter(account::Column::DisabledAt.is_null())
            .one(db)
            .await?;
        let Some(account) = account else { return Ok(None) };
        let Some(client) = client::Entity::find_by_id(account.id).one(db).await? else { return Ok(None) };
        let good = |secret: &client_secret::Model| now < secret.expires_at;
        let secrets = secrets_of(db, account.id).await?.into_iter().filter(good).map(|secret| secret.digest).collect();
        let keys = keys_of(db, account.id).await?.into_iter().map(|key| key.jwk).collect();
        let (id, name, scopes) = (account.id, account.name, scope_set(&client.scopes));
        Ok(Some(StoredClient { account: id, name, scopes, secrets, keys }))
    }
}

impl Clients for Directory {
    fn find<'a>(&'a self, name: &'a str, now: Timestamp) -> BoxFuture<'a, AppResult<Option<StoredClient>>> {
        Box::pin(self.stored(name, now))
    }

    fn use_assertion<'a>(
        &'a self,
        client: AccountId,
        jti: &'a str,
        until: Timestamp,
    ) -> BoxFuture<'a, AppResult<bool>> {
        let used = Use(client_assertion::Model { client_id: client, jti: fingerprint(jti), expires_at: until });
        Box::pin(async move { self.db.commit(&used).await })
    }

    fn revoke<'a>(&'a self, what: &'a Revoked, until: Timestamp) -> BoxFuture<'a, AppResult<()>> {
        Box::pin(async move {
            self.db.commit(&Revoke { what, until, now: (self.clock)() }).await?;
            self.revocations.refresh().await
        })
    }
}

/// Notes an assertion; false when it is there already.
struct Use(client_assertion::Model);

impl Job for Use {
    type Output = bool;

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<bool> {
        let once = OnConflict::new().do_nothing().to_owned();
        let inserted =
            client_assertion::Entity::insert(self.0.clone().into_active_model()).on_conflict(once).try_insert();
        Ok(matches!(inserted.exec_without_returning(tx).await?, TryInsertResult::Inserted(1)))
    }
}

/// Revokes tokens of a client.
struct Revoke<'a> {
    what: &'a Revoked,
    until: Timestamp,
    now: Timestamp,
}

impl Job for Revoke<'_> {
    type Output = ();

    async fn run(&self, tx: &DatabaseTransaction) -> AppResult<()> {
        revocation::revoke(tx, self.what, self.until, self.now).await
    }
}

/// Deletes the assertions that have ended, and tells how many there were.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db, now: Timestamp) -> AppResult<u64> {
    sweep::rows::<client_assertion::Entity>(db, client_assertion::Column::ExpiresAt.lte(now)).await
}
