/** `veilig doctor` on a server of the kit, as an operator runs it. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Finding } from '#services/backup/doctor/finding.ts'
import type { TestPostgres } from './postgres.ts'

const veilig = fileURLToPath(new URL('../../bin/veilig', import.meta.url))

export type DoctorSays = {
  readonly exitCode: number
  /** Ids of what is not good, with their states. */
  readonly faults: readonly string[]
  readonly findings: readonly Finding[]
}

/** @param args As on the command line; `--json` is added. */
export function askDoctor(...args: string[]): Promise<DoctorSays> {
  return new Promise((resolve, reject) => {
    execFile(veilig, ['doctor', '--json', ...args], (error, stdout, stderr) => {
      const exitCode = typeof error?.code === 'number' ? error.code : 0
      if (exitCode > 1 || stdout === '') return reject(new Error(stderr, { cause: error }))
      const findings = JSON.parse(stdout) as Finding[]
      const bad = findings.filter(({ state }) => state !== 'good')
      resolve({ exitCode, findings, faults: bad.map(({ id, state }) => `${state} ${id}`) })
    })
  })
}

/** The server's address for `--database`. */
export function urlOf(server: TestPostgres, user: string, password: string): string {
  const host = encodeURIComponent(server.socketDir)
  return `postgres://${user}:${password}@localhost:${server.port}/postgres?host=${host}`
}
