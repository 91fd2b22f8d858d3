//! What is asked outside before a channel of an app is kept, or credentials that many share: a token, the addresses that
//! it is good for, and whether the app's server agrees. A token is granted once, so whoever asks for one is heard to the
//! end although they may have gone away.

use std::sync::Arc;

use desk::channels::application::{self, Agreed, Announced, Credential, Partner};
use desk::channels::consent::{self, Subject};
use desk::channels::grant::{self, Ask, Granted, Named};
use desk::channels::shared::{self, Begun, NewChannel, Offered};
use desk::ids::{ChannelId, SharedCredentialsId};
use desk::sealing::Secret;
use desk::{Caller, Error, Work};

use crate::app::App;
use crate::call::Result;

/// Asks about a channel that is to be made. Nothing is kept if its server refuses.
pub(crate) async fn agreed(app: &App, caller: &Caller, new: &application::New) -> Result<(ChannelId, Agreed)> {
    let announced = new.clone();
    let unit = move |work: &mut Work<'_>| application::announce(work, &announced);
    let Announced { id, mut partner, ask, is_by_consent } = app.desk.read(caller, unit).await?;
    let mut agreed = Agreed::default();
    if let Some(ask) = ask {
        let granted = for_channel(app, caller, (id, ask)).await?;
        partner.credential = Some(Credential::Bearer(granted.access.clone()));
        agreed.granted = Some(granted);
    }
    if !is_by_consent {
        agreed.webhook_url = announce(app, partner, (id, None)).await?;
    }
    Ok((id, agreed))
}

/// Connects something by the code of a person's consent, which came to the address `to`: a channel, or credentials that
/// channels share, whose id is answered. Nothing changes if the partner's server refuses.
pub async fn connect(
    app: &Arc<App>,
    admin: Caller,
    subject: Subject,
    (code, to): (Secret, String),
) -> Result<Option<SharedCredentialsId>> {
    let of = app.clone();
    app.to_the_end("a consent", async move { exchange(&of, &admin, subject, (code, to)).await }).await
}

async fn exchange(
    app: &App,
    admin: &Caller,
    subject: Subject,
    (code, to): (Secret, String),
) -> Result<Option<SharedCredentialsId>> {
    let of = subject.clone();
    let unit = move |work: &mut Work<'_>| consent::by_code(work, &of, (&code, &to));
    let (ask, mut partner, uid) = app.desk.read(admin, unit).await?;
    let instead_of = match subject {
        Subject::Channel(id) => {
            let granted = for_channel(app, admin, (id, ask)).await?;
            partner.credential = Some(Credential::Bearer(granted.access.clone()));
            let url = announce(app, partner, (id, None)).await?;
            let unit = move |work: &mut Work<'_>| consent::connected(work, id, (&granted, url.as_deref()));
            app.desk.write(admin, unit).await?;
            return Ok(None);
        }
        Subject::Shared(id) => Some(id),
        Subject::App(_) => None,
    };
    let (new, _) = prove(app, shared::New { app: uid, instead_of, ..Default::default() }, (partner, Some(ask))).await?;
    Ok(Some(app.desk.write(admin, move |work| shared::keep(work, &new)).await?))
}

/// Connects an app's channels with what was given for all of them.
pub async fn share(app: &Arc<App>, admin: Caller, new: shared::New) -> Result<SharedCredentialsId> {
    let of = app.clone();
    let task = async move {
        let (new, _) = proven(&of, &admin, new).await?;
        Ok(of.desk.write(&admin, move |work| shared::keep(work, &new)).await?)
    };
    app.to_the_end("shared credentials", task).await
}

/// Asks about credentials that are to be shared: for a token, and for their addresses.
pub(crate) async fn proven(app: &App, caller: &Caller, new: shared::New) -> Result<(shared::New, Vec<Offered>)> {
    let (uid, given) = (new.app.clone(), new.given.clone());
    let Begun { partner, ask } = app.desk.read(caller, move |work| shared::begin(work, &uid, &given)).await?;
    prove(app, new, (partner, ask)).await
}

async fn prove(
    app: &App,
    mut new: shared::New,
    (mut partner, ask): (Partner, Option<Ask>),
) -> Result<(shared::New, Vec<Offered>)> {
    if let Some(ask) = ask {
        let granted = token(app, ask).await?;
        shared::check_owner(&granted.named)?;
        partner.credential = Some(Credential::Bearer(granted.access.clone()));
        new.granted = Some(granted);
    }
    let addresses = listed(app, partner).await?;
    Ok((new, addresses))
}

/// An address, and the channel that it has already.
#[derive(Debug, Clone)]
pub struct Address {
    /// The address, as the app's server knows it.
    pub offered: Offered,
    /// Its channel.
    pub channel: Option<ChannelId>,
}

/// The addresses that shared credentials are good for, as the app's server has them at this moment.
pub async fn addresses(app: &App, caller: &Caller, id: SharedCredentialsId) -> Result<Vec<Address>> {
    let partner = app.desk.read(caller, move |work| shared::partner(work, id)).await?;
    let all = listed(app, partner).await?;
    Ok(app.desk.read(caller, move |work| with_channels(work, id, &all)).await?)
}

/// Addresses with the channels that they have.
pub(crate) fn with_channels(
    work: &mut Work<'_>,
    id: SharedCredentialsId,
    all: &[Offered],
) -> desk::Result<Vec<Address>> {
    let taken = shared::taken(work, id)?;
    let with = |offered: &Offered| Address { channel: taken.get(&offered.address).copied(), offered: offered.clone() };
    Ok(all.iter().map(with).collect())
}

/// Makes a channel at an address that shared credentials are good for.
pub async fn add_address(app: &Arc<App>, admin: Caller, new: NewChannel) -> Result<()> {
    let of = app.clone();
    let task = async move {
        let (new, id, url) = agreed_address(&of, &admin, new).await?;
        Ok(of.desk.write(&admin, move |work| shared::add(work, &new, (id, url.as_deref()))).await?)
    };
    app.to_the_end("a channel", task).await
}

/// Asks about a channel at an address: whether the app's server has it, and whether it agrees.
pub(crate) async fn agreed_address(
    app: &App,
    caller: &Caller,
    mut new: NewChannel,
) -> Result<(NewChannel, ChannelId, Option<String>)> {
    let of = new.clone();
    let (id, partner) = app.desk.read(caller, move |work| shared::announce(work, &of)).await?;
    let all = listed(app, partner.clone()).await?;
    let found = all.into_iter().find(|offered| offered.address == new.address.trim());
    let why = || Error::invalid("address", format!("the app's server does not list {:?}", new.address));
    let Offered { address, name } = found.ok_or_else(why)?;
    if new.name.trim().is_empty() {
        new.name = name;
    }
    let url = announce(app, partner, (id, Some(address))).await?;
    Ok((new, id, url))
}

/// Asks for a channel's token. A name or an address that cannot be kept is refused before the partner hears of a channel.
async fn for_channel(app: &App, caller: &Caller, (id, ask): (ChannelId, Ask)) -> Result<Granted> {
    let of = ask.app;
    let granted = token(app, ask).await?;
    let named: Named = granted.named.clone();
    let named = app.desk.read(caller, move |work| grant::named(work, (of, id), &named)).await?;
    Ok(Granted { named, ..granted })
}

async fn token(app: &App, ask: Ask) -> Result<Granted> {
    let why = |why| Error::invalid("credentials", format!("the app's server granted no token: {why}"));
    Ok(app.outside.grant(ask).await.map_err(why)?)
}

async fn listed(app: &App, partner: Partner) -> Result<Vec<Offered>> {
    let why = |why| Error::invalid("credentials", format!("the app's server listed no addresses: {why}"));
    Ok(app.outside.list_addresses(partner).await.map_err(why)?)
}

async fn announce(app: &App, partner: Partner, channel: (ChannelId, Option<String>)) -> Result<Option<String>> {
    let why = |why| Error::invalid("application_uid", why);
    Ok(app.outside.announce(partner, channel).await.map_err(why)?)
}
