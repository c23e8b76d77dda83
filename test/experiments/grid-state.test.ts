import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGridState, type GridItem } from '../../lib/experiments/grid-state';

const items = (...seconds: (number | undefined)[]): GridItem[] =>
  seconds.map((estimated, place) => ({ label: `run ${place}`, counted: 'runs', seconds: estimated }));

/** A grid on a clock that is set by hand. */
function grid(given: GridItem[], atOnce: number) {
  const clock = { time: 0 };
  return { clock, state: createGridState(given, { atOnce, now: () => clock.time }) };
}

test('time left: estimates, shared by the workers, and corrected by how long runs really took', () => {
  const { clock, state } = grid(items(10, 20, 30, 40), 2);
  assert.equal(state.secondsLeft(), 50);
  state.began(0);
  state.began(1);
  clock.time = 20;
  state.ended(0, 'done');
  // The first took twice its estimate: of 40 s, the second has 20 left; 60 and 80 wait; two at a time.
  assert.equal(state.secondsLeft(), (20 + 60 + 80) / 2);
  clock.time = 100;
  state.ended(1, 'failed');
  state.began(2);
  state.began(3);
  // What failed is no measure. The longest one left is not shared.
  assert.equal(state.secondsLeft(), 80);
});

test('without estimates, the mean of what was measured; before that, nothing', () => {
  const { clock, state } = grid([...items(undefined, undefined, undefined), { ...items(1)[0], stored: true }], 1);
  assert.equal(state.secondsLeft(), undefined);
  assert.equal(state.summary(), '1 of 4 runs done, 3 waiting');
  state.began(0);
  clock.time = 90;
  state.ended(0, 'done');
  assert.equal(state.secondsLeft(), 180);
  assert.equal(state.summary(), '2 of 4 runs done, 2 waiting, about 3 min 0 s left');
});

test('lines: the summary, each run with its step, what comes next; experts are counted apart', () => {
  const experts: GridItem[] = [{ label: 'expert 0', counted: 'experts' }];
  const { state } = grid([...items(...Array.from({ length: 6 }, () => undefined)), ...experts], 3);
  state.began(6);
  state.began(0);
  state.stage(0, { name: 'distilling', total: 300 });
  state.update(0, 120, { loss: 0.5, student: 2 });
  state.began(1);
  state.ended(1, 'failed');
  assert.deepEqual(state.lines(), [
    '0 of 6 runs and 0 of 1 experts done, 1 failed, 2 running, 4 waiting',
    '  run 0: distilling 120/300  loss 0.5000  student 2',
    '  expert 0: starting',
    '  next: run 2; run 3; run 4; and 1 more',
  ]);
  assert.equal(state.longest, 0);
});
