//! Who asks: the caller of a request, decided once, before anything runs.
//!
//! Nothing here reads the database; `service::account` turns a token's subject into a [`Caller`].

pub mod bearer;
pub mod code;
pub mod folder;
mod jws;
pub mod key;
pub mod keyset;
mod known;
mod members;
pub mod oauth;
pub mod oidc;
pub mod password;
pub mod policy;
pub mod revoked;
pub mod ring;
pub mod seal;
pub mod strength;
pub mod token;
pub mod totp;

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use entity::id::{AccountId, UnitId};
use entity::value::{Access, AccountKind, Role};
use futures_util::future::BoxFuture;

use crate::error::{AppError, AppResult, ErrorCode};
use policy::{Class, Permission};

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

/// One right: a role on a scope, for all fiscal years or some.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Grant {
    /// What it makes the account.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// Whether only to look.
    pub access: Access,
    /// Which fiscal years.
    pub years: Years,
}

impl Grant {
    /// Everything that a role may do in a scope, in all years.
    pub fn new(role: Role, scope: Scope) -> Self {
        Self { role, scope, access: Access::Capture, years: Years::ALL }
    }

    /// What a role may look at in a scope, in all years.
    pub fn view(role: Role, scope: Scope) -> Self {
        Self { access: Access::View, ..Self::new(role, scope) }
    }

    /// The same for some years.
    #[must_use]
    pub fn of_years(self, years: Years) -> Self {
        Self { years, ..self }
    }
}

/// Fiscal years, both ends included; an absent end is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Years {
    /// The first.
    pub first: Option<i32>,
    /// The last.
    pub last: Option<i32>,
}

impl Years {
    /// Every year.
    pub const ALL: Self = Self { first: None, last: None };

    /// Whether a year is one of them.
    pub fn contains(self, year: i32) -> bool {
        self.first.is_none_or(|first| first <= year) && self.last.is_none_or(|last| year <= last)
    }
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
    who: Who,
    grants: Vec<Grant>,
    /// What the token allows of it; everything when it does not say.
    scopes: Option<BTreeSet<Permission>>,
}

#[derive(Clone, Debug)]
enum Who {
    Anonymous,
    Public,
    Account(Account),
    Operator,
}

/// Where a caller may do something.
#[derive(Clone, Debug)]
pub enum Reach<'a> {
    /// Everywhere, in every year.
    Everything,
    /// In these grants, and nowhere when there are none.
    Grants(Vec<&'a Grant>),
}

impl Caller {
    /// A request without a token: may read nothing but what describes the service.
    pub fn anonymous() -> Self {
        Self { who: Who::Anonymous, grants: Vec::new(), scopes: None }
    }

    /// Everybody, where only what is published is served.
    pub fn public() -> Self {
        Self { who: Who::Public, grants: vec![Grant::view(Role::Public, Scope::Everything)], scopes: None }
    }

    /// A request of an account with its current grants.
    pub fn account(account: Account, grants: Vec<Grant>) -> Self {
        Self { who: Who::Account(account), grants, scopes: None }
    }

    /// The operator at the machine: a command of this binary on its own database.
    pub fn operator() -> Self {
        Self { who: Who::Operator, grants: Vec::new(), scopes: None }
    }

    /// The same caller with a token that is limited to these permissions, by name; none for one that is not limited. A name
    /// that is no permission allows nothing.
    #[must_use]
    pub fn limited_to(self, token_scopes: Option<BTreeSet<String>>) -> Self {
        let scopes = token_scopes.map(|names| names.iter().filter_map(|name| Permission::from_name(name)).collect());
        Self { scopes, ..self }
    }

    /// The permissions that the token is limited to; none when it is not limited.
    pub fn token_scopes(&self) -> Option<&BTreeSet<Permission>> {
        self.scopes.as_ref()
    }

    /// The account, if a token named one.
    pub fn identity(&self) -> Option<&Account> {
        match &self.who {
            Who::Account(account) => Some(account),
            Who::Anonymous | Who::Public | Who::Operator => None,
        }
    }

    /// All grants.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether only what is published may be seen.
    pub fn sees_only_published(&self) -> bool {
        match self.who {
            Who::Public => true,
            Who::Anonymous | Who::Account(_) | Who::Operator => false,
        }
    }

    /// Whether the caller is somebody, whatever he may do.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token.
    pub fn is_known(&self) -> AppResult<()> {
        match self.who {
            Who::Account(_) | Who::Operator => Ok(()),
            Who::Anonymous | Who::Public => Err(AppError::new(
                ErrorCode::Unauthenticated,
                "This needs a token: send the header `Authorization: Bearer …`.",
            )),
        }
    }

    /// Whether the caller may do this anywhere at all; where exactly is what [`Caller::reach`] says.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a token, `FORBIDDEN` when no grant allows it, or not this token.
    pub fn may(&self, permission: Permission) -> AppResult<()> {
        if self.token_allows(permission) && (self.is_operator() || self.allowing(permission).next().is_some()) {
            return Ok(());
        }
        self.is_known()?;
        let name = permission.name();
        let message = if self.token_allows(permission) {
            format!("No grant of this account allows this: it needs the right {name}.")
        } else {
            format!("This token does not allow this: it needs the scope {name}.")
        };
        Err(AppError::new(ErrorCode::Forbidden, message))
    }

    /// Whether the caller sees fields of this class.
    pub fn sees(&self, class: Class) -> bool {
        class == Class::Public || self.is_operator() || self.grants.iter().any(|grant| policy::sees(grant.role, class))
    }

    /// Where the caller may do this.
    pub fn reach(&self, permission: Permission) -> Reach<'_> {
        if !self.token_allows(permission) {
            return Reach::Grants(Vec::new());
        }
        if self.is_operator() {
            return Reach::Everything;
        }
        let grants: Vec<&Grant> = self.allowing(permission).collect();
        let unlimited = |grant: &&Grant| grant.scope == Scope::Everything && grant.years == Years::ALL;
        if grants.iter().any(unlimited) { Reach::Everything } else { Reach::Grants(grants) }
    }

    /// Whether the caller may do this in every division and year.
    pub fn may_everywhere(&self, permission: Permission) -> bool {
        matches!(self.reach(permission), Reach::Everything)
    }

    /// Refuses a caller who may not do this in every division and year.
    ///
    /// # Errors
    /// As [`Caller::may`].
    pub fn must_everywhere(&self, permission: Permission) -> AppResult<()> {
        self.may(permission)?;
        if self.may_everywhere(permission) {
            return Ok(());
        }
        let name = permission.name();
        Err(AppError::new(ErrorCode::Forbidden, format!("This needs the right {name} on everything.")))
    }

    fn is_operator(&self) -> bool {
        match self.who {
            Who::Operator => true,
            Who::Anonymous | Who::Public | Who::Account(_) => false,
        }
    }

    fn token_allows(&self, permission: Permission) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes.contains(&permission))
    }

    fn allowing(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        let reaches = move |grant: &&Grant| permission.only_looks() || grant.access == Access::Capture;
        self.grants.iter().filter(move |grant| policy::allows(grant.role, permission)).filter(reaches)
    }
}

/// Turns the headers of a request into its caller: anonymous without a token, an `UNAUTHENTICATED` error with a bad one.
pub trait Authenticate: Send + Sync {
    /// Decides who asks.
    fn caller<'a>(&'a self, headers: &'a HeaderMap) -> BoxFuture<'a, AppResult<Caller>>;
}
