/** Tasks that may be one job array: of one kind, and after the same arrays. */
import type { PlannedTask } from '../executor';

/**
 * @param chosen places of the tasks that are divided; what they come after of others is not counted
 * @param largest tasks that one array may have
 * @returns places, an array each; every array comes after those that it needs
 */
export function stagesOf(
  tasks: readonly Pick<PlannedTask, 'task' | 'after'>[],
  chosen: readonly number[],
  largest: number,
): number[][] {
  const keys = new Map<number, string>();
  const stages = new Map<string, number[]>();
  for (const place of chosen) {
    const { task, after } = tasks[place];
    const before = [...new Set(after.flatMap((one) => keys.get(one) ?? []))].sort();
    const key = JSON.stringify([task.kind, ...before]);
    keys.set(place, key);
    stages.set(key, [...(stages.get(key) ?? []), place]);
  }
  return [...stages.values()].flatMap((places) => inParts(places, largest));
}

/** @returns all items, in parts that are as large as they may be */
export function inParts<Item>(items: readonly Item[], largest: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / largest) }, (_, part) =>
    items.slice(part * largest, (part + 1) * largest),
  );
}
