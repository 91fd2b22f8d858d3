// A proxy that is Front's API host for the clients behind it: it ends their TLS itself and hands each request to the server under
// test. It opens no other connection, so a test can reach neither the real Front nor anything else.
//
//   node front.mjs KEY CERTIFICATE http://127.0.0.1:8080      prints its own address, then serves until it is killed

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const HOST = 'api2.frontapp.com';
const [key, certificate, target] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true });

const front = https.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
  const headers = { ...request.headers, host: HOST, 'x-forwarded-proto': 'https' };
  const onward = http.request(new URL(request.url, target), { method: request.method, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', (error) => {
    if (response.headersSent) return response.destroy(error);
    response.writeHead(502).end(`the server under test did not answer: ${error.message}`);
  });
  request.pipe(onward);
});
front.on('tlsClientError', (error) => console.error(`TLS: ${error.message}`));

const proxy = http.createServer((request, response) => response.writeHead(405).end());
proxy.on('connect', (request, socket) => {
  socket.on('error', () => socket.destroy());
  if (request.url !== `${HOST}:443`) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  socket.write('HTTP/1.1 200 Connected\r\n\r\n');
  front.emit('connection', socket);
});
proxy.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${proxy.address().port}`));
