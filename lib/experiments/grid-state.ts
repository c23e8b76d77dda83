/** What of a grid is done, runs, waits and failed, in words: the same wherever it is executed and shown. */
import { formatSeconds, formatValues, type Stage } from '../terminal/progress';

/** What a grid counts: its runs, and experts that several of them need. */
export type Counted = 'runs' | 'experts';

export interface GridItem {
  label: string;
  counted: Counted;
  /** Whether it was done before the grid began. */
  stored?: boolean;
  /** Seconds that it will take, as estimated. */
  seconds?: number;
}

/** How far one item is. */
interface ItemState extends GridItem {
  state: 'stored' | 'waiting' | 'running' | 'done' | 'failed';
  stage?: Stage;
  values: Record<string, number>;
  began: number;
  /** Seconds that it took. */
  took: number;
}

export interface GridStateOptions {
  /** Tasks that run at once, at most. */
  atOnce: number;
  /** Seconds on a clock that never goes back. */
  now?: () => number;
}

export interface GridState {
  began(item: number): void;
  stage(item: number, stage: Stage): void;
  update(item: number, done: number, values?: Record<string, number>): void;
  /** It has begun, and waits to go on. */
  waits(item: number): void;
  ended(item: number, how: 'done' | 'failed'): void;
  /** How far an item is. */
  of(item: number): Pick<ItemState, 'stage' | 'values'>;
  /** The item that runs longest, if any. */
  readonly longest: number | undefined;
  /** Seconds left: estimates, corrected by what was measured; undefined where nothing is known yet. */
  secondsLeft(): number | undefined;
  /** E.g. '3 of 12 runs done'. */
  counts(): string;
  /** E.g. '3 of 12 runs done, 1 failed, 2 running, 6 waiting, about 5 min 2 s left'. */
  summary(): string;
  /** The summary; then a line for each item that runs, and one for those that wait. */
  lines(): string[];
}

/** Names of waiting items that are told. */
const namedWaiting = 3;

export function createGridState(
  items: readonly GridItem[],
  { atOnce, now = () => performance.now() / 1000 }: GridStateOptions,
): GridState {
  const all = items.map(
    (item): ItemState => ({
      ...item,
      state: item.stored ? 'stored' : 'waiting',
      values: {},
      began: 0,
      took: 0,
    }),
  );
  const inState = (...states: ItemState['state'][]) => all.filter(({ state }) => states.includes(state));

  /** By the estimates, corrected by how much longer than estimated items took; without estimates, by the mean. */
  const expected = (): ((item: ItemState) => number) | undefined => {
    const measured = inState('done');
    const took = sum(measured.map((item) => item.took));
    const isEstimated = all.every(({ state, seconds }) => state === 'stored' || seconds !== undefined);
    if (isEstimated) {
      const estimated = sum(measured.map(({ seconds }) => seconds!));
      const correction = estimated > 0 ? took / estimated : 1;
      return ({ seconds }) => correction * seconds!;
    }
    return measured.length === 0 ? undefined : () => took / measured.length;
  };

  const secondsLeft = () => {
    const of = expected();
    if (of === undefined) return undefined;
    const running = inState('running').map((item) => {
      const passed = now() - item.began;
      // A running item says by its own steps only how far a stage of it is: its share of the whole is not known.
      return Math.max(of(item) - passed, 0);
    });
    const lefts = [...running, ...inState('waiting').map(of)];
    return Math.max(sum(lefts) / atOnce, ...lefts, 0);
  };

  const counts = () => {
    const told = (['runs', 'experts'] as const).flatMap((counted) => {
      const own = all.filter((item) => item.counted === counted);
      if (own.length === 0) return [];
      return [
        `${own.filter(({ state }) => state === 'done' || state === 'stored').length} of ${own.length} ${counted}`,
      ];
    });
    return `${told.join(' and ')} done`;
  };

  const summary = () => {
    const parts = [counts()];
    for (const state of ['failed', 'running', 'waiting'] as const) {
      const count = inState(state).length;
      if (count > 0) parts.push(`${count} ${state}`);
    }
    const left = inState('running', 'waiting').length > 0 ? secondsLeft() : undefined;
    if (left !== undefined) parts.push(`about ${formatSeconds(left)} left`);
    return parts.join(', ');
  };

  return {
    began: (item) => void Object.assign(all[item], { state: 'running', began: now() }),
    stage: (item, stage) => void Object.assign(all[item], { stage, values: {} }),
    update(item, done, values = {}) {
      const { stage } = all[item];
      if (stage) Object.assign(all[item], { stage: { ...stage, done }, values });
    },
    waits: (item) => void Object.assign(all[item], { state: 'waiting', stage: undefined, values: {} }),
    ended: (item, how) => void Object.assign(all[item], { state: how, took: now() - all[item].began }),
    of: (item) => all[item],
    get longest() {
      const running = all.flatMap(({ state, began }, item) => (state === 'running' ? [{ item, began }] : []));
      return running.sort((first, second) => first.began - second.began)[0]?.item;
    },
    secondsLeft,
    counts,
    summary,
    lines() {
      const running = inState('running').map(({ label, stage, values }) => {
        const step = stage ? `${stage.name} ${stage.done ?? 0}/${stage.total}` : 'starting';
        return `  ${label}: ${step}  ${formatValues(values)}`.trimEnd();
      });
      const waiting = inState('waiting').map(({ label }) => label);
      const more = waiting.length - namedWaiting;
      const next = `  next: ${waiting.slice(0, namedWaiting).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
      return [summary(), ...running, ...(waiting.length > 0 ? [next] : [])];
    },
  };
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
