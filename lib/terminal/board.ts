/** Several lines that are written anew as work goes on: under a notebook's cell, in a terminal; in a log, now and then as one. */
import { chooseForm, displayLine, type ProgressOptions } from './progress';

export interface Board {
  /** @param urgent whether it is shown at once, instead of with the next lines */
  show(lines: readonly string[], urgent?: boolean): void;
  /** A sentence that stays. */
  note(sentence: string): void;
  /** Nothing more will come: what was shown last stays. */
  end(): void;
}

export interface BoardOptions extends ProgressOptions {
  /** Seconds on a clock that never goes back. */
  now?: () => number;
}

/** Makes the board that suits the place the program runs in. */
export function createBoard(options: BoardOptions = {}): Board {
  const { stream = process.stderr, logEvery = 15, rewrite, now = () => performance.now() / 1000 } = options;
  const form = chooseForm(options);
  if (form === 'silent') return { show: () => undefined, note: () => undefined, end: () => undefined };
  const write = (text: string) => void stream.write(`${text}\n`);
  switch (form) {
    case 'notebook': {
      const display = rewrite ?? displayLine();
      return thinned({
        ...{ every: 0.5, now, stay: (text) => void process.stdout.write(`${text}\n`), clear: () => undefined },
        draw: (lines) => display(lines.join('\n')),
      });
    }
    case 'log':
      return thinned({
        ...{ every: logEvery, now, stay: write, clear: () => undefined },
        draw: (lines) => write(lines.map((line) => line.trim()).join(' | ')),
      });
    case 'bar': {
      let drawn = 0;
      const clear = () => {
        if (drawn > 0) stream.write(`\u001b[${drawn}A\r\u001b[J`);
        drawn = 0;
      };
      return thinned({
        ...{ every: 0.2, now, stay: write, clear },
        draw(lines) {
          clear();
          // A line that wraps would take two, and be cleared as one.
          const width = (stream.columns ?? 80) - 1;
          for (const line of lines) stream.write(`${line.slice(0, width)}\n`);
          drawn = lines.length;
        },
      });
    }
  }
}

interface ThinnedOptions {
  /** Seconds between two drawings. */
  every: number;
  now: () => number;
  draw: (lines: readonly string[]) => void;
  /** Takes away what was drawn, where something else is about to be written there. */
  clear: () => void;
  stay: (text: string) => void;
}

function thinned({ every, now, draw, clear, stay }: ThinnedOptions): Board {
  let [last, drawn, at]: [readonly string[], readonly string[], number] = [[], [], -Infinity];
  const redraw = () => {
    [drawn, at] = [last, now()];
    draw(last);
  };
  return {
    show(lines, urgent = false) {
      last = lines;
      if (urgent || now() - at >= every) redraw();
    },
    note(sentence) {
      clear();
      stay(sentence);
    },
    end() {
      if (last.length > 0 && drawn.join() !== last.join()) redraw();
    },
  };
}
