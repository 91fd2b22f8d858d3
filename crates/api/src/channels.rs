//! Channels.

use std::sync::Arc;

use desk::apps::features::ContactType;
use desk::channels::application;
use desk::channels::{self, Change, New, Which};
use desk::ids::InboxId;
use desk::{Error, Work};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::channels::channel;

use crate::answer::{Answer, context};
use crate::call::{Call, Result};
use crate::connecting;
use crate::edge::error::Problem;
use crate::edge::given::given;
use crate::whose::Whose;

/// The channel of the path's first variable part, by id or alias.
fn which(call: &Call) -> Result<Which> {
    Ok(call.segment(0).parse().map_err(|_: Error| Problem::unknown_resource())?)
}

/// `GET /channels`
pub async fn list(call: Call) -> Result {
    all(&call, None).await
}

/// `GET /teams/{team_id}/channels`
pub async fn of_team(call: Call) -> Result {
    all(&call, Some(Whose::team(&call)?)).await
}

/// `GET /teammates/{teammate_id}/channels`
pub async fn of_teammate(call: Call) -> Result {
    all(&call, Some(Whose::teammate(&call)?)).await
}

async fn all(call: &Call, whose: Option<Whose>) -> Result {
    let paging = call.whole()?;
    call.read(move |work| {
        let owner = whose.as_ref().map(|whose| whose.owner(work)).transpose()?;
        let rows = channels::list(work, owner)?;
        let directory = work.directory()?;
        let context = context(work, &directory);
        Answer::list(&paging, rows.iter().map(|row| channel(context, row)))
    })
    .await
}

/// `GET /channels/{channel_id}`
pub async fn get(call: Call) -> Result {
    let which = which(&call)?;
    call.read(move |work| {
        let id = channels::resolve(work, &which)?;
        let row = channels::get(work, id)?;
        let directory = work.directory()?;
        Answer::ok(&channel(context(work, &directory), &row))
    })
    .await
}

/// Settings of a channel. What is left out stays.
#[derive(Deserialize, JsonSchema, Default)]
#[schemars(rename = "WriteChannelSettings")]
pub(crate) struct Settings {
    /// How many seconds a message may be taken back.
    #[serde(default)]
    undo_send_time: Option<i64>,
    /// Whether everybody who may open the inbox may answer from it.
    #[serde(default)]
    all_teammates_can_reply: Option<bool>,
    /// Of a custom channel: where its messages go; null for nowhere.
    #[serde(default, deserialize_with = "given")]
    webhook_url: Option<Option<String>>,
    /// Of a custom channel: what its correspondents are known by. Fixed when it is made.
    #[serde(default)]
    contact_type: Option<ContactType>,
    /// Of a custom channel without an app: whether its messages can be answered.
    #[serde(default)]
    reply_mode: Option<ReplyMode>,
    /// Of a custom channel without an app: whether it can begin a conversation.
    #[serde(default)]
    compose_mode: Option<ComposeMode>,
    /// Of a Twilio channel: the account.
    #[serde(default)]
    sid: Option<String>,
    /// Of a Twilio channel: its secret, never shown again.
    #[serde(default)]
    auth_token: Option<String>,
}

/// Whether messages of a channel can be answered.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum ReplyMode {
    SameChannel,
    Unsupported,
}

/// Whether a channel can begin a conversation.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum ComposeMode {
    Normal,
    Unsupported,
}

impl Settings {
    /// Those that are given, but for the webhook's address, which has a place of its own.
    pub(crate) fn given(&self) -> Map<String, Value> {
        let all = [
            ("undo_send_time", self.undo_send_time.map(Value::from)),
            ("all_teammates_can_reply", self.all_teammates_can_reply.map(Value::from)),
            ("reply_mode", self.reply_mode.map(|mode| json!(mode))),
            ("compose_mode", self.compose_mode.map(|mode| json!(mode))),
            ("sid", self.sid.clone().map(Value::from)),
            ("auth_token", self.auth_token.clone().map(Value::from)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect()
    }
}

/// A new channel.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateChannel {
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// `custom`, `smtp` or `twilio`.
    r#type: String,
    #[serde(default)]
    settings: Option<Settings>,
    /// The address or number that it sends as; all but custom channels need one.
    #[serde(default)]
    send_as: Option<String>,
    /// The app whose channel it is; its type is `custom` then.
    #[serde(default)]
    application_uid: Option<String>,
    /// Of an app's channel: what its server is shown, by how the server is told who calls: `api_key`, `access_token`, or
    /// `username` and `password`. Where the server grants tokens by OAuth: `client_id` and `client_secret`, `username` and
    /// `password`, or none if a person has to consent first.
    #[serde(default)]
    credentials: Option<Map<String, Value>>,
}

/// `POST /inboxes/{inbox_id}/channels`
pub async fn create(call: Call) -> Result {
    let inbox: InboxId = call.id(0)?;
    let body: CreateChannel = call.body()?;
    let settings = body.settings.unwrap_or_default();
    if let Some(app) = body.application_uid {
        if body.r#type != "custom" {
            return Err(Error::invalid("type", "an app's channel is a custom one").into());
        }
        let new = application::New {
            inbox,
            app,
            name: body.name.unwrap_or_default(),
            settings: settings.given(),
            credentials: body.credentials.unwrap_or_default(),
        };
        return create_of_app(call, new).await;
    }
    if body.credentials.is_some() {
        return Err(Error::invalid("credentials", "only an app's channel has them").into());
    }
    let new = New {
        inbox,
        r#type: body.r#type,
        name: body.name.unwrap_or_default(),
        address: None,
        send_as: body.send_as,
        settings: settings.given(),
        webhook_url: settings.webhook_url.flatten(),
        contact_type: settings.contact_type,
    };
    call.write(move |work| {
        channels::create(work, &new)?;
        Answer::no_content()
    })
    .await
}

/// Makes a channel that its partner agrees to: nothing is kept if the partner refuses.
async fn create_of_app(call: Call, new: application::New) -> Result {
    let app = Arc::clone(&call.app);
    let task = async move {
        if let Some(answer) = call.kept().await? {
            return Ok(answer);
        }
        let (id, agreed) = connecting::agreed(&call.app, &call.caller, &new).await?;
        call.write(move |work| {
            application::create(work, &new, id, &agreed)?;
            Answer::no_content()
        })
        .await
    };
    app.to_the_end("a channel", task).await
}

/// A change of a channel. What is left out stays.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct UpdateChannel {
    /// Another name.
    #[serde(default)]
    name: Option<String>,
    /// Another inbox; its conversations come along.
    #[serde(default)]
    inbox_id: Option<String>,
    #[serde(default)]
    settings: Option<Settings>,
    /// Of an app's channel, as its own server sees it: `offline` until somebody connects it again.
    #[serde(default)]
    status: Option<Connection>,
}

/// Whether a partner serves its channel.
#[derive(Deserialize, JsonSchema, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Connection {
    Ok,
    Offline,
}

/// `PATCH /channels/{channel_id}`: a channel's server may say how it is, and nothing else.
pub async fn update(call: Call) -> Result {
    let which = which(&call)?;
    let body: UpdateChannel = call.body()?;
    let (status, is_partner) = (body.status, call.token.channel().is_some());
    if is_partner && (body.name.is_some() || body.inbox_id.is_some() || body.settings.is_some()) {
        return Err(Problem::forbidden("The token of a channel may change its status only.").into());
    }
    let inbox = body.inbox_id.map(|id| id.parse::<InboxId>()).transpose();
    let settings = body.settings.unwrap_or_default();
    let change = Change {
        name: body.name,
        inbox: inbox.map_err(|bad| Error::invalid("inbox_id", bad.to_string()))?,
        settings: settings.given(),
        contact_type: settings.contact_type,
        webhook_url: settings.webhook_url,
    };
    call.write(move |work| {
        let id = channels::resolve(work, &which)?;
        channels::update(work, id, &change)?;
        if let Some(status) = status {
            application::set_online(work, id, status == Connection::Ok)?;
        }
        Answer::no_content()
    })
    .await
}

/// `POST /channels/{channel_id}/validate`: an e-mail channel that failed is given another chance.
pub async fn validate(call: Call) -> Result {
    let which = which(&call)?;
    call.write(move |work| {
        accept(work, &which)?;
        Answer::accepted(&Validating { status: "accepted" })
    })
    .await
}

/// That a channel is being tried.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Validating {
    status: &'static str,
}

fn accept(work: &mut Work<'_>, which: &Which) -> desk::Result<()> {
    let id = channels::resolve(work, which)?;
    match channels::get(work, id)?.r#type.as_str() {
        "smtp" => channels::set_valid(work, id, true),
        other => Err(Error::invalid("", format!("only smtp channels are validated, not {other} ones"))),
    }
}
