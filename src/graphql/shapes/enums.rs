//! The enums of the schema, and the filter inputs of those that rows are filtered by.

use crate::graphql::engine::registry::Registrar;
use crate::graphql::engine::signature::Argument;
use crate::graphql::user_error::codes;

/// An enum.
fn enumeration(registrar: &mut Registrar<'_>, name: &'static str, description: &str, values: &[(&str, &str)]) {
    registrar.enumeration(name, description, values);
}

fn filtered(
    registrar: &mut Registrar<'_>,
    name: &'static str,
    description: &str,
    values: &[(&str, &str)],
    operators: (&'static str, [&'static str; 4]),
) {
    enumeration(registrar, name, description, values);
    let (filter, [eq, ne, among, not_among]) = operators;
    let fields = [
        Argument::new(eq, "Equal."),
        Argument::new(ne, "Not equal; an absent value does not match."),
        Argument::new(among, "One of these."),
        Argument::new(not_among, "None of these; an absent value does not match."),
        Argument::new("isNull: Boolean", "True asks for absent values, false for present ones."),
    ];
    registrar.input(
        filter,
        &format!("Operators on {name}; all given must hold. A null operand is an error; use `isNull`."),
        &fields,
        false,
    );
}

/// The four typed operators of an enum.
macro_rules! operators_on {
    ($name:literal) => {
        (
            concat!($name, "Filter"),
            [
                concat!("eq: ", $name),
                concat!("ne: ", $name),
                concat!("in: [", $name, "!]"),
                concat!("notIn: [", $name, "!]"),
            ],
        )
    };
}

/// Registers the enums.
pub fn register(registrar: &mut Registrar<'_>) {
    enumeration(
        registrar,
        "MoneyUnit",
        "Unit of an amount of money.",
        &[("YUAN", "元."), ("WAN_YUAN", "万元, 10,000 元.")],
    );
    enumeration(
        registrar,
        "SearchType",
        "What is searched, and in which texts.",
        &[
            ("UNIT", "Units: name and code, and for who may see them other names."),
            ("PROJECT", "Projects: name and code, purpose, objectives."),
            ("INDICATOR", "Indicators: name, description, basis, target as printed."),
            ("DEPARTMENT_GOAL", "Department goals: overall goal, sub-goals and measures."),
        ],
    );
    enumeration(registrar, "Lang", "Language of labels and messages.", &[("ZH", "Chinese."), ("EN", "English.")]);
    enumeration(
        registrar,
        "SortDirection",
        "Direction of an order.",
        &[("ASC", "Smallest first."), ("DESC", "Largest first.")],
    );
    enumeration(
        registrar,
        "NullsOrder",
        "Where objects without a value stand in an order.",
        &[("FIRST", "Before all others."), ("LAST", "After all others.")],
    );
    enumeration(
        registrar,
        "Extent",
        "What of numbers that are summed up is meant.",
        &[("SUM", "Their sum."), ("MIN", "The smallest."), ("MAX", "The largest.")],
    );
    enumeration(
        registrar,
        "FundingKind",
        "Where the money of a project comes from, as far as its funds are stated.",
        &[
            ("FISCAL", "Fiscal funds only (财政资金)."),
            ("OTHER", "Other funds only (其他资金)."),
            ("BOTH", "Fiscal and other funds."),
        ],
    );
    enumeration(
        registrar,
        "PlanBasis",
        "What the printed values of a spending plan are.",
        &[
            ("PERCENT", "Percent of the budget."),
            ("AMOUNT", "Money in the unit of the table, although the header says percent."),
            ("FRACTION", "Fraction of the budget; 1 is all of it."),
            ("AMBIGUOUS", "Percent and money at once, because the budget is 100."),
        ],
    );
    enumeration(
        registrar,
        "FieldClass",
        "How a field is kept (安全标记).",
        &[
            ("PUBLIC", "What departments publish."),
            ("INTERNAL", "What who works with the data needs beside it."),
            ("SENSITIVE", "What could harm if it came out too early."),
            ("PERSONAL", "What tells of a person."),
            ("SYSTEM", "How the service is run."),
        ],
    );
    filtered(
        registrar,
        "GrantAccess",
        "How far a grant goes.",
        &[("VIEW", "Only looking (查看)."), ("CAPTURE", "Looking and everything else that the role may do (采集).")],
        operators_on!("GrantAccess"),
    );
    filtered(
        registrar,
        "AccountKind",
        "Kind of an account.",
        &[("PERSON", "A person."), ("SERVICE", "Another system.")],
        operators_on!("AccountKind"),
    );
    filtered(
        registrar,
        "Duty",
        "What an account is for; nobody has two duties, so nobody is two administrators.",
        &[
            ("BUSINESS", "A person of a unit, a department or the finance bureau."),
            ("SERVICE", "Another system."),
            ("SYS_ADMIN", "System administrator (系统管理员)."),
            ("SEC_ADMIN", "Security administrator (安全管理员)."),
            ("AUDITOR", "Audit administrator (审计管理员)."),
        ],
        operators_on!("Duty"),
    );
    enumeration(
        registrar,
        "SessionEnd",
        "Why a session ended before its time.",
        &[
            ("LOGOUT", "The person signed out."),
            ("REUSE", "A refresh token came a second time: someone has a copy of it."),
            ("CREDENTIAL", "The password, or the secret of the one-time codes, was set anew."),
            ("ADMINISTRATOR", "An administrator ended it."),
        ],
    );
    filtered(
        registrar,
        "Role",
        "What a grant makes its account; what each role may do stands in `docs/access.md`.",
        &[
            ("PUBLIC", "The public (公众): what is published, without an account."),
            ("UNIT_EDITOR", "Who enters data of a budget unit (预算单位经办)."),
            ("UNIT_APPROVER", "Who answers for a budget unit (预算单位负责人)."),
            ("DEPARTMENT", "The department in charge (主管部门)."),
            ("FINANCE", "The finance bureau (财政部门)."),
            ("SERVICE", "Another system (系统对接)."),
            ("SYS_ADMIN", "System administrator (系统管理员)."),
            ("SEC_ADMIN", "Security administrator (安全管理员)."),
            ("AUDITOR", "Audit administrator (审计管理员)."),
        ],
        operators_on!("Role"),
    );
    enumeration(registrar, "ErrorCode", "What kind of mistake a `UserError` is; the list is closed.", &codes());
    enumeration(
        registrar,
        "Outcome",
        "What became of what was sent.",
        &[
            ("CREATED", "It made an object."),
            ("UPDATED", "It changed an object."),
            ("UNCHANGED", "The object already was as it says: nothing was touched, not even its version."),
            ("DELETED", "It deleted an object."),
            ("FAILED", "It has mistakes and was not written."),
            ("SKIPPED", "It has none, but was not written because another row failed."),
        ],
    );
    enumeration(
        registrar,
        "Atomicity",
        "What is written when some rows fail.",
        &[
            ("ALL", "Nothing."),
            ("PER_PROJECT", "Everything of the projects of which no row failed; rows of other things each by itself."),
            ("PER_ROW", "Every row that did not fail."),
        ],
    );
    enumeration(
        registrar,
        "ChangeKind",
        "What became of an object.",
        &[("CREATED", "It was made."), ("UPDATED", "It, or a part of it, changed."), ("DELETED", "It went.")],
    );
    filtered(
        registrar,
        "Publication",
        "Whether the public sees a record.",
        &[("DRAFT", "Not yet, or not any more."), ("PUBLISHED", "It does.")],
        operators_on!("Publication"),
    );
    filtered(
        registrar,
        "UnitLevel",
        "Rank of a unit.",
        &[("DEPARTMENT", "A department (部门); its code has three digits."), ("UNIT", "A budgeted unit (预算单位).")],
        operators_on!("UnitLevel"),
    );
    filtered(
        registrar,
        "GoalLevel",
        "What the project tables of a document state goals for: projects or a special fund.",
        &[("PROJECT", "Budgeted project (预算项目)."), ("SPECIAL_FUND", "Special fund (专项资金).")],
        operators_on!("GoalLevel"),
    );
    filtered(
        registrar,
        "TargetKind",
        "Form of a target.",
        &[
            ("QUANTITY", "Comparison, number and unit."),
            ("RANGE", "Two numbers and a unit."),
            ("QUALITATIVE", "Words."),
        ],
        operators_on!("TargetKind"),
    );
    filtered(
        registrar,
        "Comparison",
        "How a result compares with the target when it is met.",
        &[
            ("GE", "At least (≥)."),
            ("GT", "More than (>)."),
            ("EQ", "Exactly (=)."),
            ("LT", "Less than (<)."),
            ("LE", "At most (≤)."),
        ],
        operators_on!("Comparison"),
    );
    filtered(
        registrar,
        "IndicatorRegime",
        "Regime of indicators (指标体系): which first and second levels there are.",
        &[
            ("R2015", "财预〔2015〕88号: cost is a second level under output."),
            ("R2021", "财预〔2021〕101号: cost is a first level."),
            ("WHOLE_DEPARTMENT", "Whole department (中发〔2018〕34号)."),
            ("CENTRAL_INVESTMENT", "Central investment (中央预算内投资)."),
            ("LOCAL", "Local wording outside the national regimes."),
        ],
        operators_on!("IndicatorRegime"),
    );
    filtered(
        registrar,
        "Severity",
        "How much a finding matters.",
        &[
            ("REJECTED", "Something was not stored."),
            ("WARNING", "Stored; someone should look."),
            ("NORMALIZED", "Stored in normal form; the printed text is kept."),
            ("INFO", "Nothing is wrong; worth knowing."),
        ],
        operators_on!("Severity"),
    );
    filtered(
        registrar,
        "DocumentFormat",
        "Format of a document.",
        &[("TEXT", "Text whose cells are opened by a tab."), ("DOCX", "Word document.")],
        operators_on!("DocumentFormat"),
    );
    bulk(registrar);
}

/// The enums of bulk operations.
fn bulk(registrar: &mut Registrar<'_>) {
    filtered(
        registrar,
        "BulkKind",
        "What the rows of a bulk operation are.",
        &[
            ("PROJECTS", "Projects, with their parts."),
            ("INDICATORS", "Indicators."),
            ("UNITS", "Units."),
            ("PLAN_POINTS", "Points of spending plans."),
            ("MIXED", "Several kinds: a workbook tells by the names of its sheets, JSONL by `type` on each line."),
            ("DISCLOSURE", "A published document."),
        ],
        operators_on!("BulkKind"),
    );
    enumeration(
        registrar,
        "BlankCells",
        "What a blank cell of a table means.",
        &[("KEEP", "What is stored stays."), ("CLEAR", "What is stored is cleared, as by null.")],
    );
    enumeration(
        registrar,
        "BulkMode",
        "What a bulk operation does with its rows.",
        &[
            ("CREATE", "Every row must be new."),
            ("UPDATE", "Every row must be there."),
            ("UPSERT", "New rows are made, known ones changed."),
            ("DELETE", "The rows are deleted."),
            ("REPLACE_SCOPE", "As `UPSERT`, and what the file lacks is deleted from its scope."),
        ],
    );
    filtered(
        registrar,
        "BulkStatus",
        "State of a bulk operation.",
        &[
            ("QUEUED", "It waits for its turn."),
            ("VALIDATING", "The file is looked through; no row was applied yet."),
            ("RUNNING", "Rows are applied."),
            ("CANCELING", "It ends after the chunk that runs."),
            ("CANCELED", "The client ended it; what was applied stays."),
            ("COMPLETED", "Every row was taken."),
            ("COMPLETED_WITH_ERRORS", "Every row was looked at, some were refused."),
            ("FAILED", "It could not go on, `failure` says why; what was applied stays."),
            ("EXPIRED", "It ended a week ago or more; its files were deleted."),
        ],
        operators_on!("BulkStatus"),
    );
    enumeration(
        registrar,
        "BulkPhase",
        "What a bulk operation is busy with.",
        &[
            ("WAITING", "Nothing yet."),
            ("CHECKING", "The file: its checksum, its rows, the dry run that is confirmed."),
            ("APPLYING", "The rows."),
            ("DONE", "Nothing any more."),
        ],
    );
}
