//! Who asks, and what the service is.

use std::sync::LazyLock;

use async_graphql::Value;
use entity::unit;

use super::engine::object::{Fields, Object, Step};
use super::engine::plan::{Keyed, Plan};
use super::permission::{self, Answers};
use super::text;
use super::unit::Unit;
use crate::auth::policy::Permission;
use crate::auth::{Account as Identity, Caller, Grant as Right, Scope};
use crate::limits::ProfileLimits;

/// `Viewer`.
pub struct Viewer;

impl Object for Viewer {
    type Row = Caller;
    const NAME: &'static str = "Viewer";

    fn fields() -> &'static Fields<Caller> {
        static FIELDS: LazyLock<Fields<Caller>> = LazyLock::new(|| {
            Fields::<Caller>::new("Who asks, with the rights as they stand at this moment.")
                .inline::<ViewerAccount>("account: ViewerAccount", "The account; null without a token.", |caller| {
                    caller.identity().cloned()
                })
                .inlines::<Grant>(
                    "grants: [Grant!]!",
                    "What the account may do, and where; an empty list without a token.",
                    |caller| caller.grants().to_vec(),
                )
                .value(
                    "permissions: [String!]!",
                    "What may be done somewhere, e.g. `project:write`: what a role of the grants allows and the token too.",
                    |caller| {
                        let allowed = Permission::ALL.iter().filter(|permission| caller.may(**permission).is_ok());
                        Value::List(allowed.map(|permission| Value::from(permission.name())).collect())
                    },
                )
                .field(
                    "can: [PermissionAnswer!]!",
                    "Whether each of some actions would be refused, in the order of the checks.",
                    permission::arguments(),
                    |asked| Ok(Step::Link(Box::new(Answers::compile(asked)?))),
                )
        });
        &FIELDS
    }
}

/// `ViewerAccount`.
pub struct ViewerAccount;

impl Object for ViewerAccount {
    type Row = Identity;
    const NAME: &'static str = "ViewerAccount";

    fn fields() -> &'static Fields<Identity> {
        static FIELDS: LazyLock<Fields<Identity>> = LazyLock::new(|| {
            Fields::<Identity>::new("The account of who asks.")
                .value("id: ID!", "Opaque id, stable for ever.", |account| Value::from(account.id.public()))
                .value("name: String!", "Unique name.", |account| Value::from(account.name.as_str()))
                .value("kind: AccountKind!", "Whether it belongs to a person or to another system.", |account| {
                    text::name(account.kind.code())
                })
        });
        &FIELDS
    }
}

/// `Grant`.
pub struct Grant;

impl Object for Grant {
    type Row = Right;
    const NAME: &'static str = "Grant";

    fn fields() -> &'static Fields<Right> {
        static FIELDS: LazyLock<Fields<Right>> = LazyLock::new(|| {
            Fields::<Right>::new("A role on a part of the data; without division and unit it holds everywhere.")
                .value("role: Role!", "What it makes the account.", |grant| text::name(grant.role.code()))
                .value("access: GrantAccess!", "Whether only to look.", |grant| text::name(grant.access.code()))
                .value("fiscalYearFirst: Int", "The first fiscal year that it reaches; null for all before.", |grant| {
                    grant.years.first.into()
                })
                .value("fiscalYearLast: Int", "The last fiscal year that it reaches; null for all after.", |grant| {
                    grant.years.last.into()
                })
                .value(
                    "divisionCode: String",
                    "Code of the division it is limited to; null when it is limited to a unit, or not at all.",
                    |grant| match &grant.scope {
                        Scope::Division(code) => Value::from(code.as_str()),
                        Scope::Everything | Scope::Unit(_) => Value::Null,
                    },
                )
                .field(
                    "unit: Unit",
                    "The unit it is limited to, with every unit below; null when it is limited to a division, or not \
                     at all.",
                    Vec::new(),
                    |asked| {
                        Ok(Step::Link(Box::new(Keyed::<Right, unit::Entity> {
                            key: |grant| match grant.scope {
                                Scope::Unit(id) => Some(id.0),
                                Scope::Everything | Scope::Division(_) => None,
                            },
                            column: unit::Column::Id,
                            plan: Plan::compile::<Unit>(asked)?,
                        })))
                    },
                )
        });
        &FIELDS
    }
}

/// What the service tells about itself.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The limits of the caller.
    pub limits: ProfileLimits,
}

/// `ServiceInfo`.
pub struct ServiceInfo;

impl Object for ServiceInfo {
    type Row = Facts;
    const NAME: &'static str = "ServiceInfo";

    fn fields() -> &'static Fields<Facts> {
        static FIELDS: LazyLock<Fields<Facts>> = LazyLock::new(|| {
            Fields::<Facts>::new("What the service is, and how much the caller may ask of it.")
                .value("name: String!", "Name of the product.", |_| Value::from("Jixiao"))
                .value("version: String!", "Version of the running service.", |_| {
                    Value::from(env!("CARGO_PKG_VERSION"))
                })
                .field("limits: [Limit!]!", "The limits of the caller's requests.", Vec::new(), |asked| {
                    Ok(Step::Link(Box::new(super::engine::plan::Inlines {
                        parts: |facts: &Facts| facts.limits.entries().collect(),
                        plan: Plan::compile::<Limit>(asked)?,
                    })))
                })
        });
        &FIELDS
    }
}

/// `Limit`.
pub struct Limit;

impl Object for Limit {
    type Row = (&'static str, u64);
    const NAME: &'static str = "Limit";

    fn fields() -> &'static Fields<Self::Row> {
        static FIELDS: LazyLock<Fields<(&'static str, u64)>> = LazyLock::new(|| {
            Fields::<(&'static str, u64)>::new("One limit of a request.")
                .value("name: String!", "Name of the limit, e.g. `page_max`.", |(name, _)| Value::from(*name))
                .value("value: Int!", "The largest value allowed.", |(_, value)| Value::from(*value))
        });
        &FIELDS
    }
}
