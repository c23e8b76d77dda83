/** The rooms of lib: imports run one way, through the order that the README gives. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(__dirname, '..');
const lib = path.join(root, 'lib');

/** As the README's architecture lists them. */
function order(): string[] {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const listed = /## Architecture[\s\S]*?\n\n((?: {4}.*\n)+)/.exec(readme);
  assert.ok(listed, 'the README lists the rooms');
  return listed[1]
    .split(/->|\n/)
    .map((room) => room.trim())
    .filter(Boolean);
}

const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

test('every folder of lib is a room that the README lists', () => {
  const rooms = new Set(files.filter((file) => file.includes(path.sep)).map((file) => file.split(path.sep)[0]));
  assert.deepEqual([...rooms].sort(), [...order()].sort());
});

test('a room imports only from itself and from rooms before it', () => {
  const rooms = order();
  const wrong = files.flatMap((file) => {
    const [room, inside] = file.split(path.sep);
    if (inside === undefined) return [];
    const text = readFileSync(path.join(lib, file), 'utf8');
    return [...text.matchAll(/(?:from|import)\s*\(?'(\.[^']*)'/g)]
      .map(([, target]) => path.relative(lib, path.resolve(lib, path.dirname(file), target)).split(path.sep))
      .filter(([other, below]) => below === undefined || rooms.indexOf(other) > rooms.indexOf(room))
      .map((target) => `${file} imports ${target.join('/')}`);
  });
  assert.deepEqual(wrong, []);
});

test("lib's own README has the same rooms in the same order, and names files that are there", () => {
  const readme = readFileSync(path.join(lib, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` +\|[^|]*\|(.*)\|$/gm)].map(([, room, keys]) => ({ room, keys }));
  assert.deepEqual(
    rows.map(({ room }) => room),
    order(),
  );
  const named = rows.flatMap(({ room, keys }) =>
    [...keys.matchAll(/`([\w/-]+\.ts)`/g)].map(([, file]) => path.join(room, file)),
  );
  assert.ok(named.length > 0);
  assert.deepEqual(
    named.filter((file) => !files.includes(file)),
    [],
  );
});
