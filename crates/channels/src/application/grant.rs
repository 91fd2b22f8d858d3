//! What a partner's server answers when it is asked for a token, or whose one is (contract/channels.md section 3.2).
//! Pure: bytes in, meaning out.

use desk::channels::grant::{Granted, Named, Ungranted};
use desk::sealing::Secret;
use desk::time::SECOND;
use serde_json::Value;

use super::LONGEST_WORDS;

/// The longest token, in bytes.
const LONGEST: usize = 4_096;
/// The longest life that is believed, in seconds: a year.
const LONGEST_LIFE: f64 = 365.0 * 86_400.0;

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).unwrap_or_default()
}

fn filled<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// A token. Nothing but `access_token` has to be there.
pub fn token(now: i64, status: u16, body: &[u8]) -> Result<Granted, Ungranted> {
    let json = json(body);
    if !(200..300).contains(&status) {
        return Err(refused(status, &json));
    }
    let visible = |name: &str| {
        let is_token = |text: &&str| text.len() <= LONGEST && text.bytes().all(|byte| (0x21..0x7f).contains(&byte));
        filled(&json, name).filter(is_token).map(Secret::new)
    };
    let access = visible("access_token");
    // A page for maintenance is no refusal: nobody would have to connect the channel again.
    let access = access.ok_or_else(|| Ungranted::Unreachable("it answered without an access_token".to_string()))?;
    let number = |name: &str| match json.get(name)? {
        Value::String(digits) => digits.trim().parse().ok(),
        other => other.as_f64(),
    };
    let until = || number("expires_at").map(|at: f64| at - (now / SECOND) as f64);
    let seconds = number("expires_in").or_else(until);
    let lives = seconds.filter(|seconds| *seconds >= 1.0).map(|seconds| seconds.min(LONGEST_LIFE) as i64 * SECOND);
    Ok(Granted { access, refresh: visible("refresh_token"), lives, named: Named::default() })
}

/// Whose a token is (RFC 7662): a channel with a name and an address, or somebody with many of them.
pub fn introspection(status: u16, body: &[u8], is_shared: bool) -> Result<Named, Ungranted> {
    let json = json(body);
    if status != 200 {
        return Err(refused(status, &json));
    }
    let no = |why: &str| Err(Ungranted::Refused(why.to_string()));
    match json.get("active").and_then(Value::as_bool) {
        Some(true) => {}
        Some(false) => return no("it says that the token is not active"),
        None => return no("it did not say whether the token is active"),
    }
    let text = |name: &str| filled(&json, name).map(str::to_string);
    let (one, other) = match is_shared {
        true => ("resource_owner_name", "resource_owner_id"),
        false => ("front_channel_name", "front_channel_address"),
    };
    match (text(one), text(other)) {
        (name @ Some(_), owner @ Some(_)) if is_shared => Ok(Named { name, address: None, owner }),
        (name @ Some(_), address @ Some(_)) => Ok(Named { name, address, owner: None }),
        _ => no(&format!("it did not say {one} and {other}")),
    }
}

fn refused(status: u16, json: &Value) -> Ungranted {
    let words = filled(json, "error_description").or_else(|| filled(json, "error")).or_else(|| filled(json, "message"));
    let why = match words {
        Some(words) => words.chars().filter(|c| *c != '\0').take(LONGEST_WORDS).collect(),
        None => format!("it answered {status}"),
    };
    match status {
        400 | 401 | 403 => Ungranted::Refused(why),
        _ => Ungranted::Unreachable(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    #[test]
    fn a_token_alone_is_enough() {
        let whole = br#"{"access_token":"a1","refresh_token":"r1","token_type":"Bearer","expires_in":3600}"#;
        let granted = token(NOW, 200, whole).expect("a token");
        assert_eq!((granted.access.reveal(), granted.lives), ("a1", Some(3_600_000)));
        assert_eq!(granted.refresh.expect("another").reveal(), "r1");
        let bare = token(NOW, 201, br#"{"access_token":"a1"}"#).expect("a token");
        assert_eq!((bare.access.reveal(), bare.refresh, bare.lives), ("a1", None, None));
        let text = token(NOW, 200, br#"{"access_token":"a1","expires_in":"60"}"#).expect("a token");
        assert_eq!(text.lives, Some(60_000));
        let odd = token(NOW, 200, br#"{"access_token":"a1","expires_in":-5}"#).expect("a token");
        assert_eq!(odd.lives, None);
        for (body, lives) in [
            (r#"{"access_token":"a1","expires_at":1700003600}"#, Some(3_600_000)),
            (r#"{"access_token":"a1","expires_at":"1700000060"}"#, Some(60_000)),
            (r#"{"access_token":"a1","expires_in":30,"expires_at":1700003600}"#, Some(30_000)),
            (r#"{"access_token":"a1","expires_at":1600000000}"#, None),
        ] {
            assert_eq!(token(NOW, 200, body.as_bytes()).expect("a token").lives, lives, "{body}");
        }
    }

    #[test]
    fn what_is_no_token_says_why() {
        let refused = |why: &str| Ungranted::Refused(why.to_string());
        let unreachable = |why: &str| Ungranted::Unreachable(why.to_string());
        for (status, body, why) in [
            (400, r#"{"error":"invalid_grant","error_description":"it is over"}"#, refused("it is over")),
            (401, r#"{"error":"invalid_client"}"#, refused("invalid_client")),
            (200, r#"{"access_token":"a b"}"#, unreachable("it answered without an access_token")),
            (200, "OK", unreachable("it answered without an access_token")),
            (503, "", unreachable("it answered 503")),
            (302, "", unreachable("it answered 302")),
        ] {
            assert_eq!(token(NOW, status, body.as_bytes()).expect_err(body), why);
        }
    }

    #[test]
    fn a_channel_is_named_by_whose_token_it_is() {
        let whole = br#"{"active":true,"front_channel_name":"Shop","front_channel_address":"shop-1"}"#;
        let text = |text: &str| Some(text.to_string());
        let named = Named { name: text("Shop"), address: text("shop-1"), owner: None };
        assert_eq!(introspection(200, whole, false), Ok(named));
        let owner = br#"{"active":true,"resource_owner_id":"7","resource_owner_name":"Ann"}"#;
        assert_eq!(introspection(200, owner, true), Ok(Named { name: text("Ann"), address: None, owner: text("7") }));
        for body in [r#"{"active":false}"#, "{}", r#"{"active":true}"#, r#"{"active":"yes"}"#] {
            assert!(matches!(introspection(200, body.as_bytes(), false), Err(Ungranted::Refused(_))), "{body}");
        }
        assert!(matches!(introspection(200, whole, true), Err(Ungranted::Refused(_))), "a channel is nobody with many");
        assert!(matches!(introspection(500, b"", false), Err(Ungranted::Unreachable(_))));
    }
}
