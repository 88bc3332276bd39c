//! Clients (对接系统) as administrators send them.

use std::sync::LazyLock;

use super::account::{AccountBy, account_by};
use super::{Input, Sent, key};

/// Longest name that is read, in characters.
const NAME: usize = 100;
/// Most scopes that are read, and the longest of them, in characters.
const SCOPES: (usize, usize) = (100, 60);
/// Longest set of keys that is read, in characters.
const KEYS: usize = 64 * 1024;
/// Most days that a secret lives.
const DAYS: i32 = 400;
/// Days that a secret lives of which nothing is said.
pub const SECRET_DAYS: i32 = 180;

/// A client by id or by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientBy {
    /// Its public id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// A new client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCreate {
    /// The account of the system.
    pub account: Option<AccountBy>,
    /// What its tokens may be used for.
    pub scopes: Sent<Vec<String>>,
}

/// Other scopes of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientUpdate {
    /// Which one.
    pub by: Option<ClientBy>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// What its tokens may be used for.
    pub scopes: Sent<Vec<String>>,
}

/// Another secret of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretAdd {
    /// Which client.
    pub by: Option<ClientBy>,
    /// How long it is good.
    pub days: Option<i32>,
}

/// A secret that is no longer good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretRetire {
    /// Which client.
    pub by: Option<ClientBy>,
    /// Public id of the secret.
    pub id: Option<String>,
}

/// The public keys of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysSet {
    /// Which client.
    pub by: Option<ClientBy>,
    /// The keys as a JWK set.
    pub jwks: Option<String>,
}

/// `ServiceClientBy`.
pub fn client_by() -> &'static Input<ClientBy> {
    static INPUT: LazyLock<Input<ClientBy>> = LazyLock::new(|| {
        Input::new("ServiceClientBy", "Names one client.")
            .one_of()
            .text("id: ID", "Its id.", key::CODE, |by: &mut ClientBy| &mut by.id)
            .text("name: String", "Its `client_id`: the name of its account.", NAME, |by| &mut by.name)
    });
    &INPUT
}

const SCOPES_MEANING: &str =
    "What its tokens may be used for at the most: nouns with read, write or run, e.g. `project:read`.";

/// `ServiceClientCreateInput`.
pub fn create() -> &'static Input<ClientCreate> {
    static INPUT: LazyLock<Input<ClientCreate>> = LazyLock::new(|| {
        Input::new("ServiceClientCreateInput", "A new client.")
            .object(
                "account: AccountBy!",
                "The account of the system, of the duty `SERVICE`; who administers accounts makes it.",
                account_by,
                |row: &mut ClientCreate| &mut row.account,
            )
            .texts("scopes: [String!]!", SCOPES_MEANING, SCOPES.0, SCOPES.1, |row| &mut row.scopes)
            .client_mutation_id()
    });
    &INPUT
}

/// `ServiceClientUpdateInput`.
pub fn update() -> &'static Input<ClientUpdate> {
    static INPUT: LazyLock<Input<ClientUpdate>> = LazyLock::new(|| {
        Input::new(
            "ServiceClientUpdateInput",
            "Other scopes of a client; its tokens of before keep theirs until they end.",
        )
        .object("by: ServiceClientBy!", "Which client.", client_by, |row: &mut ClientUpdate| &mut row.by)
        .texts("scopes: [String!]!", SCOPES_MEANING, SCOPES.0, SCOPES.1, |row| &mut row.scopes)
        .expected_version(1, |row| &mut row.expected_version)
        .client_mutation_id()
    });
    &INPUT
}

/// `ServiceClientSecretAddInput`.
pub fn secret_add() -> &'static Input<SecretAdd> {
    static INPUT: LazyLock<Input<SecretAdd>> = LazyLock::new(|| {
        Input::new("ServiceClientSecretAddInput", "Another secret of a client; two are good at a time.")
            .object("by: ServiceClientBy!", "Which client.", client_by, |row: &mut SecretAdd| &mut row.by)
            .int("days: Int! = 180", "How many days it is good, 400 at the most.", 1, DAYS, |row| &mut row.days)
            .client_mutation_id()
    });
    &INPUT
}

/// `ServiceClientSecretRetireInput`.
pub fn secret_retire() -> &'static Input<SecretRetire> {
    static INPUT: LazyLock<Input<SecretRetire>> = LazyLock::new(|| {
        Input::new(
            "ServiceClientSecretRetireInput",
            "A secret that gives no tokens any more, from the next request on.",
        )
        .object("by: ServiceClientBy!", "Which client.", client_by, |row: &mut SecretRetire| &mut row.by)
        .text("id: ID!", "Which of its secrets.", key::CODE, |row| &mut row.id)
        .client_mutation_id()
    });
    &INPUT
}

/// `ServiceClientKeysSetInput`.
pub fn keys_set() -> &'static Input<KeysSet> {
    static INPUT: LazyLock<Input<KeysSet>> = LazyLock::new(|| {
        Input::new("ServiceClientKeysSetInput", "The public keys that may sign for a client, all of them.")
            .object("by: ServiceClientBy!", "Which client.", client_by, |row: &mut KeysSet| &mut row.by)
            .text(
                "jwks: String",
                "The keys as the JSON of a JWK set or a JWK, each with `kid` and `alg`, five at the most; null for none.",
                KEYS,
                |row| &mut row.jwks,
            )
            .client_mutation_id()
    });
    &INPUT
}
