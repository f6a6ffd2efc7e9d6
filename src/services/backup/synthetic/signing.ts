/**
 * Answers the process that puts a backup together: both ends of the conversation.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { askBackup } from '../control/client.ts'
import type { ControlAnswer, SyntheticRequest } from '../control/messages.ts'
import type { BackupPorts } from '../ports.ts'
import type { BackupRunner } from '../runner.ts'
import type { SyntheticSigner } from './synthesize.ts'

/** The end in the backup process. */
export function signing(
  { repository, clock }: Pick<BackupPorts, 'repository' | 'clock'>,
  runner: Pick<BackupRunner, 'adopt'>,
): (request: SyntheticRequest) => Promise<ControlAnswer> {
  const { synthetic } = repository
  let begunMs = 0
  return async (request) => {
    switch (request.request) {
      case 'synthetic-begin':
        begunMs = clock.monotonicMs()
        return { answer: 'synthetic', ...(await synthetic.begin(request.from)) }
      case 'synthetic-packs':
        synthetic.packs(request.id, request.first, request.packs)
        return { answer: 'noted' }
      case 'synthetic-abort':
        synthetic.abort(request.id)
        return { answer: 'noted' }
      case 'synthetic-finish': {
        const { request: _request, id, ...contents } = request
        const record = await synthetic.finish(id, contents)
        const tookMs = Math.round(clock.monotonicMs() - begunMs)
        return { answer: 'done', backup: await runner.adopt(record, tookMs) }
      }
    }
  }
}

/**
 * The end in the process that copies.
 *
 * @param socketPath Of the backup process. @throws {FaultError} BACKUP_NOT_RUNNING, and whatever
 *   it answers.
 */
export function signerAt(socketPath: string, signal: AbortSignal): SyntheticSigner {
  const ask = (request: SyntheticRequest): Promise<ControlAnswer> =>
    lastAnswer(socketPath, request, signal)
  return {
    begin: async (from) => {
      const said = await ask({ request: 'synthetic-begin', from })
      if (said.answer === 'synthetic') return said
      throw new FaultError('BACKUP_NOT_RUNNING', 'the backup service answered something else')
    },
    packs: async (id, first, packs) => {
      await ask({ request: 'synthetic-packs', id, first, packs })
    },
    finish: async (id, contents) => {
      await ask({ request: 'synthetic-finish', id, ...contents })
    },
    abort: async (id) => {
      // Though we are stopping, it should know.
      await lastAnswer(socketPath, { request: 'synthetic-abort', id })
    },
  }
}

async function lastAnswer(
  socketPath: string,
  request: SyntheticRequest,
  signal?: AbortSignal,
): Promise<ControlAnswer> {
  let last: ControlAnswer | undefined
  for await (const said of askBackup(socketPath, request, signal)) last = said
  if (last?.answer === 'failed') {
    throw new FaultError(last.code, last.message.replace(`${last.code}: `, ''))
  }
  if (last) return last
  throw new FaultError('BACKUP_NOT_RUNNING', 'the backup service hung up')
}
