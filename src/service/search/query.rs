//! Words as a condition on entries: first the pairs, by the full-text index, then the folded texts where pairs do not suffice.

use entity::search_entry;
use entity::value::SearchKind;
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, Value};

use crate::rules::search::{self, Fit, Pairs, Part, QueryError};

/// The table of the pairs on SQLite.
const PAIRS: &str = "search_pair";

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sought {
    words: Vec<String>,
    parts: Vec<Part>,
}

impl Sought {
    /// Reads a query; `others` tells whether texts are searched that are not for the public.
    ///
    /// # Errors
    /// For a query without a sign, or one that is too long.
    pub fn read(query: &str, others: bool) -> Result<Self, QueryError> {
        let parts = Part::ALL.into_iter().filter(|part| others || *part != Part::Others);
        Ok(Self { words: search::words(query)?, parts: parts.collect() })
    }

    /// Its words.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether texts are searched that are not for the public.
    pub fn has_others(&self) -> bool {
        self.parts.contains(&Part::Others)
    }

    /// The keys of the objects of a kind that are found.
    pub fn objects(&self, kind: SearchKind, backend: DbBackend) -> SelectStatement {
        let mut select = self.at_least(&[kind], Fit::Text, backend);
        if backend == DbBackend::Postgres {
            // Keeps the planner from looking at the pairs row by row of the list around, where a guess of it is wrong.
            select.offset(0);
        }
        select.column((search_entry::Entity, search_entry::Column::ObjectId)).take()
    }

    /// Selects, without columns yet, the entries of these kinds that all words fit so or better.
    pub fn at_least(&self, kinds: &[SearchKind], fit: Fit, backend: DbBackend) -> SelectStatement {
        let (ask, suffices) = self.ask(kinds, fit);
        let mut select = found(&ask, backend);
        if !suffices {
            select.and_where(self.in_texts(fit, backend));
        }
        select
    }

    /// What the pairs are asked, and whether they suffice.
    fn ask(&self, kinds: &[SearchKind], fit: Fit) -> (Ask, bool) {
        let mut suffice = true;
        let of_kinds = kinds.iter().map(|kind| {
            let words = self.words.iter().map(|word| {
                let sought = fit.sought(word);
                let of_parts = self.parts_of(fit).iter().map(|part| {
                    let (pairs, enough) = search::sought_pairs(*kind, *part, &sought);
                    suffice &= enough;
                    Ask::of(pairs)
                });
                Ask::Any(of_parts.collect())
            });
            Ask::All(words.collect())
        });
        let ask = Ask::Any(of_kinds.collect());
        (ask, suffice)
    }

    /// Selects, without columns yet, the entries of these kinds that all words fit so, and not all better.
    pub fn exactly(&self, kinds: &[SearchKind], fit: Fit, backend: DbBackend) -> SelectStatement {
        self.but_better(self.at_least(kinds, fit, backend), fit, backend)
    }

    /// The same entries for PostgreSQL, which does not look them up but meets them among some entries of one kind.
    pub fn met(&self, entries: SelectStatement, kind: SearchKind, fit: Fit) -> SelectStatement {
        let (ask, suffices) = self.ask(&[kind], fit);
        let mut select = Query::select().from_subquery(entries, search_entry::Entity).take();
        select.and_where(Expr::cust_with_values("search_entry.pairs @@ $1::tsquery", [ask.of_postgres()]));
        if !suffices {
            select.and_where(self.in_texts(fit, DbBackend::Postgres));
        }
        self.but_better(select, fit, DbBackend::Postgres)
    }

    fn but_better(&self, mut select: SelectStatement, fit: Fit, backend: DbBackend) -> SelectStatement {
        if let Some(better) = fit.better() {
            select.and_where(self.in_texts(better, backend).not());
        }
        select
    }

    /// The score of an entry that is found, on PostgreSQL.
    pub fn score(&self) -> SimpleExpr {
        let mut score = CaseStatement::new();
        for fit in Fit::ALL {
            score = match fit {
                Fit::Text => score.finally(fit.score()),
                Fit::Whole | Fit::Beginning | Fit::Name => {
                    score.case(self.in_texts(fit, DbBackend::Postgres), fit.score())
                }
            };
        }
        score.into()
    }

    /// The parts in which a word fits so or better.
    fn parts_of(&self, fit: Fit) -> &[Part] {
        match fit {
            Fit::Text => &self.parts,
            Fit::Name | Fit::Beginning | Fit::Whole => &[Part::Names],
        }
    }

    /// That the folded texts have all words so or better, which is the meaning of it all.
    fn in_texts(&self, fit: Fit, backend: DbBackend) -> SimpleExpr {
        let words = self.words.iter().map(|word| {
            let sought = fit.sought(word);
            let of_parts = self.parts_of(fit).iter().map(|part| {
                let column = match part {
                    Part::Names => search_entry::Column::Names,
                    Part::Texts => search_entry::Column::Texts,
                    Part::Others => search_entry::Column::Others,
                };
                let place = if backend == DbBackend::Sqlite { "instr" } else { "strpos" };
                let place = Func::cust(place).arg(column.into_expr()).arg(Expr::val(sought.as_str()));
                SimpleExpr::from(place).gt(0)
            });
            of_parts.reduce(ExprTrait::or).unwrap_or_else(never)
        });
        words.reduce(ExprTrait::and).unwrap_or_else(never)
    }
}

fn never() -> SimpleExpr {
    Expr::cust("1 = 0")
}

/// The number by which entries are found in order: that of the row in which the pairs stand.
pub fn number(backend: DbBackend) -> SimpleExpr {
    match backend {
        DbBackend::Sqlite => Expr::col((PAIRS, "rowid")),
        _ => search_entry::Column::Number.into_expr(),
    }
}

/// Selects the entries that have the pairs which are asked for.
fn found(ask: &Ask, backend: DbBackend) -> SelectStatement {
    match backend {
        DbBackend::Sqlite => {
            let mut text = String::new();
            ask.write(&FTS5, &mut text);
            // The pairs lead: SQLite keeps the order of the tables of a cross join.
            Query::select()
                .from(PAIRS)
                .join(JoinType::CrossJoin, search_entry::Entity, Condition::all())
                .and_where(search_entry::Column::Number.into_expr().eq(number(backend)))
                .and_where(Expr::cust_with_values("search_pair MATCH ?", [Value::from(text)]))
                .take()
        }
        _ => Query::select()
            .from(search_entry::Entity)
            .and_where(Expr::cust_with_values("search_entry.pairs @@ $1::tsquery", [ask.of_postgres()]))
            .take(),
    }
}

/// What the full-text index is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Ask {
    All(Vec<Ask>),
    Any(Vec<Ask>),
    Word(String),
    Beginning(String),
}

/// How a database writes that: the two operators, the marks around a word, and the mark of a beginning.
struct Grammar {
    all: &'static str,
    any: &'static str,
    quote: char,
    beginning: &'static str,
}

const FTS5: Grammar = Grammar { all: " AND ", any: " OR ", quote: '"', beginning: " *" };
const TSQUERY: Grammar = Grammar { all: " & ", any: " | ", quote: '\'', beginning: ":*" };

impl Ask {
    fn of(pairs: Pairs) -> Self {
        match pairs {
            Pairs::Beginning(word) => Self::Beginning(word),
            Pairs::All(words) => Self::All(words.into_iter().map(Self::Word).collect()),
        }
    }

    fn of_postgres(&self) -> Value {
        let mut text = String::new();
        self.write(&TSQUERY, &mut text);
        text.into()
    }

    /// Words are letters, digits and signs beyond ASCII, so that nothing in them can be read as more than a word.
    fn write(&self, grammar: &Grammar, text: &mut String) {
        let quote = grammar.quote;
        match self {
            Self::Word(word) => text.extend([quote].into_iter().chain(word.chars()).chain([quote])),
            Self::Beginning(word) => {
                text.extend([quote].into_iter().chain(word.chars()).chain([quote]));
                text.push_str(grammar.beginning);
            }
            Self::All(parts) | Self::Any(parts) => {
                let operator = if matches!(self, Self::All(_)) { grammar.all } else { grammar.any };
                text.push('(');
                for (number, part) in parts.iter().enumerate() {
                    if number > 0 {
                        text.push_str(operator);
                    }
                    part.write(grammar, text);
                }
                text.push(')');
            }
        }
    }
}
