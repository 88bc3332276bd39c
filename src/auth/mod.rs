//! Who asks: the caller of a request, decided once, before anything runs.
//!
//! Nothing here reads the database; `service::account` turns a token's subject into a [`Caller`].

pub mod bearer;
pub mod code;
pub mod folder;
mod jws;
pub mod key;
pub mod keyset;
mod members;
pub mod oauth;
pub mod oidc;
pub mod password;
pub mod revoked;
pub mod ring;
pub mod seal;
pub mod strength;
pub mod token;
pub mod totp;

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use entity::id::{AccountId, UnitId};
use entity::value::{AccountKind, Role};

use futures_util::future::BoxFuture;

use crate::error::{AppError, AppResult, ErrorCode};

/// What a request wants to do, asked by [`Caller::may`] at the head of every service function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read business data.
    Read,
    /// Write business data.
    Write,
    /// Manage accounts and grants.
    Administer,
}

/// The part of the data that a grant covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every division.
    Everything,
    /// One division, by code.
    Division(String),
    /// One unit and every unit below it.
    Unit(UnitId),
}

/// One right: a role on a scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// What may be done.
    pub role: Role,
    /// Where.
    pub scope: Scope,
}

/// The account behind a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// Its unique name.
    pub name: String,
    /// Person or system.
    pub kind: AccountKind,
}

/// Who asks, with the rights as they stand in the database at this moment.
#[derive(Clone, Debug)]
pub struct Caller {
    account: Option<Account>,
    grants: Vec<Grant>,
    token_scopes: Option<BTreeSet<String>>,
}

impl Caller {
    /// A request without a token: may read nothing but what describes the service.
    pub fn anonymous() -> Self {
        Self { account: None, grants: Vec::new(), token_scopes: None }
    }

    /// A request of an account with its current grants.
    pub fn account(account: Account, grants: Vec<Grant>) -> Self {
        Self { account: Some(account), grants, token_scopes: None }
    }

    /// The operator at the machine: a command of this binary on its own database.
    pub fn operator() -> Self {
        let grants = vec![Grant { role: Role::Admin, scope: Scope::Everything }];
        Self { account: None, grants, token_scopes: None }
    }

    /// The same caller with a token that is limited to these permissions; none for one that is not limited.
    #[must_use]
    pub fn limited_to(self, token_scopes: Option<BTreeSet<String>>) -> Self {
        Self { token_scopes, ..self }
    }

    /// The permissions that the token is limited to, by name; none when it is not limited.
    pub fn token_scopes(&self) -> Option<&BTreeSet<String>> {
        self.token_scopes.as_ref()
    }

    /// The account, if a token named one.
    pub fn identity(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// All grants.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether the caller may do this anywhere at all; where exactly is what [`Caller::scopes`] says.
    pub fn may(&self, action: Action) -> AppResult<()> {
        if self.grants.iter().any(|grant| allows(grant.role, action)) {
            return Ok(());
        }
        if self.account.is_none() {
            return Err(AppError::new(
                ErrorCode::Unauthenticated,
                "This needs a token: send the header `Authorization: Bearer …`.",
            ));
        }
        Err(AppError::new(ErrorCode::Forbidden, "No grant of this account allows this."))
    }

    /// The scopes in which the caller may do this.
    pub fn scopes(&self, action: Action) -> impl Iterator<Item = &Scope> {
        self.grants.iter().filter(move |grant| allows(grant.role, action)).map(|grant| &grant.scope)
    }
}

/// Reading by every role, writing by editors, administration by administrators.
fn allows(role: Role, action: Action) -> bool {
    match action {
        Action::Read => true,
        Action::Write => matches!(role, Role::Editor | Role::Admin),
        Action::Administer => matches!(role, Role::Admin),
    }
}

/// Turns the headers of a request into its caller: anonymous without a token, an `UNAUTHENTICATED` error with a bad one.
pub trait Authenticate: Send + Sync {
    /// Decides who asks.
    fn caller<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>>;
}
