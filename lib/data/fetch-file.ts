/** Fetching one file: what a broken transfer left is gone on with, and nothing counts until its checksum is right. */
import { createWriteStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOfFile } from '../files/file-digest';
import { explainWriteError } from '../files/file-error';
import { fetch, type Dispatcher } from 'undici';
import type { OfficialFile } from './dataset-format';
import { proxyDispatcher, proxyInWords, proxySettings } from './proxy';

export interface FetchOptions {
  /** Called as bytes arrive; `total` is undefined where the server does not say. */
  onProgress?: (received: number, total?: number) => void;
  signal?: AbortSignal;
  /** Transfers tried before giving up; each goes on where the last one stopped. Default 5. */
  attempts?: number;
  /** Seconds between two attempts. Default 2. */
  pause?: number;
  /** Seconds without an answer, or without another byte, after which a transfer has failed. Default 30. */
  patience?: number;
}

/** Thrown where no address gives the file: there is no network, or no answer, or a refusal. */
export class NotFetched extends Error {
  override name = 'NotFetched';
}

/** More than any official file has: a server that never ends does not fill the disk. */
const largestBytes = 2 ** 30;

/**
 * Fetches a file to `target`. Until it is whole it lies at `target` + '.part', where the next call goes on. Where no address
 * answers, as without a network, it gives up at once, so that nobody waits for minutes. Through the proxy that HTTPS_PROXY or
 * HTTP_PROXY names, if any, except to hosts of NO_PROXY.
 * @throws NotFetched naming address and reason; what arrived is kept
 * @throws Error where it cannot be written, or where its checksum is wrong; then what arrived is removed
 */
export async function fetchFile(source: OfficialFile, target: string, options: FetchOptions = {}): Promise<void> {
  const dispatcher = proxyDispatcher(proxySettings());
  try {
    await fetchThrough(dispatcher, source, target, options);
  } finally {
    await dispatcher.destroy();
  }
}

async function fetchThrough(
  dispatcher: Dispatcher,
  source: OfficialFile,
  target: string,
  options: FetchOptions,
): Promise<void> {
  const { attempts = 5, pause = 2, signal } = options;
  const part = `${target}.part`;
  let unanswered = 0;
  for (let attempt = 0; ; attempt++) {
    const url = source.urls[attempt % source.urls.length];
    try {
      await transfer(url, part, { ...options, dispatcher });
      break;
    } catch (error) {
      signal?.throwIfAborted();
      // Another attempt would find the same disk.
      const explained = explainWriteError(error, part);
      if (explained !== error) throw explained;
      if (error instanceof NoAnswer) unanswered += 1;
      const triesEach = error instanceof NoAnswer && error.unknownHost ? 1 : 2;
      const hopeless = unanswered === attempt + 1 && unanswered >= triesEach * source.urls.length;
      if (attempt + 1 >= attempts || hopeless) {
        throw new NotFetched(
          `${url} cannot be fetched${proxyInWords(url, proxySettings())}: ${reasonOf(error)}. What arrived is kept, and the next try goes on from there.`,
          { cause: error },
        );
      }
      await sleep(1000 * pause, undefined, { signal });
    }
  }
  const { digest: md5 } = await digestOfFile(part, 'md5');
  if (md5 !== source.md5) {
    rmSync(part);
    throw new Error(
      `${source.urls[0]} arrived damaged or was changed: its MD5 is ${md5}, expected ${source.md5}. ` +
        'What arrived was removed; running the same again fetches it anew.',
    );
  }
  renameSync(part, target);
}

interface TransferOptions extends FetchOptions {
  dispatcher: Dispatcher;
}

/** Nobody at an address, or nothing from it. */
class NoAnswer extends Error {
  override name = 'NoAnswer';
  /** Its name is not known: there is no network, or not there. */
  unknownHost = /ENOTFOUND|EAI_AGAIN/.test(this.message);
}

/** A signal that aborts `seconds` after the last call of `heard`. */
function watch(seconds: number) {
  const silence = new AbortController();
  const stop = () => silence.abort(new Error(`nothing came for ${seconds} seconds`));
  let timer = setTimeout(stop, 1000 * seconds);
  return {
    signal: silence.signal,
    heard() {
      clearTimeout(timer);
      timer = setTimeout(stop, 1000 * seconds);
    },
    end: () => clearTimeout(timer),
  };
}

/** One transfer, from where the file stops. @throws NoAnswer when there is not even an answer */
async function transfer(url: string, part: string, options: TransferOptions): Promise<void> {
  const silence = watch(options.patience ?? 30);
  const signal = options.signal ? AbortSignal.any([options.signal, silence.signal]) : silence.signal;
  try {
    await receive(url, part, { ...options, signal }, () => silence.heard());
  } catch (error) {
    // The pipeline says only that it was aborted.
    throw silence.signal.aborted && !(error instanceof NoAnswer) ? silence.signal.reason : error;
  } finally {
    silence.end();
  }
}

async function receive(url: string, part: string, options: TransferOptions, heard: () => void): Promise<void> {
  const { onProgress, signal, dispatcher } = options;
  const present = existsSync(part) ? statSync(part).size : 0;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (present > 0) headers.range = `bytes=${present}-`;
  const response = await fetch(url, { headers, signal, dispatcher }).catch((error: unknown) => {
    throw new NoAnswer(reasonOf(error), { cause: error });
  });
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  if (response.status === 416) {
    await response.body?.cancel();
    if (Number(range?.[2]) === present) return;
    rmSync(part);
    throw new Error('the server has less than was received before; starting anew');
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`the server answers ${response.status} ${response.statusText}`);
  }
  const resumed = response.status === 206 && Number(range?.[1]) === present;
  if (response.status === 206 && !resumed) throw new Error('the server sends another part than was asked for');
  let received = resumed ? present : 0;
  const length = response.headers.get('content-length');
  const total = length === null ? undefined : received + Number(length);
  const body = response.body as AsyncIterable<Uint8Array>;
  await pipeline(
    async function* () {
      for await (const chunk of body) {
        heard();
        received += chunk.length;
        if (received > largestBytes) throw new Error(`it has more than ${largestBytes} bytes`);
        onProgress?.(received, total);
        yield chunk;
      }
    },
    createWriteStream(part, { flags: resumed ? 'a' : 'w' }),
    { signal },
  );
}

/** fetch says 'fetch failed' and keeps the reason to itself. */
function reasonOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
