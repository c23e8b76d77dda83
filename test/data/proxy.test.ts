/** Downloads where the world is reached through a proxy: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { fetchFile } from '../../lib/data/fetch-file';
import { proxySettings } from '../../lib/data/proxy';

const content = Buffer.from('what a dataset is made of');
const md5 = createHash('md5').update(content).digest('hex');

let origin: Server;
let proxy: Server;
/** What the proxy was asked for, and with which credentials. */
let asked: string[];
let credentials: (string | undefined)[];
let folder: string;
const kept = { ...process.env };
const names = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

before(async () => {
  origin = createServer((_, response) => response.end(content));
  // A forward proxy as many are: plain requests by their whole address, CONNECT for what is encrypted alone.
  proxy = createServer((incoming, response) => {
    asked.push(incoming.url!);
    credentials.push(incoming.headers['proxy-authorization']);
    // Whatever the host: the test has one origin, and no names.
    const { pathname } = new URL(incoming.url!);
    request({ port: portOf(origin), path: pathname }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!incoming.url!.endsWith(':443')) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    // Nothing here speaks TLS: that the tunnel was asked for is what is tested.
    const behind = connect(portOf(origin), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      behind.pipe(socket);
      socket.pipe(behind);
    });
    for (const end of [behind, socket]) end.on('error', () => undefined);
  });
  await Promise.all([listen(origin), listen(proxy)]);
});
after(() => {
  for (const server of [origin, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  [asked, credentials] = [[], []];
  folder = mkdtempSync(path.join(tmpdir(), 'haba-proxy-'));
  for (const name of names) delete process.env[name];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  for (const name of names) {
    delete process.env[name];
    if (kept[name] !== undefined) process.env[name] = kept[name];
  }
});

async function fetched(url: string): Promise<Buffer> {
  const target = path.join(folder, 'file');
  await fetchFile({ urls: [url], md5 }, target, { attempts: 1, patience: 5 });
  return readFileSync(target);
}

test('without a proxy, and to hosts of NO_PROXY, nothing goes through one', async () => {
  const direct = `http://127.0.0.1:${portOf(origin)}/file`;
  assert.deepEqual(await fetched(direct), content);
  process.env.HTTP_PROXY = `http://127.0.0.1:${portOf(proxy)}`;
  for (const name of ['NO_PROXY', 'no_proxy']) {
    process.env[name] = 'example.org, 127.0.0.1';
    assert.deepEqual(await fetched(direct), content);
    delete process.env[name];
  }
  assert.deepEqual(asked, []);
});

test('NO_PROXY names hosts with all below them, with or without a dot or a star before, and may name a port', async () => {
  process.env.HTTP_PROXY = `http://127.0.0.1:${portOf(proxy)}`;
  // A name of .invalid is nowhere: what does not go through the proxy fails, and the proxy is not asked.
  for (const [value, host, direct] of [
    ['mirror.invalid', 'mirror.invalid', true],
    ['mirror.invalid', 'data.mirror.invalid', true],
    ['.mirror.invalid', 'data.mirror.invalid', true],
    ['*.mirror.invalid', 'Data.Mirror.invalid', true],
    ['other.org,mirror.invalid:8080', 'mirror.invalid:8080', true],
    ['*', 'mirror.invalid', true],
    ['other.org,mirror.invalid:8080', 'mirror.invalid', false],
    ['mirror.invalid', 'notmirror.invalid', false],
    ['irror.invalid', 'mirror.invalid', false],
  ] as const) {
    process.env.NO_PROXY = value;
    asked = [];
    const url = `http://${host}/file`;
    if (direct) await assert.rejects(fetched(url), /cannot be fetched/, value);
    else assert.deepEqual(await fetched(url), content, value);
    assert.equal(asked.length, direct ? 0 : 1, `${value}: ${host}`);
    rmSync(path.join(folder, 'file'), { force: true });
  }
});

test('HTTP_PROXY, in either writing, with or without a scheme, with a name and a password', async () => {
  for (const [name, before] of [
    ['HTTP_PROXY', 'http://'],
    ['http_proxy', ''],
    ['HTTP_PROXY', 'http://ann:secret@'],
  ]) {
    process.env[name] = `${before}127.0.0.1:${portOf(proxy)}`;
    assert.deepEqual(await fetched('http://datasets.invalid/some/file'), content, name);
    delete process.env[name];
  }
  assert.deepEqual(asked, Array<string>(3).fill('http://datasets.invalid/some/file'));
  assert.deepEqual(credentials, [undefined, undefined, `Basic ${Buffer.from('ann:secret').toString('base64')}`]);
});

test('https goes through a tunnel of HTTPS_PROXY, else of HTTP_PROXY; an error names the proxy, and no password', async () => {
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY']) {
    process.env[name] = `http://ann:secret@127.0.0.1:${portOf(proxy)}`;
    await assert.rejects(fetched('https://datasets.invalid/file'), (error: Error) => {
      assert.match(
        error.message,
        /cannot be fetched \(through the proxy 127\.0\.0\.1:\d+, unless NO_PROXY names the host\)/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    delete process.env[name];
  }
  assert.deepEqual(asked, ['CONNECT datasets.invalid:443', 'CONNECT datasets.invalid:443']);
});

test('what is no address of a proxy is named by its variable, without what it says', () => {
  for (const value of ['socks5://host:1080', 'http://', 'http://:secret@:x']) {
    assert.throws(
      () => proxySettings({ HTTPS_PROXY: value }),
      (error: Error) => {
        assert.match(
          error.message,
          /^HTTPS_PROXY is no address of a proxy that can be used: expected http:\/\/HOST:PORT/,
        );
        return !error.message.includes('secret');
      },
    );
  }
  assert.deepEqual(proxySettings({ http_proxy: 'a:1', HTTP_PROXY: 'b:2' }), {
    http: 'http://a:1',
    https: 'http://a:1',
  });
  assert.deepEqual(proxySettings({ HTTPS_PROXY: '' }), { http: undefined, https: undefined });
});
