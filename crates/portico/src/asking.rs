//! Asks those outside what must be known before something is kept, through the client that everything leaves by.

use std::sync::Arc;
use std::time::Duration;

use ::channels::application::{addresses, authorization};
use api::app::{Asked, Diagnosis, Granting, Outside, SignedRequest, Validation};
use desk::Desk;
use desk::channels::application::Partner;
use desk::channels::grant::Ask;
use desk::channels::shared::Offered;
use desk::ids::ChannelId;
use http::Method;
use webhooks::challenge::{self, Challenge};
use webhooks::client::{Answer, Client, Failure, Outgoing};
use webhooks::diagnose::{self, Given};
use webhooks::sign::{ApplicationKey, Signer};
use wire::channel_calls::{Call, authorization, list_addresses};

use crate::partners;

/// The outside, by HTTP.
pub struct Asking {
    /// Whose clock and dice it uses.
    pub desk: Desk,
    /// Calls no private network unless told so.
    pub client: Arc<Client>,
    /// How long it waits for the server of a channel.
    pub patience: Duration,
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

    fn announce(&self, partner: Partner, (channel, address): (ChannelId, Option<String>)) -> Asked<Option<String>> {
        let (client, patience, now) = (self.client.clone(), self.patience, self.desk.clock().now().0);
        Box::pin(async move {
            let call = authorization(channel, address.as_deref());
            let answer = ask((&client, patience), now, (&partner, &call)).await;
            let answer = answer.map_err(|why| format!("the app's server did not answer: {why}"))?;
            let read = authorization::read(answer.status.as_u16(), &answer.body);
            read.map_err(|why| format!("the app's server refused: {why}"))
        })
    }

    fn list_addresses(&self, partner: Partner) -> Asked<Vec<Offered>> {
        let (client, patience, desk) = (self.client.clone(), self.patience, self.desk.clone());
        Box::pin(async move {
            let (mut all, mut part) = (Vec::new(), None);
            loop {
                let call = list_addresses(part.as_deref());
                let answer = ask((&client, patience), desk.clock().now().0, (&partner, &call)).await?;
                let page = addresses::read(answer.status.as_u16(), &answer.body)?;
                part = addresses::join(&mut all, page)?;
                if part.is_none() {
                    return Ok(all);
                }
            }
        })
    }
}

/// Asks a channel's server, signed and with its credential.
async fn ask(
    (client, patience): (&Client, Duration),
    now: i64,
    (partner, call): (&Partner, &Call<impl serde::Serialize>),
) -> Result<Answer, String> {
    let body = wire::javascript::to_bytes(call).map_err(|error| error.to_string())?;
    let outgoing = Outgoing {
        url: partner.url.as_str().into(),
        method: Method::POST,
        headers: partners::headers(partner.credential.as_ref()),
        body: Some(body.into()),
        signer: Signer::Application(ApplicationKey::new(partner.key.reveal())),
        timeout: patience,
        // A person waits, and sees what went wrong: nothing is sent twice behind their back.
        repeatable: false,
    };
    client.send(now, &outgoing).await.map_err(|failure| match failure {
        Failure::Refused(refusal) => format!("it was not asked, because {refusal}"),
        failure => failure.to_string(),
    })
}
