/** Families of values: what a module that is run anew, as a notebook's kernel does with one that was edited, leaves there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../lib/settings/registry';

interface Value {
  name: string;
  says: string;
  options: Record<string, never>;
}
const value = (name: string, says: string): Value => ({ name, says, options: {} });
const create = (...library: Value[]) =>
  createRegistry<Value>({
    family: 'test of the registry',
    one: 'value',
    key: 'name',
    register: 'registerValue',
    nameOf: ({ name }) => name,
    library,
  });

test("made again, the library's values are the new ones, those of the user stay, and so does the order", () => {
  create(value('first', 'old'), value('second', 'old')).add(value('own', 'mine'));
  const again = create(value('first', 'new'), value('second', 'new'));
  assert.deepEqual(
    again.names().map((name) => again.get(name).says),
    ['new', 'new', 'mine'],
  );
  assert.ok(again.isOwn('own'));
});
