//! Accounts as administrators see them. What an account knows of itself is `viewer`.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::AccountId;
use entity::{account, credential, invitation};
use futures_util::future::BoxFuture;

use super::account_grant::{self, AccountGrant};
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::json::{self, Texts};
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::order::OrderField;
use super::service_client::ServiceClient;
use super::session::Session;
use super::text;
use crate::error::AppResult;
use crate::service::account::sign_in;
use crate::service::order::Key;
use crate::service::read::Reader;
use crate::service::relation::{
    ACCOUNT_CLIENT, ACCOUNT_CREDENTIAL, ACCOUNT_GRANTS, ACCOUNT_INVITATIONS, ACCOUNT_SESSIONS,
};

/// `Account`.
pub struct Account;

impl Object for Account {
    type Row = account::Model;
    const NAME: &'static str = "Account";

    fn fields() -> &'static Fields<account::Model> {
        static FIELDS: LazyLock<Fields<account::Model>> = LazyLock::new(|| {
            Fields::<account::Model>::new("An account of a person or of another system.")
                .node(|account| account.id.public())
                .value("name: String!", "Unique name.", |account| Value::from(account.name.as_str()))
                .value("kind: AccountKind!", "Whether it belongs to a person or to another system.", |account| {
                    text::name(account.kind.code())
                })
                .value("duty: Duty!", "What it is for: it can have roles of this duty only.", |account| {
                    text::name(account.duty.code())
                })
                .value(
                    "externalSubject: String",
                    "Who it is at the identity provider; null for nobody there.",
                    |account| text::text(&account.external_subject),
                )
                .value(
                    "disabledAt: DateTime",
                    "Since when it may ask nothing any more; null while it may.",
                    |account| account.disabled_at.map_or(Value::Null, text::time),
                )
                .list::<AccountGrant, _>(
                    "grants: [AccountGrant!]!",
                    "What it may do, and where, also what has ended by its time; in the order of giving.",
                    ACCOUNT_GRANTS,
                    || vec![Key::up(entity::account_grant::Column::CreatedAt)],
                )
                .one::<ServiceClient, _>(
                    "serviceClient: ServiceClient",
                    "How it gets tokens by itself; null for an account that is no client.",
                    ACCOUNT_CLIENT,
                )
                .one::<Credential, _>(
                    "credential: Credential",
                    "What its person signs in with; null for who never set a password here.",
                    ACCOUNT_CREDENTIAL,
                )
                .list::<Invitation, _>(
                    "invitations: [Invitation!]!",
                    "Its invitations, oldest first: those that were used, and the last one.",
                    ACCOUNT_INVITATIONS,
                    || vec![Key::up(invitation::Column::CreatedAt)],
                )
                .connection::<Session, _>(
                    "sessions: SessionConnection!",
                    "Its sessions: those that go on, and those that were over less than a day ago.",
                    ACCOUNT_SESSIONS,
                )
                .field(
                    "lastSignInAt: DateTime",
                    "When its person last signed in here by password; null when that was never.",
                    Vec::new(),
                    |_| Ok(Step::Link(Box::new(LastSignIn))),
                )
                .value("createdAt: DateTime!", "When it was made.", |account| text::time(account.created_at))
                .value("updatedAt: DateTime!", "When it last changed.", |account| text::time(account.updated_at))
                .value("version: Int!", "Starts at 1 and grows by 1 with each change.", |account| {
                    Value::from(account.version)
                })
        });
        &FIELDS
    }
}

impl Connected for Account {
    type Entity = account::Entity;
    const AGGREGATE: &'static str = "AccountAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use account::Column;
            Filters::new("AccountFilter", "Conditions on accounts; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| AccountId::parse(id).map(|id| id.0))
                .text("name: StringFilter", "Name.", Column::Name)
                .code("kind: AccountKindFilter", "Whether it belongs to a person or to another system.", Column::Kind)
                .code("duty: DutyFilter", "What it is for.", Column::Duty)
                .text("externalSubject: StringFilter", "Who it is at the identity provider.", Column::ExternalSubject)
                .time(
                    "disabledAt: DateTimeFilter",
                    "Since when it may ask nothing any more; `isNull: true` asks for those that may.",
                    Column::DisabledAt,
                )
                .time("createdAt: DateTimeFilter", "When it was made.", Column::CreatedAt)
                .many("grants: AccountGrantListFilter", "Its grants.", ACCOUNT_GRANTS, account_grant::filters)
                .many("sessions: SessionListFilter", "Its sessions.", ACCOUNT_SESSIONS, Session::filters)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<account::Column>] {
        use account::Column;
        &[
            OrderField { name: "NAME", description: "Name.", column: Column::Name },
            OrderField { name: "CREATED_AT", description: "When it was made.", column: Column::CreatedAt },
            OrderField {
                name: "DISABLED_AT",
                description: "Since when it may ask nothing.",
                column: Column::DisabledAt,
            },
        ]
    }

    const DEFAULT_ORDER: &'static str = "name";

    fn default_order() -> &'static [account::Column] {
        &[account::Column::Name]
    }
}

/// When the person of each account last signed in.
struct LastSignIn;

impl Linked<account::Model> for LastSignIn {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [account::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let accounts: Vec<AccountId> = rows.iter().map(|account| account.id).collect();
            let last = sign_in::last(reader, &accounts).await?;
            let mut texts = Texts::with_capacity(accounts.len());
            for account in &accounts {
                let at = last.get(account).map_or(Value::Null, |at| text::time(*at));
                texts.push(|out| json::value(out, &at));
            }
            Ok(texts)
        })
    }
}

/// `Credential`.
pub struct Credential;

impl Object for Credential {
    type Row = credential::Model;
    const NAME: &'static str = "Credential";

    fn fields() -> &'static Fields<credential::Model> {
        static FIELDS: LazyLock<Fields<credential::Model>> = LazyLock::new(|| {
            Fields::<credential::Model>::new("What a person signs in with; nothing secret stands here.")
                .value("passwordSetAt: DateTime!", "When the password was set.", |credential| {
                    text::time(credential.password_set_at)
                })
                .value(
                    "totpSetAt: DateTime",
                    "Since when one-time codes are used; null where they are not.",
                    |credential| credential.totp_set_at.map_or(Value::Null, text::time),
                )
        });
        &FIELDS
    }
}

/// `Invitation`.
pub struct Invitation;

impl Object for Invitation {
    type Row = invitation::Model;
    const NAME: &'static str = "Invitation";

    fn fields() -> &'static Fields<invitation::Model> {
        static FIELDS: LazyLock<Fields<invitation::Model>> = LazyLock::new(|| {
            Fields::<invitation::Model>::new(
                "A code by which a person sets a password; the code itself is nowhere kept.",
            )
            .value("createdAt: DateTime!", "When it was made.", |invitation| text::time(invitation.created_at))
            .value("expiresAt: DateTime!", "Until when it can be used.", |invitation| text::time(invitation.expires_at))
            .value("usedAt: DateTime", "When it was used; null while it was not.", |invitation| {
                invitation.used_at.map_or(Value::Null, text::time)
            })
        });
        &FIELDS
    }
}
