/**
 * What every benchmark shares: JSON lines out, peers by name, CPU time of whole process trees.
 *
 * A figure alone says little on a shared machine: each is printed with its ratio to a peer measured
 * in the same run, interleaved.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** One line of output. */
export type Measurement = {
  readonly bench: string
  readonly subject: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  /** Peer → value of ours divided by the peer's. */
  readonly ratio?: Readonly<Record<string, number>>
}

export type Emit = (line: Measurement) => void

/** Prints one JSON line. */
export const emit: Emit = (line) => {
  const rounded = { ...line, value: round(line.value) }
  process.stdout.write(`${JSON.stringify(rounded)}\n`)
}

/** Says aloud that a peer could not be measured: a gap must be seen, not skipped. */
export function missing(bench: string, peer: string, why: string): void {
  process.stdout.write(`${JSON.stringify({ bench, peer, missing: why })}\n`)
}

/** Path of a program, or undefined. */
export function which(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path))
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds spent so far by a process and all below it. @see proc(5), /proc/PID/stat */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + ownCpuSeconds(each), 0)
}

/**
 * CPU seconds of everything these processes have started, ended or not, of themselves, and of what
 * we ourselves have started and seen end.
 */
export function cpuSecondsWithEnded(pids: readonly number[]): number {
  const ended = (pid: number): number => ticks(pid, 13) + ticks(pid, 14)
  const others = pids
    .flatMap(processTree)
    .reduce((sum, pid) => sum + ownCpuSeconds(pid) + ended(pid), 0)
  return others + ended(process.pid)
}

/** CPU seconds of a server and all its processes, those that have ended included. */
export function cpuSecondsOfServer(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    return sum + ownCpuSeconds(each) + ticks(each, 13) + ticks(each, 14)
  }, 0)
}

/** Largest resident size so far of any single process of the tree, in MiB. */
export function peakMemoryMib(pid: number): number {
  const peaks = processTree(pid).map((each) => {
    const status = read(`/proc/${each}/status`)
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
  })
  return Math.max(0, ...peaks)
}

/** Resident size now of a process and all below it, in KiB. */
export function residentKib(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    return sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${each}/status`))?.[1] ?? 0)
  }, 0)
}

function processTree(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(Number(name)) === pid)
    .map(Number)
  return [pid, ...children.flatMap(processTree)]
}

function parentOf(pid: number): number {
  return Number(statFields(pid)[1])
}

function ownCpuSeconds(pid: number): number {
  return ticks(pid, 11) + ticks(pid, 12)
}

/** A field of /proc/PID/stat that counts clock ticks, in seconds. */
function ticks(pid: number, field: number): number {
  return Number(statFields(pid)[field] ?? 0) / TICKS_PER_SECOND
}

/** Fields after the command's name, which may itself contain spaces: state is the first. */
function statFields(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended while we looked
  }
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2
}

export function round(value: number): number {
  return Number(value.toPrecision(4))
}
