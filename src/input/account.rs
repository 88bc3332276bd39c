//! Accounts as administrators send them, and what they do about signing in.

use std::sync::LazyLock;

use entity::value::Duty;

use super::{Input, Sent, key, scalar};

/// Longest name that is read, in characters; what a name is the service says.
const NAME: usize = 100;
/// Longest name at an identity provider that is read, in characters.
const SUBJECT: usize = 255;
/// Longest name of a token, in characters.
const TOKEN: usize = 200;

/// An account by id or by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountBy {
    /// Its public id.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
}

/// A new account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountCreate {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub duty: Option<Duty>,
}

/// What is sent for an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFields {
    /// Whether it may ask nothing any more.
    pub disabled: Option<bool>,
    /// Who it is at the identity provider.
    pub external_subject: Sent<String>,
}

/// A change of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountUpdate {
    /// Which one.
    pub by: Option<AccountBy>,
    /// The version that the caller expects.
    pub expected_version: Option<i32>,
    /// What changes.
    pub set: Option<AccountFields>,
}

/// An account that something is done about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountMark {
    /// Which one.
    pub by: Option<AccountBy>,
}

/// A session to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionMark {
    /// Its public id.
    pub id: Option<String>,
}

/// A token to refuse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenMark {
    /// Whose token it is.
    pub account: Option<AccountBy>,
    /// Its name.
    pub jti: Option<String>,
}

/// `AccountBy`.
pub fn account_by() -> &'static Input<AccountBy> {
    static INPUT: LazyLock<Input<AccountBy>> = LazyLock::new(|| {
        Input::new("AccountBy", "Names one account.")
            .one_of()
            .text("id: ID", "Its id.", key::CODE, |by: &mut AccountBy| &mut by.id)
            .text("name: String", "Its name.", NAME, |by| &mut by.name)
    });
    &INPUT
}

/// `AccountCreateInput`.
pub fn create() -> &'static Input<AccountCreate> {
    static INPUT: LazyLock<Input<AccountCreate>> = LazyLock::new(|| {
        Input::new("AccountCreateInput", "A new account, which may do nothing yet.")
            .text(
                "name: String!",
                "Its name, 1 to 64 of the characters a-z 0-9 . _ -; it stays as it is.",
                NAME,
                |row: &mut AccountCreate| &mut row.name,
            )
            .value(
                "duty: Duty!",
                "What it is for; it stays as it is. `SERVICE` makes the account of a system.",
                scalar::code,
                |row| &mut row.duty,
            )
            .client_mutation_id()
    });
    &INPUT
}

fn fields() -> &'static Input<AccountFields> {
    static INPUT: LazyLock<Input<AccountFields>> = LazyLock::new(|| {
        Input::new("AccountFieldsInput", "Fields of an account. Absent keeps, null clears.")
            .value(
                "disabled: Boolean",
                "Whether it may ask nothing any more, from the next request on; its grants stay, its sessions end.",
                scalar::truth,
                |fields: &mut AccountFields| &mut fields.disabled,
            )
            .text(
                "externalSubject: String",
                "Who it is at the identity provider; null for nobody there. Of an administrator the operator at the machine \
                 says it.",
                SUBJECT,
                |fields| &mut fields.external_subject,
            )
    });
    &INPUT
}

/// `AccountUpdateInput`.
pub fn update() -> &'static Input<AccountUpdate> {
    static INPUT: LazyLock<Input<AccountUpdate>> = LazyLock::new(|| {
        Input::new("AccountUpdateInput", "A change of an account.")
            .object("by: AccountBy!", "Which account.", account_by, |row: &mut AccountUpdate| &mut row.by)
            .object("set: AccountFieldsInput!", "What it shall be.", fields, |row| &mut row.set)
            .expected_version(1, |row| &mut row.expected_version)
            .client_mutation_id()
    });
    &INPUT
}

fn mark(name: &'static str, description: &'static str) -> Input<AccountMark> {
    Input::new(name, description)
        .object("by: AccountBy!", "Which account.", account_by, |row: &mut AccountMark| &mut row.by)
        .client_mutation_id()
}

/// `AccountInviteInput`.
pub fn invite() -> &'static Input<AccountMark> {
    static INPUT: LazyLock<Input<AccountMark>> =
        LazyLock::new(|| mark("AccountInviteInput", "An account whose person shall set a password."));
    &INPUT
}

/// `AccountSignOutInput`.
pub fn sign_out() -> &'static Input<AccountMark> {
    static INPUT: LazyLock<Input<AccountMark>> =
        LazyLock::new(|| mark("AccountSignOutInput", "An account whose sessions and tokens end."));
    &INPUT
}

/// `AccountUnlockInput`.
pub fn unlock() -> &'static Input<AccountMark> {
    static INPUT: LazyLock<Input<AccountMark>> =
        LazyLock::new(|| mark("AccountUnlockInput", "An account that was locked after wrong passwords."));
    &INPUT
}

/// `SessionEndInput`.
pub fn session_end() -> &'static Input<SessionMark> {
    static INPUT: LazyLock<Input<SessionMark>> = LazyLock::new(|| {
        Input::new("SessionEndInput", "A session that ends, with its tokens.")
            .text("id: ID!", "Which session.", key::CODE, |row: &mut SessionMark| &mut row.id)
            .client_mutation_id()
    });
    &INPUT
}

/// `TokenRevokeInput`.
pub fn token_revoke() -> &'static Input<TokenMark> {
    static INPUT: LazyLock<Input<TokenMark>> = LazyLock::new(|| {
        Input::new("TokenRevokeInput", "A token that is refused from now on.")
            .object("account: AccountBy!", "Whose token it is.", account_by, |row: &mut TokenMark| &mut row.account)
            .text("jti: String!", "Its name, the claim `jti`.", TOKEN, |row| &mut row.jti)
            .client_mutation_id()
    });
    &INPUT
}
