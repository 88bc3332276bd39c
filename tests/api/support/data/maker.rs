//! How the rows are made, from a division down to the findings.

use entity::id::{
    DepartmentGoalId, DivisionId, FindingId, GoalItemId, IndicatorId, ObjectiveId, PlanPointId, ProjectId,
    SourceDocumentId, SpendingPlanId, UnitAliasId, UnitId,
};
use entity::value::{
    Comparison, DocumentFormat, Fen, GoalItemKind, GoalLevel, Micro, PlanBasis, Publication, Severity, TargetKind,
    Timestamp, UnitLevel,
};
use entity::{
    department_goal, division, finding, goal_item, indicator, objective, plan_point, project, source_document,
    spending_plan, unit, unit_alias, unit_closure,
};

use super::super::dice::Dice;
use super::{Data, Shape, WORDS};

/// Amounts around zero, around what a double holds exactly, and from real documents.
const AMOUNTS: &[i64] =
    &[0, 1, -1, 100, 88_800_000, 104_150_000, 22_000_000, 900_719_925_474_099_301, 900_719_925_474_099_302];

/// 2020-01-01T00:00:00Z in microseconds.
const NEW_YEAR: i64 = 1_577_836_800_000_000;

/// Makes rows into `data`.
pub struct Maker<'a> {
    pub data: &'a mut Data,
    pub dice: Dice,
    pub shape: Shape,
    /// The unit that what is being made belongs to.
    pub owner: Option<UnitId>,
}

impl Maker<'_> {
    /// All of them.
    pub fn everything(&mut self) {
        for n in 0..self.shape.divisions {
            self.division(n);
        }
        // What points across units and divisions comes when all of them are there.
        for project in 0..self.data.projects.len() {
            let unit = self.unit_of(self.data.projects[project].unit_id);
            self.owner = Some(unit.id);
            self.findings_of_project(&unit, project);
        }
    }

    fn unit_of(&self, id: UnitId) -> unit::Model {
        self.data.units.iter().find(|unit| unit.id == id).expect("a unit of these rows").clone()
    }

    fn text(&mut self, column: &str) -> String {
        let word = self.dice.one(WORDS);
        if !self.shape.canaries {
            return word.to_owned();
        }
        let mark = format!("«{column}#{}»", self.data.marks.len());
        self.data.marks.insert(mark.clone(), self.owner);
        format!("{word}{mark}")
    }

    /// True once in `n`, where rows are varied.
    fn rarely(&mut self, n: usize) -> bool {
        self.shape.varied && self.dice.below(n) == 0
    }

    fn maybe_text(&mut self, column: &str) -> Option<String> {
        (!self.rarely(3)).then(|| self.text(column))
    }

    fn maybe_amount(&mut self) -> Option<i64> {
        (!self.rarely(3)).then(|| self.dice.one(AMOUNTS))
    }

    fn number(&mut self, most: usize) -> usize {
        if self.shape.varied { self.dice.below(most + 1) } else { most }
    }

    fn time(&mut self) -> Timestamp {
        Timestamp(NEW_YEAR + self.dice.one(&[0, 1, 1_000_000, 86_400_000_000]))
    }

    fn division(&mut self, n: usize) {
        self.owner = None;
        let code = if self.shape.canaries { self.text("division.code") } else { format!("13030{n}") };
        let now = self.time();
        let name = (n > 0).then(|| self.text("division.name"));
        let id = DivisionId(self.dice.key());
        self.data.divisions.push(division::Model {
            id,
            code: code.clone(),
            name,
            version: 1,
            created_at: now,
            updated_at: now,
        });
        let first = self.data.units.len();
        for number in 0..self.shape.units {
            self.unit(&code, first, number);
        }
        for unit in first..self.data.units.len() {
            let unit = self.data.units[unit].clone();
            self.owner = Some(unit.id);
            for year in [2020, 2021] {
                self.year(&unit, year);
            }
        }
    }

    /// The second unit stands below the first, the third below the second; the others anywhere.
    fn unit(&mut self, division: &str, first: usize, number: usize) {
        let id = UnitId(self.dice.key());
        self.owner = Some(id);
        let parent = match number {
            0 => None,
            1 | 2 => Some(first + number - 1),
            _ if self.rarely(3) => None,
            _ => Some(first + self.dice.below(number)),
        };
        let parent = parent.map(|at| self.data.units[at].id);
        let code = if self.shape.canaries { self.text("unit.code") } else { format!("4500{number:02}") };
        let now = self.time();
        let row = unit::Model {
            id,
            division_code: division.to_owned(),
            code,
            name: self.text("unit.name"),
            level: (!self.rarely(3)).then(|| if parent.is_none() { UnitLevel::Department } else { UnitLevel::Unit }),
            parent_id: parent,
            version: 1,
            created_at: now,
            updated_at: self.time(),
        };
        let above: Vec<_> =
            self.data.closure.iter().filter(|link| Some(link.descendant_id) == parent).cloned().collect();
        let links = above.iter().map(|link| unit_closure::Model { descendant_id: id, depth: link.depth + 1, ..*link });
        self.data.closure.extend(links.collect::<Vec<_>>());
        self.data.closure.push(unit_closure::Model { ancestor_id: id, descendant_id: id, depth: 0 });
        self.data.units.push(row);
        for alias in 0..self.number(2) {
            let row = unit_alias::Model {
                id: UnitAliasId(self.dice.key()),
                division_code: division.to_owned(),
                unit_id: id,
                code: format!("{}{number}/{alias}", self.text("unit_alias.code")),
                name: self.text("unit_alias.name"),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.data.aliases.push(row);
        }
    }

    fn year(&mut self, unit: &unit::Model, year: i32) {
        let document = self.document(unit, year);
        if !self.rarely(4) {
            self.goal(unit, year, document);
        }
        for ordinal in 1..=self.shape.projects {
            self.project(unit, year, ordinal);
        }
    }

    fn document(&mut self, unit: &unit::Model, year: i32) -> SourceDocumentId {
        let id = SourceDocumentId(self.dice.key());
        let now = self.time();
        let sha256 = if self.shape.canaries { self.text("source_document.sha256") } else { id.0.simple().to_string() };
        let row = source_document::Model {
            id,
            division_code: unit.division_code.clone(),
            unit_id: unit.id,
            fiscal_year: year,
            sha256,
            file_name: self.text("source_document.file_name"),
            format: self.dice.one(DocumentFormat::ALL),
            size: 1000,
            title: self.maybe_text("source_document.title"),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.data.documents.push(row);
        id
    }

    fn goal(&mut self, unit: &unit::Model, year: i32, document: SourceDocumentId) {
        let id = DepartmentGoalId(self.dice.key());
        let now = self.time();
        let row = department_goal::Model {
            id,
            division_code: unit.division_code.clone(),
            unit_id: unit.id,
            fiscal_year: year,
            overall: self.maybe_text("department_goal.overall"),
            publication: Publication::Draft,
            published_at: None,
            source_id: (!self.rarely(3)).then_some(document),
            source_line: Some(7),
            source_table: None,
            source_row: None,
            version: 1,
            created_at: now,
            updated_at: self.time(),
        };
        self.data.goals.push(row);
        for kind in [GoalItemKind::SubGoal, GoalItemKind::Measure] {
            for ordinal in 1..=self.number(2) {
                let row = goal_item::Model {
                    id: GoalItemId(self.dice.key()),
                    division_code: unit.division_code.clone(),
                    unit_id: unit.id,
                    goal_id: id,
                    kind,
                    ordinal: int(ordinal),
                    number: self.maybe_text("goal_item.number"),
                    text: self.text("goal_item.text"),
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                self.data.items.push(row);
            }
        }
    }

    fn project(&mut self, unit: &unit::Model, year: i32, ordinal: usize) {
        let id = ProjectId(self.dice.key());
        // Codes are unique in a division and year; the same ones come back in others.
        let in_year = |row: &&project::Model| row.division_code == unit.division_code && row.fiscal_year == year;
        let number = self.data.projects.iter().filter(in_year).count();
        let code = match self.rarely(3) {
            true => None,
            false if self.shape.canaries => Some(self.text("project.code")),
            false => Some(format!("{number:04}")),
        };
        let now = self.time();
        let source = self.dice.below(self.data.documents.len());
        let (budget, fiscal, other) = (self.maybe_amount(), self.maybe_amount(), self.maybe_amount());
        let row = project::Model {
            id,
            division_code: unit.division_code.clone(),
            unit_id: unit.id,
            fiscal_year: year,
            ordinal: int(ordinal),
            code,
            name: format!("{}{ordinal}", self.text("project.name")),
            heading: self.maybe_text("project.heading"),
            unit_raw: self.maybe_text("project.unit_raw"),
            goal_level: self.dice.one(GoalLevel::ALL),
            budget: budget.map(Fen),
            budget_raw: self.maybe_text("project.budget_raw"),
            fiscal_funds: fiscal.map(Fen),
            fiscal_funds_raw: self.maybe_text("project.fiscal_funds_raw"),
            other_funds: other.map(Fen),
            other_funds_raw: self.maybe_text("project.other_funds_raw"),
            purpose: self.maybe_text("project.purpose"),
            publication: Publication::Draft,
            published_at: None,
            // Any document that is there: also one of another unit, or of another division.
            source_id: (!self.rarely(3)).then(|| self.data.documents[source].id),
            source_line: Some(int(ordinal) * 10),
            source_table: None,
            source_row: None,
            version: 1,
            created_at: now,
            updated_at: self.time(),
        };
        self.data.projects.push(row);
        self.objectives(unit, id, now);
        if !self.rarely(4) {
            self.plan(unit, id, now);
        }
        for ordinal in 1..=self.number(self.shape.indicators) {
            self.indicator(unit, year, id, ordinal);
        }
    }

    fn objectives(&mut self, unit: &unit::Model, project: ProjectId, now: Timestamp) {
        for ordinal in 1..=self.number(2) {
            let row = objective::Model {
                id: ObjectiveId(self.dice.key()),
                division_code: unit.division_code.clone(),
                unit_id: unit.id,
                project_id: project,
                ordinal: int(ordinal),
                number: self.maybe_text("objective.number"),
                text: self.text("objective.text"),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.data.objectives.push(row);
        }
    }

    fn plan(&mut self, unit: &unit::Model, project: ProjectId, now: Timestamp) {
        let id = SpendingPlanId(self.dice.key());
        let row = spending_plan::Model {
            id,
            division_code: unit.division_code.clone(),
            unit_id: unit.id,
            project_id: project,
            printed_basis: self.dice.one(PlanBasis::ALL),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.data.plans.push(row);
        for month in [3, 6, 10, 12] {
            let row = plan_point::Model {
                id: PlanPointId(self.dice.key()),
                division_code: unit.division_code.clone(),
                unit_id: unit.id,
                plan_id: id,
                month,
                percent: self.maybe_amount().map(Micro),
                amount: self.maybe_amount().map(Fen),
                raw: self.text("plan_point.raw"),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.data.points.push(row);
        }
    }

    fn indicator(&mut self, unit: &unit::Model, year: i32, project: ProjectId, ordinal: usize) {
        let (first, second): (Vec<_>, Vec<_>) = self.data.levels.iter().partition(|level| level.rank == 1);
        let (first, second) = (first[self.dice.below(first.len())].id, second[self.dice.below(second.len())].id);
        let kind = self.dice.one(TargetKind::ALL);
        let quantity = kind == TargetKind::Quantity;
        let range = kind == TargetKind::Range;
        let (value, low, high) = (self.maybe_amount(), self.maybe_amount(), self.maybe_amount());
        let now = self.time();
        let row = indicator::Model {
            id: IndicatorId(self.dice.key()),
            division_code: unit.division_code.clone(),
            unit_id: unit.id,
            fiscal_year: year,
            project_id: project,
            ordinal: int(ordinal),
            level1_id: first,
            level2_id: (!self.rarely(3)).then_some(second),
            level1_raw: self.maybe_text("indicator.level1_raw"),
            level2_raw: self.maybe_text("indicator.level2_raw"),
            name: self.text("indicator.name"),
            description: self.maybe_text("indicator.description"),
            basis: self.maybe_text("indicator.basis"),
            weight: self.maybe_amount().map(Micro),
            target_kind: kind,
            comparison: quantity.then(|| self.dice.one(Comparison::ALL)),
            value: value.filter(|_| quantity).map(Micro),
            low: low.filter(|_| range).map(Micro),
            high: high.filter(|_| range).map(Micro),
            target_unit: self.maybe_text("indicator.target_unit"),
            target_raw: self.text("indicator.target_raw"),
            version: 1,
            created_at: now,
            updated_at: self.time(),
        };
        self.data.indicators.push(row);
    }

    /// Findings of the unit of a project about that project, or about anything anywhere.
    fn findings_of_project(&mut self, unit: &unit::Model, project: usize) {
        for _ in 0..self.number(2) {
            let abroad = self.rarely(2);
            let project = if abroad { self.dice.below(self.data.projects.len()) } else { project };
            let row = self.data.projects[project].clone();
            let of_project: Vec<_> =
                self.data.indicators.iter().filter(|i| i.project_id == row.id).map(|i| i.id).collect();
            let indicator = (!of_project.is_empty()).then(|| self.dice.one(&of_project)).filter(|_| !self.rarely(3));
            let goal = self.dice.below(self.data.goals.len().max(1));
            let document = self.dice.below(self.data.documents.len());
            let now = self.time();
            let acknowledged = self.rarely(2);
            let finding = finding::Model {
                id: FindingId(self.dice.key()),
                division_code: unit.division_code.clone(),
                unit_id: unit.id,
                fiscal_year: row.fiscal_year,
                source_id: (!self.rarely(5)).then(|| self.data.documents[document].id),
                goal_id: self.data.goals.get(goal).map(|goal| goal.id).filter(|_| !self.rarely(2)),
                project_id: (!self.rarely(4)).then_some(row.id),
                indicator_id: indicator,
                rule: self.text("finding.rule"),
                severity: self.dice.one(Severity::ALL),
                subject: self.text("finding.subject"),
                detail: self.text("finding.detail"),
                source_line: Some(5),
                source_table: None,
                source_row: None,
                acknowledged_at: acknowledged.then_some(now),
                acknowledged_by_id: None,
                acknowledged_by: acknowledged.then(|| self.text("finding.acknowledged_by")),
                acknowledged_reason: acknowledged.then(|| self.text("finding.acknowledged_reason")),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            self.data.findings.push(finding);
        }
    }
}

fn int(number: usize) -> i32 {
    i32::try_from(number).expect("a small number")
}
