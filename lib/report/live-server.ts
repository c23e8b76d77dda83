/** nodeplotlib's page and its stream, on this machine alone and without anything from the internet. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { PlotsGateway } from 'nodeplotlib/src/lib/server/plots/plots.gateway';
import { PlotsService } from 'nodeplotlib/src/lib/server/plots/plots.service';
import { ServerModule } from 'nodeplotlib/src/lib/server/server.module';
import { Observable, of } from 'rxjs';

/** A line of a plot, as plotly.js takes it. */
export interface PlotLine {
  name: string;
  x: number[];
  y: number[];
  type: 'scatter';
  mode: 'lines';
}

/** Lines that change: who subscribes is told the last ones, and all that follow, until it calls what it was given. */
export interface LineStream {
  subscribe(listener: (lines: PlotLine[]) => void): () => void;
}

export interface LivePlot {
  title: string;
  xTitle: string;
  yTitle: string;
  /** All lines, each time anew. */
  lines: LineStream;
}

export interface LiveServer {
  /** E.g. 'http://127.0.0.1:41234'. */
  address: string;
  /** Adds a plot to the page. */
  add(plot: LivePlot): void;
  /** Ends every connection, and the server. */
  close(): Promise<void>;
}

/**
 * Starts nodeplotlib's server. Its own `plot` would listen on every interface, open a browser that this process then waits
 * for, print to stdout and never close, so the parts it is made of are put together here.
 */
export async function startLiveServer(): Promise<LiveServer> {
  const app = await NestFactory.create(ServerModule, { logger: false, abortOnError: false });
  // It would print whenever a page connects: into a cell's output, or between a command's results.
  Object.assign(app.get(PlotsGateway), { handleConnection: () => undefined, handleDisconnect: () => undefined });
  // Before nodeplotlib's own files, which come when it listens.
  app.use(servePage());
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer() as Server;
  const plots = app.get(PlotsService);
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add({ title, xTitle, yTitle, lines }) {
      const layout = { title: { text: title }, xaxis: { title: { text: xTitle } }, yaxis: { title: { text: yTitle } } };
      const data = new Observable<PlotLine[]>((observer) => lines.subscribe((given) => observer.next(given)));
      plots.addPlot({ data, layout: of(layout), config: undefined });
    },
    async close() {
      const closed = app.close();
      // A page polls with requests that stay open.
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Nothing but what this server serves; plotly.js and Angular's styles ask for what is said to be unsafe. */
const policy = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:";

/** The page with plotly.js of npm and without fonts of the internet. */
function servePage() {
  const page = withoutInternet(
    readFileSync(path.join(path.dirname(require.resolve('nodeplotlib')), 'lib', 'server', 'web', 'index.html'), 'utf8'),
  );
  const plotly = readFileSync(require.resolve('plotly.js-dist-min'));
  const files: Record<string, [type: string, content: string | Buffer]> = {
    '/': ['text/html; charset=utf-8', page],
    '/index.html': ['text/html; charset=utf-8', page],
    '/plotly.min.js': ['text/javascript; charset=utf-8', plotly],
  };
  return ({ url = '', method }: IncomingMessage, response: ServerResponse, next: () => void) => {
    response.setHeader('Content-Security-Policy', policy);
    const found = method === 'GET' ? files[url.split('?')[0]] : undefined;
    if (!found) return next();
    response.setHeader('Content-Type', found[0]);
    response.end(found[1]);
  };
}

/** nodeplotlib's page loads plotly.js and fonts from elsewhere: the one is served here, the others are left out. */
export function withoutInternet(page: string): string {
  return page
    .replace(/src="https:\/\/cdn\.plot\.ly\/[^"]*"/, 'src="plotly.min.js"')
    .replace(/<link rel="preconnect"[^>]*>/g, '')
    .replace(/<style[^>]*>@font-face[\s\S]*?<\/style>/g, '');
}
