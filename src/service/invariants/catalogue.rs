//! The list of invariants, made from short tables of what refers to what.

use entity::id::{
    AccountGrantId, AccountId, BulkOperationId, ClientKeyId, ClientSecretId, CredentialId, DepartmentGoalId,
    DivisionId, FindingId, GoalItemId, IndicatorId, IndicatorLevelId, InvitationId, ObjectiveId, PlanPointId,
    ProjectId, SessionId, SourceDocumentId, SpendingPlanId, UnitAliasId, UnitId, UploadId,
};
use entity::value::Fen;
use uuid::Uuid;

use super::{Invariant, Probe};
use crate::rules::money::MoneyUnit;

/// A table and the public form of its keys.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) key: fn(Uuid) -> String,
}

macro_rules! tables {
    ($($constant:ident = $name:literal by $key:ident;)*) => {
        $(const $constant: Table = Table { name: $name, key: |id| $key(id).public() };)*
        /// Every table with version and times.
        const ALL: &[Table] = &[$($constant),*];
    };
}

tables! {
    DIVISION = "division" by DivisionId;
    UNIT = "unit" by UnitId;
    UNIT_ALIAS = "unit_alias" by UnitAliasId;
    SOURCE_DOCUMENT = "source_document" by SourceDocumentId;
    DEPARTMENT_GOAL = "department_goal" by DepartmentGoalId;
    GOAL_ITEM = "goal_item" by GoalItemId;
    PROJECT = "project" by ProjectId;
    OBJECTIVE = "objective" by ObjectiveId;
    SPENDING_PLAN = "spending_plan" by SpendingPlanId;
    PLAN_POINT = "plan_point" by PlanPointId;
    INDICATOR_LEVEL = "indicator_level" by IndicatorLevelId;
    INDICATOR = "indicator" by IndicatorId;
    FINDING = "finding" by FindingId;
    ACCOUNT = "account" by AccountId;
    ACCOUNT_GRANT = "account_grant" by AccountGrantId;
    CLIENT = "client" by AccountId;
    CLIENT_SECRET = "client_secret" by ClientSecretId;
    CLIENT_KEY = "client_key" by ClientKeyId;
    CREDENTIAL = "credential" by CredentialId;
    INVITATION = "invitation" by InvitationId;
    SESSION = "session" by SessionId;
    UPLOAD = "upload" by UploadId;
    BULK_OPERATION = "bulk_operation" by BulkOperationId;
}

/// Row by row: table, column, and the table and column that must have its value.
const REFERENCES: &[(Table, &str, &str, &str)] = &[
    (UNIT, "division_code", "division", "code"),
    (UNIT, "parent_id", "unit", "id"),
    (UNIT_ALIAS, "division_code", "division", "code"),
    (UNIT_ALIAS, "unit_id", "unit", "id"),
    (SOURCE_DOCUMENT, "division_code", "division", "code"),
    (SOURCE_DOCUMENT, "unit_id", "unit", "id"),
    (DEPARTMENT_GOAL, "division_code", "division", "code"),
    (DEPARTMENT_GOAL, "unit_id", "unit", "id"),
    (DEPARTMENT_GOAL, "source_id", "source_document", "id"),
    (GOAL_ITEM, "division_code", "division", "code"),
    (GOAL_ITEM, "unit_id", "unit", "id"),
    (GOAL_ITEM, "goal_id", "department_goal", "id"),
    (PROJECT, "division_code", "division", "code"),
    (PROJECT, "unit_id", "unit", "id"),
    (PROJECT, "source_id", "source_document", "id"),
    (OBJECTIVE, "division_code", "division", "code"),
    (OBJECTIVE, "unit_id", "unit", "id"),
    (OBJECTIVE, "project_id", "project", "id"),
    (SPENDING_PLAN, "division_code", "division", "code"),
    (SPENDING_PLAN, "unit_id", "unit", "id"),
    (SPENDING_PLAN, "project_id", "project", "id"),
    (PLAN_POINT, "division_code", "division", "code"),
    (PLAN_POINT, "unit_id", "unit", "id"),
    (PLAN_POINT, "plan_id", "spending_plan", "id"),
    (INDICATOR_LEVEL, "parent_id", "indicator_level", "id"),
    (INDICATOR, "division_code", "division", "code"),
    (INDICATOR, "unit_id", "unit", "id"),
    (INDICATOR, "project_id", "project", "id"),
    (INDICATOR, "level1_id", "indicator_level", "id"),
    (INDICATOR, "level2_id", "indicator_level", "id"),
    (FINDING, "division_code", "division", "code"),
    (FINDING, "unit_id", "unit", "id"),
    (FINDING, "source_id", "source_document", "id"),
    (FINDING, "goal_id", "department_goal", "id"),
    (FINDING, "project_id", "project", "id"),
    (FINDING, "indicator_id", "indicator", "id"),
    (ACCOUNT_GRANT, "account_id", "account", "id"),
    (ACCOUNT_GRANT, "division_code", "division", "code"),
    (ACCOUNT_GRANT, "unit_id", "unit", "id"),
    (CLIENT, "id", "account", "id"),
    (CLIENT_SECRET, "client_id", "client", "id"),
    (CLIENT_KEY, "client_id", "client", "id"),
    (CREDENTIAL, "account_id", "account", "id"),
    (INVITATION, "account_id", "account", "id"),
    (SESSION, "account_id", "account", "id"),
    (UPLOAD, "account_id", "account", "id"),
    (BULK_OPERATION, "account_id", "account", "id"),
    (BULK_OPERATION, "upload_id", "upload", "id"),
    (BULK_OPERATION, "preview_id", "bulk_operation", "id"),
];

/// Part, its column, the whole that the column names, and the columns that both must have alike.
const PARTS: &[(Table, &str, &str, &[&str])] = &[
    (UNIT, "parent_id", "unit", &["division_code"]),
    (UNIT_ALIAS, "unit_id", "unit", &["division_code"]),
    (SOURCE_DOCUMENT, "unit_id", "unit", &["division_code"]),
    (DEPARTMENT_GOAL, "unit_id", "unit", &["division_code"]),
    (DEPARTMENT_GOAL, "source_id", "source_document", &["division_code", "fiscal_year"]),
    (GOAL_ITEM, "goal_id", "department_goal", &["division_code", "unit_id"]),
    (PROJECT, "unit_id", "unit", &["division_code"]),
    (PROJECT, "source_id", "source_document", &["division_code", "fiscal_year"]),
    (OBJECTIVE, "project_id", "project", &["division_code", "unit_id"]),
    (SPENDING_PLAN, "project_id", "project", &["division_code", "unit_id"]),
    (PLAN_POINT, "plan_id", "spending_plan", &["division_code", "unit_id"]),
    (INDICATOR, "project_id", "project", &["division_code", "unit_id", "fiscal_year"]),
];

/// The same for findings: what they point to, and the document they come from.
const POINTERS: &[(Table, &str, &str, &[&str])] = &[
    (FINDING, "unit_id", "unit", &["division_code"]),
    (FINDING, "source_id", "source_document", &["division_code", "fiscal_year"]),
    (FINDING, "goal_id", "department_goal", &["division_code", "unit_id", "fiscal_year"]),
    (FINDING, "project_id", "project", &["division_code", "unit_id", "fiscal_year"]),
    (FINDING, "indicator_id", "indicator", &["division_code", "unit_id", "fiscal_year", "project_id"]),
];

/// Table, the columns of a natural key, and the rows for which it is one.
const NATURAL_KEYS: &[(Table, &str, &str)] = &[
    (DIVISION, "code", "1 = 1"),
    (UNIT, "division_code, code", "1 = 1"),
    (UNIT_ALIAS, "division_code, code, name", "1 = 1"),
    (SOURCE_DOCUMENT, "division_code, sha256, fiscal_year, unit_id", "1 = 1"),
    (DEPARTMENT_GOAL, "division_code, unit_id, fiscal_year", "1 = 1"),
    (GOAL_ITEM, "goal_id, kind, ordinal", "1 = 1"),
    (PROJECT, "division_code, fiscal_year, code", "code IS NOT NULL"),
    (PROJECT, "unit_id, fiscal_year, name", "code IS NULL"),
    (OBJECTIVE, "project_id, ordinal", "1 = 1"),
    (SPENDING_PLAN, "project_id", "1 = 1"),
    (PLAN_POINT, "plan_id, month", "1 = 1"),
    (INDICATOR_LEVEL, "regime, code", "code IS NOT NULL"),
    (INDICATOR, "project_id, ordinal", "1 = 1"),
    (ACCOUNT, "name", "1 = 1"),
    (ACCOUNT, "external_subject", "external_subject IS NOT NULL"),
    (CREDENTIAL, "account_id", "1 = 1"),
    (INVITATION, "code_hash", "1 = 1"),
    (ACCOUNT_GRANT, "account_id, role, division_code, unit_id", "1 = 1"),
    (CLIENT_KEY, "client_id, kid", "1 = 1"),
];

/// A closure of more levels than any administration has would only come from a unit that lies below itself.
const DEEPEST: u32 = 64;

/// What holds on every database.
pub(super) fn of_every_database() -> Vec<Invariant> {
    vec![
        Invariant {
            name: "budget_is_the_sum_of_its_funds",
            meaning: "A budget is the sum of fiscal and other funds, a blank one counted as 0; where a document states them, \
                      within the rounding of its unit.",
            probes: vec![rows_where(PROJECT, &budget_without_sum())],
        },
        Invariant {
            name: "plans_never_fall",
            meaning: "Planned spending never falls from one month to a later one.",
            probes: vec![Probe::Rows(PLAN_POINT, FALLING_POINTS.to_owned())],
        },
        Invariant {
            name: "targets_fit_their_kind",
            meaning: "A target has the numbers of its kind and no others.",
            probes: vec![rows_where(INDICATOR, UNFIT_TARGETS)],
        },
        Invariant {
            name: "closure_is_the_unit_tree",
            meaning: "The closure of the units is what their parents say, and no unit lies below itself.",
            probes: vec![Probe::Rows(UNIT, closure_against_tree())],
        },
        Invariant {
            name: "parts_carry_what_their_whole_has",
            meaning: "A part carries the division, unit and fiscal year of its whole.",
            probes: PARTS.iter().map(differing).collect(),
        },
        Invariant {
            name: "findings_point_into_their_scope",
            meaning: "A finding points to rows of its own unit and year, and to a document of its division and year.",
            probes: POINTERS.iter().map(differing).collect(),
        },
        Invariant {
            name: "kept_numbers_are_counted",
            meaning: "The numbers of indicators that are kept for each division, year and level are those of the indicators.",
            probes: vec![Probe::Rows(INDICATOR_LEVEL, MISCOUNTED.to_owned())],
        },
        Invariant {
            name: "no_orphans",
            meaning: "Every reference leads to a row.",
            probes: REFERENCES.iter().map(leading_nowhere).collect(),
        },
        Invariant {
            name: "natural_keys_are_unique",
            meaning: "No two rows have the same natural key.",
            probes: NATURAL_KEYS.iter().map(repeated).collect(),
        },
        Invariant {
            name: "versions_count_from_one",
            meaning: "Versions count from 1.",
            probes: ALL.iter().map(|table| rows_where(*table, "version < 1")).collect(),
        },
        Invariant {
            name: "changes_follow_creation",
            meaning: "No row changed before it was made.",
            probes: ALL.iter().map(|table| rows_where(*table, "updated_at < created_at")).collect(),
        },
        Invariant {
            name: "audit_chains_are_dense",
            meaning: "The entries of each chain of the audit count from 1 without gaps.",
            probes: vec![Probe::Entries(GAPS.to_owned())],
        },
        Invariant {
            name: "audit_heads_agree",
            meaning: "The head of each chain of the audit is its newest entry.",
            probes: vec![Probe::Entries(STRAY_HEADS.to_owned()), Probe::Entries(HEADLESS.to_owned())],
        },
        Invariant {
            name: "changes_are_audited",
            meaning: "Each row of the outbox belongs to an entry of the audit, and no entry since the oldest lacks its row.",
            probes: vec![Probe::Entries(STRAY_CHANGES.to_owned()), Probe::Entries(LACKING_CHANGES.to_owned())],
        },
    ]
}

/// What SQLite says of its own file.
pub(super) fn of_sqlite() -> Vec<Invariant> {
    vec![
        Invariant {
            name: "sqlite_file_is_whole",
            meaning: "SQLite finds its file whole (integrity_check).",
            probes: vec![Probe::Words(super::INTEGRITY, "ok")],
        },
        Invariant {
            name: "sqlite_foreign_keys_hold",
            meaning: "SQLite finds every declared reference (foreign_key_check); the tables with others are named.",
            probes: vec![Probe::Words("PRAGMA foreign_key_check", "")],
        },
    ]
}

/// Nothing is compared where a side is blank altogether (`domain.md` 5.1).
fn budget_without_sum() -> String {
    let Fen(rounding) = MoneyUnit::WanYuan.tolerance();
    format!(
        "(fiscal_funds IS NOT NULL OR other_funds IS NOT NULL)
         AND ABS(budget - COALESCE(fiscal_funds, 0) - COALESCE(other_funds, 0))
             > CASE WHEN source_id IS NULL THEN 0 ELSE {rounding} END"
    )
}

const FALLING_POINTS: &str = "\
    SELECT id FROM (
        SELECT id, percent, amount, MAX(percent) OVER earlier AS percent_before, MAX(amount) OVER earlier AS amount_before
        FROM plan_point
        WINDOW earlier AS (PARTITION BY plan_id ORDER BY month ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ) AS points
    WHERE percent < percent_before OR amount < amount_before";

const GAPS: &str = "\
    SELECT chain || ':' || seq AS id
    FROM (SELECT chain, seq, ROW_NUMBER() OVER (PARTITION BY chain ORDER BY seq) AS place FROM audit_entry) AS placed
    WHERE seq <> place";

const STRAY_HEADS: &str = "\
    SELECT head.chain || ':' || head.seq AS id FROM audit_head AS head
    LEFT JOIN audit_entry AS entry ON entry.chain = head.chain AND entry.seq = head.seq
    WHERE head.seq > 0 AND (entry.hash IS NULL OR entry.hash <> head.hash OR entry.at <> head.at)";

const HEADLESS: &str = "\
    SELECT entry.chain || ':' || entry.seq AS id FROM audit_entry AS entry
    LEFT JOIN audit_head AS head ON head.chain = entry.chain WHERE head.seq IS NULL OR head.seq < entry.seq";

const STRAY_CHANGES: &str = "\
    SELECT change.chain || ':' || change.audit_seq AS id FROM change
    LEFT JOIN audit_entry AS entry ON entry.chain = change.chain AND entry.seq = change.audit_seq
    WHERE entry.seq IS NULL OR entry.entity_id <> change.entity_id OR entry.kind <> change.kind";

const LACKING_CHANGES: &str = "\
    SELECT entry.chain || ':' || entry.seq AS id FROM audit_entry AS entry
    JOIN (SELECT chain, MIN(audit_seq) AS seq FROM change GROUP BY chain) AS oldest ON oldest.chain = entry.chain
    WHERE entry.seq > oldest.seq AND NOT EXISTS
        (SELECT 1 FROM change WHERE change.chain = entry.chain AND change.audit_seq = entry.seq)";

const MISCOUNTED: &str = "\
    SELECT level_id AS id FROM (
        SELECT division_code, fiscal_year, publication, level1_id, level_id, number FROM indicator_count
        UNION ALL
        SELECT indicator.division_code, indicator.fiscal_year, project.publication, indicator.level1_id,
            COALESCE(indicator.level2_id, indicator.level1_id), -1
        FROM indicator JOIN project ON project.id = indicator.project_id
    ) AS numbers
    GROUP BY division_code, fiscal_year, publication, level1_id, level_id HAVING SUM(number) <> 0";

const UNFIT_TARGETS: &str = "\
    NOT CASE target_kind
        WHEN 'QUANTITY' THEN value IS NOT NULL AND low IS NULL AND high IS NULL
        WHEN 'RANGE' THEN value IS NULL AND low IS NOT NULL AND high IS NOT NULL AND low <= high
        WHEN 'QUALITATIVE' THEN value IS NULL AND low IS NULL AND high IS NULL
        ELSE FALSE
    END";

fn closure_against_tree() -> String {
    format!(
        "WITH RECURSIVE tree (ancestor_id, descendant_id, depth) AS (
            SELECT id, id, 0 FROM unit
            UNION ALL
            SELECT unit.parent_id, tree.descendant_id, tree.depth + 1
            FROM tree JOIN unit ON unit.id = tree.ancestor_id
            WHERE unit.parent_id IS NOT NULL AND tree.depth < {DEEPEST}
        )
        SELECT descendant_id AS id FROM (
            SELECT ancestor_id, descendant_id, depth FROM tree
            EXCEPT SELECT ancestor_id, descendant_id, depth FROM unit_closure
        ) AS lacking
        UNION SELECT descendant_id FROM (
            SELECT ancestor_id, descendant_id, depth FROM unit_closure
            EXCEPT SELECT ancestor_id, descendant_id, depth FROM tree
        ) AS surplus"
    )
}

fn rows_where(table: Table, condition: &str) -> Probe {
    Probe::Rows(table, format!("SELECT id FROM {} WHERE {condition}", table.name))
}

fn differing((part, column, whole, shared): &(Table, &str, &str, &[&str])) -> Probe {
    let differs: Vec<String> = shared.iter().map(|name| format!("part.{name} IS DISTINCT FROM whole.{name}")).collect();
    let (table, differs) = (part.name, differs.join(" OR "));
    let sql = format!(
        "SELECT part.id FROM {table} AS part JOIN {whole} AS whole ON whole.id = part.{column} WHERE {differs}"
    );
    Probe::Rows(*part, sql)
}

fn leading_nowhere((table, column, to, key): &(Table, &str, &str, &str)) -> Probe {
    let name = table.name;
    let sql = format!(
        "SELECT referring.id FROM {name} AS referring LEFT JOIN {to} AS referred ON referred.{key} = referring.{column} \
         WHERE referring.{column} IS NOT NULL AND referred.{key} IS NULL"
    );
    Probe::Rows(*table, sql)
}

fn repeated((table, columns, rows): &(Table, &str, &str)) -> Probe {
    let name = table.name;
    let sql = format!(
        "SELECT id FROM (SELECT id, COUNT(*) OVER (PARTITION BY {columns}) AS alike FROM {name} WHERE {rows}) AS counted \
         WHERE alike > 1"
    );
    Probe::Rows(*table, sql)
}
