//! What the servers of apps' channels are shown beside the signature: the credentials that were given for the channel, or
//! a token that they grant.

use ::channels::application::grant;
use ::channels::custom::PATIENCE;
use desk::channels::application::Credential;
use desk::channels::grant::{Ask, Granted, Ungranted};
use desk::sealing::Secret;
use http::{HeaderName, HeaderValue, Method, header};
use url::form_urlencoded::Serializer;
use webhooks::client::{Answer, Client, Outgoing};
use webhooks::shown;
use webhooks::sign::Signer;

/// The header of a credential.
pub fn headers(credential: Option<&Credential>) -> Vec<(HeaderName, HeaderValue)> {
    let header = credential.and_then(|credential| match credential {
        Credential::Bearer(token) => shown::bearer(token.reveal()),
        Credential::Basic { username, password } => shown::basic(username, password.reveal()),
        Credential::Key { header, key } => shown::key(header, key.reveal()),
    });
    header.into_iter().collect()
}

/// Asks a server for a token, and whose it is if there is somebody to ask.
pub async fn granted(client: &Client, now: i64, ask: &Ask) -> Result<Granted, Ungranted> {
    let answer = post(client, now, (ask, &ask.token_url), &ask.fields).await?;
    let mut granted = grant::token(now, answer.status.as_u16(), &answer.body)?;
    if let Some(url) = &ask.introspection_url {
        let answer = post(client, now, (ask, url), &[("token", granted.access.clone())]).await?;
        granted.named = grant::introspection(answer.status.as_u16(), &answer.body, ask.is_shared)?;
    }
    Ok(granted)
}

/// Posts a form as the client that we are to the server: by HTTP Basic, or by name alone where there is no secret.
async fn post(
    client: &Client,
    now: i64,
    (ask, url): (&Ask, &str),
    fields: &[(&'static str, Secret)],
) -> Result<Answer, Ungranted> {
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    let accepted = HeaderValue::from_static("application/json");
    let mut headers = vec![(header::CONTENT_TYPE, kind), (header::ACCEPT, accepted)];
    let basic = ask.client_secret.as_ref().and_then(|secret| shown::basic(&ask.client_id, secret.reveal()));
    headers.extend(basic);
    let outgoing = Outgoing {
        url: url.into(),
        method: Method::POST,
        headers,
        body: Some(form(ask, fields).into()),
        signer: Signer::Unsigned,
        timeout: PATIENCE,
        // A code or a refresh token is good for one request.
        repeatable: false,
    };
    client.send(now, &outgoing).await.map_err(|failure| Ungranted::Unreachable(failure.to_string()))
}

fn form(ask: &Ask, fields: &[(&'static str, Secret)]) -> String {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(fields.iter().map(|(name, value)| (name, value.reveal())));
    if ask.client_secret.is_none() {
        form.append_pair("client_id", &ask.client_id);
    }
    form.finish()
}
