//! Asks those outside what must be known before something is kept, through the client that everything leaves by.

use std::sync::Arc;

use ::channels::application::authorization;
use ::channels::custom::PATIENCE;
use api::app::{Asked, Diagnosis, Granting, Outside, SignedRequest, Validation};
use desk::Desk;
use desk::channels::application::Partner;
use desk::channels::grant::Ask;
use desk::ids::ChannelId;
use http::Method;
use webhooks::challenge::{self, Challenge};
use webhooks::client::{Client, Outgoing};
use webhooks::diagnose::{self, Given};
use webhooks::sign::{ApplicationKey, Signer};

use crate::partners;

/// The outside, by HTTP.
pub struct Asking {
    /// Whose clock and dice it uses.
    pub desk: Desk,
    /// Calls no private network unless told so.
    pub client: Arc<Client>,
}

impl Outside for Asking {
    fn diagnose(&self, request: SignedRequest) -> Diagnosis {
        let told = diagnose::diagnose(&Given {
            headers: &request.headers,
            body: request.body.as_deref(),
            secret: request.secret.reveal(),
            computed: request.computed.as_deref(),
            now: self.desk.clock().now().0,
        });
        Diagnosis {
            scheme: told.scheme.as_str(),
            is_valid: told.is_valid,
            causes: told.causes.iter().map(|cause| (cause.code(), cause.why())).collect(),
            expected: told.expected,
        }
    }

    fn validate(&self, validation: Validation) -> Asked<()> {
        let challenge = Challenge {
            url: validation.url.into(),
            body: validation.body,
            signer: validation
                .secret
                .map_or(Signer::Unsigned, |secret| Signer::Application(ApplicationKey::new(secret.reveal()))),
            token: self.desk.random().hex(16),
        };
        let (client, now) = (self.client.clone(), self.desk.clock().now().0);
        Box::pin(async move { challenge::ask(&client, now, challenge).await })
    }

    fn grant(&self, ask: Ask) -> Granting {
        let (client, now) = (self.client.clone(), self.desk.clock().now().0);
        Box::pin(async move { partners::granted(&client, now, &ask).await })
    }

    fn announce(&self, partner: Partner, channel: ChannelId) -> Asked<Option<String>> {
        let (client, now) = (self.client.clone(), self.desk.clock().now().0);
        Box::pin(async move {
            let body = serde_json::to_vec(&wire::channel_calls::authorization(channel));
            let outgoing = Outgoing {
                url: partner.url.into(),
                method: Method::POST,
                headers: partners::headers(partner.credential.as_ref()),
                body: Some(body.map_err(|error| error.to_string())?.into()),
                signer: Signer::Application(ApplicationKey::new(partner.key.reveal())),
                timeout: PATIENCE,
                // A person waits, and sees what went wrong: nothing is sent twice behind their back.
                repeatable: false,
            };
            let answer = client.send(now, &outgoing).await.map_err(|failure| failure.to_string())?;
            authorization::read(answer.status.as_u16(), &answer.body)
        })
    }
}
