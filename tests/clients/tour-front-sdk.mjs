// A day with the npm package front-sdk: what an integration reads and writes, and what it may rely on in the answers.
//
// The library names comments, contacts, conversations, inboxes, channels, messages, teammates and topics; for everything else the tour
// uses the library's own transport (`httpCall`), so every request is made the way this client makes requests: a JSON body even on GET
// and DELETE, path parameters repeated in the body, `&undefined` where no query was given, five more tries after a 5xx.

import assert from 'node:assert/strict';
import http from 'node:http';
import { createRequire } from 'node:module';
import { chapter, check, each, finish, until } from './tour.mjs';

const { Front, FrontError } = createRequire(`${process.env.TOUR_MODULES}/`)('front-sdk');
const HOST = 'https://api2.frontapp.com';
const channelId = process.env.PORTICO_CHANNEL;
const front = new Front(process.env.PORTICO_TOKEN);

// Every run meets a server that may hold the rows of earlier ones.
const run = Date.now().toString(36);
const customer = { handle: `customer-${run}`, name: 'Cleo Customer' };
const call = (method, path, params) => front.httpCall({ method, path }, params);
const ids = (list) => list._results.map((row) => row.id);
const conversationOf = (message) => front.getFromLink(message._links.related.conversation);
const messageBy = (uid) => until(`message ${uid}`, () => front.message.get({ message_id: `alt:uid:${uid}` }));

async function accepted(answer) {
  const { status, message_uid: uid } = await answer;
  assert.equal(status, 'accepted');
  assert.match(uid, /^[0-9a-f]{32}$/);
  return messageBy(uid);
}

function receive(thread, body, more = {}) {
  return accepted(front.message.receiveCustom({
    channel_id: channelId, sender: customer, subject: `Order ${run}`, body, metadata: { thread_ref: `${thread}-${run}` }, ...more,
  }));
}

async function refused(status, request) {
  const error = await request.then(() => assert.fail('the request was not refused'), (caught) => caught);
  assert.ok(error instanceof FrontError, `${error}`);
  assert.equal(error.status, status, error.message);
  assert.equal(typeof error.title, 'string');
  assert.ok(error.message.length > 0);
  return error;
}

function isPage(page) {
  assert.ok(Array.isArray(page._results), 'a list has _results');
  assert.equal(typeof page._links.self, 'string');
  assert.ok(page._pagination.next === null || page._pagination.next.startsWith(`${HOST}/`), `next: ${page._pagination.next}`);
}

// Timestamps are seconds with up to three decimals, never milliseconds.
function isTime(value) {
  assert.equal(typeof value, 'number');
  assert.ok(Math.abs(value - Date.now() / 1000) < 86_400, `${value} is a time of today in seconds`);
}

// The other end of the custom channel: answers as a channel server does, and remembers what it was told. A channel without an
// application is told the bare message, signed like a rule's webhook.
const told = [];
const channelServer = http.createServer((request, response) => {
  let body = '';
  request.on('data', (piece) => (body += piece)).on('end', () => {
    told.push({ message: JSON.parse(body || 'null'), signature: request.headers['x-front-signature'] });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ type: 'success', external_id: `m-${run}-${told.length}`, external_conversation_id: `c-${run}` }));
  });
});
await new Promise((ready) => channelServer.listen(0, '127.0.0.1', ready));
const channelUrl = `http://127.0.0.1:${channelServer.address().port}/front`;

const hooks = [];
const secret = process.env.PORTICO_HOOK_SECRET;
const hookPort = Number(process.env.PORTICO_HOOK_PORT ?? 0);
const listener = new Front(process.env.PORTICO_TOKEN, secret);
if (hookPort) listener.registerEvents({ port: hookPort }, (error, event) => hooks.push({ error, event }));

let inbox;
let me;
if (chapter('company')) {
  await check('the token knows its company', async () => {
    const identity = await call('GET', 'me');
    assert.match(identity.id, /^cmp_[0-9a-z]+$/);
    assert.equal(typeof identity.name, 'string');
    assert.equal(identity._links.self, `${HOST}/me`);
  });
  await check('teammates are listed, found by id and by e-mail, and updated', async () => {
    const { _results: all } = await front.teammate.list();
    const found = all.find((teammate) => teammate.type === 'user' && !teammate.is_blocked);
    assert.match(found.id, /^tea_[0-9a-z]+$/);
    assert.deepEqual(await front.teammate.get({ teammate_id: found.id }), found);
    assert.equal((await front.teammate.get({ teammate_id: `alt:email:${found.email}` })).id, found.id);
    assert.equal(await front.teammate.update({ teammate_id: found.id, is_available: false }), undefined);
    assert.equal((await front.teammate.get({ teammate_id: found.id })).is_available, false);
    await front.teammate.update({ teammate_id: found.id, is_available: true });
    assert.equal((await front.teammate.get({ teammate_id: found.id })).is_available, true);
    me = found;
  });
  await check('the channel, its inbox and who may see it', async () => {
    const channel = await call('GET', 'channels/<channel_id>', { channel_id: channelId });
    assert.equal(channel.id, channelId);
    assert.equal(channel.type, 'custom');
    assert.equal(channel.is_valid, true);
    inbox = await front.getFromLink(channel._links.related.inbox);
    assert.match(inbox.id, /^inb_[0-9a-z]+$/);
    assert.deepEqual(await front.inbox.get({ inbox_id: inbox.id }), inbox);
    assert.ok(ids(await front.inbox.list()).includes(inbox.id));
    assert.ok(ids(await call('GET', 'channels')).includes(channelId));
    assert.ok(ids(await front.inbox.listChannels({ inbox_id: inbox.id })).includes(channelId));
    assert.ok(Array.isArray((await front.inbox.listTeammates({ inbox_id: inbox.id }))._results));
  });
  await check('a new inbox gets a channel', async () => {
    const made = await front.inbox.create({ name: `Returns ${run}`, teammate_ids: [me.id] });
    assert.match(made.id, /^inb_/);
    assert.equal(made.name, `Returns ${run}`);
    await front.inbox.createChannel({ inbox_id: made.id, name: 'Returns', type: 'custom', settings: { webhook_url: channelUrl } });
    const { _results: channels } = await front.inbox.listChannels({ inbox_id: made.id });
    assert.deepEqual(channels.map((channel) => [channel.type, channel.name]), [['custom', 'Returns']]);
  });
  await check("the channel's webhook address is replaced", async () => {
    assert.equal(await front.channel.update({ channel_id: channelId, settings: { webhook_url: channelUrl } }), undefined);
    const channel = await call('GET', 'channels/<channel_id>', { channel_id: channelId });
    assert.equal(typeof channel.settings, 'object');
  });
}

let tag;
if (chapter('tags')) {
  await check('a tag is made, read, renamed and listed', async () => {
    const made = await call('POST', 'tags', { name: `Refund ${run}`, description: 'money back', highlight: 'blue' });
    assert.match(made.id, /^tag_[0-9a-z]+$/);
    assert.deepEqual([made.name, made.description, made.highlight, made.is_private], [`Refund ${run}`, 'money back', 'blue', false]);
    assert.deepEqual(await call('GET', 'tags/<tag_id>', { tag_id: made.id }), made);
    assert.equal(await call('PATCH', 'tags/<tag_id>', { tag_id: made.id, name: `Refunds ${run}` }), undefined);
    tag = await call('GET', 'tags/<tag_id>', { tag_id: made.id });
    assert.equal(tag.name, `Refunds ${run}`);
    const newest = await call('GET', 'tags?limit=5&sort_by=id&sort_order=desc');
    assert.ok(ids(newest).includes(tag.id));
  });
  await check('a child tag lives under its parent until it is deleted', async () => {
    const child = await call('POST', 'tags/<tag_id>/children', { tag_id: tag.id, name: `Partial ${run}` });
    assert.deepEqual(ids(await call('GET', 'tags/<tag_id>/children', { tag_id: tag.id })), [child.id]);
    assert.equal(await call('DELETE', 'tags/<tag_id>', { tag_id: child.id }), undefined);
    await refused(404, call('GET', 'tags/<tag_id>', { tag_id: child.id }));
  });
}

let conversation;
const reload = () => front.conversation.get({ conversation_id: conversation.id });
if (chapter('receiving')) {
  await check('a message is received and read back by its uid', async () => {
    const message = await receive('first', `My **parcel** is late, says the walrus${run}`);
    assert.match(message.id, /^msg_[0-9a-z]+$/);
    assert.deepEqual([message.type, message.is_inbound, message.author], ['custom', true, null]);
    assert.ok(message.body.includes('parcel') && message.text.includes('parcel'));
    isTime(message.created_at);
    const sender = message.recipients.find((recipient) => recipient.role === 'from');
    assert.equal(sender.handle, customer.handle);
    assert.deepEqual(await front.message.get({ message_id: message.id }), message);
    conversation = await conversationOf(message);
  });
  await check('it opened a conversation in the inbox of the channel', async () => {
    assert.match(conversation.id, /^cnv_[0-9a-z]+$/);
    assert.deepEqual([conversation.type, conversation.subject, conversation.status, conversation.assignee],
      ['conversation', `Order ${run}`, 'unassigned', null]);
    assert.deepEqual([conversation.tags, conversation.links, conversation.is_private], [[], [], false]);
    assert.equal(conversation.recipient.handle, customer.handle);
    isTime(conversation.created_at);
    assert.deepEqual(ids(await front.conversation.listInboxes({ conversation_id: conversation.id })), [inbox.id]);
  });
  await check('the same thread continues it, another thread does not', async () => {
    const second = await receive('first', 'Any news?');
    assert.equal((await conversationOf(second)).id, conversation.id);
    const other = await receive('second', 'Something else');
    assert.notEqual((await conversationOf(other)).id, conversation.id);
    const { _results: messages } = await front.conversation.listMessages({ conversation_id: conversation.id });
    assert.equal(messages.length, 2);
    assert.equal(messages[0].id, second.id, 'the newest message comes first');
  });
  await check('it is in the lists of conversations', async () => {
    const open = 'q[statuses][]=unassigned&q[statuses][]=assigned';
    const page = await front.conversation.list({ q: open, limit: 5 });
    isPage(page);
    assert.ok(page._results.length <= 5 && ids(page).includes(conversation.id));
    assert.ok(page._results.every((row) => ['unassigned', 'assigned'].includes(row.status)));
    assert.ok(ids(await front.conversation.listRecent()).includes(conversation.id));
    assert.ok(ids(await front.inbox.listConversations({ inbox_id: inbox.id, q: open, limit: 5 })).includes(conversation.id));
    assert.ok(!ids(await front.conversation.list({ q: 'q[statuses]=archived', limit: 100 })).includes(conversation.id));
  });
}

if (chapter('working')) {
  await check('a comment is posted, read and listed', async () => {
    const text = `Looks lost to me, @${me.username}`;
    const comment = await front.comment.create({ conversation_id: conversation.id, author_id: me.id, body: text });
    assert.match(comment.id, /^com_[0-9a-z]+$/);
    assert.deepEqual([comment.body, comment.author.id, comment.is_pinned], [text, me.id, false]);
    isTime(comment.posted_at);
    assert.equal((await front.comment.get({ comment_id: comment.id })).body, text);
    assert.deepEqual(ids(await front.conversation.listComments({ conversation_id: conversation.id })), [comment.id]);
    assert.ok(Array.isArray((await front.comment.listMentions({ comment_id: comment.id }))._results));
  });
  await check('tags are added, replaced and removed', async () => {
    const tagged = async () => (await reload()).tags.map((one) => one.name);
    await call('POST', 'conversations/<conversation_id>/tags', { conversation_id: conversation.id, tag_ids: [tag.id] });
    assert.deepEqual(await tagged(), [tag.name]);
    assert.ok(ids(await call('GET', 'tags/<tag_id>/conversations', { tag_id: tag.id })).includes(conversation.id));
    await call('DELETE', 'conversations/<conversation_id>/tags', { conversation_id: conversation.id, tag_ids: [tag.id] });
    assert.deepEqual(await tagged(), []);
    await front.conversation.update({ conversation_id: conversation.id, tag_ids: [tag.id] });
    assert.deepEqual(await tagged(), [tag.name]);
  });
  await check('the older way to replace tags, by name', async () => {
    await front.conversation.update({ conversation_id: conversation.id, tags: [] });
    assert.deepEqual((await reload()).tags, []);
    await front.conversation.update({ conversation_id: conversation.id, tags: [tag.name] });
    assert.deepEqual((await reload()).tags.map((one) => one.id), [tag.id]);
  });
  await check('it is assigned and unassigned', async () => {
    assert.equal(await front.conversation.update({ conversation_id: conversation.id, assignee_id: me.id }), undefined);
    let now = await reload();
    assert.deepEqual([now.status, now.assignee.id], ['assigned', me.id]);
    assert.ok(ids(await call('GET', 'teammates/<teammate_id>/conversations', { teammate_id: me.id })).includes(conversation.id));
    await call('PUT', 'conversations/<conversation_id>/assignee', { conversation_id: conversation.id, assignee_id: null });
    now = await reload();
    assert.deepEqual([now.status, now.assignee], ['unassigned', null]);
    await call('PUT', 'conversations/<conversation_id>/assignee', { conversation_id: conversation.id, assignee_id: `alt:email:${me.email}` });
    assert.equal((await reload()).assignee.id, me.id);
  });
  await check('followers come and go', async () => {
    const followers = async () => ids(await front.conversation.listFollowers({ conversation_id: conversation.id }));
    await call('POST', 'conversations/<conversation_id>/followers', { conversation_id: conversation.id, teammate_ids: [me.id] });
    assert.ok((await followers()).includes(me.id));
    await call('DELETE', 'conversations/<conversation_id>/followers', { conversation_id: conversation.id, teammate_ids: [me.id] });
    assert.ok(!(await followers()).includes(me.id));
  });
}

if (chapter('links')) {
  await check('a link is made, named, attached, found and taken off', async () => {
    const url = `https://tracker.example/issues/${run}`;
    const link = await call('POST', 'links', { name: 'Lost parcel', external_url: url });
    assert.match(link.id, /^top_[0-9a-z]+$/);
    assert.deepEqual([link.name, link.type, link.external_url], ['Lost parcel', 'web', url]);
    await call('PATCH', 'links/<link_id>', { link_id: link.id, name: 'Parcel found' });
    assert.equal((await call('GET', 'links/<link_id>', { link_id: link.id })).name, 'Parcel found');
    await call('POST', 'conversations/<conversation_id>/links', { conversation_id: conversation.id, link_ids: [link.id] });
    assert.deepEqual((await reload()).links.map((one) => one.id), [link.id]);
    assert.ok(ids(await call('GET', 'links/<link_id>/conversations', { link_id: link.id })).includes(conversation.id));
    assert.ok(ids(await front.topic.listConversations({ topic_id: link.id })).includes(conversation.id), 'links were called topics');
    await call('DELETE', 'conversations/<conversation_id>/links', { conversation_id: conversation.id, link_ids: [link.id] });
    assert.deepEqual((await reload()).links, []);
  });
  await check('an address that is new becomes a link', async () => {
    const url = `https://tracker.example/new/${run}`;
    await call('POST', 'conversations/<conversation_id>/links', { conversation_id: conversation.id, link_external_urls: [url] });
    assert.deepEqual((await reload()).links.map((one) => one.external_url), [url]);
  });
}

if (chapter('drafts')) {
  await check('a draft is written, found, rewritten and thrown away', async () => {
    const drafts = async () => ids(await call('GET', 'conversations/<conversation_id>/drafts', { conversation_id: conversation.id }));
    const draft = await call('POST', 'conversations/<conversation_id>/drafts',
      { conversation_id: conversation.id, author_id: me.id, channel_id: channelId, body: 'We are looking', mode: 'shared' });
    assert.match(draft.id, /^msg_[0-9a-z]+$/);
    assert.deepEqual([draft.draft_mode, draft.is_inbound, typeof draft.version], ['shared', false, 'string']);
    assert.deepEqual(await drafts(), [draft.id]);
    const edited = await call('PATCH', 'drafts/<draft_id>/',
      { draft_id: draft.id, channel_id: channelId, body: 'We found it', mode: 'shared', version: draft.version });
    assert.ok(edited.body.includes('We found it'));
    assert.notEqual(edited.version, draft.version);
    await call('DELETE', 'drafts/<draft_id>', { draft_id: draft.id, version: edited.version });
    assert.deepEqual(await drafts(), []);
  });
}

if (chapter('sending')) {
  await check('a reply is accepted and archives the conversation', async () => {
    const message = await accepted(front.message.reply({
      conversation_id: conversation.id, author_id: me.id, body: `It is on its way ${run}`, options: { archive: true },
    }));
    assert.deepEqual([message.is_inbound, message.type, message.author.id], [false, 'custom', me.id]);
    assert.ok(message.recipients.some((one) => one.role === 'to' && one.handle === customer.handle));
    assert.equal((await conversationOf(message)).id, conversation.id);
    assert.equal((await reload()).status, 'archived');
  });
  await check('an answer of the customer reopens it', async () => {
    await receive('first', 'Thanks!');
    assert.notEqual((await reload()).status, 'archived');
  });
  await check('a new message opens a conversation of its own', async () => {
    const message = await accepted(front.message.send({
      channel_id: channelId, author_id: me.id, to: [`other-${run}`], subject: 'Survey', body: 'How was it?', options: { archive: false },
    }));
    const opened = await conversationOf(message);
    assert.notEqual(opened.id, conversation.id);
    assert.equal(opened.recipient.handle, `other-${run}`);
    assert.notEqual(opened.status, 'archived');
  });
}

if (chapter('channel-calls')) {
  await check('both messages reached the server of the channel', async () => {
    const call = (text) => until(`the channel to be told: ${text}`, () => told.find((one) => one.message?.text?.includes(text)));
    const reply = await call(`It is on its way ${run}`);
    assert.match(reply.message.id, /^msg_/);
    assert.deepEqual([reply.message.type, reply.message.is_inbound, reply.message.author.id], ['custom', false, me.id]);
    const survey = await call('How was it?');
    assert.ok(survey.message.recipients.some((one) => one.role === 'to' && one.handle === `other-${run}`));
    if (secret) {
      for (const { message, signature } of [reply, survey]) assert.ok(listener.validateEventSignature(message, signature));
    }
  });
}

if (chapter('status')) {
  await check('archive, reopen, trash, restore', async () => {
    for (const [write, read] of [['archived', ['archived']], ['open', ['assigned', 'unassigned']], ['deleted', ['deleted']],
      ['open', ['assigned', 'unassigned']]]) {
      assert.equal(await front.conversation.update({ conversation_id: conversation.id, status: write }), undefined);
      const { status } = await reload();
      assert.ok(read.includes(status), `${write} is read as ${status}`);
    }
  });
}

if (chapter('contacts')) {
  const address = `cleo-${run}@example.com`;
  let contact;
  await check('a contact is made, found and updated', async () => {
    contact = await front.contact.create({ name: 'Cleo', handles: [{ handle: address, source: 'email' }] });
    assert.match(contact.id, /^crd_[0-9a-z]+$/);
    assert.deepEqual([contact.name, contact.handles], ['Cleo', [{ handle: address, source: 'email' }]]);
    assert.equal((await front.contact.get({ contact_id: `alt:email:${address}` })).id, contact.id);
    assert.equal(await front.contact.update({ contact_id: contact.id, name: 'Cleo C.', description: 'pays late' }), undefined);
    const now = await front.contact.get({ contact_id: contact.id });
    assert.deepEqual([now.name, now.description], ['Cleo C.', 'pays late']);
  });
  await check('handles and notes are added and listed', async () => {
    const phone = { handle: `+1555${Date.now().toString().slice(-7)}`, source: 'phone' };
    const handles = async () => (await front.contact.get({ contact_id: contact.id })).handles.map((one) => one.source).sort();
    await call('POST', 'contacts/<contact_id>/handles', { contact_id: contact.id, ...phone });
    assert.deepEqual(await handles(), ['email', 'phone']);
    await call('DELETE', 'contacts/<contact_id>/handles', { contact_id: contact.id, ...phone });
    assert.deepEqual(await handles(), ['email']);
    const note = await call('POST', 'contacts/<contact_id>/notes', { contact_id: contact.id, author_id: me.id, body: 'Likes tea' });
    assert.deepEqual([note.body, note.author.id], ['Likes tea', me.id]);
    const { _results: notes } = await call('GET', 'contacts/<contact_id>/notes', { contact_id: contact.id });
    assert.deepEqual(notes.map((one) => one.body), ['Likes tea']);
  });
  await check('a handle belongs to one contact', async () => {
    await refused(409, front.contact.create({ name: 'Impostor', handles: [{ handle: address, source: 'email' }] }));
  });
  await check('lists of contacts', async () => {
    const name = `Late payers ${run}`;
    assert.equal(await call('POST', 'contact_lists', { name }), undefined);
    const list = (await call('GET', 'contact_lists'))._results.find((one) => one.name === name);
    assert.match(list.id, /^grp_/);
    await call('POST', 'contact_lists/<list_id>/contacts', { list_id: list.id, contact_ids: [contact.id] });
    assert.deepEqual(ids(await call('GET', 'contact_lists/<list_id>/contacts', { list_id: list.id })), [contact.id]);
    await call('DELETE', 'contact_lists/<list_id>', { list_id: list.id });
    assert.ok(!ids(await call('GET', 'contact_lists')).includes(list.id));
  });
  await check('two contacts become one', async () => {
    const twin = await front.contact.create({ name: 'Twin', handles: [{ handle: `twin-${run}@example.com`, source: 'email' }] });
    const merged = await call('POST', 'contacts/merge', { target_contact_id: contact.id, contact_ids: [twin.id] });
    assert.equal(merged.id, contact.id);
    assert.deepEqual(merged.handles.map((one) => one.handle).sort(), [address, `twin-${run}@example.com`].sort());
  });
  await check('a contact is deleted', async () => {
    assert.equal(await front.contact.delete({ contact_id: contact.id }), undefined);
    await refused(404, front.contact.get({ contact_id: contact.id }));
  });
  await check('who writes on a channel is a contact with conversations', async () => {
    const sender = await front.getFromLink(conversation.recipient._links.related.contact);
    assert.ok(sender.handles.some((one) => one.handle === customer.handle && one.source === 'custom'));
    assert.ok(ids(await call('GET', 'contacts/<contact_id>/conversations', { contact_id: sender.id })).includes(conversation.id));
  });
}

if (chapter('events')) {
  await check('the conversation tells its story, newest first', async () => {
    const { _results: events } = await call('GET', 'conversations/<conversation_id>/events?limit=100', { conversation_id: conversation.id });
    const types = events.map((event) => event.type);
    for (const type of ['inbound', 'comment', 'tag', 'untag', 'assign', 'unassign', 'out_reply', 'archive', 'reopen', 'trash', 'restore']) {
      assert.ok(types.includes(type), `${type} is among ${types}`);
    }
    const times = events.map((event) => event.emitted_at);
    assert.deepEqual(times, [...times].sort((a, b) => b - a));
  });
  await check('the log is read a page at a time and filtered by type', async () => {
    const page = await call('GET', 'events?limit=100');
    isPage(page);
    assert.ok(page._results.length <= 15, 'a page of events holds 15 at most');
    const [event] = page._results;
    assert.match(event.id, /^evt_[0-9a-z]+$/);
    isTime(event.emitted_at);
    assert.equal(typeof event.source._meta.type, 'string');
    assert.deepEqual(await call('GET', 'events/<event_id>', { event_id: event.id }), event);
    const { _results: comments } = await call('GET', 'events[q]', { q: 'q[types][]=comment' });
    assert.ok(comments.length > 0 && comments.every((one) => one.type === 'comment'));
  });
}

if (chapter('search')) {
  const search = (query) => call('GET', `conversations/search/${encodeURIComponent(query)}`);
  await check('words, tags, handles and states find the conversation', async () => {
    for (const query of [`walrus${run}`, `tag:${tag.id} is:open`, `recipient:${customer.handle} walrus${run}`, `"says the walrus${run}"`]) {
      const found = await until(`a hit for ${query}`, async () => {
        const page = await search(query);
        return ids(page).includes(conversation.id) && page;
      });
      assert.equal(typeof found._total, 'number');
    }
    assert.ok(!ids(await search(`walrus${run} is:archived`)).includes(conversation.id));
    assert.equal((await search(`nosuchword${run}`))._total, 0);
  });
}

if (chapter('pages')) {
  await check('105 contacts come back once each, 25 at a time', async () => {
    const made = await each(Array.from({ length: 105 }, (_, n) => n), async (n) => (await front.contact.create({
      name: `Row ${n}`, handles: [{ handle: `row-${n}-${run}@example.com`, source: 'email' }],
    })).id);
    const seen = [];
    let pages = 0;
    for (let page = await call('GET', 'contacts?limit=25'); ; page = await front.getFromLink(page._pagination.next)) {
      isPage(page);
      assert.ok(page._results.length <= 25);
      seen.push(...ids(page));
      pages += 1;
      if (page._pagination.next === null || pages > 1000) break;
    }
    assert.ok(pages >= 5);
    assert.equal(new Set(seen).size, seen.length, 'no row comes twice');
    assert.deepEqual(made.filter((id) => !seen.includes(id)), [], 'no row is missing');
  });
  await check('conversations are paged by the token taken out of `next`', async () => {
    await each(Array.from({ length: 12 }, (_, n) => n), (n) => receive(`page-${n}`, `page ${n}`));
    const seen = [];
    let token;
    do {
      const page = await front.inbox.listConversations({ inbox_id: inbox.id, q: 'q[statuses][]=unassigned', limit: 5, page_token: token });
      seen.push(...ids(page));
      token = page._pagination.next && new URL(page._pagination.next).searchParams.get('page_token');
    } while (token);
    assert.ok(seen.length >= 12);
    assert.equal(new Set(seen).size, seen.length, 'no row comes twice');
  });
}

if (chapter('errors')) {
  await check('what is not there is 404', () => refused(404, front.conversation.get({ conversation_id: 'cnv_zzzzzzzz' })));
  await check('what makes no sense is 400', () => refused(400, call('POST', 'conversations/<id>/comments', { id: conversation.id })));
  await check('an unknown token is 401', () => refused(401, new Front('no-such-token').inbox.list()));
}
if (chapter('scopes', Boolean(process.env.PORTICO_READ_TOKEN))) {
  await check('a token that may only read is refused a write with 403', async () => {
    const reader = new Front(process.env.PORTICO_READ_TOKEN);
    assert.ok(ids(await reader.inbox.list()).includes(inbox.id));
    await refused(403, reader.comment.create({ conversation_id: conversation.id, author_id: me.id, body: 'no' }));
  });
}

if (chapter('webhooks', Boolean(hookPort))) {
  await check('the library receives, verifies and looks up the events of this run', async () => {
    const wanted = (type) => until(`a webhook of type ${type}`, () =>
      hooks.find(({ error, event }) => !error && event.type === type && event.conversation.id === conversation.id));
    isTime((await wanted('inbound')).event.emitted_at);
    assert.match((await wanted('comment')).event.id, /^evt_/);
  });
}

finish();
