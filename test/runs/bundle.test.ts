/** A bundle travels to an empty folder and gives the same students, bit for bit; whatever was changed in it is refused by name. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { table } from 'arquero';
import { extract, pack } from 'tar-stream';
import { sealedText } from '../../lib/files/sealed-json';
import { exportTables } from '../../lib/report/export';
import { bundleFormat, bundleRuns, type Bundle } from '../../lib/runs/bundle';
import { run, runBaseline } from '../../lib/runs/run';
import { hashInName } from '../../lib/runs/run-files';
import { verifyBundle } from '../../lib/runs/verify-bundle';
import { createProgress } from '../../lib/terminal/progress';

const progress = createProgress({ form: 'silent' });
let folder: string;
let archive: string;
let bundle: Bundle;
let recorded: number[][];
let names: string[];

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'haba-bundle-test-'));
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
