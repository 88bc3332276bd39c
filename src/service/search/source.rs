//! The texts of objects that are searched, each with the field that shows it.

use std::collections::HashMap;

use entity::value::{GoalItemKind, SearchKind};
use entity::{department_goal, goal_item, indicator, objective, project, unit, unit_alias};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use crate::auth::Caller;
use crate::db::Executor;
use crate::error::AppResult;
use crate::rules::search::Part;
use crate::service::scope::{self, Scoped};
use crate::service::stored::KEYS_A_STATEMENT;

/// One text of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The field of the object that shows it; of a list all entries have the same.
    pub field: &'static str,
    /// Among which texts it is searched.
    pub part: Part,
    /// As it is stored.
    pub text: String,
}

/// The texts of objects by their keys; an object that is not there has no entry.
pub type Texts = HashMap<Uuid, Vec<Text>>;

/// Whose eyes look.
#[derive(Clone, Copy)]
pub enum Eyes<'a> {
    /// The index, which holds every object.
    Index,
    /// A caller, who sees what he may see, with texts that are not for the public or without them.
    Caller(&'a Caller, bool),
}

impl Eyes<'_> {
    fn find<E: Scoped>(self) -> AppResult<Select<E>> {
        match self {
            Self::Index => Ok(E::find()),
            Self::Caller(caller, _) => scope::find(caller),
        }
    }

    fn see(self, part: Part) -> bool {
        match (self, part) {
            (Self::Caller(_, others), Part::Others) => others,
            (Self::Index | Self::Caller(..), _) => true,
        }
    }
}

/// Columns of a table that are searched: the column, the field, and among which texts.
type Columns<E> = [(<E as EntityTrait>::Column, &'static str, Part)];

/// Reads the texts of objects of one kind.
///
/// # Errors
/// When the database fails, or the caller may not look at the kind at all.
pub async fn texts(db: Executor<'_>, eyes: Eyes<'_>, kind: SearchKind, objects: &[Uuid]) -> AppResult<Texts> {
    let mut found = Texts::with_capacity(objects.len());
    for objects in objects.chunks(KEYS_A_STATEMENT) {
        let read = Reading { db, eyes, objects };
        match kind {
            SearchKind::Unit => {
                use unit::Column;
                let columns = [(Column::Name, "name", Part::Names), (Column::Code, "code", Part::Names)];
                read.own::<unit::Entity>(Column::Id, &columns, &mut found).await?;
                use unit_alias::Column as Alias;
                let columns = [(Alias::Code, "aliases", Part::Others), (Alias::Name, "aliases", Part::Others)];
                read.parts::<unit_alias::Entity>(
                    Alias::UnitId,
                    Condition::all(),
                    &[Alias::Code, Alias::Id],
                    &columns,
                    &mut found,
                )
                .await?;
            }
            SearchKind::Project => {
                use project::Column;
                let columns = [
                    (Column::Name, "name", Part::Names),
                    (Column::Code, "code", Part::Names),
                    (Column::Purpose, "purpose", Part::Texts),
                ];
                read.own::<project::Entity>(Column::Id, &columns, &mut found).await?;
                use objective::Column as Item;
                let columns = [(Item::Text, "objectives", Part::Texts)];
                read.parts::<objective::Entity>(
                    Item::ProjectId,
                    Condition::all(),
                    &[Item::Ordinal],
                    &columns,
                    &mut found,
                )
                .await?;
            }
            SearchKind::Indicator => {
                use indicator::Column;
                let columns = [
                    (Column::Name, "name", Part::Names),
                    (Column::Description, "description", Part::Texts),
                    (Column::Basis, "basis", Part::Texts),
                    (Column::TargetRaw, "target", Part::Texts),
                ];
                read.own::<indicator::Entity>(Column::Id, &columns, &mut found).await?;
            }
            SearchKind::DepartmentGoal => {
                use department_goal::Column;
                let columns = [(Column::Overall, "overall", Part::Texts)];
                read.own::<department_goal::Entity>(Column::Id, &columns, &mut found).await?;
                use goal_item::Column as Item;
                for (kind, field) in [(GoalItemKind::SubGoal, "items"), (GoalItemKind::Measure, "measures")] {
                    let of_kind = Condition::all().add(Item::Kind.eq(kind));
                    let columns = [(Item::Text, field, Part::Texts)];
                    read.parts::<goal_item::Entity>(Item::GoalId, of_kind, &[Item::Ordinal], &columns, &mut found)
                        .await?;
                }
            }
        }
    }
    Ok(found)
}

/// The texts of an indicator, whose row has them all.
pub fn of_indicator(row: &indicator::Model) -> [Option<(&str, Part)>; 4] {
    [
        Some((row.name.as_str(), Part::Names)),
        row.description.as_deref().map(|text| (text, Part::Texts)),
        row.basis.as_deref().map(|text| (text, Part::Texts)),
        Some((row.target_raw.as_str(), Part::Texts)),
    ]
}

/// The texts of a project, whose row and objectives have them all.
pub fn of_project<'a>(
    row: &'a project::Model,
    objectives: &'a [objective::Model],
) -> impl Iterator<Item = (&'a str, Part)> + Clone {
    let own = [
        Some((row.name.as_str(), Part::Names)),
        row.code.as_deref().map(|text| (text, Part::Names)),
        row.purpose.as_deref().map(|text| (text, Part::Texts)),
    ];
    own.into_iter().flatten().chain(objectives.iter().map(|objective| (objective.text.as_str(), Part::Texts)))
}

/// Which objects are read, and how.
#[derive(Clone, Copy)]
struct Reading<'a> {
    db: Executor<'a>,
    eyes: Eyes<'a>,
    objects: &'a [Uuid],
}

impl Reading<'_> {
    /// Reads texts in the rows of the objects themselves.
    async fn own<E: Scoped>(self, key: E::Column, columns: &Columns<E>, found: &mut Texts) -> AppResult<()> {
        for (object, texts) in self.rows::<E>(key, Condition::all(), &[], columns).await? {
            found.insert(object, texts);
        }
        Ok(())
    }

    /// Reads texts in the rows of parts of the objects.
    async fn parts<E: Scoped>(
        self,
        whole: E::Column,
        which: Condition,
        order: &[E::Column],
        columns: &Columns<E>,
        found: &mut Texts,
    ) -> AppResult<()> {
        if !columns.iter().any(|(_, _, part)| self.eyes.see(*part)) {
            return Ok(());
        }
        for (object, texts) in self.rows::<E>(whole, which, order, columns).await? {
            if let Some(known) = found.get_mut(&object) {
                known.extend(texts);
            }
        }
        Ok(())
    }

    async fn rows<E: Scoped>(
        self,
        key: E::Column,
        which: Condition,
        order: &[E::Column],
        columns: &Columns<E>,
    ) -> AppResult<Vec<(Uuid, Vec<Text>)>> {
        let mut select = self.eyes.find::<E>()?.filter(key.is_in(self.objects.iter().copied())).filter(which);
        select = select.select_only().column(key);
        for (column, ..) in columns {
            select = select.column(*column);
        }
        for column in order {
            select = select.order_by_asc(*column);
        }
        let rows = self.db.query_all(&select.into_query()).await?;
        let rows = rows.iter().map(|row| {
            let mut texts = Vec::with_capacity(columns.len());
            for (at, (_, field, part)) in columns.iter().enumerate() {
                if let Some(text) = row.try_get_by_index::<Option<String>>(at + 1)?
                    && self.eyes.see(*part)
                {
                    texts.push(Text { field, part: *part, text });
                }
            }
            Ok((row.try_get_by_index(0)?, texts))
        });
        rows.collect()
    }
}
