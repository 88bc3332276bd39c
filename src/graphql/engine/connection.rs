//! Relay connections: arguments, limits, cursors, and the five things that can be asked of a page.

use std::ops::Range;

use async_graphql::Value;
use entity::value::SearchKind;
use futures_util::future::BoxFuture;
use sea_orm::{EntityName, EntityTrait, IdenStatic, ModelTrait};

use super::aggregate::{self, MeasureField};
use super::argument::{self, At};
use super::asked::Asked;
use super::edges::Edges;
use super::filter::{Filters, Reading};
use super::json::{self, Key, Texts};
use super::object::{Linked, Object};
use super::order::{self, OrderField};
use super::plan::Plan;
use super::signature::Argument;
use crate::error::{AppError, AppResult};
use crate::graphql::{access, search};
use crate::service::aggregate::{Measure, Totals};
use crate::service::filter::Filter;
use crate::service::order::{Direction, Ordering};
use crate::service::read::{Columns, Page, Question, Reader, Window};
use crate::service::relation::Relation;
use crate::service::scope::Scoped;

/// The largest `offset`; deeper pages are reached by cursor, at the price of the first page.
const OFFSET_LIMIT: i32 = 10_000;

/// A type that stands in connections.
pub trait Connected: Object<Row = <Self::Entity as EntityTrait>::Model> {
    /// Its table.
    type Entity: Scoped;
    /// Name of the object that shows what a list of it comes to.
    const AGGREGATE: &'static str;
    /// Whether its connections take a filter and an order; those of a list that only grows do not.
    const SEARCHED: bool = true;
    /// What its objects are in the index of search, where they are searched.
    const KIND: Option<SearchKind> = None;
    /// Its filter input.
    fn filters() -> &'static Filters;
    /// The keys it can be sorted by.
    fn orders() -> &'static [OrderField<<Self::Entity as EntityTrait>::Column>];
    /// The order without `orderBy`, in words: what follows “by”.
    const DEFAULT_ORDER: &'static str;
    /// The direction of all keys of the order without `orderBy`.
    const DEFAULT_DIRECTION: Direction = Direction::Ascending;
    /// The order without `orderBy`.
    fn default_order() -> &'static [<Self::Entity as EntityTrait>::Column];
    /// The numbers that are summed up over a list.
    fn measures() -> &'static [MeasureField<ColumnOf<Self>>] {
        &[]
    }
}

/// The columns of a type's table.
pub type ColumnOf<T> = <<T as Connected>::Entity as EntityTrait>::Column;

/// The arguments of a connection; only root connections have `offset`.
pub fn arguments<T: Connected>(root: bool) -> Vec<Argument> {
    let own = |suffix: &str, list: bool| -> &'static str {
        let ty = if list { format!("[{}{suffix}!]", T::NAME) } else { format!("{}{suffix}", T::NAME) };
        let name = if list { "orderBy" } else { "filter" };
        // The fields of each type are made once; their names and words live as long as the process.
        Box::leak(format!("{name}: {ty}").into_boxed_str())
    };
    let order = format!(
        "The order, by at most {} keys, none twice; objects equal in all come by `id`, in the direction of the last key. Without it, by {}.",
        order::KEYS,
        T::DEFAULT_ORDER
    );
    let mut arguments = Vec::new();
    if T::SEARCHED {
        arguments.extend([
            Argument::new(own("Filter", false), "Only objects that pass this filter."),
            Argument::new(own("Order", true), Box::leak(order.into_boxed_str())),
        ]);
    }
    if T::KIND.is_some() {
        arguments.push(search::argument());
    }
    arguments.extend([
        Argument::new(
            "first: Int",
            "The first n objects after `after`; `page_default` of `service { limits }` when neither `first` nor \
             `last` is given. More than `page_max` is an error that names the limit.",
        ),
        Argument::new("after: String", "Only objects after this cursor."),
        Argument::new(
            "last: Int",
            "The last n objects before `before`; not together with `first`. More than `page_max` of \
             `service { limits }` is an error that names the limit.",
        ),
        Argument::new("before: String", "Only objects before this cursor."),
    ]);
    if root {
        arguments.push(Argument::new(
            "offset: Int",
            "Leaves out the first n objects, up to 10,000; not together with cursors or `last`. Use cursors to go deeper.",
        ));
    }
    arguments
}

/// Reads the arguments of a connection.
fn question<T: Connected>(asked: &Asked<'_>, plan: &ConnectionPlan<T>) -> AppResult<Question<T::Entity>> {
    let limits = asked.environment.limits;
    let filter = match asked.argument("filter")? {
        None | Some(Value::Null) => Filter::everything(),
        Some(value) => {
            T::filters().read(&value, &At::top("filter"), &mut Reading::new(limits, asked.environment.caller), 1)?
        }
    };
    let filter = match T::KIND.map(|kind| search::condition::<T::Entity>(asked, kind)).transpose()?.flatten() {
        Some(found) => Filter::All(vec![filter, found]),
        None => filter,
    };
    let asked_order = asked.argument("orderBy")?;
    let order = order::read(asked_order.as_ref(), T::orders(), T::default_order(), T::DEFAULT_DIRECTION, |key| {
        access::admit_condition(asked.environment.caller, T::NAME, &access::field_of_order(key))
    })?;
    let window = window(asked, &order)?;
    Ok(Question { filter, order, window, count: plan.counts(), measures: plan.measures.clone() })
}

fn window<E: EntityTrait>(asked: &Asked<'_>, order: &Ordering<E>) -> AppResult<Window> {
    let limits = asked.environment.limits;
    let given = |name: &str| asked.argument(name).map(|value| value.filter(|value| *value != Value::Null));
    let number = |name: &str| -> AppResult<Option<u64>> {
        let Some(value) = given(name)? else { return Ok(None) };
        let number = argument::int(&value, &At::top(name))?;
        u64::try_from(number).map(Some).map_err(|_| At::top(name).error("must not be negative"))
    };
    let cursor = |name: &str| match given(name)? {
        None => Ok(None),
        Some(value) => {
            let text = argument::text(&value, &At::top(name))?;
            let read = order.read_cursor(&text);
            read.map(Some).map_err(|error| AppError::bad_input(format!("`{name}`: {}", error.message())))
        }
    };
    let (first, last, offset) = (number("first")?, number("last")?, number("offset")?);
    let (after, before) = (cursor("after")?, cursor("before")?);
    if first.is_some() && last.is_some() {
        return Err(AppError::bad_input("`first` and `last` exclude each other; use one of them."));
    }
    let name = if last.is_some() { "last" } else { "first" };
    let size = last.or(first).unwrap_or(limits.page_default);
    if size > limits.page_max {
        return Err(AppError::bad_input(limits.page_refusal(name, size)));
    }
    let offset = offset.unwrap_or(0);
    if offset > OFFSET_LIMIT.unsigned_abs().into() {
        return Err(AppError::bad_input(format!(
            "`offset` is {offset}; the limit is {OFFSET_LIMIT}. Go on with `after`."
        )));
    }
    if offset > 0 && (last.is_some() || after.is_some() || before.is_some()) {
        return Err(AppError::bad_input("`offset` cannot be used together with `last`, `after` or `before`."));
    }
    Ok(Window { size, backward: last.is_some(), after, before, offset })
}

/// What is asked of a connection.
struct ConnectionPlan<T: Connected> {
    fields: Vec<(Key, Part<T>)>,
    measures: Vec<Measure<ColumnOf<T>>>,
    columns: Option<Columns>,
}

/// A page without its rows, which stand with those of all pages.
struct Bounds {
    rows: Range<usize>,
    has_previous: bool,
    has_next: bool,
    totals: Totals,
}

enum Part<T: Connected> {
    Typename(String),
    Total,
    Aggregate(Plan<Totals>),
    PageInfo(Vec<(Key, Info)>),
    Nodes(Plan<T::Row>),
    Edges(Edges<T::Row>),
}

#[derive(Clone, Copy)]
enum Info {
    Typename,
    HasNext,
    HasPrevious,
    Start,
    End,
}

impl<T: Connected> ConnectionPlan<T> {
    fn compile(asked: &Asked<'_>) -> AppResult<Self> {
        let type_name = format!("{}Connection", T::NAME);
        let mut fields = Vec::new();
        let parts = asked.fields(&type_name, &[]);
        let sums = parts.iter().filter(|field| field.name == "aggregate");
        let measures = aggregate::wanted::<T>(T::AGGREGATE, sums)?;
        for field in &parts {
            let part = match field.name {
                "totalCount" => Part::Total,
                "aggregate" => Part::Aggregate(Plan::of(T::AGGREGATE, &aggregate::fields::<T>(), field)?),
                "pageInfo" => {
                    let info = field.fields("PageInfo", &[]).into_iter();
                    Part::PageInfo(info.map(|field| (Key::new(field.key), Info::named(field.name))).collect())
                }
                "nodes" => Part::Nodes(Plan::compile::<T>(field)?),
                "edges" => Part::Edges(Edges::compile::<T>(format!("{}Edge", T::NAME), field)?),
                _ => Part::Typename(type_name.clone()),
            };
            fields.push((Key::new(field.key), part));
        }
        Ok(Self { fields, measures, columns: None })
    }

    /// The columns of the rows that are looked at; `None` for all of them.
    fn columns(fields: &[(Key, Part<T>)], order: &Ordering<T::Entity>) -> Option<Columns> {
        let mut columns = Columns::none_of(T::Entity::default().table_name());
        let cursors = |mut columns: Columns| {
            columns.add(order.columns());
            columns
        };
        for (_, part) in fields {
            columns = match part {
                Part::Typename(_) | Part::Total | Part::Aggregate(_) => columns,
                Part::PageInfo(_) => cursors(columns),
                Part::Nodes(plan) => columns.and(plan.columns()?.clone())?,
                Part::Edges(edges) => {
                    for plan in edges.nodes() {
                        columns = columns.and(plan.columns()?.clone())?;
                    }
                    if edges.have_cursors() { cursors(columns) } else { columns }
                }
            };
        }
        Some(columns)
    }

    fn counts(&self) -> bool {
        self.fields.iter().any(|(_, part)| matches!(part, Part::Total | Part::Aggregate(_)))
    }

    /// Renders the pages of all parents together.
    async fn render(
        &self,
        reader: Reader<'_>,
        pages: Vec<Page<T::Row>>,
        order: &Ordering<T::Entity>,
    ) -> AppResult<Texts> {
        let mut rows = Vec::with_capacity(pages.iter().map(|page| page.rows.len()).sum());
        let pages: Vec<Bounds> = pages
            .into_iter()
            .map(|Page { rows: of_page, has_previous, has_next, totals }| {
                let first = rows.len();
                rows.extend(of_page);
                Bounds { rows: first..rows.len(), has_previous, has_next, totals }
            })
            .collect();
        let mut parts = Vec::with_capacity(self.fields.len());
        for (key, part) in &self.fields {
            let texts = match part {
                Part::Typename(_) | Part::Total | Part::PageInfo(_) => Texts::default(),
                Part::Aggregate(plan) => {
                    let totals: Vec<Totals> = pages.iter().map(|page| page.totals.clone()).collect();
                    plan.render(reader, &totals).await?
                }
                Part::Nodes(plan) => plan.render(reader, &rows).await?,
                Part::Edges(edges) => edges.render(reader, &rows, |row| order.cursor(row)).await?,
            };
            parts.push((key, (part, texts)));
        }
        let mut connections = Texts::with_capacity(pages.len());
        for (place, page) in pages.iter().enumerate() {
            let parts = parts.iter().map(|(key, (part, texts))| (*key, (*part, texts)));
            connections.push(|out| {
                json::object(out, parts, |out, (part, texts)| match part {
                    Part::Typename(name) => json::value(out, &Value::from(name.as_str())),
                    Part::Total => json::value(out, &Value::from(page.totals.count)),
                    Part::Aggregate(_) => out.extend_from_slice(texts.get(place)),
                    Part::PageInfo(fields) => {
                        let fields = fields.iter().map(|(key, info)| (key, info.value(page, &rows, order)));
                        json::object(out, fields, |out, value| json::value(out, &value));
                    }
                    Part::Nodes(_) | Part::Edges(_) => {
                        json::list(out, page.rows.clone().map(|place| texts.get(place)));
                    }
                });
            });
        }
        Ok(connections)
    }
}

impl Info {
    fn named(name: &str) -> Self {
        match name {
            "hasNextPage" => Self::HasNext,
            "hasPreviousPage" => Self::HasPrevious,
            "startCursor" => Self::Start,
            "endCursor" => Self::End,
            _ => Self::Typename,
        }
    }

    fn value<E: EntityTrait>(self, page: &Bounds, rows: &[E::Model], order: &Ordering<E>) -> Value {
        let rows = rows.get(page.rows.clone()).unwrap_or_default();
        match self {
            Self::Typename => Value::from("PageInfo"),
            Self::HasNext => Value::from(page.has_next),
            Self::HasPrevious => Value::from(page.has_previous),
            Self::Start => rows.first().map(|row| order.cursor(row)).into(),
            Self::End => rows.last().map(|row| order.cursor(row)).into(),
        }
    }
}

/// What is asked, and what of it is answered.
fn compile<T: Connected>(asked: &Asked<'_>) -> AppResult<(Question<T::Entity>, ConnectionPlan<T>)> {
    let mut plan = ConnectionPlan::compile(asked)?;
    let question = question::<T>(asked, &plan)?;
    plan.columns = ConnectionPlan::columns(&plan.fields, &question.order);
    Ok((question, plan))
}

/// A connection over the rows that a relation leads to.
pub struct ConnectionLink<P: EntityTrait, T: Connected> {
    relation: Relation<P, T::Entity>,
    question: Question<T::Entity>,
    plan: ConnectionPlan<T>,
}

impl<P: EntityTrait, T: Connected> ConnectionLink<P, T> {
    /// Plans a connection.
    pub fn compile(relation: Relation<P, T::Entity>, asked: &Asked<'_>) -> AppResult<Self> {
        let (question, plan) = compile::<T>(asked)?;
        Ok(Self { relation, question, plan })
    }
}

impl<P, T> Linked<P::Model> for ConnectionLink<P, T>
where
    P: EntityTrait,
    P::Model: ModelTrait<Entity = P> + Send + Sync,
    T: Connected,
    Relation<P, T::Entity>: Send + Sync,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [P::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let pages = reader.only(self.plan.columns.as_ref()).pages(self.relation, rows, &self.question).await?;
            self.plan.render(reader, pages, &self.question.order).await
        })
    }

    fn reads(&self) -> Option<Vec<&'static str>> {
        Some(vec![self.relation.from.as_str()])
    }
}

/// Reads one page of rows for each of its parents.
pub type Pages<R, T> = for<'a> fn(
    Reader<'a>,
    &'a [R],
    &'a Question<<T as Connected>::Entity>,
) -> BoxFuture<'a, AppResult<Vec<Page<<T as Object>::Row>>>>;

/// A connection over rows that no relation of columns leads to.
pub struct PagesLink<R, T: Connected> {
    pages: Pages<R, T>,
    question: Question<T::Entity>,
    plan: ConnectionPlan<T>,
}

impl<R, T: Connected> PagesLink<R, T> {
    /// Plans a connection.
    pub fn compile(pages: Pages<R, T>, asked: &Asked<'_>) -> AppResult<Self> {
        let (question, plan) = compile::<T>(asked)?;
        Ok(Self { pages, question, plan })
    }
}

impl<R: Send + Sync, T: Connected> Linked<R> for PagesLink<R, T> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let pages = (self.pages)(reader.only(self.plan.columns.as_ref()), rows, &self.question).await?;
            self.plan.render(reader, pages, &self.question.order).await
        })
    }
}

/// A connection over all rows of a table.
pub struct RootConnection<T: Connected> {
    question: Question<T::Entity>,
    plan: ConnectionPlan<T>,
}

impl<T: Connected> RootConnection<T> {
    /// Plans a connection.
    pub fn compile(asked: &Asked<'_>) -> AppResult<Self> {
        let (question, plan) = compile::<T>(asked)?;
        Ok(Self { question, plan })
    }
}

impl<T: Connected> Linked<()> for RootConnection<T> {
    fn load<'a>(&'a self, reader: Reader<'a>, _: &'a [()]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let page = reader.only(self.plan.columns.as_ref()).page::<T::Entity>(&self.question).await?;
            self.plan.render(reader, vec![page], &self.question.order).await
        })
    }
}
