// OAuth 2.0 with two npm packages: oauth4webapi, which takes the standards literally (it finds everything by the server's metadata, uses
// PKCE, and refuses answers that are not exactly as they should be), and simple-oauth2, which many integrations of Front are built on.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { decide, register } from './admin.mjs';
import { chapter, check, finish } from './tour.mjs';

const require = createRequire(`${process.env.TOUR_MODULES}/`);
const oauth = await import(pathToFileURL(require.resolve('oauth4webapi')));
const { AuthorizationCode } = require('simple-oauth2');

const BACK = 'https://partner.example/back';
const ISSUER = new URL('https://api2.frontapp.com');
// The library makes the request, to the host that the server believes to be; only the connection goes to where it listens.
const http = {
  [oauth.customFetch]: (url, options) => {
    const { pathname, search } = new URL(url);
    return fetch(`${process.env.PORTICO_URL}${pathname}${search}`, options);
  },
};

async function strict() {
  const { id, secret } = await register(BACK);
  const client = { client_id: id };
  const proof = oauth.ClientSecretBasic(secret);
  const server = await check('the metadata is found, and is the issuer\'s', async () => {
    const response = await oauth.discoveryRequest(ISSUER, { algorithm: 'oauth2', ...http });
    return oauth.processDiscoveryResponse(ISSUER, response);
  });
  if (!server) return;

  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const begin = async (decision) => {
    const address = new URL(server.authorization_endpoint);
    const challenge = await oauth.calculatePKCECodeChallenge(verifier);
    const asked = { client_id: id, redirect_uri: BACK, response_type: 'code', state };
    address.search = new URLSearchParams({ ...asked, code_challenge: challenge, code_challenge_method: 'S256' });
    return oauth.validateAuthResponse(server, client, new URL(await decide(address, decision)), state);
  };
  const exchange = async (answer, with_ = proof) => {
    const response = await oauth.authorizationCodeGrantRequest(server, client, with_, answer, BACK, verifier, http);
    return oauth.processAuthorizationCodeResponse(server, client, response);
  };
  const me = (token) => oauth.protectedResourceRequest(token, 'GET', new URL('/me', ISSUER), undefined, undefined, http);
  const renew = async (token) => {
    const response = await oauth.refreshTokenGrantRequest(server, client, proof, token, http);
    return oauth.processRefreshTokenResponse(server, client, response);
  };

  const tokens = await check('a code is exchanged with its verifier', async () => {
    const issued = await exchange(await begin('allow'));
    assert.equal(issued.token_type, 'bearer');
    assert.equal(issued.expires_in, 3600);
    return issued;
  });
  await check('the access token opens the API, and tells whose it is', async () => {
    const { id: company } = await (await me(tokens.access_token)).json();
    assert.match(company, /^cmp_/);
  });
  await check('a refresh gives another access token and the same refresh token', async () => {
    const again = await renew(tokens.refresh_token);
    assert.notEqual(again.access_token, tokens.access_token);
    assert.equal(again.refresh_token, tokens.refresh_token);
  });
  await check('a revoked refresh token and what it gave are refused', async () => {
    const response = await oauth.revocationRequest(server, client, proof, tokens.refresh_token, http);
    await oauth.processRevocationResponse(response);
    await assert.rejects(renew(tokens.refresh_token), { error: 'invalid_grant' });
    const after = await me(tokens.access_token).catch((error) => error.response ?? assert.fail(error));
    assert.equal(after.status, 401);
  });
  await check('an administrator who refuses is told of', async () => {
    await assert.rejects(begin('refuse'), { error: 'access_denied' });
  });
  await check('a wrong secret is challenged, and a code works once', async () => {
    const answer = await begin('allow');
    const wrong = exchange(answer, oauth.ClientSecretBasic('wrong'));
    await assert.rejects(wrong, (error) => error.status === 401);
    await exchange(answer);
    await assert.rejects(exchange(answer), { error: 'invalid_grant' });
  });
}

async function simple() {
  const { id, secret } = await register(BACK);
  for (const bodyFormat of ['form', 'json']) {
    await check(`codes and refresh tokens work with a body of ${bodyFormat}`, async () => {
      const auth = { tokenHost: process.env.PORTICO_URL };
      const client = new AuthorizationCode({ client: { id, secret }, auth, options: { bodyFormat } });
      const led = new URL(await decide(client.authorizeURL({ redirect_uri: BACK, state: 'a b' }), 'allow'));
      assert.equal(led.searchParams.get('state'), 'a b');
      const first = await client.getToken({ code: led.searchParams.get('code'), redirect_uri: BACK });
      assert.ok(!first.expired(), 'it is fresh');
      assert.ok(first.expired(3_700), 'and lasts an hour');
      const second = await first.refresh();
      assert.equal(second.token.refresh_token, first.token.refresh_token);
      await second.revokeAll();
      await assert.rejects(first.refresh(), /400/);
    });
  }
}

if (chapter('oauth4webapi')) await strict();
if (chapter('simple-oauth2')) await simple();
finish();
