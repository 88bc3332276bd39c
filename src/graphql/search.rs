//! Search: one list over objects of several types, the best first, and the condition `search` on lists of one type.

use std::sync::{Arc, LazyLock};

use async_graphql::Value;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::id::{DepartmentGoalId, IndicatorId, ProjectId, UnitId};
use entity::value::SearchKind;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, Iterable, PrimaryKeyToColumn};
use uuid::Uuid;

use super::access;
use super::engine::argument::{self, At};
use super::engine::asked::Asked;
use super::engine::edges::Edges;
use super::engine::json::{self, Key, Texts};
use super::engine::object::{Fields, Linked, Object, Step};
use super::engine::plan::Plan;
use super::engine::signature::Argument;
use super::node::NodeOf;
use crate::error::{AppError, AppResult};
use crate::service::filter::Filter;
use crate::service::read::Reader;
use crate::service::scope::Scoped;
use crate::service::search::highlight::{self, Highlight};
use crate::service::search::hits::{Hit, Hits, Place, Search};
use crate::service::search::query::Sought;

/// The argument of lists of one type.
pub fn argument() -> Argument {
    Argument::new(
        "search: String",
        "Only objects in whose names and texts all these words stand, as in `Query.search`. It does not change the order. Not \
         together with `asOf`.",
    )
}

/// The condition that this argument makes, where it is given.
///
/// # Errors
/// `BAD_USER_INPUT` for a text without a sign, or one that is too long.
pub fn condition<E: Scoped>(asked: &Asked<'_>, kind: SearchKind) -> AppResult<Option<Filter>> {
    let Some(value) = asked.argument("search")?.filter(|value| *value != Value::Null) else { return Ok(None) };
    let sought = sought(asked, &argument::text(&value, &At::top("search"))?, "search")?;
    let key = E::PrimaryKey::iter().next().map(PrimaryKeyToColumn::into_column);
    let key = key.ok_or_else(|| AppError::internal("a table has no key"))?;
    Ok(Some(Filter::Present(Box::new(move |context| key.in_subquery(sought.objects(kind, context.backend))))))
}

/// What a query means for the caller: only the texts that he may see are searched.
fn sought(asked: &Asked<'_>, query: &str, argument: &str) -> AppResult<Sought> {
    let others = access::admit_condition(asked.environment.caller, "Unit", "aliases").is_ok();
    Sought::read(query, others).map_err(|error| At::top(argument).error(&error.to_string()))
}

/// The arguments of `search`.
pub fn arguments() -> Vec<Argument> {
    vec![
        Argument::new(
            "query: String!",
            "One or more words with spaces between them: any parts of names and texts, from one character up. All must stand in \
             an object, in the same text or in several. Width, case and spaces make no difference; no character has a special \
             meaning. At most 200 characters and 8 words.",
        ),
        Argument::new("types: [SearchType!]", "Only objects of these types; of all when absent or empty."),
        Argument::new(
            "first: Int",
            "The first n objects after `after`; `page_default` of `service { limits }` when absent. More than `page_max` is an \
             error that names the limit.",
        ),
        Argument::new("after: String", "Only objects after this cursor, which must come from the same `query`."),
    ]
}

/// What is asked of `search`.
pub struct SearchLink {
    search: Search,
    plan: Vec<(Key, Part)>,
}

enum Part {
    Typename,
    Total,
    PageInfo(Vec<(Key, String)>),
    Nodes(Plan<Found>),
    Edges(Edges<Found>),
}

impl SearchLink {
    /// Plans a search.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` for arguments that cannot be accepted.
    pub fn compile(asked: &Asked<'_>) -> AppResult<Self> {
        let mut plan = Vec::new();
        for field in asked.fields("SearchConnection", &[]) {
            let part = match field.name {
                "totalCount" => Part::Total,
                "pageInfo" => {
                    let info = field.fields("PageInfo", &[]).into_iter();
                    Part::PageInfo(info.map(|field| (Key::new(field.key), field.name.to_owned())).collect())
                }
                "nodes" => Part::Nodes(Plan::compile::<SearchHit>(&field)?),
                "edges" => Part::Edges(Edges::compile::<SearchHit>("SearchEdge".to_owned(), &field)?),
                _ => Part::Typename,
            };
            plan.push((Key::new(field.key), part));
        }
        let count = plan.iter().any(|(_, part)| matches!(part, Part::Total));
        Ok(Self { search: read(asked, count)?, plan })
    }

    async fn connection(&self, reader: Reader<'_>) -> AppResult<Texts> {
        let found = self.search.find(reader).await?;
        let rows: Vec<Found> = found.hits.iter().map(|hit| Found::new(*hit, &self.search)).collect();
        let mut parts = Vec::with_capacity(self.plan.len());
        for (key, part) in &self.plan {
            let texts = match part {
                Part::Typename | Part::Total | Part::PageInfo(_) => Texts::default(),
                Part::Nodes(plan) => plan.render(reader, &rows).await?,
                Part::Edges(edges) => edges.render(reader, &rows, |row| cursor(row.hit.place)).await?,
            };
            parts.push((key, (part, texts)));
        }
        Ok(Texts::one(|out| {
            json::object(out, parts, |out, (part, texts)| match part {
                Part::Typename => json::value(out, &Value::from("SearchConnection")),
                Part::Total => json::value(out, &Value::from(found.total.unwrap_or(0))),
                Part::PageInfo(fields) => {
                    let fields = fields.iter().map(|(key, name)| (key, self.info(name, &found)));
                    json::object(out, fields, |out, value| json::value(out, &value));
                }
                Part::Nodes(_) | Part::Edges(_) => json::list(out, texts.iter()),
            });
        }))
    }

    fn info(&self, name: &str, found: &Hits) -> Value {
        let place = |hit: Option<&Hit>| Value::from(hit.map(|hit| cursor(hit.place)));
        match name {
            "hasNextPage" => Value::from(found.has_next),
            "hasPreviousPage" => Value::from(self.search.after.is_some()),
            "startCursor" => place(found.hits.first()),
            "endCursor" => place(found.hits.last()),
            _ => Value::from("PageInfo"),
        }
    }
}

impl Linked<()> for SearchLink {
    fn load<'a>(&'a self, reader: Reader<'a>, _: &'a [()]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(self.connection(reader))
    }
}

/// Reads the arguments of `search`.
fn read(asked: &Asked<'_>, count: bool) -> AppResult<Search> {
    let limits = asked.environment.limits;
    let given = |name: &str| asked.argument(name).map(|value| value.filter(|value| *value != Value::Null));
    let query = argument::text(&asked.required("query")?, &At::top("query"))?;
    let mut kinds = match given("types")? {
        None => Vec::new(),
        Some(types) => argument::list(&types, &At::top("types"), |value, at| {
            let name = argument::name(value, at)?;
            SearchKind::from_code(&name).ok_or_else(|| at.error("is no SearchType"))
        })?,
    };
    if kinds.is_empty() {
        kinds = SearchKind::ALL.to_vec();
    }
    kinds.sort_unstable();
    kinds.dedup();
    let size = match given("first")? {
        None => limits.page_default,
        Some(value) => {
            let number = argument::int(&value, &At::top("first"))?;
            u64::try_from(number).map_err(|_| At::top("first").error("must not be negative"))?
        }
    };
    if size > limits.page_max {
        return Err(AppError::bad_input(limits.page_refusal("first", size)));
    }
    let after = match given("after")? {
        None => None,
        Some(value) => {
            let place = place(&argument::text(&value, &At::top("after"))?);
            Some(place.ok_or_else(|| At::top("after").error("is not a cursor of a search"))?)
        }
    };
    Ok(Search { sought: Arc::new(sought(asked, &query, "query")?), kinds, size, after, count })
}

/// A place as text.
fn cursor(Place { fit, object }: Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}", fit.score(), object.simple()))
}

fn place(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (score, object) = text.split_once(':')?;
    Place::of(score.parse().ok()?, Uuid::parse_str(object).ok()?)
}

/// An object that was found, with what it was found by.
#[derive(Clone)]
pub struct Found {
    hit: Hit,
    id: String,
    sought: Arc<Sought>,
}

impl Found {
    fn new(hit: Hit, search: &Search) -> Self {
        let key = hit.place.object;
        let id = match hit.kind {
            SearchKind::Unit => UnitId(key).public(),
            SearchKind::Project => ProjectId(key).public(),
            SearchKind::Indicator => IndicatorId(key).public(),
            SearchKind::DepartmentGoal => DepartmentGoalId(key).public(),
        };
        Self { hit, id, sought: Arc::clone(&search.sought) }
    }
}

/// `SearchHit`.
pub struct SearchHit;

impl Object for SearchHit {
    type Row = Found;
    const NAME: &'static str = "SearchHit";

    fn fields() -> &'static Fields<Found> {
        static FIELDS: LazyLock<Fields<Found>> = LazyLock::new(|| {
            Fields::<Found>::new("An object that a search found.")
                .field(
                    "node: Node",
                    "The object: a unit, a project, an indicator or a department goal. Null where it went in this moment.",
                    Vec::new(),
                    |asked| Ok(Step::Link(Box::new(NodeOf::compile(asked, |found: &Found| Some(found.id.as_str()))?))),
                )
                .value(
                    "score: Int!",
                    "How well the words fit, that of the word that fits least: 4 when it is a name or a code, 3 when one begins \
                     with it, 2 when it stands in one, 1 when it stands in another text.",
                    |found| Value::from(found.hit.place.fit.score()),
                )
                .field(
                    "highlights: [SearchHighlight!]!",
                    "The names and texts in which words stand.",
                    Vec::new(),
                    |asked| Ok(Step::Link(Box::new(Highlights { plan: Plan::compile::<SearchHighlight>(asked)? }))),
                )
        });
        &FIELDS
    }
}

struct Highlights {
    plan: Plan<Highlight>,
}

impl Linked<Found> for Highlights {
    fn load<'a>(&'a self, reader: Reader<'a>, rows: &'a [Found]) -> BoxFuture<'a, AppResult<Texts>> {
        Box::pin(async move {
            let Some(first) = rows.first() else { return Ok(Texts::default()) };
            let hits: Vec<Hit> = rows.iter().map(|row| row.hit).collect();
            let highlights = highlight::of(reader, &first.sought, &hits).await?;
            self.plan.render_lists(reader, highlights).await
        })
    }
}

/// `SearchHighlight`.
pub struct SearchHighlight;

impl Object for SearchHighlight {
    type Row = Highlight;
    const NAME: &'static str = "SearchHighlight";

    fn fields() -> &'static Fields<Highlight> {
        static FIELDS: LazyLock<Fields<Highlight>> = LazyLock::new(|| {
            Fields::<Highlight>::new("A text with words of a search in it.")
                .value(
                    "field: String!",
                    "The field of the object that shows the text, e.g. `name` or `objectives`.",
                    |h| Value::from(h.field),
                )
                .value("text: String!", "The text.", |h| Value::from(h.text.as_str()))
                .inlines::<TextRange>("ranges: [TextRange!]!", "Where words stand in it, in order and apart.", |h| {
                    h.ranges.clone()
                })
        });
        &FIELDS
    }
}

/// `TextRange`.
pub struct TextRange;

impl Object for TextRange {
    type Row = (usize, usize);
    const NAME: &'static str = "TextRange";

    fn fields() -> &'static Fields<(usize, usize)> {
        static FIELDS: LazyLock<Fields<(usize, usize)>> = LazyLock::new(|| {
            Fields::<(usize, usize)>::new("A part of a text, in characters (Unicode code points).")
                .value("start: Int!", "Its first character, counted from 0.", |range| Value::from(range.0))
                .value("end: Int!", "The character behind its last.", |range| Value::from(range.1))
        });
        &FIELDS
    }
}

/// The fields of `SearchConnection`; [`SearchLink`] renders them itself.
pub fn connection() -> &'static Fields<()> {
    static FIELDS: LazyLock<Fields<()>> = LazyLock::new(|| {
        Fields::<()>::new("A page of what a search found, the best first, of equal ones the newest first.")
            .value("edges: [SearchEdge!]!", "The objects of this page, each with its cursor.", |()| Value::Null)
            .value("nodes: [SearchHit!]!", "The objects of this page.", |()| Value::Null)
            .value("pageInfo: PageInfo!", "Where this page lies in the list.", |()| Value::Null)
            .value(
                "totalCount: Int!",
                "The number of all objects that are found: exact up to 10,000; 10,001 where there are more.",
                |()| Value::Null,
            )
    });
    &FIELDS
}

/// The fields of `SearchEdge`.
pub fn edge() -> &'static Fields<()> {
    static FIELDS: LazyLock<Fields<()>> = LazyLock::new(|| {
        Fields::<()>::new("An object that a search found, and its place.")
            .value("cursor: String!", "The place of the object, for `after`.", |()| Value::Null)
            .value("node: SearchHit!", "The object.", |()| Value::Null)
    });
    &FIELDS
}
