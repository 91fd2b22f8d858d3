//! Asks those outside what must be known before something is kept, through the client that everything leaves by.

use std::pin::Pin;
use std::sync::Arc;

use api::app::{Outside, Validation};
use desk::Desk;
use webhooks::challenge::{self, Challenge};
use webhooks::client::Client;
use webhooks::sign::{ApplicationKey, Signer};

/// The outside, by HTTP.
pub struct Asking {
    /// Whose clock and dice it uses.
    pub desk: Desk,
    /// Calls no private network unless told so.
    pub client: Arc<Client>,
}

impl Outside for Asking {
    fn validate(&self, validation: Validation) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        let challenge = Challenge {
            url: validation.url.into(),
            body: validation.body,
            signer: Signer::Application(ApplicationKey::new(validation.secret.reveal())),
            token: self.desk.random().hex(16),
        };
        let (client, now) = (self.client.clone(), self.desk.clock().now().0);
        Box::pin(async move { challenge::ask(&client, now, challenge).await })
    }
}
