//! Clients (对接系统), the systems that get tokens by themselves, as administrators see them.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::ClientId;
use entity::{client, client_key, client_secret};

use super::account::Account;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::text;
use crate::auth::keyset;
use crate::service::client::scope_set;
use crate::service::order::Key;
use crate::service::relation::{CLIENT_ACCOUNT, CLIENT_KEYS, CLIENT_SECRETS};

/// `ServiceClient`.
pub struct ServiceClient;

impl Object for ServiceClient {
    type Row = client::Model;
    const NAME: &'static str = "ServiceClient";

    fn fields() -> &'static Fields<client::Model> {
        static FIELDS: LazyLock<Fields<client::Model>> = LazyLock::new(|| {
            Fields::<client::Model>::new(
                "A system that gets tokens by itself; the name of its account is its `client_id`.",
            )
            .node(|client| ClientId(client.id.0).public())
            .one::<Account, _>("account: Account!", "Its account, with what is granted to it.", CLIENT_ACCOUNT)
            .value("scopes: [String!]!", "What its tokens may be used for at the most, sorted.", |client| {
                Value::List(scope_set(&client.scopes).into_iter().map(Value::from).collect())
            })
            .list::<ClientSecret, _>(
                "secrets: [ClientSecret!]!",
                "Its secrets, oldest first, also those that have ended; two are good at a time at the most.",
                CLIENT_SECRETS,
                || vec![Key::up(client_secret::Column::CreatedAt)],
            )
            .list::<ClientKey, _>("keys: [ClientKey!]!", "The public keys that may sign for it.", CLIENT_KEYS, || {
                vec![Key::up(client_key::Column::CreatedAt)]
            })
            .value("createdAt: DateTime!", "When it was made.", |client| text::time(client.created_at))
            .value("updatedAt: DateTime!", "When its scopes last changed.", |client| text::time(client.updated_at))
            .value(
                "version: Int!",
                "Starts at 1 and grows by 1 with each change of the scopes.",
                |client| Value::from(client.version),
            )
        });
        &FIELDS
    }
}

impl Connected for ServiceClient {
    type Entity = client::Entity;
    const AGGREGATE: &'static str = "ServiceClientAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use client::Column;
            Filters::new("ServiceClientFilter", "Conditions on clients; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| ClientId::parse(id).map(|id| id.0))
                .related("account: AccountFilter", "Its account.", CLIENT_ACCOUNT, Account::filters)
                .text("scopes: StringFilter", "Its scopes in one text, sorted, with spaces between.", Column::Scopes)
                .time("createdAt: DateTimeFilter", "When it was made.", Column::CreatedAt)
                .time("updatedAt: DateTimeFilter", "When its scopes last changed.", Column::UpdatedAt)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<client::Column>] {
        use client::Column;
        &[
            OrderField { name: "CREATED_AT", description: "When it was made.", column: Column::CreatedAt },
            OrderField { name: "UPDATED_AT", description: "When its scopes last changed.", column: Column::UpdatedAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "the time of making, oldest first";

    fn default_order() -> &'static [client::Column] {
        &[client::Column::CreatedAt]
    }
}

/// `ClientSecret`.
pub struct ClientSecret;

impl Object for ClientSecret {
    type Row = client_secret::Model;
    const NAME: &'static str = "ClientSecret";

    fn fields() -> &'static Fields<client_secret::Model> {
        static FIELDS: LazyLock<Fields<client_secret::Model>> = LazyLock::new(|| {
            Fields::<client_secret::Model>::new("A secret of a client; the secret itself is nowhere kept.")
                .value("id: ID!", "Its name, by which it is retired.", |secret| Value::from(secret.id.public()))
                .value("createdAt: DateTime!", "When it was made.", |secret| text::time(secret.created_at))
                .value("expiresAt: DateTime!", "When it ends.", |secret| text::time(secret.expires_at))
        });
        &FIELDS
    }
}

/// `ClientKey`.
pub struct ClientKey;

impl Object for ClientKey {
    type Row = client_key::Model;
    const NAME: &'static str = "ClientKey";

    fn fields() -> &'static Fields<client_key::Model> {
        static FIELDS: LazyLock<Fields<client_key::Model>> = LazyLock::new(|| {
            Fields::<client_key::Model>::new("A public key that may sign for a client.")
                .value("kid: String!", "Its name.", |key| Value::from(key.kid.as_str()))
                .value("algorithm: String", "The one algorithm that it signs by, e.g. `ES256`.", |key| {
                    keyset::described(&key.jwk).0.into()
                })
                .value("thumbprint: String", "Its SHA-256 thumbprint (RFC 7638), in base64url.", |key| {
                    keyset::described(&key.jwk).1.into()
                })
                .value("createdAt: DateTime!", "Since when it is trusted.", |key| text::time(key.created_at))
        });
        &FIELDS
    }
}
