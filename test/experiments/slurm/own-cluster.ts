/** A cluster for the tests of a file, and a folder for what they write: there before the first, gone after the last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import type { Cluster } from './cluster';

export interface OwnCluster {
  readonly folder: string;
  /** Undefined where none was started: its tests are skipped. */
  readonly cluster: Cluster | undefined;
}

/**
 * Clients in this process ask the cluster, and results go to the folder.
 * @param start undefined where there is to be none
 */
export function ownCluster(name: string, start: () => Promise<Cluster | undefined>): OwnCluster {
  let folder = '';
  let cluster: Cluster | undefined;
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  before(
    async () => {
      folder = mkdtempSync(path.join(tmpdir(), `haba-${name}-`));
      // Also where this process is asked to end before its tests have.
      process.once('exit', remove);
      cluster = await start();
      process.env.HABA_RESULTS = folder;
      if (cluster) process.env.SLURM_CONF = cluster.configuration;
    },
    { timeout: 240_000 },
  );
  after(
    async () => {
      try {
        await cluster?.stop();
      } finally {
        remove();
      }
    },
    { timeout: 120_000 },
  );
  return {
    get folder() {
      return folder;
    },
    get cluster() {
      return cluster;
    },
  };
}
