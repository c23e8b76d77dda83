import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accuracyTitle, studentsLength, studentsSentence } from '../../lib/report/students-column';

test('the length of students in the unit it was given in; several are all named', () => {
  assert.equal(studentsLength([{ updates: 300 }]), '300 updates');
  assert.equal(studentsLength([{ epochs: 300, split: 'validation' }]), '300 epochs');
  assert.equal(studentsLength([{ updates: 300 }, { epochs: 10 }, { updates: 300 }]), '300 updates or 10 epochs');
});

test('of epochs it is said how many updates they came to', () => {
  const recipes = [
    { epochs: 300, steps: 600 },
    { epochs: 300, steps: 300 },
  ];
  assert.equal(studentsLength(recipes), '300 epochs (600 updates) or 300 epochs (300 updates)');
  assert.equal(studentsLength([{ updates: 300, steps: 300 }]), '300 updates');
  assert.match(studentsSentence(recipes), /^students of equal epochs \(300 each,/);
});

test('a length in neither unit, or in both, is refused', () => {
  assert.throws(() => studentsLength([{}]), /expected one of them, got no updates and no epochs/);
  assert.throws(() => studentsLength([{ updates: 3, epochs: 4 }]), /got 3 updates and 4 epochs/);
});

test('which split accuracies are of; test where nothing is said; both together are refused', () => {
  assert.equal(accuracyTitle([{ updates: 1 }, { updates: 2, split: 'test' }]), 'test accuracy (%)');
  assert.equal(accuracyTitle([{ updates: 1, split: 'validation' }]), 'validation accuracy (%)');
  assert.throws(
    () => accuracyTitle([{ updates: 1, split: 'validation' }, { updates: 1 }]),
    /both splits, validation and test, whose accuracies are not to be compared/,
  );
});

test('a sentence for captions: equal updates, equal epochs and what those mean, or neither', () => {
  assert.equal(
    studentsSentence([{ updates: 300 }, { updates: 300 }]),
    'students of equal updates (300 each), tested on the test images',
  );
  assert.equal(
    studentsSentence([{ epochs: 1000, split: 'validation' }]),
    'students of equal epochs (1000 each, which are more updates for a set of more training images), tested on the validation images',
  );
  assert.equal(
    studentsSentence([{ updates: 240 }, { updates: 60 }, { updates: 240 }, { updates: 30 }]),
    'students of different lengths (240, 60 or 30 updates), tested on the test images',
  );
  assert.equal(
    studentsSentence([{ updates: 240 }, { epochs: 60 }]),
    'students of different lengths (240 updates or 60 epochs), tested on the test images',
  );
});
