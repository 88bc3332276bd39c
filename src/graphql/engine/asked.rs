//! What a document asks of one object: its fields after fragments are spread and equal response keys are merged.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{Directive, Field, FragmentDefinition, Selection, SelectionSet, VariableDefinition};
use async_graphql::{Name, Pos, Positioned, Value, Variables};
use async_graphql_value::Value as Literal;
use serde_json::Value as Json;

use super::signature::Argument;
use crate::auth::Caller;
use crate::bulk::Bulk;
use crate::error::{AppError, AppResult};
use crate::graphql::held::Held;
use crate::lang::Lang;
use crate::limits::ProfileLimits;

/// What holds for the whole request.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// Fragments of the document.
    pub fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Values of variables as sent, without those that are held.
    pub variables: &'a Variables,
    /// Values of variables that the library does not see.
    pub held: &'a Held,
    /// Variables of the operation, with their defaults.
    pub definitions: &'a [Positioned<VariableDefinition>],
    /// Who asks.
    pub caller: &'a Caller,
    /// Limits of the caller.
    pub limits: &'a ProfileLimits,
    /// The bulk operations of the service; none in a schema without them.
    pub bulk: Option<&'a Bulk>,
    /// Language of labels and messages where the field does not say one.
    pub lang: Lang,
}

/// One field of an answer.
pub struct Asked<'a> {
    /// Name of the field in the schema.
    pub name: &'a str,
    /// Key in the answer: the alias or the name.
    pub key: &'a Name,
    /// Where it stands in the document first.
    pub pos: Pos,
    /// The whole request.
    pub environment: Environment<'a>,
    arguments: &'a [(Positioned<Name>, Positioned<Literal>)],
    directives: &'a [Positioned<Directive>],
    declared: &'a [Argument],
    selections: Vec<&'a SelectionSet>,
}

impl<'a> Environment<'a> {
    /// Spreads fragments and merges fields of one key.
    fn collect(
        self,
        set: &'a SelectionSet,
        type_name: &str,
        interfaces: &[&str],
        fields: &mut IndexMap<&'a Name, Asked<'a>>,
    ) {
        let applies = |condition: &str| condition == type_name || interfaces.contains(&condition);
        for item in &set.items {
            if self.leaves_out(item.node.directives()) {
                continue;
            }
            match &item.node {
                Selection::Field(field) => {
                    let asked = Asked::of(field, self);
                    match fields.get_mut(asked.key) {
                        Some(known) => known.selections.extend(asked.selections),
                        None => {
                            fields.insert(asked.key, asked);
                        }
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    if condition.is_none_or(|condition| applies(condition)) {
                        self.collect(&inline.node.selection_set.node, type_name, interfaces, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node)
                        && applies(&fragment.node.type_condition.node.on.node)
                    {
                        self.collect(&fragment.node.selection_set.node, type_name, interfaces, fields);
                    }
                }
            }
        }
    }

    /// Whether `@skip` or `@include` leaves a selection out.
    fn leaves_out(self, directives: &[Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let unwanted = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            let condition = directive.node.get_argument("if").and_then(|literal| self.resolve(&literal.node));
            condition == Some(Value::Boolean(unwanted))
        })
    }

    /// A literal with its variables filled in; parts whose variable was not sent are absent.
    fn resolve(self, literal: &Literal) -> Option<Value> {
        Some(match literal {
            Literal::Variable(name) => return self.variable(name),
            Literal::Null => Value::Null,
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::String(text) => Value::String(text.clone()),
            Literal::Boolean(truth) => Value::Boolean(*truth),
            Literal::Binary(bytes) => Value::Binary(bytes.clone()),
            Literal::Enum(name) => Value::Enum(name.clone()),
            Literal::List(items) => {
                Value::List(items.iter().map(|item| self.resolve(item).unwrap_or(Value::Null)).collect())
            }
            Literal::Object(fields) => Value::Object(
                fields.iter().filter_map(|(name, value)| Some((name.clone(), self.resolve(value)?))).collect(),
            ),
        })
    }

    fn variable(self, name: &Name) -> Option<Value> {
        let held = self.held.get(name);
        let held = held.and_then(|held| Value::from_json(Json::clone(held)).ok());
        let sent = held.or_else(|| self.variables.get(name).cloned());
        sent.or_else(|| {
            let definition = self.definitions.iter().find(|definition| definition.node.name.node == *name);
            definition.and_then(|definition| definition.node.default_value.as_ref()).map(|value| value.node.clone())
        })
    }
}

impl<'a> Asked<'a> {
    fn of(Positioned { pos, node: field }: &'a Positioned<Field>, environment: Environment<'a>) -> Self {
        Self {
            pos: *pos,
            name: &field.name.node,
            key: &field.response_key().node,
            environment,
            arguments: &field.arguments,
            directives: &field.directives,
            declared: &[],
            selections: vec![&field.selection_set.node],
        }
    }

    /// Gives the arguments that the schema declares, whose defaults hold where the document is silent.
    #[must_use]
    pub fn declared(mut self, declared: &'a [Argument]) -> Self {
        self.declared = declared;
        self
    }

    /// The fields asked of the root, in the order of the answer.
    pub fn fields_of(root: &str, set: &'a SelectionSet, environment: Environment<'a>) -> Vec<Asked<'a>> {
        let mut fields = IndexMap::new();
        environment.collect(set, root, &[], &mut fields);
        fields.into_values().collect()
    }

    /// The fields asked of an object of this type, in the order of the answer.
    pub fn fields(&self, type_name: &str, interfaces: &[&str]) -> Vec<Asked<'a>> {
        let mut fields = IndexMap::new();
        for selection in &self.selections {
            self.environment.collect(selection, type_name, interfaces, &mut fields);
        }
        fields.into_values().collect()
    }

    /// The value of an argument: sent, or the default of its variable, or its own default; `None` where it is absent.
    ///
    /// # Errors
    /// `INTERNAL` when a default in the schema is no literal.
    pub fn argument(&self, name: &str) -> AppResult<Option<Value>> {
        let sent = self.arguments.iter().find(|(key, _)| key.node == name);
        if let Some(value) = sent.and_then(|(_, literal)| self.environment.resolve(&literal.node)) {
            return Ok(Some(value));
        }
        let declared = self.declared.iter().find(|argument| argument.signature.name == name);
        declared.and_then(|argument| argument.signature.default).map(literal).transpose()
    }

    /// The value of an argument that the schema requires or gives a default.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it is absent.
    pub fn required(&self, name: &str) -> AppResult<Value> {
        self.argument(name)?
            .filter(|value| *value != Value::Null)
            .ok_or_else(|| AppError::bad_input(format!("`{name}` must have a value.")))
    }

    /// The same as JSON; a held one is not copied, because it can be large.
    ///
    /// # Errors
    /// As [`Asked::required`].
    pub fn required_json(&self, name: &str) -> AppResult<Arc<Json>> {
        let sent = self.arguments.iter().find(|(key, _)| key.node == name).map(|(_, literal)| &literal.node);
        if let Some(Literal::Variable(variable)) = sent
            && let Some(held) = self.environment.held.get(variable)
        {
            return Ok(Arc::clone(held));
        }
        Ok(Arc::new(json(&self.required(name)?)))
    }

    /// The value of an argument of a directive on this field; `None` without the directive.
    pub fn directive(&self, name: &str, argument: &str) -> Option<Value> {
        let directive = self.directives.iter().find(|directive| directive.node.name.node == name)?;
        self.environment.resolve(&directive.node.get_argument(argument)?.node)
    }

    /// What is asked below this field as one text, free of white space, comments, and the names of fragments and variables:
    /// two requests with the same text get the same answer from the same data.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        for set in &self.selections {
            self.canonical_set(set, &mut text);
        }
        text
    }

    fn canonical_set(&self, set: &SelectionSet, text: &mut String) {
        text.push('{');
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let name = &field.name.node;
                    text.push_str(&format!("{}:{name}(", field.response_key().node));
                    for (name, literal) in &field.arguments {
                        if let Some(value) = self.environment.resolve(&literal.node) {
                            text.push_str(&format!("{}:{value} ", name.node));
                        }
                    }
                    text.push(')');
                    if !field.selection_set.node.items.is_empty() {
                        self.canonical_set(&field.selection_set.node, text);
                    }
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    text.push_str(&format!(
                        "...{} ",
                        condition.map_or("", |condition| condition.node.on.node.as_str())
                    ));
                    self.canonical_set(&inline.node.selection_set.node, text);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.environment.fragments.get(&spread.node.fragment_name.node) {
                        text.push_str(&format!("...{} ", fragment.node.type_condition.node.on.node));
                        self.canonical_set(&fragment.node.selection_set.node, text);
                    }
                }
            }
        }
        text.push('}');
    }
}

/// A value as JSON.
fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Number(number) => Json::Number(number.clone()),
        Value::String(text) => Json::String(text.clone()),
        Value::Boolean(truth) => Json::Bool(*truth),
        Value::Binary(bytes) => Json::Array(bytes.iter().map(|byte| Json::from(*byte)).collect()),
        Value::Enum(name) => Json::String(name.to_string()),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        Value::Object(fields) => {
            Json::Object(fields.iter().map(|(name, value)| (name.to_string(), json(value))).collect())
        }
    }
}

/// A default of the schema as a value: a number, a name or a truth value.
fn literal(text: &'static str) -> AppResult<Value> {
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Value::from(number));
    }
    match text {
        "true" => Ok(Value::from(true)),
        "false" => Ok(Value::from(false)),
        "null" => Ok(Value::Null),
        name if name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit()) => {
            Ok(Value::Enum(Name::new(name)))
        }
        other => Err(AppError::internal(format!("the schema has the default `{other}`"))),
    }
}
