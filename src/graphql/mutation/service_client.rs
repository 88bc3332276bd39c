//! The mutations of clients (对接系统): scopes, secrets and keys.

use std::collections::BTreeSet;
use std::time::Duration;

use entity::client;
use entity::id::{AccountId, ClientId, ClientSecretId};

use super::account::{each, named};
use super::result::{Done, Places, result, unread};
use crate::error::{AppError, AppResult, ErrorCode};
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::service_client::ServiceClient;
use crate::input::account::AccountBy;
use crate::input::client::{
    self as input, ClientBy, ClientCreate, ClientUpdate, KeysSet, SECRET_DAYS, SecretAdd, SecretRetire,
};
use crate::input::{Sent, UserError};
use crate::service::client as clients;
use crate::service::work::Work;
use crate::service::write::{Outcome, Row, RowResult};

impl Noun for ServiceClient {
    type Entity = client::Entity;
    const KEY: client::Column = client::Column::Id;
}

const PLACES: Places = &[
    ("account", &["by"]),
    ("client", &["by"]),
    ("scope", &["scopes"]),
    ("scopes", &["scopes"]),
    ("secrets", &["by"]),
    ("secret", &["id"]),
    ("secretLife", &["days"]),
    ("jwks", &["jwks"]),
    ("keys", &["jwks"]),
];
const OF_CREATION: Places = &[
    ("account", &["account"]),
    ("system", &["account"]),
    ("unique", &["account"]),
    ("scope", &["scopes"]),
    ("scopes", &["scopes"]),
];

const A_DAY: Duration = Duration::from_secs(24 * 3600);

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<ServiceClient, _>(
            "serviceClientCreate: ServiceClientCreatePayload",
            "Lets the account of a system get tokens by itself.",
            input::create,
            |work, rows, _| Box::pin(each(work, rows, create)),
        )
        .single::<ServiceClient, _>(
            "serviceClientUpdate: ServiceClientUpdatePayload",
            "Gives a client other scopes.",
            input::update,
            |work, rows, _| Box::pin(each(work, rows, update)),
        )
        .telling::<ServiceClient, _>(
            "serviceClientSecretAdd: ServiceClientSecretAddPayload",
            "Makes another secret for a client.",
            input::secret_add,
            ("secret: String", "The secret for `/oauth/token`, shown this once."),
            |work, row| Box::pin(add_secret(work, row)),
        )
        .single::<ServiceClient, _>(
            "serviceClientSecretRetire: ServiceClientSecretRetirePayload",
            "Takes a secret from a client.",
            input::secret_retire,
            |work, rows, _| Box::pin(each(work, rows, retire_secret)),
        )
        .single::<ServiceClient, _>(
            "serviceClientKeysSet: ServiceClientKeysSetPayload",
            "Says which public keys may sign for a client, and no others.",
            input::keys_set,
            |work, rows, _| Box::pin(each(work, rows, set_keys)),
        )
}

/// The name of the client that an input names, and its row, held until the end of the work.
async fn client(work: &Work<'_>, by: Option<&ClientBy>) -> AppResult<(String, client::Model)> {
    let missing =
        || AppError::new(ErrorCode::NotFound, "There is no such client.").explained("client", "没有此客户端。");
    let by = by.ok_or_else(missing)?;
    let by = match (&by.id, &by.name) {
        // A client is its account by another name.
        (Some(id), _) => {
            let id = ClientId::parse(id).ok_or_else(missing)?;
            AccountBy { id: Some(AccountId(id.0).public()), name: None }
        }
        (None, name) => AccountBy { id: None, name: name.clone() },
    };
    let account = named(work, Some(&by)).await?;
    let row = clients::hold(work, &account.name).await?;
    Ok((account.name, row))
}

fn done(client: &client::Model, outcome: Outcome) -> Done {
    (client.id.0, Some(client.version), outcome)
}

fn scopes(sent: &Sent<Vec<String>>) -> BTreeSet<String> {
    sent.value().into_iter().flatten().cloned().collect()
}

async fn create(work: &mut Work<'_>, row: &Row<ClientCreate>) -> AppResult<RowResult> {
    let created = async |work: &mut Work<'_>| {
        let account = named(work, row.input.account.as_ref()).await?;
        let id = clients::add(work, &account.name, &scopes(&row.input.scopes)).await?;
        Ok((id.0, None, Outcome::Created))
    };
    result(created(work).await, row, OF_CREATION)
}

async fn update(work: &mut Work<'_>, row: &Row<ClientUpdate>) -> AppResult<RowResult> {
    let (name, known) = match client(work, row.input.by.as_ref()).await {
        Ok(found) => found,
        Err(error) => return result(Err(error), row, PLACES),
    };
    if let Some(expected) = row.input.expected_version.filter(|expected| *expected != known.version) {
        let (path, node) = (row.at().field("expectedVersion").path(), ClientId(known.id.0).public());
        let conflict = UserError::conflict(path, expected, known.version, node, vec!["scopes".to_owned()]);
        return Ok(RowResult {
            errors: vec![conflict],
            id: Some(known.id.0),
            seen: Some(known.version),
            ..unread(row)
        });
    }
    let wanted = scopes(&row.input.scopes);
    let same = clients::scope_set(&known.scopes) == wanted;
    let outcome = if same { Outcome::Unchanged } else { Outcome::Updated };
    let updated = clients::set_scopes(work, &name, &wanted).await;
    result(updated.map(|()| done(&known, outcome)), row, PLACES)
}

async fn add_secret(work: &mut Work<'_>, row: &Row<SecretAdd>) -> AppResult<(RowResult, Option<String>)> {
    if !row.errors.is_empty() {
        return Ok((unread(row), None));
    }
    let added = async |work: &mut Work<'_>| {
        let (name, known) = client(work, row.input.by.as_ref()).await?;
        let days = u32::try_from(row.input.days.unwrap_or(SECRET_DAYS)).unwrap_or_default();
        let secret = clients::add_secret(work, &name, A_DAY * days).await?;
        Ok((done(&known, Outcome::Updated), secret))
    };
    let (done, secret) = added(work).await.map_or_else(|error| (Err(error), None), |(done, it)| (Ok(done), Some(it)));
    Ok((result(done, row, PLACES)?, secret))
}

async fn retire_secret(work: &mut Work<'_>, row: &Row<SecretRetire>) -> AppResult<RowResult> {
    let retired = async |work: &mut Work<'_>| {
        let (name, known) = client(work, row.input.by.as_ref()).await?;
        let id = row.input.id.as_deref().and_then(ClientSecretId::parse);
        clients::remove_secret(work, &name, id.unwrap_or_default()).await?;
        Ok(done(&known, Outcome::Updated))
    };
    result(retired(work).await, row, PLACES)
}

async fn set_keys(work: &mut Work<'_>, row: &Row<KeysSet>) -> AppResult<RowResult> {
    let set = async |work: &mut Work<'_>| {
        let (name, known) = client(work, row.input.by.as_ref()).await?;
        clients::set_keys(work, &name, row.input.jwks.as_deref()).await?;
        Ok(done(&known, Outcome::Updated))
    };
    result(set(work).await, row, PLACES)
}
