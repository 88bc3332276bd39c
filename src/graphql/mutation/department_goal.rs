//! Mutations of department goals.

use entity::department_goal;
use entity::value::Publication;

use crate::graphql::department_goal::DepartmentGoal;
use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::input;
use crate::service::write::Mode;
use crate::service::write::department_goal as write;

impl Noun for DepartmentGoal {
    type Entity = department_goal::Entity;
    const KEY: department_goal::Column = department_goal::Column::Id;
}

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<DepartmentGoal, _>(
            "departmentGoalCreate: DepartmentGoalCreatePayload",
            "Makes a department goal.",
            input::goal::create,
            |work, rows, all| Box::pin(write::apply(work, rows, Mode::Create, all)),
        )
        .single::<DepartmentGoal, _>(
            "departmentGoalUpdate: DepartmentGoalUpdatePayload",
            "Changes a department goal.",
            input::goal::update,
            |work, rows, all| Box::pin(write::apply(work, rows, Mode::Update, all)),
        )
        .single::<DepartmentGoal, _>(
            "departmentGoalUpsert: DepartmentGoalUpsertPayload",
            "Makes a department goal, or changes it where it is known.",
            input::goal::upsert,
            |work, rows, all| Box::pin(write::apply(work, rows, Mode::Upsert, all)),
        )
        .single::<DepartmentGoal, _>(
            "departmentGoalDelete: DepartmentGoalDeletePayload",
            "Deletes a department goal without items, or with `cascade` its items too.",
            input::goal::delete,
            |work, rows, all| Box::pin(write::delete(work, rows, all)),
        )
        .single::<DepartmentGoal, _>(
            "departmentGoalPublish: DepartmentGoalPublishPayload",
            "Publishes a department goal: from now on the public sees it, and it is not changed until it is taken back.",
            input::goal::publish,
            |work, rows, all| Box::pin(write::publish(work, rows, Publication::Published, all)),
        )
        .single::<DepartmentGoal, _>(
            "departmentGoalUnpublish: DepartmentGoalUnpublishPayload",
            "Takes a published department goal back: from now on the public does not see it, and it can be changed.",
            input::goal::unpublish,
            |work, rows, all| Box::pin(write::publish(work, rows, Publication::Draft, all)),
        )
}
