//! The mutations of projects and of what is inside them.

use entity::id::ProjectId;
use entity::value::Publication;
use entity::{indicator, objective, project, spending_plan};
use uuid::Uuid;

use crate::error::AppResult;
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::indicator::Indicator;
use crate::graphql::project::{Objective, Project};
use crate::graphql::spending_plan::SpendingPlan;
use crate::input;
use crate::input::project::ProjectFields;
use crate::service::work::Work;
use crate::service::write::project::{Edit, ProjectRow, Who};
use crate::service::write::{Atomicity, Mode, Row, RowResult, project as write};

impl Noun for Project {
    type Entity = project::Entity;
    const KEY: project::Column = project::Column::Id;
}

impl Noun for SpendingPlan {
    type Entity = spending_plan::Entity;
    const KEY: spending_plan::Column = spending_plan::Column::Id;
}

impl Noun for Objective {
    type Entity = objective::Entity;
    const KEY: objective::Column = objective::Column::Id;
}

impl Noun for Indicator {
    type Entity = indicator::Entity;
    const KEY: indicator::Column = indicator::Column::Id;
}

/// Adds them.
pub fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<Project, _>(
            "projectCreate: ProjectCreatePayload",
            "Makes a project with everything inside it.",
            input::project::create,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_project(row, Mode::Create))),
        )
        .single::<Project, _>(
            "projectUpdate: ProjectUpdatePayload",
            "Changes a project and what is inside it.",
            input::project::update,
            |work, rows, all| Box::pin(apply(work, rows, all, ProjectRow::of_change)),
        )
        .single::<Project, _>(
            "projectUpsert: ProjectUpsertPayload",
            "Makes a project, or changes it where it is known.",
            input::project::write,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_project(row, Mode::Upsert))),
        )
        .single::<Project, _>(
            "projectDelete: ProjectDeletePayload",
            "Deletes a project.",
            input::project::delete,
            |work, rows, all| Box::pin(apply(work, rows, all, ProjectRow::of_deletion)),
        )
        .single::<Project, _>(
            "projectPublish: ProjectPublishPayload",
            "Publishes a project with everything inside it: from now on the public sees it, and it is not changed until it is \
             taken back.",
            input::project::publish,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_mark(row, Publication::Published))),
        )
        .single::<Project, _>(
            "projectUnpublish: ProjectUnpublishPayload",
            "Takes a published project back: from now on the public does not see it, and it can be changed.",
            input::project::unpublish,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_mark(row, Publication::Draft))),
        )
        .bulk::<Project, _>(
            "projectsPublish: ProjectsPublishPayload",
            "Publishes projects.",
            input::project::publish,
            |work, rows, atomicity| {
                Box::pin(apply(work, rows, atomicity, |row| ProjectRow::of_mark(row, Publication::Published)))
            },
        )
        .bulk::<Project, _>(
            "projectsUnpublish: ProjectsUnpublishPayload",
            "Takes published projects back.",
            input::project::unpublish,
            |work, rows, atomicity| {
                Box::pin(apply(work, rows, atomicity, |row| ProjectRow::of_mark(row, Publication::Draft)))
            },
        )
        .bulk::<Project, _>(
            "projectsUpsert: ProjectsUpsertPayload",
            "Makes projects, or changes them where they are known.",
            input::project::write,
            |work, rows, atomicity| Box::pin(apply(work, rows, atomicity, |row| ProjectRow::of_project(row, Mode::Upsert))),
        )
        .update_where::<Project, _>(
            "projectsUpdateWhere: ProjectsUpdateWherePayload",
            "Gives the same fields to every project that passes a filter.",
            input::project::fields,
            |work, ids, set| Box::pin(apply_to(work, ids, set)),
        )
        .single::<SpendingPlan, _>(
            "spendingPlanCreate: SpendingPlanCreatePayload",
            "Gives a project its spending plan.",
            input::plan::create_plan,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_plan(row, Mode::Create))),
        )
        .single::<SpendingPlan, _>(
            "spendingPlanUpdate: SpendingPlanUpdatePayload",
            "Puts another spending plan in the place of that of a project.",
            input::plan::update_plan,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_plan(row, Mode::Update))),
        )
        .single::<SpendingPlan, _>(
            "spendingPlanUpsert: SpendingPlanUpsertPayload",
            "Gives a project this spending plan, whether it has one or not.",
            input::plan::upsert_plan,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_plan(row, Mode::Upsert))),
        )
        .single::<SpendingPlan, _>(
            "spendingPlanDelete: SpendingPlanDeletePayload",
            "Takes the spending plan of a project away.",
            input::plan::delete_plan,
            |work, rows, all| Box::pin(apply(work, rows, all, ProjectRow::of_plan_deletion)),
        )
        .bulk::<SpendingPlan, _>(
            "planPointsUpsert: PlanPointsUpsertPayload",
            "Makes points of spending plans, or changes them where they are known. The points of one plan are judged together.",
            input::plan::write,
            |work, rows, atomicity| Box::pin(apply(work, rows, atomicity, |row| ProjectRow::of_point(row, Mode::Upsert))),
        )
        .single::<Objective, _>(
            "objectiveCreate: ObjectiveCreatePayload",
            "Adds an objective to a project.",
            input::objective::create,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_objective(row, Mode::Create))),
        )
        .single::<Objective, _>(
            "objectiveUpdate: ObjectiveUpdatePayload",
            "Changes an objective.",
            input::objective::update,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_objective(row, Mode::Update))),
        )
        .single::<Objective, _>(
            "objectiveUpsert: ObjectiveUpsertPayload",
            "Adds an objective, or changes it where it is known.",
            input::objective::upsert,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_objective(row, Mode::Upsert))),
        )
        .single::<Objective, _>(
            "objectiveDelete: ObjectiveDeletePayload",
            "Deletes an objective.",
            input::objective::delete,
            |work, rows, all| Box::pin(apply(work, rows, all, ProjectRow::of_objective_deletion)),
        )
        .single::<Indicator, _>(
            "indicatorCreate: IndicatorCreatePayload",
            "Adds an indicator to a project.",
            input::indicator::create,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_indicator(row, Mode::Create))),
        )
        .single::<Indicator, _>(
            "indicatorUpdate: IndicatorUpdatePayload",
            "Changes an indicator.",
            input::indicator::update,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_indicator(row, Mode::Update))),
        )
        .single::<Indicator, _>(
            "indicatorUpsert: IndicatorUpsertPayload",
            "Adds an indicator, or changes it where it is known.",
            input::indicator::write,
            |work, rows, all| Box::pin(apply(work, rows, all, |row| ProjectRow::of_indicator(row, Mode::Upsert))),
        )
        .single::<Indicator, _>(
            "indicatorDelete: IndicatorDeletePayload",
            "Deletes an indicator.",
            input::indicator::delete,
            |work, rows, all| Box::pin(apply(work, rows, all, ProjectRow::of_indicator_deletion)),
        )
        .bulk::<Indicator, _>(
            "indicatorsUpsert: IndicatorsUpsertPayload",
            "Makes indicators, or changes them where they are known.",
            input::indicator::write,
            |work, rows, atomicity| Box::pin(apply(work, rows, atomicity, |row| ProjectRow::of_indicator(row, Mode::Upsert))),
        )
}

/// Applies rows, each as an edit of its project.
async fn apply<T>(
    work: &mut Work<'_>,
    rows: &[Row<T>],
    atomicity: Atomicity,
    edit: fn(&T) -> ProjectRow,
) -> AppResult<Vec<RowResult>> {
    let rows: Vec<Row<ProjectRow>> = rows.iter().map(|row| row.map(edit)).collect();
    write::apply(work, &rows, atomicity).await
}

/// Gives the same fields to the projects with these keys.
async fn apply_to(work: &mut Work<'_>, ids: Vec<Uuid>, set: &Row<ProjectFields>) -> AppResult<Vec<RowResult>> {
    let rows: Vec<_> = ids
        .into_iter()
        .map(|id| Row {
            // Mistakes of `set` are those of `input.set`, whichever project they are found in.
            path: vec!["input".to_owned()],
            input: ProjectRow {
                who: Who::Id(ProjectId(id).public(), &["filter"]),
                mode: Mode::Update,
                expected_version: None,
                edit: Edit::Project(set.input.clone()),
            },
            errors: Vec::new(),
        })
        .collect();
    write::apply(work, &rows, Atomicity::All).await
}
