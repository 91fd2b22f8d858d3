//! JSON as JavaScript writes it.
//!
//! Its texts are made of UTF-16 units. Whoever cuts one in the middle of an emoji and writes it as JSON gets the escape of
//! half a character, which no UTF-8 can hold. JavaScript puts U+FFFD in its place when it encodes such a text.

use serde_json::Value;

/// Reads JSON. Only what cannot be read is looked through for halves of characters, and then read again.
pub(super) fn read(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).or_else(|error| match without_halves(text) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

/// The text with each escape of a lone surrogate replaced; `None` if it has none. Its length stays, so an error is told
/// at its place.
fn without_halves(text: &[u8]) -> Option<Vec<u8>> {
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(offset) = text[at..].iter().position(|&byte| byte == b'\\') {
        at += offset;
        at += match (unit(&text[at..]), text.get(at + 6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.get_or_insert_with(|| text.to_vec())[at..at + 6].copy_from_slice(br"\ufffd");
                6
            }
            // A backslash takes the next byte with it, which may be another backslash.
            _ => 2,
        };
        if at >= text.len() {
            break;
        }
    }
    mended
}

/// The UTF-16 unit whose escape stands at the beginning.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn half_a_character_is_read_as_javascript_would_send_it() {
        for (text, read_as) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\uDE00 cut""#, "\u{fffd} cut"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}\u{1f600}\u{fffd}"),
            (r#""\ud83d\n\\ud83d""#, "\u{fffd}\n\\ud83d"),
            (r#""\\\ud83d""#, "\\\u{fffd}"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap(), json!(read_as), "{text}");
        }
        assert_eq!(read(br#"{"\udc00": ["\udc00"]}"#).unwrap(), json!({"\u{fffd}": ["\u{fffd}"]}));
    }

    #[test]
    fn what_is_whole_stays_as_it_is() {
        for text in [r#""\ud83d\ude00""#, r#""\\ud83d""#, r#""\\\\udc00""#, r#""\n\u00e9""#, "", "\\", "\\u", "\\ud8"] {
            assert_eq!(without_halves(text.as_bytes()), None, "{text}");
        }
        assert!(read(br#"{"a": "\ud83d", }"#).is_err());
        assert!(read(br#""\ud83"#).is_err());
    }

    proptest! {
        #[test]
        fn any_text_of_utf_16_units_can_be_read(units in prop::collection::vec(any::<u16>(), 0..40)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let read = read(format!("\"{escaped}\"").as_bytes()).unwrap();
            prop_assert_eq!(read, json!(String::from_utf16_lossy(&units)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop::sample::select(b"\\ud8c+\"".to_vec()), 0..40)) {
            let _ = read(&bytes);
        }
    }
}
