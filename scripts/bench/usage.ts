// What processes cost, read from /proc: processor time and resident memory of a program with its children.

import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  /** Processor seconds, user and system. */
  readonly cpuSeconds: number;
  /** Resident now, all processes together. */
  readonly residentBytes: number;
}

/** Linux counts processor time in hundredths of a second wherever Node runs. */
const ticksPerSecond = 100;
const pageBytes = 4096;

function statOf(pid: number): { parent: number; ticks: number; pages: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      parent: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
      pages: Number(fields[21]),
    };
  } catch {
    return undefined;
  }
}

/** A process and all below it. */
export function usageOf(root: number): Usage {
  const stats = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), statOf(Number(name))] as const),
  );
  const isBelow = (pid: number): boolean => {
    if (pid === root) return true;
    const parent = stats.get(pid)?.parent ?? 0;
    return parent > 1 && isBelow(parent);
  };
  let ticks = 0;
  let pages = 0;
  for (const [pid, stat] of stats) {
    if (stat === undefined || !isBelow(pid)) continue;
    ticks += stat.ticks;
    pages += stat.pages;
  }
  return { cpuSeconds: ticks / ticksPerSecond, residentBytes: pages * pageBytes };
}

/** Follows a process and all below it. @param fromNow whether what it used before does not count */
export function watchUsage(pid: number, fromNow: boolean) {
  const before = fromNow ? usageOf(pid).cpuSeconds : 0;
  let peakBytes = 0;
  const look = (): number => {
    const { cpuSeconds, residentBytes } = usageOf(pid);
    peakBytes = Math.max(peakBytes, residentBytes);
    return cpuSeconds - before;
  };
  const timer = setInterval(look, 100);
  return {
    stop: (): { cpuSeconds: number; peakBytes: number } => {
      clearInterval(timer);
      return { cpuSeconds: look(), peakBytes };
    },
  };
}

/** Largest resident size of one process so far. */
export function peakResidentBytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

export const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};
