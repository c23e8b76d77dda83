/** A bundle travels to an empty folder and gives the same students, bit for bit; whatever was changed in it is refused by name. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { table } from 'arquero';
import { extract, pack } from 'tar-stream';
import { sealedLine } from '../../lib/files/json-lines';
import { sealedText } from '../../lib/files/sealed-json';
import { exportTables } from '../../lib/report/export';
import { bundleFormat, bundleRuns, type Bundle } from '../../lib/runs/bundle';
import { dataAtHand } from '../../lib/runs/data-at-hand';
import { run, runBaseline } from '../../lib/runs/run';
import { hashInName } from '../../lib/runs/run-files';
import { toleranceOn, verifyBundle } from '../../lib/runs/verify-bundle';
import { computingThreads } from '../../lib/tensor/backend';
import { createProgress, type ProgressReporter } from '../../lib/terminal/progress';

const progress = createProgress({ form: 'silent' });
let folder: string;
let archive: string;
let bundle: Bundle;
let recorded: number[][];
let names: string[];

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-bundle-test-'));
  // Where verifications keep what they have done so far.
  process.env.HABA_RESULTS = path.join(folder, 'verifying');
  const [runs, results] = [path.join(folder, 'runs'), path.join(folder, 'results')];
  const small = { profile: 'smoke', dataset: 'shapes', network: { width: 4, depth: 2 } } as const;
  const evaluation = { students: 2, updates: 3, batchSize: 16 };
  const distilled = await run(
    { ...small, evaluation, iterations: 1, set: { kind: 'images', ipc: 1 }, matching: { method: 'dm', realBatch: 4 } },
    { runs, progress },
  );
  const random = await runBaseline({ ...small, evaluation, baseline: 'random', ipc: 1 }, { runs, progress });
  recorded = [distilled, random].map(({ accuracy }) => accuracy.runs);
  names = [distilled, random].map((one) => path.basename(one.run));
  const rows = table({ set: ['DM'], 'accuracy (%)': [1] });
  exportTables([{ name: 'of-both', table: rows, runs: [distilled.run, random.run] }], { results });
  archive = path.join(folder, 'travels.tar.gz');
  bundle = await bundleRuns([names[0], hashInName(names[1])], archive, { runs, results });
  // Another machine has none of this.
  rmSync(runs, { recursive: true });
  rmSync(results, { recursive: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

type Files = Map<string, Buffer>;

async function filesOf(file: string): Promise<Files> {
  const entries = extract();
  entries.end(gunzipSync(readFileSync(file)));
  const found: Files = new Map();
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    found.set(entry.header.name, Buffer.concat(chunks));
  }
  return found;
}

/** @returns the place of an archive of these files, and of links to what lies elsewhere */
async function archiveOf(name: string, files: Files, links: Record<string, string> = {}): Promise<string> {
  const made = pack();
  for (const [place, content] of files) made.entry({ name: place }, content);
  for (const [place, linkname] of Object.entries(links)) made.entry({ name: place, type: 'symlink', linkname });
  made.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of made) chunks.push(chunk);
  const file = path.join(folder, name);
  writeFileSync(file, gzipSync(Buffer.concat(chunks)));
  return file;
}

test('the archive has what makes the runs, and the tables that name them; no checkpoint', async () => {
  const files = [...(await filesOf(archive)).keys()];
  assert.equal(files[0], 'bundle.json');
  for (const name of ['configuration.json', 'distilled.safetensors', 'result.json', 'environment.json'])
    assert.ok(files.includes(`runs/${names[0]}/${name}`), name);
  assert.ok(files.includes(`runs/${names[1]}/selection.json`) && files.includes('tables/of-both-macros.tex'));
  assert.ok(!files.some((name) => /checkpoint|holder/.test(name)));
  assert.deepEqual([bundle.results, bundle.lacking, bundle.files], [['tables/of-both'], [], files.length - 1]);
});

test('in an empty folder, students are trained again and are the same bit for bit', async () => {
  const found = await verifyBundle(archive, { progress });
  assert.equal(found.agrees, true);
  assert.deepEqual(found.problems, []);
  assert.deepEqual(
    found.verified.map(({ results }) => results.map((one) => [one.recorded, one.found, one.tolerance])),
    recorded.map((accuracies) => accuracies.map((accuracy) => [accuracy, accuracy, 0])),
  );
  assert.match(found.verified[0].expected, /^bit for bit/);
  const one = await verifyBundle(archive, { progress, students: 1 });
  assert.deepEqual(
    one.verified.map(({ results }) => results.length),
    [1, 1],
  );
  assert.equal(existsSync(path.join(folder, 'runs')), false);
});

test('a flipped bit of any file is refused by its name; so is a file that is missing, and one that is not listed', async () => {
  const files = await filesOf(archive);
  for (const [name, content] of files) {
    if (!/distilled|students\.jsonl|of-both\.csv|bundle\.json/.test(name)) continue;
    const flipped = Buffer.from(content);
    flipped[flipped.length >> 1] ^= 1;
    const file = await archiveOf('flipped.tar.gz', new Map([...files, [name, flipped]]));
    await assert.rejects(verifyBundle(file, { students: 0, progress }), (error: Error) => {
      return error.message.startsWith(`${file}: ${name} `);
    });
  }
  const [, , third] = files.keys();
  const fewer = await archiveOf('fewer.tar.gz', new Map([...files].filter(([name]) => name !== third)));
  await assert.rejects(verifyBundle(fewer, { students: 0, progress }), {
    message: `${fewer}: ${third} is listed, and missing.`,
  });
  const more = await archiveOf('more.tar.gz', new Map([...files, ['runs/more.txt', Buffer.from('x')]]));
  await assert.rejects(
    verifyBundle(more, { students: 0, progress }),
    /more\.tar\.gz: runs\/more\.txt is not among the files/,
  );
  const torn = path.join(folder, 'torn.tar.gz');
  writeFileSync(torn, readFileSync(archive).subarray(0, 2000));
  await assert.rejects(verifyBundle(torn, { students: 0, progress }), /torn\.tar\.gz cannot be unpacked/);
});

test('an archive that leads elsewhere is refused, and nothing is written', async () => {
  const files = await filesOf(archive);
  const outside = await archiveOf('outside.tar.gz', new Map([...files, ['../escaped', Buffer.from('x')]]));
  await assert.rejects(
    verifyBundle(outside, { progress }),
    /outside\.tar\.gz .*'\.\.\/escaped' lies outside the folder/,
  );
  const link = await archiveOf('link.tar.gz', files, { 'runs/link': '/etc/passwd' });
  await assert.rejects(verifyBundle(link, { progress }), /link\.tar\.gz .*is a symlink/);
  assert.ok(!readdirSync(tmpdir()).includes('escaped'));
  await assert.rejects(
    verifyBundle(await archiveOf('none.tar.gz', new Map()), { progress }),
    /is no bundle: it has no/,
  );
});

/**
 * An archive that lists what it has, with one file of the first run, or of its students, changed.
 * @param data what it says that its data's checksum is
 */
async function archiveWith(
  name: string,
  file: RegExp,
  change: (content: Buffer, hash: string) => string,
  data?: string,
): Promise<string> {
  const files = await filesOf(archive);
  const place = [...files.keys()].find((one) => one.startsWith(`runs/${names[0]}/`) && file.test(one))!;
  const content = Buffer.from(change(files.get(place)!, hashInName(path.posix.dirname(place))));
  const { seal, ...manifest } = JSON.parse(files.get('bundle.json')!.toString()) as {
    seal: object;
    runs: { name: string; dataChecksum: string }[];
    files: { path: string; bytes: number; sha256: string }[];
  };
  assert.ok(seal);
  const listed = {
    ...manifest,
    runs: manifest.runs.map((one) => (one.name === names[0] && data ? { ...one, dataChecksum: data } : one)),
    files: manifest.files.map((one) =>
      one.path === place
        ? { path: place, bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
        : one,
    ),
  };
  const changed = new Map([...files, [place, content], ['bundle.json', Buffer.from(sealedText(bundleFormat, listed))]]);
  return archiveOf(name, changed);
}

/** A file of students with other accuracies. */
const withAccuracies = (accuracies: number[]) => (content: Buffer, hash: string) => {
  const lines = content.toString().trimEnd().split('\n');
  let before = '';
  return lines
    .map((line, student) => {
      const { seal, ...value } = JSON.parse(line) as { seal: string };
      assert.ok(seal);
      const sealed = sealedLine(hash, before, { ...value, accuracy: accuracies[student] });
      before = sealed.seal;
      return sealed.line;
    })
    .join('');
};

/** A sealed file with something else in it. */
const withChange =
  <Value extends object>(change: (value: Value) => object) =>
  (content: Buffer, hash: string) => {
    const { seal, ...value } = JSON.parse(content.toString()) as Value & { seal: object };
    assert.ok(seal);
    return sealedText(hash, change(value as unknown as Value));
  };

type Sessions = { sessions: object[] };
const ofStudents = /students\/.*environment\.json$/;

test('computed alike, one image more or less is told; computed with other threads, four standard errors are meant', async () => {
  const images = (await dataAtHand('shapes', {})).test.count;
  const [first, second] = recorded[0];
  const off = first > 0.5 ? first - 1 / images : first + 1 / images;
  const alike = await verifyBundle(
    await archiveWith('alike.tar.gz', /students\.jsonl$/, withAccuracies([off, second])),
    {
      progress,
    },
  );
  assert.equal(alike.agrees, false);
  assert.deepEqual(
    alike.verified.map(({ results }) => results.map(({ agrees, tolerance }) => [agrees, tolerance])),
    [
      [
        [false, 0],
        [true, 0],
      ],
      [
        [true, 0],
        [true, 0],
      ],
    ],
  );

  const other = computingThreads() + 1;
  const otherThreads = withChange<Sessions>(({ sessions }) => ({
    sessions: sessions.map((session) => ({ ...session, threads: other })),
  }));
  const moved = await archiveWith('moved.tar.gz', ofStudents, otherThreads);
  const found = await verifyBundle(moved, { progress });
  assert.equal(found.agrees, true);
  assert.equal(
    found.verified[0].expected,
    `within four standard errors on ${images} test images, since the threads was ${other}, and is ${computingThreads()} here`,
  );
  assert.match(found.verified[1].expected, /^bit for bit/);
  for (const { tolerance, found: accuracy } of found.verified[0].results) {
    // The variance of a difference of two means of that many yes and no.
    const variance = (2 * accuracy * (1 - accuracy)) / images;
    assert.ok(Math.abs(tolerance - 4 * Math.sqrt(variance)) < 1e-12);
  }
});

test('where nothing is recorded of what students were computed with, four standard errors are meant', async () => {
  const nothing = withChange<Sessions>(() => ({ sessions: [] }));
  const found = await verifyBundle(await archiveWith('bare.tar.gz', ofStudents, nothing), { progress, students: 1 });
  assert.equal(found.agrees, true);
  assert.match(
    found.verified[0].expected,
    /^within four standard errors on \d+ test images, since nothing is recorded of what it was computed with$/,
  );
});

test('a run of other data than those here is not compared, and the others are', async () => {
  const other = withChange((identity) => ({ ...identity, dataChecksum: 'cd'.repeat(32) }));
  const file = await archiveWith('other-data.tar.gz', /^runs\/[^/]*\/configuration\.json$/, other, 'cd'.repeat(32));
  const found = await verifyBundle(file, { progress });
  assert.equal(found.agrees, false);
  assert.deepEqual(
    found.problems.map(({ run: name, why }) => [name, why.replace(/begin with cdcdcdcd and [0-9a-f]{8}$/, 'begin')]),
    [[names[0], 'it was made from another version of shapes than the one here: their checksums begin']],
  );
  assert.deepEqual(
    found.verified.map(({ run: name, results }) => [name, results.every(({ agrees }) => agrees)]),
    [[names[1], true]],
  );
});

// Of a hundred images: e.g. of 0.5 and 0.75, 4 sqrt(2 * 0.625 * 0.375 / 100) is 0.27.
for (const [one, other, agrees] of [
  [0.5, 0.75, true],
  [0.5, 0.8, false],
  [0, 0.1, true],
  [0, 0.2, false],
  [1, 0.99, true],
  [0, 0, true],
] as const)
  test(`of a hundred images, ${one} and ${other} ${agrees ? 'agree' : 'do not agree'}`, () =>
    assert.equal(Math.abs(one - other) <= toleranceOn(100, one, other), agrees));

test('interrupted, students that were trained again are not trained once more; damaged, they are; in the end nothing is kept', async () => {
  process.env.HABA_RESULTS = path.join(folder, 'interrupted');
  const kept = path.join(folder, 'interrupted', 'verifications');
  /** Steps of students as they are told: the run's place among those that were begun, and the step. */
  const follow = (stopAt?: [run: number, step: number]) => {
    const controller = new AbortController();
    const steps: number[][] = [];
    const reporter: ProgressReporter = {
      ...progress,
      stage: () => void steps.push([]),
      update(step) {
        steps.at(-1)!.push(step);
        if (stopAt && steps.length === stopAt[0] + 1 && step === stopAt[1]) controller.abort();
      },
    };
    return { steps, options: { progress: reporter, signal: controller.signal } };
  };
  // Two runs of two students of three steps each; the second student of the second run is stopped in its midst.
  const stopped = follow([1, 4]);
  await assert.rejects(verifyBundle(archive, stopped.options), {
    name: 'RunStopped',
    message: 'Stopped; 3 students that were trained again are kept. The same again goes on from there.',
  });
  const { steps, options } = follow();
  const found = await verifyBundle(archive, options);
  assert.deepEqual(steps, [[], [4, 5, 6]]);
  assert.equal(found.agrees, true);
  assert.deepEqual(
    found.verified.map(({ results }) => results.map((one) => one.found)),
    recorded,
  );
  assert.deepEqual(readdirSync(kept), []);

  const again = follow([1, 4]);
  await assert.rejects(verifyBundle(archive, again.options), { name: 'RunStopped' });
  const files = (readdirSync(kept, { recursive: true }) as string[]).filter((name) => name.endsWith('.jsonl'));
  assert.equal(files.length, 2);
  for (const file of files) {
    const content = readFileSync(path.join(kept, file));
    content[content.length >> 2] ^= 1;
    writeFileSync(path.join(kept, file), content);
  }
  const news: string[] = [];
  const anew = follow();
  const note = (sentence: string) => void news.push(sentence);
  const repaired = await verifyBundle(archive, { ...anew.options, progress: { ...anew.options.progress, note } });
  assert.deepEqual(anew.steps, [
    [1, 2, 3, 4, 5, 6],
    [1, 2, 3, 4, 5, 6],
  ]);
  assert.equal(repaired.agrees, true);
  assert.equal(news.filter((sentence) => /students\.jsonl is damaged: what it kept/.test(sentence)).length, 2);
});

test('a list that says other data than its run is refused', async () => {
  const files = await filesOf(archive);
  const { seal, ...manifest } = JSON.parse(files.get('bundle.json')!.toString()) as {
    seal: object;
    runs: { dataChecksum: string }[];
  };
  assert.ok(seal);
  const other = { ...manifest, runs: manifest.runs.map((one) => ({ ...one, dataChecksum: 'cd' })) };
  const lying = Buffer.from(sealedText(bundleFormat, other));
  const file = await archiveOf('lying.tar.gz', new Map([...files, ['bundle.json', lying]]));
  await assert.rejects(
    verifyBundle(file, { progress }),
    new RegExp(`its run ${names[0]} is finished, or of other data`),
  );
});

test('nothing is overwritten, and what is no finished run is not bundled', async () => {
  const before = readFileSync(archive);
  const runs = path.join(folder, 'few');
  mkdirSync(path.join(runs, 'begun-0123456789'), { recursive: true });
  await assert.rejects(bundleRuns(['begun-0123456789'], archive, { runs }), /is there already, and is not overwritten/);
  const to = path.join(folder, 'new.tar.gz');
  await assert.rejects(bundleRuns(['begun-0123456789'], to, { runs }), /is unfinished; only finished runs are bundled/);
  await assert.rejects(bundleRuns(['begun-0123456780'], to, { runs }), /Did you mean 'begun-0123456789'\?/);
  assert.ok(before.equals(readFileSync(archive)) && !existsSync(to));
});
