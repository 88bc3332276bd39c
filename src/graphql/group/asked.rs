//! What is asked of groups: the arguments of their root fields, read into the grouping that answers.

use async_graphql::Value;
use entity::{indicator, indicator_count};
use futures_util::future::BoxFuture;
use sea_orm::EntityTrait;
use sea_orm::Value as Sql;

use super::{GroupOf, GroupedType, KeyField, PageOf};
use crate::error::{AppError, AppResult};
use crate::graphql::access;
use crate::graphql::engine::aggregate;
use crate::graphql::engine::argument::{self, At};
use crate::graphql::engine::asked::Asked;
use crate::graphql::engine::filter::{Filters, Reading, operator};
use crate::graphql::engine::json::Texts;
use crate::graphql::engine::object::{Linked, Object, Root, Step};
use crate::graphql::engine::order;
use crate::graphql::engine::plan::Plan;
use crate::service::aggregate::Measure;
use crate::service::filter::{Filter, Test};
use crate::service::group::{GroupPage, Grouped, Grouping, Key, Part};
use crate::service::order::Direction;
use crate::service::read::{Columns, Reader};
use crate::service::scope;

/// Plans the answer of a root field of groups.
pub fn field<T: GroupedType>(asked: &Asked<'_>) -> AppResult<Step<Root>> {
    let plan = Plan::compile::<PageOf<T>>(asked)?;
    let (keys, having, order) = (keys::<T>(asked)?, having::<T>(asked)?, orders::<T>(asked)?);
    let parts = asked.fields(T::NAMES.connection, &[]);
    let nodes = parts.iter().flat_map(|part| match part.name {
        "edges" => part.fields(T::NAMES.edge, &[]),
        _ => Vec::new(),
    });
    let nodes: Vec<Asked<'_>> = nodes.filter(|part| part.name == "node").collect();
    let nodes = || nodes.iter().chain(parts.iter().filter(|part| part.name == "nodes"));
    let units = super::units_read(GroupOf::<T>::NAME, nodes())?;
    let mut measures = aggregate::wanted::<T>(GroupOf::<T>::NAME, nodes())?;
    let order = order.into_iter().map(|(by, direction)| Ok((by.part(&keys)?, direction)));
    let order: Vec<(Part, Direction)> = order.collect::<AppResult<_>>()?;
    for part in order.iter().map(|(part, _)| part).chain(having.iter().map(|(part, _)| part)) {
        mark(&mut measures, *part);
    }
    let limits = asked.environment.limits;
    let first = asked.argument("first")?.filter(|value| *value != Value::Null);
    let first = first.map(|value| argument::int(&value, &At::top("first"))).transpose()?;
    let negative = |_| At::top("first").error("must not be negative");
    let size = first.map_or(Ok(limits.page_default), |first| u64::try_from(first).map_err(negative))?;
    if size > limits.page_max {
        return Err(AppError::bad_input(limits.page_refusal("first", size)));
    }
    let given = asked.argument("filter")?.unwrap_or(Value::Null);
    let count = parts.iter().any(|part| part.name == "totalCount");
    let rest = Rest { keys, having, order, size, count, units, asked };
    if let Some(known) = T::kept().filter(|known| is_kept(known, &rest.keys, &measures, &given, asked)) {
        let filter = read(known, &given, asked)?;
        return rest.answer::<indicator_count::Entity>(filter, Vec::new(), plan);
    }
    rest.answer::<T::Entity>(read(T::filters(), &given, asked)?, measures, plan)
}

fn read(filters: &Filters, given: &Value, asked: &Asked<'_>) -> AppResult<Filter> {
    if *given == Value::Null {
        return Ok(Filter::everything());
    }
    filters.read(given, &At::top("filter"), &mut Reading::new(asked.environment.limits, asked.environment.caller), 1)
}

/// Whether the numbers that the database keeps answer the question: how many there are by the keys that they are kept by, under
/// the conditions that they know, for who sees whole divisions.
fn is_kept<C>(known: &Filters, keys: &[Key], measures: &[Measure<C>], given: &Value, asked: &Asked<'_>) -> bool {
    keys.iter().all(|key| key.is_kept())
        && !measures.iter().any(|measure| measure.sum || measure.min || measure.max)
        && (*given == Value::Null || known.covers(given))
        && scope::sees_whole_divisions(asked.environment.caller, <indicator::Entity as scope::Scoped>::READ)
}

/// What is asked, beside the rows that are grouped.
struct Rest<'a> {
    keys: Vec<Key>,
    having: Vec<(Part, Test)>,
    order: Vec<(Part, Direction)>,
    size: u64,
    count: bool,
    units: Vec<(Key, Columns)>,
    asked: &'a Asked<'a>,
}

impl Rest<'_> {
    fn answer<E: Grouped>(
        self,
        filter: Filter,
        measures: Vec<Measure<E::Column>>,
        plan: Plan<GroupPage>,
    ) -> AppResult<Step<Root>>
    where
        E::Column: Send + Sync + 'static,
    {
        let Self { keys, having, order, size, count, units, asked } = self;
        let mut grouping = Grouping::<E> { filter, keys, measures, having, order, size, after: None, count, units };
        if let Some(after) = asked.argument("after")?.filter(|value| *value != Value::Null) {
            let text = argument::text(&after, &At::top("after"))?;
            let cursor = grouping.read_cursor(&text);
            let cursor = cursor.map_err(|error| AppError::bad_input(format!("`after`: {}", error.message())))?;
            grouping.after = Some(cursor);
        }
        Ok(Step::Link(Box::new(Groups { grouping, plan })))
    }
}

/// A page of groups.
struct Groups<E: EntityTrait> {
    grouping: Grouping<E>,
    plan: Plan<GroupPage>,
}

impl<E: Grouped> Linked<Root> for Groups<E>
where
    E::Column: Send + Sync,
{
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [Root]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let page = self.grouping.page(reader).await?;
            self.plan.render(reader, &vec![page; rows.len()]).await
        })
    }
}

fn mark<C>(measures: &mut [Measure<C>], part: Part) {
    let (Part::Sum(place) | Part::Min(place) | Part::Max(place)) = part else { return };
    let Some(measure) = measures.get_mut(place) else { return };
    measure.sum |= matches!(part, Part::Sum(_));
    measure.min |= matches!(part, Part::Min(_));
    measure.max |= matches!(part, Part::Max(_));
}

/// Refuses a key or measure that the caller may not see.
fn admit<T: GroupedType>(asked: &Asked<'_>, field: &str) -> AppResult<()> {
    let caller = asked.environment.caller;
    access::admit(caller, T::NAMES.group)?.admit(caller, T::NAMES.group, field)
}

fn keys<T: GroupedType>(asked: &Asked<'_>) -> AppResult<Vec<Key>> {
    let at = At::top("groupBy");
    let keys = argument::list(&asked.required("groupBy")?, &at, |item, at| {
        let name = argument::name(item, at)?;
        let known =
            T::KEYS.iter().find(|key| key.name == name).ok_or_else(|| at.error("must be a key of this type"))?;
        admit::<T>(asked, &access::field_of_order(known.name))?;
        Ok(known.key)
    })?;
    if keys.is_empty() || keys.len() > order::KEYS {
        return Err(at.error(&format!("must have 1 to {} keys", order::KEYS)));
    }
    match (1..keys.len()).find(|place| keys[..*place].contains(&keys[*place])) {
        Some(place) => Err(at.entry(place).error("names a key for the second time")),
        None => Ok(keys),
    }
}

/// What groups are sorted by: a key, or what they come to.
enum By {
    Key(&'static KeyField, At),
    Part(Part),
}

impl By {
    fn part(&self, keys: &[Key]) -> AppResult<Part> {
        match self {
            Self::Part(part) => Ok(*part),
            Self::Key(field, at) => {
                let place = keys.iter().position(|key| *key == field.key);
                place.map(Part::Key).ok_or_else(|| at.error("must be one of `groupBy`"))
            }
        }
    }
}

fn orders<T: GroupedType>(asked: &Asked<'_>) -> AppResult<Vec<(By, Direction)>> {
    let at = At::top("orderBy");
    let Some(value) = asked.argument("orderBy")?.filter(|value| *value != Value::Null) else { return Ok(Vec::new()) };
    let orders = argument::list(&value, &at, |item, at| {
        let (mut wanted, mut of, mut direction) = (String::new(), "SUM".to_owned(), Direction::Ascending);
        for (name, value) in argument::fields(item, at)? {
            let name_of = |value| argument::name(value, &at.field(name));
            match name {
                "field" => wanted = name_of(value)?,
                "of" => of = name_of(value)?,
                "direction" if name_of(value)? == "DESC" => direction = Direction::Descending,
                _ => {}
            }
        }
        let field = access::field_of_order(&wanted);
        admit::<T>(asked, &field)?;
        if let Some(key) = T::KEYS.iter().find(|key| key.name == wanted) {
            return Ok((wanted, By::Key(key, at.field("field")), direction));
        }
        let place = T::measures().iter().position(|measure| measure.name() == field);
        let part = match (place, of.as_str()) {
            (Some(place), "MIN") => Part::Min(place),
            (Some(place), "MAX") => Part::Max(place),
            (Some(place), _) => Part::Sum(place),
            (None, _) => Part::Count,
        };
        Ok((format!("{wanted} {of}"), By::Part(part), direction))
    })?;
    if orders.len() > order::KEYS {
        return Err(at.error(&format!("may have {} keys at the most", order::KEYS)));
    }
    let named = |place: usize| orders[..place].iter().any(|(name, ..)| *name == orders[place].0);
    if let Some(place) = (1..orders.len()).find(|place| named(*place)) {
        return Err(at.entry(place).error("names a key for the second time"));
    }
    Ok(orders.into_iter().map(|(_, by, direction)| (by, direction)).collect())
}

fn having<T: GroupedType>(asked: &Asked<'_>) -> AppResult<Vec<(Part, Test)>> {
    let at = At::top("having");
    let Some(value) = asked.argument("having")?.filter(|value| *value != Value::Null) else { return Ok(Vec::new()) };
    let mut reading = Reading::new(asked.environment.limits, asked.environment.caller);
    let mut tests = Vec::new();
    let int = |value: &Value, at: &At| argument::int(value, at).map(|number| Sql::from(i64::from(number)));
    for (name, value) in argument::fields(&value, &at)? {
        let at = at.field(name);
        if *value == Value::Null {
            continue;
        }
        let Some(place) = T::measures().iter().position(|measure| measure.name() == name) else {
            operators(value, &at, &int, &mut reading, Part::Count, &mut tests)?;
            continue;
        };
        admit::<T>(asked, name)?;
        for (name, value) in argument::fields(value, &at)? {
            let part = match name {
                "min" => Part::Min(place),
                "max" => Part::Max(place),
                _ => Part::Sum(place),
            };
            operators(value, &at.field(name), &T::measures()[place].kind.operand, &mut reading, part, &mut tests)?;
        }
    }
    Ok(tests)
}

/// The tests that the operators on one part stand for.
fn operators(
    value: &Value,
    at: &At,
    operand: &impl Fn(&Value, &At) -> AppResult<Sql>,
    reading: &mut Reading<'_>,
    part: Part,
    tests: &mut Vec<(Part, Test)>,
) -> AppResult<()> {
    if *value == Value::Null {
        return Ok(());
    }
    for (name, value) in argument::fields(value, at)? {
        let at = at.field(name);
        if *value == Value::Null {
            return Err(at.error("must not be null; use `isNull`"));
        }
        reading.term()?;
        tests.extend(operator(name, value, &at, operand, reading)?.into_iter().map(|test| (part, test)));
    }
    Ok(())
}
