/** What NVIDIA cards a machine has, by what the system tells without loading anything. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** As the driver names the cards; where it is silent, one is seen on the PCI bus or by its device file. */
export function findCard(root = '/'): string | undefined {
  const described = path.join(root, 'proc/driver/nvidia/gpus');
  const models = list(described).map(
    (slot) => /^Model:\s*(.+?)\s*$/m.exec(read(path.join(described, slot, 'information')))?.[1],
  );
  const named = [...new Set(models.filter((model) => model !== undefined))];
  if (named.length > 0) return named.join(', ');
  const bus = path.join(root, 'sys/bus/pci/devices');
  const isCard = (slot: string) =>
    read(path.join(bus, slot, 'vendor')).trim() === '0x10de' && read(path.join(bus, slot, 'class')).startsWith('0x03');
  const seen =
    list(bus).some(isCard) ||
    list(path.join(root, 'dev')).some((name) => /^nvidia\d+$/.test(name)) ||
    isWindowsSubsystem(root);
  return seen ? 'An NVIDIA GPU' : undefined;
}

/** The subsystem for Linux of Windows shows no card of its own: it has its device, and the driver's library for it. */
export function isWindowsSubsystem(root: string): boolean {
  return existsSync(path.join(root, 'dev/dxg')) && existsSync(path.join(root, 'usr/lib/wsl/lib/libcuda.so.1'));
}

/** Names in a folder; none where there is no folder. */
export function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file's text; none where it cannot be read. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
