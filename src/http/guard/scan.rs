//! One pass over the text of a document, before the parser sees it.
//!
//! The parser goes one level down the stack for every open bracket, so brackets are counted first. The tokens are those of
//! the GraphQL specification; text that is no token (an unterminated string, a control character) ends the scan, so that
//! the parser cannot read brackets where this pass read a string.

use std::borrow::Cow;
use std::ops::Range;

use async_graphql::{Pos, ServerError};

use crate::error::ErrorCode;
use crate::http::errors::{refusal, too_many};
use crate::limits::ProfileLimits;

/// Counts bytes, tokens and open brackets against the limits; returns the text with descriptions blanked.
///
/// Descriptions of operations, fragments and variables (specification of September 2025) are unknown to the parser. They
/// are replaced by spaces, a character each, so that every position in an error message stays right.
pub fn scan<'a>(text: &'a str, limits: &ProfileLimits) -> Result<Cow<'a, str>, ServerError> {
    if text.len() as u64 > limits.document_bytes {
        return Err(too_many("bytes", limits.document_bytes, None));
    }
    let mut tokens = Tokens { text, at: 0 };
    let mut descriptions = Descriptions::default();
    let (mut count, mut open) = (0, 0);
    while let Some((token, range)) = tokens.next()? {
        count += 1;
        if count > limits.tokens {
            return Err(too_many("tokens", limits.tokens, Some(position(text, range.start))));
        }
        descriptions.see(token, open, &text[range.clone()], &range);
        match token {
            Token::Punctuator(b'(' | b'[' | b'{') => open += 1,
            Token::Punctuator(b')' | b']' | b'}') if open > 0 => open -= 1,
            Token::Punctuator(_) | Token::Name | Token::Number | Token::String => {}
        }
        if open > limits.nesting {
            return Err(too_many("open brackets", limits.nesting, Some(position(text, range.start))));
        }
    }
    Ok(blank(text, &descriptions.found))
}

/// What a token is; the value of a punctuator is its (first) byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Punctuator(u8),
    Name,
    Number,
    String,
}

/// Cuts a text into tokens.
struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// The next token and where it stands, `None` at the end.
    fn next(&mut self) -> Result<Option<(Token, Range<usize>)>, ServerError> {
        self.skip_ignored();
        let start = self.at;
        let Some(&first) = self.text.as_bytes().get(start) else { return Ok(None) };
        let (token, len) = match first {
            b'.' if self.rest().starts_with("...") => (Token::Punctuator(b'.'), 3),
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|' | b'}' => {
                (Token::Punctuator(first), 1)
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => (Token::Name, self.span(|b| b == b'_' || b.is_ascii_alphanumeric())),
            b'-' | b'0'..=b'9' => (Token::Number, self.number()),
            b'"' => (Token::String, self.string()?),
            _ => return Err(self.failure(start, "unexpected character")),
        };
        self.at = start + len;
        Ok(Some((token, start..self.at)))
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over white space, commas, byte order marks and comments.
    fn skip_ignored(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', ',', '\r', '\n', '\u{feff}']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find(['\r', '\n']).unwrap_or(trimmed.len());
        }
    }

    /// Length of the run of such bytes from here.
    fn span(&self, belongs: impl Fn(u8) -> bool) -> usize {
        self.rest().bytes().take_while(|&byte| belongs(byte)).count()
    }

    /// Length of the number from here. A dot belongs to it only before a digit, because `...` may follow.
    fn number(&self) -> usize {
        let bytes = self.rest().as_bytes();
        let mut len = 1;
        while let Some(&byte) = bytes.get(len) {
            let more = match byte {
                b'.' => bytes.get(len + 1).is_some_and(u8::is_ascii_digit),
                b'+' | b'-' => matches!(bytes[len - 1], b'e' | b'E'),
                _ => byte.is_ascii_digit() || matches!(byte, b'e' | b'E'),
            };
            if !more {
                break;
            }
            len += 1;
        }
        len
    }

    /// Length of the string from here, with its quotes.
    fn string(&self) -> Result<usize, ServerError> {
        let rest = self.rest();
        let (block, mut len) = if rest.starts_with("\"\"\"") { (true, 3) } else { (false, 1) };
        let bytes = rest.as_bytes();
        loop {
            match bytes.get(len) {
                None => return Err(self.failure(self.at, "string without end")),
                Some(b'"') if !block => return Ok(len + 1),
                Some(b'"') if rest.as_bytes()[len..].starts_with(b"\"\"\"") => return Ok(len + 3),
                Some(b'\\') if block && bytes[len..].starts_with(b"\\\"\"\"") => len += 4,
                Some(b'\\') if !block => match bytes.get(len + 1) {
                    Some(b'\r' | b'\n') | None => return Err(self.failure(self.at, "string without end")),
                    Some(_) => len += 2,
                },
                Some(b'\r' | b'\n') if !block => return Err(self.failure(self.at, "string without end")),
                Some(_) => len += 1,
            }
        }
    }

    fn failure(&self, at: usize, what: &str) -> ServerError {
        let pos = position(self.text, at);
        refusal(ErrorCode::GraphqlParseFailed, format!("Syntax error: {what}."), Some(pos))
    }
}

/// Line and column of a byte, both from 1, the column in characters as the parser counts them.
fn position(text: &str, at: usize) -> Pos {
    let before = &text[..at];
    let line_start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
    Pos { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

/// Finds descriptions: a string before a definition, or before a variable in a list of variable definitions.
#[derive(Default)]
struct Descriptions {
    found: Vec<Range<usize>>,
    /// A string that is a description if the next token is right.
    candidate: Option<Candidate>,
    /// The last two tokens, newest first.
    last: [Option<Token>; 2],
    /// Whether the open bracket of the first level holds variable definitions.
    in_variables: bool,
}

enum Candidate {
    Definition(Range<usize>),
    Variable(Range<usize>),
}

impl Descriptions {
    /// Takes the next token; `open` is the number of brackets open before it.
    fn see(&mut self, token: Token, open: u64, word: &str, range: &Range<usize>) {
        match self.candidate.take() {
            Some(Candidate::Definition(range))
                if matches!(word, "query" | "mutation" | "subscription" | "fragment") =>
            {
                self.found.push(range);
            }
            Some(Candidate::Variable(range)) if token == Token::Punctuator(b'$') => self.found.push(range),
            Some(Candidate::Definition(_) | Candidate::Variable(_)) | None => {}
        }
        match (token, open, self.last[0]) {
            (Token::String, 0, None | Some(Token::Punctuator(b'}'))) => {
                self.candidate = Some(Candidate::Definition(range.clone()));
            }
            (Token::String, 1, before) if self.in_variables && before != Some(Token::Punctuator(b'=')) => {
                self.candidate = Some(Candidate::Variable(range.clone()));
            }
            // `@name(` opens the arguments of a directive, any other bracket outside of selections variable definitions.
            (Token::Punctuator(b'('), 0, _) => self.in_variables = self.last[1] != Some(Token::Punctuator(b'@')),
            (Token::Punctuator(b'{'), 0, _) => self.in_variables = false,
            _ => {}
        }
        self.last = [Some(token), self.last[0]];
    }
}

/// Replaces every character of the ranges by a space; line ends stay.
fn blank<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut blanked = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        blanked.push_str(&text[from..range.start]);
        blanked.extend(text[range.clone()].chars().map(|c| if matches!(c, '\r' | '\n') { c } else { ' ' }));
        from = range.end;
    }
    blanked.push_str(&text[from..]);
    Cow::Owned(blanked)
}

#[cfg(test)]
mod tests {
    use super::scan;
    use crate::limits::ProfileLimits;

    fn failure(text: &str) -> String {
        let error = scan(text, &ProfileLimits::PUBLIC).unwrap_err();
        let at = error.locations.first().map_or(String::new(), |pos| format!(" at {pos}"));
        format!("{}{at}", error.message)
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let brackets = "[".repeat(40);
        for text in [
            format!("{{ a(b: \"{brackets}\") }}"),
            format!("{{ a(b: \"\\\"{brackets}\") }}"),
            format!("{{ a(b: \"\"\"{brackets} \\\"\"\" {brackets} \"\" \"\"\") }}"),
            format!("{{ a }} # {brackets}"),
        ] {
            assert!(scan(&text, &ProfileLimits::PUBLIC).is_ok(), "{text}");
        }
        for text in [
            format!("{{ a(b: {brackets}"),
            format!("{{ a(b: \"\" {brackets}"),
            format!("{{ a(b: \"\"\"\"\"\" {brackets}"),
            format!("# \"\n{{ a(b: {brackets}"),
            format!("# \r{{ a(b: {brackets}"),
        ] {
            assert!(failure(&text).starts_with("The document has more than 32 open brackets."), "{text}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused_with_its_place() {
        assert_eq!(failure("{ a\n  % }"), "Syntax error: unexpected character. at 2:3");
        assert_eq!(failure("{ 绩效 }"), "Syntax error: unexpected character. at 1:3");
        assert_eq!(failure("{ a(b: \"绩效\") \0 }"), "Syntax error: unexpected character. at 1:14");
        assert_eq!(failure("{ a(b: \"c\nd\") }"), "Syntax error: string without end. at 1:8");
        assert_eq!(failure("{ a(b: \"\"\"c\" [ }"), "Syntax error: string without end. at 1:8");
        assert_eq!(failure("{ a(b: \"c\\"), "Syntax error: string without end. at 1:8");
    }

    #[test]
    fn bytes_and_tokens_are_counted() {
        assert_eq!(failure(&" ".repeat(15_001)), "The document has more than 15000 bytes.");
        assert_eq!(failure(&"a ".repeat(1_001)), "The document has more than 1000 tokens. at 1:2001");
        assert!(scan(&"a ".repeat(1_000), &ProfileLimits::PUBLIC).is_ok());
    }

    #[test]
    fn descriptions_become_spaces_of_the_same_length() {
        let text = "\"查询\" query Q(\"年\" $a: Int = 1, \"\"\"x\ny\"\"\" $b: [String] = [\"c\"] @d(e: \"f\")) @g(h: \"i\") { a(b: \"j\") }\n\"k\" fragment F on A { b }";
        let blanked = scan(text, &ProfileLimits::PUBLIC).unwrap();
        assert_eq!(
            blanked,
            "     query Q(    $a: Int = 1,     \n     $b: [String] = [\"c\"] @d(e: \"f\")) @g(h: \"i\") { a(b: \"j\") }\n    fragment F on A { b }"
        );
        assert_eq!(blanked.chars().count(), text.chars().count());
    }

    #[test]
    fn strings_that_describe_nothing_stay() {
        for text in [
            "\"a\" { b }",
            "query \"a\" query { b }",
            "query($a: String = \"b\" $c: Int) { d }",
            "query @a(b: \"c\" $d: 1) { e }",
            "{ a } \"b\"",
        ] {
            assert_eq!(scan(text, &ProfileLimits::PUBLIC).unwrap(), text);
        }
    }
}
