//! The objectives (绩效目标) of a working copy.

use entity::id::ObjectiveId;
use entity::objective;

use super::check::check_part;
use super::draft::Draft;
use super::edit::ProjectRow;
use crate::input::UserError;
use crate::rules::numbering;
use crate::service::write::{Mode, Row};

impl Draft<'_> {
    pub(super) fn set_objectives(&mut self, texts: &[String]) {
        let ordinals = 1..;
        self.objectives = ordinals.zip(texts).map(|(ordinal, text)| self.objective(ordinal, text)).collect();
    }

    pub(super) fn patch_objective(
        &mut self,
        ordinal: i32,
        text: Option<&str>,
        mode: Mode,
        row: &Row<ProjectRow>,
        errors: &mut Vec<UserError>,
    ) {
        let known = self.objectives.iter().find(|objective| objective.ordinal == ordinal);
        let id = known.map(|known| known.id.public()).unwrap_or_default();
        let version = known.map(|known| known.version);
        let deletes = text.is_none();
        check_part(row, mode, deletes, version, &id, errors);
        if !errors.is_empty() {
            return;
        }
        self.put_objective(ordinal, text);
    }

    /// Sets one objective; without a text it goes.
    pub(super) fn put_objective(&mut self, ordinal: i32, text: Option<&str>) {
        let row = text.map(|text| self.objective(ordinal, text));
        self.objectives.retain(|objective| objective.ordinal != ordinal);
        self.objectives.extend(row);
        self.objectives.sort_by_key(|objective| objective.ordinal);
    }

    fn objective(&self, ordinal: i32, text: &str) -> objective::Model {
        let split = numbering::split(text);
        objective::Model {
            id: ObjectiveId::new(),
            division_code: self.project.division_code.clone(),
            unit_id: self.project.unit_id,
            project_id: self.project.id,
            ordinal,
            number: split.number,
            text: split.text,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }
}
