/** What the README says of the paper's table is what the committed tables say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fromCSV } from 'arquero';

const root = path.join(__dirname, '..', '..', '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const rowsOf = (name: string) => fromCSV(read(`results/tables/${name}.csv`)).objects() as Record<string, unknown>[];
const section = /## Scaling to the paper\n([\s\S]*?)\n## /.exec(read('README.md'))![1];

test('each row of the README is a row of the table', () => {
  const all = rowsOf('scaling').map((row) => [
    ...['unroll', 'seconds an iteration', 'estimated', 'processor seconds'].map((column) => String(row[column])),
    `${Number(row['peak memory (GB)']).toFixed(1)}, ${Number(row['estimated (GB)']).toFixed(1)}`,
    Number(row['hours of a free machine']).toFixed(1),
  ]);
  const told = [...section.matchAll(/^\| (?!-|CIFAR-10, MTT)[^|]+\|(.*)\|$/gm)].map(([, cells]) =>
    cells.split('|').map((cell) => cell.trim()),
  );
  assert.equal(told.length, 9);
  for (const row of told) {
    assert.ok(
      all.some((other) => other.join() === row.join()),
      `no row of the table says ${row.join(', ')}`,
    );
  }
});

test('hours in its text are those of the experts, of the rows, and of so many machines', () => {
  const text = section.replace(/\s+/g, ' ').replace(/(\d),(\d{3})/g, '$1$2');
  const of = (name: string, key: string, value: unknown, column: string) =>
    Number(rowsOf(name).find((row) => row[key] === value)![column]);
  const ten = of('scaling-experts', 'dataset', 'CIFAR-10', 'hours');
  const svhn = of('scaling-experts', 'dataset', 'SVHN', 'hours');
  assert.ok(text.includes(`are ${ten.toFixed(1)} hours for CIFAR-10 and ${svhn.toFixed(1)} for SVHN`));
  const on = (count: number) => of('scaling-machines', 'machines', count, 'hours of free machines').toFixed(1);
  assert.ok(text.includes(`are ${on(1)} hours on one such machine`), on(1));
  assert.ok(text.includes(`${on(4)} on four, ${on(8)} on eight`), on(4));
  assert.ok(text.includes(`All ${rowsOf('scaling').length} rows`));
  const hours = (loss: string) =>
    rowsOf('scaling')
      .filter((row) => row.loss === loss)
      .map((row) => Number(row['hours of a free machine']));
  const range = (loss: string) => `${Math.min(...hours(loss)).toFixed(1)} to ${Math.max(...hours(loss)).toFixed(1)}`;
  assert.ok(text.includes(`takes ${range('DM')} hours a row, DC at one image a class ${range('DC')}`));
});
