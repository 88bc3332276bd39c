//! Every type of the schema, registered once: scalars, enums, interfaces, small inputs, and the objects of the nouns.

mod enums;
mod keys;
mod operators;

use std::cell::Cell;
use std::sync::LazyLock;

use async_graphql::Value;
use async_graphql::registry::{__DirectiveLocation, Registry};

use super::access::Surface;
use super::account::{Account, Credential, Invitation};
use super::account_grant::{self, AccountGrant};
use super::aggregate::{DecimalAggregate, MoneyAggregate};
use super::bulk_operation::{BulkFailure, BulkOperation, BulkProgress, ErrorSummaryItem};
use super::department_goal::{DepartmentGoal, GoalItem, SafeguardMeasure};
use super::division::Division;
use super::engine::cost;
use super::engine::mutation::RowSummary;
use super::engine::object::{Fields, Object};
use super::engine::registry::Registrar;
use super::engine::signature::Argument;
use super::finding::Finding;
use super::history::{Change, FieldChange};
use super::indicator::{Indicator, IndicatorLevel, QualitativeTarget, QuantityTarget, RangeTarget};
use super::money::Money;
use super::permission::{self, PermissionAnswer};
use super::project::{Objective, Project};
use super::search::{SearchHighlight, SearchHit, TextRange};
use super::service_client::{ClientKey, ClientSecret, ServiceClient};
use super::session::Session;
use super::source_document::{SourceDocument, SourceRef};
use super::spending_plan::{PlanPoint, SpendingPlan};
use super::summary::{PlannedSpending, SeverityCount, UnitSummary};
use super::unit::{Unit, UnitAlias};
use super::upload::Upload;
use super::user_error::{ConflictError, DuplicateKeyError, ForbiddenError, NotFoundError, ValidationError};
use super::viewer::{Grant, Limit, ServiceInfo, Viewer, ViewerAccount};
use super::{group, indicator, locale, mutation, query, search, text, user_error};
use crate::lang::Lang;

thread_local! {
    /// The language and the surface of the schema that this thread is building. The library builds types by static functions,
    /// which take no other argument.
    static BUILDING: Cell<(Lang, Surface)> = const { Cell::new((Lang::En, Surface::Whole)) };
}

/// Builds something whose descriptions are in `lang`, with what a surface has.
pub fn building<T>(lang: Lang, surface: Surface, build: impl FnOnce() -> T) -> T {
    let before = BUILDING.replace((lang, surface));
    let built = build();
    BUILDING.set(before);
    built
}

/// Registers the whole schema.
pub fn register(registry: &mut Registry) {
    let (lang, surface) = BUILDING.get();
    let mut registrar = Registrar::new(registry, locale::translations(lang), surface);
    scalars(&mut registrar);
    enums::register(&mut registrar);
    operators::register(&mut registrar);
    keys::register(&mut registrar);
    permission::register(&mut registrar);
    objects(&mut registrar);
    registrar.access_directive(
        "Who sees and does what: the permission that a type or a mutation needs, and the class of a field; a field without it is \
         PUBLIC. Permissions are the scopes of tokens too; `viewer` says which a caller has.",
    );
    match surface {
        Surface::Whole => mutations(&mut registrar),
        Surface::Public => {}
    }
}

fn scalars(registrar: &mut Registrar<'_>) {
    registrar.scalar(
        "Decimal",
        "An exact decimal as a JSON string in plain notation, e.g. \"104.15\"; as input with at most 6 decimals. JSON \
         numbers are refused.",
        Some("https://www.w3.org/TR/xmlschema-2/#decimal"),
    );
    registrar.scalar(
        "DateTime",
        "A point in time as RFC 3339 with offset, e.g. \"2020-03-31T15:59:59Z\"; answers are in UTC.",
        Some("https://scalars.graphql.org/andimarek/date-time"),
    );
}

fn objects(registrar: &mut Registrar<'_>) {
    registrar.interface(
        "Node",
        "An object with an id. Interfaces show the id only; ask for more by a fragment on the type.",
        &[Argument::new("id: ID!", "Opaque id, stable for ever.")],
    );
    registrar.interface(
        "TargetValue",
        "The target (指标值) of an indicator, in one of three forms.",
        &[Argument::new("raw: String!", "As printed; an empty string when the cell is empty.")],
    );
    registrar.object::<PageInfo>();
    registrar.object::<Money>();
    registrar.object::<MoneyAggregate>();
    registrar.object::<DecimalAggregate>();
    registrar.object::<UnitSummary>();
    registrar.object::<PlannedSpending>();
    registrar.object::<SeverityCount>();
    group::register::<Project>(registrar);
    group::register::<Indicator>(registrar);
    registrar.object::<UnitAlias>();
    registrar.object::<GoalItem>();
    registrar.object::<SafeguardMeasure>();
    registrar.object::<Objective>();
    registrar.object::<SpendingPlan>();
    registrar.object::<PlanPoint>();
    registrar.object::<IndicatorLevel>();
    registrar.object::<QuantityTarget>();
    registrar.object::<RangeTarget>();
    registrar.object::<QualitativeTarget>();
    registrar.object::<SourceRef>();
    registrar.object::<Viewer>();
    registrar.object::<ViewerAccount>();
    registrar.object::<Grant>();
    registrar.object::<PermissionAnswer>();
    registrar.object::<ServiceInfo>();
    registrar.object::<Limit>();
    registrar.object::<SearchHit>();
    registrar.object::<SearchHighlight>();
    registrar.object::<TextRange>();
    registrar.fields("SearchEdge", search::edge());
    registrar.fields("SearchConnection", search::connection());
    registrar.connected::<Division>();
    registrar.connected::<Unit>();
    registrar.connected::<Project>();
    registrar.connected::<Indicator>();
    registrar.connected::<DepartmentGoal>();
    registrar.connected::<Finding>();
    registrar.connected::<SourceDocument>();
    registrar.connected::<Change>();
    registrar.object::<FieldChange>();
    registrar.object::<BulkProgress>();
    registrar.object::<BulkFailure>();
    registrar.object::<ErrorSummaryItem>();
    registrar.connected::<BulkOperation>();
    registrar.object::<Upload>();
    registrar.connected::<Account>();
    registrar.object::<AccountGrant>();
    registrar.object::<Credential>();
    registrar.object::<Invitation>();
    registrar.connected::<Session>();
    registrar.connected::<ServiceClient>();
    registrar.object::<ClientSecret>();
    registrar.object::<ClientKey>();
    registrar.filter(indicator::levels());
    registrar.filter(account_grant::filters());
    registrar.fields("Query", query::fields());
}

/// What mutations take and give.
fn mutations(registrar: &mut Registrar<'_>) {
    registrar.interface_of("UserError", user_error::interface());
    registrar.object::<ValidationError>();
    registrar.object::<DuplicateKeyError>();
    registrar.object::<ConflictError>();
    registrar.object::<NotFoundError>();
    registrar.object::<ForbiddenError>();
    registrar.object::<RowSummary>();
    mutation::table().register(registrar);
    cost::directives(registrar);
    registrar.directive(
        "idempotent",
        "Makes a mutation happen once, however often it is sent with this key: a repetition within 72 hours gets the \
         stored answer. The key has 16 to 255 characters and is made anew for each mutation, e.g. a UUID. The header \
         `Idempotency-Key` says the same for a request with one mutation.",
        &[__DirectiveLocation::FIELD],
        &[Argument::new("key: String!", "The key.")],
    );
}

/// `PageInfo`.
pub struct PageInfo;

/// Where a page lies in its list.
#[derive(Clone, Debug)]
pub struct PageFacts {
    /// Whether there are objects after it.
    pub has_next: bool,
    /// Whether there are objects before it.
    pub has_previous: bool,
    /// Cursor of its first object.
    pub start: Option<String>,
    /// Cursor of its last object.
    pub end: Option<String>,
}

impl Object for PageInfo {
    type Row = PageFacts;
    const NAME: &'static str = "PageInfo";

    /// Connections of objects render it themselves.
    fn fields() -> &'static Fields<PageFacts> {
        static FIELDS: LazyLock<Fields<PageFacts>> = LazyLock::new(|| {
            Fields::<PageFacts>::new("Where a page lies in its list.")
                .value("hasNextPage: Boolean!", "Whether there are objects after this page.", |page| {
                    Value::from(page.has_next)
                })
                .value("hasPreviousPage: Boolean!", "Whether there are objects before this page.", |page| {
                    Value::from(page.has_previous)
                })
                .value("startCursor: String", "Cursor of the first object; null when the page is empty.", |page| {
                    text::text(&page.start)
                })
                .value("endCursor: String", "Cursor of the last object; null when the page is empty.", |page| {
                    text::text(&page.end)
                })
        });
        &FIELDS
    }
}
