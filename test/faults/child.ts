/** What is done to be killed, where the command line does not offer it: `download ADDRESS MD5 FOLDER`, `figures SET FOLDER`. */
import { cifar10 } from '../../lib/data/cifar';
import { obtainDataset } from '../../lib/data/obtain-dataset';

const [what, ...given] = process.argv.slice(2);

async function download(address: string, md5: string, folder: string): Promise<void> {
  const format = { ...cifar10, sources: [{ urls: [address], md5 }] };
  await obtainDataset('cifar10', { folder, format, pause: 0 });
}

/** A chart, a grid of images, a table, and a distilled set as pictures. */
async function figures(set: string, results: string): Promise<void> {
  const { table } = await import('arquero');
  const { exportFigures, exportTables } = await import('../../lib/report/export');
  const { exportSet } = await import('../../lib/report/export-set');
  const { chartFigure } = await import('../../lib/report/figure');
  const { imageGrid } = await import('../../lib/report/image-grid');
  const { lossChart } = await import('../../lib/report/loss-chart');
  const metrics = Array.from({ length: 200 }, (_, place) => ({ iteration: place + 1, loss: 1 / (place + 1) }));
  const pixels = Uint8Array.from({ length: 100 * 3072 }, (_, place) => (place * place) % 251);
  const labels = Array.from({ length: 10 }, (_, place) => `${place}`);
  const grid = { name: 'grid', rowLabels: labels, columnLabels: labels, runs: [] };
  await exportFigures(
    [
      await chartFigure('loss', lossChart([{ label: 'HaBa', metrics }]), []),
      imageGrid({ pixels, shape: [32, 32, 3] }, grid),
    ],
    { results },
  );
  exportTables([{ name: 'table', runs: [], table: table({ iteration: metrics.map(({ iteration }) => iteration) }) }], {
    results,
  });
  try {
    await exportSet(set, { to: results });
  } catch (error) {
    // Done by the session before.
    if (!(error as Error).message.includes('is there already')) throw error;
  }
}

const work = { download, figures }[what] as ((...given: string[]) => Promise<void>) | undefined;
if (!work) throw new RangeError(`There is no '${what}'; there are download and figures.`);
work(...given).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
