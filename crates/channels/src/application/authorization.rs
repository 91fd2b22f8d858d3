//! What a partner's answer to a new channel means (contract/channels.md section 3.1). Pure: bytes in, meaning out.

use serde_json::Value;

use super::refusal;

/// Where the channel's messages go, if the partner says so. The error says to a person why there is no channel: anything
/// but a success that says so is a refusal.
pub fn read(status: u16, body: &[u8]) -> Result<Option<String>, String> {
    let json: Value = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).unwrap_or_default();
    let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    if status == 200 && text("type") == Some("success") {
        return Ok(text("webhook_url").map(str::to_string));
    }
    Err(refusal(status, &json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_may_say_where_messages_go() {
        let whole = br#"{"type":"success","webhook_url":"https://partner.example/front/3f9c"}"#;
        assert_eq!(read(200, whole), Ok(Some("https://partner.example/front/3f9c".to_string())));
        for bare in
            [r#"{"type":"success"}"#, r#"{"type":"success","webhook_url":null}"#, "\u{feff}{\"type\":\"success\"}"]
        {
            assert_eq!(read(200, bare.as_bytes()), Ok(None), "{bare}");
        }
    }

    #[test]
    fn a_refusal_comes_with_the_partners_words() {
        assert_eq!(
            read(400, br#"{"type":"bad_request","message":"no such account"}"#),
            Err("no such account".to_string())
        );
        assert_eq!(read(200, br#"{"type":"forbidden","message":"not you"}"#), Err("not you".to_string()));
        assert_eq!(read(401, br#"{"type":"success"}"#), Err("it answered 401 in place of 200".to_string()));
    }

    #[test]
    fn what_says_nothing_is_no_success() {
        for body in ["", "OK", "{}", "[]", r#"{"type":"SUCCESS"}"#, r#"{"webhook_url":"https://partner.example"}"#] {
            assert_eq!(read(200, body.as_bytes()), Err("it did not answer with success".to_string()), "{body}");
        }
        assert_eq!(read(302, b""), Err("it answered 302 in place of 200".to_string()));
    }
}
