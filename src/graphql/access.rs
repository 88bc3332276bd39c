//! Who sees and does what in the schema: for each type the permission that looking at it needs, for each field its class, and
//! for each mutation its permission.
//!
//! This table is the one place of it. The plan of a request asks it before the first statement runs, the schema shows it as
//! `@access`, and the suite reads it from there. A field without a line fails the suite.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::auth::Caller;
use crate::auth::policy::{Class, Permission};
use crate::error::{AppError, AppResult, ErrorCode};

/// A type: its name, the permission, and its fields by class. A name that begins with `*` stands for all types whose name ends
/// so; what these hold is of other types.
type Line = (&'static str, Option<Permission>, &'static [(Class, &'static str)]);

const TYPES: &[Line] = &[
    (
        "Query",
        None,
        &[(
            Class::Public,
            "bulkOperation bulkOperations departmentGoal departmentGoals division divisions findings indicator indicatorLevels \
         indicators node nodes project projects service sourceDocument sourceDocuments unit units viewer",
        )],
    ),
    (
        "Division",
        Some(Permission::UnitRead),
        &[(Class::Public, "id code name units"), (Class::Internal, "createdAt updatedAt version")],
    ),
    (
        "Unit",
        Some(Permission::UnitRead),
        &[
            (Class::Public, "id code name level parent children division goal goals projects"),
            (Class::Internal, "aliases createdAt findings history sourceDocuments updatedAt version"),
        ],
    ),
    ("UnitAlias", Some(Permission::UnitRead), &[(Class::Internal, "code name")]),
    (
        "DepartmentGoal",
        Some(Permission::GoalRead),
        &[
            (Class::Public, "id fiscalYear items measures overall publishedAt unit"),
            (Class::Internal, "createdAt findings publication source updatedAt version"),
        ],
    ),
    (
        "GoalItem",
        Some(Permission::GoalRead),
        &[(Class::Public, "id number ordinal text"), (Class::Internal, "version")],
    ),
    (
        "SafeguardMeasure",
        Some(Permission::GoalRead),
        &[(Class::Public, "id number ordinal text"), (Class::Internal, "version")],
    ),
    (
        "Project",
        Some(Permission::ProjectRead),
        &[
            (
                Class::Public,
                "id code name fiscalYear goalLevel budget fiscalFunds otherFunds purpose objectives indicators plan ordinal \
             publishedAt unit",
            ),
            (Class::Internal, "createdAt findings heading history publication source unitRaw updatedAt version"),
        ],
    ),
    (
        "Objective",
        Some(Permission::ProjectRead),
        &[(Class::Public, "id number ordinal project text"), (Class::Internal, "version")],
    ),
    (
        "SpendingPlan",
        Some(Permission::ProjectRead),
        &[(Class::Public, "id points printedBasis project"), (Class::Internal, "version")],
    ),
    ("PlanPoint", Some(Permission::ProjectRead), &[(Class::Public, "amount month percent raw")]),
    ("Money", None, &[(Class::Public, "amount raw")]),
    (
        "Indicator",
        Some(Permission::IndicatorRead),
        &[
            (Class::Public, "id name description basis level1 level2 ordinal fiscalYear project target unit weight"),
            (Class::Internal, "createdAt findings history level1Raw level2Raw updatedAt version"),
        ],
    ),
    ("QuantityTarget", Some(Permission::IndicatorRead), &[(Class::Public, "comparison raw unit unitIsPercent value")]),
    ("RangeTarget", Some(Permission::IndicatorRead), &[(Class::Public, "high low raw unit")]),
    ("QualitativeTarget", Some(Permission::IndicatorRead), &[(Class::Public, "raw text")]),
    (
        "IndicatorLevel",
        Some(Permission::IndicatorRead),
        &[(Class::Public, "children code id label ordinal parent rank regime standardCode")],
    ),
    (
        "Finding",
        Some(Permission::FindingRead),
        &[
            (
                Class::Internal,
                "id acknowledgedAt acknowledgedReason createdAt detail fiscalYear goal indicator message place project rule \
             severity source subject unit version",
            ),
            (Class::Personal, "acknowledgedBy"),
        ],
    ),
    (
        "SourceDocument",
        Some(Permission::DocumentRead),
        &[(Class::Internal, "fileName findings fiscalYear format goals id importedAt projects sha256 size title unit")],
    ),
    ("SourceRef", Some(Permission::DocumentRead), &[(Class::Internal, "document line row table")]),
    (
        "Change",
        Some(Permission::HistoryRead),
        &[(Class::Internal, "action at diff id kind requestId version"), (Class::Personal, "actor onBehalfOf")],
    ),
    ("FieldChange", Some(Permission::HistoryRead), &[(Class::Internal, "after before field kind rowId type")]),
    (
        "Upload",
        Some(Permission::OperationRead),
        &[(Class::Internal, "complete expiresAt fileName id received size url")],
    ),
    (
        "BulkOperation",
        Some(Permission::OperationRead),
        &[(
            Class::Internal,
            "clientIdentifier createdAt dryRun errorSummary errorsUrl expiresAt failure finishedAt id kind mode phase preview \
         progress resultUrl startedAt status",
        )],
    ),
    ("BulkFailure", Some(Permission::OperationRead), &[(Class::Internal, "code message")]),
    (
        "BulkProgress",
        Some(Permission::OperationRead),
        &[(
            Class::Internal,
            "bytesDone bytesTotal etaSeconds percent rowsCreated rowsDeleted rowsDone rowsFailed rowsSkipped rowsTotal \
         rowsUnchanged rowsUpdated",
        )],
    ),
    (
        "ErrorSummaryItem",
        Some(Permission::OperationRead),
        &[(Class::Internal, "code count firstLine firstSheet sampleMessage")],
    ),
    // Who asks is told to everybody, about himself.
    ("Viewer", None, &[(Class::Public, "account grants")]),
    ("Account", None, &[(Class::Public, "id kind name")]),
    ("Grant", None, &[(Class::Public, "access divisionCode fiscalYearFirst fiscalYearLast role unit")]),
    ("ServiceInfo", None, &[(Class::Public, "limits name version")]),
    ("Limit", None, &[(Class::Public, "name value")]),
    // What holds parts of other types, and shows no more than they do.
    ("PageInfo", None, &[(Class::Public, "endCursor hasNextPage hasPreviousPage startCursor")]),
    ("*Connection", None, &[(Class::Public, "edges nodes pageInfo totalCount")]),
    ("*Edge", None, &[(Class::Public, "cursor node")]),
    (
        "*Payload",
        None,
        &[(
            Class::Public,
            "bulkOperation clientMutationId committed departmentGoal division finding indicator objective outcome project query \
         results spendingPlan summary unit upload userErrors",
        )],
    ),
    (
        "*RowResult",
        None,
        &[(Class::Public, "division index indicator key outcome project spendingPlan unit userErrors")],
    ),
    ("RowSummary", None, &[(Class::Public, "created deleted failed skipped total unchanged updated")]),
    (
        "*Error",
        None,
        &[(
            Class::Public,
            "changedFields code current currentVersion existing expectedVersion key message path permission rule value",
        )],
    ),
];

const MUTATIONS: &[(Permission, &str)] = &[
    (
        Permission::UnitWrite,
        "divisionCreate divisionDelete divisionUpdate divisionUpsert divisionsUpsert unitAliasAdd unitCreate unitDelete \
         unitMerge unitUpdate unitUpsert unitsUpsert",
    ),
    (Permission::GoalWrite, "departmentGoalCreate departmentGoalDelete departmentGoalUpdate departmentGoalUpsert"),
    (
        Permission::ProjectWrite,
        "objectiveCreate objectiveDelete objectiveUpdate objectiveUpsert planPointsUpsert projectCreate projectDelete \
         projectUpdate projectUpsert projectsUpdateWhere projectsUpsert spendingPlanCreate spendingPlanDelete \
         spendingPlanUpdate spendingPlanUpsert",
    ),
    (Permission::IndicatorWrite, "indicatorCreate indicatorDelete indicatorUpdate indicatorUpsert indicatorsUpsert"),
    (Permission::FindingAcknowledge, "findingAcknowledge findingUnacknowledge"),
    (Permission::ImportRun, "importStart uploadCreate"),
    // Who started an operation may stop it, and who looks after the service any.
    (Permission::OperationRead, "bulkOperationCancel"),
];

/// The permission of a type, and the classes of its fields.
pub struct TypeAccess {
    /// What looking at the type needs; nothing where it holds only what is told to everybody, or parts of other types.
    pub permission: Option<Permission>,
    classes: HashMap<&'static str, Class>,
}

impl TypeAccess {
    fn of((_, permission, fields): &Line) -> Self {
        let classes = fields.iter().flat_map(|(class, names)| names.split_whitespace().map(|name| (name, *class)));
        Self { permission: *permission, classes: classes.collect() }
    }

    /// The class of a field.
    pub fn class(&self, field: &str) -> Option<Class> {
        self.classes.get(field).copied()
    }

    /// Refuses a field that the caller may not see.
    ///
    /// # Errors
    /// `FORBIDDEN` for a class that none of his roles sees, `INTERNAL` for a field without a line.
    pub fn admit(&self, caller: &Caller, type_name: &str, field: &str) -> AppResult<()> {
        match self.class(field) {
            Some(class) if caller.sees(class) => Ok(()),
            Some(class) => {
                caller.is_known()?;
                let message = format!("{type_name}.{field} is {}: no role of this account sees it.", class.name());
                Err(AppError::new(ErrorCode::Forbidden, message))
            }
            None => Err(AppError::internal(format!("no line of access for {type_name}.{field}"))),
        }
    }
}

/// The line of a type; `None` where there is none.
pub fn of_type(name: &str) -> Option<&'static TypeAccess> {
    static NAMED: LazyLock<HashMap<&'static str, TypeAccess>> =
        LazyLock::new(|| TYPES.iter().map(|line| (line.0, TypeAccess::of(line))).collect());
    static ENDINGS: LazyLock<Vec<(&'static str, &'static TypeAccess)>> =
        LazyLock::new(|| NAMED.iter().filter_map(|(name, access)| Some((name.strip_prefix('*')?, access))).collect());
    let by_ending = || ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, access)| *access);
    NAMED.get(name).or_else(by_ending)
}

/// The permission of a mutation; `None` for one without a line.
pub fn of_mutation(name: &str) -> Option<Permission> {
    static PERMISSIONS: LazyLock<HashMap<&'static str, Permission>> = LazyLock::new(|| {
        MUTATIONS
            .iter()
            .flat_map(|(permission, names)| names.split_whitespace().map(|name| (name, *permission)))
            .collect()
    });
    PERMISSIONS.get(name).copied()
}

/// Admits the caller to a type, before its fields are asked one by one.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` when he may not look at it, `INTERNAL` for a type without a line.
pub fn admit(caller: &Caller, type_name: &str) -> AppResult<&'static TypeAccess> {
    let access = of_type(type_name).ok_or_else(|| AppError::internal(format!("no line of access for {type_name}")))?;
    if let Some(permission) = access.permission {
        caller.may(permission)?;
    }
    Ok(access)
}
