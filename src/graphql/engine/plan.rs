//! A plan: the fields that a document asks of one type, compiled once, rendered for any number of rows.

use std::collections::HashMap;

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};
use futures_util::future::{BoxFuture, try_join_all};
use sea_orm::{EntityTrait, IdenStatic};
use uuid::Uuid;

use super::asked::Asked;
use super::object::{Fields, Linked, Object, Step};
use crate::error::{AppError, AppResult};
use crate::graphql::access;
use crate::service::filter::Filter;
use crate::service::order::Key;
use crate::service::read::{Columns, Reader};
use crate::service::relation::Relation;
use crate::service::scope::Scoped;

/// The fields of one type that a document asks for, in the order of the answer.
pub struct Plan<R> {
    steps: Vec<(Name, Step<R>)>,
    columns: Option<Columns>,
}

impl<R: Clone + Send + Sync + 'static> Plan<R> {
    /// Plans what `asked` selects of an object of type `T`.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for an argument anywhere below that cannot be accepted.
    pub fn compile<T: Object<Row = R>>(asked: &Asked<'_>) -> AppResult<Self> {
        Self::of(T::NAME, T::fields(), asked)
    }

    /// Plans what `asked` selects of an object of the type `type_name` with the fields of `table`.
    ///
    /// # Errors
    /// As [`Plan::compile`].
    pub fn of(type_name: &'static str, table: &Fields<R>, asked: &Asked<'_>) -> AppResult<Self> {
        let access = access::admit(asked.environment.caller, type_name)?;
        let mut steps = Vec::new();
        let mut columns = table.table.map(Columns::none_of);
        for field in asked.fields(type_name, &table.interfaces) {
            let key = field.key.clone();
            let step = if field.name == "__typename" {
                Step::Value(Box::new(move |_: &R| Value::from(type_name)))
            } else {
                let name = field.name;
                access.admit(asked.environment.caller, type_name, name)?;
                let known = table.get(name);
                let known = known.ok_or_else(|| AppError::internal(format!("no field {type_name}.{name}")))?;
                let step = known.compile(field)?;
                columns = columns.zip(known.reads(&step)).map(|(mut columns, more)| {
                    columns.add(more);
                    columns
                });
                step
            };
            steps.push((key, step));
        }
        Ok(Self { steps, columns })
    }

    /// The columns of the rows that are looked at; `None` for all of them.
    pub fn columns(&self) -> Option<&Columns> {
        self.columns.as_ref()
    }

    /// Renders rows: first every relation for all rows together, side by side, then row by row without waiting.
    pub fn render<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            let links = self.steps.iter().filter_map(|(_, step)| match step {
                Step::Link(link) => Some(link.load(reader, rows)),
                Step::Value(_) => None,
            });
            let mut columns: Vec<_> = try_join_all(links).await?.into_iter().map(Vec::into_iter).collect();
            let objects = rows.iter().map(|row| {
                let mut columns = columns.iter_mut();
                let mut object = IndexMap::with_capacity(self.steps.len());
                for (key, step) in &self.steps {
                    let value = match step {
                        Step::Value(value) => value(row),
                        Step::Link(_) => columns.next().and_then(Iterator::next).unwrap_or(Value::Null),
                    };
                    object.insert(key.clone(), value);
                }
                Value::Object(object)
            });
            Ok(objects.collect())
        })
    }
}

/// Renders groups of rows together and gives them back group by group.
pub async fn render_groups<'a, R: Clone + Send + Sync + 'static>(
    plan: &'a Plan<R>,
    reader: Reader<'a>,
    groups: Vec<Vec<R>>,
) -> AppResult<Vec<Vec<Value>>> {
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let rows: Vec<R> = groups.into_iter().flatten().collect();
    let mut values = plan.render(reader, &rows).await?.into_iter();
    Ok(sizes.into_iter().map(|size| values.by_ref().take(size).collect()).collect())
}

/// An object made from the row.
pub struct Inline<R, P> {
    /// The part of the row that the object is rendered from.
    pub part: fn(&R) -> Option<P>,
    /// What is asked of it.
    pub plan: Plan<P>,
}

impl<R: Send + Sync, P: Clone + Send + Sync + 'static> Linked<R> for Inline<R, P> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let groups = rows.iter().map(|row| (self.part)(row).into_iter().collect()).collect();
            let values = render_groups(&self.plan, reader, groups).await?;
            Ok(values.into_iter().map(first_or_null).collect())
        })
    }
}

/// Objects made from the row.
pub struct Inlines<R, P> {
    /// The parts of the row that the objects are rendered from.
    pub parts: fn(&R) -> Vec<P>,
    /// What is asked of them.
    pub plan: Plan<P>,
}

impl<R: Send + Sync, P: Clone + Send + Sync + 'static> Linked<R> for Inlines<R, P> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let groups = rows.iter().map(self.parts).collect();
            let values = render_groups(&self.plan, reader, groups).await?;
            Ok(values.into_iter().map(Value::List).collect())
        })
    }
}

fn first_or_null(values: Vec<Value>) -> Value {
    values.into_iter().next().unwrap_or(Value::Null)
}

/// The one object that a relation leads to.
pub struct Ones<P: EntityTrait, C: EntityTrait> {
    /// The relation.
    pub relation: Relation<P, C>,
    /// Which of the rows it leads to.
    pub filter: Filter,
    /// What is asked of it.
    pub plan: Plan<C::Model>,
    /// Whether the schema promises that there is one.
    pub required: bool,
}

impl<P: EntityTrait, C: Scoped> Linked<P::Model> for Ones<P, C>
where
    Relation<P, C>: Send + Sync,
    P::Model: Send + Sync,
    C::Model: Clone + Send + Sync + 'static,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [P::Model]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let found = reader.only(self.plan.columns()).ones(self.relation, rows, &self.filter).await?;
            if self.required && found.iter().any(Option::is_none) {
                return Err(AppError::internal("a row that the schema promises is missing"));
            }
            let groups = found.into_iter().map(|row| row.into_iter().collect()).collect();
            let values = render_groups(&self.plan, reader, groups).await?;
            Ok(values.into_iter().map(first_or_null).collect())
        })
    }

    fn reads(&self) -> Option<Vec<&'static str>> {
        Some(vec![self.relation.from.as_str()])
    }
}

/// All objects that a relation leads to.
pub struct Lists<P: EntityTrait, C: EntityTrait> {
    /// The relation.
    pub relation: Relation<P, C>,
    /// Which of the rows it leads to.
    pub filter: Filter,
    /// In which order.
    pub order: fn() -> Vec<Key<C::Column>>,
    /// What is asked of them.
    pub plan: Plan<C::Model>,
}

impl<P: EntityTrait, C: Scoped> Linked<P::Model> for Lists<P, C>
where
    Relation<P, C>: Send + Sync,
    P::Model: Send + Sync,
    C::Model: Clone + Send + Sync + 'static,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [P::Model]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let narrow = reader.only(self.plan.columns());
            let lists = narrow.lists(self.relation, rows, &self.filter, (self.order)()).await?;
            let values = render_groups(&self.plan, reader, lists).await?;
            Ok(values.into_iter().map(Value::List).collect())
        })
    }

    fn reads(&self) -> Option<Vec<&'static str>> {
        Some(vec![self.relation.from.as_str()])
    }
}

/// The one object whose key stands in the row.
pub struct Keyed<R, C: EntityTrait> {
    /// The key, where there is one.
    pub key: fn(&R) -> Option<Uuid>,
    /// The column that holds it.
    pub column: C::Column,
    /// What is asked of the object.
    pub plan: Plan<C::Model>,
}

impl<R: Send + Sync, C: Scoped> Linked<R> for Keyed<R, C>
where
    C::Model: 'static,
    C::Column: Send + Sync,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let keys: Vec<Option<Uuid>> = rows.iter().map(self.key).collect();
            let found =
                reader.only(self.plan.columns()).keyed::<C>(self.column, keys.iter().flatten().copied()).await?;
            let (found, rows): (Vec<Uuid>, Vec<C::Model>) = found.into_iter().unzip();
            let values: HashMap<Uuid, Value> = found.into_iter().zip(self.plan.render(reader, &rows).await?).collect();
            Ok(keys
                .into_iter()
                .map(|key| key.and_then(|key| values.get(&key).cloned()).unwrap_or(Value::Null))
                .collect())
        })
    }
}

/// A function that finds rows for a root field; a row is `None` where nothing was found.
pub type Rows<R> = Box<dyn for<'a> Fn(Reader<'a>) -> BoxFuture<'a, AppResult<Vec<Option<R>>>> + Send + Sync>;

/// The rows that a root field finds.
pub struct Found<R> {
    /// Finds them.
    pub rows: Rows<R>,
    /// What is asked of them.
    pub plan: Plan<R>,
    /// Whether the field is a list, or the first row.
    pub list: bool,
}

impl<R: Clone + Send + Sync + 'static> Linked<()> for Found<R> {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [()]) -> BoxFuture<'a, AppResult<Vec<Value>>> {
        Box::pin(async move {
            let found = (self.rows)(reader.only(self.plan.columns())).await?;
            let groups = found.into_iter().map(|row| row.into_iter().collect()).collect();
            let values: Vec<Value> =
                render_groups(&self.plan, reader, groups).await?.into_iter().map(first_or_null).collect();
            let value = if self.list { Value::List(values) } else { first_or_null(values) };
            Ok(vec![value; rows.len()])
        })
    }
}
