//! Groups of projects and of indicators: how many there are by several keys at once, and what their numbers come to.

mod asked;
mod inputs;
mod of_nouns;

use std::marker::PhantomData;

use async_graphql::Value;
use entity::{division, indicator_level, unit};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::division::Division;
use super::engine::aggregate;
use super::engine::asked::Asked;
use super::engine::connection::Connected;
use super::engine::filter::Filters;
use super::engine::json::{self, ByKey, Texts};
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::plan::{Keyed, Plan};
use super::indicator::IndicatorLevel;
use super::shapes::PageInfo;
use super::unit::Unit;
use crate::error::AppResult;
use crate::service::filter::{Filter, Test};
use crate::service::group::{Group, GroupPage, Grouped, Key};
use crate::service::order::{Cursor, Place};
use crate::service::read::{Columns, Reader};

pub use asked::field;
pub use inputs::{arguments, register};

/// A key that objects of a type are grouped by.
pub struct KeyField {
    /// Its name in the enum; the field of a group that shows it is named alike.
    pub name: &'static str,
    /// What it is.
    pub description: &'static str,
    /// The key.
    pub key: Key,
}

/// A type whose objects are grouped.
pub trait GroupedType: Connected<Entity: Grouped> {
    /// The name of a group, and of what belongs to it.
    const NAMES: Names;
    /// What groups are made by.
    const KEYS: &'static [KeyField];
    /// The conditions under which the database keeps how many there are, where it does.
    fn kept() -> Option<&'static Filters> {
        None
    }
    /// The fields of a group.
    fn group() -> &'static Fields<Group>;
    /// The fields of an edge.
    fn edge() -> &'static Fields<(Group, Cursor)>;
    /// The fields of a page.
    fn page() -> &'static Fields<GroupPage>;
}

/// The names of the types around a group.
pub struct Names {
    /// The group.
    pub group: &'static str,
    /// Its edge.
    pub edge: &'static str,
    /// Its connection.
    pub connection: &'static str,
    /// The enum of its keys.
    pub key: &'static str,
    /// The input that chooses groups.
    pub having: &'static str,
    /// The input that sorts them.
    pub order: &'static str,
    /// The enum of what they are sorted by.
    pub order_field: &'static str,
}

/// A group of objects of a type.
pub struct GroupOf<T>(PhantomData<fn() -> T>);

impl<T: GroupedType> Object for GroupOf<T> {
    type Row = Group;
    const NAME: &'static str = T::NAMES.group;

    fn fields() -> &'static Fields<Group> {
        T::group()
    }
}

/// A group and its place in a list.
pub struct EdgeOf<T>(PhantomData<fn() -> T>);

impl<T: GroupedType> Object for EdgeOf<T> {
    type Row = (Group, Cursor);
    const NAME: &'static str = T::NAMES.edge;

    fn fields() -> &'static Fields<(Group, Cursor)> {
        T::edge()
    }
}

/// A page of groups.
pub struct PageOf<T>(PhantomData<fn() -> T>);

impl<T: GroupedType> Object for PageOf<T> {
    type Row = GroupPage;
    const NAME: &'static str = T::NAMES.connection;

    fn fields() -> &'static Fields<GroupPage> {
        T::page()
    }
}

/// The fields that groups of every type have, and what is summed up.
fn group_fields<T: GroupedType>(description: &'static str) -> Fields<Group> {
    let fields = Fields::<Group>::new(description)
        .value("count: Int!", "How many there are.", |group| Value::from(group.totals.count))
        .value("fiscalYear: Int", "Fiscal year; null where the groups are not made by it.", |group| {
            match group.key(Key::FiscalYear) {
                Some(Place::Int(year)) => Value::from(*year),
                _ => Value::Null,
            }
        })
        .field(
            "division: Division",
            "Division; null where the groups are not made by it.",
            Vec::new(),
            |asked| Ok(Step::Link(Box::new(Divisions { plan: Plan::compile::<Division>(asked)? }))),
        )
        .field(
            "department: Unit",
            "The unit at the top of the tree in which the unit stands, itself where nothing is above it; null where it is \
             out of scope or the groups are not made by it.",
            Vec::new(),
            |asked| unit_of(asked, Key::Department, |group| id(group, Key::Department)),
        )
        .field("unit: Unit", "Unit; null where the groups are not made by it.", Vec::new(), |asked| {
            unit_of(asked, Key::Unit, |group| id(group, Key::Unit))
        })
        .value(
            "rule: String",
            "Identifier of a data-quality rule that noticed something in each of them; null for those in which none did, or \
             where the groups are not made by it.",
            |group| text(group, Key::Rule),
        );
    aggregate::measures::<T, _>(fields, |group| &group.totals)
}

fn edge_fields<T: GroupedType>(description: &'static str, node: &'static str) -> Fields<(Group, Cursor)> {
    Fields::<(Group, Cursor)>::new(description)
        .value("cursor: String!", "The place of the group in this order, for `after`.", |(_, cursor)| {
            Value::from(cursor.text())
        })
        .inline::<GroupOf<T>>(node, "The group.", |(group, _)| Some(group.clone()))
}

fn page_fields<T: GroupedType>(
    description: &'static str,
    edges: &'static str,
    nodes: &'static str,
) -> Fields<GroupPage> {
    Fields::<GroupPage>::new(description)
        .inlines::<EdgeOf<T>>(edges, "The groups of this page, each with its cursor.", |page| page.groups.clone())
        .inlines::<GroupOf<T>>(nodes, "The groups of this page.", |page| {
            page.groups.iter().map(|(group, _)| group.clone()).collect()
        })
        .inline::<PageInfo>("pageInfo: PageInfo!", "Where this page lies in the list.", |page| {
            let cursor = |group: Option<&(Group, Cursor)>| group.map(|(_, cursor)| cursor.text());
            Some(super::shapes::PageFacts {
                has_next: page.has_next,
                has_previous: page.has_previous,
                start: cursor(page.groups.first()),
                end: cursor(page.groups.last()),
            })
        })
        .value(
            "totalCount: Int!",
            "The exact number of groups in the whole list, counted only when this field is selected.",
            |page| Value::from(page.total.unwrap_or(0)),
        )
}

fn id(group: &Group, key: Key) -> Option<Uuid> {
    match group.key(key) {
        Some(Place::Id { id }) => Some(*id),
        _ => None,
    }
}

/// A key that is text.
fn text(group: &Group, key: Key) -> Value {
    match group.key(key) {
        Some(Place::Text(text)) => Value::from(text.as_str()),
        _ => Value::Null,
    }
}

/// A key that is a name of an enum.
fn name(group: &Group, key: Key) -> Value {
    match group.key(key) {
        Some(Place::Text(name)) => Value::Enum(async_graphql::Name::new(name)),
        _ => Value::Null,
    }
}

/// The unit that a key is: read with the groups by [`units_read`] where nothing else is asked of it, else looked up.
fn unit_of(asked: &Asked<'_>, key: Key, id: fn(&Group) -> Option<Uuid>) -> AppResult<Step<Group>> {
    let plan = Plan::compile::<Unit>(asked)?;
    if plan.own_columns().is_some() {
        return Ok(plan.inline(move |group: &Group| group.unit(key).cloned()));
    }
    Ok(Step::Link(Box::new(Keyed::<Group, unit::Entity> { key: id, column: unit::Column::Id, plan })))
}

/// The keys whose units are read with groups that `asked` shows, and which of their columns.
fn units_read<'a>(group: &str, asked: impl Iterator<Item = &'a Asked<'a>>) -> AppResult<Vec<(Key, Columns)>> {
    let mut units: Vec<(Key, Columns)> = Vec::new();
    for field in asked.flat_map(|asked| asked.fields(group, &[])) {
        let key = match field.name {
            "unit" => Key::Unit,
            "department" => Key::Department,
            _ => continue,
        };
        let plan = Plan::compile::<Unit>(&field)?;
        let Some(columns) = plan.own_columns() else { continue };
        match units.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => known.add(columns.names().iter().copied()),
            None => units.push((key, columns.clone())),
        }
    }
    Ok(units)
}

fn level_of(asked: &Asked<'_>, key: fn(&Group) -> Option<Uuid>) -> AppResult<Step<Group>> {
    let plan = Plan::compile::<IndicatorLevel>(asked)?;
    let column = indicator_level::Column::Id;
    Ok(Step::Link(Box::new(Keyed::<Group, indicator_level::Entity> { key, column, plan })))
}

/// The divisions of groups, in one statement.
struct Divisions {
    plan: Plan<division::Model>,
}

impl Linked<Group> for Divisions {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [Group]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let code = |group: &Group| match group.key(Key::Division) {
                Some(Place::Text(code)) => Some(code.clone()),
                _ => None,
            };
            let codes = rows.iter().filter_map(code).map(Into::into).collect();
            let named = Filter::column(division::Column::Code, Test::In(codes));
            let divisions = reader.all::<division::Entity>(&named, []).await?;
            let texts = self.plan.render(reader, &divisions).await?;
            let texts = ByKey::new(divisions.into_iter().map(|row| row.code), texts);
            let text = |group| code(group).and_then(|code| texts.get(&code)).unwrap_or(json::NULL);
            Ok(rows.iter().map(text).collect())
        })
    }
}
