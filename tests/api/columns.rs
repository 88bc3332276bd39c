//! What a field says about the columns that it looks at is true: all others can hold what they want.

use std::collections::HashMap;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::DocumentOperations;
use async_graphql::{Value, Variables};
use jixiao::graphql::engine::asked::{Asked, Environment};
use jixiao::graphql::engine::json::{self, Texts};
use jixiao::graphql::engine::object::{Object, Step};
use jixiao::graphql::held::Held;
use jixiao::graphql::indicator::{Indicator, QualitativeTarget, QuantityTarget, RangeTarget};
use jixiao::graphql::project::{Objective, Project};
use jixiao::graphql::spending_plan::{PlanPoint, SpendingPlan};
use jixiao::graphql::unit::Unit;
use jixiao::lang::Lang;
use jixiao::limits::ProfileLimits;
use jixiao::service::read::Reader;
use sea_orm::{EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn};

use crate::support::data::{Data, Shape};
use crate::support::world::{World, reader};

/// What is selected of a field, by the name of its type.
fn selection(ty: &str) -> &'static str {
    match ty.trim_matches(['[', ']', '!']) {
        "Money" => "{ amount raw }",
        "SourceRef" => "{ line table row document { id } }",
        "TargetValue" => {
            "{ raw ... on QuantityTarget { comparison value unit unitIsPercent } ... on RangeTarget { low high unit } \
             ... on QualitativeTarget { text } }"
        }
        "Unit" | "Project" | "SpendingPlan" | "IndicatorLevel" | "Objective" | "Finding" | "Division"
        | "DepartmentGoal" => "{ id }",
        "UnitAlias" => "{ code }",
        "PlanPoint" => "{ month }",
        "UnitSummary" => "{ units }",
        connection if connection.ends_with("Connection") => "{ totalCount }",
        _ => "",
    }
}

/// Renders a field of a row, alone.
async fn render<M>(world: &World, field: &jixiao::graphql::engine::object::Field<M>, row: &M) -> (Value, Vec<String>)
where
    M: ModelTrait + Clone + Send + Sync + 'static,
{
    let arguments = if matches!(field.signature.name, "goal" | "summary") { "(fiscalYear: 2025)" } else { "" };
    let text = format!("{{ {}{arguments} {} }}", field.signature.name, selection(field.signature.ty));
    let document = parse_query(&text).expect("a document");
    let DocumentOperations::Single(operation) = &document.operations else { panic!("one operation") };
    let (caller, held, variables) = (reader(), Held::default(), Variables::default());
    let environment = Environment {
        fragments: &HashMap::new(),
        variables: &variables,
        held: &held,
        definitions: &[],
        caller: &caller,
        limits: &ProfileLimits::SERVICE,
        bulk: None,
        lang: Lang::En,
    };
    let asked = Asked::fields_of("Row", &operation.node.selection_set.node, environment).remove(0);
    let step = field.compile(asked).expect("a step");
    let all = || M::Entity::default_columns();
    let reads = field.reads(&step).map_or_else(all, |names| names.into_iter().map(str::to_owned).collect());
    let value = match &step {
        Step::Own(write) => Texts::one(|out| write(row, out)),
        Step::Link(link) => {
            let reader = Reader::new(world.db.asked_by(&caller), &caller);
            link.load(reader, std::slice::from_ref(row)).await.expect("values")
        }
    };
    (json::read(&value.into_first()).expect("JSON"), reads)
}

/// The columns of a table by name.
trait Named {
    fn default_columns() -> Vec<String>;
}

impl<E: EntityTrait> Named for E {
    fn default_columns() -> Vec<String> {
        E::Column::iter().map(|column| column.as_str().to_owned()).collect()
    }
}

/// Each field of each row stays the same when the columns that it does not look at are those of another row.
async fn fields_look_only_at_what_they_say<T>(world: &World, rows: &[T::Row]) -> usize
where
    T: Object,
    T::Row: ModelTrait,
{
    type Column<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;
    let mut told = 0;
    for field in T::fields().all() {
        for (row, other) in rows.iter().zip(rows.iter().cycle().skip(1)) {
            let (value, reads) = render(world, field, row).await;
            let mut mixed = row.clone();
            for column in Column::<T::Row>::iter() {
                let is_key = <<T::Row as ModelTrait>::Entity as EntityTrait>::PrimaryKey::iter()
                    .any(|key| key.into_column().as_str() == column.as_str());
                if !is_key && !reads.iter().any(|name| name == column.as_str()) {
                    mixed.set(column, other.get(column));
                    told += 1;
                }
            }
            let (of_mixed, _) = render(world, field, &mixed).await;
            assert_eq!(of_mixed, value, "{}.{} looks at more than {reads:?}", T::NAME, field.signature.name);
        }
    }
    told
}

#[tokio::test]
async fn fields_look_only_at_the_columns_that_they_say() {
    let world = World::empty().await;
    let data = Data::stored(&world.db, Shape { divisions: 2, units: 3, ..Shape::SMALL }).await;
    let few = |count: usize| count.min(24);
    let told = [
        fields_look_only_at_what_they_say::<Unit>(&world, &data.units).await,
        fields_look_only_at_what_they_say::<Project>(&world, &data.projects[..few(data.projects.len())]).await,
        fields_look_only_at_what_they_say::<Objective>(&world, &data.objectives[..few(data.objectives.len())]).await,
        fields_look_only_at_what_they_say::<SpendingPlan>(&world, &data.plans[..few(data.plans.len())]).await,
        fields_look_only_at_what_they_say::<PlanPoint>(&world, &data.points[..few(data.points.len())]).await,
        fields_look_only_at_what_they_say::<Indicator>(&world, &data.indicators[..few(data.indicators.len())]).await,
        fields_look_only_at_what_they_say::<QuantityTarget>(&world, &data.indicators[..few(data.indicators.len())])
            .await,
        fields_look_only_at_what_they_say::<RangeTarget>(&world, &data.indicators[..few(data.indicators.len())]).await,
        fields_look_only_at_what_they_say::<QualitativeTarget>(&world, &data.indicators[..few(data.indicators.len())])
            .await,
    ];
    assert!(told.iter().all(|told| *told > 0), "fields say nothing about their columns: {told:?}");
}
