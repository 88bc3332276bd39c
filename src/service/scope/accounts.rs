//! Accounts and what belongs to them: for who may look at all of them, and for nobody else. What an account may know of itself
//! is told from its token, not from these tables.

use entity::value::Timestamp;
use entity::{account, account_grant, client, client_key, client_secret, credential, invitation, session};
use sea_orm::Condition;
use sea_orm::sea_query::{Expr, SelectStatement};

use super::Scoped;
use crate::auth::Caller;
use crate::auth::policy::Permission;

macro_rules! of_accounts {
    ($($table:ident),* $(,)?) => {
        $(impl Scoped for $table::Entity {
            const READ: Permission = Permission::AccountRead;

            fn visible(caller: &Caller) -> Condition {
                let all = Condition::all();
                if caller.may_everywhere(Self::READ) { all } else { all.add(Expr::cust("1 = 0")) }
            }

            fn at(_: &mut SelectStatement, _: Timestamp) {}
        })*
    };
}

of_accounts!(account, account_grant, client, client_key, client_secret, credential, invitation, session);
