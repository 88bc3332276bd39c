//! Rows made straight in the tables, always the same ones: units in trees over several divisions, with everything that
//! can hang on them, and with values that filters and orders trip over.

mod maker;

use std::collections::{HashMap, HashSet};

use entity::id::UnitId;
use entity::{
    department_goal, division, finding, goal_item, indicator, indicator_level, objective, plan_point, project,
    source_document, spending_plan, unit, unit_alias, unit_closure,
};
use jixiao::auth::Caller;
use jixiao::db::Db;
use jixiao::service::search::index;
use sea_orm::{ActiveModelBehavior, ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};

use self::maker::Maker;
use super::dice::Dice;

/// Text with every character that a pattern could take for its own.
pub const WORDS: &[&str] = &[
    "abc",
    "ABC",
    "Abc",
    "a%c",
    "a_c",
    "a*c",
    "a?c",
    "[abc]",
    "a[b",
    "a]b",
    "a\\b",
    "a\\%",
    "%",
    "_",
    "*",
    "?",
    "[",
    "\\",
    "预算",
    "预算绩效",
    "绩效",
    "é",
    "e\u{301}",
    "😀",
    " abc",
    "abc ",
    "'",
    "\"",
    "a\nb",
    "-",
    "^",
    "[^a]",
    "[a-c]",
];

/// How many rows of each kind.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Divisions.
    pub divisions: usize,
    /// Units of each division.
    pub units: usize,
    /// Projects of each unit in each of two years.
    pub projects: usize,
    /// Indicators of a project; 0 to so many where `varied`.
    pub indicators: usize,
    /// Whether numbers of rows differ and values repeat and are absent; else each parent has the same.
    pub varied: bool,
    /// Whether each text ends in a mark that stands nowhere else: `«project.name#17»`.
    pub canaries: bool,
}

impl Shape {
    /// For properties.
    pub const SMALL: Self = Self { divisions: 3, units: 5, projects: 3, indicators: 4, varied: true, canaries: false };
    /// For what is seen by whom.
    pub const MARKED: Self = Self { divisions: 3, units: 7, projects: 2, indicators: 2, varied: true, canaries: true };
}

/// All rows of a database but the levels of indicators, which the migrations bring.
#[derive(Default)]
pub struct Data {
    pub levels: Vec<indicator_level::Model>,
    pub divisions: Vec<division::Model>,
    pub units: Vec<unit::Model>,
    pub closure: Vec<unit_closure::Model>,
    pub aliases: Vec<unit_alias::Model>,
    pub documents: Vec<source_document::Model>,
    pub goals: Vec<department_goal::Model>,
    pub items: Vec<goal_item::Model>,
    pub projects: Vec<project::Model>,
    pub objectives: Vec<objective::Model>,
    pub plans: Vec<spending_plan::Model>,
    pub points: Vec<plan_point::Model>,
    pub indicators: Vec<indicator::Model>,
    pub findings: Vec<finding::Model>,
    /// The unit that a mark belongs to; that of a division is none.
    pub marks: HashMap<String, Option<UnitId>>,
}

impl Data {
    /// Makes rows and stores them.
    pub async fn stored(db: &Db, shape: Shape) -> Self {
        let mut data = Self { levels: levels(db).await, ..Self::default() };
        Maker { data: &mut data, dice: Dice(42), shape, owner: None }.everything();
        data.store(db).await;
        data
    }

    /// The units in the subtree of a unit.
    pub fn subtree(&self, top: UnitId) -> HashSet<UnitId> {
        self.closure.iter().filter(|link| link.ancestor_id == top).map(|link| link.descendant_id).collect()
    }

    async fn store(&self, db: &Db) {
        db.write(async |tx| {
            insert(tx, &self.divisions).await;
            insert(tx, &self.units).await;
            insert(tx, &self.closure).await;
            insert(tx, &self.aliases).await;
            insert(tx, &self.documents).await;
            insert(tx, &self.goals).await;
            insert(tx, &self.items).await;
            insert(tx, &self.projects).await;
            insert(tx, &self.objectives).await;
            insert(tx, &self.plans).await;
            insert(tx, &self.points).await;
            insert(tx, &self.indicators).await;
            insert(tx, &self.findings).await;
            index::rebuild(tx, &Caller::operator()).await.map(drop)
        })
        .await
        .expect("the rows are stored");
    }
}

async fn levels(db: &Db) -> Vec<indicator_level::Model> {
    indicator_level::Entity::find().all(db.read()).await.expect("the levels are read")
}

/// Inserts rows, so many at a time as a statement takes.
pub async fn insert<M>(tx: &DatabaseTransaction, rows: &[M])
where
    M: sea_orm::ModelTrait + Clone + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity> + ActiveModelBehavior + Send,
{
    for rows in rows.chunks(500) {
        let rows = rows.iter().map(|row| row.clone().into_active_model());
        M::Entity::insert_many(rows).exec_without_returning(tx).await.expect("rows that fit the tables");
    }
}
