/** The proxy that a machine reaches the world through, as npm and pip find it: HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
import { EnvHttpProxyAgent, type Dispatcher } from 'undici';

export interface ProxySettings {
  /** For addresses of http and of https, with a scheme. */
  http?: string;
  https?: string;
}

/** As the environment has it: small letters before capital ones; for https, else the one for http, as npm does. */
export function proxySettings(environment: NodeJS.ProcessEnv = process.env): ProxySettings {
  const [http, https] = ['http_proxy', 'https_proxy'].map((name) => addressOf(name, environment));
  return { http, https: https ?? http };
}

/** @throws Error for what is no address of a proxy */
function addressOf(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const variable = [name, name.toUpperCase()].find((each) => environment[each]);
  const given = variable === undefined ? undefined : environment[variable]?.trim();
  if (!given) return undefined;
  // pip and curl take a host and a port alone.
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
    throw new Error(
      `${variable} is no address of a proxy that can be used: expected http://HOST:PORT (https:// and user:password@HOST are understood).`,
    );
  }
  return address;
}

/** Whom requests go through: the proxy of the environment, except to hosts of NO_PROXY. The caller closes it. */
export function proxyDispatcher({ http, https }: ProxySettings): Dispatcher {
  // Through CONNECT goes what is encrypted alone: many proxies refuse it for anything else.
  return new EnvHttpProxyAgent({ httpProxy: http ?? '', httpsProxy: https ?? '', proxyTunnel: false });
}

/** How an error speaks of the proxy for an address: without the password that it may have. */
export function proxyInWords(url: string, { http, https }: ProxySettings): string {
  const proxy = url.startsWith('https:') ? https : http;
  return proxy === undefined ? '' : ` (through the proxy ${new URL(proxy).host}, unless NO_PROXY names the host)`;
}
