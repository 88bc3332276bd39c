//! Sessions as administrators see them.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::id::SessionId;
use entity::session;

use super::account::Account;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::object::{Fields, Object};
use super::engine::order::OrderField;
use super::text;
use crate::clock;
use crate::service::order::Direction;
use crate::service::relation::SESSION_ACCOUNT;

/// `Session`.
pub struct Session;

impl Object for Session {
    type Row = session::Model;
    const NAME: &'static str = "Session";

    fn fields() -> &'static Fields<session::Model> {
        static FIELDS: LazyLock<Fields<session::Model>> = LazyLock::new(|| {
            Fields::<session::Model>::new("From signing in to signing out; its tokens stand nowhere here.")
                .node(|session| session.id.public())
                .one::<Account, _>("account: Account!", "Who signed in.", SESSION_ACCOUNT)
                .value("address: String!", "From which address.", |session| Value::from(session.address.as_str()))
                .value("active: Boolean!", "Whether it goes on.", |session| {
                    Value::from(session.ended_at.is_none() && session.expires_at > clock::system())
                })
                .value("createdAt: DateTime!", "When it began.", |session| text::time(session.created_at))
                .value("expiresAt: DateTime!", "When it ends at the latest.", |session| text::time(session.expires_at))
                .value("endedAt: DateTime", "When it was ended before that; null unless it was.", |session| {
                    session.ended_at.map_or(Value::Null, text::time)
                })
                .value("endedBy: SessionEnd", "Why it was ended before that.", |session| {
                    session.ended_by.map_or(Value::Null, |end| text::name(end.code()))
                })
        });
        &FIELDS
    }
}

impl Connected for Session {
    type Entity = session::Entity;
    const AGGREGATE: &'static str = "SessionAggregate";

    fn filters() -> &'static Filters {
        static FILTERS: LazyLock<Filters> = LazyLock::new(|| {
            use session::Column;
            Filters::new("SessionFilter", "Conditions on sessions; all fields given must hold.")
                .id("id: IdFilter", "Id.", Column::Id, |id| SessionId::parse(id).map(|id| id.0))
                .text("address: StringFilter", "From which address.", Column::Address)
                .time("createdAt: DateTimeFilter", "When it began.", Column::CreatedAt)
                .time("expiresAt: DateTimeFilter", "When it ends at the latest.", Column::ExpiresAt)
                .time("endedAt: DateTimeFilter", "When it was ended before that.", Column::EndedAt)
        });
        &FILTERS
    }

    fn orders() -> &'static [OrderField<session::Column>] {
        use session::Column;
        &[
            OrderField { name: "CREATED_AT", description: "When it began.", column: Column::CreatedAt },
            OrderField { name: "EXPIRES_AT", description: "When it ends at the latest.", column: Column::ExpiresAt },
        ]
    }

    const DEFAULT_ORDER: &'static str = "the time of signing in, newest first";

    const DEFAULT_DIRECTION: Direction = Direction::Descending;

    fn default_order() -> &'static [session::Column] {
        &[session::Column::CreatedAt]
    }
}
