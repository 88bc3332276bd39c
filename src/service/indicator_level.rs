//! Indicator levels (一级指标, 二级指标): finding the row of a level, adding local wording.

use std::collections::HashMap;

use entity::id::IndicatorLevelId;
use entity::indicator_level;
use entity::value::IndicatorRegime;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};

use super::work::Work;
use crate::error::{AppError, AppResult};

/// The code table, read once for a transaction; empty where no indicator is read or written.
#[derive(Default)]
pub struct Levels {
    by_code: HashMap<String, IndicatorLevelId>,
    local: HashMap<(i32, String), IndicatorLevelId>,
    names: HashMap<IndicatorLevelId, (Option<String>, String)>,
}

impl Levels {
    /// Reads the table.
    pub async fn read(tx: &DatabaseTransaction) -> AppResult<Self> {
        let rows = indicator_level::Entity::find().all(tx).await?;
        let mut levels = Self::default();
        for row in rows {
            levels.names.insert(row.id, (row.code.clone(), row.name_zh.clone()));
            match row.code {
                Some(code) => levels.by_code.insert(code, row.id),
                None => levels.local.insert((row.rank, row.name_zh), row.id),
            };
        }
        Ok(levels)
    }

    /// The code and the name of a level; no code for local wording.
    pub fn name(&self, id: IndicatorLevelId) -> Option<(Option<&str>, &str)> {
        self.names.get(&id).map(|(code, name)| (code.as_deref(), name.as_str()))
    }

    /// The level of a code, or of local wording, which is added when it is new.
    pub async fn key(
        &mut self,
        work: &mut Work<'_>,
        code: Option<&str>,
        rank: i32,
        name: &str,
    ) -> AppResult<IndicatorLevelId> {
        if let Some(code) = code {
            let missing = || AppError::internal(format!("the level {code} is not in the code table"));
            return self.by_code.get(code).copied().ok_or_else(missing);
        }
        let place = (rank, name.to_owned());
        if let Some(id) = self.local.get(&place) {
            return Ok(*id);
        }
        let row = indicator_level::Model {
            id: IndicatorLevelId::new(),
            regime: IndicatorRegime::Local,
            code: None,
            standard_code: None,
            rank,
            parent_id: None,
            ordinal: i32::try_from(self.by_code.len() + self.local.len()).unwrap_or(i32::MAX) + 1,
            name_zh: name.to_owned(),
            name_en: None,
            version: 1,
            created_at: work.now,
            updated_at: work.now,
        };
        // All divisions share this table, so another import may have added the same wording in between.
        use indicator_level::Column;
        let known = OnConflict::columns([Column::Regime, Column::Rank, Column::NameZh]).do_nothing().to_owned();
        let new = indicator_level::Entity::insert(row.clone().into_active_model());
        new.on_conflict(known).exec_without_returning(work.tx).await?;
        let local = Column::Regime.eq(IndicatorRegime::Local).and(Column::Rank.eq(rank)).and(Column::NameZh.eq(name));
        let stored = indicator_level::Entity::find().filter(local).one(work.tx).await?;
        let id = stored.ok_or_else(|| AppError::internal("a level that was just stored is missing"))?.id;
        if id == row.id {
            work.created(std::slice::from_ref(&row));
        }
        self.local.insert(place, id);
        Ok(id)
    }
}
