//! Text in the parts of a workbook.

use std::io::BufRead;

use crate::import::error::ReadError;
use crate::import::xml::{Node, Xml};

/// Elements around text.
#[derive(PartialEq, Eq)]
enum Around {
    /// Text itself.
    Text,
    /// How text is read aloud.
    Reading,
    /// Anything else.
    Other,
}

/// The text inside the element last opened, up to its end, without the readings (`rPh`) beside it: what stands in elements of
/// text (`t`), and in the element itself where it `is_text`. None when the part ends before the element does.
pub fn text_inside<R: BufRead>(xml: &mut Xml<R>, is_text: bool) -> Result<Option<String>, ReadError> {
    let mut open = vec![if is_text { Around::Text } else { Around::Other }];
    let mut text = String::new();
    while let Some(node) = xml.next()? {
        match node {
            Node::Open(element) => open.push(match element.name().1 {
                "t" => Around::Text,
                "rPh" => Around::Reading,
                _ => Around::Other,
            }),
            Node::Text(piece) => {
                if open.last() == Some(&Around::Text) && !open.contains(&Around::Reading) {
                    text.push_str(&piece);
                }
            }
            Node::Close => {
                open.pop();
                if open.is_empty() {
                    return Ok(Some(unescaped(&text)));
                }
            }
        }
    }
    Ok(None)
}

/// Resolves `_x000D_`, by which workbooks write signs that XML cannot hold.
fn unescaped(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, mark) = rest.split_at(at);
        kept.push_str(before);
        let code = mark.get(2..6).filter(|_| mark.get(6..7) == Some("_"));
        let sign = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        let (sign, length) = sign.map_or(('_', 1), |sign| (sign, 7));
        kept.push(sign);
        rest = mark.get(length..).unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escaped_signs_are_resolved_and_others_stay() {
        assert_eq!(unescaped("甲_x000D_乙_x005F_x_xZZ_ _x12"), "甲\r乙_x_xZZ_ _x12");
    }
}
