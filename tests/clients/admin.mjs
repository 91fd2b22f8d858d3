// An administrator of the company, as far as a tour of OAuth needs one: registers an app, signs in with a link, reads what an app asks
// for and presses a button. A module for tours in JavaScript, a program for the others:
//
//   node admin.mjs register https://partner.example/back      prints {"id": …, "secret": …}
//   node admin.mjs allow 'https://api2.frontapp.com/oauth/authorize?…'      prints where the browser is led

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';

const server = process.env.PORTICO_URL;

async function api(method, path, body) {
  const headers = { authorization: `Bearer ${process.env.PORTICO_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(`${server}${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path} -> ${response.status}`);
  return response.json();
}

// Registers an app that may do everything, and answers its client's id and secret.
export async function register(redirect) {
  const { uid: id } = await api('POST', '/portico/v1/apps', { name: 'Tour' });
  const settings = { kind: 'oauth', redirect_urls: [redirect] };
  const { secret } = await api('POST', `/portico/v1/apps/${id}/features`, { settings });
  return { id, secret };
}

async function signIn() {
  const { _results: teammates } = await api('GET', '/teammates');
  const { id } = teammates.find((teammate) => teammate.is_admin);
  const { url } = await api('POST', `/portico/v1/teammates/${id}/login_link`, {});
  const body = new URLSearchParams({ code: new URL(url).searchParams.get('code') });
  const response = await fetch(`${server}/login`, { method: 'POST', body, redirect: 'manual' });
  assert.equal(response.status, 303);
  return response.headers.get('set-cookie').split(';')[0];
}

// Opens the address that an app sends an administrator to, presses a button of the page, and answers where that leads.
export async function decide(address, decision) {
  const { pathname, search } = new URL(address);
  const page = `${server}${pathname}${search}`;
  const cookie = await signIn();
  const question = await (await fetch(page, { headers: { cookie } })).text();
  const proof = question.match(/name="proof" value="([0-9a-f]+)"/)?.[1];
  assert.ok(proof, question);
  const body = new URLSearchParams({ proof, decision });
  const response = await fetch(page, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
  assert.equal(response.status, 302);
  return response.headers.get('location');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [task, address] = process.argv.slice(2);
  console.log(task === 'register' ? JSON.stringify(await register(address)) : await decide(address, task));
}
