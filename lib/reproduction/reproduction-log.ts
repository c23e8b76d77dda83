/** How far the notebooks are: a line that is written anew in a terminal, a line now and then in a log. */
import { formatSeconds } from '../terminal/progress';
import type { ReproductionReporter } from './reproduction';

export interface ReproductionLogOptions {
  /** Default: stderr. */
  stream?: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  /** Seconds between two lines of a log about one cell. Default 60. */
  logEvery?: number;
  /** Seconds on a clock that never goes back. */
  now?: () => number;
}

/** Which notebook, which cell, for how long, and what the cell says. */
export function reproductionLog(options: ReproductionLogOptions = {}): ReproductionReporter {
  const { stream = process.stderr, logEvery = 60, now = () => performance.now() / 1000 } = options;
  const isTerminal = stream.isTTY === true;
  let [name, place, began, written] = ['', '', 0, -Infinity];
  const clear = () => isTerminal && stream.write('\r\u001b[K');
  const write = (text: string) => {
    clear();
    stream.write(isTerminal ? text.slice(0, (stream.columns ?? 80) - 1) : `${text}\n`);
    written = now();
  };
  const passed = () => formatSeconds(now() - began);
  const stay = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  return {
    notebook(given) {
      [name, place, began] = [given, '', now()];
      write(`${name}: starting the kernel`);
    },
    cell(cell, of) {
      place = `${name}: cell ${cell} of ${of}`;
      write(`${place}, ${passed()}`);
    },
    line(text) {
      if (isTerminal ? now() - written > 0.2 : now() - written >= logEvery) write(`${place}, ${passed()}  ${text}`);
    },
    done: () => stay(`${name}: done in ${passed()}`),
    keptBoth(kept, saved) {
      stay(
        `${name}: done in ${passed()}\n  ${saved} was saved meanwhile, as in JupyterLab, and stays as it was saved.\n  As executed: ${kept}`,
      );
    },
    failed(reason, unfinished) {
      stay(`${name}: failed after ${passed()}\n  ${reason}\n  As far as it came: ${unfinished}`);
    },
  };
}
