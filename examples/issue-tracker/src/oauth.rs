//! OAuth 2.0, the authorization-code grant: from a person's consent to tokens, and from old tokens to new ones.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::error::{Error, Result, accepted};
use crate::settings::Settings;

/// Renewed when less than this is left, in seconds: a token that ends on its way helps nobody.
const MARGIN: f64 = 300.0;

/// What a company's consent came to.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// Opens the API for an hour.
    pub access: String,
    /// Gives new tokens for half a year.
    pub refresh: String,
    /// When the first ends, in seconds since 1970.
    pub expires_at: f64,
}

impl Tokens {
    /// Whether to renew them before they are used.
    pub fn are_due(&self) -> bool {
        now() > self.expires_at - MARGIN
    }
}

/// The OAuth client.
pub struct OAuth {
    http: reqwest::Client,
    app: String,
    id: String,
    secret: String,
    redirect: String,
}

impl OAuth {
    /// With what the registration gave.
    pub fn new(http: reqwest::Client, settings: &Settings, here: &str) -> OAuth {
        let (id, secret) = (settings.client_id.clone(), settings.client_secret.clone());
        OAuth { http, app: settings.app(), id, secret, redirect: format!("{here}/callback") }
    }

    /// Where to send a person for consent. `state` comes back unchanged.
    pub fn consent(&self, state: &str) -> Result<Url> {
        let fields =
            [("response_type", "code"), ("client_id", &self.id), ("redirect_uri", &self.redirect), ("state", state)];
        let address = format!("{}/oauth/authorize", self.app);
        Url::parse_with_params(&address, fields).map_err(|error| Error::odd(format!("{address}: {error}")))
    }

    /// Tokens for the code that came back.
    pub async fn exchange(&self, code: &str) -> Result<Tokens> {
        let fields = json!({"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect});
        self.ask(&fields, "").await
    }

    /// New tokens. Keep all of what comes back: in its last days the refresh token is replaced, too.
    pub async fn renew(&self, old: &Tokens) -> Result<Tokens> {
        self.ask(&json!({"grant_type": "refresh_token", "refresh_token": old.refresh}), &old.refresh).await
    }

    async fn ask(&self, fields: &Value, old_refresh: &str) -> Result<Tokens> {
        let request = self.http.post(format!("{}/oauth/token", self.app)).json(fields);
        // Our credentials go into the header, never into the body.
        let response = request.basic_auth(&self.id, Some(&self.secret)).send().await?;
        let told: Value = accepted("tokens", response).await?.json().await?;
        let text = |name: &str| told[name].as_str().map(str::to_string);
        let access = text("access_token").ok_or_else(|| Error::odd("an answer without a token"))?;
        let refresh = text("refresh_token").unwrap_or_else(|| old_refresh.to_string());
        Ok(Tokens { access, refresh, expires_at: end(&told) })
    }
}

/// When a token ends: Front names the instant, most others how long it lasts.
fn end(told: &Value) -> f64 {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.parse().ok());
    let lasts = || now() + number(&told["expires_in"]).unwrap_or(3_600.0);
    number(&told["expires_at"]).unwrap_or_else(lasts)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_renewed_before_they_end() {
        let tokens = |left: f64| Tokens { access: String::new(), refresh: String::new(), expires_at: now() + left };
        assert!(!tokens(3_600.0).are_due());
        assert!(tokens(MARGIN - 10.0).are_due());
        assert!(tokens(-1.0).are_due());
    }

    #[test]
    fn the_end_of_a_token_is_read_from_whatever_is_said() {
        assert_eq!(end(&json!({"expires_at": 1_700_003_600, "expires_in": 1})), 1_700_003_600.0);
        assert_eq!(end(&json!({"expires_at": "1700003600"})), 1_700_003_600.0);
        let in_ten = end(&json!({"expires_in": 600})) - now();
        assert!((590.0..=600.0).contains(&in_ten), "{in_ten}");
    }
}
