//! The schema in words: everything is described in English, and the same things in Chinese by `locales/zh-CN.toml`.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition};
use async_graphql::{Name, Positioned};
use jixiao::graphql;
use jixiao::graphql::engine::registry::translated;
use jixiao::lang::Lang;

const LOCALE: &str = include_str!("../../locales/zh-CN.toml");

/// Every thing of a schema by its coordinate, with its description.
type Words = BTreeMap<String, Option<String>>;
type Description = Option<Positioned<String>>;

/// The directives of the specification, which the library describes.
const FOREIGN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

/// The words of a schema. The library prints no descriptions of the arguments of directives.
fn words(sdl: &str) -> Words {
    let mut words = Words::new();
    for definition in parse_schema(sdl).unwrap().definitions {
        let definition = match definition {
            TypeSystemDefinition::Type(definition) => definition.node,
            TypeSystemDefinition::Directive(directive) => {
                let name = directive.node.name.node;
                if !FOREIGN.contains(&name.as_str()) {
                    put(&mut words, format!("@{name}"), &directive.node.description);
                }
                continue;
            }
            TypeSystemDefinition::Schema(_) => continue,
        };
        let parent = definition.name.node;
        match &definition.kind {
            TypeKind::Object(object) => fields(&mut words, &parent, &object.fields),
            TypeKind::Interface(interface) => fields(&mut words, &parent, &interface.fields),
            TypeKind::InputObject(input) => {
                for field in &input.fields {
                    let InputValueDefinition { name, description, .. } = &field.node;
                    put(&mut words, format!("{parent}.{}", name.node), description);
                }
            }
            TypeKind::Enum(enumeration) => {
                for value in &enumeration.values {
                    put(&mut words, format!("{parent}.{}", value.node.value.node), &value.node.description);
                }
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
        put(&mut words, parent.to_string(), &definition.description);
    }
    words
}

fn fields(words: &mut Words, parent: &Name, fields: &[Positioned<FieldDefinition>]) {
    for field in fields {
        let field = &field.node;
        let coordinate = format!("{parent}.{}", field.name.node);
        for argument in &field.arguments {
            let InputValueDefinition { name, description, .. } = &argument.node;
            put(words, format!("{coordinate}({}:)", name.node), description);
        }
        put(words, coordinate, &field.description);
    }
}

fn put(words: &mut Words, coordinate: String, description: &Description) {
    let description = description.as_ref().map(|text| text.node.clone());
    assert!(words.insert(coordinate.clone(), description).is_none(), "{coordinate} is there twice");
}

fn locale() -> BTreeMap<String, String> {
    toml::from_str(LOCALE).unwrap()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign))
}

/// The coordinates for which a test of the text fails.
fn failing(words: &Words, good: impl Fn(&str) -> bool) -> Vec<&str> {
    let bad = words.iter().filter(|(_, text)| !text.as_deref().is_some_and(&good));
    bad.map(|(coordinate, _)| coordinate.as_str()).collect()
}

#[test]
fn everything_is_described_in_english() {
    let words = words(&graphql::sdl(Lang::En));
    for coordinate in
        ["Project", "Project.budget", "Query.projects(first:)", "ProjectFilter.budget", "Severity.WARNING"]
    {
        assert!(words.contains_key(coordinate), "{coordinate}");
    }
    assert_eq!(failing(&words, |text| !text.trim().is_empty()), Vec::<&str>::new(), "not described");
}

#[test]
fn the_locale_has_every_coordinate_once_and_no_other() {
    let english = words(&graphql::sdl(Lang::En));
    let chinese = locale();
    let missing: Vec<_> = english.keys().filter(|key| translated(&chinese, key).is_none()).collect();
    let used =
        |text: &String| english.keys().any(|key| translated(&chinese, key).is_some_and(|it| std::ptr::eq(it, text)));
    let stale: Vec<_> = chinese.iter().filter(|(_, text)| !used(text)).collect();
    let wrong: Vec<_> = chinese.iter().filter(|(_, text)| !is_chinese(text)).collect();
    assert!(missing.is_empty(), "without a Chinese text: {missing:#?}");
    assert!(stale.is_empty(), "not in the schema: {stale:#?}");
    assert!(wrong.is_empty(), "empty or not Chinese: {wrong:#?}");
}

#[test]
fn the_chinese_schema_speaks_chinese() {
    let shown = words(&graphql::sdl(Lang::Zh));
    assert_eq!(failing(&shown, is_chinese), Vec::<&str>::new(), "not Chinese");
    let locale = locale();
    for (coordinate, text) in &shown {
        assert_eq!(text.as_ref(), translated(&locale, coordinate), "{coordinate}");
    }
}

#[test]
fn the_languages_differ_in_descriptions_only() {
    // Between each pair of marks stands a description, so every second part is the schema itself.
    let bare = |lang| graphql::sdl(lang).split("\"\"\"").step_by(2).collect::<String>();
    let (chinese, english) = (bare(Lang::Zh), bare(Lang::En));
    let differing = chinese.lines().zip(english.lines()).find(|(chinese, english)| chinese != english);
    assert_eq!(differing, None);
    assert_eq!(chinese.len(), english.len());
}

#[test]
fn the_locale_is_sorted_by_coordinate_under_the_name_of_each_type() {
    let mut heading = "";
    let mut before = "";
    for line in LOCALE.lines() {
        if let Some(name) = line.strip_prefix("# ") {
            heading = name;
        } else if let Some((coordinate, _)) = line.strip_prefix('"').and_then(|line| line.split_once('"')) {
            assert!(before < coordinate, "{coordinate} stands after {before}");
            let of = coordinate.split(['.', '(']).next();
            assert_eq!(of, Some(heading), "{coordinate} stands under # {heading}");
            before = coordinate;
        }
    }
    assert!(!before.is_empty());
}
