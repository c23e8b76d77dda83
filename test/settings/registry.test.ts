/** Families of values: what a module that is run anew, as a notebook's kernel does with one that was edited, leaves there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '../../lib/settings/registry';

interface Value {
  name: string;
  label?: string;
  says: string;
  options: Record<string, never>;
}
const value = (name: string, says: string): Value => ({ name, says, options: {} });
const create = (...library: Value[]) => createFamily('test of the registry', ...library);
const createFamily = (family: string, ...library: Value[]) =>
  createRegistry<Value>({
    family,
    one: 'value',
    key: 'name',
    register: 'registerValue',
    nameOf: ({ name }) => name,
    labelOf: ({ name, label = name }) => label,
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

test('refused: a label that another value has, or something that tables have beside them; its own stays its own', () => {
  const registry = createFamily('test of labels', { ...value('first', ''), label: 'The first' }, value('second', ''));
  registry.keepLabels(['none'], 'of nothing');
  const add = (name: string, label?: string) => registry.add({ ...value(name, ''), label });
  assert.throws(
    () => add('mine', 'The first'),
    /registerValue: the name 'mine' has the label 'The first', which is that of the name 'first': .* Give yours another label\./,
  );
  assert.throws(() => add('mine', 'second'), /has the label 'second', which is that of the name 'second'/);
  assert.throws(() => add('mine', 'none'), /has the label 'none', which is that of nothing/);
  assert.deepEqual(registry.names(), ['first', 'second']);
  add('mine', 'Mine');
  add('mine', 'Mine');
  assert.throws(() => add('other', 'Mine'), /has the label 'Mine', which is that of the name 'mine'/);
  // Told otherwise from now on, its old label is free.
  add('mine', 'My own');
  add('other', 'Mine');
  assert.deepEqual(registry.names(), ['first', 'second', 'mine', 'other']);
});
