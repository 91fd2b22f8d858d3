//! The addresses that a partner has for credentials which many channels share (contract/channels.md section 3.3). Pure:
//! bytes in, meaning out.

use desk::channels::shared::Offered;
use serde_json::Value;

use super::refusal;

/// The most addresses that are listed for one set of credentials.
pub const MOST: usize = 5_000;

/// A part of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The addresses.
    pub addresses: Vec<Offered>,
    /// What the next part is asked for with; none after the last.
    pub next: Option<String>,
}

/// What a server answered. The error says to a person why there is no list.
pub fn read(status: u16, body: &[u8]) -> Result<Page, String> {
    let json: Value = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)).unwrap_or_default();
    if status != 200 || json.get("type").and_then(Value::as_str) != Some("success") {
        return Err(refusal(status, &json));
    }
    let listed = json.get("addresses").and_then(Value::as_array).ok_or("it did not answer with a list of addresses")?;
    let addresses = listed.iter().map(|one| {
        let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let address = text("address").ok_or_else(|| "it listed something without an address".to_string())?;
        Ok(Offered { address: address.to_string(), name: text("name").unwrap_or(address).to_string() })
    });
    let addresses = addresses.collect::<Result<_, String>>()?;
    let token = json.get("pagination").and_then(|pagination| pagination.get("next_page_token"));
    let next = token.and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_string);
    Ok(Page { addresses, next })
}

/// Puts a part behind those before it. One that brings nothing new has no end, so it is refused.
pub fn join(all: &mut Vec<Offered>, page: Page) -> Result<Option<String>, String> {
    let before = all.len();
    for one in page.addresses {
        if !all.iter().any(|known| known.address == one.address) {
            all.push(one);
        }
    }
    if all.len() > MOST {
        return Err(format!("it listed more than {MOST} addresses"));
    }
    match page.next {
        Some(_) if all.len() == before => Err("its list of addresses has no end".to_string()),
        next => Ok(next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(address: &str, name: &str) -> Offered {
        Offered { address: address.to_string(), name: name.to_string() }
    }

    #[test]
    fn addresses_have_names_and_may_go_on() {
        let whole =
            br#"{"type":"success","addresses":[{"address":"+15551234","name":"Support"},{"address":" a@b.example "}],
                         "pagination":{"next_page_token":"2"}}"#;
        let addresses = vec![offered("+15551234", "Support"), offered("a@b.example", "a@b.example")];
        assert_eq!(read(200, whole), Ok(Page { addresses, next: Some("2".to_string()) }));
        for last in [
            r#"{"type":"success","addresses":[]}"#,
            r#"{"type":"success","addresses":[],"pagination":{}}"#,
            r#"{"type":"success","addresses":[],"pagination":{"next_page_token":null}}"#,
            r#"{"type":"success","addresses":[],"pagination":{"next_page_token":""}}"#,
        ] {
            assert_eq!(read(200, last.as_bytes()), Ok(Page::default()), "{last}");
        }
    }

    #[test]
    fn what_is_no_list_says_why() {
        for (status, body, why) in [
            (200, r#"{"type":"success"}"#, "it did not answer with a list of addresses"),
            (200, r#"{"type":"success","addresses":{"address":"+1"}}"#, "it did not answer with a list of addresses"),
            (200, r#"{"type":"success","addresses":[{"name":"Support"}]}"#, "it listed something without an address"),
            (200, r#"{"type":"success","addresses":["+15551234"]}"#, "it listed something without an address"),
            (200, r#"{"addresses":[]}"#, "it did not answer with success"),
            (200, "<html>", "it did not answer with success"),
            (500, r#"{"type":"success","addresses":[]}"#, "it answered 500 in place of 200"),
            (401, r#"{"type":"authentication_required","message":"sign in again"}"#, "sign in again"),
        ] {
            assert_eq!(read(status, body.as_bytes()), Err(why.to_string()), "{body}");
        }
    }

    #[test]
    fn parts_are_joined_until_the_last_and_a_list_ends() {
        let page = |addresses: &[&str], next: Option<&str>| Page {
            addresses: addresses.iter().map(|address| offered(address, address)).collect(),
            next: next.map(str::to_string),
        };
        let mut all = Vec::new();
        assert_eq!(join(&mut all, page(&["a", "b"], Some("2"))), Ok(Some("2".to_string())));
        assert_eq!(join(&mut all, page(&["b", "c"], None)), Ok(None));
        assert_eq!(all.iter().map(|one| one.address.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(join(&mut all, page(&["a"], Some("2"))).is_err(), "it goes round");
        let many: Vec<String> = (0..=MOST).map(|number| number.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(join(&mut Vec::new(), page(&many, None)).is_err());
    }
}
