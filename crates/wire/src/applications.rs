//! The envelope of application webhooks (contract/webhooks.md section 1.2).

use desk::apps::features::WebhookType;
use desk::ids::CompanyId;
use serde::Serialize;

/// What an app gets: what happened, in whose company, and everything about it.
#[derive(Serialize)]
pub struct Envelope<T> {
    r#type: &'static str,
    authorization: Authorization,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<T>,
}

#[derive(Serialize)]
struct Authorization {
    id: CompanyId,
}

/// The envelope of an event.
pub fn envelope<T: Serialize>(r#type: WebhookType, company: CompanyId, payload: T) -> Envelope<T> {
    Envelope { r#type: r#type.as_str(), authorization: Authorization { id: company }, payload: Some(payload) }
}

/// The envelope that validates an address: nothing has happened.
pub fn sync(company: CompanyId) -> Envelope<()> {
    Envelope { r#type: "sync", authorization: Authorization { id: company }, payload: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validation_is_written_as_the_contract_has_it() {
        let company: CompanyId = "cmp_abc".parse().expect("an id");
        let text = serde_json::to_string(&sync(company)).expect("JSON");
        assert_eq!(text, r#"{"type":"sync","authorization":{"id":"cmp_abc"}}"#);
    }
}
