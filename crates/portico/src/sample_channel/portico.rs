//! How a partner calls Portico: with a company's token to register its app, and with tokens that it signs itself, for
//! seconds and one channel, to tell of messages.

use std::time::Duration;

use api::edge::bearer::{ChannelClaims, mint_channel};
use desk::sealing::Secret;
use desk::time::{SECOND, Timestamp};
use http::{HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use webhooks::client::{Client, Options, Outgoing};
use webhooks::guard::Guard;
use webhooks::sign::Signer;

use crate::failure::Failure;

/// How long a channel's token lives. It is made for one request.
const LIFE: i64 = 20 * SECOND;

/// Where Portico is, and what opens it.
pub(super) struct Portico {
    url: String,
    token: Secret,
    client: Client,
}

/// The app and the channel that the partner speaks for.
#[derive(Debug, Clone)]
pub(super) struct Voice {
    pub(super) app: String,
    pub(super) secret: Secret,
    pub(super) channel: String,
}

impl Portico {
    pub(super) fn new(url: &str, token: &str) -> Result<Portico, Failure> {
        // The sample is for one's own machine as well as for others.
        let guard = Guard { allow_private: true, allow_http: true };
        let client = Client::new(Options { guard, ..Options::default() });
        client.target(&url.into()).map_err(|refusal| Failure::usage(format!("--portico: {refusal}")))?;
        Ok(Portico { url: url.trim_end_matches('/').to_string(), token: Secret::new(token), client })
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// A request of the company's.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.send(self.token.reveal(), (method, path), body).await
    }

    /// A request of the channel's, as the Channel API takes them: the app's secret signs who speaks for which channel.
    pub(super) async fn speak(
        &self,
        voice: &Voice,
        now: Timestamp,
        path: &str,
        body: &Value,
    ) -> Result<Value, Failure> {
        let claims = ChannelClaims {
            application: voice.app.clone(),
            channel: voice.channel.clone(),
            expires_at: now.0 + LIFE,
            id: Some(format!("{}", now.0)),
        };
        let token = mint_channel(voice.secret.reveal().as_bytes(), &claims);
        let path = format!("/channels/{}{path}", voice.channel);
        self.send(&token, (Method::POST, &path), Some(body)).await
    }

    async fn send(&self, token: &str, (method, path): (Method, &str), body: Option<&Value>) -> Result<Value, Failure> {
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
        let bearer = bearer.map_err(|_| Failure::usage("--token is no token"))?;
        let kind = HeaderValue::from_static("application/json");
        let headers: Vec<(HeaderName, HeaderValue)> =
            vec![(header::AUTHORIZATION, bearer), (header::CONTENT_TYPE, kind)];
        let outgoing = Outgoing {
            url: format!("{}{path}", self.url).into(),
            method: method.clone(),
            headers,
            body: body.map(|body| body.to_string().into()),
            signer: Signer::Unsigned,
            timeout: Duration::from_secs(30),
            repeatable: method == Method::GET,
        };
        let answer = self.client.send(0, &outgoing).await;
        let answer = answer.map_err(|failure| Failure::new(format!("{}: {failure}", self.url)))?;
        let json: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status.is_success() {
            return Ok(json);
        }
        let why = json["_error"]["details"][0].as_str().or(json["_error"]["message"].as_str()).unwrap_or_default();
        Err(Failure::new(format!("{method} {path} was answered {}: {why}", answer.status)))
    }
}
