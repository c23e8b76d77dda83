/**
 * A real Slurm on this machine, for tests and for whoever wants to try: munge, a controller, and virtual nodes, each a slurmd of
 * its own, in one folder. Debian and Ubuntu: `apt-get install slurm-wlm munge`; it runs as root, without systemd.
 *
 *     node --import tsx test/experiments/slurm/cluster.ts        # prints the SLURM_CONF to export; Ctrl-C ends it
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { availableParallelism, constants, hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startAccounting } from './accounting';

export interface Cluster {
  /** What clients read: the value of SLURM_CONF. */
  configuration: string;
  /** A client of Slurm, e.g. `slurm('squeue', '-h')`. @returns its stdout @throws Error with its stderr */
  slurm(command: string, ...given: string[]): Promise<string>;
  /** Kills the controller, as when its machine goes down. */
  killController(): Promise<void>;
  startController(): Promise<void>;
  /** Kills a node with everything that runs on it, as when it loses its power. */
  killNode(name: string): Promise<void>;
  /** Starts a node that was killed, and waits until it takes work. */
  startNode(name: string): Promise<void>;
  /** Nothing can be started on a node any more, and Slurm takes it out of service at the first try, as when its disk is full. */
  breakNode(name: string): void;
  /** Mends a node that was broken, and waits until it takes work. */
  mendNode(name: string): Promise<void>;
  /** Waits until the controller has written down that a task runs: killed earlier, it would have forgotten that it began. */
  remembers(job: string): Promise<void>;
  /** After something went wrong: ends all tasks, starts what was killed, and mends what was broken. */
  repair(): Promise<void>;
  /** Queue, nodes, and the last that daemons said, for whoever wonders why it does not go on. */
  describe(): Promise<string>;
  /** Ends all of it, and what runs on it, and removes its files. */
  stop(): Promise<void>;
}

/** Programs that it is made of. */
const programs = [
  'setpriv',
  'munged',
  'mungekey',
  'slurmctld',
  'slurmd',
  'sbatch',
  'squeue',
  'scancel',
  'scontrol',
  'sinfo',
];

/** Why there can be no cluster here; undefined where there can. */
export function whyNoCluster(): string | undefined {
  const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} not found: apt-get install slurm-wlm munge`;
  return process.getuid?.() === 0 ? undefined : 'Slurm without systemd is started by root here';
}

export const nodeNames = ['n1', 'n2'] as const;

/** Seconds that a client may take to answer. */
const patience = 60;

export interface ClusterOptions {
  /** Variables that its daemons, and so its jobs, are started with. */
  environment?: Record<string, string>;
  /** Whether it keeps accounts, which `sacct` tells of; its queue then forgets soon what has ended. Default false. */
  accounting?: boolean;
}

/**
 * Starts a cluster, and waits until its nodes take work. It ends with this process, however that ends, but for SIGKILL, which leaves
 * its files and what runs on its nodes.
 */
export async function startCluster({ environment, accounting = false }: ClusterOptions = {}): Promise<Cluster> {
  const root = mkdtempSync(path.join(tmpdir(), 'haba-slurm-'));
  const configuration = path.join(root, 'slurm.conf');
  const socket = path.join(root, 'munge.socket');
  const env = { ...process.env, ...environment, SLURM_CONF: configuration };
  const daemons = new Map<string, ChildProcess>();
  const at = (...parts: string[]) => path.join(root, ...parts);
  /** What a daemon starts by itself has its name in the environment. */
  const start = (name: string, program: string, ...given: string[]) => {
    // It ends with this process, however that ends.
    const command = ['--pdeathsig', 'KILL', program, ...given];
    daemons.set(
      name,
      spawn('setpriv', command, { env: { ...env, [daemonName]: name }, stdio: 'ignore', detached: true }),
    );
  };
  const runs = (name: string) => {
    const daemon = daemons.get(name);
    return daemon && daemon.exitCode === null && daemon.signalCode === null ? daemon : undefined;
  };
  const end = async (name: string, signal: NodeJS.Signals) => {
    const daemon = runs(name);
    if (!daemon) return;
    const gone = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await gone;
  };
  const slurm = async (command: string, ...given: string[]) =>
    (await promisify(execFile)(command, given, { env, encoding: 'utf8', timeout: patience * 1000 })).stdout;
  const takesWork = (...names: string[]) =>
    until(
      `${names.join(' and ')} take work`,
      () => slurm('sinfo', '-h', '-N', '-o', '%N %T'),
      (text) => names.every((name) => new RegExp(`^${name} (idle|allocated|mixed)$`, 'm').test(text)),
    );
  const broken = (name: string) => at(`broken-${name}`);
  /** What can be done without waiting. */
  const endAtOnce = () => {
    for (const pid of processesOf(configuration)) tryToKill(pid);
    rmSync(root, { recursive: true, force: true, maxRetries: 10 });
  };
  const endBySignal = (signal: NodeJS.Signals) => {
    endAtOnce();
    process.exit(128 + constants.signals[signal]);
  };
  const cluster: Cluster = {
    configuration,
    slurm,
    killController: () => end('controller', 'SIGKILL'),
    async startController() {
      start('controller', 'slurmctld', '-D');
      await until(
        'the controller answers',
        () => slurm('scontrol', 'ping'),
        (text) => / is UP/.test(text),
      );
    },
    async killNode(name) {
      await end(name, 'SIGKILL');
      for (const pid of processesOf(configuration, name)) tryToKill(pid);
    },
    async startNode(name) {
      start(name, 'slurmd', '-D', '-N', name);
      await takesWork(name);
    },
    breakNode: (name) => writeFileSync(broken(name), ''),
    async mendNode(name) {
      rmSync(broken(name), { force: true });
      await slurm('scontrol', 'update', `nodename=${name}`, 'state=resume');
      await takesWork(name);
    },
    async remembers(job) {
      // A comment is written down with everything else of a task.
      const comment = `remembered-${randomBytes(8).toString('hex')}`;
      await slurm('scontrol', 'update', `jobid=${job}`, `comment=${comment}`);
      await until(
        `the controller has written down what it knows of ${job}`,
        () => Promise.resolve(readFileSync(at('state', 'job_state'), 'latin1')),
        (text) => text.includes(comment),
      );
    },
    async repair() {
      if (!runs('controller')) await cluster.startController();
      await slurm('scancel', '-u', 'root');
      for (const name of nodeNames) {
        if (!runs(name)) await cluster.startNode(name);
        // A node that is in service cannot be taken into it.
        await cluster.mendNode(name).catch(() => takesWork(name));
      }
    },
    async describe() {
      const asked = [
        ['squeue', '-r', '-t', 'all', '-o', '%i %T %r %N %j'],
        ['sinfo', '-N', '-o', '%N %T %E'],
      ];
      const said = await Promise.all(
        asked.map(([command, ...given]) => slurm(command, ...given).catch(({ message }: Error) => message)),
      );
      const logs = ['controller', ...nodeNames].map((name) => `${name}:\n${lastOf(at(`${name}.log`))}`);
      return [...said, ...logs].join('\n');
    },
    async stop() {
      process.off('exit', endAtOnce).off('SIGINT', endBySignal).off('SIGTERM', endBySignal);
      for (const name of nodeNames) await end(name, 'SIGKILL');
      await end('controller', 'SIGKILL');
      for (const name of ['accounting', 'database']) await end(name, 'SIGKILL');
      await end('munge', 'SIGTERM');
      endAtOnce();
    },
  };
  process.once('exit', endAtOnce).once('SIGINT', endBySignal).once('SIGTERM', endBySignal);
  try {
    const [controllerPort, port, databasePort, ...nodePorts] = await freePorts(3 + nodeNames.length);
    for (const name of ['state', ...nodeNames]) mkdirSync(at(name));
    spawnSync('mungekey', ['-c', '-k', at('munge.key')]);
    start(
      'munge',
      'munged',
      '-F',
      '--force',
      '--num-threads=2',
      `--key-file=${at('munge.key')}`,
      `--socket=${socket}`,
      `--pid-file=${at('munge.pid')}`,
      `--log-file=${at('munge.log')}`,
      `--seed-file=${at('munge.seed')}`,
    );
    writeFileSync(
      configuration,
      configurationOf({ root, socket, controllerPort, nodePorts, accountingPort: accounting ? port : undefined }),
    );
    // Before a task begins on a node.
    writeFileSync(at('prolog'), `#!/bin/sh\n[ ! -e '${at('broken-')}'"$SLURMD_NODENAME" ]\n`, { mode: 0o755 });
    await until(
      'munge listens',
      () => Promise.resolve(String(existsSync(socket))),
      (text) => text === 'true',
    );
    if (accounting) await startAccounting({ root, socket, databasePort, port, start, listens });
    await cluster.startController();
    await Promise.all(nodeNames.map((name) => cluster.startNode(name)));
    return cluster;
  } catch (error) {
    const log = lastOf(at('controller.log'));
    await cluster.stop();
    throw new Error(`Slurm does not start here: ${(error as Error).message}\n${log}`, { cause: error });
  }
}

const lastOf = (log: string) => (existsSync(log) ? readFileSync(log, 'utf8').slice(-3000) : '');

interface Layout {
  root: string;
  socket: string;
  controllerPort: number;
  nodePorts: readonly number[];
  /** Of slurmdbd, where there is one. */
  accountingPort?: number;
}

function configurationOf({ root, socket, controllerPort, nodePorts, accountingPort }: Layout): string {
  const cpus = Math.max(1, Math.floor(availableParallelism() / nodeNames.length));
  return [
    'ClusterName=haba',
    `SlurmctldHost=${hostname()}(127.0.0.1)`,
    `SlurmctldPort=${controllerPort}`,
    'SlurmUser=root',
    // A job that is queued again may begin when the credential of its first start has expired.
    `AuthInfo=socket=${socket},cred_expire=5`,
    `StateSaveLocation=${path.join(root, 'state')}`,
    `SlurmctldPidFile=${path.join(root, 'controller.pid')}`,
    `SlurmctldLogFile=${path.join(root, 'controller.log')}`,
    `SlurmdSpoolDir=${path.join(root, '%n')}`,
    `Prolog=${path.join(root, 'prolog')}`,
    `SlurmdPidFile=${path.join(root, '%n.pid')}`,
    `SlurmdLogFile=${path.join(root, '%n.log')}`,
    'SlurmdParameters=config_overrides',
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'SwitchType=switch/none',
    'MpiDefault=none',
    'JobAcctGatherType=jobacct_gather/none',
    ...(accountingPort === undefined
      ? ['AccountingStorageType=accounting_storage/none']
      : [
          'AccountingStorageType=accounting_storage/slurmdbd',
          'AccountingStorageHost=127.0.0.1',
          `AccountingStoragePass=${socket}`,
          `AccountingStoragePort=${accountingPort}`,
          'MinJobAge=2',
        ]),
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_CPU',
    'SchedulerParameters=bf_interval=2,sched_interval=2',
    // A node that does not answer is down soon, and takes work again when it answers.
    'SlurmctldTimeout=10',
    'SlurmdTimeout=10',
    'ReturnToService=2',
    'KillWait=10',
    ...nodeNames.map(
      (name, node) =>
        `NodeName=${name} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${nodePorts[node]} CPUs=${cpus} State=UNKNOWN`,
    ),
    `PartitionName=main Nodes=${nodeNames.join()} Default=YES MaxTime=INFINITE State=UP`,
    '',
  ].join('\n');
}

const daemonName = 'HABA_SLURM_DAEMON';

/**
 * What belongs to a cluster, or runs on one of its nodes: first what watches over tasks, which would tell the controller how these
 * ended, and then the tasks.
 */
function processesOf(configuration: string, node?: string): number[] {
  const [watchers, tasks]: number[][] = [[], []];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!variables.includes(`SLURM_CONF=${configuration}`)) continue;
      const on = (name: string) => variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
      const [daemon, taskOf] = [on(daemonName), on('SLURMD_NODENAME')];
      if (daemon !== undefined && (node ?? daemon) === daemon) watchers.push(pid);
      else if (taskOf !== undefined && (node ?? taskOf) === taskOf) tasks.push(pid);
    } catch {
      // It has ended, or is the system's own.
    }
  }
  return [...watchers, ...tasks];
}

function tryToKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

const listens = (port: number) =>
  until(
    `something listens on port ${port}`,
    async () => {
      const connection = connect(port, '127.0.0.1');
      await once(connection, 'connect');
      connection.destroy();
      return 'listens';
    },
    (text) => text === 'listens',
  );

async function until(what: string, look: () => Promise<string>, isSo: (text: string) => boolean): Promise<void> {
  let last = '';
  for (let attempt = 0; attempt < 120; attempt++) {
    last = await look().catch((error: Error) => error.message);
    if (isSo(last)) return;
    await sleep(500);
  }
  throw new Error(`it is not so after a minute that ${what}: ${last}`);
}

async function main(): Promise<void> {
  const why = whyNoCluster();
  if (why !== undefined) throw new Error(why);
  const { configuration } = await startCluster();
  process.stdout.write(
    `A Slurm of two nodes runs. In another terminal:\n  export SLURM_CONF=${configuration}\nCtrl-C ends it.\n`,
  );
  setInterval(() => undefined, 1e6);
}

if (require.main === module) void main();
