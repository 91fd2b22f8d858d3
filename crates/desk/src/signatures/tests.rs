//! What signatures promise, on every store.

use super::*;
use crate::messages::{Content, Signing};
use crate::testing::{Fixture, companies};

fn new(owner: Owner, name: &str) -> New {
    New {
        owner,
        name: name.to_string(),
        sender_info: None,
        content: Content::html("<b>{{user.first_name}}</b>"),
        is_default: true,
        is_for_people: false,
        channels: None,
    }
}

fn expose(fixture: &Fixture) {
    let ada = fixture.ada;
    fixture.write(move |work| crate::teammates::expose_private(work, ada, true));
}

/// The name of the default signature below an e-mail by somebody on a channel.
fn usual(fixture: &Fixture, channel: ChannelId, author: Option<TeammateId>) -> Option<String> {
    fixture.write(move |work| {
        let channel = work.directory()?.channel(channel).cloned().ok_or(Error::NotFound("channel"))?;
        Ok(chosen(work, &channel, Signing::Default, author)?.map(|signature| signature.name))
    })
}

#[test]
fn a_new_default_takes_the_place_of_the_old() {
    for company in companies() {
        let team = company.team;
        let defaults = company.write(move |work| {
            let first = create(work, &new(Owner::Team(team), "first"))?;
            let second = create(work, &new(Owner::Team(team), "second"))?;
            let one = (get(work, first)?.is_default, get(work, second)?.is_default);
            update(work, first, &Change { is_default: Some(true), ..Change::default() })?;
            let two = (get(work, first)?.is_default, get(work, second)?.is_default);
            update(work, first, &Change { is_default: Some(false), ..Change::default() })?;
            Ok((one, two, get(work, first)?.is_default))
        });
        assert_eq!(defaults, ((false, true), (true, false), false), "{}", company.engine);
    }
}

#[test]
fn the_default_is_the_authors_own_then_the_workspaces() {
    for company in companies() {
        expose(&company);
        let (team, ada, email, custom) = (company.team, company.ada, company.email, company.custom);
        assert_eq!(usual(&company, email, Some(ada)), None);
        company.write(move |work| create(work, &new(Owner::Team(team), "ours")));
        assert_eq!(usual(&company, email, Some(ada)).as_deref(), Some("ours"), "{}", company.engine);
        let own = company.write(move |work| create(work, &new(Owner::Teammate(ada), "hers")));
        assert_eq!(usual(&company, email, Some(ada)).as_deref(), Some("hers"));
        assert_eq!(usual(&company, email, None).as_deref(), Some("ours"));
        assert_eq!(usual(&company, custom, Some(ada)), None, "only e-mail has signatures");
        let narrow = Change { channels: Some(Some(vec![])), ..Change::default() };
        company.write(move |work| update(work, own, &narrow));
        assert_eq!(usual(&company, email, Some(ada)).as_deref(), Some("ours"), "hers is for no channel");
    }
}

/// Ada's own e-mail channel. She works in the workspace.
fn own_channel(work: &mut Work<'_>, team: TeamId, ada: TeammateId) -> Result<ChannelId> {
    crate::teams::add_members(work, team, &[ada])?;
    let new = crate::inboxes::New {
        owner: Owner::Teammate(ada),
        name: "Ada".to_string(),
        is_public: false,
        teammates: Vec::new(),
        custom_fields: serde_json::Map::new(),
    };
    let inbox = crate::inboxes::create(work, &new)?;
    crate::testing::channel(work, inbox, "smtp", "ada@acme.example", None, serde_json::json!({}))
}

/// Whether a signature may stand below what somebody writes on a channel.
fn may_stand(
    work: &mut Work<'_>,
    (channel, author): (ChannelId, Option<TeammateId>),
    signature: SignatureId,
) -> Result<bool> {
    let channel = work.directory()?.channel(channel).cloned().ok_or(Error::NotFound("channel"))?;
    match chosen(work, &channel, Signing::With(signature), author) {
        Ok(_) => Ok(true),
        Err(Error::Invalid { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}

#[test]
fn on_somebodys_own_channel_the_workspaces_is_used_where_it_may_be() {
    for company in companies() {
        expose(&company);
        let (team, ada, email) = (company.team, company.ada, company.email);
        let (own, ours) = company.write(move |work| {
            let own = own_channel(work, team, ada)?;
            Ok((own, create(work, &new(Owner::Team(team), "ours"))?))
        });
        assert_eq!(usual(&company, own, Some(ada)), None, "{}", company.engine);
        let for_people = Change { is_for_people: Some(true), ..Change::default() };
        company.write(move |work| update(work, ours, &for_people));
        assert_eq!(usual(&company, own, Some(ada)).as_deref(), Some("ours"));
        let narrow = Change { channels: Some(Some(vec![crate::channels::Which::Id(email)])), ..Change::default() };
        company.write(move |work| update(work, ours, &narrow));
        assert_eq!(usual(&company, own, Some(ada)).as_deref(), Some("ours"), "its channels are the workspace's");
        let never = Change { is_for_people: Some(false), ..Change::default() };
        company.write(move |work| update(work, ours, &never));
        assert_eq!((usual(&company, own, Some(ada)), usual(&company, email, None).as_deref()), (None, Some("ours")));
    }
}

#[test]
fn a_signature_stands_where_its_owner_writes() {
    for company in companies() {
        expose(&company);
        let (team, ada, email) = (company.team, company.ada, company.email);
        let stands = company.write(move |work| {
            let own = own_channel(work, team, ada)?;
            let sales = crate::teams::create(work, &crate::teams::New { name: "Sales".to_string() })?;
            let ours = create(work, &new(Owner::Team(team), "ours"))?;
            let theirs = create(work, &New { is_for_people: true, ..new(Owner::Team(sales), "theirs") })?;
            let hers = create(work, &new(Owner::Teammate(ada), "hers"))?;
            let mut stands = Vec::new();
            for place in [(email, Some(ada)), (email, None), (own, Some(ada))] {
                for signature in [ours, theirs, hers] {
                    stands.push(may_stand(work, place, signature)?);
                }
            }
            Ok(stands)
        });
        let wanted = [[true, false, true], [true, false, false], [false, false, true]].concat();
        assert_eq!(stands, wanted, "{}", company.engine);
    }
}

#[test]
fn a_channel_that_the_reader_does_not_see_is_not_named() {
    for company in companies() {
        expose(&company);
        let (team, ada, email, custom) = (company.team, company.ada, company.email, company.custom);
        let (all, seen, kept) = company.write(move |work| {
            let sales = crate::teams::create(work, &crate::teams::New { name: "Sales".to_string() })?;
            let inbox = crate::inboxes::create(
                work,
                &crate::inboxes::New {
                    owner: Owner::Team(sales),
                    name: "Sales".to_string(),
                    is_public: true,
                    teammates: Vec::new(),
                    custom_fields: serde_json::Map::new(),
                },
            )?;
            let channels = Some(vec![crate::channels::Which::Id(email), crate::channels::Which::Id(custom)]);
            let id = create(work, &New { channels, ..new(Owner::Teammate(ada), "hers") })?;
            let sql = "UPDATE channels SET inbox = $2 WHERE company = $1 AND id = $3";
            work.conn.exec(sql, db::args![work.company, inbox, custom])?;
            work.directory_changed()?;
            let shown = |work: &mut Work<'_>| Ok::<_, Error>(get(work, id)?.channels(&*work.directory()?));
            let all = shown(work)?;
            let shared = crate::access::Shared::Teams(vec![team]);
            let narrow = std::sync::Arc::new(crate::Access { global: true, shared, private: true });
            let access = std::mem::replace(&mut work.access, narrow);
            let seen = shown(work)?;
            update(work, id, &Change { name: Some("Hers".to_string()), ..Change::default() })?;
            work.access = access;
            Ok((all, seen, shown(work)?))
        });
        assert_eq!(seen, Some(vec![email]), "{}", company.engine);
        assert_eq!((&all, &kept), (&Some(vec![email, custom]), &all), "what is not shown is not forgotten");
    }
}

#[test]
fn what_a_signature_says_is_about_the_author_and_brings_no_markup() {
    for company in companies() {
        let (team, ada) = (company.team, company.ada);
        let (content, sender) = company.write(move |work| {
            let sql = "UPDATE teammates SET first_name = $2 WHERE company = $1";
            work.conn.exec(sql, db::args![work.company, "<i>Ada</i>"])?;
            work.directory_changed()?;
            let sender_info = Some("{{user.first_name}} of Acme{{recipient.name}}".to_string());
            let id = create(work, &New { sender_info, ..new(Owner::Team(team), "ours") })?;
            filled(work, id, Some(ada))?.ok_or(Error::NotFound("signature"))
        });
        assert_eq!(content.body, "<b>&lt;i&gt;Ada&lt;/i&gt;</b>", "{}", company.engine);
        assert_eq!(sender.as_deref(), Some("<i>Ada</i> of Acme"));
    }
}

#[test]
fn what_changes_nothing_is_not_in_the_log() {
    for company in companies() {
        let team = company.team;
        let lines = company.write(move |work| {
            let count = |work: &mut Work<'_>| -> Result<i64> {
                let sql = "SELECT count(*) FROM events WHERE company = $1";
                let (count,) = work.conn.one(sql, db::args![work.company])?;
                Ok(count)
            };
            let before = count(work)?;
            let id = create(work, &new(Owner::Team(team), "ours"))?;
            let made = count(work)?;
            let same = Change {
                name: Some(" ours".to_string()),
                content: Some(Content::html("<b>{{user.first_name}}</b>")),
                is_default: Some(true),
                channels: Some(None),
                ..Change::default()
            };
            update(work, id, &same)?;
            let same = count(work)?;
            delete(work, id)?;
            Ok((made - before, same - made, count(work)? - same))
        });
        assert_eq!(lines, (1, 0, 1), "{}", company.engine);
    }
}
