//! Mutations of units.

use entity::unit;

use crate::graphql::engine::mutation::{Mutations, Noun};
use crate::graphql::unit::Unit;
use crate::input;
use crate::service::write::Mode;
use crate::service::write::unit as write;

impl Noun for Unit {
    type Entity = unit::Entity;
    const KEY: unit::Column = unit::Column::Id;
}

/// Adds them.
pub(super) fn add(mutations: Mutations) -> Mutations {
    mutations
        .single::<Unit, _>("unitCreate: UnitCreatePayload", "Makes a unit.", input::unit::create, |work, rows, all| {
            Box::pin(write::apply(work, rows, Mode::Create, all))
        })
        .single::<Unit, _>(
            "unitUpdate: UnitUpdatePayload",
            "Changes a unit, also its place in the tree.",
            input::unit::update,
            |work, rows, all| Box::pin(write::apply(work, rows, Mode::Update, all)),
        )
        .single::<Unit, _>(
            "unitUpsert: UnitUpsertPayload",
            "Makes a unit, or changes it where it is known.",
            input::unit::upsert,
            |work, rows, all| Box::pin(write::apply(work, rows, Mode::Upsert, all)),
        )
        .single::<Unit, _>(
            "unitDelete: UnitDeletePayload",
            "Deletes a unit on which nothing hangs, or with `cascade` what hangs on it too.",
            input::unit::delete,
            |work, rows, all| Box::pin(write::delete(work, rows, all)),
        )
        .single::<Unit, _>(
            "unitAliasAdd: UnitAliasAddPayload",
            "Adds another code or name to a unit.",
            input::unit::alias_add,
            |work, rows, all| Box::pin(write::add_alias(work, rows, all)),
        )
        .single::<Unit, _>(
            "unitMerge: UnitMergePayload",
            "Makes one unit of two: everything of the one goes over to the other.",
            input::unit::merge,
            |work, rows, _| Box::pin(write::merge(work, rows)),
        )
        .bulk::<Unit, _>(
            "unitsUpsert: UnitsUpsertPayload",
            "Makes units, or changes them where they are known.",
            input::unit::upsert,
            |work, rows, atomicity| Box::pin(write::apply(work, rows, Mode::Upsert, atomicity)),
        )
}
