/**
 * What a cluster with accounting has beside its controller: a database, and Slurm's own daemon before it, of which `sacct` asks how
 * jobs ended that the queue knows no more. Debian and Ubuntu: `apt-get install slurmdbd mariadb-server`.
 */
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

/** Why there can be no accounting here; undefined where there can. */
export function whyNoAccounting(): string | undefined {
  const missing = ['slurmdbd', 'sacct', 'mariadbd', 'mariadb-install-db'].filter(
    (program) => spawnSync('which', [program]).status !== 0,
  );
  return missing.length === 0 ? undefined : `${missing.join(', ')} not found: apt-get install slurmdbd mariadb-server`;
}

export interface AccountingOptions {
  /** Folder of the cluster, in which slurm.conf lies. */
  root: string;
  /** Of munge. */
  socket: string;
  databasePort: number;
  /** Of slurmdbd. */
  port: number;
  start: (name: string, program: string, ...given: string[]) => void;
  /** Waits until something listens on a port of this machine. */
  listens: (port: number) => Promise<void>;
}

/** Starts a database of its own, and slurmdbd, and waits until it listens. */
export async function startAccounting(options: AccountingOptions): Promise<void> {
  const { root, socket, databasePort, port, start, listens } = options;
  const at = (...parts: string[]) => path.join(root, ...parts);
  const password = randomBytes(16).toString('hex');
  mkdirSync(at('database'));
  const common = ['--no-defaults', `--datadir=${at('database')}`, '--user=root'];
  await promisify(execFile)('mariadb-install-db', [...common, '--skip-test-db'], { timeout: 120_000 });
  const account = [
    `CREATE USER 'slurm'@'127.0.0.1' IDENTIFIED BY '${password}';`,
    "GRANT ALL ON accounting.* TO 'slurm'@'127.0.0.1';",
    '',
  ];
  writeFileSync(at('account.sql'), account.join('\n'), { mode: 0o600 });
  start(
    'database',
    'mariadbd',
    ...common,
    `--socket=${at('database.socket')}`,
    `--pid-file=${at('database.pid')}`,
    `--log-error=${at('database.log')}`,
    `--init-file=${at('account.sql')}`,
    `--port=${databasePort}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
  );
  await listens(databasePort);
  const lines = [
    `AuthInfo=socket=${socket}`,
    'DbdHost=localhost',
    `DbdPort=${port}`,
    'SlurmUser=root',
    `LogFile=${at('slurmdbd.log')}`,
    `PidFile=${at('slurmdbd.pid')}`,
    'StorageType=accounting_storage/mysql',
    'StorageHost=127.0.0.1',
    `StoragePort=${databasePort}`,
    'StorageUser=slurm',
    `StoragePass=${password}`,
    'StorageLoc=accounting',
    '',
  ];
  // slurmdbd finds it beside slurm.conf, and wants it to be of nobody else.
  writeFileSync(at('slurmdbd.conf'), lines.join('\n'), { mode: 0o600 });
  start('accounting', 'slurmdbd', '-D');
  await listens(port);
}
