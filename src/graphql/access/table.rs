//! The lines themselves: what each type and mutation needs, and the class of each field.

use crate::auth::policy::{Class, Permission};

/// A type: its name, the permission, and its fields by class. A name that begins with `*` stands for all types whose name ends
/// so; what these hold is of other types.
pub(super) type Line = (&'static str, Option<Permission>, &'static [(Class, &'static str)]);

/// All types.
pub(super) const TYPES: &[Line] = &[
    (
        "Query",
        None,
        &[(
            Class::Public,
            "account accounts bulkOperation bulkOperations departmentGoal departmentGoals division divisions findings indicator \
         indicatorLevels indicators indicatorGroups node nodes project projectGroups projects search service serviceClient \
         serviceClients sourceDocument sourceDocuments unit units viewer",
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
            (Class::Public, "id code name level parent children division goal goals projects summary"),
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
    // Groups need the permission of what is grouped.
    (
        "ProjectGroup",
        None,
        &[
            (
                Class::Public,
                "budget count department division fiscalFunds fiscalYear fundingKind goalLevel otherFunds unit",
            ),
            (Class::Internal, "rule"),
        ],
    ),
    (
        "IndicatorGroup",
        None,
        &[
            (Class::Public, "count department division fiscalYear level1 level2 targetKind unit weight"),
            (Class::Internal, "rule"),
        ],
    ),
    // Each of its parts needs the permission of what it counts.
    (
        "UnitSummary",
        Some(Permission::UnitRead),
        &[
            (Class::Public, "budget fiscalFunds goals indicators otherFunds plan projects units"),
            (Class::Internal, "findings"),
        ],
    ),
    ("PlannedSpending", Some(Permission::ProjectRead), &[(Class::Public, "amount month")]),
    ("SeverityCount", Some(Permission::FindingRead), &[(Class::Internal, "count severity")]),
    ("MoneyAggregate", None, &[(Class::Public, "avg max min sum")]),
    ("DecimalAggregate", None, &[(Class::Public, "avg max min sum")]),
    ("*Aggregate", None, &[(Class::Public, "budget count fiscalFunds otherFunds weight")]),
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
    // How the service is run, and who the people are.
    (
        "Account",
        Some(Permission::AccountRead),
        &[
            (
                Class::System,
                "createdAt credential disabledAt duty grants id invitations kind name serviceClient sessions updatedAt version",
            ),
            (Class::Personal, "externalSubject lastSignInAt"),
        ],
    ),
    (
        "AccountGrant",
        Some(Permission::AccountRead),
        &[(
            Class::System,
            "access account createdAt divisionCode expiresAt fiscalYearFirst fiscalYearLast id role unit unitId version",
        )],
    ),
    ("Credential", Some(Permission::AccountRead), &[(Class::System, "passwordSetAt totpSetAt")]),
    ("Invitation", Some(Permission::AccountRead), &[(Class::System, "createdAt expiresAt usedAt")]),
    (
        "Session",
        Some(Permission::AccountRead),
        &[(Class::System, "account active createdAt endedAt endedBy expiresAt id"), (Class::Personal, "address")],
    ),
    (
        "ServiceClient",
        Some(Permission::AccountRead),
        &[(Class::System, "account createdAt id keys scopes secrets updatedAt version")],
    ),
    ("ClientSecret", Some(Permission::AccountRead), &[(Class::System, "createdAt expiresAt id")]),
    ("ClientKey", Some(Permission::AccountRead), &[(Class::System, "algorithm createdAt kid thumbprint")]),
    // Who asks is told to everybody, about himself.
    ("Viewer", None, &[(Class::Public, "account can grants permissions")]),
    ("ViewerAccount", None, &[(Class::Public, "id kind name")]),
    ("PermissionAnswer", None, &[(Class::Public, "action allowed")]),
    ("Grant", None, &[(Class::Public, "access divisionCode fiscalYearFirst fiscalYearLast role unit")]),
    ("ServiceInfo", None, &[(Class::Public, "limits name version")]),
    ("Limit", None, &[(Class::Public, "name value")]),
    // What holds parts of other types, and shows no more than they do.
    ("SearchHit", None, &[(Class::Public, "highlights node score")]),
    ("SearchHighlight", None, &[(Class::Public, "field ranges text")]),
    ("TextRange", None, &[(Class::Public, "end start")]),
    ("PageInfo", None, &[(Class::Public, "endCursor hasNextPage hasPreviousPage startCursor")]),
    ("*Connection", None, &[(Class::Public, "aggregate edges nodes pageInfo totalCount")]),
    ("*Edge", None, &[(Class::Public, "cursor node")]),
    (
        "*Payload",
        None,
        &[(
            Class::Public,
            "account accountGrant bulkOperation clientMutationId committed departmentGoal division finding indicator \
         invitationCode objective outcome project query results secret serviceClient session spendingPlan summary unit upload \
         userErrors",
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

/// What can be filtered or sorted by without being a field of its type.
pub(super) const CONDITIONS: &[(&str, Class, &str)] = &[
    ("Unit", Class::Public, "divisionCode"),
    ("DepartmentGoal", Class::Public, "divisionCode"),
    ("Project", Class::Public, "divisionCode"),
    ("Indicator", Class::Public, "comparison divisionCode targetKind targetRaw targetUnit value"),
    ("IndicatorLevel", Class::Public, "name"),
    ("Finding", Class::Internal, "divisionCode"),
    ("SourceDocument", Class::Internal, "divisionCode"),
];

/// What the public asks, at an address and by a schema of its own. Whatever stands below must be [`Class::Public`] there too.
pub(super) const PUBLIC_ROOTS: &str = "departmentGoal departmentGoals division divisions indicator indicatorGroups indicatorLevels indicators \
                            project projectGroups projects search service unit units";

/// Arguments by which more is asked than their field shows: the past, which was not all published.
pub(super) const INTERNAL_ARGUMENTS: [&str; 1] = ["asOf"];

/// All mutations by their permission.
pub(super) const MUTATIONS: &[(Permission, &str)] = &[
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
    (
        Permission::PublicationWrite,
        "departmentGoalPublish departmentGoalUnpublish projectPublish projectUnpublish projectsPublish projectsUnpublish",
    ),
    (
        Permission::AccountWrite,
        "accountCreate accountInvite accountSignOut accountUnlock accountUpdate sessionEnd tokenRevoke",
    ),
    (
        Permission::GrantWrite,
        "grantGive grantTake serviceClientCreate serviceClientKeysSet serviceClientSecretAdd serviceClientSecretRetire \
         serviceClientUpdate",
    ),
    // Who started an operation may stop it, and who looks after the service any.
    (Permission::OperationRead, "bulkOperationCancel"),
];
