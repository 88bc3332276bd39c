//! A plan: the fields that a document asks of one type, compiled once, rendered for any number of rows.

use async_graphql::Value;
use futures_util::future::{BoxFuture, try_join_all};
use sea_orm::{EntityTrait, IdenStatic};
use uuid::Uuid;

use super::asked::Asked;
use super::json::{self, ByKey, Key, Texts};
use super::object::{Fields, Linked, Object, Step};
use crate::error::{AppError, AppResult};
use crate::graphql::access;
use crate::service::filter::Filter;
use crate::service::order;
use crate::service::read::{Columns, Reader};
use crate::service::relation::Relation;
use crate::service::scope::Scoped;

/// The fields of one type that a document asks for, in the order of the answer.
pub struct Plan<R> {
    steps: Vec<(Key, Step<R>)>,
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
            let key = Key::new(field.key);
            let step = if field.name == "__typename" {
                Step::value(move |_: &R| Value::from(type_name))
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

    /// The columns that are looked at, where the rows are all that is needed; `None` where a field leads to other rows.
    pub fn own_columns(&self) -> Option<&Columns> {
        if self.steps.iter().any(|(_, step)| matches!(step, Step::Link(_))) { None } else { self.columns() }
    }

    /// Renders rows: first every relation for all rows together, side by side, then row by row without waiting.
    pub fn render<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(Texts::default());
            }
            let links = self.steps.iter().filter_map(|(_, step)| match step {
                Step::Link(link) => Some(link.load(reader, rows)),
                Step::Own(_) => None,
            });
            let links = try_join_all(links).await?;
            let mut texts = Texts::with_capacity(rows.len());
            for (place, row) in rows.iter().enumerate() {
                texts.push(|out| self.write(out, row, links.iter().map(|texts| texts.get(place))));
            }
            Ok(texts)
        })
    }

    /// Renders rows as [`Plan::render`] does; null for each that is none.
    pub async fn render_options(&self, reader: Reader<'_>, rows: Vec<Option<R>>) -> AppResult<Texts> {
        let there: Vec<bool> = rows.iter().map(Option::is_some).collect();
        let texts = self.render(reader, &rows.into_iter().flatten().collect::<Vec<_>>()).await?;
        if there.iter().all(|there| *there) {
            return Ok(texts);
        }
        let mut texts = texts.iter();
        let text = |there| if there { texts.next().unwrap_or(json::NULL) } else { json::NULL };
        Ok(there.into_iter().map(text).collect())
    }

    /// Renders lists of rows together, each as a list.
    pub async fn render_lists(&self, reader: Reader<'_>, lists: Vec<Vec<R>>) -> AppResult<Texts> {
        let sizes: Vec<usize> = lists.iter().map(Vec::len).collect();
        let texts = self.render(reader, &lists.into_iter().flatten().collect::<Vec<_>>()).await?;
        let mut texts = texts.iter();
        let mut lists = Texts::with_capacity(sizes.len());
        for size in sizes {
            lists.push(|out| json::list(out, texts.by_ref().take(size)));
        }
        Ok(lists)
    }

    /// The step of an object that is made from the row; null where there is none.
    pub fn inline<W, F>(self, part: F) -> Step<W>
    where
        W: Send + Sync + 'static,
        F: Fn(&W) -> Option<R> + Send + Sync + 'static,
    {
        if self.steps.iter().any(|(_, step)| matches!(step, Step::Link(_))) {
            return Step::Link(Box::new(Inline { part, plan: self }));
        }
        Step::Own(Box::new(move |row, out| match part(row) {
            Some(part) => self.write(out, &part, std::iter::empty()),
            None => out.extend_from_slice(json::NULL),
        }))
    }

    /// Writes a row with the values of its links.
    fn write<'a>(&self, out: &mut Vec<u8>, row: &R, mut links: impl Iterator<Item = &'a [u8]>) {
        json::object(out, self.steps.iter().map(|(key, step)| (key, step)), |out, step| match step {
            Step::Own(write) => write(row, out),
            Step::Link(_) => out.extend_from_slice(links.next().unwrap_or(json::NULL)),
        });
    }
}

/// An object made from the row that leads to other rows.
struct Inline<F, P> {
    part: F,
    plan: Plan<P>,
}

impl<R, P, F> Linked<R> for Inline<F, P>
where
    R: Send + Sync,
    P: Clone + Send + Sync + 'static,
    F: Fn(&R) -> Option<P> + Send + Sync,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(self.plan.render_options(reader, rows.iter().map(&self.part).collect()))
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
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(self.plan.render_lists(reader, rows.iter().map(self.parts).collect()))
    }
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
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [P::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let found = reader.only(self.plan.columns()).ones(self.relation, rows, &self.filter).await?;
            if self.required && found.iter().any(Option::is_none) {
                return Err(AppError::internal("a row that the schema promises is missing"));
            }
            self.plan.render_options(reader, found).await
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
    pub order: fn() -> Vec<order::Key<C::Column>>,
    /// What is asked of them.
    pub plan: Plan<C::Model>,
}

impl<P: EntityTrait, C: Scoped> Linked<P::Model> for Lists<P, C>
where
    Relation<P, C>: Send + Sync,
    P::Model: Send + Sync,
    C::Model: Clone + Send + Sync + 'static,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [P::Model]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let narrow = reader.only(self.plan.columns());
            let lists = narrow.lists(self.relation, rows, &self.filter, (self.order)()).await?;
            self.plan.render_lists(reader, lists).await
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
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let keys: Vec<Option<Uuid>> = rows.iter().map(self.key).collect();
            let found =
                reader.only(self.plan.columns()).keyed::<C>(self.column, keys.iter().flatten().copied()).await?;
            let (found, rows): (Vec<Uuid>, Vec<C::Model>) = found.into_iter().unzip();
            let texts = ByKey::new(found, self.plan.render(reader, &rows).await?);
            Ok(keys.iter().map(|key| key.as_ref().and_then(|key| texts.get(key)).unwrap_or(json::NULL)).collect())
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
    fn load<'a>(&'a self, reader: Reader<'a>, _: &'a [()]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let found = (self.rows)(reader.only(self.plan.columns())).await?;
            let texts = self.plan.render_options(reader, found).await?;
            Ok(if self.list { Texts::one(|out| json::list(out, texts.iter())) } else { texts })
        })
    }
}
