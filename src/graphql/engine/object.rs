//! An object of the schema as a table of its fields.

use async_graphql::Value;
use entity::value::Timestamp;
use futures_util::future::BoxFuture;
use sea_orm::{EntityName, EntityTrait, IdenStatic};

use super::asked::Asked;
use super::connection::{Connected, ConnectionLink};
use super::json::{self, Texts};
use super::plan::{Inlines, Lists, Ones, Plan, Rows};
use super::signature::{Argument, Signature};
use crate::error::AppResult;
use crate::service::filter::Filter;
use crate::service::order::Key;
use crate::service::read::Reader;
use crate::service::relation::Relation;
use crate::service::scope::Scoped;

/// A GraphQL object and the row it is rendered from.
pub trait Object: Send + Sync + 'static {
    /// What a value of this type is rendered from.
    type Row: Clone + Send + Sync + 'static;
    /// Name in the schema.
    const NAME: &'static str;
    /// Its fields; made once.
    fn fields() -> &'static Fields<Self::Row>;
}

/// Values for many rows at once, from one statement or none.
pub trait Linked<R>: Send + Sync {
    /// One value for each row, in the order of the rows.
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [R]) -> BoxFuture<'a, AppResult<Texts>>;

    /// The columns of the rows that are looked at; `None` for all of them.
    fn reads(&self) -> Option<Vec<&'static str>> {
        None
    }
}

/// Writes the JSON of a value that is made from a row.
type Write<R> = dyn Fn(&R, &mut Vec<u8>) + Send + Sync;

/// How one field of a plan gets its values.
pub enum Step<R> {
    /// From the row itself, written where it belongs.
    Own(Box<Write<R>>),
    /// From other rows, for all rows of the level together.
    Link(Box<dyn Linked<R>>),
}

impl<R> Step<R> {
    /// A value that is made from the row.
    pub fn value(value: impl Fn(&R) -> Value + Send + Sync + 'static) -> Self {
        Self::Own(Box::new(move |row, out| json::value(out, &value(row))))
    }
}

type Compile<R> = dyn Fn(&Asked<'_>) -> AppResult<Step<R>> + Send + Sync;

/// A field of an object.
pub struct Field<R> {
    /// Name and type.
    pub signature: Signature,
    /// What it means.
    pub description: &'static str,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    compile: Box<Compile<R>>,
    reads: Option<Vec<&'static str>>,
}

impl<R> Field<R> {
    /// Makes the step that a document asks for.
    pub fn compile<'a>(&'a self, asked: Asked<'a>) -> AppResult<Step<R>> {
        (self.compile)(&asked.declared(&self.arguments))
    }

    /// The columns of the row that a step of this field looks at; `None` for all of them.
    pub fn reads(&self, step: &Step<R>) -> Option<Vec<&'static str>> {
        self.reads.clone().or_else(|| match step {
            Step::Own(_) => None,
            Step::Link(link) => link.reads(),
        })
    }
}

/// The fields of an object.
pub struct Fields<R> {
    /// What the object is.
    pub description: &'static str,
    /// The interfaces it implements.
    pub interfaces: Vec<&'static str>,
    /// The table of the rows, where fields tell which of its columns they look at.
    pub table: Option<&'static str>,
    fields: Vec<Field<R>>,
}

impl<R: Clone + Send + Sync + 'static> Fields<R> {
    /// An object without fields.
    pub fn new(description: &'static str) -> Self {
        Self { description, interfaces: Vec::new(), table: None, fields: Vec::new() }
    }

    /// All fields, in the order of their definition.
    pub fn all(&self) -> &[Field<R>] {
        &self.fields
    }

    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&Field<R>> {
        self.fields.iter().find(|field| field.signature.name == name)
    }

    /// Declares an interface.
    #[must_use]
    pub fn implements(mut self, interface: &'static str) -> Self {
        self.interfaces.push(interface);
        self
    }

    /// An object with an id, which `node` finds.
    #[must_use]
    pub fn node(self, id: fn(&R) -> String) -> Self {
        let mut fields = self.implements("Node").value(
            "id: ID!",
            "Opaque id, stable for ever; `node` finds the object by it.",
            move |row| Value::from(id(row)),
        );
        // The key is read always.
        if let Some(field) = fields.fields.last_mut() {
            field.reads = Some(Vec::new());
        }
        fields
    }

    /// Any field.
    #[must_use]
    pub fn field(
        mut self,
        signature: &'static str,
        description: &'static str,
        arguments: Vec<Argument>,
        compile: impl Fn(&Asked<'_>) -> AppResult<Step<R>> + Send + Sync + 'static,
    ) -> Self {
        let signature = Signature::read(signature);
        self.fields.push(Field { signature, description, arguments, compile: Box::new(compile), reads: None });
        self
    }

    /// A field that is in the row.
    #[must_use]
    pub fn value<F>(self, signature: &'static str, description: &'static str, value: F) -> Self
    where
        F: Fn(&R) -> Value + Clone + Send + Sync + 'static,
    {
        self.field(signature, description, Vec::new(), move |_| Ok(Step::value(value.clone())))
    }

    /// Objects made from the row.
    #[must_use]
    pub fn inlines<T: Object>(
        self,
        signature: &'static str,
        description: &'static str,
        parts: fn(&R) -> Vec<T::Row>,
    ) -> Self {
        self.field(signature, description, Vec::new(), move |asked| {
            Ok(Step::Link(Box::new(Inlines { parts, plan: Plan::compile::<T>(asked)? })))
        })
    }

    /// An object made from the row; null where there is none.
    #[must_use]
    pub fn inline<T: Object>(
        self,
        signature: &'static str,
        description: &'static str,
        part: fn(&R) -> Option<T::Row>,
    ) -> Self {
        self.field(signature, description, Vec::new(), move |asked| Ok(Plan::compile::<T>(asked)?.inline(part)))
    }
}

impl<M> Fields<M>
where
    M: sea_orm::ModelTrait + Clone + Send + Sync + 'static,
{
    /// Says which columns of the row the field that was added last looks at, besides the key; a field that does not say it
    /// makes all columns be read. What is said wrongly is found by `tests/api/columns.rs`.
    #[must_use]
    pub fn reads(mut self, columns: &[<M::Entity as EntityTrait>::Column]) -> Self {
        self.table = Some(<M::Entity as Default>::default().table_name());
        if let Some(field) = self.fields.last_mut() {
            field.reads = Some(columns.iter().map(IdenStatic::as_str).collect());
        }
        self
    }

    /// The one object that a relation leads to.
    #[must_use]
    pub fn one<T, C>(self, signature: &'static str, description: &'static str, relation: Relation<M::Entity, C>) -> Self
    where
        T: Object<Row = C::Model>,
        C: Scoped,
        M::Entity: EntityTrait<Model = M>,
        Relation<M::Entity, C>: Send + Sync,
    {
        self.one_where::<T, C>(signature, description, Vec::new(), relation, |_| Ok(Filter::everything()))
    }

    /// The one object that a relation leads to and that passes a filter made from the arguments.
    #[must_use]
    pub fn one_where<T, C>(
        self,
        signature: &'static str,
        description: &'static str,
        arguments: Vec<Argument>,
        relation: Relation<M::Entity, C>,
        filter: fn(&Asked<'_>) -> AppResult<Filter>,
    ) -> Self
    where
        T: Object<Row = C::Model>,
        C: Scoped,
        M::Entity: EntityTrait<Model = M>,
        Relation<M::Entity, C>: Send + Sync,
    {
        let required = Signature::read(signature).required();
        self.field(signature, description, arguments, move |asked| {
            let plan = Plan::compile::<T>(asked)?;
            Ok(Step::Link(Box::new(Ones { relation, filter: filter(asked)?, plan, required })))
        })
    }

    /// All objects that a relation leads to, in order; for lists that are short by nature.
    #[must_use]
    pub fn list<T, C>(
        self,
        signature: &'static str,
        description: &'static str,
        relation: Relation<M::Entity, C>,
        order: fn() -> Vec<Key<C::Column>>,
    ) -> Self
    where
        T: Object<Row = C::Model>,
        C: Scoped,
        M::Entity: EntityTrait<Model = M>,
        Relation<M::Entity, C>: Send + Sync,
    {
        self.list_where::<T, C>(signature, description, Vec::new(), relation, order, |_| Ok(Filter::everything()))
    }

    /// The objects that a relation leads to and that pass a filter made from the arguments, in order.
    #[must_use]
    pub fn list_where<T, C>(
        self,
        signature: &'static str,
        description: &'static str,
        arguments: Vec<Argument>,
        relation: Relation<M::Entity, C>,
        order: fn() -> Vec<Key<C::Column>>,
        filter: fn(&Asked<'_>) -> AppResult<Filter>,
    ) -> Self
    where
        T: Object<Row = C::Model>,
        C: Scoped,
        M::Entity: EntityTrait<Model = M>,
        Relation<M::Entity, C>: Send + Sync,
    {
        self.field(signature, description, arguments, move |asked| {
            let plan = Plan::compile::<T>(asked)?;
            Ok(Step::Link(Box::new(Lists { relation, filter: filter(asked)?, order, plan })))
        })
    }

    /// A connection: pages of the objects that a relation leads to.
    #[must_use]
    pub fn connection<T, C>(
        self,
        signature: &'static str,
        description: &'static str,
        relation: Relation<M::Entity, C>,
    ) -> Self
    where
        T: Connected<Entity = C> + Object<Row = C::Model>,
        C: Scoped,
        M::Entity: EntityTrait<Model = M>,
        Relation<M::Entity, C>: Send + Sync,
    {
        self.field(signature, description, super::connection::arguments::<T>(false), move |asked| {
            Ok(Step::Link(Box::new(ConnectionLink::<M::Entity, T>::compile(relation, asked)?)))
        })
    }
}

/// The root of queries: one row that carries nothing.
pub type Root = ();

impl Step<Root> {
    /// The value of a root field, as JSON.
    pub async fn answer(&self, reader: Reader<'_>) -> AppResult<Vec<u8>> {
        Ok(match self {
            Self::Own(write) => Texts::one(|out| write(&(), out)),
            Self::Link(link) => link.load(reader, &[()]).await?,
        }
        .into_first())
    }
}

impl Fields<Root> {
    /// A field whose values come from a function of the reader.
    #[must_use]
    pub fn rows<T: Object>(
        self,
        signature: &'static str,
        description: &'static str,
        arguments: Vec<Argument>,
        rows: impl Fn(&Asked<'_>) -> AppResult<Rows<T::Row>> + Send + Sync + 'static,
    ) -> Self {
        let list = Signature::read(signature).ty.starts_with('[');
        self.field(signature, description, arguments, move |asked| {
            let plan = Plan::compile::<T>(asked)?;
            Ok(Step::Link(Box::new(super::plan::Found { rows: rows(asked)?, plan, list })))
        })
    }

    /// A connection over all rows of a table.
    #[must_use]
    pub fn all_of<T: Connected>(self, signature: &'static str, description: &'static str) -> Self {
        self.field(signature, description, super::connection::arguments::<T>(true), move |asked| {
            Ok(Step::Link(Box::new(super::connection::RootConnection::<T>::compile(asked)?)))
        })
    }

    /// Gives the field that was added last an argument for the time whose state it shows, with everything below.
    #[must_use]
    pub fn at_moment(mut self, argument: Argument, moment: fn(&Asked<'_>) -> AppResult<Option<Timestamp>>) -> Self {
        let Some(Field { signature, description, mut arguments, compile, reads }) = self.fields.pop() else {
            return self;
        };
        arguments.push(argument);
        let compile = move |asked: &Asked<'_>| {
            Ok(match compile(asked)? {
                Step::Link(link) => Step::Link(Box::new(AtMoment { link, moment: moment(asked)? })),
                Step::Own(write) => Step::Own(write),
            })
        };
        self.fields.push(Field { signature, description, arguments, compile: Box::new(compile), reads });
        self
    }
}

/// What a field links to, as it was at a time.
struct AtMoment {
    link: Box<dyn Linked<Root>>,
    moment: Option<Timestamp>,
}

impl Linked<Root> for AtMoment {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [Root]) -> BoxFuture<'a, AppResult<Texts>> {
        self.link.load(reader.at(self.moment), rows)
    }

    fn reads(&self) -> Option<Vec<&'static str>> {
        self.link.reads()
    }
}
