//! Hostile documents: each is refused quickly with its code, and the service answers afterwards.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::toy::{NEW, PERSON, SYSTEM, Server};

/// No refusal takes this long, not even unoptimised on a busy machine; without the guard most take minutes or the process.
const QUICKLY: Duration = Duration::from_secs(2);

/// Fragments of which each spreads the next one `width` times.
fn doubling(levels: usize, width: usize) -> String {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..levels {
        let spreads = format!("...F{} ", level + 1).repeat(width);
        write!(text, " fragment F{level} on Query {{ {spreads} }}").unwrap();
    }
    write!(text, " fragment F{levels} on Query {{ __typename }}").unwrap();
    text
}

fn nested(open: &str, levels: usize) -> String {
    open.repeat(levels)
}

/// Name, document, expected code.
fn bombs() -> Vec<(&'static str, String, &'static str)> {
    let chain: String = (0..2_000).map(|n| format!("fragment F{n} on Query {{ ...F{} }} ", n + 1)).collect();
    let many = |count: usize, one: &dyn Fn(usize) -> String| (0..count).map(one).collect::<String>();
    let cost = "COST_LIMIT";
    let parse = "GRAPHQL_PARSE_FAILED";
    let validation = "GRAPHQL_VALIDATION_FAILED";
    let input = "BAD_USER_INPUT";
    vec![
        ("doubling, 10 levels", doubling(10, 2), cost),
        ("doubling, 31 levels", doubling(31, 2), cost),
        ("doubling, 90 levels", doubling(90, 2), cost),
        ("four-fold, 12 levels", doubling(12, 4), cost),
        ("twenty-fold, 20 levels", doubling(20, 20), cost),
        ("doubling below fields", doubling(20, 2).replace("...F1 ", "thing { ...F1 } "), cost),
        ("fragment of itself", "{ ...A } fragment A on Query { ...A }".into(), validation),
        (
            "fragments of each other",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".into(),
            validation,
        ),
        ("unused fragment of itself", "{ hello } fragment A on Query { thing { ...A } }".into(), validation),
        (
            "unused fragments that multiply",
            format!(
                "{{ hello }} fragment A on Query {{ {} }} fragment B on Thing {{ {} }}",
                "thing { ...B } ".repeat(1_200),
                "ok ".repeat(8_000)
            ),
            cost,
        ),
        ("an unknown name of 90,000 letters", format!("{{ {} }}", "hello".repeat(18_000)), validation),
        ("2,500 arguments twice", format!("{{ {0} {0} }}", format!("hello({}) ", "a: 1 ".repeat(2_400))), validation),
        ("3,000 open lists", format!("{{ echo(number: {}", nested("[", 3_000)), cost),
        ("3,000 open objects", format!("{{ echo(number: {}", nested("{a:", 3_000)), cost),
        ("10,000 open selections", nested("{a", 10_000), cost),
        ("3,000 open list types", format!("query($a: {}Int", nested("[", 3_000)), cost),
        ("brackets after a lying comment", format!("# \"\r{}", nested("{a(b:[", 3_000)), cost),
        (
            "brackets after a lying block string",
            format!("{{ echo(text: \"\"\"\\\"\"\"\"\"\" b: {}", nested("[", 3_000)),
            cost,
        ),
        ("an open block string", format!("{{ echo(text: \"\"\" {}", nested("[", 3_000)), parse),
        ("a string across lines", format!("{{ echo(text: \"\n{}\" ", nested("[", 30)), parse),
        ("deep selections", format!("{{ {} ok {} }}", "thing { ".repeat(40), "} ".repeat(40)), cost),
        ("deep inline fragments", format!("{{ {} hello {} }}", "... { ".repeat(70), "} ".repeat(70)), cost),
        ("a chain of 2,000 fragments", format!("{{ ...F0 }} {chain}"), cost),
        ("10,000 aliases", format!("{{ {} }}", many(10_000, &|n| format!("a{n}: hello "))), cost),
        ("10,000 __typename", format!("{{ {} }}", "__typename ".repeat(10_000)), cost),
        ("10,000 aliases of __typename", format!("{{ {} }}", many(10_000, &|n| format!("a{n}: __typename "))), cost),
        ("500 repeats of a field", format!("{{ {} }}", "hello ".repeat(500)), cost),
        ("10,000 repeats of a nested field", format!("{{ thing {{ {} }} }}", "ok ".repeat(10_000)), cost),
        ("10,000 directives on a field", format!("{{ hello {} }}", "@skip(if: false) ".repeat(10_000)), cost),
        ("10 unknown directives on a field", format!("{{ hello {} }}", "@aa ".repeat(10)), validation),
        ("directives on many fields", format!("{{ thing {{ {} }} }}", "ok @skip(if: false) ".repeat(900)), cost),
        ("directives on the operation", format!("query {} {{ hello }}", "@aa ".repeat(900)), cost),
        (
            "10,000 fragments",
            format!("{{ hello }} {}", many(10_000, &|n| format!("fragment F{n} on Query {{ hello }} "))),
            cost,
        ),
        ("10,000 variables", format!("query({}) {{ hello }}", many(10_000, &|n| format!("$v{n}: Int "))), cost),
        ("10,000 operations", many(10_000, &|n| format!("query Q{n} {{ hello }} ")), cost),
        ("a string of a megabyte", format!("{{ echo(number: 1, text: \"{}\") }}", "x".repeat(1_000_000)), cost),
        ("indented block string", format!("{{ echo(number: 1, text: \"\"\"{}\"\"\") }}", "\n ".repeat(60_000)), cost),
        ("hidden by @skip", doubling(25, 2).replace("{ ...F0 }", "{ ...F0 @skip(if: true) }"), cost),
        (
            "introspection in circles",
            format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(5), "} } ".repeat(5)),
            cost,
        ),
        (
            "introspection through possible types",
            "{ __schema { types { possibleTypes { interfaces { name } } } } }".into(),
            cost,
        ),
        ("a huge page", "{ page(first: 999999999) { nodes { number } } }".into(), input),
        ("a page beyond 64 bits", "{ page(first: 99999999999999999999) { nodes { number } } }".into(), input),
        (
            "many pages",
            format!("{{ {} }}", many(50, &|n| format!("p{n}: page(first: 500) {{ nodes {{ number }} }} "))),
            "none",
        ),
        ("a list of 10,000 entries", format!("{{ echo(number: 1, text: [{}]) }}", "1 ".repeat(20_000)), cost),
        ("a number of 50,000 digits", format!("{{ echo(number: {}) }}", "9".repeat(50_000)), parse),
        ("a byte order mark inside", "{ hel\u{feff}lo }".into(), validation),
        ("a zero character", "{ hello \0 }".into(), parse),
        ("half a surrogate", "{ echo(number: 1, text: \"\\uD800\") }".into(), parse),
        ("nothing", String::new(), parse),
        ("only comments", "# a\n".repeat(10_000), parse),
        ("a schema", "type Query { a: Int }".into(), parse),
        ("a subscription", "subscription { a }".into(), validation),
        ("closing brackets", "}".repeat(10_000), parse),
    ]
}

#[tokio::test]
async fn bombs_are_refused_quickly_and_the_service_answers_afterwards() {
    let server = Server::usual().await;
    for (name, document, code) in bombs() {
        let began = Instant::now();
        let answer = server.ask_as_system(&document).await;
        let took = began.elapsed();
        if code == "none" {
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        } else {
            assert_eq!(answer.refusal().0, code, "{name}: {answer:?}");
            assert_eq!(answer.status, 400, "{name}");
            assert_eq!(answer.json().get("data"), None, "{name}");
            assert!(!answer.refusal().1.contains('\n'), "{name}: {answer:?}");
        }
        assert!(took < QUICKLY, "{name} took {took:?}");
        assert_eq!(server.ask("{ hello }").await.json(), json!({ "data": { "hello": "hello" } }), "after {name}");
    }
}

/// The stack of a test is as large as that of a worker of the service.
#[tokio::test]
async fn what_the_widest_limits_just_allow_is_answered() {
    let server = Server::usual().await;
    let list = |levels: usize| format!("{{ echo(number: {}1{}) }}", "[".repeat(levels), "]".repeat(levels));
    let aliases: String = (0..200).map(|n| format!("a{n}: ok ")).collect();
    for (name, document, code) in [
        ("inline fragments", format!("{{ {} hello {} }}", "... { ".repeat(62), "} ".repeat(62)), ""),
        ("levels", format!("{{ {} ok {} }}", "thing { ".repeat(14), "} ".repeat(14)), ""),
        ("selections", format!("{{ thing {{ {} }} }}", "ok ".repeat(9_999)), ""),
        ("aliases", format!("{{ thing {{ {aliases} }} }}"), ""),
        ("rows", format!("{{ {} }}", "page(first: 500) { nodes { number } } ".repeat(50)), ""),
        ("lists", list(62), "GRAPHQL_VALIDATION_FAILED"),
        ("doubling", doubling(4, 2).replace("{ ...F0 }", "{ hello ...F0 }"), ""),
    ] {
        let began = Instant::now();
        let answer = server.ask_as_system(&document).await;
        assert_eq!(answer.refusal().0, code, "{name}: {answer:?}");
        assert!(began.elapsed() < QUICKLY, "{name} took {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn the_limits_are_those_of_the_caller() {
    let server = Server::usual().await;
    let page = |first: u32| json!({ "query": format!("{{ page(first: {first}) {{ nodes {{ number }} }} }}") });
    for (headers, max) in [(vec![NEW], 50), (vec![NEW, PERSON], 100), (vec![NEW, SYSTEM], 500)] {
        assert_eq!(server.post(&page(max), &headers).await.status, 200);
        let (code, message) = server.post(&page(max + 1), &headers).await.refusal();
        assert_eq!(code, "BAD_USER_INPUT");
        assert_eq!(
            message,
            format!("`first` is {}; the limit is {max}. Ask for {max} and go on with `after`.", max + 1)
        );
    }
}

#[tokio::test]
async fn variables_are_bounded_and_fit_their_declarations() {
    let server = Server::usual().await;
    let ask = |query: &str, variables: Json| json!({ "query": query, "variables": variables });
    let deep = (0..120).fold(json!(1), |inner, _| json!([inner]));
    let many: serde_json::Map<String, Json> = (0..21).map(|n| (format!("v{n}"), json!(n))).collect();
    let echo = "query($a: Int!) { echo(number: $a) }";
    for (body, code) in [
        (ask("{ hello }", json!({ "a": deep })), "COST_LIMIT"),
        (ask("{ hello }", many.into()), "COST_LIMIT"),
        (ask(echo, json!({})), "BAD_USER_INPUT"),
        (ask(echo, json!({ "a": null })), "BAD_USER_INPUT"),
        (ask(echo, json!({ "a": "1" })), "BAD_USER_INPUT"),
        (ask(echo, json!({ "a": 3_000_000_000_u32 })), "BAD_USER_INPUT"),
        (ask("query($n: Int) { page(first: $n) { totalCount } }", json!({ "n": 51 })), "BAD_USER_INPUT"),
    ] {
        let answer = server.post(&body, &[NEW]).await;
        assert_eq!((answer.status, answer.refusal().0.as_str()), (400, code), "{}", answer.text());
        assert_eq!(answer.json().get("data"), None);
    }
    let answer = server.post(&ask(echo, json!({ "a": 7 })), &[NEW]).await;
    assert_eq!(answer.json(), json!({ "data": { "echo": "7" } }));
}

#[tokio::test]
async fn rows_and_cost_are_refused_before_execution() {
    let server = Server::usual().await;
    let nested = "page(first: 100) { nodes { page(first: 100) { nodes { number } } } }";
    for (document, message) in [
        (format!("{{ wait(ms: 0) {nested} }}"), "a number of rows of about 10100; 10000 is allowed"),
        (format!("{{ wait(ms: 0) page {{ nodes {{ {nested} }} }} }}"), "a number of rows of about 202020; 10000 is allowed"),
        (
            "{ wait(ms: 0) page(first: 100) { nodes { a: page(first: 98) { nodes { number } } b: page { totalCount } c: page { totalCount } } } }".to_owned(),
            "a cost of about 10201; 10000 is allowed",
        ),
    ] {
        let answer = server.post(&json!({ "query": document }), &[NEW, PERSON]).await;
        let (code, text) = answer.refusal();
        assert_eq!((answer.status, code.as_str()), (400, "COST_LIMIT"), "{document}");
        assert!(text.contains(message), "{text}");
        let extensions = &answer.json()["errors"][0]["extensions"];
        let numbers = extensions.get("cost").or(extensions.get("rows")).unwrap_or_else(|| panic!("{answer:?}"));
        assert!(message.contains(&format!("{}; {} is", numbers["requested"], numbers["limit"])), "{numbers}");
    }
    assert_eq!(server.counts.begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_standard_introspection_passes_for_everyone() {
    let server = Server::usual().await;
    for headers in [vec![NEW], vec![NEW, PERSON], vec![NEW, SYSTEM]] {
        let answer = server.post(&json!({ "query": INTROSPECTION }), &headers).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["data"]["__schema"]["queryType"]["name"], "Query");
        assert_eq!(answer.json().get("errors"), None);
    }
}

#[tokio::test]
async fn descriptions_of_the_newest_specification_are_accepted() {
    let server = Server::usual().await;
    let document = "\"\"\"\n一次查询\n\"\"\"\nquery Q(\"数字\" $a: Int! = 2) { echo(number: $a) ...F }\n\"片段\" fragment F on Query { hello }";
    let answer = server.ask(document).await;
    assert_eq!(answer.json(), json!({ "data": { "echo": "2", "hello": "hello" } }));

    let answer = server.ask("\"四个字符\" query { nonsense }").await;
    assert_eq!(answer.json()["errors"][0]["locations"], json!([{ "line": 1, "column": 16 }]));
}

#[tokio::test]
async fn syntax_errors_are_one_line_with_the_place() {
    let server = Server::usual().await;
    for (document, message, line, column) in [
        ("{ hello", "Syntax error: the document ends too early.", 1, 8),
        ("{\n  hello }}", "Syntax error: unexpected `}`.", 2, 10),
        ("{ echo(number: 1a) }", "Syntax error: unexpected `1a`.", 1, 16),
        ("{ a } { b }", "An operation without a name must be the only one of its document.", 1, 7),
        ("query A { hello } query A { hello }", "Two operations have the name `A`.", 1, 19),
    ] {
        let answer = server.ask(document).await;
        assert_eq!(answer.refusal(), ("GRAPHQL_PARSE_FAILED".to_owned(), message.to_owned()), "{document}");
        assert_eq!(answer.json()["errors"][0]["locations"][0], json!({ "line": line, "column": column }), "{document}");
    }
}

/// What graphql-js sends with all options on.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } \
    subscriptionType { name kind } types { ...FullType } directives { name description isRepeatable locations \
    args(includeDeprecated: true) { ...InputValue } } } } \
    fragment FullType on __Type { kind name description specifiedByURL isOneOf \
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } \
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } \
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } \
    fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";
