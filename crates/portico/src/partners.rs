//! What the servers of apps' channels are shown beside the signature: the credentials that were given for the channel.

use desk::channels::application::Credential;
use http::{HeaderName, HeaderValue};
use webhooks::shown;

/// The header of a credential.
pub fn headers(credential: Option<&Credential>) -> Vec<(HeaderName, HeaderValue)> {
    let header = credential.and_then(|credential| match credential {
        Credential::Bearer(token) => shown::bearer(token.reveal()),
        Credential::Basic { username, password } => shown::basic(username, password.reveal()),
        Credential::Key { header, key } => shown::key(header, key.reveal()),
    });
    header.into_iter().collect()
}
